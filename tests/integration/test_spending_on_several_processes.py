"""Several processes on one database spend one balance: what one has passed on, the other does not have."""

from concurrent.futures import ThreadPoolExecutor

import stripe as sdk

from support.money import connected, funded, sums
from support.server import Server

KEY = "sk_test_spending"
WORKERS = 2
AVAILABLE = 97_070
"""100,000 less its fee."""


def test_two_processes_do_not_spend_the_same_money(tmp_path, database_for):
    options = ("--sandbox", "--workers", str(WORKERS))
    with Server(tmp_path / "data", database_for("postgres"), options=options) as server:
        stripe = server.client(KEY).v1
        account, charge = connected(stripe), funded(stripe)
        params = {"amount": AVAILABLE // 5, "currency": "usd", "destination": account.id}

        def once(number):
            # A client of its own has a connection of its own: the next one may be the other process's.
            source = {} if number % 2 else {"source_transaction": charge.id}
            try:
                server.client(KEY).v1.transfers.create({**params, **source})
            except sdk.StripeError as refusal:
                return refusal.code or "no more of the charge"
            return "made"

        with ThreadPoolExecutor(12) as pool:
            seen = list(pool.map(once, range(24)))
        made = seen.count("made")
        assert set(seen) <= {"made", "balance_insufficient", "no more of the charge", "lock_timeout"}
        passed_on = sum(one.amount for one in stripe.transfers.list({"limit": 100}))
        assert passed_on == made * params["amount"]
        assert sums(stripe) == (AVAILABLE - passed_on, 0)
        assert sums(stripe, account) == (passed_on, 0)
        of_charge = [one for one in stripe.transfers.list({"limit": 100}) if one.source_transaction]
        assert sum(one.amount for one in of_charge) <= charge.amount
        others = [one for one in stripe.transfers.list({"limit": 100}) if not one.source_transaction]
        assert sum(one.amount for one in others) <= AVAILABLE
    assert server.command("check").stdout == "0 faults\n"
