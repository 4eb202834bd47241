"""Bank accounts of customers, charged as cards once were: pending at first, then as their number says."""

import pytest

from strongroom.catalog.banks import bank_tables
from strongroom.catalog.failures import failure_message
from support.connect import eventually
from support.data import event_types, refused

AMOUNT = 5000
FEE = 40
NUMBERS = bank_tables().test_banks["US"].numbers
PAID = {"paid", "ownership_verified_later", "ownership_needs_documents"}
FAILING = {number: outcome for number, outcome in NUMBERS.items() if outcome not in PAID}


def account(**changes):
    return {
        "object": "bank_account",
        "country": "US",
        "currency": "usd",
        "account_holder_name": "Jenny Rosen",
        "account_holder_type": "individual",
        "routing_number": "110000000",
        "account_number": "000123456789",
        **changes,
    }


def customer_with(stripe, number="000123456789", *, verified=True):
    token = stripe.tokens.create(
        {"bank_account": {k: v for k, v in account(account_number=number).items() if k != "object"}}
    )
    customer = stripe.customers.create({"source": token.id})
    if verified:
        stripe.customers.payment_sources.verify(customer.id, customer.default_source, {"amounts": [32, 45]})
    return customer


def charged(stripe, customer, **params):
    return stripe.charges.create({"amount": AMOUNT, "currency": "usd", "customer": customer.id, **params})


def settled(stripe, charge):
    return eventually(lambda: stripe.charges.retrieve(charge.id), until=lambda one: one.status != "pending")


@pytest.mark.parametrize("number", [number for number in NUMBERS if number not in FAILING])
def test_a_bank_account_is_debited_in_time(stripe, number):
    customer = customer_with(stripe, number)
    charge = charged(stripe, customer)

    assert charge.id.startswith("py_")
    assert (charge.status, charge.paid, charge.captured, charge.balance_transaction) == (
        "pending",
        False,
        True,
        None,
    )
    assert (charge.payment_method, charge.receipt_url) == (customer.default_source, None)
    debit = charge.payment_method_details.ach_debit
    assert charge.payment_method_details.type == "ach_debit"
    assert (debit.bank_name, debit.country, debit.last4, debit.routing_number) == (
        "STRIPE TEST BANK",
        "US",
        number[-4:],
        "110000000",
    )
    assert debit.account_holder_type == "individual"
    assert (charge.source.object, charge.source.id, charge.source.status) == (
        "bank_account",
        customer.default_source,
        "verified",
    )
    assert stripe.balance_transactions.list().data == []

    paid = settled(stripe, charge)
    assert (paid.status, paid.paid, paid.failure_code) == ("succeeded", True, None)
    (money,) = stripe.balance_transactions.list({"source": charge.id}).data
    assert (money.type, money.reporting_category, money.amount, money.fee) == (
        "payment",
        "charge",
        AMOUNT,
        FEE,
    )
    assert event_types(stripe, charge.id) == ["charge.pending", "charge.succeeded"]


@pytest.mark.parametrize("number", FAILING)
def test_an_account_that_cannot_be_debited_fails_as_published(stripe, number):
    charge = charged(stripe, customer_with(stripe, number))
    failed = settled(stripe, charge)

    assert (failed.status, failed.paid, failed.failure_code) == ("failed", False, FAILING[number])
    assert failed.failure_message == failure_message(FAILING[number])
    assert (failed.captured, failed.amount_captured, failed.balance_transaction) == (False, 0, None)
    assert stripe.balance_transactions.list().data == []
    assert event_types(stripe, charge.id) == ["charge.pending", "charge.failed"]
    with refused(param="charge"):
        stripe.refunds.create({"charge": charge.id})


def test_what_was_debited_goes_back(stripe):
    charge = settled(stripe, charged(stripe, customer_with(stripe)))
    part = stripe.refunds.create({"charge": charge.id, "amount": 2000})
    rest = stripe.refunds.create({"charge": charge.id})

    assert part.id.startswith("pyr_")
    assert (part.status, part.amount, rest.amount) == ("succeeded", 2000, 3000)
    assert "destination_details" not in part
    assert {one.type: one.amount for one in stripe.balance_transactions.list({"source": part.id}).data} == {
        "payment_refund": -2000
    }
    after = stripe.charges.retrieve(charge.id)
    assert (after.refunded, after.amount_refunded) == (True, AMOUNT)


def test_an_account_must_be_shown_to_be_somebodys(stripe):
    customer = customer_with(stripe, verified=False)
    with refused(code="bank_account_unverified", param="source"):
        charged(stripe, customer)
    stripe.customers.payment_sources.verify(customer.id, customer.default_source, {"amounts": [32, 45]})
    assert charged(stripe, customer, source=customer.default_source).status == "pending"


@pytest.mark.parametrize("source", ["btok_us_verified", account()])
def test_an_account_without_a_customer_is_not_charged(stripe, source):
    with refused(code="bank_account_unverified", param="source"):
        stripe.charges.create({"amount": AMOUNT, "currency": "usd", "source": source})
    assert stripe.charges.list().data == stripe.events.list().data == []


def test_a_token_that_could_not_be_charged_is_not_spent(stripe):
    given = {k: v for k, v in account().items() if k != "object"}
    token = stripe.tokens.create({"bank_account": given})
    with refused(code="bank_account_unverified", param="source"):
        stripe.charges.create({"amount": AMOUNT, "currency": "usd", "source": token.id})
    assert not stripe.tokens.retrieve(token.id).used
    stripe.customers.create({"source": token.id})


@pytest.mark.parametrize(
    ("params", "param"), [({"currency": "eur"}, "currency"), ({"capture": False}, "capture")]
)
def test_what_a_bank_account_cannot_do_is_refused(stripe, params, param):
    customer = customer_with(stripe)
    with refused(param=param):
        charged(stripe, customer, **params)
    assert stripe.charges.list().data == []


def test_only_accounts_of_the_united_states_are_charged(stripe):
    given = account(country="DE", currency="eur", account_number="DE89370400440532013000")
    token = stripe.tokens.create(
        {"bank_account": {k: v for k, v in given.items() if k not in {"object", "routing_number"}}}
    )
    customer = stripe.customers.create({"source": token.id})
    stripe.customers.payment_sources.verify(customer.id, customer.default_source, {"amounts": [32, 45]})
    with refused(param="source"):
        charged(stripe, customer, currency="eur")
