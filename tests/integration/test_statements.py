"""What cardholders read of a charge on their statement."""

import pytest

from support.connect import COMPLETE, acting_on, eventually
from support.payments import AGREED

SETTINGS = {
    "payments": {"statement_descriptor": "Rosen Books"},
    "card_payments": {"statement_descriptor_prefix": "Rosen"},
}


@pytest.fixture
def account(stripe):
    made = stripe.accounts.create({**COMPLETE, "settings": SETTINGS})
    return eventually(lambda: stripe.accounts.retrieve(made.id), until=lambda one: one.charges_enabled)


def read(stripe, options=None, **params):
    paid = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
            "expand": ["latest_charge"],
            **params,
        },
        options,
    )
    return paid.latest_charge.calculated_statement_descriptor


def test_an_accounts_own_words_stand_on_its_direct_charges(stripe, account):
    assert read(stripe, acting_on(account)) == "ROSEN BOOKS"
    assert read(stripe, acting_on(account), statement_descriptor_suffix="Order 7") == "ROSEN* ORDER 7"


def test_on_behalf_of_an_account_its_words_count(stripe, account):
    assert read(stripe, on_behalf_of=account.id) == "ROSEN BOOKS"
    assert read(stripe) is None


def test_a_capture_may_say_something_else(stripe, account):
    options = acting_on(account)
    held = stripe.charges.create(
        {"amount": 2000, "currency": "usd", "source": "tok_visa", "capture": False}, options
    )
    assert held.calculated_statement_descriptor == "ROSEN BOOKS"
    taken = stripe.charges.capture(held.id, {"statement_descriptor_suffix": "Part"}, options)
    assert taken.calculated_statement_descriptor == "ROSEN* PART"


def test_a_debit_has_none(stripe):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method": "pm_usBankAccount_success",
            "statement_descriptor": "SHOP",
            "mandate_data": AGREED,
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )
    charge = intent.latest_charge
    assert (charge.statement_descriptor, charge.calculated_statement_descriptor) == ("SHOP", None)
