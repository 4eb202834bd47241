"""A customer and their older sources, for the tests about them; fixtures are imported by name."""

import pytest

HOLDER = {"account_holder_name": "Jenny Rosen", "account_holder_type": "individual"}
BANK = {"country": "US", "currency": "usd", "routing_number": "110000000", "account_number": "000123456789"}
IBAN = {"country": "FR", "currency": "eur", "account_number": "FR89370400440532013000"}


@pytest.fixture
def customer(stripe):
    """Somebody with nothing yet."""
    return stripe.customers.create({})


@pytest.fixture
def sources(stripe):
    """The SDK's endpoints of a customer's older sources."""
    return stripe.customers.payment_sources


def bank_token(stripe, bank=BANK, **holder):
    """A token of a bank account with its holder."""
    return stripe.tokens.create({"bank_account": {**bank, **(holder or HOLDER)}})
