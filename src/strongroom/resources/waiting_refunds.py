"""Refunds of payments that are still with the bank: they wait, and are done or given up when the payment is certain.

What waits counts as given back already, so that no more than the payment can be asked for. Nobody is asked to move money
that has not come.
"""

from typing import Final

from strongroom.connectors.base import Outcome, Return
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import balance_transactions, charging, payment_shares
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.refunds import REFUND, document, view
from strongroom.resources.tasks import Onward, continues, stage
from strongroom.store import Filter

REASON: Final = "charge_pending"
PAGE: Final = 100


def begin(call: Call, charge: Stored, state: Document) -> Document:
    """Stage a refund that waits for its payment, and return what it shows."""
    doc = {
        **document(call, charge, state["id"], state["amount"]),
        "metadata": state["metadata"],
        "pending_reason": REASON,
        "reason": state["reason"],
        "status": "pending",
    }
    if state["instructions_email"]:
        doc["instructions_email"] = state["instructions_email"]
    doc[PRIVATE]["shares"] = state["shares"]
    columns = {"charge": charge.id, "payment_intent": charge["payment_intent"]}
    refund = call.insert(REFUND, doc, object_id=state["id"], **columns)
    charge = _counted(call, charge, state["amount"])
    call.emit("refund.created", REFUND, refund)
    call.emit("charge.refunded", CHARGE, charge)
    return view(refund)


def _counted(call: Call, charge: Stored, amount: int) -> Stored:
    given = charge.doc["amount_refunded"] + amount
    doc = charging.vacated(charge, amount_refunded=given, refunded=given == charge.doc["amount"])
    return call.change(charge, doc)


async def charge_settled(call: Call, charge: Stored) -> Stored:
    """Stage what becomes of the refunds that waited for a charge, now that it is certain; return the charge."""
    if not charge.doc["amount_refunded"]:
        return charge
    params: Document = {"limit": PAGE}
    has_more = True
    while has_more:
        found, has_more = await call.page(REFUND, params, [Filter("charge", "eq", charge.id)])
        for refund in found:
            if refund.doc.get("pending_reason") == REASON:
                charge = _go_on(call, charge, refund)
            params["starting_after"] = refund.id
    return charge


def _go_on(call: Call, charge: Stored, refund: Stored) -> Stored:
    if charge.doc["paid"]:
        question = Return(refund.id, charge.id, refund.doc["amount"])
        stage(call, Onward(question, "refund.waited", {"refund": refund.id}), None)
        return charge
    return _failed(call, charge, refund, "declined")


def _failed(call: Call, charge: Stored, refund: Stored, reason: str) -> Stored:
    """Stage that nothing is given back after all, and return the charge."""
    _told(call, refund, "refund.failed", status="failed", failure_reason=reason)
    return _counted(call, charge, -refund.doc["amount"])


def _told(call: Call, refund: Stored, event: str, **changes: str | None) -> None:
    doc = {name: value for name, value in refund.doc.items() if name != "pending_reason"}
    changed = call.change(refund, {**doc, **changes})
    previous = changed_leaves(view(refund), view(changed))
    call.emit(event, REFUND, changed, previous)
    call.emit("charge.refund.updated", REFUND, changed, previous)


@continues("refund.waited")
async def waited(call: Call, state: Document, outcome: Outcome | None) -> None:
    """Write down that what had waited was given back."""
    assert outcome is not None
    refund = await call.find(REFUND, state["refund"])
    assert refund is not None
    charge = await call.find(CHARGE, refund["charge"])
    assert charge is not None
    if outcome.verdict is Verdict.DECLINED:
        _failed(call, charge, refund, outcome.code or "unknown")
        return
    shares: Document = refund.doc[PRIVATE]["shares"]
    if any(shares.values()):
        charge = await charging.book_now(call, charge)
    amount = refund.doc["amount"]
    transaction = balance_transactions.book(
        call, "payment_refund", refund.id, -amount, refund.doc["currency"], description="REFUND FOR CHARGE"
    )
    reversal = await payment_shares.take_back(call, charge, amount, shares, refund.id)
    done = {"balance_transaction": transaction.id, "transfer_reversal": reversal}
    _told(call, refund, "refund.updated", status="succeeded", **done)
