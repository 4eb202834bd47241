"""What each status of a PaymentIntent shows, allows and refuses; and what is told of each flow, in order."""

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import event_types, refused
from support.payments import DEBIT, PAYMENT, RETURN_URL, answer, in_status, pay
from support.time import WEEK, advance

__all__ = ["advance"]
UNEXPECTED = "payment_intent_unexpected_state"
THREE_D_SECURE = "pm_card_threeDSecure2Required"


# -- what a status allows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "capturable", "received", "acts", "has_method"),
    [
        ("requires_payment_method", 0, 0, False, False),
        ("requires_confirmation", 0, 0, False, True),
        ("requires_action", 0, 0, True, True),
        ("processing", 0, 0, False, True),
        ("requires_capture", 2000, 0, False, True),
        ("succeeded", 0, 2000, False, True),
        ("canceled", 0, 0, False, True),
    ],
)
def test_what_each_status_shows(stripe, status, capturable, received, acts, has_method):
    intent = in_status(stripe, status)
    assert (intent.amount_capturable, intent.amount_received) == (capturable, received)
    assert (intent.next_action is not None, intent.payment_method is not None) == (acts, has_method)
    assert intent.processing is None


OPEN = "requires_payment_method, requires_confirmation, requires_action"


@pytest.mark.parametrize("status", ["processing", "requires_capture", "succeeded", "canceled"])
def test_16_17_18_what_can_still_be_said_of_what_is_fixed(stripe, status):
    intent = in_status(stripe, status)
    for name, value in (
        ("amount", 2100),
        ("currency", "eur"),
        ("customer", stripe.customers.create().id),
        ("payment_method", "pm_card_visa"),
        ("capture_method", "manual"),
    ):
        with refused(code=UNEXPECTED, param=name, says=OPEN) as caught:
            stripe.payment_intents.update(intent.id, {name: value})
        assert caught.value.json_body["error"]["payment_intent"]["id"] == intent.id
    notes = {"metadata": {"a": "1", "b": "2"}, "description": "Seven", "receipt_email": "a@shop.example"}
    noted = stripe.payment_intents.update(intent.id, notes)
    assert (noted.status, noted.description, noted.metadata.to_dict()) == (
        status,
        "Seven",
        {"a": "1", "b": "2"},
    )
    assert stripe.payment_intents.update(intent.id, {"metadata": {"a": ""}}).metadata.to_dict() == {"b": "2"}
    assert stripe.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("succeeded", "it has already succeeded after being previously confirmed."),
        ("canceled", "it has been canceled"),
        ("processing", "already been confirmed"),
        ("requires_capture", "already been confirmed"),
    ],
)
def test_14_what_was_confirmed_is_not_confirmed_again(stripe, status, says):
    intent = in_status(stripe, status)
    with refused(code=UNEXPECTED, says=says) as caught:
        stripe.payment_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["status"] == status


def test_what_is_canceled_takes_no_payment_method(stripe):
    intent = in_status(stripe, "canceled")
    with refused(code=UNEXPECTED, says=OPEN):
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


