"""Customer sessions, and what a phone is told when it claims one."""

import pytest
import stripe as sdk

from support.data import event_types, refused
from support.payments import PAYMENT

SHOW_ALL = ["always", "limited", "unspecified"]
OFF = {"enabled": False}
MOBILE = {
    "mobile_payment_element": {
        "enabled": True,
        "features": {
            "payment_method_redisplay": "enabled",
            "payment_method_allow_redisplay_filters": SHOW_ALL,
            "payment_method_remove": "enabled",
        },
    }
}
DEFERRED = {
    "type": "deferred_intent",
    "deferred_intent[mode]": "payment",
    "deferred_intent[amount]": "2000",
    "deferred_intent[currency]": "usd",
}


@pytest.fixture
def customer(stripe):
    """Whoever has three cards saved, of which not all may be shown again."""
    made = stripe.customers.create({"metadata": {"vip": "yes"}}).id
    for redisplay in SHOW_ALL:
        method = stripe.payment_methods.create(
            {
                "type": "card",
                "card": {"token": "tok_visa"},
                "allow_redisplay": redisplay,
                "metadata": {"a": "b"},
            }
        )
        stripe.payment_methods.attach(method.id, {"customer": made})
    return made


@pytest.fixture
def ask(get, publishable_key):
    """Ask for an elements session, as a phone does."""
    return lambda params, key=publishable_key: get("/v1/elements/sessions", params, key=key)


def session_for(stripe, customer, components=MOBILE):
    return stripe.customer_sessions.create({"customer": customer, "components": components})


def redisplays(shown):
    return [method["allow_redisplay"] for method in shown["customer"]["payment_methods"]]


# -- the session itself -----------------------------------------------------------------------------------------------


def test_a_session_shows_what_is_enabled_and_its_secret_once(stripe, customer):
    session = stripe.customer_sessions.create(
        {"customer": customer, "components": {"pricing_table": {"enabled": True}}, "expand": ["customer"]}
    ).to_dict()
    assert session.pop("client_secret").startswith("cuss_secret_")
    assert session.pop("customer")["id"] == customer
    assert session == {
        "object": "customer_session",
        "components": {
            "active_entitlements": OFF,
            "buy_button": OFF,
            "customer_portal": OFF,
            "customer_sheet": {"enabled": False, "features": None},
            "mobile_payment_element": {"enabled": False, "features": None},
            "payment_element": {"enabled": False, "features": None},
            "pricing_table": {"enabled": True},
        },
        "created": session["created"],
        "customer_account": None,
        "expires_at": session["created"] + 1800,
        "livemode": False,
    }


@pytest.mark.parametrize(
    ("component", "features"),
    [
        (
            "customer_sheet",
            {"payment_method_allow_redisplay_filters": ["always"], "payment_method_remove": "disabled"},
        ),
        (
            "mobile_payment_element",
            {
                "payment_method_allow_redisplay_filters": ["always"],
                "payment_method_redisplay": "disabled",
                "payment_method_remove": "disabled",
                "payment_method_save": "disabled",
                "payment_method_save_allow_redisplay_override": None,
            },
        ),
        (
            "payment_element",
            {
                "payment_method_allow_redisplay_filters": ["always"],
                "payment_method_redisplay": "disabled",
                "payment_method_redisplay_limit": 3,
                "payment_method_remove": "disabled",
                "payment_method_save": "disabled",
                "payment_method_save_usage": None,
            },
        ),
    ],
)
def test_features_are_what_they_are_documented_to_be_where_nothing_is_said(
    stripe, customer, component, features
):
    session = session_for(stripe, customer, {component: {"enabled": True}})
    assert session.components[component].to_dict() == {"enabled": True, "features": features}


def test_a_session_is_for_somebody_and_something(stripe, customer):
    with refused(param="components"):
        session_for(stripe, customer, {"buy_button": OFF})
    with refused(code="parameter_missing", param="components"):
        stripe.customer_sessions.create({"customer": customer})
    with refused(code="parameter_missing", param="customer"):
        stripe.customer_sessions.create({"components": MOBILE})
    with refused(code="resource_missing", param="customer"):
        session_for(stripe, "cus_nobody")
    with refused(param="components[payment_element][features]"):
        off = {"enabled": False, "features": {"payment_method_save": "enabled"}}
        session_for(stripe, customer, {"payment_element": off, "buy_button": {"enabled": True}})
    for limit in (0, 11):
        with refused(param="components[payment_element][features][payment_method_redisplay_limit]"):
            features = {"payment_method_redisplay_limit": limit}
            session_for(stripe, customer, {"payment_element": {"enabled": True, "features": features}})
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented", says="customer_account"):
        stripe.customer_sessions.create({"customer_account": "acct_1", "components": MOBILE})
    assert event_types(stripe, customer) == ["customer.created"]


