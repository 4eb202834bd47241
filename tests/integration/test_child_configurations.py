"""What a platform sets for its connected accounts, what the accounts say to it, and what comes of both."""

import pytest
import stripe as sdk

from strongroom.domain.configurations import Edits, Setting
from strongroom.resources import parent_configurations as parents
from support.configurations import connected, default, on, prefer, shown
from support.connect import CUSTOM, acting_on
from support.dashboard import Dashboard
from support.data import refused

ON, OFF, BLOCKED = Setting.ON_BY_DEFAULT, Setting.OFF_BY_DEFAULT, Setting.BLOCKED
FAILED = "payment_method_configuration_failures"
MISSING = {"code": "resource_missing", "param": "configuration", "status": 404}


@pytest.fixture
def configurations(stripe):
    return stripe.payment_method_configurations


@pytest.fixture
def dashboard(server, name):
    return Dashboard(server, name)


@pytest.fixture
def parent(dashboard):
    """The id of the platform's default parent."""
    (only,) = dashboard(parents.list_all)
    return only.id


@pytest.fixture
def apply(dashboard, parent):
    """Make edits of the platform's default parent."""

    def make(**edits):
        seen = dashboard(parents.preview, parent, Edits(**edits))
        return dashboard(parents.apply, parent, Edits(**edits), version=seen.version)

    return make


@pytest.fixture
def account(stripe):
    """A connected account with active capabilities for cards and Klarna."""
    return connected(stripe, "klarna_payments")


# -- a child is there as soon as there is somebody to have it --------------------------------------------------------------


def test_a_connected_account_has_its_own_default_and_a_child_of_its_platforms(
    configurations, account, name, parent
):
    listed = configurations.list({}, acting_on(account)).data

    assert [(one.is_default, one.parent, one.name) for one in listed] == [
        (True, parent, "Default"),
        (True, None, "Default"),
    ]
    born = listed[0]
    assert born.application.startswith("ca_")
    assert born.active is True
    assert shown(born, "card") == (True, True, "none", "on")
    assert shown(born, "klarna") == (False, True, "none", "off")
    assert on(born) == {"card", "apple_pay", "google_pay"}
    assert configurations.retrieve(born.id, {}, acting_on(account)).to_dict() == born.to_dict()


def test_16_17_parents_are_nobodys_to_see(configurations, parent, account):
    assert [one.parent for one in configurations.list().data] == [None]
    for operation in (configurations.retrieve, configurations.update):
        with refused(**MISSING):
            operation(parent)
        with refused(**MISSING):
            operation(parent, {}, acting_on(account))


def test_18_the_application_filter_takes_the_platforms_children_alone(configurations, account):
    born = child_of(configurations, account)

    listed = configurations.list({"application": born.application}, acting_on(account)).data
    assert [one.id for one in listed] == [born.id]
    without = configurations.list({"application": ""}, acting_on(account)).data
    assert [one.parent for one in without] == [None]


def child_of(configurations, account):
    return next(one for one in configurations.list({}, acting_on(account)).data if one.parent)


def test_52_a_new_parent_gives_every_account_one_more_child_at_once(
    stripe, configurations, dashboard, account
):
    other = connected(stripe)
    made = dashboard(parents.create, "Marketplace")

    for one in (account, other):
        newest = configurations.list({}, acting_on(one)).data[0]
        assert (newest.parent, newest.name, newest.is_default) == (made.id, "Marketplace", False)
        preferences = {newest[key].display_preference.preference for key in ("card", "klarna", "apple_pay")}
        assert preferences == {"none"}


def test_26_a_child_belongs_to_its_account_and_not_to_the_platform(configurations, account):
    born = child_of(configurations, account)

    with refused(**MISSING):
        configurations.update(born.id, prefer(klarna="on"))


def test_children_of_one_account_are_missing_on_another(stripe, configurations, account):
    born = child_of(configurations, account)
    other = connected(stripe)

    with refused(**MISSING):
        configurations.retrieve(born.id, {}, acting_on(other))


