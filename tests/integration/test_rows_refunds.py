"""Refunds and charges made alone, row by row of what was published or seen of bad requests."""

import pytest
import stripe as sdk

from support.data import refused
from support.payments import pay

CHARGE = {"amount": 1000, "currency": "usd", "source": "tok_visa"}


@pytest.fixture
def charge(stripe):
    return stripe.charges.create(CHARGE)


def test_an_intent_and_its_own_charge_may_both_be_named(stripe):
    intent = pay(stripe)
    refund = stripe.refunds.create({"payment_intent": intent.id, "charge": intent.latest_charge})
    assert (refund.amount, refund.charge) == (2000, intent.latest_charge)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"reason": "expired_uncaptured_charge"}, None, "reason"),
        ({"reason": "bored"}, None, "reason"),
        ({"amount": "10.5"}, "parameter_invalid_integer", "amount"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"livemode": "true"}, "parameter_unknown", "livemode"),
        ({"expand": ["nothing"]}, None, None),
    ],
)
def test_what_a_refund_cannot_say(stripe, charge, params, code, param):
    with pytest.raises(sdk.InvalidRequestError) as caught:
        stripe.refunds.create({"charge": charge.id, **params})
    error = caught.value.json_body["error"]
    assert caught.value.http_status == 400
    assert (error.get("code"), (error.get("param") or "").partition("[")[0] or None) == (code, param)
    assert stripe.refunds.list().data == []
    assert stripe.charges.retrieve(charge.id).amount_refunded == 0


@pytest.mark.parametrize("params", [{"amount": 1}, {"reason": "duplicate"}, {"charge": "ch_1"}])
def test_only_the_notes_of_a_refund_can_change(stripe, charge, params):
    refund = stripe.refunds.create({"charge": charge.id})
    with refused(code="parameter_unknown", param=next(iter(params))):
        stripe.refunds.update(refund.id, params)


def test_refunds_are_listed_by_when_they_were_made(stripe, charge):
    refund = stripe.refunds.create({"charge": charge.id, "amount": 1})
    assert [one.id for one in stripe.refunds.list({"created": refund.created}).data] == [refund.id]
    assert stripe.refunds.list({"created": {"gt": refund.created}}).data == []
    assert stripe.refunds.list({"payment_intent": "pi_nope"}).data == []


def test_the_refusal_of_a_charge_made_alone_names_no_intent(stripe):
    with pytest.raises(sdk.CardError) as caught:
        stripe.charges.create({**CHARGE, "source": "tok_chargeDeclined"})
    error = caught.value.json_body["error"]
    assert error["charge"].startswith("ch_")
    assert error.keys() & {"payment_intent", "payment_method", "setup_intent"} == set()


def test_the_refusal_of_an_intents_charge_holds_both(stripe):
    with pytest.raises(sdk.CardError) as caught:
        pay(stripe, "pm_card_chargeDeclined")
    error = caught.value.json_body["error"]
    intent, charge = error["payment_intent"], error["charge"]
    assert (intent["latest_charge"], intent["payment_method"]) == (charge, None)
    assert intent["last_payment_error"]["charge"] == charge
    assert error["payment_method"]["card"]["last4"] == "0002"
    assert None not in error.values()


def test_an_intent_that_was_canceled_has_nothing_to_give_back(stripe):
    held = pay(stripe, capture_method="manual")
    stripe.payment_intents.cancel(held.id)
    with refused(says="does not have a successful charge to refund"):
        stripe.refunds.create({"payment_intent": held.id})


@pytest.mark.parametrize(
    ("currency", "asked", "left"),
    [
        ("usd", "$20.00", "$10.00"),
        ("eur", "€20.00", "€10.00"),
        ("jpy", "¥2,000", "¥1,000"),
        ("chf", "20.00 chf", "10.00 chf"),
    ],
)
def test_too_much_is_said_as_its_currency_is_written(stripe, currency, asked, left):
    charge = stripe.charges.create({**CHARGE, "currency": currency})
    says = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})"
    with refused(param="amount", says=says):
        stripe.refunds.create({"charge": charge.id, "amount": 2000})
