"""Confirming PaymentIntents: paid, refused, kept or used up."""

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import VISA, event_types, refused
from support.payments import PAYMENT, RETURN_URL, pay

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
UNEXPECTED = "payment_intent_unexpected_state"


def charges_of(stripe, intent):
    return stripe.charges.list({"payment_intent": intent.id}).data


# -- paid ---------------------------------------------------------------------------------------------------------------


def test_an_intent_is_paid_in_one_request(stripe):
    intent = pay(stripe, metadata={"order": "7"}, description="Seven")

    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 2000, 0)
    assert (intent.next_action, intent.last_payment_error) == (None, None)
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert (charge.payment_intent, charge.payment_method) == (intent.id, intent.payment_method)
    assert (charge.metadata.to_dict(), charge.description) == ({"order": "7"}, "Seven")
    assert charge.source is None
    assert event_types(stripe)[:3] == PAID


def test_the_balance_hears_of_an_asynchronous_capture_a_moment_later(stripe):
    intent = pay(stripe, expand=["latest_charge.balance_transaction"])
    assert intent.latest_charge.balance_transaction is None

    charge = eventually(
        lambda: stripe.charges.retrieve(intent.latest_charge.id), until=lambda one: one.balance_transaction
    )
    (told,) = stripe.events.list({"type": "charge.updated"}).data
    assert told.data.object["balance_transaction"] == charge.balance_transaction
    assert told.data.previous_attributes["balance_transaction"] is None


def test_the_balance_hears_of_an_automatic_capture_at_once(stripe):
    intent = pay(stripe, capture_method="automatic", expand=["latest_charge.balance_transaction"])
    assert intent.latest_charge.balance_transaction.amount == 2000
    assert event_types(stripe) == PAID


def test_an_expanded_charge_names_its_intent_whose_charge_is_an_id_again(stripe):
    intent = pay(stripe, expand=["latest_charge.payment_intent"])
    assert intent.latest_charge.payment_intent.latest_charge == intent.latest_charge.id


def test_an_intent_is_confirmed_with_what_the_confirmation_brings(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    confirmed = stripe.payment_intents.confirm(
        intent.id, {"payment_method_data": {"type": "card", "card": VISA}, "receipt_email": "a@b.co"}
    )
    assert (confirmed.status, confirmed.receipt_email) == ("succeeded", "a@b.co")


def test_any_currency_is_paid_in_its_own_units(stripe):
    assert pay(stripe, amount=50, currency="jpy").amount_received == 50
    with refused(code="amount_too_small", param="amount"):
        pay(stripe, amount=49, currency="jpy")


# -- refused by the issuer ----------------------------------------------------------------------------------------------


def test_a_decline_leaves_the_intent_payable(stripe):
    """A decline is an answer about a card, not the end of the payment."""
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

    error = caught.value.json_body["error"]
    after = stripe.payment_intents.retrieve(intent.id)
    assert error["payment_intent"] == after.to_dict()
    assert (after.status, after.payment_method, after.amount_received) == ("requires_payment_method", None, 0)
    assert after.latest_charge == error["charge"]
    assert after.last_payment_error.payment_method.id == error["payment_method"]["id"]
    assert "payment_intent" not in after.last_payment_error
    (failed,) = charges_of(stripe, intent)
    assert (failed.status, failed.outcome.reason) == ("failed", "generic_decline")
    assert event_types(stripe) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]

    paid = stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert [one.status for one in charges_of(stripe, intent)] == ["succeeded", "failed"]


def test_a_decline_is_replayed_to_the_byte_and_not_tried_again(post, stripe):
    params = {
        "amount": "2000",
        "currency": "usd",
        "payment_method": "pm_card_chargeDeclined",
        "confirm": "true",
    }
    params["payment_method_types[]"] = "card"
    first, second = [post("/v1/payment_intents", params, Idempotency_Key="k") for _ in range(2)]
    assert (first.status, second.body) == (402, first.body)
    assert len(stripe.charges.list().data) == 1


def test_what_is_too_risky_is_a_failed_charge(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="fraudulent"):
        pay(stripe, "pm_card_radarBlock")
    assert stripe.charges.list().data[0].outcome.type == "blocked"


# -- refused by us ------------------------------------------------------------------------------------------------------


