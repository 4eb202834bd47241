"""Taking what PaymentIntents hold, a part of it, or letting go; and giving back what was paid."""

import pytest

from strongroom.domain.intent_machine import Status
from strongroom.http import phases
from strongroom.workers.completer import complete_due
from support.data import event_types, refused
from support.halves import begun, rows, shown, types
from support.house import inside
from support.payments import PAYMENT, pay
from support.time import WEEK

__all__ = ["inside"]
UNEXPECTED = "payment_intent_unexpected_state"


@pytest.fixture
def hold(stripe):
    return pay(stripe, capture_method="manual")


def test_what_is_held_is_taken_once(stripe, hold):
    assert (hold.status, hold.amount_capturable, hold.amount_received) == ("requires_capture", 2000, 0)
    taken = stripe.payment_intents.capture(hold.id, {"metadata": {"a": "b"}, "expand": ["latest_charge"]})

    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 2000)
    assert taken.metadata.to_dict() == {"a": "b"}
    assert (taken.latest_charge.captured, taken.latest_charge.amount_captured) == (True, 2000)
    assert taken.latest_charge.balance_transaction is not None
    assert event_types(stripe) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_a_part_is_taken_and_the_rest_let_go_of(stripe, hold):
    part = stripe.payment_intents.capture(hold.id, {"amount_to_capture": 500, "expand": ["latest_charge"]})
    assert (part.status, part.amount_received, part.amount_capturable) == ("succeeded", 500, 0)
    charge = part.latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded, charge.refunded) == (
        2000,
        500,
        1500,
        False,
    )
    with refused(code=UNEXPECTED, says="remaining amount"):
        stripe.payment_intents.capture(hold.id)
    assert stripe.refunds.create({"payment_intent": hold.id}).amount == 500


@pytest.mark.parametrize(
    ("amount", "code", "param"),
    [
        (0, "parameter_invalid_integer", "amount"),
        (-100, None, "amount_to_capture"),
        (2001, "amount_too_large", "amount_to_capture"),
    ],
)
def test_no_more_is_taken_than_is_held(stripe, hold, amount, code, param):
    with refused(code=code, param=param):
        stripe.payment_intents.capture(hold.id, {"amount_to_capture": amount})
    assert stripe.payment_intents.retrieve(hold.id).amount_capturable == 2000


def test_only_a_hold_can_be_captured(stripe):
    for intent in (stripe.payment_intents.create(PAYMENT), pay(stripe)):
        with refused(code=UNEXPECTED, says="requires_capture"):
            stripe.payment_intents.capture(intent.id)


def test_a_hold_is_not_captured_twice_or_through_its_charge(stripe, hold):
    with refused(param="final_capture"):
        stripe.payment_intents.capture(hold.id, {"final_capture": False, "amount_to_capture": 1})
    with refused(says="Capture the PaymentIntent instead"):
        stripe.charges.capture(hold.latest_charge)
    with refused(says="Cancel the PaymentIntent instead"):
        stripe.refunds.create({"payment_intent": hold.id})


def test_giving_up_lets_go_of_what_is_held(stripe, hold):
    canceled = stripe.payment_intents.cancel(
        hold.id, {"cancellation_reason": "duplicate", "expand": ["latest_charge"]}
    )
    assert (canceled.status, canceled.amount_capturable, canceled.cancellation_reason) == (
        "canceled",
        0,
        "duplicate",
    )
    charge = canceled.latest_charge
    assert (charge.status, charge.captured, charge.paid, charge.amount_refunded, charge.refunded) == (
        "succeeded",
        False,
        True,
        2000,
        True,
    )
    assert stripe.balance_transactions.list().data == []
    assert event_types(stripe)[3:] == ["payment_intent.canceled", "refund.created", "charge.refunded"]
    with refused(code=UNEXPECTED):
        stripe.payment_intents.cancel(hold.id)


def test_what_was_paid_is_not_given_up(stripe):
    with refused(code=UNEXPECTED, says="succeeded"):
        stripe.payment_intents.cancel(pay(stripe).id)


def test_what_was_paid_is_given_back(stripe):
    intent = pay(stripe)
    refund = stripe.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert (refund.charge, refund.payment_intent) == (intent.latest_charge, intent.id)
    assert [one.id for one in stripe.refunds.list({"payment_intent": intent.id}).data] == [refund.id]
    assert stripe.payment_intents.retrieve(intent.id).amount_received == 2000
    with refused(param="charge"):
        stripe.refunds.create({"payment_intent": intent.id, "charge": pay(stripe).latest_charge})
    with refused(says="does not have a successful charge"):
        stripe.refunds.create({"payment_intent": stripe.payment_intents.create(PAYMENT).id})


def test_a_hold_that_nobody_takes_ends_after_a_week(inside):
    async def scene(within):
        held = {**PAYMENT, "payment_method": "pm_card_visa", "confirm": True, "capture_method": "manual"}
        call, onward, claimed = await begun(within, "POST /v1/payment_intents", held)
        intent = shown(await phases.go_on(within.house, call, onward, claimed))
        assert intent["status"] == Status.REQUIRES_CAPTURE

        within.house.clock.advance(WEEK - 1)
        assert await complete_due(within.house, phases.complete) == 0
        within.house.clock.advance(1)
        assert await complete_due(within.house, phases.complete) == 1
        path = {"intent": intent["id"]}
        after = await within.operate("GET /v1/payment_intents/{intent}", **path)
        assert (after["status"], after["cancellation_reason"]) == ("canceled", "automatic")
        (refund,) = await rows(within, "refunds")
        call = await within.call()
        assert call.open(refund).doc["reason"] == "expired_uncaptured_charge"
        assert (await types(within))[3:] == ["refund.created", "charge.expired", "payment_intent.canceled"]

    inside(scene)