def test_a_browser_makes_no_sessions(post, customer, publishable_key):
    reply = post("/v1/customer_sessions", {"customer": customer}, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


# -- what a phone is told ---------------------------------------------------------------------------------------------


def test_a_phone_learns_the_types_of_an_intent_in_their_order(stripe, ask):
    intent = stripe.payment_intents.create(
        {**PAYMENT, "metadata": {"a": "b"}, "payment_method": "pm_card_visa"}
    )
    reply = ask(
        {"type": "payment_intent", "client_secret": intent.client_secret, "locale": "en-US",
         "expand[0]": "payment_method_preference.payment_intent.payment_method"}
    )  # fmt: skip
    assert reply.status == 200
    preference = reply.json["payment_method_preference"]
    assert preference["ordered_payment_method_types"] == intent.payment_method_types
    assert (preference["type"], preference["object"], preference["country_code"]) == (
        "payment_intent", "payment_method_preference", "US",
    )  # fmt: skip
    shown = preference["payment_intent"]
    assert (shown["id"], shown["client_secret"]) == (intent.id, intent.client_secret)
    assert not shown.keys() & {"metadata", "customer", "latest_charge"}
    assert shown["payment_method"]["card"]["last4"] == "4242"
    assert "fingerprint" not in shown["payment_method"]["card"]
    assert (reply.json["customer"], reply.json["merchant_country"]) == (None, "US")
    assert reply.json["session_id"].startswith("elements_session_")


def test_a_phone_learns_the_types_of_a_setup(stripe, ask):
    intent = stripe.setup_intents.create({})
    reply = ask({"type": "setup_intent", "client_secret": intent.client_secret})
    preference = reply.json["payment_method_preference"]
    assert preference["ordered_payment_method_types"] == intent.payment_method_types
    assert preference["setup_intent"]["id"] == intent.id
    assert "payment_intent" not in preference


def test_a_phone_learns_the_types_of_what_is_still_to_be_made(stripe, ask):
    intent = stripe.payment_intents.create({"amount": 2000, "currency": "usd"})
    preference = ask(DEFERRED).json["payment_method_preference"]
    assert preference["ordered_payment_method_types"] == intent.payment_method_types
    assert not preference.keys() & {"payment_intent", "setup_intent"}

    named = ask({**DEFERRED, "deferred_intent[payment_method_types][0]": "card"})
    assert named.json["payment_method_preference"]["ordered_payment_method_types"] == ["card"]
    setup = ask({"type": "deferred_intent", "deferred_intent[mode]": "setup"})
    assert setup.json["payment_method_preference"]["ordered_payment_method_types"] == (
        stripe.setup_intents.create({}).payment_method_types
    )


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "type"),
        ({"type": "payment_intent"}, "parameter_missing", "client_secret"),
        ({"type": "payment_intent", "client_secret": "pi_1_secret_2"}, "resource_missing", "client_secret"),
        ({"type": "deferred_intent"}, "parameter_missing", "deferred_intent"),
        (
            {"type": "deferred_intent", "deferred_intent[mode]": "payment"},
            "parameter_missing",
            "deferred_intent[amount]",
        ),
        ({**DEFERRED, "deferred_intent[amount]": "1"}, "amount_too_small", "amount"),
        (
            {**DEFERRED, "customer_session_client_secret": "cuss_secret_x"},
            None,
            "customer_session_client_secret",
        ),
        ({**DEFERRED, "nonsense": "x"}, "parameter_unknown", "nonsense"),
    ],
)
def test_a_phone_that_asks_wrongly_is_told_how(ask, params, code, param):
    reply = ask(params)
    assert (reply.status, reply.error.get("code"), reply.error.get("param")) == (400, code, param)


def test_an_intent_is_shown_to_whoever_holds_its_secret(stripe, ask):
    intent = stripe.payment_intents.create(PAYMENT)
    reply = ask({"type": "payment_intent", "client_secret": f"{intent.id}_secret_guessed"})
    assert (reply.status, reply.error["param"]) == (400, "client_secret")


# -- what a customer has saved ----------------------------------------------------------------------------------------


