"""PaymentIntents up to their confirmation: made, seen, changed and given up. (Their types: test_dynamic_payment_methods.)"""

import pytest
import stripe as sdk

from support.configurations import connected
from support.connect import CUSTOM, acting_on
from support.data import VISA, event_types, refused


@pytest.fixture
def intents(stripe):
    return stripe.payment_intents


def usd(**params):
    return {"amount": 1000, "currency": "usd", **params}


# -- create ----------------------------------------------------------------------------------------------------------------


def test_01_a_new_intent_has_every_field(intents, post):
    seen = post("/v1/payment_intents", {"amount": 1000, "currency": "USD"}).json

    assert list(seen)[:2] == ["id", "object"]
    assert list(seen)[2:] == sorted(list(seen)[2:])
    fixed = {
        "id",
        "client_secret",
        "created",
        "payment_method_configuration_details",
        "payment_method_options",
    }
    assert {key: value for key, value in seen.items() if key not in fixed} == {
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": 1000,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "currency": "usd",
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shared_payment_granted_token": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    secret = seen["client_secret"].removeprefix(f"{seen['id']}_secret_")
    assert (len(seen["id"]), len(secret)) == (len("pi_") + 24, 25)


def test_what_is_sent_is_kept(stripe, intents):
    customer = stripe.customers.create({})
    sent = {
        "capture_method": "manual",
        "confirmation_method": "manual",
        "customer": customer.id,
        "description": "Order 7",
        "metadata": {"order": "7"},
        "receipt_email": "jenny@example.com",
        "setup_future_usage": "off_session",
        "statement_descriptor_suffix": "ORDER 7",
        "transfer_group": "order 7",
    }
    shipping = {"name": "Jenny Rosen", "address": {"line1": "1 Main Street", "country": "US"}}

    made = intents.create(usd(**sent, shipping=shipping))

    assert {key: made.to_dict()[key] for key in sent} == sent
    assert made.shipping.to_dict() == {
        "address": {
            "city": None,
            "country": "US",
            "line1": "1 Main Street",
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "carrier": None,
        "name": "Jenny Rosen",
        "phone": None,
        "tracking_number": None,
    }


def test_02_03_a_magic_card_becomes_a_fresh_one_each_time(stripe, intents):
    one, other = (intents.create(usd(payment_method="pm_card_visa")) for _ in range(2))

    assert one.status == other.status == "requires_confirmation"
    assert one.payment_method.startswith("pm_")
    assert one.payment_method != other.payment_method
    methods = [stripe.payment_methods.retrieve(intent.payment_method) for intent in (one, other)]
    assert methods[0].card.fingerprint == methods[1].card.fingerprint


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "amount"),
        ({"amount": 1000}, "parameter_missing", "currency"),
        (usd(amount="10.5"), "parameter_invalid_integer", "amount"),
        (usd(amount=0), "parameter_invalid_integer", "amount"),
        (usd(amount=-5), "parameter_invalid_integer", "amount"),
        (usd(amount=49), "amount_too_small", "amount"),
        (usd(amount=100_000_000), "amount_too_large", "amount"),
        (usd(amount=49, currency="jpy"), "amount_too_small", "amount"),
        (usd(currency="xxx"), None, "currency"),
        (usd(customer="cus_unknown"), "resource_missing", "customer"),
        (usd(payment_method="pm_unknown"), "resource_missing", "payment_method"),
        (usd(on_behalf_of="acct_unknown"), "resource_missing", "on_behalf_of"),
        (
            usd(transfer_data={"destination": "acct_unknown"}),
            "resource_missing",
            "transfer_data[destination]",
        ),
        (usd(application_fee_amount=10), None, "application_fee_amount"),
        (usd(statement_descriptor="x" * 23), None, "statement_descriptor"),
        (usd(statement_descriptor="<5 shops>"), None, "statement_descriptor"),
        (usd(return_url="https://example.com"), "payment_intent_invalid_parameter", "return_url"),
        (usd(off_session="true"), "payment_intent_invalid_parameter", "off_session"),
        (
            usd(error_on_requires_action="true"),
            "payment_intent_invalid_parameter",
            "error_on_requires_action",
        ),
        (usd(nonsense="1"), "parameter_unknown", "nonsense"),
    ],
)
def test_what_is_wrong_is_named_and_makes_nothing(stripe, intents, params, code, param):
    with refused(code=code, param=param):
        intents.create(params)
    assert intents.list().data == []
    assert event_types(stripe) == []


