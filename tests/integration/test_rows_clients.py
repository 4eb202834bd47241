"""What whoever holds a publishable key and a client secret sees and may do, and what a refused payment says to whom."""

import pytest
import stripe as sdk

from support.data import VISA, refused
from support.payments import NO_REDIRECTS, PAYMENT, pay

FRAUD = {**VISA, "number": "4000000000000002"}
HIDDEN = {
    "allowed_payment_method_types", "amount_capturable", "amount_received", "application", "application_fee_amount", "customer",
    "customer_account", "excluded_payment_method_types", "latest_charge", "managed_payments", "metadata", "on_behalf_of", "payment_record",
    "review", "shared_payment_granted_token", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
    "transfer_group",
}  # fmt: skip
HIDDEN_OF_SETUPS = {
    "allowed_payment_method_types", "application", "customer", "customer_account", "excluded_payment_method_types",
    "flow_directions", "latest_attempt", "managed_payments", "mandate", "metadata", "on_behalf_of", "single_use_mandate",
}  # fmt: skip
SECRET_ONLY = [
    ("POST", "/v1/payment_intents"), ("GET", "/v1/payment_intents"), ("GET", "/v1/payment_intents/search"),
    ("POST", "/v1/payment_intents/{pi}"), ("POST", "/v1/payment_intents/{pi}/capture"), ("POST", "/v1/payment_intents/{pi}/cancel"),
    ("POST", "/v1/payment_intents/{pi}/increment_authorization"), ("POST", "/v1/payment_intents/{pi}/apply_customer_balance"),
    ("POST", "/v1/setup_intents"), ("GET", "/v1/setup_intents"), ("POST", "/v1/setup_intents/{seti}"),
    ("POST", "/v1/setup_intents/{seti}/cancel"), ("GET", "/v1/payment_methods"), ("GET", "/v1/charges"), ("GET", "/v1/tokens/tok_1"),
    ("GET", "/v1/customers"), ("POST", "/v1/customers"), ("POST", "/v1/ephemeral_keys"), ("POST", "/v1/customer_sessions"),
]  # fmt: skip


@pytest.fixture
def intents(stripe):
    """A payment and a setup with everything a browser is not to see."""
    customer = stripe.customers.create({}).id
    notes = {"customer": customer, "metadata": {"margin": "thin"}, "description": "Seven"}
    return (
        stripe.payment_intents.create({**PAYMENT, **notes, "statement_descriptor_suffix": "SEVEN"}),
        stripe.setup_intents.create({**NO_REDIRECTS, **notes}),
    )


def secret_of(intent):
    return {"client_secret": intent.client_secret}


# -- seen -------------------------------------------------------------------------------------------------------------


def test_25_a_browser_sees_what_is_not_the_merchants_own(get, intents, publishable_key):
    for intent, name, hidden in zip(
        intents, ("payment_intents", "setup_intents"), (HIDDEN, HIDDEN_OF_SETUPS), strict=True
    ):
        whole = intent.to_dict()
        reply = get(f"/v1/{name}/{intent.id}", secret_of(intent), key=publishable_key)
        assert reply.status == 200
        assert whole.keys() - reply.json.keys() == hidden
        options = {key: value for key, value in whole["payment_method_options"].items() if key != "card"}
        assert reply.json == {
            **{key: value for key, value in whole.items() if key not in hidden}, "payment_method_options": options,
        }  # fmt: skip


@pytest.mark.parametrize("name", ["payment_intents", "setup_intents"])
def test_26_a_secret_opens_its_own_intent(get, post, intents, publishable_key, name):
    payment, setup = intents
    intent, other = (payment, setup) if name == "payment_intents" else (setup, payment)
    for send, path in ((get, f"/v1/{name}/{intent.id}"), (post, f"/v1/{name}/{intent.id}/confirm")):
        reply = send(path, secret_of(other), key=publishable_key)
        assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, None, "client_secret")
        assert "does not match" in reply.error["message"]
        reply = send(path, key=publishable_key)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (
            400,
            "parameter_missing",
            "client_secret",
        )
        reply = send(path, secret_of(intent), key="pk_test_somebody_else")
        assert (reply.status, reply.error["code"], reply.error["param"]) == (
            404,
            "resource_missing",
            "intent",
        )


def test_27_a_server_need_not_say_the_secret_and_may(stripe, get, intents):
    for intent, name in zip(intents, ("payment_intents", "setup_intents"), strict=True):
        assert get(f"/v1/{name}/{intent.id}", {"client_secret": "whatever"}).status == 200


