"""Which types an intent can be: the merchant of record, its configuration, and the verdicts, put together.

dynamic     the configuration decides, and what does not fit is left out
explicit    the request decides, and what does not fit is refused; what is on or off in a configuration is not asked
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from strongroom import errors
from strongroom.catalog.eligibility import methods
from strongroom.domain import charges
from strongroom.domain.charges import Charge, Merchant, Named, Pick
from strongroom.domain.charges import Kind as Whose
from strongroom.domain.eligibility import Ask, Options, Verdict, offered_types, verdict, verdicts
from strongroom.domain.intents import CONFIGURATION, TYPES, Choosing
from strongroom.resources.call import Call
from strongroom.resources.configurations import CONFIGURATION as KIND
from strongroom.resources.configurations import Choices, Configuration, Shelf, shelf_of
from strongroom.resources.connections import CONNECTION
from strongroom.resources.kind import Document
from strongroom.resources.standing import standing_of

# Types that no configuration has, for which there is nothing here to pay with.
ELSEWHERE: Final = frozenset({"card_present", "custom", "interac_present"})

_ACTIVATE: Final = (
    "Please ensure the provided type is activated in your dashboard "
    "(https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that "
    "you are trying to use."
)
_NO_TYPES: Final = (
    "No valid payment method types for this {noun}. Please ensure that you have activated payment methods compatible with "
    "your chosen currency in your dashboard (https://dashboard.stripe.com/settings/payment_methods) or specify "
    "payment_method_types"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an intent asks for, as far as its types depend on it."""

    noun: str
    """`Payment Intent` or `Setup Intent`."""
    choosing: Choosing
    configuration: str | None = None
    """The id that was sent."""
    destination: str | None = None
    on_behalf_of: str | None = None
    transfer_group: str | None = None
    currency: str | None = None
    amount: int | None = None
    setup_future_usage: str | None = None
    capture_method: str = "automatic"
    excluded: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None
    has_customer: bool = False
    options: Mapping[str, Document] = field(default_factory=dict)
    """`payment_method_options` by type."""
    buyer_country: str | None = None
    """Where the buyer is; None: not known yet."""

    @property
    def is_setup(self) -> bool:
        """Whether nothing is charged."""
        return self.amount is None


@dataclass(frozen=True, slots=True)
class Offer:
    """The types, and the configuration they come from."""

    types: list[str]
    details: Document | None
    """`payment_method_configuration_details`; None: the types were named."""


async def offer_for(call: Call, wish: Wish) -> Offer:
    """Return the types an intent can be.

    Raises:
        errors.InvalidRequest: none is left; or a type, an account or a configuration that was named does not fit.
    """
    seen = await review(call, wish)
    if wish.choosing.named is not None:
        return Offer(_explicit(wish, wish.choosing.named, seen), None)
    types = offered_types(seen.ask)
    if not types:
        raise errors.InvalidRequest(_NO_TYPES.format(noun=wish.noun))
    return Offer(types, seen.details)


@dataclass(frozen=True)
class Review:
    """What is asked about every method, and by whose configuration."""

    merchant: Merchant
    configuration: Configuration | None
    """None: the types were named."""
    ask: Ask

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """By the key a method has in a configuration, each with every reason against it: for whoever wants to be told."""
        return verdicts(methods().values(), self.ask)

    @property
    def details(self) -> Document | None:
        """Return `payment_method_configuration_details`."""
        if self.configuration is None:
            return None
        parent = self.configuration.parent
        return {"id": self.configuration.id, "parent": None if parent is None else parent.id}


async def review(call: Call, wish: Wish) -> Review:
    """Return the verdict on every method: what a dashboard shows to whoever misses one.

    Raises:
        errors.InvalidRequest: an account or a configuration that was named does not fit.
    """
    merchant = charges.merchant_of(
        Charge(
            call.caller.key_account,
            call.caller.account,
            wish.destination,
            wish.on_behalf_of,
            wish.transfer_group,
        )
    )
    await check_parties(call, wish.destination, wish.on_behalf_of)
    acting = call if merchant.account == call.caller.account else await call.on_account(merchant.account)
    shelf = await shelf_of(acting)
    configuration = None
    if wish.choosing.is_dynamic:
        configuration = await _configuration(call, wish.configuration, merchant, shelf)
    ask = await _ask(call, wish, merchant, shelf, configuration)
    return Review(merchant, configuration, ask)