def test_53_a_disconnected_account_takes_its_children_along(stripe, configurations, post, account):
    born = child_of(configurations, account)
    application = born.application
    post("/oauth/deauthorize", {"client_id": application, "stripe_user_id": account.id})

    with refused(sdk.PermissionError, status=403, code="account_invalid"):
        configurations.retrieve(born.id, {}, acting_on(account))
    with refused(**MISSING):
        configurations.retrieve(born.id)


# -- preferences -----------------------------------------------------------------------------------------------------------


def test_20_25_an_account_switches_on_what_is_off_by_default_and_takes_it_back(configurations, account):
    born = child_of(configurations, account)

    changed = configurations.update(born.id, prefer(klarna="on"), acting_on(account))
    assert shown(changed, "klarna") == (True, True, "on", "on")
    cleared = configurations.update(born.id, prefer(klarna="none"), acting_on(account))
    assert cleared.to_dict() == born.to_dict()


def test_21_what_is_on_is_available_once_its_capability_is_and_nothing_is_written(stripe, configurations):
    account = connected(stripe)
    born = child_of(configurations, account)
    changed = configurations.update(born.id, prefer(klarna="on"), acting_on(account))
    assert shown(changed, "klarna") == (False, True, "on", "on")

    stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": True})

    seen = configurations.retrieve(born.id, {}, acting_on(account))
    assert shown(seen, "klarna") == (True, True, "on", "on")
    stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": False})
    seen = configurations.retrieve(born.id, {}, acting_on(account))
    assert shown(seen, "klarna") == (False, True, "on", "on")


def test_21_nothing_is_available_while_its_capability_is_inactive(stripe, configurations):
    account = stripe.accounts.create(CUSTOM)

    assert shown(child_of(configurations, account), "card") == (False, True, "none", "on")


def test_22_23_a_blocked_method_stays_off_and_revives_when_it_is_not(configurations, account, apply):
    apply(settings={"klarna": BLOCKED})
    born = child_of(configurations, account)

    changed = configurations.update(born.id, prefer(klarna="on"), acting_on(account))
    assert shown(changed, "klarna") == (False, False, "on", "off")

    apply(settings={"klarna": OFF})
    seen = configurations.retrieve(born.id, {}, acting_on(account))
    assert shown(seen, "klarna") == (True, True, "on", "on")


def test_24_a_default_that_changes_reaches_who_has_said_nothing(stripe, configurations, account, apply):
    other = connected(stripe, "klarna_payments")
    apply(settings={"klarna": ON})
    mine, theirs = child_of(configurations, account), child_of(configurations, other)
    configurations.update(mine.id, prefer(klarna="on"), acting_on(account))
    assert shown(configurations.retrieve(theirs.id, {}, acting_on(other)), "klarna") == (
        True,
        True,
        "none",
        "on",
    )

    apply(settings={"klarna": OFF})

    assert shown(configurations.retrieve(theirs.id, {}, acting_on(other)), "klarna") == (
        False,
        True,
        "none",
        "off",
    )
    assert shown(configurations.retrieve(mine.id, {}, acting_on(account)), "klarna") == (
        True,
        True,
        "on",
        "on",
    )


def test_overrides_of_country_and_account_take_the_place_of_the_setting(configurations, account, apply):
    def klarna():
        return shown(child_of(configurations, account), "klarna")

    apply(settings={"klarna": ON}, countries={"klarna": {"US": "off"}})
    assert klarna() == (False, True, "none", "off")
    apply(accounts={"klarna": {account.id: "on"}})
    assert klarna() == (True, True, "none", "on")
    apply(settings={"klarna": BLOCKED})
    assert klarna() == (True, False, "none", "on")
    apply(accounts={"klarna": {account.id: None}})
    assert klarna() == (False, False, "none", "off")


def test_without_customization_nobody_is_heeded(configurations, account, apply):
    born = child_of(configurations, account)
    configurations.update(born.id, prefer(klarna="on"), acting_on(account))

    apply(account_customization=False)

    seen = configurations.retrieve(born.id, {}, acting_on(account))
    assert shown(seen, "klarna") == (False, False, "on", "off")
    assert shown(seen, "card") == (True, False, "none", "on")


