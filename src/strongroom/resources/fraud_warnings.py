"""Early fraud warnings: an issuer thinks that a payment was fraudulent, and nobody has disputed it yet.

    GET /v1/radar/early_fraud_warnings                          list
    GET /v1/radar/early_fraud_warnings/{early_fraud_warning}    retrieve

No money moves. A warning is actionable as long as giving the money back would spare a dispute.
"""

from typing import Final

from strongroom import ids
from strongroom.resources.call import Call
from strongroom.resources.changes import changed_leaves
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

PERMISSION: Final = "early_fraud_warning"


def view(warning: Stored) -> Document:
    """Return the early fraud warning's fields."""
    shown = {**warning.doc, "charge": warning["charge"]}
    intent = warning["payment_intent"]
    return shown if intent is None else {**shown, "payment_intent": intent}


FRAUD_WARNING: Final = register_kind(
    Kind("radar.early_fraud_warning", "fraud_warnings", "issfr", "early fraud warning", PERMISSION, view)
)


@handles("GET /v1/radar/early_fraud_warnings/{early_fraud_warning}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, early_fraud_warning: str) -> Document:
    """Show an early fraud warning."""
    stored = await call.load(FRAUD_WARNING, early_fraud_warning, param="early_fraud_warning", in_path=True)
    return view(stored)


@handles("GET /v1/radar/early_fraud_warnings", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List early fraud warnings, newest first: all, or those of a charge or an intent."""
    wanted = [Filter(name, "eq", params[name]) for name in ("charge", "payment_intent") if name in params]
    return await call.listing(FRAUD_WARNING, params, wanted)


def make(call: Call, charge: Stored, fraud_type: str) -> Stored:
    """Stage a warning about a charge, with its event."""
    warning_id = ids.new(FRAUD_WARNING.prefix)
    doc: Document = {
        "id": warning_id,
        "object": "radar.early_fraud_warning",
        "actionable": not charge.doc["refunded"],
        "created": call.now,
        "fraud_type": fraud_type,
        "livemode": call.caller.livemode,
    }
    columns = {"charge": charge.id, "payment_intent": charge["payment_intent"]}
    warning = call.insert(FRAUD_WARNING, doc, object_id=warning_id, **columns)
    call.emit("radar.early_fraud_warning.created", FRAUD_WARNING, warning)
    return warning


async def settle(call: Call, charge: Stored) -> None:
    """Stage that nothing can be done about a charge any more: its customer has the money back."""
    found, _ = await call.page(FRAUD_WARNING, {}, [Filter("charge", "eq", charge.id)])
    for warning in found:
        if warning.doc["actionable"]:
            changed = call.change(warning, {**warning.doc, "actionable": False})
            previous = changed_leaves(view(warning), view(changed))
            call.emit("radar.early_fraud_warning.updated", FRAUD_WARNING, changed, previous)
