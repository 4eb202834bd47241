"""Confirming SetupIntents: a way to pay is kept, refused, or asked about; no money moves."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused
from support.payments import AGREED, NO_REDIRECTS, RETURN_URL, answer, pay

UNEXPECTED = "setup_intent_unexpected_state"


def set_up(stripe, method="pm_card_visa", **params):
    return stripe.setup_intents.create({**NO_REDIRECTS, "payment_method": method, "confirm": True, **params})


def attempts_of(stripe, intent):
    return stripe.setup_attempts.list({"setup_intent": intent.id}).data


@pytest.fixture
def customer(stripe):
    return stripe.customers.create()


def test_a_card_is_kept_for_its_customer(stripe, customer):
    intent = set_up(stripe, customer=customer.id, expand=["latest_attempt"])

    assert (intent.status, intent.mandate, intent.single_use_mandate) == ("succeeded", None, None)
    (kept,) = stripe.customers.payment_methods.list(customer.id).data
    assert (kept.id, kept.card.checks.cvc_check) == (intent.payment_method, "pass")
    attempt = intent.latest_attempt
    assert (attempt.status, attempt.setup_error, attempt.usage) == ("succeeded", None, "off_session")
    assert (attempt.payment_method, attempt.customer) == (kept.id, customer.id)
    assert attempt.payment_method_details.card.last4 == "4242"
    assert event_types(stripe)[1:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert stripe.charges.list().data == stripe.balance_transactions.list().data == []


def test_one_that_is_attached_already_is_not_attached_again(stripe, customer):
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert set_up(stripe, method.id, customer=customer.id).status == "succeeded"
    assert event_types(stripe)[2:] == ["setup_intent.created", "setup_intent.succeeded"]


def test_without_a_customer_it_can_be_attached_afterwards(stripe, customer):
    intent = set_up(stripe)
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None
    stripe.payment_methods.attach(intent.payment_method, {"customer": customer.id})


def test_a_decline_leaves_the_intent_open_and_an_attempt_behind(stripe, customer):
    intent = stripe.setup_intents.create({**NO_REDIRECTS, "customer": customer.id})
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        stripe.setup_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

    error = caught.value.json_body["error"]
    after = stripe.setup_intents.retrieve(intent.id)
    assert "charge" not in error
    assert error["setup_intent"] == after.to_dict()
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_setup_error.payment_method.id == error["payment_method"]["id"]
    (attempt,) = attempts_of(stripe, intent)
    assert (after.latest_attempt, attempt.status) == (attempt.id, "failed")
    assert attempt.setup_error.code == "card_declined"
    assert event_types(stripe)[1:] == ["setup_intent.created", "setup_intent.setup_failed"]
    assert stripe.customers.payment_methods.list(customer.id).data == []

    assert stripe.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    assert [one.status for one in attempts_of(stripe, intent)] == ["succeeded", "failed"]


def test_a_decline_about_one_field_says_its_code_twice(stripe):
    with refused(
        sdk.CardError, status=402, code="expired_card", decline_code="expired_card", param="exp_month"
    ):
        set_up(stripe, "pm_card_chargeDeclinedExpiredCard")


def test_a_card_that_only_fails_when_charged_can_be_set_up(stripe, customer):
    intent = set_up(stripe, "pm_card_chargeCustomerFail", customer=customer.id)
    assert intent.status == "succeeded"
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
        pay(stripe, intent.payment_method, customer=customer.id, off_session=True)


def test_its_holder_is_asked_and_then_pays_while_away(stripe, server, customer):
    intent = set_up(
        stripe,
        "pm_card_authenticationRequiredOnSetup",
        customer=customer.id,
        return_url=RETURN_URL,
    )
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert attempts_of(stripe, intent)[0].status == "requires_action"

    location = answer(server, intent, "complete").headers["Location"]
    assert f"setup_intent={intent.id}" in location
    assert "redirect_status=succeeded" in location
    done = stripe.setup_intents.retrieve(intent.id)
    assert (done.status, done.next_action) == ("succeeded", None)
    (attempt,) = attempts_of(stripe, intent)
    assert (attempt.status, attempt.payment_method_details.card.three_d_secure.result) == (
        "succeeded",
        "authenticated",
    )
    assert pay(stripe, done.payment_method, customer=customer.id, off_session=True).status == "succeeded"
    assert event_types(stripe)[1:5] == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


def test_a_holder_who_fails_leaves_nothing_kept(stripe, server, customer):
    intent = set_up(stripe, "pm_card_threeDSecure2Required", customer=customer.id, return_url=RETURN_URL)
    assert "redirect_status=failed" in answer(server, intent, "fail").headers["Location"]
    after = stripe.setup_intents.retrieve(intent.id)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_setup_error.code == "setup_intent_authentication_failure"
    assert attempts_of(stripe, intent)[0].status == "failed"
    assert event_types(stripe)[-1] == "setup_intent.setup_failed"


def test_an_attempt_that_waits_is_abandoned_for_the_next(stripe):
    intent = set_up(stripe, "pm_card_threeDSecure2Required", return_url=RETURN_URL)
    stripe.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert [one.status for one in attempts_of(stripe, intent)] == ["succeeded", "abandoned"]


def test_a_bank_debit_is_kept_with_what_was_agreed(stripe, customer):
    intent = stripe.setup_intents.create(
        {
            "payment_method_types": ["us_bank_account"],
            "payment_method": "pm_usBankAccount_success",
            "customer": customer.id,
            "confirm": True,
            "mandate_data": AGREED,
        }
    )
    mandate = stripe.mandates.retrieve(intent.mandate)
    assert (mandate.type, mandate.status, mandate.payment_method) == (
        "multi_use",
        "active",
        intent.payment_method,
    )
    paid = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method": intent.payment_method,
            "customer": customer.id,
            "confirm": True,
            "mandate": mandate.id,
        }
    )
    assert paid.status == "processing"


@pytest.mark.parametrize(
    ("end", "says"), [("confirm", "it has already succeeded"), ("cancel", "it has been canceled")]
)
def test_what_has_ended_is_not_confirmed(stripe, end, says):
    intent = stripe.setup_intents.create({**NO_REDIRECTS, "payment_method": "pm_card_visa"})
    getattr(stripe.setup_intents, end)(intent.id)
    with refused(code=UNEXPECTED, says=says) as caught:
        stripe.setup_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["setup_intent"]["id"] == intent.id


def test_what_is_refused_by_us_leaves_no_attempt(stripe, customer):
    intent = stripe.setup_intents.create(NO_REDIRECTS)
    with refused(code=UNEXPECTED, says="missing a payment method"):
        stripe.setup_intents.confirm(intent.id)
    owned = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    with refused(param="payment_method") as caught:
        stripe.setup_intents.confirm(intent.id, {"payment_method": owned.id})
    assert caught.value.json_body["error"]["setup_intent"]["id"] == intent.id
    assert attempts_of(stripe, intent) == []


def test_attempts_are_listed_of_one_intent(stripe, get):
    missing = get("/v1/setup_attempts")
    assert (missing.status, missing.error["code"], missing.error["param"]) == (
        400,
        "parameter_missing",
        "setup_intent",
    )
    with refused(code="resource_missing", param="setup_intent"):
        stripe.setup_attempts.list({"setup_intent": "seti_nope"})


def test_a_browser_confirms_with_the_client_secret(stripe, post, publishable_key):
    intent = stripe.setup_intents.create({**NO_REDIRECTS, "metadata": {"a": "b"}})
    fields = {f"payment_method_data[card][{name}]": value for name, value in VISA.items()}
    params = {"client_secret": intent.client_secret, "payment_method_data[type]": "card", **fields}
    reply = post(f"/v1/setup_intents/{intent.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.json["status"]) == (200, "succeeded")
    assert {"metadata", "customer", "latest_attempt", "mandate"}.isdisjoint(reply.json)
