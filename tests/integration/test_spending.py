"""Who spends what is available excludes whoever else does; `strongroom check` compares both sides of a transfer.

The controls: with the row that spenders change taken out, two spend the same money; a payment that was lost is noticed.
"""

from contextlib import closing

import apsw
import pytest

from strongroom.resources.balance_transactions import become_available, book
from strongroom.resources.spending import SPENDING, spend, spendable
from strongroom.store import Rejected
from support.house import NOW, inside
from support.money import connected, funded
from support.server import Server

__all__ = ["inside"]

KEY = "sk_test_spending"


async def two_spend_at_once(within, *, unguarded):
    """Both see 1000 and spend 600 of it; return how many could."""
    await within.do(lambda call: book(call, "charge", "ch_1", 1000, "usd", at_once=True))
    calls = [await within.call() for _ in range(2)]
    for call in calls:
        await spend(call, 600, "usd", "No.")
        book(call, "transfer", "tr_1", -600, "usd")
        if unguarded:
            call.writes.inserts = [row for row in call.writes.inserts if row.table != SPENDING.table]
    committed = 0
    for call in calls:
        try:
            await within.house.store.commit(call.writes)
        except Rejected:
            continue
        committed += 1
    return committed


def test_of_two_who_spend_at_once_one_looks_again(inside):
    async def scene(within):
        assert await two_spend_at_once(within, unguarded=False) == 1
        assert await spendable(await within.call(), "usd") == 400

    inside(scene)


def test_control_without_the_row_both_spend(inside):
    async def scene(within):
        assert await two_spend_at_once(within, unguarded=True) == 2
        assert await spendable(await within.call(), "usd") == -200

    inside(scene)


def test_what_leaves_with_waiting_money_is_spent_first(inside):
    """A charge and its transfer become available at one time, but not in one commit."""

    async def scene(within):
        late = NOW + 100
        came = await within.do(lambda call: book(call, "charge", "ch_1", 1000, "usd", waits_until=late))
        await within.do(lambda call: book(call, "transfer", "tr_1", -900, "usd", waits_until=late))
        assert await spendable(await within.call(), "usd") == 0
        within.house.clock.advance(100)
        await within.do(lambda call: become_available(call, {"id": came.id}, None))
        assert await spendable(await within.call(), "usd") == 100

    inside(scene)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM charges WHERE id LIKE 'py_%'", "was received by nobody"),
        (
            "DELETE FROM balance_transactions WHERE source LIKE 'py_%'",
            "was received as another sum",
        ),
        (
            "DELETE FROM balance_transactions WHERE source LIKE 'tr_%'",
            "has taken another sum from its platform",
        ),
        (
            "UPDATE balance_transactions SET net = net + 1 WHERE source LIKE 'py_%'",
            "is added up as another sum",
        ),
        ("DELETE FROM transfer_reversals", "was reversed by another sum than its reversals"),
        (
            "DELETE FROM balance_transactions WHERE source LIKE 'fee_%'",
            "has brought its platform another sum",
        ),
        ("DELETE FROM fee_refunds", "was refunded by another sum than its refunds"),
        ("DELETE FROM balance_transactions WHERE source LIKE 'fr_%'", "that took another sum"),
    ],
)
def test_a_planted_loss_is_noticed(tmp_path, damage, said):
    with Server(tmp_path / "data") as server:
        stripe = server.client(KEY).v1
        account, _ = connected(stripe), funded(stripe)
        made = stripe.transfers.create({"amount": 500, "currency": "usd", "destination": account.id})
        stripe.transfers.reversals.create(made.id, {"amount": 200})
        charge = stripe.charges.create(
            {
                "amount": 2000,
                "currency": "usd",
                "source": "tok_visa",
                "application_fee_amount": 300,
                "transfer_data": {"destination": account.id},
            }
        )
        stripe.application_fees.refunds.create(charge.application_fee, {"amount": 100})
    assert server.command("check").stdout == "0 faults\n"
    database = apsw.Connection(str(tmp_path / "data" / "strongroom.db"))
    database.execute(damage)
    database.close()
    assert said in server.command("check").stdout


def test_what_was_booked_before_the_database_added_up_still_counts(tmp_path):
    with Server(tmp_path / "data") as server:
        stripe = server.client(KEY).v1
        funded(stripe)
        before = stripe.balance.retrieve().to_dict()
    with closing(apsw.Connection(str(tmp_path / "data" / "strongroom.db"))) as database:
        database.execute("UPDATE balance_transactions SET net = NULL")
        assert database.changes() > 0
    with Server(tmp_path / "data") as server:
        stripe = server.client(KEY).v1
        assert stripe.balance.retrieve().to_dict() == before
        available = before["available"][0]["amount"]
        account = connected(stripe)
        assert available > 0
        stripe.transfers.create({"amount": available, "currency": "usd", "destination": account.id})
        assert stripe.balance.retrieve().available[0].amount == 0