async def check_parties(call: Call, destination: str | None, on_behalf_of: str | None) -> None:
    """Refuse a destination, or an account to act on behalf of, that is not connected to whoever asks.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    for noun, param, account in (
        ("destination", "transfer_data[destination]", destination),
        ("on_behalf_of", "on_behalf_of", on_behalf_of),
    ):
        if account is None or account == call.caller.account:
            continue
        connection = await call.find(CONNECTION, account)
        if connection is None or connection["ended_at"] is not None:
            raise errors.resource_missing(noun, account, param=param)


async def _configuration(call: Call, named: str | None, merchant: Merchant, shelf: Shelf) -> Configuration:
    """Return the configuration that counts: the default of its kind, or what the request names if it may.

    Raises:
        errors.InvalidRequest: `resource_missing`, or it is inactive.
    """
    if named is None:
        return shelf.default(merchant.kind)
    found, parent = shelf.find(named), shelf.parent(named)
    if found is not None:
        platform = None if found.parent is None else found.parent.platform
        picked = charges.pick(merchant, Named(found.kind, merchant.account, platform, found.active))
    elif parent is not None:
        picked = charges.pick(merchant, Named(Whose.PARENT, parent.platform, None, parent.active))
        found = next(one for one in shelf.configurations if one.parent is parent)
    else:
        picked = Pick.MISSING
    if found is None or picked is Pick.MISSING:
        raise await call.missing(KIND, named, param=CONFIGURATION)
    if picked is Pick.INACTIVE:
        raise errors.InvalidRequest(
            f"The payment method configuration '{errors.echo(named)}' is not active.", param=CONFIGURATION
        )
    return found


async def _ask(
    call: Call, wish: Wish, merchant: Merchant, shelf: Shelf, configuration: Configuration | None
) -> Ask:
    platform = None
    if merchant.platform is not None:
        platform = (await standing_of(await call.on_account(merchant.platform))).capabilities
    return Ask(
        country=shelf.standing.country,
        capabilities=shelf.standing.capabilities,
        choices=None if configuration is None else Choices(configuration),
        platform_capabilities=platform,
        is_setup=wish.is_setup,
        currency=wish.currency,
        amount=wish.amount,
        setup_future_usage=wish.setup_future_usage,
        capture_method=wish.capture_method,
        redirects=wish.choosing.allow_redirects != "never",
        excluded=frozenset(wish.excluded),
        allowed=None if wish.allowed is None else frozenset(wish.allowed),
        shape=merchant.shape,
        is_on_behalf=merchant.is_on_behalf,
        has_customer=wish.has_customer,
        options={
            name: Options(given.get("setup_future_usage") or None, given.get("capture_method") or None)
            for name, given in wish.options.items()
        },
        buyer_country=wish.buyer_country,
    )


# -- types that were named -------------------------------------------------------------------------------------------------


def _explicit(wish: Wish, named: tuple[str, ...], seen: Review) -> list[str]:
    """Return the types that were named, all of them, or refuse with the first thing wrong."""
    elsewhere = next((name for name in named if name in ELSEWHERE), None)
    if elsewhere is not None:
        raise errors.not_implemented(f"{wish.noun}s with the type {elsewhere}")
    known = {name: one for name in named if (one := methods().get(name)) is not None and one.rides_on is None}
    decided = {name: verdict(one, seen.ask) for name, one in known.items()}
    invalid = [name for name in named if name not in decided or _is_unusable(decided[name])]
    if invalid:
        raise _invalid_types(invalid, named)
    for name in named:
        if decided[name].reasons:
            raise _misfit(decided[name], wish)
    return list(named)


_UNUSABLE: Final = frozenset(
    {"discontinued", "capability", "platform_capability", "country", "setup", "charge_type", "on_behalf_of"}
)
"""Reasons that are about the account and the way it charges, not about this payment."""


def _is_unusable(decided: Verdict) -> bool:
    return any(reason.code in _UNUSABLE for reason in decided.reasons)


def _invalid_types(invalid: list[str], named: tuple[str, ...]) -> errors.InvalidRequest:
    if len(named) > 1 and len(invalid) == len(named):
        return errors.InvalidRequest(
            f"All types provided in payment_method_types are invalid. {_ACTIVATE}", param=TYPES
        )
    return errors.InvalidRequest(
        f"The payment method type provided: {errors.echo(invalid[0])} is invalid. {_ACTIVATE}", param=TYPES
    )


def _misfit(decided: Verdict, wish: Wish) -> errors.InvalidRequest:
    """Return the refusal of a type that does not fit this payment."""
    reason = decided.reasons[0]
    noun = wish.noun.replace(" ", "")
    code = f"{wish.noun.lower().replace(' ', '_')}_invalid_parameter"
    if reason.code == "currency":
        return errors.InvalidRequest(
            f"The currency provided ({wish.currency}) is invalid for one or more payment method types on this {noun}.",
            code=code,
            param="currency",
        )
    known: dict[str, tuple[str, str]] = {
        "amount_too_small": ("amount_too_small", "amount"),
        "amount_too_large": ("amount_too_large", "amount"),
        "customer": ("parameter_missing", "customer"),
    }
    refusal: Any = known.get(reason.code, (code, reason.code))
    return errors.InvalidRequest(reason.words, code=refusal[0], param=refusal[1])
