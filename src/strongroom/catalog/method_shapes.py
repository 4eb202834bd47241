"""What a page about a type of PaymentMethod says, once it has been read and checked (`method_pages`)."""

from types import MappingProxyType
from typing import Any, Final

import msgspec

from strongroom.catalog.eligibility import Method, methods

DIRECT: Final = "direct"
AFTER_VERIFICATION: Final = "after_verification"
INTENT_ONLY: Final = "intent_only"
NEVER: Final = "never"


class Outcome(msgspec.Struct, frozen=True):
    """What comes of a test account (method_outcomes.toml says what each column means)."""

    fails: str | None = None
    later: bool = False
    blocked: bool = False
    disputed: bool = False
    stays: str | None = None
    verification: str | None = None
    mandate: str = "active"
    setup: str | None = None


class Take(msgspec.Struct, frozen=True):
    """A field of the type's hash at creation."""

    name: str
    check: str
    required: bool = False
    secret: bool = False


class Show(msgspec.Struct, frozen=True):
    """A field of the type's hash in answers, and how it is derived."""

    name: str
    source: str
    """A name in `DERIVATIONS`."""
    of: str
    """The field it is derived from; its own name if the page says nothing."""
    default: Any = None
    """What is shown of a field that was not sent."""
    value: Any = None
    """What `always` shows."""
    table: MappingProxyType[str, str] | None = None
    """What `lookup` looks in."""
    personal: bool = False
    """Whether it says who somebody is, and goes when the customer does."""


class Account(msgspec.Struct, frozen=True):
    """Which fields identify the account behind a PaymentMethod."""

    number: tuple[str, ...]
    routing: tuple[str, ...] = ()
    country: str | None = None
    """None: the number says it itself."""
    alias: str | None = None
    """A field that stands for the account in place of its number."""
    kind: str = "bank"
    """What the vault calls such a value."""
    check: str | None = None
    """A check of all fields together, in `ACCOUNT_CHECKS`."""


class Flow(msgspec.Struct, frozen=True):
    """How money moves."""

    confirmation: str
    """What the customer does."""
    next_actions: tuple[str, ...]
    """Which `next_action` types an intent can come to."""
    refunds: str
    """`none`, `full` or `full_and_partial`."""
    refund_days: int | None = None
    confirm_options: tuple[str, ...] = ()
    """Which of its `payment_method_options` every confirmation of a payment has to send."""


class Saving(msgspec.Struct, frozen=True):
    """How such a PaymentMethod comes to belong to a customer."""

    attach: str
    """`direct`, `after_verification`, `intent_only` or `never`."""
    mandate: bool
    """Whether payments without the customer need a mandate."""
    mandate_waits: bool = False
    """Whether the bank has to accept it before it is active."""
    becomes: str | None = None
    """The type that is saved in its place."""
    becomes_number: str | None = None
    """The account of that which test mode has behind it."""


class Billing(msgspec.Struct, frozen=True):
    """Which billing details are required."""

    create: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    why: str | None = None
    """Words for what is missing, where the type has its own; such a refusal has no code."""


class Sandbox(msgspec.Struct, frozen=True):
    """What test mode knows of the type."""

    accounts: MappingProxyType[str, str]
    """Published account number → outcome."""
    magic: MappingProxyType[str, tuple[str, str]]
    """Magic PaymentMethod id → account number, outcome."""
    details: MappingProxyType[str, str]
    """What a magic id counts as sent with, beside the number."""
    billing: MappingProxyType[str, str]
    mail: bool = False
    """Whether the customer's e-mail address says what comes of it."""


class MethodType(msgspec.Struct, frozen=True):
    """One page."""

    type: str
    flow: Flow
    save: Saving
    billing: Billing
    sandbox: Sandbox
    take: tuple[Take, ...] = ()
    show: tuple[Show, ...] = ()
    account: Account | None = None
    choice: str | None = None
    """`one` or `at_most_one` of `choices`."""
    choices: tuple[tuple[str, ...], ...] = ()
    update: tuple[str, ...] = ()
    """Which fields may be changed afterwards."""
    mandate: MappingProxyType[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    own_rules: bool = False
    """Whether code, not this page, says what is taken and shown: cards."""

    @property
    def offer(self) -> Method | None:
        """When it may be proposed, for how much, and whether it can be kept; None: no configuration knows it."""
        return methods().get(self.type)

    @property
    def needs_details(self) -> bool:
        """Whether the type's hash can not be left out."""
        return self.choice == "one" or any(one.required for one in self.take)


class MagicMethod(msgspec.Struct, frozen=True):
    """What a magic id of a type other than card stands for."""

    type: str
    details: dict[str, Any]
    billing: dict[str, str]