@pytest.mark.parametrize(
    "params", [{"amount": 50, "currency": "jpy"}, {"amount": 99_999_999, "currency": "usd"}]
)
def test_48_the_least_and_the_most_can_be_charged(intents, params):
    assert intents.create(params).amount == params["amount"]


def test_messages_say_amounts_as_people_do(intents):
    with refused(code="amount_too_small", param="amount", says="Amount must be at least $0.50 usd"):
        intents.create(usd(amount=1))
    with refused(code="amount_too_large", param="amount", says="Amount must be no more than $999,999.99"):
        intents.create(usd(amount=10**8))


def test_what_is_not_there_yet_is_said_by_name(intents):
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented", says="`customer_account`"):
        intents.create(usd(customer_account="acct_1"))


# -- who pays with what ----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(stripe):
    """A customer and a card of theirs."""
    customer = stripe.customers.create({"payment_method": "pm_card_visa"})
    return customer.id, stripe.customers.payment_methods.list(customer.id).data[0].id


def test_35_a_card_of_a_customer_is_theirs_alone(stripe, intents, saved):
    customer, method = saved
    other = stripe.customers.create({}).id

    assert intents.create(usd(customer=customer, payment_method=method)).payment_method == method
    with refused(param="payment_method", says=f"does not belong to the Customer you supplied {other}"):
        intents.create(usd(customer=other, payment_method=method))
    with refused(code="parameter_missing", param="source", says=f"belongs to the Customer {customer}"):
        intents.create(usd(payment_method=method))


def test_a_card_that_was_detached_pays_no_more(stripe, intents, saved):
    _, method = saved
    stripe.payment_methods.detach(method)

    with refused(says="It may not be used again."):
        intents.create(usd(payment_method=method))


def test_a_payment_method_is_made_on_the_way(stripe, intents):
    made = intents.create(usd(payment_method_data={"type": "card", "card": VISA}))

    assert made.status == "requires_confirmation"
    assert stripe.payment_methods.retrieve(made.payment_method).card.last4 == "4242"
    klarna = {"type": "klarna", "billing_details": {"email": "a@example.com", "address": {"country": "US"}}}
    other = intents.create(usd(payment_method_data=klarna, payment_method_types=["klarna"]))
    assert stripe.payment_methods.retrieve(other.payment_method).type == "klarna"
    changed = intents.update(made.id, {"payment_method_data": {"type": "card", "card": VISA}})
    assert changed.payment_method not in {made.payment_method, None}


def test_what_is_wrong_with_a_payment_method_on_the_way_is_named_and_nothing_is_made(stripe, intents):
    wrong = {"type": "card", "card": {**VISA, "exp_month": "13"}}
    with refused(sdk.CardError, status=402, code="invalid_expiry_month", param="exp_month"):
        intents.create(usd(payment_method_data=wrong))
    right = {"type": "card", "card": VISA}
    with refused(code="payment_intent_incompatible_payment_method", param="payment_method"):
        intents.create(usd(payment_method_data=right, payment_method_types=["link"]))
    with refused(code="parameters_exclusive", param="payment_method_data"):
        intents.create(usd(payment_method_data=right, payment_method="pm_card_visa"))
    assert intents.list().data == []
    assert stripe.payment_methods.list().data == []


def test_a_type_that_is_not_offered_is_not_taken(intents):
    with refused(code="payment_intent_incompatible_payment_method", param="payment_method"):
        intents.create(usd(payment_method="pm_card_visa", payment_method_types=["link"]))


def test_a_deleted_customer_pays_for_nothing(stripe, intents, saved):
    stripe.customers.delete(saved[0])

    with refused(code="resource_missing", param="customer"):
        intents.create(usd(customer=saved[0]))


# -- who sees it -----------------------------------------------------------------------------------------------------------


def test_25_a_browser_with_the_secret_sees_what_is_the_buyers(intents, browser):
    made = intents.create(usd(metadata={"a": "b"}, payment_method="pm_card_visa"))

    seen = browser.payment_intents.retrieve(made.id, {"client_secret": made.client_secret})

    hidden = {"metadata", "customer", "latest_charge", "application", "amount_received", "transfer_data"}
    assert hidden & set(seen.to_dict()) == set()
    assert (seen.id, seen.amount, seen.client_secret) == (made.id, 1000, made.client_secret)
    assert seen.payment_method_types == ["card"]
    assert "card" not in seen.payment_method_options
    expanded = browser.payment_intents.retrieve(
        made.id, {"client_secret": made.client_secret, "expand": ["payment_method"]}
    )
    assert expanded.payment_method.card.last4 == "4242"
    assert "fingerprint" not in expanded.payment_method.card