def test_a_phone_is_shown_what_its_customer_has_saved_and_given_a_key(stripe, ask, customer, server):
    session = session_for(stripe, customer)
    reply = ask({**DEFERRED, "customer_session_client_secret": session.client_secret})
    shown = reply.json["customer"]
    assert redisplays(reply.json) == SHOW_ALL[::-1]
    assert "metadata" not in shown["payment_methods"][0]
    assert "fingerprint" not in shown["payment_methods"][0]["card"]
    claimed = shown["customer_session"]
    assert (claimed["customer"], claimed["livemode"], claimed["object"]) == (
        customer,
        False,
        "customer_session",
    )
    assert claimed["components"] == session.components.to_dict()

    phone = server.client(claimed["api_key"]).v1
    assert phone.customers.retrieve(customer).id == customer
    first = shown["payment_methods"][0]["id"]
    assert phone.payment_methods.detach(first).customer is None
    again = ask({**DEFERRED, "customer_session_client_secret": session.client_secret})
    assert redisplays(again.json) == SHOW_ALL[1::-1]


@pytest.mark.parametrize(
    ("components", "shown"),
    [
        ({"mobile_payment_element": {"enabled": True}}, []),
        ({"customer_sheet": {"enabled": True}}, ["always"]),
        ({"buy_button": {"enabled": True}}, []),
        (
            {"payment_element": {"enabled": True, "features": {"payment_method_redisplay": "enabled"}}},
            ["always"],
        ),
        (
            {
                "payment_element": {
                    "enabled": True,
                    "features": {
                        "payment_method_redisplay": "enabled",
                        "payment_method_redisplay_limit": 2,
                        "payment_method_allow_redisplay_filters": SHOW_ALL,
                    },
                }
            },
            ["unspecified", "limited"],
        ),
    ],
)
def test_a_session_shows_what_its_features_say(stripe, ask, customer, components, shown):
    secret = session_for(stripe, customer, components).client_secret
    assert redisplays(ask({**DEFERRED, "customer_session_client_secret": secret}).json) == shown


def test_a_key_of_a_session_removes_only_if_the_session_says_so(stripe, ask, customer, server):
    secret = session_for(stripe, customer, {"customer_sheet": {"enabled": True}}).client_secret
    shown = ask({**DEFERRED, "customer_session_client_secret": secret}).json["customer"]
    phone = server.client(shown["customer_session"]["api_key"]).v1
    (method,) = shown["payment_methods"]
    with refused(sdk.PermissionError, status=403):
        phone.payment_methods.detach(method["id"])
    assert stripe.payment_methods.retrieve(method["id"]).customer == customer
    assert phone.payment_methods.update(method["id"], {"card": {"exp_year": 2041}}).card.exp_year == 2041


def test_a_phone_chooses_the_default_and_is_shown_it(stripe, ask, customer, post):
    ask_again = {**DEFERRED, "customer_session_client_secret": session_for(stripe, customer).client_secret}
    shown = ask(ask_again).json["customer"]
    assert shown["default_payment_method"] is None
    chosen = shown["payment_methods"][1]["id"]
    path = f"/v1/elements/customers/{customer}/set_default_payment_method"
    reply = post(path, {"payment_method": chosen}, key=shown["customer_session"]["api_key"])
    assert (reply.status, reply.json["id"]) == (200, customer)
    assert ask(ask_again).json["customer"]["default_payment_method"] == chosen
    assert stripe.customers.retrieve(customer).invoice_settings.default_payment_method == chosen
    other = stripe.payment_methods.attach("pm_card_visa", {"customer": stripe.customers.create({}).id}).id
    reply = post(path, {"payment_method": other})
    assert (reply.status, reply.error["code"]) == (400, "resource_missing")
    assert reply.error["param"] == "payment_method"


def test_a_session_ends_and_is_of_its_account(stripe, ask, customer, post, server):
    secret = session_for(stripe, customer).client_secret
    params = {**DEFERRED, "customer_session_client_secret": secret}
    assert ask(params, key="pk_test_somebody_else").error["param"] == "customer_session_client_secret"
    assert post("/v1/test_helpers/clock/advance", {"seconds": "1700"}).status == 200
    assert ask(params).status == 200
    assert post("/v1/test_helpers/clock/advance", {"seconds": "101"}).status == 200
    assert ask(params).error["param"] == "customer_session_client_secret"


def test_the_session_of_a_deleted_customer_shows_nobody(stripe, ask, customer):
    secret = session_for(stripe, customer).client_secret
    stripe.customers.delete(customer)
    reply = ask({**DEFERRED, "customer_session_client_secret": secret})
    assert (reply.status, reply.error["param"]) == (400, "customer_session_client_secret")
