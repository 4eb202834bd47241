"""Confirming PaymentIntents: the attempt to take the money.

    POST /v1/payment_intents/{intent}/confirm    confirm

Here everything that can be refused is checked, and the acquirer is asked; what comes of it (a charge, what the customer has to
do, or why not) is written down by `payment_outcomes`.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.connectors.base import Authorization
from strongroom.domain import holds, intents
from strongroom.domain import payment_methods as states
from strongroom.domain.cards import check_code_length
from strongroom.domain.intent_machine import PAYMENT as MACHINE
from strongroom.domain.intent_machine import Action, Status
from strongroom.resources import (
    acquiring,
    attempts,
    cash_balances,
    cash_payments,
    charging,
    confirmation_tokens,
    failed_debits,
    payment_methods,
    payment_shares,
    tokens,
)
from strongroom.resources import intent_parts as parts
from strongroom.resources.attempts import AUTHENTICATED, BUSY, NONE, SET_UP
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE
from strongroom.resources.charging import CARD
from strongroom.resources.intent_parts import PAYMENT
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.payment_intents import PAYMENT_INTENT, PERMISSION, written
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import PUBLISHABLE_TOO, handles
from strongroom.resources.tasks import Onward

AUTOMATIC_ASYNC: Final = "automatic_async"
# What a confirmation may change on the way, as an update would.
CHANGING: Final = frozenset(
    {
        "allowed_payment_method_types",
        "amount_details",
        "capture_method",
        "excluded_payment_method_types",
        "hooks",
        "payment_details",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "shipping",
    }
)
_CONFIRMABLE: Final = "You cannot confirm this PaymentIntent because {}."
_STATES: Final = {
    intents.SUCCEEDED: "it has already succeeded after being previously confirmed",
    intents.CANCELED: "it has been canceled",
    intents.PROCESSING: "it has already been confirmed and is being processed",
    intents.REQUIRES_CAPTURE: "it has already been confirmed and waits to be captured",
}


@handles("POST /v1/payment_intents/{intent}/confirm", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def confirm(call: Call, params: Document, *, intent: str) -> Document | Onward | Refusal:
    """Try to take the money. A publishable key needs the client secret, and only confirms what it may."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    parts.check_may_see(call, PAYMENT, stored, params)
    _check_state(call, stored, params)
    attempts.check_free(stored)
    parts.refuse_what_is_missing(PAYMENT, params)
    params = await confirmation_tokens.spent(call, PAYMENT, stored.id, params)
    changes = {name: value for name, value in params.items() if name in CHANGING}
    choosing = intents.choosing_again(stored.doc, changes)
    try:
        doc = await written(
            call, {**stored.doc, "automatic_payment_methods": choosing.shown()}, changes, choosing
        )
    except errors.InvalidRequest as refusal:
        raise attempts.holding(refusal, payment_intent=attempts.shown(call, PAYMENT_INTENT, stored)) from None
    _check_amount(doc, params)
    return await begin(call, call.change(stored, doc, customer=doc["customer"]), params)


def _check_state(call: Call, intent: Stored, params: Document) -> None:
    status = intent.doc["status"]
    if status == intents.CANCELED and ("payment_method" in params or "payment_method_data" in params):
        message = intents.cannot_update("payment_method", status)
        assert message is not None
        raise parts.unexpected_state(PAYMENT_INTENT, intent, message)
    if not MACHINE.allows(Action.CONFIRM, Status(status)):
        raise parts.unexpected_state(PAYMENT_INTENT, intent, _CONFIRMABLE.format(_STATES[status]))
    if call.caller.kind is KeyKind.PUBLISHABLE and intent.doc["confirmation_method"] == "manual":
        raise errors.InvalidRequest(
            "A PaymentIntent whose confirmation_method is manual can only be confirmed with a secret key.",
            code="payment_intent_invalid_parameter",
        )


def _check_amount(doc: Document, params: Document) -> None:
    if params.get("amount_to_confirm", doc["amount"]) != doc["amount"]:
        raise errors.InvalidRequest(
            f"The amount_to_confirm is not the amount of the PaymentIntent, which is {doc['amount']}.",
            param="amount_to_confirm",
        )


def _check_actions(doc: Document, params: Document) -> None:
    """What a configuration chooses may want something of the customer; who cannot have that names the types."""
    if params.get("error_on_requires_action") and doc["automatic_payment_methods"]:
        raise errors.InvalidRequest(
            "error_on_requires_action cannot be used with automatic payment methods. Name the payment method types of the "
            "PaymentIntent instead.",
            code="payment_intent_invalid_parameter",
            param="error_on_requires_action",
        )


# -- the first half ---------------------------------------------------------------------------------------------------


