"""Which types intents can be: chosen by the configuration of the merchant of record, or named and then held to it."""

import pytest
import stripe as sdk

from strongroom.catalog.eligibility import methods
from strongroom.domain.configurations import Edits, Setting
from strongroom.domain.intents import Choosing
from strongroom.resources import parent_configurations as parents
from strongroom.resources.offers import Wish, review
from strongroom.resources.payment_method_configurations import make_default
from support.configurations import connected, default, prefer
from support.connect import CUSTOM, acting_on
from support.dashboard import Dashboard
from support.data import event_types, refused

NO_TYPES = "No valid payment method types for this Payment Intent. Please ensure that you have activated payment methods"
CONFIGURATION = "payment_method_configuration"
MISSING = {"code": "resource_missing", "param": CONFIGURATION, "says": "No such payment_method_configuration"}


@pytest.fixture
def intents(stripe):
    return stripe.payment_intents


@pytest.fixture
def configurations(stripe):
    return stripe.payment_method_configurations


@pytest.fixture
def dashboard(server, name):
    return Dashboard(server, name)


@pytest.fixture
def parent(dashboard):
    return dashboard(parents.list_all)[0].id


@pytest.fixture
def account(stripe):
    return connected(stripe, "klarna_payments")


@pytest.fixture
def world(server, name):
    """A platform in a country, its default configuration set to exactly these methods."""

    def make(country, *on):
        client = server.client(f"sk_test_{name}_{country}").v1
        first = default(client)
        values = {**dict.fromkeys(("card", "apple_pay", "google_pay"), "off"), **dict.fromkeys(on, "on")}
        client.payment_method_configurations.update(first.id, prefer(**values))
        return client

    return make


def child_of(configurations, account):
    return next(one for one in configurations.list({}, acting_on(account)).data if one.parent)


def usd(**params):
    return {"amount": 1099, "currency": "usd", **params}


# -- dynamic or named ------------------------------------------------------------------------------------------------------


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


# -- whose configuration ---------------------------------------------------------------------------------------------------


def test_31_a_direct_charge_uses_the_accounts_child_and_not_its_own(configurations, intents, account, parent):
    made = intents.create(usd(), acting_on(account))

    assert made.payment_method_configuration_details.to_dict() == {
        "id": child_of(configurations, account).id,
        "parent": parent,
    }
    assert made.application == child_of(configurations, account).application
    with refused(status=404, code="resource_missing", param="intent"):
        intents.retrieve(made.id)


def test_32_a_parents_id_means_the_accounts_child_of_it(configurations, intents, dashboard, account):
    second = dashboard(parents.create, "Second")

    made = intents.create(usd(payment_method_configuration=second.id), acting_on(account))

    details = made.payment_method_configuration_details
    assert details.parent == second.id
    assert details.id == configurations.list({}, acting_on(account)).data[0].id
    by_child = intents.create(usd(payment_method_configuration=details.id), acting_on(account))
    assert by_child.payment_method_configuration_details.to_dict() == details.to_dict()


def test_33_a_destination_charge_is_the_platforms_whatever_the_account_prefers(
    stripe, configurations, intents, account
):
    configurations.update(child_of(configurations, account).id, prefer(klarna="on"), acting_on(account))

    made = intents.create(usd(transfer_data={"destination": account.id}))

    assert made.payment_method_configuration_details.to_dict() == {"id": default(stripe).id, "parent": None}
    assert made.payment_method_types == ["card"]
    assert made.transfer_data.to_dict() == {"destination": account.id}
    assert made.transfer_group == f"group_{made.id}"


def test_34_on_behalf_of_an_account_its_child_and_its_capability_decide(
    stripe, configurations, intents, account, parent
):
    born = child_of(configurations, account)
    configurations.update(born.id, prefer(klarna="on"), acting_on(account))
    behalf = {"on_behalf_of": account.id, "transfer_data": {"destination": account.id}}

    made = intents.create(usd(**behalf))
    assert made.payment_method_configuration_details.to_dict() == {"id": born.id, "parent": parent}
    assert made.payment_method_types == ["card", "klarna"]
    assert intents.create(usd(on_behalf_of=account.id)).payment_method_types == ["card", "klarna"]
    stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": False})
    assert intents.create(usd(**behalf)).payment_method_types == ["card"]