def test_there_is_nothing_to_confirm_without_a_payment_method(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(code=UNEXPECTED, says="missing a payment method") as caught:
        stripe.payment_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["id"] == intent.id
    with refused(code=UNEXPECTED, says="missing a payment method"):
        stripe.payment_intents.create({**PAYMENT, "confirm": True})


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
def test_what_was_confirmed_is_not_confirmed_again(stripe, capture_method):
    intent = pay(stripe, capture_method=capture_method)
    with refused(code=UNEXPECTED) as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert caught.value.json_body["error"]["payment_intent"]["status"] == intent.status
    assert len(charges_of(stripe, intent)) == 1


def test_what_was_given_up_is_not_confirmed(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    stripe.payment_intents.cancel(intent.id)
    with refused(code=UNEXPECTED, says="has been canceled"):
        stripe.payment_intents.confirm(intent.id)
    with refused(code=UNEXPECTED, says="payment_method could not be updated"):
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


def test_a_refusal_about_the_owner_holds_the_intent(stripe):
    owner, other = stripe.customers.create(), stripe.customers.create()
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": owner.id})
    intent = stripe.payment_intents.create({**PAYMENT, "customer": other.id})
    with refused(param="payment_method") as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": method.id})
    assert caught.value.json_body["error"]["payment_intent"]["id"] == intent.id
    anonymous = stripe.payment_intents.create(PAYMENT)
    with refused(code="parameter_missing", param="source"):
        stripe.payment_intents.confirm(anonymous.id, {"payment_method": method.id})


def test_a_card_payment_has_no_statement_descriptor_but_a_suffix(stripe):
    with refused(param="statement_descriptor"):
        pay(stripe, statement_descriptor="SHOP")
    suffixed = pay(stripe, statement_descriptor_suffix="SHOP", expand=["latest_charge"])
    assert suffixed.latest_charge.statement_descriptor_suffix == "SHOP"


@pytest.mark.parametrize(
    "url",
    [
        "nowhere",
        "https://",
        "/return",
        "https://a b.example",
        "javascript:alert(1)",
        "https://a.example/\x01",
    ],
)
def test_a_return_url_is_an_absolute_address(stripe, url):
    with refused(code="url_invalid", param="return_url"):
        pay(stripe, return_url=url)


def test_where_the_customer_may_be_sent_elsewhere_they_come_back_somewhere(stripe):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["card", "ideal"],
            "payment_method_data": {"type": "ideal"},
        }
    )
    with refused() as caught:
        stripe.payment_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["status"] == "requires_confirmation"
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    sent = stripe.payment_intents.confirm(intent.id, {"return_url": RETURN_URL})
    assert sent.next_action.redirect_to_url.return_url == RETURN_URL


# -- kept or used up ----------------------------------------------------------------------------------------------------


def test_a_payment_method_nobody_keeps_pays_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    pay(stripe, method.id)
    with refused(says="may not be used again"):
        pay(stripe, method.id)
    with refused(says="may not be used again"):
        stripe.payment_methods.attach(method.id, {"customer": stripe.customers.create().id})


def test_one_that_declined_was_not_used(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": "4000000000000002"}})
    for _ in range(2):
        with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
            pay(stripe, method.id)


def test_setup_future_usage_keeps_it_for_the_customer(stripe):
    customer = stripe.customers.create()
    intent = pay(stripe, customer=customer.id, setup_future_usage="off_session")

    (kept,) = stripe.customers.payment_methods.list(customer.id).data
    assert (kept.id, kept.card.checks.cvc_check) == (intent.payment_method, "pass")
    assert event_types(stripe)[1:5] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_method.attached",
        "payment_intent.succeeded",
    ]
    assert pay(stripe, kept.id, customer=customer.id, off_session=True).status == "succeeded"


def test_without_a_customer_it_can_be_attached_afterwards(stripe):
    intent = pay(stripe, setup_future_usage="on_session")
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None
    customer = stripe.customers.create()
    assert (
        stripe.payment_methods.attach(intent.payment_method, {"customer": customer.id}).customer
        == customer.id
    )


def test_what_the_options_say_of_the_type_counts(stripe):
    customer = stripe.customers.create()
    options = {"payment_method_options": {"card": {"setup_future_usage": "none"}}}
    intent = pay(stripe, customer=customer.id, setup_future_usage="off_session", **options)
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None


def test_a_failure_keeps_nothing(stripe):
    customer = stripe.customers.create()
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclined", customer=customer.id, setup_future_usage="off_session")
    assert stripe.customers.payment_methods.list(customer.id).data == []
