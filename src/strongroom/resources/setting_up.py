"""Confirming SetupIntents: the attempt to keep a way to pay. No money moves.

    POST /v1/setup_intents/{intent}/confirm    confirm

Every attempt that asks somebody is a SetupAttempt, refused ones too; what is refused here leaves none.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.connectors.base import Outcome, Verification
from strongroom.domain import intents
from strongroom.domain import payment_methods as states
from strongroom.domain.intent_machine import SETUP as MACHINE
from strongroom.domain.intent_machine import Action, Status, Verdict
from strongroom.resources import (
    acquiring,
    attempts,
    charging,
    confirmation_tokens,
    failed_debits,
    generated_methods,
    mandates,
    next_actions,
    payment_methods,
    setup_attempts,
)
from strongroom.resources import intent_parts as parts
from strongroom.resources.attempts import ACTION, BUSY
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.charging import CARD
from strongroom.resources.intent_parts import SETUP
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import PUBLISHABLE_TOO, handles
from strongroom.resources.setup_attempts import SETUP_ATTEMPT
from strongroom.resources.setup_intents import PERMISSION, SETUP_INTENT, columns_of, view, written
from strongroom.resources.tasks import Onward, continues

# What a confirmation may change on the way, as an update would.
CHANGING: Final = frozenset(
    {"allowed_payment_method_types", "payment_method", "payment_method_data", "payment_method_options"}
)
FAILED: Final = "failed"
_REFUSED: Final = "You cannot confirm this SetupIntent because {}."
_STATES: Final = {
    intents.SUCCEEDED: "it has already succeeded",
    intents.CANCELED: "it has been canceled",
    intents.PROCESSING: "it has already been confirmed and is being processed",
}


@handles("POST /v1/setup_intents/{intent}/confirm", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def confirm(call: Call, params: Document, *, intent: str) -> Onward | Refusal:
    """Try to keep the way to pay. A publishable key needs the client secret."""
    stored = await call.load(SETUP_INTENT, intent, param="intent", in_path=True)
    parts.check_may_see(call, SETUP, stored, params)
    status = stored.doc["status"]
    if not MACHINE.allows(Action.CONFIRM, Status(status)):
        raise parts.unexpected_state(SETUP_INTENT, stored, _REFUSED.format(_STATES[status]))
    attempts.check_free(stored)
    parts.refuse_what_is_missing(SETUP, params)
    params = await confirmation_tokens.spent(call, SETUP, stored.id, params)
    changes = {name: value for name, value in params.items() if name in CHANGING}
    choosing = intents.choosing_again(stored.doc, changes)
    try:
        doc = await written(
            call, {**stored.doc, "automatic_payment_methods": choosing.shown()}, changes, choosing
        )
    except errors.InvalidRequest as refusal:
        raise attempts.holding(refusal, setup_intent=attempts.shown(call, SETUP_INTENT, stored)) from None
    return await begin(call, call.change(stored, doc, **columns_of(doc)), params)


# -- the first half ---------------------------------------------------------------------------------------------------


async def begin(call: Call, intent: Stored, params: Document) -> Onward | Refusal:
    """Begin an attempt with an intent as it is staged: check what is left to be refused, then ask.

    Raises:
        errors.ApiError: something is missing, or not there yet.
    """
    method = await _method(call, intent)
    refusal = attempts.redirect_refusal(call, SETUP_INTENT, intent, method, params)
    if refusal is not None:
        return refusal
    acceptance = await attempts.agreed(call, method, params, keeps=True, code="setup_intent_mandate_invalid")
    attempts.check_can_verify(intent, method)
    attempt_id = ids.new(SETUP_ATTEMPT.prefix)
    options: Document = intent.doc[PRIVATE]["options"].get(method["type"], {})
    sent: Document = (params.get("payment_method_options") or {}).get(method["type"]) or {}
    asked = Verification(
        attempt_id,
        acquiring.instrument_of(call, method),
        off_session=intent.doc["usage"] == attempts.OFF_SESSION,
        three_d_secure=options.get("request_three_d_secure") or "automatic",
        authenticated="three_d_secure" in sent,
    )
    await setup_attempts.abandon(call, intent.doc.get("latest_attempt"))
    attempts.occupy_method(call, method, attempt_id)
    call.change(intent, attempts.with_private(intent.doc, **{BUSY: attempt_id}))
    state: Document = {
        "intent": intent.id,
        "attempt": attempt_id,
        "action": Action.CONFIRM,
        "method": method.id,
        "return_url": attempts.return_url_of(params),
        "use_sdk": params.get("use_stripe_sdk", False),
        "acceptance": acceptance,
        "question": acquiring.as_document(asked),
    }
    return Onward(asked, "setup_intent.confirmed", state)


async def _method(call: Call, intent: Stored) -> Stored:
    """Return the PaymentMethod that is to be kept."""
    method_id, customer = intent.doc["payment_method"], intent.doc["customer"]
    if method_id is None:
        message = (
            "it's missing a payment method. You can either update the SetupIntent with a payment method and then confirm "
            "it again, or confirm it again directly with a payment method"
        )
        raise parts.unexpected_state(SETUP_INTENT, intent, _REFUSED.format(message))
    method = await call.find(PAYMENT_METHOD, method_id)
    assert method is not None
    states.after(states.USE, method["state"])
    payment_methods.check_confirmable(method)
    failed_debits.check_not_blocked(method)
    await attempts.check_customer_lives(call, customer)
    return method


# -- the second half --------------------------------------------------------------------------------------------------


@continues("setup_intent.confirmed")
async def confirmed(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what came of an attempt."""
    assert outcome is not None
    intent = await call.find(SETUP_INTENT, state["intent"])
    assert intent is not None
    method = await attempts.let_go(call, state["method"])
    status = MACHINE.decide(Status(intent.doc["status"]), Action(state["action"]), outcome.verdict).value
    if outcome.verdict is Verdict.CHALLENGED:
        return _challenged(call, intent, method, state, outcome, status)
    await charging.note_checks(call, method.id, outcome)
    if outcome.verdict is Verdict.DECLINED:
        error = charging.decline_error(outcome) if method["type"] == CARD else charging.failure_error(outcome)
        return await fail(call, intent, method, error, state, outcome, status=status)
    return view(await _set_up(call, intent, method, state, outcome, status))


