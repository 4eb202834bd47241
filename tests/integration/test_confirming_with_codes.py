"""BLIK: every confirmation has the six digits of the customer's bank, and nothing else has."""

import pytest

from support.actions import SAID, WHERE, confirmed, key_of
from support.connect import eventually
from support.data import refused

BLIK = {"payment_method_data": {"type": "blik"}}
CODE = {"payment_method_options": SAID}
PARAM = "payment_method_options[blik][code]"


@pytest.fixture
def stripe(server, name):
    return server.client(key_of(name, "blik")).v1


@pytest.fixture
def payment():
    _, currency, amount = WHERE["blik"]
    return {"amount": amount, "currency": currency, "payment_method_types": ["blik"]}


def test_a_confirmation_without_a_code_is_refused_and_changes_nothing(stripe, payment):
    intent = stripe.payment_intents.create(payment)
    for without in ({}, {"payment_method_options": {"blik": {"code": ""}}}):
        with refused(code="parameter_missing", param=PARAM, says="is required"):
            stripe.payment_intents.confirm(intent.id, {**BLIK, **without})
    with refused(code="parameter_missing", param=PARAM):
        stripe.payment_intents.create({**payment, **BLIK, "confirm": True})
    (after,) = stripe.payment_intents.list().data
    assert (after.id, after.status, after.payment_method) == (intent.id, "requires_payment_method", None)


def test_the_next_confirmation_has_a_code_of_its_own(stripe, payment):
    method = stripe.payment_methods.create({"type": "blik"}).id
    intent = stripe.payment_intents.create({**payment, "payment_method": method})
    asked = stripe.payment_intents.confirm(intent.id, CODE)
    assert (asked.status, asked.next_action.type) == ("requires_action", "blik_authorize")
    assert "777123" not in str(asked.to_dict())
    with refused(code="parameter_missing", param=PARAM):
        stripe.payment_intents.confirm(intent.id, BLIK)
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status != "requires_action",
    )
    assert done.status == "succeeded"


def test_a_code_comes_with_a_confirmation_only(stripe, payment):
    with refused(code="payment_intent_invalid_parameter", param=PARAM):
        stripe.payment_intents.create({**payment, **CODE})
    intent = stripe.payment_intents.create(payment)
    with refused(code="payment_intent_invalid_parameter", param=PARAM):
        stripe.payment_intents.update(intent.id, CODE)


def test_all_in_one_request(stripe):
    assert confirmed(stripe, "blik").next_action.type == "blik_authorize"
