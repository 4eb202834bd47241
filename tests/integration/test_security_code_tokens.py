"""Security codes asked for again: spent by the confirmation they are sent with, and by nothing else."""

import pytest
import stripe as sdk

from support.data import VISA, refused
from support.payments import PAYMENT, pay

PARAM = "payment_method_options[card][cvc_token]"
AMEX = {**VISA, "number": "378282246310005", "cvc": "1234"}
WRONG_CODE = {**VISA, "number": "4000000000000127"}


@pytest.fixture
def saved(stripe):
    """A card of a customer, saved without its security code."""
    return save(stripe, VISA)


def save(stripe, card):
    card = {key: value for key, value in card.items() if key != "cvc"}
    customer = stripe.customers.create({})
    method = stripe.payment_methods.create({"type": "card", "card": card})
    return stripe.payment_methods.attach(method.id, {"customer": customer.id})


def code_token(stripe, code="314"):
    return stripe.tokens.create({"cvc_update": {"cvc": code}})


def with_code(token):
    return {"payment_method_options": {"card": {"cvc_token": token.id}}}


def of(method):
    return {"customer": method.customer, "payment_method": method.id}


def is_used(stripe, token):
    return stripe.tokens.retrieve(token.id).used


def check_of(stripe, intent):
    charge = stripe.charges.retrieve(intent.latest_charge)
    return charge.payment_method_details.card.checks.cvc_check


def test_a_code_is_spent_by_the_confirmation_it_comes_with(stripe, saved):
    assert check_of(stripe, pay(stripe, **of(saved), method=saved.id)) is None
    token = code_token(stripe)

    intent = stripe.payment_intents.create({**PAYMENT, **of(saved)})
    done = stripe.payment_intents.confirm(intent.id, with_code(token))

    assert (done.status, check_of(stripe, done)) == ("succeeded", "pass")
    assert is_used(stripe, token) is True
    assert "cvc_token" not in done.payment_method_options.card


def test_a_code_may_come_with_an_intent_that_is_confirmed_at_once(stripe, saved):
    token = code_token(stripe)
    done = pay(stripe, method=saved.id, customer=saved.customer, **with_code(token))
    assert (check_of(stripe, done), is_used(stripe, token)) == ("pass", True)


def test_a_code_without_a_confirmation_is_refused_and_stays_good(stripe, saved):
    token = code_token(stripe)
    before = len(stripe.payment_intents.list().data)

    with refused(code="payment_intent_invalid_parameter", param=PARAM):
        stripe.payment_intents.create({**PAYMENT, **of(saved), **with_code(token)})
    assert len(stripe.payment_intents.list().data) == before
    intent = stripe.payment_intents.create({**PAYMENT, **of(saved)})
    with refused(code="payment_intent_invalid_parameter", param=PARAM):
        stripe.payment_intents.update(intent.id, {**with_code(token), "description": "x"})

    assert stripe.payment_intents.retrieve(intent.id).description is None
    assert is_used(stripe, token) is False
    assert check_of(stripe, stripe.payment_intents.confirm(intent.id, with_code(token))) == "pass"


@pytest.mark.parametrize("intents", ["payment_intents", "setup_intents"])
def test_mail_or_telephone_is_said_of_an_attempt_too(stripe, intents):
    given = PAYMENT if intents == "payment_intents" else {}
    with refused(
        code=f"{intents.removesuffix('s')}_invalid_parameter", param="payment_method_options[card][moto]"
    ):
        getattr(stripe, intents).create({**given, "payment_method_options": {"card": {"moto": True}}})


def test_a_code_is_spent_once(stripe, saved):
    token = code_token(stripe)
    pay(stripe, method=saved.id, customer=saved.customer, **with_code(token))

    with refused(code="token_already_used", says=token.id):
        pay(stripe, method=saved.id, customer=saved.customer, **with_code(token))


@pytest.mark.parametrize(("card", "code"), [(VISA, "1234"), (AMEX, "123")])
def test_a_code_that_cannot_be_the_cards_is_refused_and_stays_unused(stripe, card, code):
    method, token = save(stripe, card), code_token(stripe, code)

    with refused(sdk.CardError, status=402, code="invalid_cvc", param="cvc"):
        pay(stripe, method=method.id, customer=method.customer, **with_code(token))

    assert is_used(stripe, token) is False


def test_an_american_express_card_takes_four_digits(stripe):
    method, token = save(stripe, AMEX), code_token(stripe, "1234")
    done = pay(stripe, method=method.id, customer=method.customer, **with_code(token))
    assert check_of(stripe, done) == "pass"


@pytest.mark.parametrize("token", ["tok_visa", "cvctok_nope", ""])
def test_what_is_no_code_is_refused(stripe, saved, token):
    options = {"payment_method_options": {"card": {"cvc_token": token}}}
    if not token:
        assert pay(stripe, method=saved.id, customer=saved.customer, **options).status == "succeeded"
        return
    with refused(code=None if token == "tok_visa" else "resource_missing", param=PARAM):
        pay(stripe, method=saved.id, customer=saved.customer, **options)


def test_a_code_that_is_asked_for_and_wrong_is_spent_by_the_decline(stripe):
    method, token = save(stripe, WRONG_CODE), code_token(stripe)

    with pytest.raises(sdk.CardError) as declined:
        pay(stripe, method=method.id, customer=method.customer, **with_code(token))

    assert (declined.value.code, declined.value.param) == ("incorrect_cvc", "cvc")
    assert is_used(stripe, token) is True
