"""Holding more than was held at first, before it is taken.

    POST /v1/payment_intents/{intent}/increment_authorization    increment

Only where it was asked for (`request_incremental_authorization`) and the card's network has it. The issuer is asked again;
if it says no, everything stays as it was. The hold ends when it would have ended.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.catalog.holds import holds
from strongroom.connectors.base import Increment, Outcome
from strongroom.domain import holds as rules
from strongroom.domain import intents
from strongroom.domain.amounts import check_amount, currency_of, written
from strongroom.domain.intent_machine import PAYMENT as MACHINE
from strongroom.domain.intent_machine import Action, Status, Verdict
from strongroom.resources import attempts, charging, payment_notes, payment_shares
from strongroom.resources import intent_parts as parts
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CARD, CHARGE
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.payment_intents import PAYMENT_INTENT, PERMISSION, check_descriptors, view
from strongroom.resources.registry import handles
from strongroom.resources.tasks import Onward, continues

INCREMENTS: Final = "increments"
"""How often somebody tried, as the intent keeps it for itself."""


@handles("POST /v1/payment_intents/{intent}/increment_authorization", permission=PERMISSION)
async def increment(call: Call, params: Document, *, intent: str) -> Onward:
    """Hold `amount` altogether, in minor units; what else is sent is only kept if the issuer agrees."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    _check_state(stored)
    attempts.check_free(stored)
    charge = await call.find(CHARGE, stored.doc["latest_charge"])
    assert charge is not None
    _check_possible(stored, charge)
    changes = _changes(call, stored, params)
    reference = ids.new("increment")
    charging.occupy(call, charge, reference)
    tried = stored.doc[PRIVATE].get(INCREMENTS, 0) + 1
    call.change(stored, attempts.with_private(stored.doc, **{attempts.BUSY: reference, INCREMENTS: tried}))
    asked = Increment(reference, charge.id, before=stored.doc["amount"], amount=params["amount"])
    state = {"intent": stored.id, "charge": charge.id, "changes": changes}
    return Onward(asked, "payment_intent.incremented", state)


def _check_state(intent: Stored) -> None:
    status = intent.doc["status"]
    if not MACHINE.allows(Action.INCREMENT, Status(status)):
        message = (
            f"This PaymentIntent's authorization could not be incremented because it has a status of {status}. Only a "
            f"PaymentIntent with one of the following statuses may be incremented: {intents.REQUIRES_CAPTURE}."
        )
        raise parts.unexpected_state(PAYMENT_INTENT, intent, message)


def _check_possible(intent: Stored, charge: Stored) -> None:
    """Refuse what the network does not have, or what was tried too often.

    Raises:
        errors.InvalidRequest: `payment_intent_invalid_parameter`.
    """
    most = holds().limits["increments"]
    if rules.INCREMENTAL not in charge.doc[PRIVATE].get("granted", ()):
        message = (
            "This PaymentIntent is not eligible for incremental authorization: it has to be requested when the "
            "PaymentIntent is confirmed, and the card's network has to have it."
        )
    elif intent.doc[PRIVATE].get(INCREMENTS, 0) >= most:
        message = f"The authorization of a PaymentIntent can be incremented at most {most} times."
    else:
        return
    raise errors.InvalidRequest(message, code="payment_intent_invalid_parameter")


def _changes(call: Call, intent: Stored, params: Document) -> Document:
    """Return the fields of the intent that change if the issuer agrees.

    Raises:
        errors.ApiError: naming the parameter.
    """
    amount, currency = params["amount"], currency_of(intent.doc["currency"])
    check_amount(amount, currency)
    if amount <= intent.doc["amount"]:
        raise errors.InvalidRequest(
            f"The amount must be greater than the current amount, {written(intent.doc['amount'], currency)}.",
            param="amount",
        )
    check_descriptors(params)
    new = {**intent.doc, "amount": amount}
    for name in ("description", "statement_descriptor"):
        if name in params:
            new[name] = params[name] or None
    new["metadata"] = merge_metadata(new["metadata"], params.get("metadata"))
    new |= payment_shares.said_anew(call, params, new, amount)
    platform = payment_shares.platform_of(call, new, params)
    new = payment_notes.noted({**new, PRIVATE: {**new[PRIVATE], "platform": platform}}, params)
    return {name: value for name, value in new.items() if intent.doc.get(name) != value}


@continues("payment_intent.incremented")
async def incremented(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what the issuer said."""
    assert outcome is not None
    intent = await call.find(PAYMENT_INTENT, state["intent"])
    charge = await call.find(CHARGE, state["charge"])
    assert intent is not None
    assert charge is not None
    status = MACHINE.decide(Status(intent.doc["status"]), Action.INCREMENT, outcome.verdict).value
    if outcome.verdict is Verdict.DECLINED:
        call.change(charge, charging.vacated(charge))
        held = call.change(intent, attempts.vacated(intent.doc, status=status))
        error = charging.decline_error(outcome, charge=charge.id)
        inside = attempts.shown(call, PAYMENT_INTENT, held)
        return Refusal(attempts.holding(error, payment_intent=inside), keeps_all=True)
    changes = dict(state["changes"])
    private = {**intent.doc[PRIVATE], **changes.pop(PRIVATE, {}), INCREMENTS: intent.doc[PRIVATE][INCREMENTS]}
    doc = {**intent.doc, **changes, PRIVATE: private}
    capturable = doc["amount"] - doc["amount_received"]
    grown = call.change(intent, attempts.vacated(doc, status=status, amount_capturable=capturable))
    call.emit("payment_intent.amount_capturable_updated", PAYMENT_INTENT, grown)
    _grow(call, charge, grown)
    return view(grown)


def _grow(call: Call, charge: Stored, intent: Stored) -> None:
    """Stage that a charge holds as much as its intent says, with its event."""
    amount: int = intent.doc["amount"]
    details = charge.doc["payment_method_details"]
    card = {
        **details[CARD],
        "amount_authorized": amount,
        **rules.shown(charge.doc[PRIVATE]["granted"], amount),
    }
    same = ("description", "metadata", "statement_descriptor")
    shares = {name: intent.doc[name] or None for name in ("application_fee_amount", "transfer_data")}
    doc = charging.vacated(
        charge,
        amount=amount,
        payment_method_details={**details, CARD: card},
        **{name: intent.doc[name] for name in same},
        **payment_shares.as_shown(shares),
    )
    doc[PRIVATE]["platform"] = intent.doc[PRIVATE].get("platform")
    grown = call.change(charge, doc)
    call.emit("charge.updated", CHARGE, grown, changed_leaves(charging.view(charge), charging.view(grown)))
