"""Refunds: money given back, or a hold let go of.

    POST /v1/refunds                                  create
    GET  /v1/refunds                                  list
    GET  /v1/refunds/{refund}                         retrieve
    POST /v1/refunds/{refund}                         update
    POST /v1/refunds/{refund}/cancel                  cancel
    POST /v1/test_helpers/refunds/{refund}/expire     expire
    GET  /v1/charges/{charge}/refunds                 list a charge's
    GET  /v1/charges/{charge}/refunds/{refund}        retrieve a charge's

What is given back never exceeds what was taken: a charge is asked about one refund at a time, and what it has given back
is in its own document. A refund that fails later takes that back.
"""

from typing import Any, Final

from strongroom import errors, ids
from strongroom.catalog.method_pages import method_types
from strongroom.connectors.base import Cancellation, Outcome, Return
from strongroom.domain.amounts import currency_of, figure
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import acquiring, balance_transactions, cash_balances, charging
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CARD, CHARGE, SUCCEEDED
from strongroom.resources.included import sublist
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, includes, register_kind
from strongroom.resources.tasks import Onward, continues, later
from strongroom.store import Filter

PERMISSION: Final = "charge"
CANCELABLE: Final = "requires_action"
EXPIRED: Final = "expired_uncaptured_charge"
_STATUS: Final = {
    Verdict.APPROVED: "succeeded",
    Verdict.PENDING: "pending",
    Verdict.DECLINED: "failed",
}


def view(refund: Stored) -> Document:
    """Return the refund's fields."""
    doc = {key: value for key, value in refund.doc.items() if key != PRIVATE}
    return {**doc, "charge": refund["charge"], "payment_intent": refund["payment_intent"]}


