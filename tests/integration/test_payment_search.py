"""Searching intents and charges by what they show."""

import pytest
import stripe as sdk

from support.data import refused
from support.payments import PAYMENT, pay


@pytest.fixture
def known(stripe):
    """Three payments: one paid by a customer, one refused, one of which nothing is known yet."""
    customer = stripe.customers.create()
    paid = pay(stripe, customer=customer.id, metadata={"order": "7"}, currency="eur")
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclined", amount=3000)
    stripe.payment_intents.create({**PAYMENT, "amount": 4000})
    return paid


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ('status:"succeeded"', [2000]),
        ('status:"requires_payment_method" AND amount>3000', [4000]),
        ("amount>=3000", [4000, 3000]),
        ('metadata["order"]:"7"', [2000]),
        ('currency:"eur" OR amount:4000', [4000, 2000]),
        ("customer:null", [4000, 3000]),
        ("created>4000000000", []),
    ],
)
def test_intents_are_found(stripe, known, query, amounts):
    assert [one.amount for one in stripe.payment_intents.search({"query": query}).data] == amounts


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ('status:"failed"', [3000]),
        ('payment_method_details.card.last4:"4242"', [2000]),
        ('payment_method_details.card.brand:"visa"', [3000, 2000]),
        ('refunded:"true"', []),
        ('disputed:"false"', [3000, 2000]),
    ],
)
def test_charges_are_found(stripe, known, query, amounts):
    assert [one.amount for one in stripe.charges.search({"query": query}).data] == amounts


def test_a_customers_payments_are_found_and_other_fields_refused(stripe, known):
    query = f'customer:"{known.customer}"'
    assert [one.id for one in stripe.payment_intents.search({"query": query}).data] == [known.id]
    (charge,) = stripe.charges.search({"query": query}).data
    assert charge.id == known.latest_charge
    fingerprint = charge.payment_method_details.card.fingerprint
    found = stripe.charges.search({"query": f'payment_method_details.card.fingerprint:"{fingerprint}"'}).data
    assert [one.id for one in found] == [charge.id]
    with refused(param="query"):
        stripe.payment_intents.search({"query": 'description:"x"'})