def test_26_another_secret_or_none_shows_nothing(server, name, intents, browser):
    made, other = intents.create(usd()), intents.create(usd())

    with refused(
        param="client_secret", says="does not match the client_secret associated with the PaymentIntent"
    ):
        browser.payment_intents.retrieve(made.id, {"client_secret": other.client_secret})
    with refused(param="client_secret", says="does not match"):
        browser.payment_intents.retrieve(made.id, {"client_secret": "ünknown"})
    with refused(code="parameter_missing", param="client_secret"):
        browser.payment_intents.retrieve(made.id)
    stranger = server.client(f"pk_test_{name}other").v1
    with refused(status=404, code="resource_missing", param="intent"):
        stranger.payment_intents.retrieve(made.id, {"client_secret": made.client_secret})


def test_27_a_secret_key_may_send_the_secret_and_need_not(intents):
    made = intents.create(usd())

    assert intents.retrieve(made.id, {"client_secret": "whatever"}).to_dict() == made.to_dict()


@pytest.mark.parametrize("operation", ["create", "list", "update", "cancel"])
def test_28_a_browser_makes_and_lists_and_changes_nothing(intents, browser, operation):
    made = intents.create(usd())
    values = {"create": (usd(),), "list": ()}.get(operation, (made.id,))

    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        getattr(browser.payment_intents, operation)(*values)


def test_the_list_is_newest_first_and_takes_a_customer(stripe, intents):
    customer = stripe.customers.create({}).id
    first, second = intents.create(usd(customer=customer)), intents.create(usd())

    assert [one.id for one in intents.list().data] == [second.id, first.id]
    assert [one.id for one in intents.list({"customer": customer}).data] == [first.id]
    expanded = intents.retrieve(first.id, {"expand": ["customer"]})
    assert expanded.customer.id == customer


# -- update ----------------------------------------------------------------------------------------------------------------


def test_an_update_changes_what_is_given_and_tells_nobody(stripe, intents):
    made = intents.create(usd(metadata={"a": "1", "b": "2"}))

    changed = intents.update(
        made.id, {"description": "Order 7", "amount": 2000, "metadata": {"a": "", "c": "3"}}
    )

    assert changed.to_dict() == {
        **made.to_dict(),
        "description": "Order 7",
        "amount": 2000,
        "metadata": {"b": "2", "c": "3"},
    }
    assert intents.update(made.id, {"metadata": ""}).metadata.to_dict() == {}
    assert intents.update(made.id, {"description": ""}).description is None
    assert event_types(stripe) == ["payment_intent.created"]


def test_19_a_payment_method_is_set_and_taken_away(intents):
    made = intents.create(usd())

    assert intents.update(made.id, {"payment_method": "pm_card_visa"}).status == "requires_confirmation"
    cleared = intents.update(made.id, {"payment_method": ""})
    assert (cleared.status, cleared.payment_method) == ("requires_payment_method", None)


def test_a_payment_method_that_no_longer_fits_stops_the_update(intents):
    made = intents.create(usd(payment_method="pm_card_visa"))

    with refused(code="payment_intent_incompatible_payment_method", param="payment_method"):
        intents.update(made.id, {"payment_method_types": ["link"]})
    assert intents.retrieve(made.id).to_dict() == made.to_dict()


def test_options_of_a_type_are_merged_and_cleared(intents):
    made = intents.create(usd(payment_method_options={"card": {"request_three_d_secure": "any"}}))
    assert made.payment_method_options.card.request_three_d_secure == "any"

    changed = intents.update(made.id, {"payment_method_options": {"card": {"capture_method": "manual"}}})
    assert changed.payment_method_options.card.to_dict() == {
        "capture_method": "manual",
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "any",
    }
    cleared = intents.update(made.id, {"payment_method_options": {"card": {"capture_method": ""}}})
    assert "capture_method" not in cleared.payment_method_options.card
    gone = intents.update(made.id, {"payment_method_options": {"card": ""}})
    assert gone.payment_method_options.card.request_three_d_secure == "automatic"


def test_53_a_transfer_group_is_set_once(intents):
    made = intents.create(usd())

    assert intents.update(made.id, {"transfer_group": "order 7"}).transfer_group == "order 7"
    with refused(param="transfer_group"):
        intents.update(made.id, {"transfer_group": "order 8"})