def test_35_a_parent_is_no_configuration_of_the_platforms_own_payments(intents, account, parent):
    for params in ({}, {"transfer_data": {"destination": account.id}}):
        with refused(**MISSING):
            intents.create(usd(payment_method_configuration=parent, **params))


def test_a_platforms_own_configuration_is_none_of_its_accounts(stripe, intents, account):
    own = default(stripe).id

    with refused(**MISSING):
        intents.create(usd(payment_method_configuration=own), acting_on(account))
    with refused(**MISSING):
        intents.create(usd(payment_method_configuration=own, on_behalf_of=account.id))


def test_an_accounts_own_configuration_may_be_named_on_a_direct_charge(stripe, intents, account):
    own = default(stripe, acting_on(account)).id

    made = intents.create(usd(payment_method_configuration=own), acting_on(account))
    assert made.payment_method_configuration_details.to_dict() == {"id": own, "parent": None}
    with refused(**MISSING):
        intents.create(usd(payment_method_configuration=own, on_behalf_of=account.id))


def test_a_child_of_another_account_another_mode_or_nothing_is_missing(
    stripe, live, intents, configurations, account
):
    others = [child_of(configurations, connected(stripe)).id, default(live).id, "pmc_unknown"]

    for other in others:
        with refused(**MISSING):
            intents.create(usd(payment_method_configuration=other), acting_on(account))
        with refused(**MISSING):
            intents.create(usd(payment_method_configuration=other))


def test_10_an_inactive_configuration_pays_for_nothing(configurations, intents):
    other = configurations.create(prefer(card="on"))
    assert intents.create(usd(payment_method_configuration=other.id)).payment_method_types == ["card"]
    configurations.update(other.id, {"active": False})

    with refused(param=CONFIGURATION, says="is not active"):
        intents.create(usd(payment_method_configuration=other.id))


def test_an_inactive_parent_pays_for_nothing(intents, dashboard, account):
    second = dashboard(parents.create, "Second")
    dashboard(parents.set_active, second.id, active=False)

    with refused(param=CONFIGURATION, says="is not active"):
        intents.create(usd(payment_method_configuration=second.id), acting_on(account))


def test_the_default_that_was_moved_is_the_one_that_decides(configurations, intents, dashboard):
    other = configurations.create(prefer(card="on", link="on"))
    dashboard(make_default, other.id)

    made = intents.create(usd())

    assert made.payment_method_configuration_details.id == other.id
    assert made.payment_method_types == ["card", "link"]


def test_53_a_disconnected_account_is_nobody_to_act_on_behalf_of(
    stripe, post, intents, configurations, account
):
    application = child_of(configurations, account).application
    post("/oauth/deauthorize", {"client_id": application, "stripe_user_id": account.id})

    with refused(code="resource_missing", param="on_behalf_of"):
        intents.create(usd(on_behalf_of=account.id))
    with refused(code="resource_missing", param="transfer_data[destination]", says="No such destination"):
        intents.create(usd(transfer_data={"destination": account.id}))
    with refused(sdk.PermissionError, status=403, code="account_invalid"):
        intents.create(usd(), acting_on(account))


def test_what_a_platform_blocks_is_not_offered_on_its_accounts(
    configurations, intents, dashboard, parent, account
):
    configurations.update(child_of(configurations, account).id, prefer(klarna="on"), acting_on(account))
    assert intents.create(usd(), acting_on(account)).payment_method_types == ["card", "klarna"]

    dashboard(parents.apply, parent, Edits(settings={"klarna": Setting.BLOCKED}), version=0)

    assert intents.create(usd(), acting_on(account)).payment_method_types == ["card"]


def test_an_account_without_capabilities_is_offered_nothing(stripe, intents):
    with refused(says=NO_TYPES):
        intents.create(usd(), acting_on(stripe.accounts.create(CUSTOM)))


# -- what is left ----------------------------------------------------------------------------------------------------------


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


# -- updates ---------------------------------------------------------------------------------------------------------------


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


# -- types that were named -------------------------------------------------------------------------------------------------


def test_48_a_named_type_may_be_off_in_the_configuration(intents):
    assert intents.create(usd(payment_method_types=["klarna"])).payment_method_types == ["klarna"]


INVALID = "The payment method type provided: {} is invalid. Please ensure the provided type is activated in your dashboard"
ALL_INVALID = "All types provided in payment_method_types are invalid. Please ensure"


