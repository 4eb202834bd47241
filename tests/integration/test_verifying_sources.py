"""A customer's bank account is verified by how much two small deposits to it were."""

import pytest
import stripe as sdk

from support.data import event_types, refused
from support.sources import BANK, HOLDER, IBAN, bank_token, customer, sources

__all__ = ["customer", "sources"]


WRONG = {"status": 402, "code": "bank_account_verification_failed"}


@pytest.fixture
def unverified(stripe, sources, customer):
    return sources.create(customer.id, {"source": bank_token(stripe).id})


@pytest.mark.parametrize("amounts", [[32, 45], [45, 32]])
def test_the_right_amounts_verify_a_bank_account(stripe, sources, customer, unverified, amounts):
    verified = sources.verify(customer.id, unverified.id, {"amounts": amounts})

    assert (verified.id, verified.status) == (unverified.id, "verified")
    assert sources.retrieve(customer.id, unverified.id).status == "verified"
    told = stripe.events.list({"type": "customer.source.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in told] == [{"status": "new"}]
    with refused(says="already been verified"):
        sources.verify(customer.id, unverified.id, {"amounts": [32, 45]})


def test_a_bank_account_is_a_payment_method_once_it_is_verified(stripe, sources, customer, unverified):
    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.payment_methods.retrieve(unverified.id)
    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.customers.payment_methods.retrieve(customer.id, unverified.id)
    with refused(code="resource_missing", param="invoice_settings[default_payment_method]"):
        stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": unverified.id}})
    assert stripe.customers.payment_methods.list(customer.id).data == []
    assert stripe.payment_methods.list().data == []

    sources.verify(customer.id, unverified.id, {"amounts": [32, 45]})

    method = stripe.payment_methods.retrieve(unverified.id)
    assert (method.type, method.customer, method.billing_details.name) == (
        "us_bank_account",
        customer.id,
        "Jenny Rosen",
    )
    assert (method.us_bank_account.last4, method.us_bank_account.routing_number) == ("6789", "110000000")
    listed = stripe.customers.payment_methods.list(customer.id, {"type": "us_bank_account"}).data
    assert [one.id for one in listed] == [unverified.id]


def test_a_magic_bank_account_is_verified_and_one_elsewhere_is_no_payment_method(stripe, sources, customer):
    magic = sources.create(customer.id, {"source": "btok_us_verified"})
    french = sources.create(customer.id, {"source": bank_token(stripe, IBAN, **HOLDER).id})
    sources.verify(customer.id, french.id, {"amounts": [32, 45]})

    assert (magic.status, sources.retrieve(customer.id, french.id).status) == ("verified", "verified")
    assert [one.id for one in stripe.customers.payment_methods.list(customer.id).data] == [magic.id]


def test_three_wrong_pairs_and_no_more(stripe, sources, customer, unverified):
    for status_before in ("new", "new", "new"):
        assert sources.retrieve(customer.id, unverified.id).status == status_before
        with refused(sdk.CardError, **WRONG, says="do not match the amounts"):
            sources.verify(customer.id, unverified.id, {"amounts": [1, 2]})

    assert sources.retrieve(customer.id, unverified.id).status == "verification_failed"
    with refused(sdk.CardError, **WRONG, says="exceeded"):
        sources.verify(customer.id, unverified.id, {"amounts": [32, 45]})
    assert event_types(stripe, unverified.id) == ["customer.source.created", "customer.source.updated"]


@pytest.mark.parametrize(("amounts", "says"), [([10, 11], "exceeded"), ([40, 41], "time")])
def test_published_amounts_end_the_tries_at_once(sources, customer, unverified, amounts, says):
    with refused(sdk.CardError, **WRONG, says=says):
        sources.verify(customer.id, unverified.id, {"amounts": amounts})
    assert sources.retrieve(customer.id, unverified.id).status == "verification_failed"


def test_what_cannot_be_verified(stripe, sources, customer, unverified, post):
    card = sources.create(customer.id, {"source": "tok_visa"})
    with refused(param="id", says="Only bank accounts"):
        sources.verify(customer.id, card.id, {"amounts": [32, 45]})
    with refused(code="parameter_missing", param="amounts"):
        sources.verify(customer.id, unverified.id, {})
    with refused(param="amounts"):
        sources.verify(customer.id, unverified.id, {"amounts": [32]})
    with refused(status=404, code="resource_missing", param="id"):
        sources.verify(customer.id, "ba_nope", {"amounts": [32, 45]})
    alias = f"/v1/customers/{customer.id}/bank_accounts/{unverified.id}/verify"
    assert post(alias, {"amounts[]": "32"}).status == 400
    assert post(alias, {"amounts[0]": "32", "amounts[1]": "45"}).json["status"] == "verified"


def test_nobody_sends_deposits_in_live_mode(post, name):
    key = f"sk_live_{name}"
    inline = {**BANK, **HOLDER, "object": "bank_account"}
    made = post("/v1/customers", {f"source[{k}]": v for k, v in inline.items()}, key=key).json
    path = f"/v1/customers/{made['id']}/sources/{made['default_source']}"
    reply = post(f"{path}/verify", {"amounts[0]": "32", "amounts[1]": "45"}, key=key)
    assert (reply.status, reply.error["code"]) == (501, "strongroom_not_implemented")
