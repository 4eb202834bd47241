"""SetupIntents up to their confirmation: made, seen, changed and given up. (Their types: test_dynamic_payment_methods.)"""

import pytest

from support.data import event_types, refused


@pytest.fixture
def intents(stripe):
    return stripe.setup_intents


def test_a_new_intent_has_every_field(post):
    seen = post("/v1/setup_intents").json

    fixed = {"id", "client_secret", "created", "payment_method_configuration_details"}
    assert {key: value for key, value in seen.items() if key not in fixed} == {
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "cancellation_reason": None,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": None,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    secret = seen["client_secret"].removeprefix(f"{seen['id']}_secret_")
    assert (len(seen["id"]), len(secret)) == (len("seti_") + 24, 31)


def test_what_is_sent_is_kept(stripe, intents):
    customer = stripe.customers.create({}).id
    sent = {
        "customer": customer,
        "description": "Card on file",
        "metadata": {"a": "b"},
        "usage": "on_session",
    }

    made = intents.create({**sent, "payment_method": "pm_card_visa"})

    assert {key: made.to_dict()[key] for key in sent} == sent
    assert (made.status, made.payment_method[:3]) == ("requires_confirmation", "pm_")
    assert event_types(stripe, made.id) == ["setup_intent.created"]
    assert "attach_to_self" not in made
    assert intents.create({"attach_to_self": True}).attach_to_self is True


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"customer": "cus_unknown"}, "resource_missing", "customer"),
        ({"payment_method": "pm_unknown"}, "resource_missing", "payment_method"),
        ({"on_behalf_of": "acct_unknown"}, "resource_missing", "on_behalf_of"),
        ({"payment_method_configuration": "pmc_unknown"}, "resource_missing", "payment_method_configuration"),
        ({"usage": "sometimes"}, None, "usage"),
        ({"amount": 5}, "parameter_unknown", "amount"),
        ({"return_url": "https://example.com"}, "setup_intent_invalid_parameter", "return_url"),
        (
            {"automatic_payment_methods": {"enabled": True}, "payment_method_types": ["card"]},
            None,
            "automatic_payment_methods",
        ),
        ({"excluded_payment_method_types": ["link"]}, None, "excluded_payment_method_types[0]"),
        ({"payment_method": "pm_card_visa", "payment_method_types": ["link"]}, None, "payment_method"),
    ],
)
def test_what_is_wrong_is_named_and_makes_nothing(stripe, intents, params, code, param):
    with refused(code=code, param=param):
        intents.create(params)
    assert intents.list().data == []
    assert event_types(stripe) == []


def test_a_customers_card_is_theirs_alone(stripe, intents):
    customer = stripe.customers.create({"payment_method": "pm_card_visa"}).id
    method = stripe.customers.payment_methods.list(customer).data[0].id
    other = stripe.customers.create({}).id

    with refused(
        param="payment_method", says=f"The payment method supplied ({method}) belongs to the Customer"
    ):
        intents.create({"payment_method": method})
    with refused(param="payment_method", says=f"does not belong to the Customer you supplied {other}"):
        intents.create({"payment_method": method, "customer": other})
    with refused(code="parameters_exclusive", param="customer"):
        intents.create({"attach_to_self": True, "customer": other})


def test_a_browser_with_the_secret_sees_what_is_the_buyers(intents, browser):
    made = intents.create({"metadata": {"a": "b"}})

    seen = browser.setup_intents.retrieve(made.id, {"client_secret": made.client_secret})

    hidden = {"metadata", "customer", "application", "latest_attempt", "mandate", "on_behalf_of"}
    assert hidden & set(seen.to_dict()) == set()
    assert (seen.id, seen.usage, seen.client_secret) == (made.id, "off_session", made.client_secret)
    with refused(
        param="client_secret", says="does not match the client_secret associated with the SetupIntent"
    ):
        browser.setup_intents.retrieve(made.id, {"client_secret": made.client_secret + "x"})
    with refused(code="parameter_missing", param="client_secret"):
        browser.setup_intents.retrieve(made.id)


def test_45_the_list_is_newest_first_and_takes_filters(stripe, intents):
    customer = stripe.customers.create({}).id
    first = intents.create({"customer": customer})
    second = intents.create({"payment_method": "pm_card_visa"})
    third = intents.create({"attach_to_self": True})

    def listed(**params):
        return [one.id for one in intents.list(params).data]

    assert listed() == [third.id, second.id, first.id]
    assert listed(customer=customer) == [first.id]
    assert listed(payment_method=second.payment_method) == [second.id]
    assert listed(attach_to_self=True) == [third.id]


def test_an_update_changes_what_is_given_and_tells_nobody(stripe, intents):
    made = intents.create({})

    changed = intents.update(made.id, {"description": "Card on file", "payment_method": "pm_card_visa"})

    assert (changed.description, changed.status) == ("Card on file", "requires_confirmation")
    assert intents.list({"payment_method": changed.payment_method}).data[0].id == made.id
    assert intents.update(made.id, {"payment_method": ""}).status == "requires_payment_method"
    assert event_types(stripe) == ["setup_intent.created"]


def test_an_intent_is_given_up_once_and_takes_notes(stripe, intents):
    made = intents.create({})

    canceled = intents.cancel(made.id, {"cancellation_reason": "abandoned"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    with refused(
        code="setup_intent_unexpected_state",
        says="You cannot cancel this SetupIntent because it is already canceled.",
    ) as again:
        intents.cancel(made.id)
    assert again.value.json_body["error"]["setup_intent"] == canceled.to_dict()
    with refused(code="setup_intent_unexpected_state", says="You cannot update this SetupIntent"):
        intents.update(made.id, {"payment_method": "pm_card_visa"})
    assert intents.update(made.id, {"metadata": {"a": "b"}}).metadata.to_dict() == {"a": "b"}
    assert event_types(stripe) == ["setup_intent.created", "setup_intent.canceled"]


def test_an_unknown_one_is_missing_by_its_older_name(intents):
    with refused(status=404, code="resource_missing", param="intent", says="No such setupintent: 'seti_x'"):
        intents.retrieve("seti_x")
