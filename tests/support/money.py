"""Money between a platform and its connected accounts: who has how much, and whether both sides agree."""

from support.connect import COMPLETE, acting_on, eventually


def connected(stripe):
    """A connected account that can be paid."""
    account = stripe.accounts.create(COMPLETE)
    return eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.charges_enabled)


def funded(stripe, amount=100_000, currency="usd"):
    """A charge whose money is available at once; its fee is taken off."""
    return stripe.charges.create({"amount": amount, "currency": currency, "source": "tok_bypassPending"})


def sums(stripe, account=None):
    """What is available and what waits, in dollars' cents."""
    balance = stripe.balance.retrieve({}, acting_on(account) if account else {})
    return balance.available[0].amount, balance.pending[0].amount


def booked(stripe, account=None, **params):
    """The balance transactions, oldest first, as their types and what each adds."""
    found = stripe.balance_transactions.list({"limit": 100, **params}, acting_on(account) if account else {})
    return [(one.type, one.net) for one in reversed(found.data)]


def told(stripe, account=None):
    """The types of all events, oldest first."""
    found = stripe.events.list({"limit": 100}, acting_on(account) if account else {})
    return [event.type for event in reversed(found.data)]
