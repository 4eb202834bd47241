"""What is done with one hold by many at once: never more is taken than is held, and what has ended is not taken."""

import threading

import pytest

from support.payments import pay
from support.time import ADVANCE, WEEK

ASKS = {"request_multicapture": "if_available", "request_incremental_authorization": "if_available"}


@pytest.fixture
def hold(stripe):
    return lambda: pay(stripe, capture_method="manual", payment_method_options={"card": ASKS})


@pytest.fixture
def at_once(post):
    """Send requests from as many threads, each until nobody else is in the way, and return the statuses."""

    def send(requests):
        seen = []

        def one(path, params):
            reply = post(path, params)
            while reply.status == 429:
                reply = post(path, params)
            seen.append(reply.status)

        threads = [threading.Thread(target=one, args=request) for request in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(seen)

    return send


def booked(stripe):
    return sum(one.amount for one in stripe.balance_transactions.list({"limit": 100}).data)


def test_parts_taken_at_once_are_never_more_than_is_held(stripe, hold, at_once):
    intent = hold()
    part = {"amount_to_capture": 600, "final_capture": "false"}
    seen = at_once([(f"/v1/payment_intents/{intent.id}/capture", part)] * 6)
    assert seen == [200] * 3 + [400] * 3
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.amount_received, after.amount_capturable, booked(stripe)) == (1800, 200, 1800)


def test_of_increments_at_once_each_is_more_than_the_last(stripe, hold, at_once):
    intent = hold()
    path = f"/v1/payment_intents/{intent.id}/increment_authorization"
    seen = at_once([(path, {"amount": 2000 + more}) for more in (100, 200, 300, 400)])
    assert set(seen) <= {200, 400}
    after = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (after.amount, after.amount_capturable, after.latest_charge.amount) == (2400, 2400, 2400)


@pytest.mark.parametrize("again", range(3))
def test_a_hold_that_ends_while_it_is_taken_is_one_or_the_other(stripe, hold, at_once, again):
    intent = hold()
    at_once([(f"/v1/payment_intents/{intent.id}/capture", {}), (ADVANCE, {"seconds": WEEK})])
    after = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge = after.latest_charge
    assert (after.status, booked(stripe), charge.captured, charge.amount_refunded) in {
        ("succeeded", 2000, True, 0),
        ("canceled", 0, False, 2000),
    }


def test_one_that_is_taken_and_given_up_at_once_is_one_or_the_other(stripe, hold, at_once):
    intent = hold()
    path = f"/v1/payment_intents/{intent.id}"
    assert at_once([(f"{path}/capture", {}), (f"{path}/cancel", {})]) == [200, 400]
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, booked(stripe)) in {("succeeded", 2000), ("canceled", 0)}
