"""How disputes come about and end: the customer's bank asks, takes the money, decides and perhaps gives it back.

Nobody asks for it: each of these is a task. What a dispute has taken and not given back is in its charge's own document
(`charged_back`), which every refund changes as well, so that a charge never gives back more than it took, to either.
"""

from typing import Any, Final

from strongroom import ids
from strongroom.catalog.disputes import INQUIRY, DisputeKind, dispute_tables
from strongroom.domain import disputes as rules
from strongroom.domain.disputes import CLOSED, HOLDS_MONEY, Action, Status
from strongroom.domain.money import DAY_SECONDS
from strongroom.resources import balance_transactions, charging, fraud_warnings
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves
from strongroom.resources.charging import CARD, CHARGE
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import register_kind
from strongroom.resources.tasks import continues, later
from strongroom.store import Filter

BUSY_SECONDS: Final = 1
"""How long the bank waits while a refund of the same charge is under way."""
FEE: Final = "dispute"
UPDATED: Final = "charge.dispute.updated"


def view(dispute: Stored) -> Document:
    """Return the dispute's fields."""
    return {**dispute.doc, "charge": dispute["charge"], "payment_intent": dispute["payment_intent"]}


DISPUTE: Final = register_kind(Kind("dispute", "disputes", "du", "dispute", "dispute", view))


# -- how one begins ---------------------------------------------------------------------------------------------------


@continues("charge.disputed")
async def disputed(call: Call, state: Document, _: object) -> None:
    """The customer has been to their bank about a charge: about what they have not got back yet."""
    charge = await call.find(CHARGE, state["charge"])
    assert charge is not None
    if charging.is_busy(charge):
        later(call, BUSY_SECONDS, "charge.disputed", state)
        return
    kind = dispute_tables().kinds[charge.doc[PRIVATE]["dispute"]]
    if kind.warning is not None:
        fraud_warnings.make(call, charge, kind.warning)
        call.change(charge, _noted(charge, watched=True))
        return
    for amount in rules.shares(charge.doc["amount"] - charge.doc["amount_refunded"], kind.parts):
        charge = _begin(call, charge, kind, amount)


def _begin(call: Call, charge: Stored, kind: DisputeKind, amount: int) -> Stored:
    """Stage a dispute and return its charge."""
    status = _first_status(kind)
    takes_money = status in HOLDS_MONEY
    brand: str = charge.doc["payment_method_details"].get(CARD, {}).get("brand", "")
    enhanced = kind.enhanced.get(brand)
    dispute_id = ids.new(DISPUTE.prefix)
    doc: Document = {
        "id": dispute_id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "created": call.now,
        "currency": charge.doc["currency"],
        "enhanced_eligibility_types": [enhanced] if enhanced else [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None if kind.final else due_by(call.now),
            "enhanced_eligibility": _eligibility(enhanced),
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": not takes_money,
        "livemode": call.caller.livemode,
        "metadata": {},
        "reason": kind.reason,
        "status": status,
        **_of_card(charge, kind, brand),
    }
    columns = {"charge": charge.id, "payment_intent": charge["payment_intent"]}
    dispute = call.insert(DISPUTE, doc, object_id=dispute_id, **columns)
    noted = {**_noted(charge, watched=True), "dispute": dispute_id, "disputed": True}
    charge = call.change(charge, noted)
    if takes_money:
        dispute, charge = _withdrawn(call, dispute, charge)
    call.emit("charge.dispute.created", DISPUTE, dispute)
    if takes_money:
        call.emit("charge.dispute.funds_withdrawn", DISPUTE, dispute)
    if kind.final:
        call.emit("charge.dispute.closed", DISPUTE, dispute)
    else:
        later(
            call, doc["evidence_details"]["due_by"] + 1 - call.now, "dispute.overdue", {"dispute": dispute_id}
        )
    return charge


def _first_status(kind: DisputeKind) -> Status:
    if kind.final:
        return Status.LOST
    return Status.WARNING_NEEDS_RESPONSE if kind.case == INQUIRY else Status.NEEDS_RESPONSE


def due_by(now: int) -> int:
    """Return the last second in which a dispute that begins now can be answered, in seconds since 1970."""
    return (now // DAY_SECONDS + dispute_tables().days + 1) * DAY_SECONDS - 1


def _eligibility(enhanced: str | None) -> Document:
    if enhanced is None:
        return {}
    if enhanced == "visa_compelling_evidence_3":
        lacks = rules.compelling_evidence_lacks({})
        return {enhanced: {"required_actions": lacks, "status": "requires_action"}}
    return {enhanced: {"status": "requires_fee_acknowledgement"}}


def _of_card(charge: Stored, kind: DisputeKind, brand: str) -> Document:
    """Return `payment_method_details`, which only cards have here."""
    if not brand:
        return {}
    card = {
        "brand": brand,
        "case_type": kind.case,
        "network": charge.doc["payment_method_details"][CARD]["network"],
        "network_reason_code": kind.codes.get(brand),
    }
    return {"payment_method_details": {"type": CARD, CARD: card}}


def _noted(charge: Stored, **private: Any) -> Document:
    """Return a charge's document with what is kept about its disputes."""
    return {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], **private}}


# -- what it does to the money ----------------------------------------------------------------------------------------


