"""ConfirmationTokens: carried from a browser to a server, used once, and what they hold used as if it had been sent."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused
from support.payments import NO_REDIRECTS, PAYMENT, RETURN_URL, answer, pay

CARD = {"type": "card", "card": VISA, "billing_details": {"name": "Jenny Rosen"}}
SHIPPING = {"name": "Jenny Rosen", "address": {"line1": "1 Main St", "country": "US"}}
DEBIT = {
    "type": "us_bank_account",
    "us_bank_account": {
        "account_holder_type": "individual", "account_number": "000123456789", "routing_number": "110000000",
    },
    "billing_details": {"name": "Jenny Rosen"},
}  # fmt: skip
IN_BROWSER = {
    "payment_method_data[type]": "card",
    **{f"payment_method_data[card][{name}]": value for name, value in VISA.items()},
}
AGREED = {"mandate_data[customer_acceptance][type]": "online",
          "mandate_data[customer_acceptance][online][infer_from_client]": "true"}  # fmt: skip
INVALID = "payment_intent_invalid_parameter"


def make(stripe, **params):
    return stripe.test_helpers.confirmation_tokens.create(params or {"payment_method_data": CARD})


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_a_token_shows_a_preview_of_what_it_holds(stripe):
    token = make(
        stripe,
        payment_method_data={**CARD, "allow_redisplay": "always", "metadata": {"a": "b"}},
        return_url=RETURN_URL,
        setup_future_usage="off_session",
        shipping=SHIPPING,
    ).to_dict()
    assert token["id"].startswith("ctoken_")
    preview = token.pop("payment_method_preview")
    assert token == {
        "id": token["id"],
        "object": "confirmation_token",
        "created": token["created"],
        "expires_at": token["created"] + 12 * 3600,
        "livemode": False,
        "mandate_data": None,
        "metadata": None,
        "payment_intent": None,
        "payment_method_options": None,
        "return_url": RETURN_URL,
        "setup_future_usage": "off_session",
        "setup_intent": None,
        "shipping": {
            "address": {"city": None, "country": "US", "line1": "1 Main St", "line2": None, "postal_code": None, "state": None},
            "name": "Jenny Rosen", "phone": None,
        },
        "use_stripe_sdk": True,
    }  # fmt: skip
    assert sorted(preview) == [
        "allow_redisplay",
        "billing_details",
        "card",
        "customer",
        "customer_account",
        "type",
    ]
    assert (preview["type"], preview["allow_redisplay"], preview["customer"]) == ("card", "always", None)
    assert preview["card"]["last4"] == "4242"
    assert preview["card"]["checks"]["cvc_check"] == "unchecked"
    assert preview["billing_details"]["name"] == "Jenny Rosen"


def test_a_preview_is_what_the_payment_method_will_be(stripe):
    token = make(stripe)
    intent = pay(stripe, method=None, confirmation_token=token.id, expand=["payment_method"])
    shown = token.payment_method_preview.to_dict()
    made = {name: value for name, value in intent.payment_method.to_dict().items() if name in shown}
    made["card"]["checks"]["cvc_check"] = "unchecked"
    assert shown == made


@pytest.mark.parametrize("what", [{}, {"payment_method": "", "return_url": RETURN_URL}])
def test_a_token_needs_a_way_to_pay(stripe, what):
    with refused(code="parameter_missing", param="payment_method_data"):
        stripe.test_helpers.confirmation_tokens.create(what)


def test_a_token_of_two_ways_to_pay_is_refused(stripe):
    with refused(code="parameters_exclusive", param="payment_method_data"):
        make(stripe, payment_method="pm_card_visa", payment_method_data=CARD)


def test_a_way_to_pay_that_is_wrong_is_refused_as_anywhere_else(stripe):
    with refused(sdk.CardError, status=402, code="incorrect_number", param="number"):
        make(stripe, payment_method_data={**CARD, "card": {**VISA, "number": "4242424242424241"}})
    with refused(code="parameter_missing", param="payment_method_data[us_bank_account]"):
        make(stripe, payment_method_data={"type": "us_bank_account"})
    with refused(code="url_invalid", param="return_url"):
        make(stripe, payment_method="pm_card_visa", return_url="shop")
    with refused(code="resource_missing", param="payment_method"):
        make(stripe, payment_method="pm_nobody")
    used = pay(stripe).payment_method
    with refused():
        make(stripe, payment_method=used)


def test_test_helpers_are_for_test_mode(live):
    with refused():
        make(live, payment_method="pm_1")


def test_a_token_that_is_not_there(stripe):
    with refused(
        status=404,
        code="resource_missing",
        param="confirmation_token",
        says="No such confirmation_token: 'ctoken_x'",
    ):
        stripe.confirmation_tokens.retrieve("ctoken_x")
    with refused(code="resource_missing", param="confirmation_token"):
        pay(stripe, method=None, confirmation_token="ctoken_x")


# -- used -------------------------------------------------------------------------------------------------------------


def test_a_payment_is_made_with_a_token(stripe):
    token = make(
        stripe,
        payment_method_data=CARD,
        shipping=SHIPPING,
        setup_future_usage="off_session",
        return_url=RETURN_URL,
    )
    customer = stripe.customers.create({})
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "customer": customer.id, "confirm": True, "confirmation_token": token.id,
         "automatic_payment_methods": {"enabled": True}, "expand": ["payment_method"]}
    )  # fmt: skip
    assert (intent.status, intent.setup_future_usage) == ("succeeded", "off_session")
    assert (intent.shipping.name, intent.shipping.address.line1) == ("Jenny Rosen", "1 Main St")
    assert (intent.payment_method.customer, intent.payment_method.card.last4) == (customer.id, "4242")
    assert intent.payment_method.card.checks.cvc_check == "pass"

    after = stripe.confirmation_tokens.retrieve(token.id)
    assert (after.payment_intent, after.setup_intent, after.expires_at) == (intent.id, None, None)
    assert after.payment_method_preview.to_dict() == token.payment_method_preview.to_dict()


def test_an_intent_is_confirmed_with_a_token(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    token = make(stripe)
    confirmed = stripe.payment_intents.confirm(intent.id, {"confirmation_token": token.id})
    assert confirmed.status == "succeeded"
    assert stripe.confirmation_tokens.retrieve(token.id).payment_intent == intent.id


@pytest.mark.parametrize("at_once", [True, False])
def test_a_way_to_pay_is_set_up_with_a_token(stripe, at_once):
    token = make(stripe)
    customer = stripe.customers.create({}).id
    params = {"customer": customer, **NO_REDIRECTS}
    if at_once:
        intent = stripe.setup_intents.create({**params, "confirm": True, "confirmation_token": token.id})
    else:
        intent = stripe.setup_intents.create(params)
        intent = stripe.setup_intents.confirm(intent.id, {"confirmation_token": token.id})
    assert intent.status == "succeeded"
    assert stripe.payment_methods.retrieve(intent.payment_method).customer == customer
    after = stripe.confirmation_tokens.retrieve(token.id)
    assert (after.payment_intent, after.setup_intent) == (None, intent.id)


def test_a_token_of_a_payment_method_is_of_that_payment_method(stripe):
    customer = stripe.customers.create({}).id
    method = stripe.payment_methods.attach("pm_card_mastercard", {"customer": customer}).id
    token = make(stripe, payment_method=method)
    assert token.payment_method_preview.customer == customer
    with refused(code="parameter_missing", param="source"):
        pay(stripe, method=None, confirmation_token=token.id)
    intent = pay(stripe, method=None, customer=customer, confirmation_token=token.id)
    assert (intent.status, intent.payment_method) == ("succeeded", method)


def test_what_is_sent_beside_a_token_wins(stripe):
    token = make(
        stripe,
        payment_method_data=CARD,
        shipping=SHIPPING,
        setup_future_usage="off_session",
        return_url=RETURN_URL,
    )
    customer = stripe.customers.create({}).id
    intent = pay(
        stripe,
        method="pm_card_mastercard",
        customer=customer,
        confirmation_token=token.id,
        setup_future_usage="on_session",
        shipping={**SHIPPING, "name": "John Rosen"},
        expand=["payment_method"],
    )
    assert (intent.setup_future_usage, intent.shipping.name) == ("on_session", "John Rosen")
    assert intent.payment_method.card.brand == "mastercard"
    assert stripe.confirmation_tokens.retrieve(token.id).payment_intent == intent.id


def test_a_token_lets_the_merchants_page_take_care_of_what_is_to_be_done(stripe):
    challenged = {**CARD, "card": {**VISA, "number": "4000000000003220"}}
    intent = pay(
        stripe,
        method=None,
        confirmation_token=make(stripe, payment_method_data=challenged, return_url=RETURN_URL).id,
    )
    assert intent.next_action.type == "use_stripe_sdk"
    token = make(stripe, payment_method_data=challenged, return_url=RETURN_URL)
    intent = pay(stripe, method=None, confirmation_token=token.id, use_stripe_sdk=False)
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL


def test_a_customer_who_is_asked_pays_with_what_the_token_held(stripe, server):
    token = make(stripe, payment_method_data={**CARD, "card": {**VISA, "number": "4000000000003220"}})
    intent = pay(stripe, method=None, confirmation_token=token.id)
    assert answer(server, intent, "complete").status < 400
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"


# -- once -------------------------------------------------------------------------------------------------------------


def test_a_token_is_used_once(stripe):
    token = make(stripe)
    first = pay(stripe, method=None, confirmation_token=token.id)
    before = event_types(stripe)
    with refused(code=INVALID, param="confirmation_token", says=first.id):
        pay(stripe, method=None, confirmation_token=token.id)
    with refused(code="setup_intent_invalid_parameter", param="confirmation_token", says=first.id):
        stripe.setup_intents.create({"confirm": True, "confirmation_token": token.id, **NO_REDIRECTS})
    assert event_types(stripe) == before
    assert len(stripe.payment_intents.list().data) == 1


def test_a_declined_attempt_uses_the_token(stripe):
    token = make(stripe, payment_method_data={**CARD, "card": {**VISA, "number": "4000000000000002"}})
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
        stripe.payment_intents.confirm(intent.id, {"confirmation_token": token.id})
    assert stripe.confirmation_tokens.retrieve(token.id).payment_intent == intent.id
    with refused(code=INVALID, param="confirmation_token"):
        stripe.payment_intents.confirm(intent.id, {"confirmation_token": token.id})


def test_a_refused_request_uses_nothing(stripe):
    """Not even the one whose intent would stay, if it had come without a token."""
    token = make(stripe)
    (configuration,) = stripe.payment_method_configurations.list().data
    stripe.payment_method_configurations.update(
        configuration.id, {"ideal": {"display_preference": {"preference": "on"}}}
    )
    automatic = {"amount": 2000, "currency": "eur", "automatic_payment_methods": {"enabled": True}}
    with refused(says="return_url"):
        stripe.payment_intents.create({**automatic, "confirm": True, "confirmation_token": token.id})
    with refused(code="payment_intent_invalid_parameter", param="confirmation_token"):
        stripe.payment_intents.create({**automatic, "confirmation_token": token.id})
    with refused(code="amount_too_small", param="amount"):
        pay(stripe, method=None, amount=1, confirmation_token=token.id)
    with refused(code="payment_intent_incompatible_payment_method", param="payment_method"):
        stripe.payment_intents.create(
            {"amount": 2000, "currency": "eur", "payment_method_types": ["sepa_debit"], "confirm": True,
             "confirmation_token": token.id, "mandate_data": {"customer_acceptance": {"type": "offline"}}}
        )  # fmt: skip
    waiting = stripe.payment_intents.create(automatic)
    with refused(says="return_url"):
        stripe.payment_intents.confirm(waiting.id, {"confirmation_token": token.id})
    assert stripe.payment_intents.retrieve(waiting.id).to_dict() == waiting.to_dict()

    assert stripe.confirmation_tokens.retrieve(token.id).to_dict() == token.to_dict()
    assert [one.id for one in stripe.payment_intents.list().data] == [waiting.id]
    assert stripe.payment_methods.list().data == []
    assert pay(stripe, method=None, confirmation_token=token.id).status == "succeeded"


def test_tokens_are_their_accounts_own(stripe, server):
    token = make(stripe)
    with refused(code="resource_missing", param="confirmation_token"):
        pay(server.client("sk_test_somebody_else").v1, method=None, confirmation_token=token.id)


# -- in a browser -----------------------------------------------------------------------------------------------------


def test_a_browser_makes_a_token_and_reads_none(post, get, publishable_key):
    reply = post("/v1/confirmation_tokens", IN_BROWSER, key=publishable_key)
    assert reply.status == 200
    card = reply.json["payment_method_preview"]["card"]
    assert "fingerprint" not in card
    assert set(card["checks"].values()) == {None}
    reply = get(f"/v1/confirmation_tokens/{reply.json['id']}", key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")
    reply = post("/v1/test_helpers/confirmation_tokens", IN_BROWSER, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


def test_a_browser_confirms_with_its_token(stripe, post, publishable_key):
    token = post("/v1/confirmation_tokens", IN_BROWSER, key=publishable_key).json["id"]
    intent = stripe.payment_intents.create(PAYMENT)
    params = {"confirmation_token": token, "client_secret": intent.client_secret}
    reply = post(f"/v1/payment_intents/{intent.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.json["status"]) == (200, "succeeded")
    assert stripe.confirmation_tokens.retrieve(token).payment_intent == intent.id

    token = post("/v1/confirmation_tokens", IN_BROWSER, key=publishable_key).json["id"]
    setup = stripe.setup_intents.create(NO_REDIRECTS)
    params = {"confirmation_token": token, "client_secret": setup.client_secret}
    reply = post(f"/v1/setup_intents/{setup.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.json["status"]) == (200, "succeeded")


def test_what_was_agreed_to_in_the_browser_becomes_the_mandate(stripe, post, publishable_key):
    debit = {"payment_method_data[type]": "sepa_debit", "payment_method_data[sepa_debit][iban]": "DE89370400440532013000",
             "payment_method_data[billing_details][name]": "Jenny Rosen",
             "payment_method_data[billing_details][email]": "jenny@example.com"}  # fmt: skip
    reply = post("/v1/confirmation_tokens", {**debit, **AGREED}, key=publishable_key, user_agent="Browser/1")
    online = {"ip_address": "127.0.0.1", "user_agent": "Browser/1"}
    assert reply.json["mandate_data"] == {"customer_acceptance": {"online": online, "type": "online"}}

    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "eur", "payment_method_types": ["sepa_debit"], "confirm": True,
         "confirmation_token": reply.json["id"], "expand": ["latest_charge"]}
    )  # fmt: skip
    mandate = stripe.mandates.retrieve(intent.latest_charge.payment_method_details.sepa_debit.mandate)
    assert mandate.customer_acceptance.online.to_dict() == online


def test_a_browser_learns_nothing_of_what_a_customer_has_saved(stripe, post, publishable_key):
    customer = stripe.customers.create({}).id
    saved = stripe.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    reply = post("/v1/confirmation_tokens", {"payment_method": saved}, key=publishable_key)
    missing = post("/v1/confirmation_tokens", {"payment_method": "pm_nobody"}, key=publishable_key)
    assert (reply.status, reply.error["code"], reply.error["param"]) == (
        400,
        "resource_missing",
        "payment_method",
    )
    assert reply.error["message"].replace(saved, "pm_nobody") == missing.error["message"]


def test_what_clients_say_of_themselves_is_taken_and_left_aside(post, publishable_key):
    said = {"client_context[mode]": "payment", "client_context[currency]": "usd", "payment_user_agent": "stripe-ios/25",
            "client_attribution_metadata[client_session_id]": "x"}  # fmt: skip
    assert post("/v1/confirmation_tokens", {**IN_BROWSER, **said}, key=publishable_key).status == 200
    assert (
        post("/v1/test_helpers/confirmation_tokens", {**IN_BROWSER, **said}).error["code"]
        == "parameter_unknown"
    )


def test_a_security_code_asked_for_again_goes_with_the_token(stripe, post, publishable_key):
    customer = stripe.customers.create({}).id
    stripe.payment_methods.attach("pm_card_visa", {"customer": customer})
    code = post("/v1/tokens", {"cvc_update[cvc]": "314"}, key=publishable_key).json["id"]
    options = {"payment_method_options[card][cvc_token]": code}
    reply = post("/v1/confirmation_tokens", {**IN_BROWSER, **options}, key=publishable_key)
    assert reply.json["payment_method_options"]["card"]["cvc_token"] == code
    assert pay(stripe, method=None, confirmation_token=reply.json["id"]).status == "succeeded"
    assert stripe.tokens.retrieve(code).used is True
