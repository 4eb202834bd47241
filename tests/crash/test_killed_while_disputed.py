"""`kill -9` while a customer's bank comes back to a charge: it is disputed once, and not forgotten."""

import sys

import apsw
import pytest

from support import killed
from support.connect import eventually
from support.server import Server

KEY = "sk_test_disputed"
CHARGE = {"amount": "5000", "currency": "usd", "source": "tok_createDispute"}
SLOW = ("--sandbox", "--settle-after", "3")


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, tmp_path, database_for):
    return Server(tmp_path / "data", database_for(request.param), SLOW)


@pytest.mark.parametrize("place", ["before the second commit", "before the request is answered"])
def test_a_charge_is_disputed_once(server, place):
    with server.start():
        charge = server.client(KEY).v1.charges.create(CHARGE)
    program = (sys.executable, killed.__file__, place)
    dying = Server(server.data_dir, server.database, SLOW, program=program).start()
    dying.process.wait(timeout=30)
    dying.process.stdout.close()
    assert dying.process.returncode == -9
    with server.start():
        stripe = server.client(KEY).v1
        (dispute,) = eventually(lambda: stripe.disputes.list().data, until=lambda seen: seen)
        assert dispute.charge == charge.id
        assert [one.amount for one in stripe.balance_transactions.list().data] == [-5000, 5000]
        assert [event.type for event in stripe.events.list().data] == [
            "charge.dispute.funds_withdrawn",
            "charge.dispute.created",
            "charge.succeeded",
        ]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize(
    ("fault", "noticed"),
    [
        ("DELETE FROM disputes", "was charged back another sum than its disputes"),
        (
            "DELETE FROM balance_transactions WHERE source LIKE 'du_%'",
            "has taken another sum than the balance",
        ),
    ],
)
def test_planted_faults_are_noticed(tmp_path, fault, noticed):
    with Server(tmp_path / "data") as server:
        stripe = server.client(KEY).v1
        stripe.charges.create(CHARGE)
        eventually(lambda: stripe.disputes.list().data, until=lambda seen: seen)
    database = apsw.Connection(str(tmp_path / "data" / "strongroom.db"))
    database.execute(fault)
    database.close()
    assert noticed in server.command("check").stdout
