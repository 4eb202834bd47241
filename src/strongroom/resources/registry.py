"""Which function answers which operation, and who may call it.

A resource module registers its functions with `@handles`; an operation of the contract that nobody registered is
answered with an honest 501. Importing this module imports no resource: `load` does, once, at start.
"""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from strongroom.resources.caller import KeyKind
from strongroom.resources.kind import Kind

MODULES = (
    "account_links",
    "account_triggers",
    "accounts",
    "application_fees",
    "attaching",
    "automatic_updates",
    "balance_transactions",
    "bank_transfers",
    "capabilities",
    "capturing",
    "cash_balances",
    "cash_payments",
    "charges",
    "confirmation_tokens",
    "confirming",
    "customer_balances",
    "customer_search",
    "customer_sessions",
    "customer_sources",
    "customer_tax_ids",
    "customers",
    "disputes",
    "disputing",
    "elements_sessions",
    "ephemeral_keys",
    "events",
    "external_accounts",
    "fee_refunds",
    "file_links",
    "files",
    "fraud_warnings",
    "incrementing",
    "line_items",
    "mandates",
    "older_charges",
    "payment_intents",
    "payment_method_configurations",
    "payment_method_domains",
    "payment_methods",
    "payment_search",
    "persons",
    "refunds",
    "sandbox_clock",
    "setting_up",
    "setup_attempts",
    "setup_intents",
    "source_objects",
    "test_clocks",
    "tokens",
    "topups",
    "transfer_reversals",
    "transfers",
    "verifying",
    "webhook_endpoints",
)

SECRET_ONLY = frozenset({KeyKind.SECRET, KeyKind.RESTRICTED})
PUBLISHABLE_TOO = SECRET_ONLY | {KeyKind.PUBLISHABLE}


class Operate(Protocol):
    """What a handler looks like: the call, its typed parameters, and the ids of the path by name."""

    __name__: str

    def __call__(self, call: Any, params: dict[str, Any], **ids: str) -> Awaitable[Any]:
        """Decide; leave the writes in `call`; return what to render."""
        ...


Include = Callable[[Any, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Takes the call and the rendered object, and returns the field's value."""


Own = Callable[[Any, dict[str, Any], dict[str, str]], Awaitable[None]]
"""Takes the call, the parameters and the ids of the path; raises unless all is about the caller's own customer."""


@dataclass(frozen=True, slots=True)
class Handler:
    """One operation's function and its guard."""

    operate: Operate
    allow: frozenset[KeyKind]
    permission: str
    """The resource a restricted key needs, as in `rak_<permission>_<read|write>`."""
    own: Own | None = None
    """What an ephemeral key is held to; None: it may not call it at all."""


_handlers: dict[str, Handler] = {}
_kinds: dict[str, Kind] = {}
_includes: dict[tuple[str, str], Include] = {}


def handles(
    key: str, *, permission: str, allow: frozenset[KeyKind] = SECRET_ONLY, own: Own | None = None
) -> Callable[[Any], Any]:
    """Register a function for the contract's operation `key`, such as `POST /v1/tokens`."""

    def register(operate: Operate) -> Operate:
        assert key not in _handlers, key
        _handlers[key] = Handler(operate, allow, permission, own)
        return operate

    return register


def register_kind(kind: Kind) -> Kind:
    """Make a resource known to expansion and to events."""
    _kinds[kind.type] = kind
    return kind


def includes(type_name: str, field: str) -> Callable[[Include], Include]:
    """Register what fills a field that an object only has when it is asked for with `expand`."""

    def register(fill: Include) -> Include:
        _includes[type_name, field] = fill
        return fill

    return register


def include(type_name: str, field: str) -> Include | None:
    """Return what fills the field, or None."""
    return _includes.get((type_name, field))


def load() -> None:
    """Import every resource module."""
    for name in MODULES:
        importlib.import_module(f"strongroom.resources.{name}")


def handler(key: str) -> Handler | None:
    """Return who answers the operation, or None."""
    return _handlers.get(key)


def handlers() -> dict[str, Handler]:
    """Return every registered operation by its key, for tests that enumerate them."""
    return dict(_handlers)


def kind(type_name: str) -> Kind | None:
    """Return the resource of that wire type, or None if it has no store of its own."""
    return _kinds.get(type_name)
