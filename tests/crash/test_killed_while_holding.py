"""`kill -9` while more is asked to be held: it is held once, or it never was, and the client hears which."""

import pytest

from support.killing import BETWEEN, answered, dies_while_asked
from support.server import Server

KEY = "sk_test_holding"
HELD = {
    "amount": 2900,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "payment_method_options": {
        "card": {"request_incremental_authorization": "if_available", "request_multicapture": "if_available"}
    },
    "capture_method": "manual",
    "confirm": True,
}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("place", BETWEEN)
@pytest.mark.parametrize(("asked", "status", "held"), [("3500", 200, 3500), ("90000", 402, 2900)])
def test_more_is_held_once(tmp_path, database_for, engine, place, asked, status, held):
    server = Server(tmp_path / "data", database_for(engine))
    with server.start():
        intent = server.client(KEY).v1.payment_intents.create(HELD)
        server.stop()
    path, params = f"/v1/payment_intents/{intent.id}/increment_authorization", {"amount": asked}
    dies_while_asked(server, place, path, params, KEY)
    with server.start():
        assert answered(server, path, params, KEY).status == status
        stripe = server.client(KEY).v1
        after = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
        assert (after.amount, after.amount_capturable, after.latest_charge.amount) == (held, held, held)
        assert stripe.payment_intents.capture(intent.id).amount_received == held
        assert [one.amount for one in stripe.balance_transactions.list().data] == [held]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("place", BETWEEN)
def test_a_part_is_taken_once(tmp_path, database_for, engine, place):
    server = Server(tmp_path / "data", database_for(engine))
    with server.start():
        intent = server.client(KEY).v1.payment_intents.create(HELD)
        server.stop()
    path = f"/v1/payment_intents/{intent.id}/capture"
    params = {"amount_to_capture": "900", "final_capture": "false"}
    dies_while_asked(server, place, path, params, KEY)
    with server.start():
        assert answered(server, path, params, KEY).json["amount_capturable"] == 2000
        stripe = server.client(KEY).v1
        assert stripe.payment_intents.capture(intent.id).amount_received == 2900
        assert sorted(one.amount for one in stripe.balance_transactions.list().data) == [900, 2000]
    assert server.command("check").stdout == "0 faults\n"
