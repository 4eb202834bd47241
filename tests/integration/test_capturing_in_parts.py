"""Taking a hold in parts, and more than was held, where the network has it and it was asked for."""

import pytest

from support.data import event_types, refused
from support.payments import pay
from support.time import WEEK, advance

__all__ = ["advance"]
UNEXPECTED = "payment_intent_unexpected_state"
PARTS = {"request_multicapture": "if_available"}
MORE = {"request_overcapture": "if_available"}


def hold(stripe, *asks, **params):
    wishes = {name: value for one in asks for name, value in one.items()}
    return pay(stripe, capture_method="manual", payment_method_options={"card": wishes}, **params)


def part(stripe, intent, amount, **params):
    return stripe.payment_intents.capture(
        intent.id,
        {"amount_to_capture": amount, "expand": ["latest_charge"], "final_capture": False, **params},
    )


def booked(stripe):
    return sorted(one.amount for one in stripe.balance_transactions.list().data)


# -- in parts ---------------------------------------------------------------------------------------------------------


def test_a_hold_is_taken_in_parts(stripe):
    intent = hold(stripe, PARTS)
    first = part(stripe, intent, 700)
    assert (first.status, first.amount_capturable, first.amount_received) == ("requires_capture", 1300, 700)
    charge = first.latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded, charge.captured) == (
        2000,
        700,
        0,
        False,
    )
    second = part(stripe, intent, 500)
    assert (second.amount_capturable, second.amount_received) == (800, 1200)
    last = part(stripe, intent, 300, final_capture=True)
    assert (last.status, last.amount_capturable, last.amount_received) == ("succeeded", 0, 1500)
    charge = last.latest_charge
    assert (charge.amount_captured, charge.amount_refunded, charge.captured) == (1500, 500, True)
    assert booked(stripe) == [300, 500, 700]
    assert event_types(stripe)[3:] == [
        "charge.captured",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]
    assert stripe.refunds.create({"payment_intent": intent.id}).amount == 1500


def test_the_rest_is_released_by_taking_nothing(stripe):
    intent = hold(stripe, PARTS)
    with refused(code="parameter_invalid_integer", param="amount"):
        part(stripe, intent, 0, final_capture=True)
    part(stripe, intent, 700)
    with refused(code="parameter_invalid_integer", param="amount"):
        part(stripe, intent, 0)
    done = part(stripe, intent, 0, final_capture=True)
    assert (done.status, done.amount_received, done.latest_charge.amount_refunded) == ("succeeded", 700, 1300)
    assert booked(stripe) == [700]


def test_all_that_is_left_is_taken_where_nobody_says_how_much(stripe):
    intent = hold(stripe, PARTS)
    part(stripe, intent, 700)
    assert stripe.payment_intents.capture(intent.id).amount_received == 2000
    assert booked(stripe) == [700, 1300]


def test_no_more_than_is_left_is_taken(stripe):
    intent = hold(stripe, PARTS)
    part(stripe, intent, 700)
    with refused(code="amount_too_large", param="amount_to_capture"):
        part(stripe, intent, 1301)
    assert stripe.payment_intents.retrieve(intent.id).amount_capturable == 1300


def test_a_hold_for_which_it_was_not_asked_is_taken_once(stripe):
    intent = hold(stripe, MORE)
    with refused(param="final_capture"):
        part(stripe, intent, 700)
    assert (stripe.payment_intents.retrieve(intent.id).amount_capturable, booked(stripe)) == (2000, [])


def test_what_is_taken_in_part_is_neither_canceled_nor_refunded_before_the_last(stripe):
    intent = hold(stripe, PARTS)
    charge = part(stripe, intent, 700).latest_charge
    with refused(code=UNEXPECTED, says="amount_to_capture of 0"):
        stripe.payment_intents.cancel(intent.id)
    for named in ({"charge": charge.id}, {"payment_intent": intent.id}):
        with refused(param="charge" if "charge" in named else None):
            stripe.refunds.create({**named, "amount": 100})
    assert stripe.payment_intents.retrieve(intent.id).amount_capturable == 1300


def test_a_hold_taken_in_part_ends_paid(stripe, advance):
    intent = hold(stripe, PARTS)
    part(stripe, intent, 700)
    advance(seconds=WEEK)
    after = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (after.status, after.amount_received, after.amount_capturable) == ("succeeded", 700, 0)
    assert (after.latest_charge.captured, after.latest_charge.amount_refunded) == (True, 1300)
    assert event_types(stripe)[-2:] == ["charge.updated", "payment_intent.succeeded"]
    assert stripe.refunds.create({"charge": after.latest_charge.id}).amount == 700


def test_it_is_taken_at_most_fifty_times(stripe):
    intent = hold(stripe, PARTS)
    for _ in range(49):
        part(stripe, intent, 10)
    with refused(param="final_capture", says="at most 50 times"):
        part(stripe, intent, 10)
    assert part(stripe, intent, 10, final_capture=True).amount_received == 500


# -- more than was held -----------------------------------------------------------------------------------------------


def test_more_than_was_held_can_be_taken(stripe):
    intent = hold(stripe, MORE)
    with refused(code="amount_too_large", param="amount_to_capture", says="$23.00"):
        part(stripe, intent, 2301, final_capture=True)
    taken = part(stripe, intent, 2300, final_capture=True)
    assert (taken.status, taken.amount, taken.amount_received) == ("succeeded", 2000, 2300)
    charge = taken.latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (2300, 2300, 0)
    assert booked(stripe) == [2300]
    assert stripe.refunds.create({"payment_intent": intent.id}).amount == 2300


@pytest.mark.parametrize(("asks", "most"), [((PARTS,), 1300), ((PARTS, MORE), 1600)])
def test_both_together_go_by_the_whole(stripe, asks, most):
    intent = hold(stripe, *asks)
    part(stripe, intent, 700)
    with refused(code="amount_too_large", param="amount_to_capture"):
        part(stripe, intent, most + 1, final_capture=True)
    assert part(stripe, intent, most, final_capture=True).amount_received == 700 + most
