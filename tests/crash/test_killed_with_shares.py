"""`kill -9` where a payment has a transfer and a fee, or a refund takes them back: they happen once, on both sides, or not at all."""

import sys
from http.client import HTTPException
from pathlib import Path
from time import monotonic

import pytest

from support import killed
from support.connect import acting_on
from support.money import booked, connected, sums
from support.server import Server

KEY = "sk_test_shares"
PROGRAM = Path(killed.__file__)
PATIENCE_SECONDS = 20
FEE = 114
"""What processing 29.00 costs."""
# Where something has happened outside that is not written down here.
BETWEEN = ("before the answer is heard", "before the second commit")


@pytest.fixture(params=["sqlite", "postgres"])
def server(request, tmp_path, database_for):
    return Server(tmp_path / "data", database_for(request.param))


def post(server, path, params, **headers):
    return server.request("POST", path, params, key=KEY, headers={"Idempotency-Key": "K", **headers})


def dies_while_asked(server, place, path, params, **headers):
    dying = Server(server.data_dir, server.database, program=(sys.executable, str(PROGRAM), place))
    dying.start()
    with pytest.raises((OSError, HTTPException)):
        post(dying, path, params, **headers)
    dying.process.wait(timeout=30)
    dying.process.stdout.close()
    assert dying.process.returncode == -9


def answered(server, path, params, **headers):
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        reply = post(server, path, params, **headers)
        if reply.status != 409:
            return reply
    raise AssertionError("the request never ended")


def account_of(server):
    with server.start():
        return connected(server.client(KEY).v1).id


@pytest.mark.parametrize("place", killed.PLACES)
def test_a_payment_is_passed_on_once(server, place):
    account = account_of(server)
    params = {
        "amount": "2900",
        "currency": "usd",
        "source": "tok_bypassPending",
        "application_fee_amount": "300",
        "transfer_data[destination]": account,
    }
    dies_while_asked(server, place, "/v1/charges", params)
    with server.start():
        reply = answered(server, "/v1/charges", params)
        stripe = server.client(KEY).v1
        (charge,) = stripe.charges.list().data
        (transfer,) = stripe.transfers.list().data
        (fee,) = stripe.application_fees.list().data
        assert (reply.status, reply.json["id"]) == (200, charge.id)
        assert (charge.transfer, charge.application_fee) == (transfer.id, fee.id)
        assert booked(stripe) == [
            ("charge", 2900 - FEE),
            ("transfer", -2900),
            ("application_fee", 300),
        ]
        assert booked(stripe, account) == [("payment", 2600)]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_direct_payment_pays_its_fee_once(server, place):
    account = account_of(server)
    params = {
        "amount": "2900",
        "currency": "usd",
        "source": "tok_bypassPending",
        "application_fee_amount": "300",
    }
    header = {"Stripe-Account": account}
    dies_while_asked(server, place, "/v1/charges", params, **header)
    with server.start():
        assert answered(server, "/v1/charges", params, **header).status == 200
        stripe = server.client(KEY).v1
        (fee,) = stripe.application_fees.list().data
        (charge,) = stripe.charges.list({}, acting_on(account)).data
        assert (fee.charge, charge.application_fee) == (charge.id, fee.id)
        assert (sums(stripe), sums(stripe, account)) == ((300, 0), (2900 - FEE - 300, 0))
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_refund_takes_its_part_back_once(server, place):
    account = account_of(server)
    with server.start():
        charge = server.client(KEY).v1.charges.create(
            {
                "amount": 2900,
                "currency": "usd",
                "source": "tok_bypassPending",
                "application_fee_amount": 290,
                "transfer_data": {"destination": account},
            }
        )
        server.stop()
    params = {
        "charge": charge.id,
        "amount": "1000",
        "reverse_transfer": "true",
        "refund_application_fee": "true",
    }
    dies_while_asked(server, place, "/v1/refunds", params)
    with server.start():
        reply = answered(server, "/v1/refunds", params)
        stripe = server.client(KEY).v1
        (refund,) = stripe.refunds.list().data
        assert (reply.status, reply.json["id"]) == (200, refund.id)
        transfer = stripe.transfers.retrieve(charge.transfer)
        assert [one.id for one in transfer.reversals.data] == [refund.transfer_reversal]
        fee = stripe.application_fees.retrieve(charge.application_fee)
        assert (transfer.amount_reversed, fee.amount_refunded) == (1000, 100)
        assert (sums(stripe), sums(stripe, account)) == ((190 - FEE, 0), (2610 - 1000 + 100, 0))
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("place", BETWEEN)
def test_a_capture_passes_on_once(server, place):
    account = account_of(server)
    with server.start():
        intent = server.client(KEY).v1.payment_intents.create(
            {
                "amount": 2900,
                "currency": "usd",
                "payment_method": "pm_card_bypassPending",
                "payment_method_types": ["card"],
                "capture_method": "manual",
                "confirm": True,
                "transfer_data": {"destination": account},
            }
        )
        server.stop()
    path, params = f"/v1/payment_intents/{intent.id}/capture", {"amount_to_capture": "1000"}
    dies_while_asked(server, place, path, params)
    with server.start():
        assert answered(server, path, params).status == 200
        stripe = server.client(KEY).v1
        assert [one.amount for one in stripe.transfers.list()] == [1000]
        assert sums(stripe, account) == (1000, 0)
    assert server.command("check").stdout == "0 faults\n"
