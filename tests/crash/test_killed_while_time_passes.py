"""`kill -9` while a clock is moved: it has moved, and what became due is done once, at the time at which it was due."""

import apsw
import pytest

from support import killed
from support.connect import eventually
from support.killing import answered, dies_while_asked
from support.server import Server
from support.time import ADVANCE, DAY, WEEK

KEY = "sk_test_passing"
HELD = {
    "amount": 2900,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "capture_method": "manual",
    "confirm": True,
    "expand": ["latest_charge"],
}


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, tmp_path, database_for):
    return Server(tmp_path / "data", database_for(request.param))


def held(server):
    with server.start():
        intent = server.client(KEY).v1.payment_intents.create(HELD)
        server.stop()
    return intent


@pytest.mark.parametrize("place", killed.OTHER_PLACES)
def test_a_hold_ends_once_when_it_was_to_end(server, place):
    intent = held(server)
    dies_while_asked(server, place, ADVANCE, {"seconds": 3 * WEEK}, KEY)
    with server.start():
        reply = answered(server, ADVANCE, {"seconds": 3 * WEEK}, KEY)
        assert (reply.status, reply.json["ahead"]) == (200, 3 * WEEK)
        stripe = server.client(KEY).v1
        after = eventually(
            lambda: stripe.payment_intents.retrieve(intent.id), until=lambda one: one.status == "canceled"
        )
        assert after.canceled_at == intent.latest_charge.created + WEEK
        types = [event.type for event in stripe.events.list().data]
        assert (types.count("charge.expired"), types.count("payment_intent.canceled")) == (1, 1)
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", killed.OF_ACTIONS)
def test_an_action_that_nobody_takes_expires_once(server, place):
    asked = {**HELD, "payment_method": "pm_card_threeDSecure2Required"}
    with server.start():
        intent = server.client(KEY).v1.payment_intents.create(asked)
        server.stop()
    dies_while_asked(server, place, ADVANCE, {"seconds": WEEK}, KEY)
    with server.start():
        stripe = server.client(KEY).v1
        after = eventually(
            lambda: stripe.payment_intents.retrieve(intent.id),
            until=lambda one: one.status == "requires_payment_method",
        )
        assert after.last_payment_error.code == "payment_intent_payment_attempt_expired"
        (told,) = stripe.events.list({"type": "payment_intent.payment_failed"}).data
        assert DAY <= told.created - intent.created < DAY + 60
    assert server.command("check").stdout == "0 faults\n"


def test_a_planted_task_that_is_lost_is_noticed(tmp_path):
    """Control: where the kill takes the task with it, the hold never ends."""
    server = Server(tmp_path / "data")
    intent = held(server)
    with server.start():
        stripe = server.client(KEY).v1
        forget(server.data_dir)
        server.request("POST", ADVANCE, {"seconds": 3 * WEEK}, key=KEY)
        assert stripe.payment_intents.retrieve(intent.id).status == "requires_capture"


def forget(data_dir):
    database = apsw.Connection(str(data_dir / "strongroom.db"))
    database.execute("DELETE FROM tasks")
    database.close()