def _withdrawn(call: Call, dispute: Stored, charge: Stored) -> tuple[Stored, Stored]:
    """Stage that the disputed amount is taken from the balance, with the fee; return the dispute and the charge."""
    amount = dispute.doc["amount"]
    transaction = balance_transactions.book(
        call,
        "adjustment",
        dispute.id,
        -amount,
        dispute.doc["currency"],
        fee=balance_transactions.fee_of(FEE, amount),
        fee_name="Dispute fee",
        description=f"Chargeback withdrawal for {charge.id}",
    )
    return _moved(call, dispute, charge, transaction, amount)


def _reinstated(call: Call, dispute: Stored, charge: Stored) -> tuple[Stored, Stored]:
    """Stage that the amount is given back. The fee is not (reported of the newest versions)."""
    amount = dispute.doc["amount"]
    transaction = balance_transactions.book(
        call,
        "adjustment",
        dispute.id,
        amount,
        dispute.doc["currency"],
        description=f"Chargeback reversal for {charge.id}",
        category="dispute_reversal",
        at_once=True,
    )
    return _moved(call, dispute, charge, transaction, -amount)


def _moved(
    call: Call, dispute: Stored, charge: Stored, transaction: Stored, taken: int
) -> tuple[Stored, Stored]:
    shown = [*dispute.doc["balance_transactions"], balance_transactions.view(transaction)]
    held = charge.doc[PRIVATE].get("charged_back", 0) + taken
    return (
        call.change(dispute, {**dispute.doc, "balance_transactions": shown}),
        call.change(charge, _noted(charge, charged_back=held)),
    )


# -- how one goes on --------------------------------------------------------------------------------------------------


async def move(call: Call, dispute: Stored, action: Action) -> Stored:
    """Stage what becomes of a dispute, with its money and its events, and return it.

    Raises:
        rules.NotAllowed: its status does not let that happen.
    """
    before = Status(dispute.doc["status"])
    after = rules.decide(before, action)
    charge = await call.find(CHARGE, dispute["charge"])
    assert charge is not None
    moved = call.change(dispute, {**dispute.doc, **_changes(dispute.doc, after)})
    if after in HOLDS_MONEY and before not in HOLDS_MONEY:
        moved, _ = _withdrawn(call, moved, charge)
        call.emit(UPDATED, DISPUTE, moved, changed_leaves(view(dispute), view(moved)))
        call.emit("charge.dispute.funds_withdrawn", DISPUTE, moved)
    elif after is Status.WON:
        moved, _ = _reinstated(call, moved, charge)
        call.emit("charge.dispute.funds_reinstated", DISPUTE, moved)
    if after in CLOSED:
        call.emit("charge.dispute.closed", DISPUTE, moved)
    return moved


def _changes(doc: Document, after: Status) -> Document:
    changes: Document = {"status": after, "is_charge_refundable": after not in HOLDS_MONEY}
    if after is Status.NEEDS_RESPONSE and "payment_method_details" in doc:
        card = {**doc["payment_method_details"][CARD], "case_type": "chargeback"}
        changes["payment_method_details"] = {"type": CARD, CARD: card}
    return changes


@continues("dispute.decided")
async def decided(call: Call, state: Document, _: object) -> None:
    """The bank has read the evidence. Only what it was sent last counts."""
    dispute = await call.find(DISPUTE, state["dispute"])
    assert dispute is not None
    if dispute.doc["evidence_details"]["submission_count"] != state["submission"]:
        return
    if state["action"] == Action.ESCALATE and not await _escalates(call, dispute, state):
        return
    await _move_if_it_can(call, dispute, Action(state["action"]))


async def _escalates(call: Call, dispute: Stored, state: Document) -> bool:
    """Whether an inquiry becomes a chargeback now: not while a refund is under way, and only of what is left."""
    charge = await call.find(CHARGE, dispute["charge"])
    assert charge is not None
    if charging.is_busy(charge):
        later(call, BUSY_SECONDS, "dispute.decided", state)
        return False
    left: int = charge.doc["amount"] - charge.doc["amount_refunded"]
    if left < dispute.doc["amount"]:
        call.change(dispute, {**dispute.doc, "amount": left})
    return left > 0


async def _move_if_it_can(call: Call, dispute: Stored, action: Action) -> None:
    current = await call.find(DISPUTE, dispute.id)
    assert current is not None
    try:
        await move(call, current, action)
    except rules.NotAllowed:
        return


@continues("dispute.overdue")
async def overdue(call: Call, state: Document, _: object) -> None:
    """Nobody has answered in time."""
    dispute = await call.find(DISPUTE, state["dispute"])
    assert dispute is not None
    if (Status(dispute.doc["status"]), Action.EXPIRE) not in rules.NEXT:
        return
    details = {**dispute.doc["evidence_details"], "past_due": True}
    await move(call, call.change(dispute, {**dispute.doc, "evidence_details": details}), Action.EXPIRE)


@continues("charge.given_back")
async def given_back(call: Call, state: Document, _: object) -> None:
    """The customer has all of the money back: whoever only asked about it is content, and a warning has come too late."""
    charge = await call.find(CHARGE, state["charge"])
    assert charge is not None
    if not charge.doc["refunded"]:
        return
    await fraud_warnings.settle(call, charge)
    found, _ = await call.page(DISPUTE, {}, [Filter("charge", "eq", charge.id)])
    for dispute in found:
        await _move_if_it_can(call, dispute, Action.REFUND)
