"""Payments on connected accounts: theirs alone, by their settings, with their customers on the page."""

import pytest
import stripe as sdk

from support.connect import COMPLETE, acting_on, eventually
from support.data import refused
from support.payments import PAYMENT, RETURN_URL, answer


@pytest.fixture
def account(stripe):
    account = stripe.accounts.create(COMPLETE)
    return eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.charges_enabled)


def test_a_payment_on_an_account_is_nobody_elses(stripe, account):
    intent = stripe.payment_intents.create(
        {**PAYMENT, "payment_method": "pm_card_visa", "confirm": True}, acting_on(account)
    )
    assert (intent.status, intent.application[:3]) == ("succeeded", "ca_")
    with refused(status=404, code="resource_missing", param="intent"):
        stripe.payment_intents.retrieve(intent.id)
    charge = stripe.charges.retrieve(intent.latest_charge, {}, acting_on(account))
    assert charge.application == intent.application
    assert stripe.balance.retrieve().pending[0].amount == 0
    (told, *_) = stripe.events.list({"type": "payment_intent.succeeded"}, acting_on(account)).data
    assert told.account == account.id


@pytest.mark.parametrize(
    ("check", "source", "code", "param"),
    [
        ("cvc_failure", "tok_cvcCheckFail", "incorrect_cvc", "cvc"),
        ("avs_failure", "tok_avsZipFail", "incorrect_zip", "address_zip"),
    ],
)
def test_an_account_may_have_cards_declined_whose_checks_fail(stripe, account, check, source, code, param):
    params = {"amount": 1000, "currency": "usd", "source": source}
    assert stripe.charges.create(params, acting_on(account)).paid
    stripe.accounts.update(account.id, {"settings": {"card_payments": {"decline_on": {check: True}}}})
    with refused(sdk.CardError, status=402, code=code, decline_code=code, param=param):
        stripe.charges.create(params, acting_on(account))


def test_a_customer_of_an_account_answers_on_the_page_as_well(stripe, server, account):
    intent = stripe.payment_intents.create(
        {
            **PAYMENT,
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
            "return_url": RETURN_URL,
        },
        acting_on(account),
    )
    assert answer(server, intent, "complete").status == 303
    assert stripe.payment_intents.retrieve(intent.id, {}, acting_on(account)).status == "succeeded"
    (told, *_) = stripe.events.list({"type": "payment_intent.succeeded"}, acting_on(account)).data
    assert told.account == account.id
