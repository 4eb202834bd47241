"""What a customer is handed: a receipt for what they paid, and the mandate that they agreed to."""

from typing import Any

from strongroom.customer_pages.rendering import Page, page
from strongroom.customer_pages.words import amount_of, merchant_of, name_of_type
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD


async def receipt(call: Call, charge: Stored) -> Page:
    """Return the receipt of a charge that was paid."""
    doc = charge.doc
    back = doc["amount_refunded"] if doc["captured"] or doc["refunded"] else 0
    context: dict[str, Any] = {
        "merchant": await merchant_of(call),
        "amount": amount_of(doc["amount"], doc["currency"]),
        "back": amount_of(back, doc["currency"]) if back else None,
        "state": _state(doc),
        "created": doc["created"],
        "paid_with": _paid_with(doc["payment_method_details"]),
        "description": doc["description"],
        "descriptor": doc["calculated_statement_descriptor"],
        "charge": charge.id,
    }
    return page("receipt.html", context)


def _state(doc: Document) -> str:
    if doc["refunded"]:
        return "Refunded" if doc["captured"] else "Released"
    return "Paid" if doc["captured"] else "Reserved"


def _paid_with(details: Document) -> str:
    """Return what was paid with, as a customer knows it: `Visa •••• 4242`, `SEPA Direct Debit •••• 3000`, `iDEAL`."""
    kind = details["type"]
    own = details.get(kind) or {}
    name = own["brand"].capitalize() if kind == "card" else name_of_type(kind)
    return f"{name} •••• {own['last4']}" if own.get("last4") else name


async def mandate(call: Call, agreed: Stored) -> Page:
    """Return what the holder of an account agreed to."""
    details = agreed.doc["payment_method_details"]
    kind = details["type"]
    method = await call.find(PAYMENT_METHOD, agreed["payment_method"])
    single = agreed.doc.get("single_use")
    context: dict[str, Any] = {
        "merchant": await merchant_of(call),
        "method": name_of_type(kind),
        "last4": None if method is None else method.doc[kind].get("last4"),
        "holder": None if method is None else method.doc["billing_details"]["name"],
        "reference": details[kind].get("reference"),
        "status": agreed["status"],
        "accepted_at": agreed.doc["customer_acceptance"]["accepted_at"],
        "once": None if not single else amount_of(single["amount"], single["currency"]),
        "mandate": agreed.id,
    }
    return page("mandate.html", context)
