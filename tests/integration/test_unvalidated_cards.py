"""`validate=false`: a card is attached without asking its issuer, who answers when it is first used."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused

DECLINE = {"status": 402, "code": "card_declined", "decline_code": "generic_decline"}


def of_customer(stripe, customer):
    (method,) = stripe.customers.payment_methods.list(customer).data
    return method


@pytest.mark.parametrize(
    "given", [{"source": "tok_chargeDeclined"}, {"payment_method": "pm_card_chargeDeclined"}]
)
def test_a_customer_may_come_with_a_card_nobody_asked_about(stripe, given):
    with refused(sdk.CardError, **DECLINE, param=""):
        stripe.customers.create(given)
    customer = stripe.customers.create({**given, "validate": False})

    method = of_customer(stripe, customer.id)
    assert (method.customer, method.card.checks.cvc_check) == (customer.id, "unchecked")
    with refused(sdk.CardError, **DECLINE):
        stripe.payment_intents.create(
            {
                "amount": 100,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": method.id,
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )


def test_a_source_may_be_added_and_replaced_so(stripe):
    customer = stripe.customers.create({})
    first = {"source": "tok_chargeDeclined", "validate": False}
    added = stripe.customers.payment_sources.create(customer.id, first)
    assert (added.customer, added.cvc_check) == (customer.id, "unchecked")
    made = stripe.sources.create({"type": "card", "token": "tok_chargeDeclinedLostCard"}).id
    replaced = stripe.customers.update(customer.id, {"source": made, "validate": False})
    assert replaced.default_source == made
    assert event_types(stripe).count("customer.source.created") == 2


def test_the_security_code_waits_for_the_first_use(stripe):
    token = stripe.tokens.create({"card": VISA}).id
    customer = stripe.customers.create({"source": token, "validate": False})
    charge = stripe.charges.create({"amount": 100, "currency": "usd", "customer": customer.id})
    assert charge.payment_method_details.card.checks.cvc_check == "pass"


def test_validating_is_what_happens_otherwise(stripe):
    for said in ({}, {"validate": True}):
        customer = stripe.customers.create({"source": "tok_visa", **said})
        assert of_customer(stripe, customer.id).card.checks.cvc_check == "pass"
    with refused(param="validate"):
        stripe.customers.create({"source": "tok_visa", "validate": "maybe"})
