"""Rows of the documentation about what customers are asked: challenges, where they lead, and what a charge says of them."""

import pytest
import stripe as sdk

from support.actions import answer, confirmed, key_of, page_of
from support.data import event_types, refused
from support.payments import RETURN_URL, pay

AUTHENTICATES = "pm_card_threeDSecure2Required"


def charge_of(stripe, intent):
    return stripe.charges.retrieve(stripe.payment_intents.retrieve(intent.id).latest_charge)


def three_d_secure_of(stripe, intent):
    return charge_of(stripe, intent).payment_method_details.card.three_d_secure


@pytest.mark.parametrize(
    "params", [{"return_url": RETURN_URL, "use_stripe_sdk": True}, {"use_stripe_sdk": True}, {}]
)
def test_the_merchants_page_takes_care_of_it_if_it_says_so_or_nobody_says_where_to_go(server, stripe, params):
    intent = pay(stripe, AUTHENTICATES, **params)
    action = intent.next_action.to_dict()
    assert set(action) == {"type", "use_stripe_sdk"}
    assert set(action["use_stripe_sdk"]) == {"source", "stripe_js", "type"}
    assert action["use_stripe_sdk"]["source"].startswith("payatt_")
    assert page_of(intent).startswith(f"{server.url}/challenge/")


def test_it_leads_back_wherever_it_began_if_somebody_said_where(server, stripe):
    intent = pay(stripe, AUTHENTICATES, return_url=RETURN_URL, use_stripe_sdk=True)
    assert answer(server, intent, "complete").status == 303


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("https://shop.example/r", "https://shop.example/r?payment_intent="),
        ("https://shop.example/r?a=1&b=", "https://shop.example/r?a=1&b=&payment_intent="),
        ("http://127.0.0.1:3000/#x", "http://127.0.0.1:3000/?payment_intent="),
    ],
)
def test_the_way_back_keeps_what_it_had(server, stripe, url, begins):
    location = answer(server, pay(stripe, AUTHENTICATES, return_url=url), "complete").headers["Location"]
    assert location.startswith(begins)
    assert location.endswith("#x") == url.endswith("#x")


@pytest.mark.parametrize("url", ["shop-app://paid", "com.shop.app:/done?cart=7"])
def test_an_app_is_come_back_to_as_well(server, stripe, url):
    intent = pay(stripe, AUTHENTICATES, return_url=url)
    shown = server.request("GET", page_of(intent)[len(server.url) :])
    scheme = url.partition(":")[0]
    assert f"form-action http: https: {scheme}:;" in shown.headers["Content-Security-Policy"]
    reply = answer(server, intent, "complete")
    assert reply.status == 303
    assert reply.headers["Location"].startswith(
        f"{url}{'&' if '?' in url else '?'}payment_intent={intent.id}&"
    )


def test_letters_of_any_script_arrive_encoded(server, stripe):
    intent = pay(stripe, AUTHENTICATES, return_url='https://shop.example/caf\u00e9?q="a"')
    assert (
        answer(server, intent, "complete")
        .headers["Location"]
        .startswith("https://shop.example/caf%C3%A9?q=%22a%22&payment_intent=")
    )


def test_a_customer_who_fails_leaves_the_charge_before_it(server, stripe):
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]}
    )
    with pytest.raises(Exception, match="declined"):
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    before = stripe.payment_intents.retrieve(intent.id).latest_charge
    asked = stripe.payment_intents.confirm(
        intent.id, {"payment_method": AUTHENTICATES, "return_url": RETURN_URL}
    )
    assert (asked.latest_charge, asked.last_payment_error) == (before, None)
    answer(server, asked, "fail")
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.latest_charge, after.last_payment_error.code) == (
        before,
        "payment_intent_authentication_failure",
    )


def test_a_second_confirmation_takes_the_first_page_away(server, stripe):
    first = pay(stripe, AUTHENTICATES, return_url=RETURN_URL)
    paid = stripe.payment_intents.confirm(first.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.next_action) == ("succeeded", None)
    assert answer(server, first, "fail").status == 404
    assert stripe.payment_intents.retrieve(first.id).status == "succeeded"
    assert len(stripe.charges.list({"payment_intent": first.id}).data) == 1


