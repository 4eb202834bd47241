"""What card networks do by themselves to saved cards: renewed or replaced, and told without a request's name."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused

HELPER = "/v1/test_helpers/payment_methods/{}/automatically_update"


@pytest.fixture
def saved(stripe):
    customer = stripe.customers.create({})
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    return stripe.payment_methods.attach(method.id, {"customer": customer.id})


def told(stripe):
    return stripe.events.list({"type": "payment_method.automatically_updated"}).data


def test_a_card_is_renewed_and_the_event_names_no_request(stripe, saved, post):
    reply = post(HELPER.format(saved.id))

    assert reply.status == 200
    assert reply.json["card"]["exp_year"] == 2037
    assert stripe.payment_methods.retrieve(saved.id).card.exp_year == 2037
    [event] = told(stripe)
    assert event.data.previous_attributes.to_dict() == {"card": {"exp_year": 2034}}
    assert event.request.to_dict() == {"id": None, "idempotency_key": None}


def test_a_card_is_replaced_and_what_was_checked_stays_checked(stripe, saved, post):
    number = "5555555555554444"
    reply = post(
        HELPER.format(saved.id), {"card[number]": number, "card[exp_month]": "1", "card[exp_year]": "2040"}
    )
    card = reply.json["card"]

    assert (card["brand"], card["last4"], card["exp_month"], card["exp_year"]) == (
        "mastercard",
        "4444",
        1,
        2040,
    )
    assert card["checks"]["cvc_check"] == "pass"
    assert card["fingerprint"] == stripe.tokens.create({"card": {**VISA, "number": number}}).card.fingerprint
    [event] = told(stripe)
    assert event.data.previous_attributes.to_dict()["card"]["last4"] == "4242"
    assert event.data.previous_attributes.to_dict()["card"]["fingerprint"] == saved.card.fingerprint
    assert event_types(stripe, saved.id) == [
        "payment_method.attached",
        "payment_method.automatically_updated",
    ]


def test_nothing_is_told_of_what_did_not_change(stripe, saved, post):
    assert post(HELPER.format(saved.id), {"card[exp_year]": "2034"}).status == 200
    assert told(stripe) == []


def test_an_orphan_may_still_be_updated(stripe, saved, post):
    stripe.customers.delete(saved.customer)
    assert post(HELPER.format(saved.id)).json["card"]["exp_year"] == 2037
    assert "deleted" in post(HELPER.format(saved.id), {"card[number]": "5555555555554444"}).error["message"]


def test_what_is_not_a_saved_card_is_refused(stripe, live, saved, post, name):
    fresh = stripe.payment_methods.create({"type": "card", "card": VISA})
    account = stripe.payment_methods.attach("pm_success_de", {"customer": saved.customer})
    for method_id, params, code, param in (
        (fresh.id, {}, None, None),
        (account.id, {}, "payment_method_unsupported_type", None),
        (saved.id, {"card[exp_year]": "2019"}, "invalid_expiry_year", "exp_year"),
        (saved.id, {"card[number]": "4242424242424241"}, "incorrect_number", "number"),
        (saved.id, {"card[cvc]": "123"}, "parameter_unknown", "card[cvc]"),
        ("pm_nope", {}, "resource_missing", "payment_method"),
    ):
        error = post(HELPER.format(method_id), params).error
        assert (error.get("code"), error.get("param")) == (code, param)
    assert post(HELPER.format(saved.id), key=f"sk_live_{name}").status == 400
    assert told(stripe) == []
    with refused(sdk.InvalidRequestError, status=404, code="resource_missing", param="payment_method"):
        live.payment_methods.retrieve(saved.id)
