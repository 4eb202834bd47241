"""Taking what a PaymentIntent holds, and giving an intent up.

    POST /v1/payment_intents/{intent}/capture    capture
    POST /v1/payment_intents/{intent}/cancel     cancel

A hold that is neither taken nor let go of within a week is let go of by the bank, and the intent is canceled.
"""

from typing import Final, NamedTuple

from strongroom import errors, ids
from strongroom.catalog.holds import holds as hold_tables
from strongroom.connectors.base import Cancellation, Capture, Outcome
from strongroom.domain import holds, intents
from strongroom.domain.amounts import currency_of, written
from strongroom.domain.intent_machine import PAYMENT as MACHINE
from strongroom.domain.intent_machine import Action, Status, Verdict
from strongroom.resources import (
    attempts,
    cash_payments,
    charging,
    part_shares,
    payment_notes,
    payment_outcomes,
    payment_shares,
    refunds,
)
from strongroom.resources import intent_parts as parts
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.payment_intents import PAYMENT_INTENT, PERMISSION, view
from strongroom.resources.registry import handles
from strongroom.resources.tasks import Onward, continues

AUTOMATIC: Final = "automatic"


# -- capture ----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_intents/{intent}/capture", permission=PERMISSION)
async def capture(call: Call, params: Document, *, intent: str) -> Onward:
    """Take what is held, or a part of it; the rest is let go of, unless `final_capture` is false."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    sent = _amount(stored, params)
    _check_state(stored)
    attempts.check_free(stored)
    charge = await _charge_of(call, stored)
    amount = stored.doc["amount_capturable"] if sent is None else sent
    _check_held(call, stored, charge, amount)
    is_final = params.get("final_capture", True)
    if not is_final:
        _check_part(charge)
    return await _begin(call, stored, charge, params, Part(amount, is_final=is_final))


class Part(NamedTuple):
    """What is taken of a hold."""

    amount: int
    is_final: bool
    """Whether the rest is let go of."""


def _amount(intent: Stored, params: Document) -> int | None:
    """Return how much is to be taken, None if nobody says; the two refusals and their parameters were reported.

    Nothing can be taken where something was taken before: it lets go of the rest.
    """
    amount: int | None = params.get("amount_to_capture")
    if amount is not None and amount < 0:
        raise errors.ParameterRefused("Invalid non-negative integer", param="amount_to_capture")
    lets_go = intent.doc["amount_received"] > 0 and params.get("final_capture", True)
    if amount == 0 and not lets_go:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    return amount


def _check_held(call: Call, intent: Stored, charge: Stored, amount: int) -> None:
    """Refuse to take more than is held, and than the network lets be taken beyond that.

    Raises:
        errors.InvalidRequest: `amount_too_large`, the intent inside.
    """
    granted = charge.doc[PRIVATE].get("granted", ())
    most = holds.most_of(granted, intent.doc["amount"]) - intent.doc["amount_received"]
    if amount > most:
        raise errors.InvalidRequest(
            f"The amount_to_capture must be no more than {written(most, currency_of(intent.doc['currency']))}, which is "
            "what can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
            payment_intent=attempts.shown(call, PAYMENT_INTENT, intent),
        )


def _check_part(charge: Stored) -> None:
    """Refuse to keep the rest held where the network does not have that, or too often.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    most = hold_tables().limits["captures"]
    if holds.MULTICAPTURE not in charge.doc[PRIVATE].get("granted", ()):
        message = (
            "This PaymentIntent can only be captured once: multicapture is not available for its charge."
        )
    elif charge.doc[PRIVATE].get("captures", 0) >= most - 1:
        message = f"A PaymentIntent can be captured at most {most} times."
    else:
        return
    raise errors.InvalidRequest(message, param="final_capture")


def _check_state(intent: Stored) -> None:
    status = intent.doc["status"]
    if MACHINE.allows(Action.CAPTURE, Status(status)):
        return
    if status == intents.SUCCEEDED and intent.doc["capture_method"] == "manual":
        message = (
            "The remaining amount of this PaymentIntent could not be captured: the rest of the authorization has been "
            "released."
        )
    else:
        message = (
            f"This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent with one "
            "of the following statuses may be captured: requires_capture."
        )
    raise parts.unexpected_state(PAYMENT_INTENT, intent, message)


async def _begin(call: Call, intent: Stored, charge: Stored, params: Document, part: Part) -> Onward:
    await payment_shares.check_receiver(call, intent.doc)
    if part.amount:
        part_shares.check_said(charge, params)
    shares = payment_shares.said_anew(call, params, intent.doc, part.amount)
    reference = ids.new("capture")
    charging.occupy(call, payment_shares.with_platform(call, charge, params), reference)
    noted = ("statement_descriptor", "statement_descriptor_suffix")
    notes = {name: params[name] for name in noted if name in params}
    metadata = merge_metadata(intent.doc["metadata"], params.get("metadata"))
    doc = payment_notes.noted(
        {**intent.doc, **notes, **shares, "metadata": metadata}, params, amount=part.amount
    )
    notes |= payment_shares.as_shown(shares)
    call.change(intent, attempts.with_private(doc, **{attempts.BUSY: reference}))
    state = {
        "intent": intent.id,
        "charge": charge.id,
        "amount": part.amount,
        "notes": notes,
        "said": part_shares.said_by(params),
    }
    asked = Capture(reference, charge.id, part.amount, final=part.is_final)
    return Onward(asked, "payment_intent.captured", state)


async def _charge_of(call: Call, intent: Stored) -> Stored:
    charge = await call.find(CHARGE, intent.doc["latest_charge"])
    assert charge is not None
    return charge