def test_an_intent_that_is_given_up_is_answered_by_nobody(server, stripe):
    intent = pay(stripe, AUTHENTICATES, return_url=RETURN_URL)
    canceled = stripe.payment_intents.cancel(intent.id)
    assert (canceled.status, canceled.next_action, canceled.latest_charge) == ("canceled", None, None)
    assert answer(server, intent, "complete").status == 404
    assert stripe.charges.list().data == []
    assert event_types(stripe)[-1] == "payment_intent.canceled"


def test_holding_waits_for_the_customer_as_well(server, stripe):
    intent = pay(stripe, AUTHENTICATES, return_url=RETURN_URL, capture_method="manual")
    assert "redirect_status=succeeded" in answer(server, intent, "complete").headers["Location"]
    held = stripe.payment_intents.retrieve(intent.id)
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 2000, 0)
    assert stripe.payment_intents.capture(intent.id).amount_received == 2000


# -- what a charge says of the challenge ------------------------------------------------------------------------------


def test_what_nobody_was_asked_says_nothing(stripe):
    assert three_d_secure_of(stripe, pay(stripe)) is None


def test_a_card_without_it_acknowledges_the_attempt(stripe):
    options = {"card": {"request_three_d_secure": "any"}}
    said = three_d_secure_of(stripe, pay(stripe, payment_method_options=options))
    assert (said.result, said.authentication_flow, said.version) == ("attempt_acknowledged", None, "2.2.0")


def test_a_card_that_never_has_it_is_not_asked(stripe):
    options = {"card": {"request_three_d_secure": "challenge"}}
    paid = pay(stripe, "pm_card_amex_threeDSecureNotSupported", payment_method_options=options)
    assert (paid.status, three_d_secure_of(stripe, paid)) == ("succeeded", None)


def test_a_card_whose_challenge_breaks_is_declined(stripe):
    with refused_card() as caught:
        pay(stripe, "pm_card_threeDSecureRequiredProcessingError", return_url=RETURN_URL)
    charge = stripe.charges.retrieve(caught.value.json_body["error"]["charge"])
    assert charge.payment_method_details.card.three_d_secure.result == "processing_error"


def refused_card():
    return refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline")


# -- who may look -----------------------------------------------------------------------------------------------------


def test_a_page_shows_no_secret_and_takes_no_cookie(server, stripe):
    intent = pay(stripe, AUTHENTICATES, return_url=RETURN_URL)
    shown = server.request("GET", page_of(intent)[len(server.url) :])
    assert intent.client_secret.encode() not in shown.body
    assert "Set-Cookie" not in shown.headers
    policy = shown.headers["Content-Security-Policy"]
    for said in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'sha256-"):
        assert said in policy
    assert "unsafe-inline" not in policy
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in shown.headers["Cache-Control"]


def test_the_page_of_one_intent_does_not_open_another(server, name, stripe):
    first, second = (pay(stripe, AUTHENTICATES, return_url=RETURN_URL) for _ in range(2))
    path = page_of(first)[len(server.url) :]
    token = path.rpartition("/")[2]
    crossed = path.replace(first.id, second.id)
    assert server.request("POST", crossed, {"outcome": "complete"}).status == 404
    other = server.client(key_of(name, "ideal")).v1
    elsewhere = page_of(confirmed(other, "ideal"))[len(server.url) :]
    assert (
        server.request("POST", elsewhere.rpartition("/")[0] + "/" + token, {"outcome": "complete"}).status
        == 404
    )
    assert stripe.payment_intents.retrieve(second.id).status == "requires_action"


@pytest.mark.parametrize(
    "body", [{}, {"outcome": ""}, {"outcome": "succeed"}, {"outcome": "expire "}, {"x": "complete"}]
)
def test_anything_else_changes_nothing_and_is_asked_again(server, stripe, body):
    intent = pay(stripe, AUTHENTICATES, return_url=RETURN_URL)
    reply = server.request("POST", page_of(intent)[len(server.url) :], body)
    assert (reply.status, b"Choose one of the answers" in reply.body) == (400, True)
    assert stripe.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("card", "4000000000003220"),
        ("us_bank_account", "000123456789"),
        ("acss_debit", "000123456789"),
        ("payto", "000123456"),
        ("boleto", "000.000.000-00"),
    ],
)
def test_a_page_shows_nothing_of_what_was_vaulted(server, name, kind, secret):
    stripe = server.client(key_of(name, kind)).v1
    intent = confirmed(stripe, kind)
    shown = server.request("GET", page_of(intent)[len(server.url) :]).body
    assert secret.encode() not in shown
    assert b"jenny@example.com" not in shown