@pytest.mark.parametrize(
    ("types", "says"),
    [
        (["paynow"], INVALID.format("paynow")),
        (["card", "paynow"], INVALID.format("paynow")),
        (["giropay"], INVALID.format("giropay")),
        (["money"], INVALID.format("money")),
        (["apple_pay"], INVALID.format("apple_pay")),
        (["paynow", "fpx"], ALL_INVALID),
    ],
)
def test_a_named_type_the_account_cannot_have_is_refused(intents, types, says):
    with refused(param="payment_method_types", says=says):
        intents.create(usd(payment_method_types=types))
    assert intents.list().data == []


def test_a_named_type_needs_its_capability_on_the_account(intents, account):
    assert intents.create(usd(payment_method_types=["klarna"]), acting_on(account)).id
    with refused(param="payment_method_types", says=INVALID.format("affirm")):
        intents.create(usd(payment_method_types=["affirm"]), acting_on(account))


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method_types": ["card", "ideal"], "currency": "gbp"}, "payment_intent_invalid_parameter", "currency"),
        ({"payment_method_types": ["sepa_debit"]}, "payment_intent_invalid_parameter", "currency"),
        ({"payment_method_types": ["affirm"]}, "amount_too_small", "amount"),
        ({"payment_method_types": ["sunbit"], "amount": 2_000_000}, "amount_too_large", "amount"),
        (
            {"payment_method_types": ["affirm"], "amount": 9900, "setup_future_usage": "off_session"},
            "payment_intent_invalid_parameter",
            "setup_future_usage",
        ),
        (
            {"payment_method_types": ["us_bank_account"], "capture_method": "manual"},
            "payment_intent_invalid_parameter",
            "capture_method",
        ),
        ({"payment_method_types": ["customer_balance"]}, "parameter_missing", "customer"),
    ],
)  # fmt: skip
def test_a_named_type_that_does_not_fit_the_payment_names_what_does_not(intents, params, code, param):
    with refused(code=code, param=param):
        intents.create(usd(**params))


def test_types_that_are_paid_with_elsewhere_are_honestly_not_there(intents):
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented"):
        intents.create(usd(payment_method_types=["card_present"]))


# -- setup intents ---------------------------------------------------------------------------------------------------------


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


# -- an account that acts for itself ---------------------------------------------------------------------------------------


@pytest.fixture
def own_key(server, account):
    """A client with a key of the connected account's own."""
    made = server.command("keys", "create", "--account", account.id).stdout.split()
    return server.client(made[1]).v1


def test_an_accounts_own_payments_use_its_own_configuration(own_key, configurations, account, parent):
    listed = own_key.payment_method_configurations.list().data
    assert [one.parent for one in listed] == [parent, None]
    born, own = listed
    assert born.id == child_of(configurations, account).id

    made = own_key.payment_intents.create(usd())

    assert made.payment_method_configuration_details.to_dict() == {"id": own.id, "parent": None}
    assert made.application is None
    with refused(**MISSING):
        own_key.payment_intents.create(usd(payment_method_configuration=born.id))
    with refused(**MISSING):
        own_key.payment_intents.create(usd(payment_method_configuration=parent))


def test_an_account_sets_its_preferences_itself_and_sees_no_parent(own_key, configurations, account, parent):
    born = own_key.payment_method_configurations.list().data[0]

    own_key.payment_method_configurations.update(born.id, prefer(klarna="on"))

    assert child_of(configurations, account).klarna.display_preference.preference == "on"
    with refused(status=404, code="resource_missing", param="configuration"):
        own_key.payment_method_configurations.retrieve(parent)


# -- why not ---------------------------------------------------------------------------------------------------------------


def test_a_review_says_of_every_method_why_it_is_not_offered(dashboard, account):
    wish = Wish(
        "Payment Intent",
        Choosing(None),
        on_behalf_of=account.id,
        currency="usd",
        amount=1099,
        buyer_country="DE",
    )

    seen = dashboard(review, wish)

    assert seen.merchant.account == account.id
    assert set(seen.verdicts) == set(methods())
    reasons = {
        name: [(reason.code, reason.words) for reason in one.reasons] for name, one in seen.verdicts.items()
    }
    assert reasons["card"] == []
    assert reasons["klarna"] == [
        ("switched_off", "Klarna is switched off in the configuration."),
        ("buyer_country", "Klarna is not for buyers in DE."),
    ]
    assert [code for code, _ in reasons["konbini"]][:4] == [
        "switched_off",
        "capability",
        "country",
        "currency",
    ]