async def _set_up(
    call: Call, intent: Stored, method: Stored, state: Document, outcome: Outcome, status: str
) -> Stored:
    found = await call.find(PAYMENT_METHOD, method.id)
    assert found is not None
    await _note_attempt(call, intent, found, state, outcome, status=status)
    mandate, single_use = None, intent.doc[PRIVATE].get("single_use")
    usage, customer = intent.doc["usage"], intent.doc["customer"]
    if state["acceptance"] is not None and PAGES[found["type"]].save.mandate:
        options = attempts.mandate_options(intent, found)
        agreed = state["acceptance"]
        mandate = mandates.make(call, found, agreed, single_use=single_use, options=options).id
    left = await generated_methods.leave(
        call,
        found,
        usage=usage,
        customer=customer,
        acceptance=state["acceptance"],
        setup_attempt=state["attempt"],
    )
    await setup_attempts.add_details(call, state["attempt"], left)
    kept = await attempts.keep(call, found, usage=usage, customer=customer)
    if intent.doc.get("attach_to_self"):
        call.change(kept, attempts.with_private(kept.doc, **{attempts.SELF: True}))
    doc = attempts.vacated(
        intent.doc,
        last_setup_error=None,
        latest_attempt=state["attempt"],
        mandate=None if single_use else mandate,
        single_use_mandate=mandate if single_use else None,
        status=status,
    )
    changed = call.change(intent, doc)
    call.emit("setup_intent.succeeded", SETUP_INTENT, changed)
    return changed


async def _note_attempt(
    call: Call,
    intent: Stored,
    method: Stored,
    state: Document,
    outcome: Outcome,
    *,
    status: str,
    error: Document | None = None,
) -> None:
    """Stage the attempt: a new one, or what has become of the one whose customer was asked."""
    if state["action"] == Action.ACT:
        await setup_attempts.settle(call, state["attempt"], outcome, status=status, error=error)
    else:
        setup_attempts.make(call, state["attempt"], intent, method, outcome, status=status, error=error)


async def fail(
    call: Call,
    intent: Stored,
    method: Stored,
    error: errors.ApiError,
    state: Document,
    outcome: Outcome,
    *,
    status: str,
) -> Refusal:
    """Stage that an attempt failed, tell of it, and return the refusal with what it is about inside."""
    remembered = attempts.last_error(error, method)
    await _note_attempt(call, intent, method, state, outcome, status=FAILED, error=remembered)
    doc = attempts.vacated(
        intent.doc,
        last_setup_error=remembered,
        latest_attempt=state["attempt"],
        payment_method=None,
        status=status,
    )
    failed = call.change(intent, doc, **columns_of(doc))
    call.emit("setup_intent.setup_failed", SETUP_INTENT, failed)
    inside = {
        "payment_method": attempts.shown(call, PAYMENT_METHOD, method),
        "setup_intent": attempts.shown(call, SETUP_INTENT, failed),
    }
    return Refusal(attempts.holding(error, **inside), keeps_all=True)


def _challenged(
    call: Call, intent: Stored, method: Stored, state: Document, outcome: Outcome, status: str
) -> Document:
    """Stage that the customer has something to do."""
    todo, waiting = next_actions.ask(call, intent, method, state)
    setup_attempts.make(call, state["attempt"], intent, method, outcome, status=status)
    doc = attempts.vacated(
        intent.doc,
        last_setup_error=None,
        latest_attempt=state["attempt"],
        next_action=todo,
        status=status,
    )
    changed = call.change(intent, attempts.with_private(doc, **{ACTION: waiting}))
    call.emit("setup_intent.requires_action", SETUP_INTENT, changed)
    return view(changed)


async def acted(call: Call, intent: Stored, error: errors.ApiError | None) -> Onward | Refusal:
    """Go on with an intent whose customer has answered: to ask whether the way to pay is good, or, for `error`, nowhere."""
    attempts.check_free(intent)
    state = {**intent.doc[PRIVATE][ACTION]["state"], "action": Action.ACT}
    method = await call.find(PAYMENT_METHOD, state["method"])
    assert method is not None
    why = error or attempts.unusable(SETUP.type, method)
    if why is not None:
        declined = Outcome(Verdict.DECLINED)
        status = MACHINE.decide(Status(intent.doc["status"]), Action.ACT, declined.verdict).value
        return await fail(call, intent, method, why, state, declined, status=status)
    reference = ids.new(SETUP_ATTEMPT.prefix)
    asked = acquiring.as_question({**state["question"], "reference": reference, "authenticated": True})
    attempts.occupy_method(call, method, reference)
    call.change(intent, attempts.with_private(intent.doc, **{BUSY: reference}))
    return Onward(asked, "setup_intent.confirmed", {**state, "question": acquiring.as_document(asked)})
