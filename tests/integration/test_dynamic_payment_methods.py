"""Which types an intent can be, chosen by a configuration: what is left of it, and what an update chooses anew."""

import pytest

from support.configurations import default, prefer
from support.connect import acting_on
from support.data import event_types, refused
from support.offers import (
    INVALID,
    NO_TYPES,
    account,
    child_of,
    configurations,
    dashboard,
    intents,
    parent,
    usd,
    world,
)

__all__ = ["account", "configurations", "dashboard", "intents", "parent", "world"]


# -- dynamic or named -------------------------------------------------------------------------------------------------


def test_28_without_types_the_default_configuration_decides(stripe, intents):
    made = intents.create(usd())

    assert made.automatic_payment_methods.to_dict() == {"allow_redirects": "always", "enabled": True}
    assert made.payment_method_configuration_details.to_dict() == {"id": default(stripe).id, "parent": None}
    assert made.payment_method_types == ["card"]
    assert made.payment_method_options.to_dict() == {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
    }
    assert intents.retrieve(made.id).to_dict() == made.to_dict()
    assert event_types(stripe) == ["payment_intent.created"]


def test_29_named_types_ask_no_configuration(intents):
    made = intents.create(usd(payment_method_types=["card"]))

    assert made.automatic_payment_methods is None
    assert made.payment_method_configuration_details is None
    assert made.payment_method_types == ["card"]


def test_switching_automatic_types_off_leaves_cards(intents):
    made = intents.create(usd(automatic_payment_methods={"enabled": False}))

    assert (made.automatic_payment_methods, made.payment_method_types) == (None, ["card"])


@pytest.mark.parametrize(
    ("params", "param", "says"),
    [
        (
            {"automatic_payment_methods": {"enabled": True}, "payment_method_types": ["card"]},
            "automatic_payment_methods",
            "automatic_payment_methods, payment_method_types.",
        ),
        (
            {"automatic_payment_methods": {"enabled": True}, "confirmation_method": "manual"},
            "automatic_payment_methods",
            "automatic_payment_methods, confirmation_method.",
        ),
        (
            {"payment_method_configuration": "pmc_1", "payment_method_types": ["card"]},
            "payment_method_configuration",
            "payment_method_configuration, payment_method_types.",
        ),
        (
            {"excluded_payment_method_types": ["zip"], "payment_method_types": ["card"]},
            "excluded_payment_method_types",
            "excluded_payment_method_types, payment_method_types.",
        ),
    ],
)
def test_30_what_cannot_be_sent_together_is_refused_and_makes_nothing(intents, params, param, says):
    with refused(param=param, says=f"You may only specify one of these parameters: {says}"):
        intents.create(usd(**params))
    assert intents.list().data == []


