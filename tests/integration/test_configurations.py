"""PaymentMethodConfigurations of an account's own: there from birth, changed in part or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from strongroom import errors
from strongroom.resources.payment_method_configurations import make_default
from support.configurations import default, methods_of, on, prefer, shown, values_of
from support.dashboard import Dashboard
from support.data import event_types, refused

PMC = "/v1/payment_method_configurations"
FAILED = "payment_method_configuration_failures"
WALLETS = "Invalid configuration. Apple Pay and Google Pay require Card to be enabled."

# What a vendor's sample of a configuration in the US has.
SAMPLE = {
    "acss_debit", "affirm", "afterpay_clearpay", "alipay", "amazon_pay", "apple_pay", "bacs_debit", "bancontact", "blik",
    "card", "cartes_bancaires", "cashapp", "customer_balance", "eps", "giropay", "google_pay", "ideal", "klarna", "link",
    "multibanco", "p24", "sepa_debit", "sofort", "us_bank_account", "wechat_pay", "zip",
}  # fmt: skip


@pytest.fixture
def configurations(stripe):
    return stripe.payment_method_configurations


@pytest.fixture
def first(stripe):
    return default(stripe)


# -- the one from birth ----------------------------------------------------------------------------------------------------


def test_an_account_has_a_default_configuration_before_anybody_asks(configurations):
    listed = configurations.list()
    only = listed.data[0]

    assert (len(listed.data), listed.has_more, listed.url) == (1, False, PMC)
    assert only.id.startswith("pmc_")
    assert len(only.id) == len("pmc_") + 24
    assert {key: only[key] for key in only.to_dict() if key not in methods_of(only)} == {
        "id": only.id,
        "object": "payment_method_configuration",
        "active": True,
        "application": None,
        "is_default": True,
        "livemode": False,
        "name": "Default",
        "parent": None,
    }
    assert configurations.retrieve(only.id).to_dict() == only.to_dict()


def test_cards_and_apple_pay_begin_on_and_everything_else_off(first):
    assert on(first) == {"card", "apple_pay"}
    assert shown(first, "card") == (True, None, "on", "on")
    assert shown(first, "klarna") == (False, None, "off", "off")


def test_each_mode_has_a_default_of_its_own(first, live):
    other = default(live)

    assert other.id != first.id
    assert other.livemode is True


def test_keys_are_in_the_order_of_the_wire(get, first):
    seen = list(get(f"{PMC}/{first.id}").json)

    assert seen[:2] == ["id", "object"]
    assert seen[2:] == sorted(seen[2:])


def test_15_methods_of_other_countries_are_absent_and_not_null(first):
    assert methods_of(first) >= SAMPLE
    assert methods_of(first) & {"paynow", "fpx", "oxxo", "konbini", "apple_pay_later"} == set()


@pytest.mark.parametrize(
    ("country", "there", "absent"),
    [
        ("MX", {"oxxo", "card", "ideal"}, {"us_bank_account", "paynow"}),
        ("SG", {"paynow", "grabpay", "alipay"}, {"fpx", "oxxo", "klarna"}),
        ("JP", {"konbini", "jcb", "paypay"}, {"affirm", "blik"}),
        ("DE", {"blik", "klarna", "sepa_debit", "paypal"}, {"affirm", "cashapp", "zip"}),
        ("GB", {"bacs_debit", "pay_by_bank", "us_bank_account"}, {"ideal", "sepa_debit"}),
    ],
)
def test_what_is_shown_follows_the_country(server, name, country, there, absent):
    seen = methods_of(default(server.client(f"sk_test_{name}_{country}").v1))

    assert there <= seen
    assert seen & absent == set()


# -- create ----------------------------------------------------------------------------------------------------------------


def test_01_a_further_configuration_begins_with_everything_off(configurations):
    made = configurations.create({})

    assert (made.active, made.is_default, made.application, made.parent) == (True, False, None, None)
    assert made.name == "Untitled configuration"
    assert on(made) == set()
    assert {shown(made, method) for method in methods_of(made)} == {(False, None, "off", "off")}
    assert configurations.retrieve(made.id).to_dict() == made.to_dict()


def test_02_what_is_given_is_on_and_the_rest_off(configurations):
    made = configurations.create({"name": "Subs", **prefer(card="on")})

    assert made.name == "Subs"
    assert shown(made, "card") == (True, None, "on", "on")
    assert on(made) == {"card"}


def test_none_in_a_further_configuration_is_off_and_in_the_first_its_built_in_default(configurations, first):
    made = configurations.create(prefer(card="none"))
    changed = configurations.update(first.id, prefer(card="none", klarna="none"))

    assert shown(made, "card") == (False, None, "none", "off")
    assert shown(changed, "card") == (True, None, "none", "on")
    assert shown(changed, "klarna") == (False, None, "none", "off")


@pytest.mark.parametrize("wallet", ["apple_pay", "google_pay"])
def test_03_a_wallet_needs_cards(configurations, wallet):
    with refused(code=FAILED, says=WALLETS):
        configurations.create(prefer(**{wallet: "on"}))
    assert len(configurations.list().data) == 1

    assert on(configurations.create(prefer(**{wallet: "on", "card": "on"}))) == {wallet, "card"}


def test_11_active_cannot_be_said_at_creation(configurations):
    with refused(code="parameter_unknown", param="active"):
        configurations.create({"active": False})


@pytest.mark.parametrize("method", ["apple_pay_later", "fr_meal_voucher_conecs"])
def test_14_what_is_request_only_is_taken_and_never_shown(configurations, first, method):
    made = configurations.create(prefer(**{method: "on"}))
    changed = configurations.update(first.id, prefer(**{method: "on"}))

    assert method not in made
    assert changed.to_dict() == first.to_dict()


def test_a_method_of_another_country_is_taken_and_not_shown(configurations):
    made = configurations.create(prefer(paynow="on", card="on"))

    assert "paynow" not in made
    assert on(made) == {"card"}


def test_there_is_an_end_to_how_many_there_are(configurations):
    for number in range(99):
        configurations.create({"name": f"number {number}"})

    with refused(code=FAILED):
        configurations.create({})


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"is_default": "true"}, "parameter_unknown", "is_default"),
        ({"metadata": {"a": "b"}}, "parameter_unknown", "metadata"),
        ({"livemode": "true"}, "parameter_unknown", "livemode"),
        ({"application": "ca_1"}, "parameter_unknown", "application"),
        ({"klarna": {"available": "true"}}, "parameter_unknown", "klarna[available]"),
        (
            {"klarna": {"display_preference": {"overridable": "true"}}},
            "parameter_unknown",
            "klarna[display_preference][overridable]",
        ),
        (prefer(klarna="maybe"), None, "klarna[display_preference][preference]"),
        (prefer(klarna=""), "parameter_invalid_empty", "klarna[display_preference][preference]"),
        ({"klarna": "on"}, None, "klarna"),
        ({"name": "x" * 101}, None, "name"),
        ({"name": ""}, "parameter_invalid_empty", "name"),
        ({"parent": ""}, "parameter_invalid_empty", "parent"),
        ({"parent": "x" * 101}, None, "parent"),
        ({"parent": "pmc_unknown"}, "resource_missing", "parent"),
    ],
)
def test_what_is_wrong_is_named_and_makes_nothing(configurations, params, code, param):
    with refused(code=code, param=param):
        configurations.create(params)
    assert len(configurations.list().data) == 1


def test_a_direct_configuration_is_no_parent(configurations, first):
    with refused(param="parent", says="must be a parent configuration"):
        configurations.create({"parent": first.id})


# -- update ----------------------------------------------------------------------------------------------------------------


def test_an_update_changes_what_is_given_and_nothing_else(configurations, first):
    changed = configurations.update(first.id, {"name": "Shop", **prefer(klarna="on")})

    assert changed.name == "Shop"
    assert values_of(changed) == {**values_of(first), "klarna": "on"}
    assert shown(changed, "klarna") == (True, None, "on", "on")
    assert configurations.retrieve(first.id).to_dict() == changed.to_dict()


def test_04_cards_cannot_go_while_a_wallet_stays_and_then_nothing_goes(configurations, first):
    with refused(code=FAILED, says=WALLETS):
        configurations.update(first.id, {"name": "Other", **prefer(card="off", klarna="on")})

    assert configurations.retrieve(first.id).to_dict() == first.to_dict()


def test_05_cards_can_go_with_their_wallets(configurations, first):
    assert on(configurations.update(first.id, prefer(card="off", apple_pay="off", google_pay="off"))) == set()


@pytest.mark.parametrize(
    ("number", "params", "code", "param"),
    [
        (
            6,
            {"klarna": {"display_preference": {"value": "on"}}},
            "parameter_unknown",
            "klarna[display_preference][value]",
        ),
        (7, prefer(klarna="maybe"), None, "klarna[display_preference][preference]"),
        (8, {"is_default": "false"}, "parameter_unknown", "is_default"),
        (9, {"active": "false"}, None, "active"),
        (12, {"parent": "pmc_parent"}, "parameter_unknown", "parent"),
    ],
)
def test_what_cannot_be_updated_is_named_and_changes_nothing(
    configurations, first, number, params, code, param
):
    with refused(code=code, param=param):
        configurations.update(first.id, {**prefer(link="on"), **params})
    assert configurations.retrieve(first.id).to_dict() == first.to_dict(), f"edge case {number}"


def test_07_the_words_say_what_a_preference_can_be(configurations, first):
    with refused(
        param="klarna[display_preference][preference]",
        says="Invalid preference: must be one of none, off, or on",
    ):
        configurations.update(first.id, prefer(klarna="maybe"))


def test_another_configuration_is_archived_and_comes_back(configurations):
    other = configurations.create({"name": "Winter"})

    assert configurations.update(other.id, {"active": False}).active is False
    assert configurations.retrieve(other.id).active is False
    assert configurations.update(other.id, {"active": True}).active is True


def test_09_saying_that_the_default_is_active_changes_nothing(configurations, first):
    assert configurations.update(first.id, {"active": True}).to_dict() == first.to_dict()


def test_13_nothing_is_ever_deleted(server, configurations, secret_key):
    other = configurations.create({})

    reply = server.request("DELETE", f"{PMC}/{other.id}", key=secret_key)

    assert (reply.status, reply.error["type"]) == (404, "invalid_request_error")
    assert reply.error["message"].startswith(f"Unrecognized request URL (DELETE: {PMC}/{other.id}).")


def test_two_updates_at_once_both_hold(configurations, first):
    pairs = [("klarna", "link"), ("cashapp", "affirm"), ("zip", "us_bank_account"), ("ideal", "p24")]

    with ThreadPoolExecutor(2) as pool:
        for pair in pairs:
            list(pool.map(lambda name: configurations.update(first.id, prefer(**{name: "on"})), pair))

    assert on(configurations.retrieve(first.id)) == {
        "card",
        "apple_pay",
        *(name for pair in pairs for name in pair),
    }


def test_the_same_key_makes_one(post, configurations):
    once = post(PMC, {"name": "Once"}, Idempotency_Key="the same")
    again = post(PMC, {"name": "Once"}, Idempotency_Key="the same")

    assert once.body == again.body
    assert len(configurations.list().data) == 2


def test_no_event_tells_of_a_configuration(stripe, configurations, first):
    configurations.create({"name": "Winter"})
    configurations.update(first.id, prefer(klarna="on"))

    assert event_types(stripe) == []


# -- what only the dashboard does ------------------------------------------------------------------------------------------


@pytest.fixture
def dashboard(server, name):
    return Dashboard(server, name)


def test_the_dashboard_moves_the_default_and_nothing_else(configurations, dashboard, first):
    other = configurations.create({"name": "Winter", **prefer(card="on")})

    dashboard(make_default, other.id)

    assert configurations.retrieve(other.id).to_dict() == {**other.to_dict(), "is_default": True}
    assert configurations.retrieve(first.id).to_dict() == {**first.to_dict(), "is_default": False}
    with refused(param="active"):
        configurations.update(other.id, {"active": False})
    assert configurations.update(first.id, {"active": False}).active is False
    with pytest.raises(errors.InvalidRequest, match="inactive configuration cannot become the default"):
        dashboard(make_default, first.id)
    dashboard(make_default, other.id)


def test_exactly_one_is_the_default_whoever_moves_it(configurations, dashboard, first):
    made = [configurations.create({}).id for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda one: dashboard(make_default, one), made))

    assert sum(one.is_default for one in configurations.list().data) == 1
    assert configurations.retrieve(first.id).is_default is False


# -- list ------------------------------------------------------------------------------------------------------------------


def test_the_newest_comes_first_and_pages_meet(configurations, first):
    made = [configurations.create({"name": str(number)}).id for number in range(4)]
    order = [*reversed(made), first.id]

    page = configurations.list({"limit": 2})
    assert ([one.id for one in page.data], page.has_more) == (order[:2], True)
    page = configurations.list({"limit": 2, "starting_after": order[1]})
    assert ([one.id for one in page.data], page.has_more) == (order[2:4], True)
    page = configurations.list({"limit": 2, "starting_after": order[3]})
    assert ([one.id for one in page.data], page.has_more) == (order[4:], False)
    page = configurations.list({"limit": 2, "ending_before": order[4]})
    assert ([one.id for one in page.data], page.has_more) == (order[2:4], True)
    page = configurations.list({"limit": 3, "ending_before": order[3]})
    assert ([one.id for one in page.data], page.has_more) == (order[:3], False)
    assert [one.id for one in configurations.list({"limit": 1}).auto_paging_iter()] == order


def test_the_first_one_stays_the_oldest_when_it_is_changed(configurations, first):
    other = configurations.create({})
    configurations.update(first.id, {"name": "Changed"})

    assert [one.id for one in configurations.list().data] == [other.id, first.id]


def test_19_the_filter_on_active_splits_the_list(configurations, first):
    kept, archived = configurations.create({}), configurations.create({})
    configurations.update(archived.id, {"active": False})

    def listed(**params):
        return [one.id for one in configurations.list(params).data]

    assert listed(active=False) == [archived.id]
    assert listed(active=True) == [kept.id, first.id]
    assert listed() == [archived.id, kept.id, first.id]
    assert listed(active=True, starting_after=archived.id) == [kept.id, first.id]
    assert listed(active=False, ending_before=first.id) == [archived.id]


def test_the_filter_on_the_application_takes_those_without_one_or_none(configurations, first):
    assert [one.id for one in configurations.list({"application": ""}).data] == [first.id]
    assert configurations.list({"application": "ca_nobody"}).data == []


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"starting_after": "pmc_unknown"}, "resource_missing", "starting_after"),
        ({"ending_before": "pmc_unknown"}, "resource_missing", "ending_before"),
        ({"limit": 0}, "parameter_invalid_integer", "limit"),
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"active": "maybe"}, None, "active"),
        ({"name": "Default"}, "parameter_unknown", "name"),
    ],
)
def test_a_wrong_list_is_refused_by_name(configurations, params, code, param):
    with refused(code=code, param=param):
        configurations.list(params)


def test_both_cursors_at_once_are_refused(configurations, first):
    with refused(says="Received both starting_after and ending_before"):
        configurations.list({"starting_after": first.id, "ending_before": first.id})


# -- who sees it -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["retrieve", "update"])
def test_27_one_of_another_mode_or_account_or_that_never_was_is_missing(
    server, name, live, configurations, operation
):
    others = [
        default(live).id,
        live.payment_method_configurations.create({}).id,
        default(server.client(f"sk_test_{name}other").v1).id,
        "pmc_unknown",
        "tok_visa",
    ]

    for other in others:
        with refused(
            status=404,
            code="resource_missing",
            param="configuration",
            says=f"No such payment_method_configuration: '{other}'",
        ):
            getattr(configurations, operation)(other, {})


def test_a_publishable_key_sees_none(browser, first):
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.payment_method_configurations.retrieve(first.id)


def test_what_cannot_be_expanded_is_refused(configurations, first):
    with refused(says="This property cannot be expanded (parent)."):
        configurations.retrieve(first.id, {"expand": ["parent"]})
