"""What a PaymentIntent asks of the customer: the challenge, the pages elsewhere, and the answers they leave."""

import threading
from urllib.parse import urlencode

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused
from support.payments import NO_REDIRECTS, RETURN_URL, answer, page_of, pay

THREE_D_SECURE = "pm_card_threeDSecure2Required"


def charges_of(stripe, intent):
    return stripe.charges.list({"payment_intent": intent.id}).data


# -- 3D Secure ----------------------------------------------------------------------------------------------------------


def test_a_card_that_wants_its_holder_is_charged_when_they_have_answered(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL
    assert charges_of(stripe, intent) == []

    reply = answer(server, intent, "complete")
    added = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }
    assert reply.status == 303
    assert reply.headers["Location"] == f"https://shop.example/return?cart=7&{urlencode(added)}#top"
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.next_action) == ("succeeded", None)
    done = paid.latest_charge.payment_method_details.card.three_d_secure
    assert (done.authentication_flow, done.result, done.electronic_commerce_indicator, done.version) == (
        "challenge",
        "authenticated",
        "05",
        "2.2.0",
    )
    assert event_types(stripe)[:4] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert answer(server, intent, "complete").status == 404


def test_a_customer_who_fails_leaves_no_charge(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    reply = answer(server, intent, "fail")
    assert "redirect_status=failed" in reply.headers["Location"]

    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.payment_method, after.latest_charge) == (
        "requires_payment_method",
        None,
        None,
    )
    error = after.last_payment_error
    assert (error.type, error.code) == ("invalid_request_error", "payment_intent_authentication_failure")
    assert error.payment_method.id == intent.payment_method
    assert charges_of(stripe, intent) == []
    assert event_types(stripe)[-1] == "payment_intent.payment_failed"


def test_a_decline_after_the_challenge_is_told_to_nobody_who_waits(stripe, server):
    intent = pay(stripe, "pm_card_threeDSecureRequiredChargeDeclined", return_url=RETURN_URL)
    reply = answer(server, intent, "complete")
    assert (reply.status, "redirect_status=failed" in reply.headers["Location"]) == (303, True)
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert [one.status for one in charges_of(stripe, intent)] == ["failed"]


def test_the_page_asks_and_answers_nobody_else(stripe, server):
    intent = pay(stripe, THREE_D_SECURE)
    assert intent.next_action.type == "use_stripe_sdk"
    path = page_of(intent)[len(server.url) :]
    shown = server.request("GET", path)
    assert (shown.status, b"Complete authentication" in shown.body) == (200, True)
    assert server.request("POST", path, {"outcome": "maybe"}).status == 400
    assert server.request("GET", path[:-1] + ("a" if path[-1] != "a" else "b")).status == 404
    assert server.request("GET", path.replace("/test/", "/live/")).status == 404
    assert server.request("GET", "/challenge/x").status == 404
    assert server.request("POST", path, {"outcome": "complete"}).status == 200
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"


def test_of_many_answers_at_once_one_counts(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    threads = [
        threading.Thread(target=answer, args=(server, intent, word)) for word in ["complete", "fail"] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, len(charges_of(stripe, intent))) in {
        ("succeeded", 1),
        ("requires_payment_method", 0),
    }


def test_of_two_intents_that_wait_with_one_payment_method_one_is_paid(stripe, server):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": "4000000000003220"}})
    first, second = [pay(stripe, method.id, return_url=RETURN_URL) for _ in range(2)]
    assert "redirect_status=succeeded" in answer(server, first, "complete").headers["Location"]
    assert "redirect_status=failed" in answer(server, second, "complete").headers["Location"]
    assert charges_of(stripe, second) == []


def test_manually_confirmed_the_server_confirms_again_without_a_second_challenge(stripe, server):
    manual = {"payment_method_types": ["card"], "confirmation_method": "manual"}
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": THREE_D_SECURE,
            "confirm": True,
            "return_url": RETURN_URL,
            **manual,
        }
    )
    answer(server, intent, "complete")
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    assert charges_of(stripe, intent) == []
    assert stripe.payment_intents.confirm(intent.id).status == "succeeded"


def test_whoever_cannot_have_an_action_is_refused(stripe):
    with refused(
        sdk.CardError, status=402, code="authentication_required", decline_code="authentication_required"
    ) as caught:
        stripe.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": THREE_D_SECURE,
                "payment_method_types": ["card"],
                "confirm": True,
                "error_on_requires_action": True,
            }
        )
    inside = caught.value.json_body["error"]["payment_intent"]
    assert (inside["status"], inside["latest_charge"]) == ("requires_payment_method", None)


def test_what_a_configuration_chooses_may_redirect(stripe):
    [configuration] = stripe.payment_method_configurations.list().data
    stripe.payment_method_configurations.update(
        configuration.id, {"ideal": {"display_preference": {"preference": "on"}}}
    )
    sent = {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    with refused() as caught:
        stripe.payment_intents.create(sent)
    assert "return_url" in caught.value.user_message
    assert stripe.payment_intents.create({**sent, "off_session": True}).status == "succeeded"
    assert stripe.payment_intents.create({**sent, **NO_REDIRECTS}).status == "succeeded"


def test_whoever_cannot_have_an_action_names_the_types(stripe):
    with refused(code="payment_intent_invalid_parameter", param="error_on_requires_action"):
        pay(stripe, error_on_requires_action=True)
    assert stripe.payment_intents.list().data == []

    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    with refused(code="payment_intent_invalid_parameter", param="error_on_requires_action"):
        stripe.payment_intents.confirm(
            intent.id, {"error_on_requires_action": True, "return_url": RETURN_URL}
        )
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    assert stripe.payment_intents.confirm(intent.id, {"return_url": RETURN_URL}).status == "succeeded"


@pytest.mark.parametrize(
    ("wish", "status"),
    [("automatic", "succeeded"), ("any", "requires_action"), ("challenge", "requires_action")],
)
def test_a_merchant_may_ask_for_the_challenge(stripe, wish, status):
    options = {"payment_method_options": {"card": {"request_three_d_secure": wish}}}
    assert pay(stripe, "pm_card_threeDSecureOptional", **options).status == status


def test_an_authentication_done_elsewhere_is_enough(stripe):
    done = {
        "cryptogram": "AAAA",
        "transaction_id": "t",
        "version": "2.2.0",
        "electronic_commerce_indicator": "05",
    }
    options = {"payment_method_options": {"card": {"three_d_secure": done}}}
    assert pay(stripe, "pm_card_authenticationRequired", **options).status == "succeeded"


def test_an_update_of_what_is_paid_ends_the_customers_action_and_one_of_the_notes_does_not(stripe):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    noted = stripe.payment_intents.update(intent.id, {"metadata": {"a": "b"}})
    assert (noted.status, noted.next_action.type) == ("requires_action", "redirect_to_url")
    changed = stripe.payment_intents.update(intent.id, {"amount": 2100})
    assert (changed.status, changed.next_action) == ("requires_confirmation", None)


# -- elsewhere ----------------------------------------------------------------------------------------------------------


def test_who_pays_elsewhere_is_sent_there_and_comes_back(stripe, server):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["ideal"],
            "payment_method_data": {"type": "ideal"},
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )
    assert intent.status == "requires_action"
    answer(server, intent, "complete")
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.latest_charge.payment_method_details.type) == ("succeeded", "ideal")
    assert paid.latest_charge.id.startswith("py_")