@continues("payment_intent.captured")
async def captured(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what was taken."""
    assert outcome is not None
    intent = await call.find(PAYMENT_INTENT, state["intent"])
    charge = await call.find(CHARGE, state["charge"])
    assert intent is not None
    assert charge is not None
    status = MACHINE.decide(Status(intent.doc["status"]), Action.CAPTURE, outcome.verdict).value
    if outcome.verdict is Verdict.DECLINED:
        call.change(charge, charging.vacated(charge))
        held = call.change(intent, attempts.vacated(intent.doc, status=status))
        error = charging.decline_error(outcome, charge=charge.id)
        inside = attempts.shown(call, PAYMENT_INTENT, held)
        return Refusal(attempts.holding(error, payment_intent=inside), keeps_all=True)
    is_final = status == intents.SUCCEEDED
    charge = call.change(charge, part_shares.saying(charge, state.get("said", [])))
    await charging.captured(call, charge, state["amount"], is_final=is_final, **state["notes"])
    received = intent.doc["amount_received"] + state["amount"]
    capturable = 0 if is_final else max(0, intent.doc["amount"] - received)
    doc = attempts.vacated(intent.doc, status=status, amount_capturable=capturable, amount_received=received)
    taken = call.change(intent, doc)
    payment_outcomes.tell(call, taken)
    return view(taken)


# -- cancel -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_intents/{intent}/cancel", permission=PERMISSION)
async def cancel(call: Call, params: Document, *, intent: str) -> Document | Onward:
    """Give up an intent, and let go of what it holds. What was paid stays paid, and what is on its way is not called back."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    status = stored.doc["status"]
    refusal = intents.cannot_cancel(status)
    if refusal is None and status == intents.PROCESSING:
        refusal = "You cannot cancel this PaymentIntent because it has a status of processing, and its payment is with the bank."
    if refusal is not None:
        raise parts.unexpected_state(PAYMENT_INTENT, stored, refusal)
    attempts.check_free(stored)
    if stored.doc["amount_received"]:
        message = (
            "You cannot cancel this PaymentIntent because a part of it was captured. Capture it with an amount_to_capture "
            "of 0 to release the rest."
        )
        raise parts.unexpected_state(PAYMENT_INTENT, stored, message)
    reason = params.get("cancellation_reason")
    if status != intents.REQUIRES_CAPTURE:
        stored = call.change(stored, await cash_payments.taken_back(call, stored.doc, stored.doc["customer"]))
        return view(_canceled(call, stored, reason, Action.CANCEL))
    charge = await _charge_of(call, stored)
    refund_id = ids.new(refunds.REFUND.prefix)
    charging.occupy(call, charge, refund_id)
    call.change(stored, attempts.with_private(stored.doc, **{attempts.BUSY: refund_id}))
    state = {"intent": stored.id, "charge": charge.id, "refund": refund_id, "reason": reason}
    return Onward(Cancellation(refund_id, charge.id), "payment_intent.canceled", state)


def _canceled(call: Call, intent: Stored, reason: str | None, action: Action) -> Stored:
    status = MACHINE.decide(Status(intent.doc["status"]), action, Verdict.APPROVED).value
    doc = attempts.vacated(
        intent.doc,
        amount_capturable=0,
        canceled_at=call.now,
        cancellation_reason=reason,
        status=status,
    )
    canceled = call.change(intent, doc)
    payment_outcomes.tell(call, canceled)
    return canceled


@continues("payment_intent.canceled")
async def canceled(call: Call, state: Document, _: Outcome | None) -> Document:
    """Write down that an intent was given up and what it held let go of."""
    intent = await call.find(PAYMENT_INTENT, state["intent"])
    charge = await call.find(CHARGE, state["charge"])
    assert intent is not None
    assert charge is not None
    given_up = _canceled(call, intent, state["reason"], Action.CANCEL)
    refunds.release(call, charge, state["refund"], reason=None)
    return view(given_up)


@continues("charge.hold_ends")
async def hold_ends(call: Call, state: Document, _: Outcome | None) -> None:
    """What was held for its time and not taken is let go of by the bank itself; an intent that waited for it is canceled.

    Raises:
        errors.RateLimited: somebody is just taking it, or letting go of it.
    """
    charge = await call.find(CHARGE, state["charge"])
    if charge is None or charge.doc["captured"] or charge.doc[PRIVATE]["released"]:
        return
    if charge.doc[PRIVATE]["busy"] is not None:
        raise errors.lock_timeout()
    intent = None
    if charge["payment_intent"] is not None:
        intent = await call.find(PAYMENT_INTENT, charge["payment_intent"])
    if charge.doc["amount_captured"]:
        assert intent is not None
        _rest_ends(call, intent, charge)
        return
    refunds.release(call, charge, ids.new(refunds.REFUND.prefix), reason=refunds.EXPIRED)
    if intent is not None and intent.doc["status"] == intents.REQUIRES_CAPTURE:
        _canceled(call, intent, AUTOMATIC, Action.EXPIRE)


def _rest_ends(call: Call, intent: Stored, charge: Stored) -> None:
    """Stage that what is left of a hold is let go of; what was taken of it was paid."""
    charging.let_rest_go(call, charge)
    status = MACHINE.decide(Status(intent.doc["status"]), Action.EXPIRE, Verdict.PARTLY_CAPTURED).value
    payment_outcomes.tell(
        call, call.change(intent, attempts.vacated(intent.doc, status=status, amount_capturable=0))
    )
