"""`kill -9` at each place between the phases of an operation that asks the acquirer: it happens once, and is not forgotten."""

import sys
from http.client import HTTPException
from pathlib import Path
from time import monotonic

import apsw
import pytest

from support import killed
from support.server import Server

KEY = "sk_test_phases"
PROGRAM = Path(killed.__file__)
CHARGE = {"amount": "2900", "currency": "usd", "source": "tok_visa"}
PATIENCE_SECONDS = 20
# For all but charges: where something has happened outside that is not written down here.
BETWEEN = ("before the answer is heard", "before the second commit")


def post(server, path, params, key):
    return server.request("POST", path, params, key=KEY, headers={"Idempotency-Key": key})


def dies_while_asked(server, place, path, params):
    """The request is sent to a server that dies on it; the client only sees the connection end."""
    dying = Server(server.data_dir, server.database, program=(sys.executable, str(PROGRAM), place))
    dying.start()
    with pytest.raises((OSError, HTTPException)):
        post(dying, path, params, "K")
    dying.process.wait(timeout=30)
    dying.process.stdout.close()
    assert dying.process.returncode == -9


def answered(server, path, params):
    """Send the request again under its key, as an official client does, until it is no longer said to be in progress."""
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        reply = post(server, path, params, "K")
        if reply.status != 409:
            return reply
    raise AssertionError("the request never ended")


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, tmp_path, database_for):
    return Server(tmp_path / "data", database_for(request.param))


@pytest.mark.parametrize("place", killed.PLACES)
def test_a_charge_is_made_once_and_its_answer_is_kept(server, place):
    dies_while_asked(server, place, "/v1/charges", CHARGE)
    with server.start():
        reply = answered(server, "/v1/charges", CHARGE)
        stripe = server.client(KEY).v1
        (charge,) = stripe.charges.list().data
        assert (reply.status, reply.json["id"], reply.json["paid"]) == (200, charge.id, True)
        assert post(server, "/v1/charges", CHARGE, "K").body == reply.body
        assert [one.amount for one in stripe.balance_transactions.list().data] == [2900]
        assert [event.type for event in stripe.events.list().data] == ["charge.succeeded"]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_decline_is_told_once_and_spends_its_token(server, place):
    with server.start():
        card = {"number": "4000000000000002", "exp_month": "12", "exp_year": "2034"}
        token = server.client(KEY).v1.tokens.create({"card": card})
        server.stop()
    params = {**CHARGE, "source": token.id}
    dies_while_asked(server, place, "/v1/charges", params)
    with server.start():
        reply = answered(server, "/v1/charges", params)
        (charge,) = server.client(KEY).v1.charges.list().data
        assert (reply.status, reply.error["charge"], charge.status) == (402, charge.id, "failed")
        again = post(server, "/v1/charges", params, "another")
        assert again.error["code"] == "token_already_used"
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_refund_is_given_once(server, place):
    with server.start():
        charge = server.client(KEY).v1.charges.create(CHARGE)
        server.stop()
    params = {"charge": charge.id, "amount": "900"}
    dies_while_asked(server, place, "/v1/refunds", params)
    with server.start():
        reply = answered(server, "/v1/refunds", params)
        stripe = server.client(KEY).v1
        (refund,) = stripe.refunds.list().data
        assert (reply.status, reply.json["id"]) == (200, refund.id)
        assert stripe.charges.retrieve(charge.id).amount_refunded == 900
        assert stripe.refunds.create({"charge": charge.id}).amount == 2000
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_hold_is_captured_once(server, place):
    with server.start():
        charge = server.client(KEY).v1.charges.create({**CHARGE, "capture": "false"})
        server.stop()
    path, params = f"/v1/charges/{charge.id}/capture", {"amount": "1000"}
    dies_while_asked(server, place, path, params)
    with server.start():
        reply = answered(server, path, params)
        stripe = server.client(KEY).v1
        assert (reply.status, reply.json["amount_captured"]) == (200, 1000)
        assert [one.amount for one in stripe.balance_transactions.list().data] == [1000]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_an_intent_is_paid_once(server, place):
    params = {
        "amount": "2900",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "payment_method_types[]": "card",
        "capture_method": "automatic",
    }
    dies_while_asked(server, place, "/v1/payment_intents", params)
    with server.start():
        reply = answered(server, "/v1/payment_intents", params)
        stripe = server.client(KEY).v1
        (intent,) = stripe.payment_intents.list().data
        (charge,) = stripe.charges.list().data
        assert (reply.status, reply.json["id"], intent.status) == (200, intent.id, "succeeded")
        assert intent.latest_charge == charge.id
        assert [one.amount for one in stripe.balance_transactions.list().data] == [2900]
    assert server.command("check").stdout == "0 faults\n"


def test_a_planted_forgotten_charge_is_noticed(tmp_path):
    with Server(tmp_path / "data") as server:
        server.client(KEY).v1.charges.create(CHARGE)
    database = apsw.Connection(str(tmp_path / "data" / "strongroom.db"))
    database.execute("DELETE FROM charges")
    database.close()
    assert "moved money that is written down nowhere" in server.command("check").stdout
