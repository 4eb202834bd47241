"""`kill -9` while a hold is given up, a card is set up or its customer answers: it happens once, and its answer is kept."""

import pytest

from support.connect import eventually
from support.killing import BETWEEN, answered, dies_while_asked
from support.payments import page_of
from support.server import Server

KEY = "sk_test_deciding"
HELD = {
    "amount": 2900,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "capture_method": "manual",
    "confirm": True,
}


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, tmp_path, database_for):
    return Server(tmp_path / "data", database_for(request.param))


def made(server, make):
    with server.start():
        intent = make(server.client(KEY).v1)
        server.stop()
    return intent


@pytest.mark.parametrize("place", BETWEEN)
def test_a_hold_is_given_up_once(server, place):
    intent = made(server, lambda stripe: stripe.payment_intents.create(HELD))
    path = f"/v1/payment_intents/{intent.id}/cancel"
    dies_while_asked(server, place, path, {}, KEY)
    with server.start():
        reply = answered(server, path, {}, KEY)
        stripe = server.client(KEY).v1
        assert (reply.status, reply.json["status"]) == (200, "canceled")
        assert [one.amount for one in stripe.refunds.list().data] == [2900]
        assert stripe.balance_transactions.list().data == []
        types = [event.type for event in stripe.events.list().data]
        assert (types.count("payment_intent.canceled"), types.count("charge.refunded")) == (1, 1)
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_card_is_set_up_once(server, place):
    def make(stripe):
        customer = stripe.customers.create()
        return stripe.setup_intents.create(
            {"customer": customer.id, "payment_method": "pm_card_visa", "payment_method_types": ["card"]}
        )

    intent = made(server, make)
    path = f"/v1/setup_intents/{intent.id}/confirm"
    dies_while_asked(server, place, path, {}, KEY)
    with server.start():
        reply = answered(server, path, {}, KEY)
        stripe = server.client(KEY).v1
        assert (reply.status, reply.json["status"]) == (200, "succeeded")
        (attempt,) = stripe.setup_attempts.list({"setup_intent": intent.id}).data
        assert (attempt.status, reply.json["latest_attempt"]) == ("succeeded", attempt.id)
        assert len(stripe.customers.payment_methods.list(intent.customer).data) == 1
        types = [event.type for event in stripe.events.list().data]
        assert (types.count("payment_method.attached"), types.count("setup_intent.succeeded")) == (1, 1)
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_customer_who_has_answered_is_charged_once(server, place):
    asked = {
        **HELD,
        "payment_method": "pm_card_threeDSecure2Required",
        "capture_method": "automatic",
        "return_url": "https://shop.example/done",
    }
    intent = made(server, lambda stripe: stripe.payment_intents.create(asked))
    path = page_of(intent)
    path = path[path.index("/challenge/") :]
    dies_while_asked(server, place, path, {"outcome": "complete"}, None)
    with server.start():
        stripe = server.client(KEY).v1
        after = eventually(
            lambda: stripe.payment_intents.retrieve(intent.id),
            until=lambda one: one.status != "requires_action",
        )
        assert (after.status, after.amount_received) == ("succeeded", 2900)
        assert [one.amount for one in stripe.balance_transactions.list().data] == [2900]
        assert server.request("POST", path, {"outcome": "complete"}).status == 404
    assert server.command("check").stdout == "0 faults\n"