@pytest.mark.parametrize(("method", "path"), SECRET_ONLY)
def test_28_the_rest_takes_a_secret_key(server, intents, publishable_key, method, path):
    path = path.format(pi=intents[0].id, seti=intents[1].id)
    reply = server.request(method, path, secret_of(intents[0]), key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


def test_a_browser_does_not_confirm_what_a_server_confirms_by_hand(stripe, post, publishable_key):
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method_types": ["card"], "confirmation_method": "manual"}
    )
    params = {**secret_of(intent), "payment_method": "pm_card_visa"}
    reply = post(f"/v1/payment_intents/{intent.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (400, "payment_intent_invalid_parameter")
    assert stripe.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


def test_a_browser_confirms_and_sees_as_little_as_before(stripe, post, intents, publishable_key):
    intent = intents[0]
    params = {**secret_of(intent), "payment_method": "pm_card_visa", "expand[0]": "payment_method"}
    reply = post(f"/v1/payment_intents/{intent.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.json["status"]) == (200, "succeeded")
    assert not reply.json.keys() & HIDDEN
    assert set(reply.json["payment_method"]["card"]["checks"].values()) == {None}
    assert not reply.json["payment_method"]["card"].keys() & {"fingerprint"}


# -- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "inside", "last"),
    [
        ("payment_intents", "payment_intent", "last_payment_error"),
        ("setup_intents", "setup_intent", "last_setup_error"),
    ],
)
def test_a_refusal_tells_a_browser_no_more_than_an_intent_does(
    stripe, get, post, intents, publishable_key, name, inside, last
):
    intent = intents[0] if name == "payment_intents" else intents[1]
    card = {f"payment_method_data[card][{key}]": value for key, value in FRAUD.items()}
    params = {
        **secret_of(intent),
        "payment_method_data[type]": "card",
        "payment_method_data[metadata][a]": "b",
        **card,
    }
    reply = post(f"/v1/{name}/{intent.id}/confirm", params, key=publishable_key)
    assert (reply.status, reply.error["code"], reply.error["decline_code"]) == (
        402,
        "card_declined",
        "generic_decline",
    )
    seen = get(f"/v1/{name}/{intent.id}", secret_of(intent), key=publishable_key).json
    for shown in (reply.error[inside], seen):
        assert not shown.keys() & (HIDDEN if name == "payment_intents" else HIDDEN_OF_SETUPS)
        assert shown["status"] == "requires_payment_method"
    for method in (
        reply.error["payment_method"],
        reply.error[inside][last]["payment_method"],
        seen[last]["payment_method"],
    ):
        assert "metadata" not in method
        assert "fingerprint" not in method["card"]
        assert set(method["card"]["checks"].values()) == {None}
    whole = getattr(stripe, name).retrieve(intent.id).to_dict()[last]["payment_method"]
    assert whole["card"]["fingerprint"]
    assert whole["metadata"] == {"a": "b"}


def test_what_an_intent_remembers_of_a_refusal_is_the_refusal_without_itself(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(
        sdk.CardError, status=402, code="card_declined", decline_code="insufficient_funds"
    ) as caught:
        stripe.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}
        )
    error = caught.value.json_body["error"]
    assert sorted(error) == [
        "advice_code", "charge", "code", "decline_code", "doc_url", "message", "network_advice_code", "network_decline_code",
        "payment_intent", "payment_method", "type",
    ]  # fmt: skip
    assert None not in error.values()
    assert list(error) == sorted(error)
    after = stripe.payment_intents.retrieve(intent.id).to_dict()
    remembered = {name: value for name, value in error.items() if name != "payment_intent"}
    assert after["last_payment_error"] == remembered
    assert (after["payment_method"], after["latest_charge"]) == (None, error["charge"])
    assert error["payment_intent"] == after


# -- saving and reusing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "is_saved"),
    [
        ({"setup_future_usage": "on_session"}, True),
        ({"setup_future_usage": "off_session"}, True),
        ({}, False),
        ({"payment_method_options": {"card": {"setup_future_usage": "off_session"}}}, True),
        (
            {
                "setup_future_usage": "off_session",
                "payment_method_options": {"card": {"setup_future_usage": "none"}},
            },
            False,
        ),
    ],
)
@pytest.mark.parametrize("through_token", [True, False])
def test_a_method_is_saved_if_anybody_says_so(stripe, params, is_saved, through_token):
    customer = stripe.customers.create({}).id
    made = {"payment_method_data": {"type": "card", "card": VISA}}
    if through_token:
        made = {"confirmation_token": stripe.test_helpers.confirmation_tokens.create(made).id}
    intent = stripe.payment_intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "customer": customer,
            "payment_method_types": ["card"],
            "confirm": True,
            **made,
            **params,
        }
    )
    method = stripe.payment_methods.retrieve(intent.payment_method)
    assert (intent.status, method.customer) == ("succeeded", customer if is_saved else None)
    if not is_saved:
        with refused():
            stripe.payment_methods.attach(method.id, {"customer": customer})
        with refused():
            pay(stripe, method.id)


def test_a_failure_saves_nothing(stripe):
    customer = stripe.customers.create({}).id
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclined", customer=customer, setup_future_usage="off_session")
    assert stripe.customers.payment_methods.list(customer).data == []


@pytest.mark.parametrize("through_token", [True, False])
def test_whose_a_method_is(stripe, through_token):
    owner, other = [stripe.customers.create({}).id for _ in range(2)]
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": owner}).id

    def named():
        if not through_token:
            return {"method": method}
        token = stripe.test_helpers.confirmation_tokens.create({"payment_method": method})
        return {"method": None, "confirmation_token": token.id}

    with refused(code="parameter_missing", param="source", says=f"belongs to the Customer {owner}"):
        pay(stripe, **named())
    with refused(param="payment_method", says=f"does not belong to the Customer you supplied {other}"):
        pay(stripe, **named(), customer=other)
    assert pay(stripe, **named(), customer=owner).status == "succeeded"
    fresh = stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    assert pay(stripe, fresh, customer=owner).status == "succeeded"