# -- what is left -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "country", "on", "params", "expected"),
    [
        (36, "DE", ("card", "apple_pay"), {"currency": "eur"}, ["card"]),
        (39, "US", ("card", "klarna"), {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}, ["card"]),
        (40, "DE", ("card", "ideal"), {"currency": "eur", "setup_future_usage": "off_session"}, ["card", "ideal"]),
        (40, "US", ("card", "affirm"), {"amount": 9900, "setup_future_usage": "off_session"}, ["card"]),
        (43, "US", ("card",), {"excluded_payment_method_types": ["zip"]}, ["card"]),
        (44, "DE", ("card", "sepa_debit"), {"currency": "eur", "amount": 1_000_000}, ["card", "sepa_debit"]),
        (44, "DE", ("card", "sepa_debit"), {"currency": "eur", "amount": 1_000_001}, ["card"]),
        (45, "JP", ("card", "konbini"), {"currency": "jpy", "amount": 100}, ["card"]),
        (45, "JP", ("card", "konbini"), {"currency": "jpy", "amount": 120}, ["card", "konbini"]),
        (45, "JP", ("card", "konbini"), {"currency": "jpy", "amount": 300_001}, ["card"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_out(world, number, country, on, params, expected):
    made = world(country, *on).payment_intents.create(usd(**params))

    assert made.payment_method_types == expected, f"edge case {number}"


@pytest.mark.parametrize(
    ("number", "on", "params"),
    [
        (37, ("ideal",), {"currency": "usd"}),
        (38, ("ideal",), {"currency": "eur", "capture_method": "manual"}),
        (41, ("card",), {"currency": "eur", "excluded_payment_method_types": ["card"]}),
        (41, ("card", "apple_pay"), {"currency": "eur", "excluded_payment_method_types": ["card"]}),
    ],
)
def test_if_nothing_is_left_the_intent_is_not_made(world, number, on, params):
    client = world("DE", *on)

    with refused(says=NO_TYPES):
        client.payment_intents.create(usd(**params))
    assert client.payment_intents.list().data == [], f"edge case {number}"


@pytest.mark.parametrize("name_", ["link", "apple_pay", "google_pay"])
def test_42_what_cannot_be_excluded_is_refused(intents, name_):
    with refused(param="excluded_payment_method_types[0]", says="must be one of acss_debit, affirm"):
        intents.create(usd(excluded_payment_method_types=[name_]))


def test_43_what_is_excluded_is_echoed(intents):
    made = intents.create(usd(excluded_payment_method_types=["zip", "klarna", "zip"]))

    assert made.excluded_payment_method_types == ["zip", "klarna"]


def test_what_is_allowed_narrows_what_the_configuration_offers(world):
    client = world("US", "card", "link", "cashapp")

    made = client.payment_intents.create(usd(allowed_payment_method_types=["card", "klarna", "wero"]))

    assert made.payment_method_types == ["card"]
    assert made.allowed_payment_method_types == ["card", "klarna", "wero"]


def test_options_narrow_one_type_alone(world):
    client = world("US", "card", "affirm")
    kept = usd(amount=9900, setup_future_usage="off_session")

    assert client.payment_intents.create(kept).payment_method_types == ["card"]
    none = {"payment_method_options": {"affirm": {"setup_future_usage": "none"}}}
    made = client.payment_intents.create({**kept, **none})
    assert made.payment_method_types == ["card", "affirm"]
    assert made.payment_method_options.affirm.to_dict() == {"setup_future_usage": "none"}


def test_cards_alone_can_be_captured_later(world):
    client = world("DE", "card", "ideal")

    made = client.payment_intents.create(
        usd(currency="eur", payment_method_options={"card": {"capture_method": "manual"}})
    )

    assert made.payment_method_types == ["card", "ideal"]
    assert made.payment_method_options.card.capture_method == "manual"


def test_bank_transfers_need_a_customer(world):
    client = world("US", "card", "customer_balance")
    customer = client.customers.create({})

    assert client.payment_intents.create(usd()).payment_method_types == ["card"]
    made = client.payment_intents.create(usd(customer=customer.id))
    assert made.payment_method_types == ["card", "customer_balance"]


# -- updates ----------------------------------------------------------------------------------------------------------


def test_50_an_update_of_the_currency_chooses_anew(world):
    client = world("DE", "card", "ideal")
    made = client.payment_intents.create(usd(currency="eur"))
    assert made.payment_method_types == ["card", "ideal"]

    changed = client.payment_intents.update(made.id, {"currency": "usd"})

    assert (changed.currency, changed.payment_method_types) == ("usd", ["card"])
    assert client.payment_intents.update(made.id, {"currency": "eur"}).payment_method_types == [
        "card",
        "ideal",
    ]


def test_an_update_after_which_nothing_is_left_changes_nothing(world):
    client = world("DE", "ideal")
    made = client.payment_intents.create(usd(currency="eur"))

    with refused(says=NO_TYPES):
        client.payment_intents.update(made.id, {"currency": "usd", "description": "changed"})
    assert client.payment_intents.retrieve(made.id).to_dict() == made.to_dict()


def test_51_a_configuration_that_changes_later_leaves_the_intent_as_it_is(stripe, configurations, intents):
    made = intents.create(usd())
    configurations.update(default(stripe).id, prefer(link="on"))

    assert intents.retrieve(made.id).payment_method_types == ["card"]
    assert intents.update(made.id, {"description": "later"}).payment_method_types == ["card"]
    assert intents.update(made.id, {"amount": 2000}).payment_method_types == ["card", "link"]


def test_another_configuration_can_be_named_later(configurations, intents):
    made = intents.create(usd())
    other = configurations.create(prefer(card="on", link="on"))

    changed = intents.update(made.id, {"payment_method_configuration": other.id})

    assert changed.payment_method_configuration_details.to_dict() == {"id": other.id, "parent": None}
    assert changed.payment_method_types == ["card", "link"]
    # It stays the one that counts.
    assert intents.update(made.id, {"amount": 2000}).payment_method_configuration_details.id == other.id


def test_types_can_be_named_later(intents):
    made = intents.create(usd())

    changed = intents.update(made.id, {"payment_method_types": ["card", "link"]})

    assert changed.payment_method_types == ["card", "link"]
    assert changed.automatic_payment_methods is None
    assert changed.payment_method_configuration_details is None
    with refused(param="payment_method_configuration"):
        intents.update(made.id, {"payment_method_configuration": "pmc_1"})


def test_how_redirects_are_allowed_stays(world):
    client = world("US", "card", "klarna")
    made = client.payment_intents.create(
        usd(automatic_payment_methods={"enabled": True, "allow_redirects": "never"})
    )

    changed = client.payment_intents.update(made.id, {"amount": 2000})

    assert changed.automatic_payment_methods.allow_redirects == "never"
    assert changed.payment_method_types == ["card"]


# -- setup intents ----------------------------------------------------------------------------------------------------


def test_49_a_setup_intent_is_offered_what_can_be_kept(world):
    client = world("US", "card", "us_bank_account", "affirm")

    made = client.setup_intents.create({})

    assert made.payment_method_types == ["card", "us_bank_account"]
    assert made.automatic_payment_methods.to_dict() == {"allow_redirects": "always", "enabled": True}
    assert made.payment_method_configuration_details.id == default(client).id
    assert made.payment_method_options.us_bank_account.to_dict() == {
        "mandate_options": {},
        "verification_method": "automatic",
    }


def test_a_setup_intent_with_nothing_left_is_not_made(world):
    client = world("US", "affirm")

    with refused(says="No valid payment method types for this Setup Intent. Please ensure"):
        client.setup_intents.create({})
    assert client.setup_intents.list().data == []


@pytest.mark.parametrize(
    ("types", "says"),
    [(["oxxo"], INVALID.format("oxxo")), (["card", "affirm"], INVALID.format("affirm"))],
)
def test_a_setup_intent_refuses_types_that_cannot_be_kept(stripe, types, says):
    with refused(param="payment_method_types", says=says):
        stripe.setup_intents.create({"payment_method_types": types})


def test_a_setup_intent_uses_the_child_of_whom_it_is_for(stripe, configurations, account, parent):
    details = {"id": child_of(configurations, account).id, "parent": parent}

    for params, options in (({}, acting_on(account)), ({"on_behalf_of": account.id}, None)):
        made = stripe.setup_intents.create(params, options)
        assert made.payment_method_configuration_details.to_dict() == details