@pytest.mark.parametrize("name", ["on_behalf_of", "confirmation_method", "automatic_payment_methods"])
def test_what_is_fixed_at_creation_cannot_be_updated(intents, name):
    with refused(code="parameter_unknown", param=name):
        intents.update(intents.create(usd()).id, {name: "manual"})


# -- cancel ----------------------------------------------------------------------------------------------------------------


def test_an_intent_is_given_up_once(stripe, intents):
    made = intents.create(usd(payment_method="pm_card_visa"))

    canceled = intents.cancel(made.id, {"cancellation_reason": "duplicate"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "duplicate")
    assert canceled.canceled_at >= made.created
    assert canceled.payment_method == made.payment_method
    assert event_types(stripe) == ["payment_intent.created", "payment_intent.canceled"]
    with refused(
        code="payment_intent_unexpected_state",
        says="You cannot cancel this PaymentIntent because it has a status of canceled.",
    ) as again:
        intents.cancel(made.id)
    assert again.value.json_body["error"]["payment_intent"] == canceled.to_dict()


def test_24_reasons_that_only_the_system_gives_are_refused(intents):
    with refused(param="cancellation_reason"):
        intents.cancel(intents.create(usd()).id, {"cancellation_reason": "automatic"})


def test_16_17_what_is_canceled_keeps_its_amount_and_takes_notes(intents):
    made = intents.create(usd())
    intents.cancel(made.id)

    for name, value in (
        ("amount", 2000),
        ("currency", "eur"),
        ("payment_method", "pm_card_visa"),
        ("payment_method_configuration", "pmc_1"),
    ):
        with refused(
            code="payment_intent_unexpected_state",
            param=name,
            says=f"This PaymentIntent's {name} could not be updated because it has a status of canceled.",
        ):
            intents.update(made.id, {name: value})
    assert intents.update(made.id, {"metadata": {"note": "late"}}).metadata.to_dict() == {"note": "late"}


# -- platforms -------------------------------------------------------------------------------------------------------------


def test_50_a_fee_needs_somebody_to_pay_it(stripe, intents):
    account = connected(stripe)

    direct = intents.create(usd(application_fee_amount=100), acting_on(account))
    assert (direct.application_fee_amount, direct.application[:3]) == (100, "ca_")
    through = {"transfer_data": {"destination": account.id}}
    assert intents.create(usd(application_fee_amount=100, **through)).application_fee_amount == 100
    with refused(param="application_fee_amount", says="less than or equal to the amount"):
        intents.create(usd(application_fee_amount=1001), acting_on(account))
    with refused(param="application_fee_amount"):
        intents.create(usd(application_fee_amount=-1), acting_on(account))
    with refused(code="parameters_exclusive", param="transfer_data[amount]"):
        intents.create(
            usd(application_fee_amount=1, transfer_data={"destination": account.id, "amount": 500})
        )
    with refused(param="transfer_data[amount]"):
        intents.create(usd(transfer_data={"destination": account.id, "amount": 1001}))


def test_a_destination_must_be_able_to_receive_transfers(stripe, intents):
    account = stripe.accounts.create(CUSTOM)

    with refused(code="insufficient_capabilities_for_transfer", param="transfer_data[destination]"):
        intents.create(usd(transfer_data={"destination": account.id}))


def test_a_transfer_is_adjusted_and_not_added(stripe, intents):
    account = connected(stripe)
    made = intents.create(usd(transfer_data={"destination": account.id}))

    changed = intents.update(made.id, {"transfer_data": {"amount": 500}})
    assert changed.transfer_data.to_dict() == {"amount": 500, "destination": account.id}
    assert changed.transfer_group == f"group_{made.id}"
    with refused(param="transfer_data"):
        intents.update(intents.create(usd()).id, {"transfer_data": {"amount": 500}})


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
@pytest.mark.parametrize(
    ("version", "sent", "is_dynamic"),
    [
        ("2022-11-15", {}, False),
        ("2022-11-15", {"automatic_payment_methods": {"enabled": True}}, True),
        ("2023-08-16", {}, True),
    ],
)
def test_before_configurations_decided_an_intent_was_for_cards(stripe, kind, version, sent, is_dynamic):
    amount = {"amount": 2000, "currency": "usd"} if kind == "payment_intents" else {}
    intent = getattr(stripe, kind).create({**amount, **sent}, {"stripe_version": version})
    assert (intent.automatic_payment_methods is not None) is is_dynamic
    assert (intent.payment_method_configuration_details is not None) is is_dynamic
    assert intent.payment_method_types == ["card"]
