"""A bank account whose number is sent empty is refused wherever one may be sent along, and leaves nothing."""

import pytest

from support.connect import BANK, CUSTOM
from support.data import refused

EMPTY = {**BANK, "account_number": ""}
HELD = {**EMPTY, "account_holder_name": "Jenny Rosen", "account_holder_type": "individual"}


def test_a_customer_gets_no_source_with_an_empty_number(stripe):
    customer = stripe.customers.create({})

    with refused(code="parameter_missing", param="source[account_number]"):
        stripe.customers.payment_sources.create(customer.id, {"source": HELD})
    with refused(code="parameter_missing", param="source[account_number]"):
        stripe.customers.update(customer.id, {"source": HELD})
    with refused(code="parameter_missing", param="source[account_number]"):
        stripe.customers.create({"source": HELD})

    assert stripe.customers.payment_sources.list(customer.id).data == []
    assert [one.id for one in stripe.customers.list().data] == [customer.id]


def test_nothing_is_charged_with_an_empty_number(stripe):
    with refused(code="parameter_missing", param="source[account_number]"):
        stripe.charges.create({"amount": 1000, "currency": "usd", "source": HELD})

    assert stripe.charges.list().data == []


@pytest.mark.parametrize("way", ["create", "update", "external_accounts"])
def test_an_account_gets_no_external_account_with_an_empty_number(stripe, way):
    account = stripe.accounts.create(CUSTOM)
    given = {"external_account": EMPTY}
    attempts = {
        "create": lambda: stripe.accounts.create({**CUSTOM, **given}),
        "update": lambda: stripe.accounts.update(account.id, given),
        "external_accounts": lambda: stripe.accounts.external_accounts.create(account.id, given),
    }

    with refused(code="parameter_missing", param="external_account[account_number]"):
        attempts[way]()

    assert stripe.accounts.external_accounts.list(account.id).data == []
    assert [one.id for one in stripe.accounts.list().data] == [account.id]
