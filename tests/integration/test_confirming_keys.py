"""Who confirms a PaymentIntent: a browser with the client secret, and many at once."""

import threading

import stripe as sdk

from support.data import VISA
from support.payments import PAYMENT, pay

UNEXPECTED = "payment_intent_unexpected_state"


def charges_of(stripe, intent):
    return stripe.charges.list({"payment_intent": intent.id}).data


# -- publishable keys ---------------------------------------------------------------------------------------------------


def test_a_browser_confirms_with_the_client_secret_and_sees_its_part(stripe, browser, post, publishable_key):
    intent = stripe.payment_intents.create({**PAYMENT, "metadata": {"a": "b"}})
    path = f"/v1/payment_intents/{intent.id}/confirm"
    secret = {"client_secret": intent.client_secret}

    missing = post(path, {"payment_method": "pm_card_visa"}, key=publishable_key)
    assert (missing.status, missing.error["param"]) == (400, "client_secret")
    other = post(path, {"client_secret": "pi_x_secret_y"}, key=publishable_key)
    assert (other.status, other.error["param"]) == (400, "client_secret")
    declined = post(path, {"payment_method": "pm_card_chargeDeclined", **secret}, key=publishable_key)
    assert declined.status == 402
    assert {"metadata", "customer", "latest_charge"}.isdisjoint(declined.error["payment_intent"])
    assert "fingerprint" not in declined.error["payment_method"]["card"]
    paid = post(path, {"payment_method": "pm_card_visa", **secret}, key=publishable_key)
    assert paid.json["status"] == "succeeded"
    assert {"metadata", "customer", "latest_charge"}.isdisjoint(paid.json)


def test_a_browser_confirms_nothing_that_the_server_confirms_itself(stripe, post, publishable_key):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["card"],
            "confirmation_method": "manual",
        }
    )
    reply = post(
        f"/v1/payment_intents/{intent.id}/confirm",
        {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"},
        key=publishable_key,
    )
    assert (reply.status, reply.error["code"]) == (400, "payment_intent_invalid_parameter")


# -- at once ------------------------------------------------------------------------------------------------------------


def test_confirmed_many_times_at_once_it_is_charged_once(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "payment_method": "pm_card_visa"})
    seen = []

    def confirm():
        try:
            seen.append(stripe.payment_intents.confirm(intent.id).status)
        except sdk.StripeError as error:
            seen.append(error.json_body["error"]["code"])

    threads = [threading.Thread(target=confirm) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count("succeeded") == 1
    assert set(seen) <= {"succeeded", "lock_timeout", UNEXPECTED}
    assert len(charges_of(stripe, intent)) == 1


def test_two_intents_cannot_use_up_one_payment_method_at_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    seen = []

    def use():
        try:
            seen.append(pay(stripe, method.id).status)
        except sdk.StripeError as error:
            seen.append(error.http_status)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count("succeeded") == 1
    assert len(stripe.charges.list().data) == 1