IN_CASH: Final = "customer_cash_balance"
REFUND: Final = register_kind(Kind("refund", "refunds", "re", "refund", PERMISSION, view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/refunds", permission=PERMISSION)
async def create(call: Call, params: Document) -> Onward | Document:
    """Give back what a charge took, all that is left or a part; a hold is let go of as a whole."""
    from strongroom.resources import payment_shares, transfer_reversals, waiting_refunds

    if params.get("origin"):
        raise errors.not_implemented("the parameter `origin` of refunds")
    charge = await _charge_of(call, params)
    amount = _amount(charge, params)
    wished = await payment_shares.check_returns(call, charge, amount, params)
    if charge.doc["source_transfer"] is not None:
        return view(await transfer_reversals.send_back(call, charge, amount, params))
    refund_id = ids.new("re" if charge.id.startswith("ch_") else "pyr")
    state: Document = {
        "id": refund_id,
        "charge": charge.id,
        "amount": amount,
        "reason": params.get("reason"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "instructions_email": params.get("instructions_email"),
        "shares": wished,
    }
    if charge.doc["status"] == charging.PENDING:
        return waiting_refunds.begin(call, charge, state)
    charging.occupy(call, charge, refund_id)
    if charge.doc["captured"]:
        return Onward(Return(refund_id, charge.id, amount), "refund.created", state)
    return Onward(Cancellation(refund_id, charge.id), "refund.released", state)


async def _charge_of(call: Call, params: Document) -> Stored:
    """Return the charge that is meant.

    Raises:
        errors.InvalidRequest: none was named, none is there, or two were named that do not belong together.
    """
    if "charge" not in params and "payment_intent" not in params:
        raise errors.ParameterRefused(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if "payment_intent" in params:
        charge = await _charge_of_intent(call, params["payment_intent"])
        if params.get("charge") not in (None, charge.id):
            raise errors.InvalidRequest(
                f"The charge {errors.echo(params['charge'])} is not that of the PaymentIntent.",
                param="charge",
            )
    else:
        charge = await call.load(CHARGE, params["charge"], param="charge")
    _check_refundable(charge)
    return charge


async def _charge_of_intent(call: Call, intent: str) -> Stored:
    from strongroom.resources.payment_intents import PAYMENT_INTENT

    stored = await call.load(PAYMENT_INTENT, intent, param="payment_intent")
    latest = stored.doc.get("latest_charge")
    charge = None if latest is None else await call.find(CHARGE, latest)
    if (
        charge is None
        or charge.doc["status"] not in {SUCCEEDED, charging.PENDING}
        or charge.doc[PRIVATE]["released"]
    ):
        raise errors.InvalidRequest(
            f"This PaymentIntent ({stored.id}) does not have a successful charge to refund."
        )
    if not charge.doc["captured"]:
        raise errors.InvalidRequest(
            f"This PaymentIntent ({stored.id}) has a charge that was not captured. Cancel the PaymentIntent instead."
        )
    return charge


def _check_refundable(charge: Stored) -> None:
    doc = charge.doc
    if doc["refunded"] or (doc["captured"] and doc["amount_refunded"] == doc["amount"]):
        raise errors.InvalidRequest(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    if doc["amount_captured"] and not doc["captured"]:
        raise errors.InvalidRequest(
            f"Charge {charge.id} is still being captured. Release the rest with a final capture, then refund it.",
            param="charge",
        )
    if doc["status"] == SUCCEEDED and not doc["captured"] and doc["payment_intent"] is not None:
        raise errors.InvalidRequest(
            f"Charge {charge.id} was not captured. Cancel the PaymentIntent {doc['payment_intent']} instead.",
            param="charge",
        )
    if not _gives_back(doc[PRIVATE]["type"]):
        raise errors.InvalidRequest(
            f"Charge {charge.id} cannot be refunded: {doc[PRIVATE]['type']} gives nothing back.",
            param="charge",
        )
    waits = doc["status"] == charging.PENDING and doc[PRIVATE]["type"] != CARD
    if doc["status"] != SUCCEEDED and not waits:
        raise errors.InvalidRequest(
            f"Charge {charge.id} cannot be refunded: its status is {doc['status']}.", param="charge"
        )
    if doc[PRIVATE].get("charged_back"):
        raise errors.InvalidRequest(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )


def _gives_back(method_type: str) -> bool:
    """Whether payments of a type can be given back at all."""
    page = method_types().get(method_type)
    return page is None or page.flow.refunds != "none"


def _amount(charge: Stored, params: Document) -> int:
    """Return how much is given back.

    Raises:
        errors.InvalidRequest: it is not positive, more than is left, or a part of a hold.
    """
    left: int = charge.doc["amount"] - charge.doc["amount_refunded"]
    amount: int = params.get("amount", left)
    if amount < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > left:
        currency = currency_of(charge.doc["currency"])
        raise errors.InvalidRequest(
            f"Refund amount ({figure(amount, currency)}) is greater than unrefunded amount on charge "
            f"({figure(left, currency)})",
            param="amount",
        )
    if amount < left and not charge.doc["captured"]:
        raise errors.InvalidRequest(
            "A charge that was not captured can only be refunded as a whole.", param="amount"
        )
    return amount


# -- what comes of it -------------------------------------------------------------------------------------------------


@continues("refund.created")
async def created(call: Call, state: Document, outcome: Outcome | None) -> Document:
    """Write down what was given back, or is on its way."""
    charge = await call.find(CHARGE, state["charge"])
    assert charge is not None
    assert outcome is not None
    is_failed = outcome.verdict is Verdict.DECLINED
    refund = _insert(call, charge, state, outcome)
    if is_failed:
        call.change(charge, charging.vacated(charge))
    else:
        refund, charge = await _given_back(call, charge, refund, state.get("shares", {}))
        await cash_balances.give_back(call, charge, refund)
    call.emit("refund.created", REFUND, refund)
    call.emit(
        "refund.failed" if is_failed else "charge.refunded",
        *((REFUND, refund) if is_failed else (CHARGE, charge)),
    )
    if outcome.changes_after is not None:
        later(call, outcome.changes_after, "refund.settles", {"refund": refund.id})
    return view(refund)


def _insert(call: Call, charge: Stored, state: Document, outcome: Outcome) -> Stored:
    status = _STATUS[outcome.verdict]
    doc = {
        **document(call, charge, state["id"], state["amount"]),
        "metadata": state["metadata"],
        "reason": state["reason"],
        "status": status,
        **_destination(charge),
    }
    if status == "pending":
        doc["pending_reason"] = "processing"
    if status == "failed":
        doc["failure_reason"] = outcome.code
    if state["instructions_email"]:
        doc["instructions_email"] = state["instructions_email"]
    columns = {"charge": charge.id, "payment_intent": charge["payment_intent"]}
    return call.insert(REFUND, doc, object_id=state["id"], **columns)


def document(call: Call, charge: Stored, refund_id: str, amount: int, **fields: Any) -> Document:
    """Return what a new refund of a charge says, `fields` included."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "created": call.now,
        "currency": charge.doc["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "metadata": {},
        "payment_method": charge.doc.get("payment_method"),
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **fields,
        PRIVATE: {"type": charge.doc[PRIVATE]["type"]},
    }


def _destination(charge: Stored) -> Document:
    """Return where the money goes, for what is known of it: cards, and cash balances."""
    if charge.doc[PRIVATE]["type"] == cash_balances.TYPE:
        return {"destination_details": {"type": IN_CASH, IN_CASH: {}}}
    if charge.doc[PRIVATE]["type"] != CARD:
        return {}
    if not charge.doc["captured"]:
        return {"destination_details": {"type": CARD, CARD: {"type": "reversal"}}}
    card = {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    return {"destination_details": {"type": CARD, CARD: card}}


async def _given_back(call: Call, charge: Stored, refund: Stored, shares: Document) -> tuple[Stored, Stored]:
    """Stage what a refund takes from the balance, and what comes back with it, and return it and its charge."""
    from strongroom.resources import payment_shares

    amount = refund.doc["amount"]
    if any(shares.values()):
        charge = await charging.book_now(call, charge)
    kind = "refund" if charge.id.startswith("ch_") else "payment_refund"
    transaction = balance_transactions.book(
        call, kind, refund.id, -amount, refund.doc["currency"], description="REFUND FOR CHARGE"
    )
    given = charge.doc["amount_refunded"] + amount
    is_whole = given == charge.doc["amount"]
    if is_whole and charge.doc[PRIVATE].get("watched"):
        later(call, 0, "charge.given_back", {"charge": charge.id})
    call.change(charge, charging.vacated(charge, amount_refunded=given, refunded=is_whole))
    reversal = await payment_shares.take_back(call, charge, amount, shares, refund.id)
    changes = {"balance_transaction": transaction.id, "transfer_reversal": reversal}
    refund = call.change(refund, {**refund.doc, **changes})
    changed = await call.find(CHARGE, charge.id)
    assert changed is not None
    return refund, changed


@continues("refund.released")
async def released(call: Call, state: Document, _: Outcome | None) -> Document:
    """Write down that a hold was let go of."""
    charge = await call.find(CHARGE, state["charge"])
    assert charge is not None
    refund = release(call, charge, state["id"], reason=state["reason"], metadata=state["metadata"])
    return view(refund)


def release(
    call: Call,
    charge: Stored,
    refund_id: str,
    *,
    reason: str | None,
    metadata: dict[str, str] | None = None,
) -> Stored:
    """Stage that what a charge held is no longer held, and return the refund that says so. No balance moves.

    Args:
        call: the request.
        charge: held, and not captured.
        refund_id: the id of the refund.
        reason: why; `expired_uncaptured_charge`: its time was over.
        metadata: the merchant's notes.
    """
    state = {
        "id": refund_id,
        "amount": charge.doc["amount"],
        "reason": reason,
        "metadata": metadata or {},
        "instructions_email": None,
    }
    refund = _insert(call, charge, state, Outcome(Verdict.APPROVED))
    doc = charging.vacated(charge, amount_refunded=charge.doc["amount"], refunded=True)
    doc[PRIVATE]["released"] = True
    charge = call.change(charge, doc)
    call.emit("refund.created", REFUND, refund)
    call.emit("charge.expired" if reason == EXPIRED else "charge.refunded", CHARGE, charge)
    return refund


@continues("refund.settles")
async def settles(call: Call, state: Document, _: Outcome | None) -> None:
    """Ask what has become of a refund, and write it down if it is something else."""
    refund = await call.find(REFUND, state["refund"])
    outcome = await acquiring.acquirer_of(call).look_up(state["refund"])
    if refund is None or outcome is None:
        return
    if outcome.changes_after is not None:
        later(call, outcome.changes_after, "refund.settles", state)
    elif _STATUS[outcome.verdict] != refund.doc["status"]:
        await _changed(call, refund, outcome)


async def _changed(call: Call, refund: Stored, outcome: Outcome) -> None:
    status = _STATUS[outcome.verdict]
    doc = {name: value for name, value in refund.doc.items() if name != "pending_reason"}
    doc["status"] = status
    if status == "failed":
        doc["failure_reason"] = outcome.code
        doc["failure_balance_transaction"] = await _taken_back(call, refund)
    changed = call.change(refund, doc)
    previous = changed_leaves(view(refund), view(changed))
    call.emit("refund.failed" if status == "failed" else "refund.updated", REFUND, changed, previous)
    call.emit("charge.refund.updated", REFUND, changed, previous)


async def _taken_back(call: Call, refund: Stored) -> str:
    """Stage that the money is the account's again, and return the balance transaction's id."""
    charge = await call.find(CHARGE, refund["charge"])
    assert charge is not None
    amount = refund.doc["amount"]
    given = charge.doc["amount_refunded"] - amount
    call.change(charge, {**charge.doc, "amount_refunded": given, "refunded": False})
    kind = "refund_failure" if charge.id.startswith("ch_") else "payment_failure_refund"
    transaction = balance_transactions.book(
        call, kind, refund.id, amount, refund.doc["currency"], description="REFUND FAILURE", at_once=True
    )
    return transaction.id


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/refunds/{refund}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, refund: str) -> Document:
    """Show a refund."""
    return view(await call.load(REFUND, refund, param="id", in_path=True))


@handles("GET /v1/refunds", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List refunds, newest first: all, or those of a charge or an intent."""
    wanted = [Filter(name, "eq", params[name]) for name in ("charge", "payment_intent") if name in params]
    return await call.listing(REFUND, params, wanted)


@handles("GET /v1/charges/{charge}/refunds", permission=PERMISSION)
async def list_of_charge(call: Call, params: Document, *, charge: str) -> Listing:
    """List a charge's refunds, newest first."""
    await call.load(CHARGE, charge, param="charge", in_path=True)
    return await call.listing(REFUND, params, [Filter("charge", "eq", charge)])


@handles("GET /v1/charges/{charge}/refunds/{refund}", permission=PERMISSION)
async def retrieve_of_charge(call: Call, params: Document, *, charge: str, refund: str) -> Document:
    """Show a refund of a charge."""
    stored = await call.load(REFUND, refund, param="refund", in_path=True)
    if stored["charge"] != charge:
        raise errors.resource_missing(REFUND.noun, refund, param="refund", in_path=True)
    return view(stored)


@includes("charge", "refunds")
async def included(call: Call, charge: Document) -> Document:
    """The charge's ten newest refunds, as `expand[]=refunds` shows them, and how many there are."""
    of_charge = [Filter("charge", "eq", charge["id"])]
    return await sublist(call, REFUND, of_charge, f"/v1/charges/{charge['id']}/refunds")


# -- update and cancel ------------------------------------------------------------------------------------------------


@handles("POST /v1/refunds/{refund}", permission=PERMISSION)
async def update(call: Call, params: Document, *, refund: str) -> Document:
    """Change the merchant's notes."""
    stored = await call.load(REFUND, refund, param="id", in_path=True)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc)
    call.emit("refund.updated", REFUND, changed, changed_leaves(view(stored), view(changed)))
    return view(changed)


@handles("POST /v1/refunds/{refund}/cancel", permission=PERMISSION)
async def cancel(call: Call, params: Document, *, refund: str) -> Document:
    """Cancel a refund that waits for the customer. None does yet: only cards are refunded, and they need not be asked."""
    raise _not_waiting(await call.load(REFUND, refund, param="id", in_path=True), "canceled")


@handles("POST /v1/test_helpers/refunds/{refund}/expire", permission=PERMISSION)
async def expire(call: Call, params: Document, *, refund: str) -> Document:
    """Let a refund expire that waits for the customer."""
    raise _not_waiting(await call.load(REFUND, refund, param="id", in_path=True), "expired")


def _not_waiting(refund: Stored, what: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(
        f"Refund {refund.id} cannot be {what}: its status is {refund.doc['status']}. Only a refund with the status "
        f"{CANCELABLE} can be."
    )