def test_a_wallet_needs_cards_on_a_child_as_well_and_then_nothing_changes(configurations, account):
    born = child_of(configurations, account)

    with refused(code=FAILED, says="Apple Pay and Google Pay require Card to be enabled"):
        configurations.update(born.id, prefer(card="off", klarna="on"), acting_on(account))
    assert configurations.retrieve(born.id, {}, acting_on(account)).to_dict() == born.to_dict()
    gone = prefer(card="off", apple_pay="off", google_pay="off")
    assert on(configurations.update(born.id, gone, acting_on(account))) == set()


def test_an_accounts_own_configuration_is_its_own_affair(stripe, configurations, account, apply):
    apply(settings={"klarna": BLOCKED}, account_customization=False)
    own = default(stripe, acting_on(account))

    changed = configurations.update(own.id, prefer(klarna="on"), acting_on(account))

    assert shown(changed, "klarna") == (True, None, "on", "on")


# -- names and states ------------------------------------------------------------------------------------------------------


def test_a_child_has_its_parents_name_until_it_has_one_of_its_own(configurations, dashboard, account, parent):
    born = child_of(configurations, account)
    dashboard(parents.rename, parent, "All shops")
    assert child_of(configurations, account).name == "All shops"

    configurations.update(born.id, {"name": "Mine"}, acting_on(account))
    dashboard(parents.rename, parent, "Every shop")

    assert child_of(configurations, account).name == "Mine"


def test_a_child_is_as_active_as_its_parent_and_cannot_say_otherwise(
    configurations, dashboard, account, parent
):
    made = dashboard(parents.create, "Winter")
    born = configurations.list({}, acting_on(account)).data[0]

    for one in configurations.list({}, acting_on(account)).data:
        with refused(param="active"):
            configurations.update(one.id, {"active": False}, acting_on(account))

    dashboard(parents.set_active, made.id, active=False)
    inactive = configurations.list({"active": False}, acting_on(account)).data
    assert [(one.id, one.active) for one in inactive] == [(born.id, False)]


def test_the_default_moves_with_the_parents(configurations, dashboard, account, parent):
    made = dashboard(parents.create, "Winter")

    dashboard(parents.make_default, made.id)

    listed = configurations.list({}, acting_on(account)).data
    assert [(one.parent, one.is_default) for one in listed] == [
        (made.id, True),
        (parent, False),
        (None, True),
    ]


# -- written down by a create ----------------------------------------------------------------------------------------------


def test_a_child_can_be_written_down_once(configurations, dashboard, account):
    made = dashboard(parents.create, "Winter")

    created = configurations.create({"parent": made.id, **prefer(klarna="on")}, acting_on(account))
    assert (created.parent, created.is_default, created.name) == (made.id, False, "Winter")
    assert shown(created, "klarna") == (True, True, "on", "on")
    assert created.id in {one.id for one in configurations.list({}, acting_on(account)).data}
    with refused(code=FAILED):
        configurations.create({"parent": made.id}, acting_on(account))
    assert len(configurations.list({}, acting_on(account)).data) == 3


def test_a_platform_is_no_child_of_its_own_parent(configurations, parent):
    with refused(param="parent", says="Stripe-Account"):
        configurations.create({"parent": parent})


def test_a_parent_is_one_of_the_platforms_in_this_mode(server, name, configurations, dashboard, account):
    stranger = Dashboard(server, f"{name}other")(parents.list_all)[0].id
    other_mode = Dashboard(server, name, livemode=True)(parents.list_all)[0].id
    own = child_of(configurations, account).id

    for unknown in (stranger, other_mode, "pmc_unknown"):
        with refused(code="resource_missing", param="parent"):
            configurations.create({"parent": unknown}, acting_on(account))
    with refused(param="parent", says="must be a parent configuration"):
        configurations.create({"parent": own}, acting_on(account))
