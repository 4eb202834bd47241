"""What came of confirming a PaymentIntent: written down at once, when its customer has answered, or when its bank has.

The second halves of `confirming`. What each answer leads to is a table in `domain.intent_machine`.
"""

from typing import Any, Final

from strongroom import errors, ids
from strongroom.connectors.base import Outcome
from strongroom.domain import intents
from strongroom.domain.intent_machine import PAYMENT as MACHINE
from strongroom.domain.intent_machine import Action, Status, Verdict
from strongroom.resources import (
    acquiring,
    attempts,
    charging,
    failed_debits,
    generated_methods,
    mandates,
    next_actions,
)
from strongroom.resources.attempts import ACTION, AUTHENTICATED, BUSY, OFF_SESSION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.charging import CARD
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.payment_intents import PAYMENT_INTENT, view
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.tasks import Onward, continues


@continues("payment_intent.confirmed", if_unknown="charge.settles")
async def confirmed(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what came of an attempt."""
    assert outcome is not None
    intent = await call.find(PAYMENT_INTENT, state["intent"])
    assert intent is not None
    method = await attempts.let_go(call, state["plan"]["payment_method"])
    if outcome.verdict is Verdict.CHALLENGED:
        return await _challenged(call, intent, method, state)
    if outcome.verdict is Verdict.DECLINED:
        return await _declined(call, intent, method, state, outcome)
    return view(await _paid(call, intent, method, state, outcome))


def _next(intent: Stored, state: Document, verdict: Verdict) -> str:
    return MACHINE.decide(Status(intent.doc["status"]), Action(state["action"]), verdict).value


async def _paid(call: Call, intent: Stored, method: Stored, state: Document, outcome: Outcome) -> Stored:
    """Stage a payment that was made, or begun."""
    status = _next(intent, state, outcome.verdict)
    plan = state["plan"]
    agreed = await _agreed(call, intent, method, state)
    plan[PRIVATE]["details"] = {**plan[PRIVATE]["details"], **agreed}
    received = plan["amount"] if status == intents.SUCCEEDED else 0
    doc = attempts.vacated(
        intent.doc,
        status=status,
        amount_received=received,
        amount_capturable=plan["amount"] if status == intents.REQUIRES_CAPTURE else 0,
        last_payment_error=None,
        latest_charge=plan["id"],
    )
    paid = call.change(intent, doc)
    if status == intents.PROCESSING:
        call.emit("payment_intent.processing", PAYMENT_INTENT, paid)
    charge = await charging.record(call, plan, outcome)
    charging.watch(call, charge, outcome)
    kept = await call.find(PAYMENT_METHOD, method.id)
    assert kept is not None
    await attempts.keep(call, kept, usage=state["usage"], customer=doc["customer"])
    tell(call, paid)
    return paid


async def _agreed(call: Call, intent: Stored, method: Stored, state: Document) -> Document:
    """Stage what the customer has agreed to with a payment, and return what its charge says of that."""
    plan, usage, acceptance = state["plan"], state["usage"], state["acceptance"]
    if acceptance is not None and PAGES[method["type"]].save.mandate:
        mandate = mandates.make(
            call,
            method,
            acceptance,
            single_use=_single_use(plan, usage),
            options=attempts.mandate_options(intent, method),
        )
        return {"mandate": mandate.id}
    return await generated_methods.leave(
        call, method, usage=usage, customer=intent.doc["customer"], acceptance=acceptance, charge=plan["id"]
    )


def _single_use(plan: Document, usage: str | None) -> Document | None:
    return None if usage == OFF_SESSION else {"amount": plan["amount"], "currency": plan["currency"]}


_TOLD: Final = {
    intents.SUCCEEDED: "payment_intent.succeeded",
    intents.REQUIRES_CAPTURE: "payment_intent.amount_capturable_updated",
    intents.CANCELED: "payment_intent.canceled",
}


def tell(call: Call, intent: Stored) -> None:
    """Stage the event of what an intent has come to."""
    event = _TOLD.get(intent.doc["status"])
    if event is not None:
        call.emit(event, PAYMENT_INTENT, intent)


async def _declined(call: Call, intent: Stored, method: Stored, state: Document, outcome: Outcome) -> Refusal:
    """Stage an attempt that failed; the intent can be paid with something else."""
    charge = None
    if outcome.reached_network:
        charge = await charging.record(call, state["plan"], outcome)
        found = await call.find(PAYMENT_METHOD, method.id)
        assert found is not None
        method = await failed_debits.note(call, charge, found)
    members: Document = {} if charge is None else {"charge": charge.id}
    error = (
        charging.decline_error(outcome, **members)
        if method["type"] == CARD
        else charging.failure_error(outcome, **members)
    )
    changes: Document = {} if charge is None else {"latest_charge": charge.id}
    return fail(call, intent, method, error, status=_next(intent, state, Verdict.DECLINED), **changes)


def fail(
    call: Call, intent: Stored, method: Stored, error: errors.ApiError, *, status: str, **changes: Any
) -> Refusal:
    """Stage that an attempt failed, tell of it, and return the refusal with what it is about inside."""
    doc = attempts.vacated(
        intent.doc,
        **changes,
        status=status,
        payment_method=None,
        last_payment_error=attempts.last_error(error, method),
    )
    failed = call.change(intent, doc)
    call.emit("payment_intent.payment_failed", PAYMENT_INTENT, failed)
    return Refusal(
        attempts.holding(
            error,
            payment_intent=attempts.shown(call, PAYMENT_INTENT, failed),
            payment_method=attempts.shown(call, PAYMENT_METHOD, method),
        ),
        keeps_all=True,
    )


async def _challenged(call: Call, intent: Stored, method: Stored, state: Document) -> Document | Refusal:
    """Stage that the customer has something to do; or, for whoever cannot have that, that it failed."""
    if state["refuses_action"]:
        error = action_error(method["type"])
        return fail(call, intent, method, error, status=_next(intent, state, Verdict.DECLINED))
    todo, waiting = next_actions.ask(call, intent, method, state)
    status = _next(intent, state, Verdict.CHALLENGED)
    doc = attempts.with_private(
        attempts.vacated(intent.doc, status=status, next_action=todo, last_payment_error=None),
        **{ACTION: waiting},
    )
    changed = call.change(intent, doc)
    call.emit("payment_intent.requires_action", PAYMENT_INTENT, changed)
    return view(changed)


def action_error(method_type: str) -> errors.ApiError:
    """Return the refusal of an attempt in which the customer would have something to do."""
    if method_type == CARD:
        return charging.decline_error(Outcome(Verdict.DECLINED, code="authentication_required"))
    return errors.InvalidRequest(
        "This payment requires an action of the customer, and `error_on_requires_action` does not let it go on.",
        code="payment_intent_action_required",
    )


# -- when the customer has answered -----------------------------------------------------------------------------------


async def acted(call: Call, intent: Stored, error: errors.ApiError | None) -> Onward | Refusal | Document:
    """Go on with an intent whose customer has answered: to the acquirer, back to the merchant, or, for `error`, nowhere."""
    attempts.check_free(intent)
    waiting = intent.doc[PRIVATE][ACTION]
    state = {**waiting["state"], "action": Action.ACT}
    method = await call.find(PAYMENT_METHOD, state["plan"]["payment_method"])
    assert method is not None
    why = error or attempts.unusable(PAYMENT_INTENT.type, method)
    if why is not None:
        return fail(call, intent, method, why, status=_next(intent, state, Verdict.DECLINED))
    if intent.doc["confirmation_method"] == "manual":
        doc = attempts.vacated(intent.doc, status=_next(intent, state, Verdict.AUTHENTICATED))
        return view(call.change(intent, attempts.with_private(doc, **{AUTHENTICATED: True})))
    attempts.occupy_method(call, method, state["charge"])
    charge_id = ids.new(state["charge"].partition("_")[0])
    asked = acquiring.as_question({**state["question"], "reference": charge_id, "authenticated": True})
    plan = {**state["plan"], "id": charge_id}
    call.change(intent, attempts.with_private(intent.doc, **{BUSY: charge_id}))
    return Onward(
        asked,
        "payment_intent.confirmed",
        {**state, "charge": charge_id, "plan": plan, "question": acquiring.as_document(asked)},
    )


# -- what is heard later ----------------------------------------------------------------------------------------------


async def charge_settled(call: Call, charge: Stored) -> None:
    """Stage what becomes of an intent whose charge was not certain and now is."""
    intent = await call.find(PAYMENT_INTENT, charge["payment_intent"])
    if intent is None or intent.doc["status"] != intents.PROCESSING:
        return
    if charge.doc["paid"]:
        verdict = Verdict.APPROVED if charge.doc["captured"] else Verdict.AUTHORIZED
        status = MACHINE.decide(Status.PROCESSING, Action.SETTLE, verdict).value
        paid = {"amount_received": charge.doc["amount_captured"], "last_payment_error": None}
        capturable = 0 if charge.doc["captured"] else charge.doc["amount"]
        doc = attempts.vacated(intent.doc, status=status, amount_capturable=capturable, **paid)
        tell(call, call.change(intent, doc))
        return
    method = await call.find(PAYMENT_METHOD, charge.doc["payment_method"])
    assert method is not None
    method = await failed_debits.note(call, charge, method)
    error = errors.InvalidRequest(
        charge.doc["failure_message"], code=charge.doc["failure_code"], charge=charge.id
    )
    status = MACHINE.decide(Status.PROCESSING, Action.SETTLE, Verdict.DECLINED).value
    fail(call, intent, method, error, status=status)


@continues("charge.booked")
async def booked(call: Call, state: Document, _: Outcome | None) -> None:
    """What was taken without waiting for the balance is in it now."""
    charge = await call.find(charging.CHARGE, state["charge"])
    if charge is not None:
        await charging.book_now(call, charge)