@pytest.mark.parametrize(
    "status", ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"]
)
def test_what_is_open_is_given_up_without_a_reason(stripe, status):
    intent = in_status(stripe, status)
    canceled = stripe.payment_intents.cancel(intent.id)
    assert (canceled.status, canceled.cancellation_reason, canceled.next_action) == ("canceled", None, None)
    assert (canceled.payment_method, canceled.amount_capturable) == (intent.payment_method, 0)
    assert canceled.canceled_at >= canceled.created


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_23_what_has_ended_is_not_given_up(stripe, status):
    intent = in_status(stripe, status)
    allowed = "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing"
    with refused(code=UNEXPECTED, says=allowed) as caught:
        stripe.payment_intents.cancel(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["status"] == status


def test_20_a_capture_is_refused_in_four_ways(stripe):
    held, paid = in_status(stripe, "requires_capture"), in_status(stripe, "requires_confirmation")
    for intent, amount, code, param in (
        (held, 0, "parameter_invalid_integer", "amount"),
        (held, -100, None, "amount_to_capture"),
        (held, 2001, "amount_too_large", "amount_to_capture"),
        (paid, 100, UNEXPECTED, None),
    ):
        with refused(code=code, param=param):
            stripe.payment_intents.capture(intent.id, {"amount_to_capture": amount})
    assert stripe.payment_intents.retrieve(held.id).amount_capturable == 2000


def test_22_a_hold_that_is_given_up_moves_no_balance(stripe):
    intent = in_status(stripe, "requires_capture")
    charge = stripe.payment_intents.cancel(intent.id, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.status, charge.captured, charge.paid, charge.refunded, charge.amount_refunded) == (
        "succeeded",
        False,
        True,
        True,
        2000,
    )
    assert stripe.balance_transactions.list().data == []
    with refused(says="does not have a successful charge to refund"):
        stripe.refunds.create({"payment_intent": intent.id})


def test_a_hold_that_has_ended_is_captured_by_neither_of_its_names(stripe, advance):
    intent = pay(stripe, capture_method="manual", expand=["latest_charge"])
    alone = stripe.charges.create({"amount": 900, "currency": "usd", "source": "tok_visa", "capture": False})
    assert (
        intent.latest_charge.payment_method_details.card.capture_before == intent.latest_charge.created + WEEK
    )
    advance(seconds=WEEK)
    with refused(code=UNEXPECTED):
        stripe.payment_intents.capture(intent.id)
    with refused(code="charge_expired_for_capture"):
        stripe.charges.capture(alone.id)
    (refund,) = stripe.refunds.list({"charge": alone.id}).data
    assert (refund.reason, refund.amount, refund.balance_transaction) == (
        "expired_uncaptured_charge",
        900,
        None,
    )
    expired = stripe.charges.retrieve(intent.latest_charge.id)
    assert (expired.refunded, expired.amount_refunded, expired.captured) == (True, 2000, False)
    assert stripe.balance_transactions.list().data == []


# -- what is told, in order -------------------------------------------------------------------------------------------

CREATED, ACTION = "payment_intent.created", "payment_intent.requires_action"
SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"


def saved(stripe):
    pay(
        stripe,
        customer=stripe.customers.create().id,
        setup_future_usage="off_session",
        capture_method="automatic",
    )


def declined(stripe):
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclined")


def canceled(stripe):
    stripe.payment_intents.cancel(stripe.payment_intents.create(PAYMENT).id)


def debited(stripe, method):
    intent = stripe.payment_intents.create({**DEBIT, "payment_method": method})
    eventually(
        lambda: stripe.payment_intents.retrieve(intent.id), until=lambda one: one.status != "processing"
    )


def refunded(stripe):
    stripe.refunds.create({"payment_intent": pay(stripe, capture_method="automatic").id})


PAID = [CREATED, "charge.succeeded", SUCCEEDED]
WAITS = [CREATED, "payment_intent.processing", "charge.pending"]
FLOWS = {
    "created": (lambda stripe: stripe.payment_intents.create(PAYMENT), [CREATED]),
    "paid": (lambda stripe: pay(stripe, capture_method="automatic"), PAID),
    "kept": (saved, ["customer.created", *PAID[:2], "payment_method.attached", SUCCEEDED]),
    "held": (
        lambda stripe: pay(stripe, capture_method="manual"),
        [*PAID[:2], "payment_intent.amount_capturable_updated"],
    ),
    "declined": (declined, [CREATED, "charge.failed", FAILED]),
    "asked": (lambda stripe: pay(stripe, THREE_D_SECURE, return_url=RETURN_URL), [CREATED, ACTION]),
    "canceled": (canceled, [CREATED, "payment_intent.canceled"]),
    "debited": (
        lambda stripe: debited(stripe, "pm_usBankAccount_success"),
        [*WAITS, "charge.succeeded", SUCCEEDED],
    ),
    "bounced": (
        lambda stripe: debited(stripe, "pm_usBankAccount_noAccount"),
        [*WAITS, "charge.failed", FAILED],
    ),
    "refunded": (refunded, [*PAID, "refund.created", "charge.refunded"]),
}


@pytest.mark.parametrize("flow", FLOWS)
def test_each_flow_is_told_in_its_order(stripe, flow):
    play, told = FLOWS[flow]
    play(stripe)
    seen = [one for one in event_types(stripe) if not one.startswith(("mandate.", "charge.updated"))]
    assert seen == told


@pytest.mark.parametrize(
    ("outcome", "told"), [("complete", ["charge.succeeded", SUCCEEDED]), ("fail", [FAILED])]
)
def test_an_answer_of_the_customer_is_told(stripe, server, outcome, told):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL, capture_method="automatic")
    answer(server, intent, outcome)
    assert event_types(stripe) == [CREATED, ACTION, *told]


def test_an_update_is_told_to_nobody(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    stripe.payment_intents.update(intent.id, {"amount": 2100, "metadata": {"a": "b"}})
    setup = stripe.setup_intents.create({"payment_method_types": ["card"]})
    stripe.setup_intents.update(setup.id, {"description": "Seven"})
    assert event_types(stripe) == [CREATED, "setup_intent.created"]