async def begin(call: Call, intent: Stored, params: Document) -> Document | Onward | Refusal:
    """Begin an attempt with an intent as it is staged: check what is left to be refused, then ask the acquirer.

    Raises:
        errors.ApiError: something is missing, or not there yet.
    """
    await payment_shares.check_receiver(call, intent.doc)
    _check_actions(intent.doc, params)
    method = await _method(call, intent)
    _check_options(method["type"], params)
    refusal = attempts.redirect_refusal(call, PAYMENT_INTENT, intent, method, params)
    if refusal is not None:
        return refusal
    if method["type"] == cash_balances.TYPE:
        return await cash_payments.begin(call, intent, params)
    intent = call.change(intent, await cash_payments.taken_back(call, intent.doc, intent.doc["customer"]))
    keeps = usage_of(intent.doc, method["type"]) == attempts.OFF_SESSION
    acceptance = await attempts.agreed(
        call, method, params, keeps=keeps, code="payment_intent_mandate_invalid"
    )
    _check_descriptor(intent.doc, method)
    charge_id = ids.new("ch" if method["type"] == CARD else "py")
    asked = await _question(call, intent, method, params, charge_id)
    attempts.occupy_method(call, method, charge_id)
    state: Document = {
        "intent": intent.id,
        "charge": charge_id,
        "action": Action.CONFIRM,
        "plan": {**_plan(call, intent.doc, method, asked), "radar_options": params.get("radar_options", {})},
        "usage": usage_of(intent.doc, method["type"]),
        "return_url": attempts.return_url_of(params),
        "use_sdk": params.get("use_stripe_sdk", False),
        "refuses_action": params.get("error_on_requires_action", False),
        "acceptance": acceptance,
        "question": acquiring.as_document(asked),
    }
    call.change(intent, attempts.with_private(intent.doc, **{BUSY: charge_id, AUTHENTICATED: False}))
    return Onward(asked, "payment_intent.confirmed", state)


async def _method(call: Call, intent: Stored) -> Stored:
    """Return the PaymentMethod that is paid with."""
    method_id, customer = intent.doc["payment_method"], intent.doc["customer"]
    if method_id is None:
        how = (
            "You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
            "directly with a payment method or ConfirmationToken."
            if customer is None
            else f"To confirm the PaymentIntent with {customer}, specify a payment method attached to this customer along "
            "with the customer ID."
        )
        message = _CONFIRMABLE.format("it's missing a payment method") + " " + how
        raise parts.unexpected_state(PAYMENT_INTENT, intent, message)
    method = await call.find(PAYMENT_METHOD, method_id)
    assert method is not None
    states.after(states.USE, method["state"])
    payment_methods.check_confirmable(method)
    failed_debits.check_not_blocked(method)
    await attempts.check_customer_lives(call, customer)
    return method


def _check_descriptor(doc: Document, method: Stored) -> None:
    if method["type"] == CARD and doc["statement_descriptor"]:
        raise errors.InvalidRequest(
            "The statement_descriptor of a card payment cannot be set. Use statement_descriptor_suffix.",
            param="statement_descriptor",
        )


def _check_options(type_name: str, params: Document) -> None:
    """Refuse a confirmation that says not all a type has to be told each time, such as the code of BLIK."""
    sent = (params.get("payment_method_options") or {}).get(type_name) or {}
    for name in PAGES[type_name].flow.confirm_options:
        if not sent.get(name):
            param = f"payment_method_options[{type_name}][{name}]"
            message = f"The parameter `{param}` is required."
            raise errors.InvalidRequest(message, code="parameter_missing", param=param)


async def _question(
    call: Call, intent: Stored, method: Stored, params: Document, charge_id: str
) -> Authorization:
    doc, kind = intent.doc, method["type"]
    sent: Document = (params.get("payment_method_options") or {}).get(kind) or {}
    kept: Document = doc[PRIVATE]["options"].get(kind, {})
    attempts.check_can_verify(intent, method)
    instrument = acquiring.instrument_of(call, method)
    if sent.get("cvc_token"):
        token = await tokens.spend(
            call, sent["cvc_token"], kinds=("cvc_update",), param="payment_method_options[card][cvc_token]"
        )
        check_code_length(token.doc[PRIVATE]["digits"], method.doc[CARD]["brand"])
        instrument = acquiring.with_code(instrument, given=call.use_code(token.id))
    return Authorization(
        charge_id,
        instrument,
        doc["amount"],
        doc["currency"],
        capture=capture_method_of(doc, kind) != "manual",
        customer_present=not params.get("off_session", False),
        set_up=method.doc[PRIVATE].get(SET_UP, False),
        mail_or_telephone=sent.get("moto", False),
        three_d_secure=kept.get("request_three_d_secure") or "automatic",
        authenticated="three_d_secure" in sent or doc[PRIVATE].get(AUTHENTICATED, False),
        asks=holds.asked_for(kept),
        **await acquiring.declines_on(call),
    )


def capture_method_of(doc: Document, method_type: str) -> str:
    """Return how an intent's money is taken: what its options say of the type, or else the intent itself."""
    method: str = doc[PRIVATE]["options"].get(method_type, {}).get("capture_method") or doc["capture_method"]
    return method


def usage_of(doc: Document, method_type: str) -> str | None:
    """Return what a PaymentMethod is kept for afterwards: what the options say of the type, or else the intent itself."""
    usage = (
        doc[PRIVATE]["options"].get(method_type, {}).get("setup_future_usage") or doc["setup_future_usage"]
    )
    return None if usage == NONE else usage


def _plan(call: Call, doc: Document, method: Stored, asked: Authorization) -> Document:
    return charging.plan(
        asked.reference,
        method,
        amount=asked.amount,
        currency=asked.currency,
        capture=asked.capture,
        payment_intent=doc["id"],
        application=doc["application"],
        metadata=doc["metadata"],
        books_later=capture_method_of(doc, method["type"]) == AUTOMATIC_ASYNC,
        platform=doc[PRIVATE].get("platform"),
        asks=doc,
    )
