"""Events: what happened, as it was when it happened.

    GET /v1/events            list
    GET /v1/events/{id}       retrieve

They are written with the change they tell of (`Call.emit`) and never afterwards. A restricted key sees those that tell of
what it may read.
"""

from functools import cache
from typing import Final

from strongroom import errors
from strongroom.contract import contract
from strongroom.resources import registry
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

TYPES_MAX: Final = 20

UNPUBLISHED: Final = ("payment.created",)
"""What connected accounts are told of money passed on to them, though no list of types has it."""
ABOUT: Final = {
    "account.application": "account",
    "account.external_account": "external_account",
    "application_fee.refund": "application_fee",
    "capability": "capability",
    "cash_balance": "customer",
    "charge.dispute": "dispute",
    "charge.refund": "charge",
    "customer.source": "customer",
    "customer.tax_id": "customer",
    "payment": "charge",
}
"""What it takes to read the object of events whose types do not begin with the object's name."""


def view(event: Stored) -> Document:
    """Return the event as its own account sees it: as it is stored, and how many endpoints have not acknowledged it."""
    return {**event.doc, "pending_webhooks": event.row.columns.get("undelivered") or 0}


def seen_by(call: Call, event: Document) -> Document:
    """Return the event as the caller sees it: to a platform it says whose it is."""
    return {**event, "account": call.caller.account} if call.caller.acts_for_another else event


EVENT = register_kind(Kind("event", "events", "evt", "event", "event", view))


@handles("GET /v1/events/{id}", permission="event")
async def retrieve(call: Call, params: Document, *, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show an event."""
    event = await call.load(EVENT, id, param="id", in_path=True)
    call.check_may_read(permission_of(event["type"]))
    return seen_by(call, view(event))


@handles("GET /v1/events", permission="event")
async def list_all(call: Call, params: Document) -> Listing:
    """List events, newest first, of one type (`customer.*` stands for all of its kind) or of several."""
    if "type" in params and "types" in params:
        raise errors.parameters_exclusive("type", "types")
    if len(params.get("types", ())) > TYPES_MAX:
        raise errors.ParameterRefused(f"You can pass up to {TYPES_MAX} types.", param="types")
    filters = [*_by_type(params), *_by_success(params), *_by_permission(call)]
    found = await call.listing(EVENT, params, filters)
    return Listing([seen_by(call, event) for event in found.items], found.has_more)


def _by_type(params: Document) -> list[Filter]:
    wanted = params.get("type")
    if wanted is not None:
        if wanted.endswith("*"):
            return [Filter("type", "prefix", wanted[:-1])]
        return [Filter("type", "eq", wanted)]
    return [Filter("type", "in", params["types"])] if params.get("types") else []


def _by_permission(call: Call) -> list[Filter]:
    if call.caller.kind is not KeyKind.RESTRICTED:
        return []
    known = _permissions()
    seen = [one for one, permission in known.items() if call.caller.may(permission, "read")]
    return [] if len(seen) == len(known) else [Filter("type", "in", seen)]


@cache
def _permissions() -> dict[str, str]:
    """Return every type of event with what it takes to read its object."""
    types = (*contract().shapes.enums["Event.type"], *UNPUBLISHED)
    return {one: permission_of(one) for one in types}


def permission_of(event_type: str) -> str:
    """Return what it takes to read what an event of this type tells of, as in `rak_<permission>_read`."""
    name = event_type.rpartition(".")[0]
    kind = registry.kind(name)
    return ABOUT.get(name) or (name if kind is None else kind.permission)


def _by_success(params: Document) -> list[Filter]:
    """An event that no endpoint wants was delivered to all who do."""
    wanted = params.get("delivery_success")
    return [] if wanted is None else [Filter("undelivered", "is_null", wanted)]
