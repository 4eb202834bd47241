"""Searching payments.

    GET /v1/payment_intents/search    search intents
    GET /v1/charges/search            search charges

What was committed before is found at once. Columns answer `created` and `customer`; for the rest documents are opened and
looked at.
"""

from typing import Final

from strongroom.domain.search import FieldKind, Fields, Query, parse
from strongroom.resources import charging, payment_intents, searching
from strongroom.resources.call import Call
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Found, Stored
from strongroom.resources.payment_intents import PAYMENT_INTENT
from strongroom.resources.registry import handles
from strongroom.store import Filter

_COMMON: Final[Fields] = {
    "amount": FieldKind.NUMERIC,
    "created": FieldKind.NUMERIC,
    "currency": FieldKind.TOKEN,
    "customer": FieldKind.TOKEN,
    "metadata": FieldKind.METADATA,
    "status": FieldKind.TOKEN,
}
_ADDRESS: Final = "billing_details.address.postal_code"
_CARD: Final = "payment_method_details.card."
_CARD_FIELDS: Final = {
    "brand": FieldKind.TOKEN,
    "exp_month": FieldKind.NUMERIC,
    "exp_year": FieldKind.NUMERIC,
    "fingerprint": FieldKind.TOKEN,
    "last4": FieldKind.TOKEN,
}
_CHARGE: Final[Fields] = {
    **_COMMON,
    "disputed": FieldKind.TOKEN,
    "refunded": FieldKind.TOKEN,
    _ADDRESS: FieldKind.TOKEN,
    **{_CARD + name: kind for name, kind in _CARD_FIELDS.items()},
}


@handles("GET /v1/payment_intents/search", permission="payment_intent")
async def search_intents(call: Call, params: Document) -> Found:
    """Search PaymentIntents, newest first."""
    query = parse(params["query"], _COMMON)
    return await searching.search(
        call, PAYMENT_INTENT, query, params, filters=_filters(query), values=payment_intents.view
    )


@handles("GET /v1/charges/search", permission="charge")
async def search_charges(call: Call, params: Document) -> Found:
    """Search charges, newest first, failed ones too."""
    query = parse(params["query"], _CHARGE)
    return await searching.search(
        call, CHARGE, query, params, filters=_filters(query), values=_values_of_charge
    )


def _filters(query: Query) -> list[Filter]:
    customers = [Filter("customer", "eq", one.value) for one in query.needed("customer") if one.op == ":"]
    return [*searching.numeric_filters(query, "created"), *customers]


def _values_of_charge(charge: Stored) -> Document:
    """Return the fields a query is about, by the names it calls them."""
    doc = charging.view(charge)
    card: Document = doc["payment_method_details"].get("card") or {}
    flags = {name: str(doc[name]).lower() for name in ("disputed", "refunded")}
    address = doc["billing_details"]["address"]
    return {
        **doc,
        **flags,
        _ADDRESS: address["postal_code"],
        **{_CARD + name: card.get(name) for name in _CARD_FIELDS},
    }
