"""Types that an intent names are held to the account and the payment, and ask no configuration."""

import pytest
import stripe as sdk

from support.connect import acting_on
from support.data import refused
from support.offers import (
    INVALID,
    account,
    intents,
    usd,
)

__all__ = ["account", "intents"]


def test_48_a_named_type_may_be_off_in_the_configuration(intents):
    assert intents.create(usd(payment_method_types=["klarna"])).payment_method_types == ["klarna"]


ALL_INVALID = "All types provided in payment_method_types are invalid. Please ensure"


@pytest.mark.parametrize(
    ("types", "says"),
    [
        (["paynow"], INVALID.format("paynow")),
        (["card", "paynow"], INVALID.format("paynow")),
        (["giropay"], INVALID.format("giropay")),
        (["money"], INVALID.format("money")),
        (["apple_pay"], INVALID.format("apple_pay")),
        (["paynow", "fpx"], ALL_INVALID),
    ],
)
def test_a_named_type_the_account_cannot_have_is_refused(intents, types, says):
    with refused(param="payment_method_types", says=says):
        intents.create(usd(payment_method_types=types))
    assert intents.list().data == []


def test_a_named_type_needs_its_capability_on_the_account(intents, account):
    assert intents.create(usd(payment_method_types=["klarna"]), acting_on(account)).id
    with refused(param="payment_method_types", says=INVALID.format("affirm")):
        intents.create(usd(payment_method_types=["affirm"]), acting_on(account))


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method_types": ["card", "ideal"], "currency": "gbp"}, "payment_intent_invalid_parameter", "currency"),
        ({"payment_method_types": ["sepa_debit"]}, "payment_intent_invalid_parameter", "currency"),
        ({"payment_method_types": ["affirm"]}, "amount_too_small", "amount"),
        ({"payment_method_types": ["sunbit"], "amount": 2_000_000}, "amount_too_large", "amount"),
        (
            {"payment_method_types": ["affirm"], "amount": 9900, "setup_future_usage": "off_session"},
            "payment_intent_invalid_parameter",
            "setup_future_usage",
        ),
        (
            {"payment_method_types": ["us_bank_account"], "capture_method": "manual"},
            "payment_intent_invalid_parameter",
            "capture_method",
        ),
        ({"payment_method_types": ["customer_balance"]}, "parameter_missing", "customer"),
    ],
)  # fmt: skip
def test_a_named_type_that_does_not_fit_the_payment_names_what_does_not(intents, params, code, param):
    with refused(code=code, param=param):
        intents.create(usd(**params))


def test_types_that_are_paid_with_elsewhere_are_honestly_not_there(intents):
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented"):
        intents.create(usd(payment_method_types=["card_present"]))
