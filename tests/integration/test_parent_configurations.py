"""What a platform's dashboard does with its parents: look, preview, apply, and see who has what."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from strongroom import errors
from strongroom.domain.configurations import Change, Choice, Edits, Setting
from strongroom.resources import parent_configurations as parents
from strongroom.resources.connected_methods import Bucket
from support.configurations import connected, prefer
from support.connect import COMPLETE, CUSTOM, acting_on, events_of
from support.dashboard import Dashboard

ON, OFF, BLOCKED = Setting.ON_BY_DEFAULT, Setting.OFF_BY_DEFAULT, Setting.BLOCKED
FAILED = "payment_method_configuration_failures"


@pytest.fixture
def dashboard(server, name):
    return Dashboard(server, name)


@pytest.fixture
def parent(dashboard):
    (only,) = dashboard(parents.list_all)
    return only.id


@pytest.fixture
def preview(dashboard, parent):
    return lambda **edits: dashboard(parents.preview, parent, Edits(**edits))


@pytest.fixture
def apply(dashboard, parent):
    def make(**edits):
        seen = dashboard(parents.preview, parent, Edits(**edits))
        return dashboard(parents.apply, parent, Edits(**edits), version=seen.version)

    return make


def refusal(run, *values, **named):
    """What an operation refuses with."""
    with pytest.raises(errors.ApiError) as caught:
        run(*values, **named)
    return caught.value.http_status, caught.value.code, caught.value.param


def effects(seen):
    return [(one.account, one.method, one.outcome, one.reason) for one in seen.effects]


# -- parents ---------------------------------------------------------------------------------------------------------------


def test_a_platform_has_one_parent_from_birth_the_default(dashboard):
    (only,) = dashboard(parents.list_all)

    assert (only.name, only.active, only.is_default, only.stored) == ("Default", True, True, None)
    assert only.rules.account_customization is True
    defaults = {method: only.rules.setting(method, default) for method, default in parents.DEFAULTS.items()}
    assert {method for method, setting in defaults.items() if setting is ON} == {
        "card",
        "apple_pay",
        "google_pay",
    }
    assert Counter(defaults.values())[BLOCKED] == 0


def test_parents_are_made_renamed_and_listed_newest_first(dashboard, parent):
    second = dashboard(parents.create, "Second")
    third = dashboard(parents.create, "Third")
    dashboard(parents.rename, parent, "First")

    assert [(one.id, one.name) for one in dashboard(parents.list_all)] == [
        (third.id, "Third"),
        (second.id, "Second"),
        (parent, "First"),
    ]


def test_exactly_one_is_the_default_whoever_moves_it(dashboard, parent):
    made = [dashboard(parents.create, str(number)).id for number in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda one: dashboard(parents.make_default, one), made))

    defaults = [one.id for one in dashboard(parents.list_all) if one.is_default]
    assert len(defaults) == 1
    assert defaults[0] in made


def test_the_default_stays_active_and_the_inactive_never_becomes_it(dashboard, parent):
    made = dashboard(parents.create, "Second").id

    assert refusal(dashboard, parents.set_active, parent, active=False) == (400, None, "active")
    dashboard(parents.set_active, made, active=False)
    assert refusal(dashboard, parents.make_default, made) == (400, None, "parent")
    dashboard(parents.set_active, made, active=True)
    dashboard(parents.make_default, made)
    dashboard(parents.set_active, parent, active=False)
    assert [(one.active, one.is_default) for one in dashboard(parents.list_all)] == [
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize("text", ["", "  ", "x" * 101])
def test_a_name_is_a_name(dashboard, parent, text):
    assert refusal(dashboard, parents.create, text) == (400, None, "name")
    assert refusal(dashboard, parents.rename, parent, text) == (400, None, "name")
    assert len(dashboard(parents.list_all)) == 1


def test_parents_of_others_are_missing(server, name, dashboard):
    (foreign,) = Dashboard(server, f"{name}other")(parents.list_all)

    assert refusal(dashboard, parents.rename, foreign.id, "Mine") == (404, "resource_missing", "parent")


# -- preview and apply -----------------------------------------------------------------------------------------------------


def test_a_preview_names_each_change_and_who_gains_and_loses_and_changes_nothing(
    stripe, dashboard, parent, preview
):
    able = connected(stripe, "klarna_payments")
    decided = connected(stripe, "klarna_payments")
    (born, _) = stripe.payment_method_configurations.list({}, acting_on(decided)).data
    stripe.payment_method_configurations.update(born.id, prefer(google_pay="off"), acting_on(decided))

    seen = preview(settings={"klarna": ON, "google_pay": BLOCKED})

    assert seen.changes == [
        Change("google_pay", None, "on_by_default", "blocked"),
        Change("klarna", None, "off_by_default", "on_by_default"),
    ]
    assert effects(seen) == [
        (decided.id, "klarna", "gains", "It is on by default."),
        (able.id, "google_pay", "loses", "The platform has blocked it."),
        (able.id, "klarna", "gains", "It is on by default."),
    ]
    gained = seen.effects[0]
    assert (gained.before, gained.after) == (
        Choice(False, True, "none", "off"),
        Choice(True, True, "none", "on"),
    )
    assert dashboard(parents.list_all)[0].stored is None


def test_each_kind_of_change_has_its_place_in_a_preview(stripe, apply, preview):
    account = connected(stripe, "klarna_payments")
    apply(settings={"klarna": ON}, accounts={"klarna": {account.id: "off"}})

    seen = preview(
        settings={"link": BLOCKED, "klarna": ON},
        countries={"klarna": {"US": "off", "DE": "off"}},
        accounts={"klarna": {account.id: "on"}},
        account_customization=False,
    )

    assert seen.changes == [
        Change("link", None, "off_by_default", "blocked"),
        Change("klarna", "DE", None, "off"),
        Change("klarna", "US", None, "off"),
        Change("klarna", account.id, "off", "on"),
        Change(None, None, "customizable", "locked"),
    ]
    assert effects(seen) == [
        (account.id, "klarna", "gains", "The platform has set it to on for this account.")
    ]


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        (
            {"countries": {"card": {"US": "off"}, "apple_pay": {"US": "off"}, "google_pay": {"US": "off"}}},
            "US",
        ),
    ],
)
def test_a_country_that_is_switched_off_loses(stripe, preview, edits, reason):
    account = connected(stripe)

    assert effects(preview(**edits)) == [
        (account.id, method, "loses", f"The platform has set it to off for accounts in {reason}.")
        for method in ("apple_pay", "card", "google_pay")
    ]


def test_switching_on_by_default_requests_the_capability_of_who_is_eligible(stripe, preview, apply):
    eligible = connected(stripe)
    owing = stripe.accounts.create(CUSTOM)

    seen = preview(settings={"klarna": ON})
    assert seen.requests == {eligible.id: ["klarna_payments"]}
    assert effects(seen) == [
        (
            owing.id,
            "klarna",
            "waits",
            "It is on by default. The capability klarna_payments is unrequested.",
        ),
        (
            eligible.id,
            "klarna",
            "gains",
            "It is on by default. The capability klarna_payments is requested.",
        ),
    ]

    apply(settings={"klarna": ON})

    assert stripe.accounts.retrieve(eligible.id).capabilities.klarna_payments == "active"
    assert "klarna_payments" not in stripe.accounts.retrieve(owing.id).capabilities
    told = events_of(stripe, eligible, "capability.updated")
    assert [event.data.object["id"] for event in told] == ["klarna_payments"]
    assert events_of(stripe, owing, "capability.updated") == []
    (born, _) = stripe.payment_method_configurations.list({}, acting_on(eligible)).data
    assert born.klarna.available is True


def test_an_account_that_becomes_eligible_later_has_the_capability_requested_then_and_once(stripe, apply):
    apply(settings={"klarna": ON})
    born_able = connected(stripe)
    later = stripe.accounts.create(CUSTOM)
    assert born_able.capabilities.klarna_payments == "active"
    assert "klarna_payments" not in later.capabilities

    able = stripe.accounts.update(later.id, {key: COMPLETE[key] for key in COMPLETE.keys() - CUSTOM.keys()})
    assert able.capabilities.klarna_payments == "active"

    for account in (born_able, later):
        stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": False})
        changed = stripe.accounts.update(account.id, {"metadata": {"a": "b"}})
        assert "klarna_payments" not in changed.capabilities


def test_what_was_requested_by_an_edit_and_given_up_is_not_requested_again(stripe, apply):
    account = connected(stripe)
    apply(settings={"klarna": ON})
    stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": False})

    assert "klarna_payments" not in stripe.accounts.update(account.id, {"metadata": {"a": "b"}}).capabilities


def test_what_is_built_in_as_on_is_requested_of_nobody(stripe):
    assert stripe.accounts.create({"type": "express"}).capabilities.to_dict() == {}


def test_what_was_not_seen_is_not_applied(dashboard, parent, preview):
    seen = preview(settings={"klarna": ON})
    dashboard(parents.apply, parent, Edits(settings={"link": BLOCKED}), version=0)

    late = refusal(dashboard, parents.apply, parent, Edits(settings={"klarna": ON}), version=seen.version)

    assert late[0] == 409
    (now,) = dashboard(parents.list_all)
    assert now.rules.settings == {"link": BLOCKED}


def test_of_two_who_apply_at_once_one_is_told_to_look_again(dashboard, parent):
    def attempt(method):
        try:
            return dashboard(parents.apply, parent, Edits(settings={method: BLOCKED}), version=0) and None
        except errors.InvalidRequest as late:
            return late.http_status

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["klarna", "link"]), key=str) == [409, None]
    (now,) = dashboard(parents.list_all)
    assert len(now.rules.settings) == 1


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"settings": {"cash": ON}}, (400, None, "cash")),
        ({"settings": {"apple_pay_later": ON}}, (400, None, "apple_pay_later")),
        ({"settings": {"card": OFF}}, (400, FAILED, None)),
        ({"settings": {"card": BLOCKED}}, (400, FAILED, None)),
        ({"countries": {"card": {"US": "off"}}}, (400, FAILED, None)),
        ({"countries": {"klarna": {"US": "on"}}}, (400, None, "klarna[US]")),
        ({"countries": {"klarna": {"JP": "off"}}}, (400, None, "klarna[JP]")),
        ({"countries": {"klarna": {"XX": "off"}}}, (400, None, "klarna[XX]")),
        ({"accounts": {"klarna": {"acct_unknown": "on"}}}, (403, "account_invalid", None)),
    ],
)
def test_what_cannot_be_edited_is_refused_and_nothing_is_applied(dashboard, parent, edits, expected):
    both = {"settings": {"link": ON}, **edits}
    if "settings" in edits:
        both["settings"] = {"link": ON, **edits["settings"]}

    assert refusal(dashboard, parents.preview, parent, Edits(**both)) == expected
    assert refusal(dashboard, parents.apply, parent, Edits(**both), version=0) == expected
    assert dashboard(parents.list_all)[0].stored is None


def test_cards_cannot_be_taken_from_one_account_that_keeps_a_wallet(stripe, dashboard, parent):
    account = connected(stripe)

    assert refusal(dashboard, parents.preview, parent, Edits(accounts={"card": {account.id: "off"}})) == (
        400,
        FAILED,
        None,
    )
    everything = {method: {account.id: "off"} for method in ("card", "apple_pay", "google_pay")}
    assert len(dashboard(parents.preview, parent, Edits(accounts=everything)).effects) == 3


def test_an_override_of_an_account_that_left_can_be_forgotten(stripe, post, dashboard, parent, apply):
    account = connected(stripe)
    apply(accounts={"klarna": {account.id: "on"}})
    stripe.accounts.delete(account.id)

    seen = apply(accounts={"klarna": {account.id: None}})

    assert seen.parent.rules.accounts == {}
    with pytest.raises(sdk.PermissionError):
        stripe.accounts.retrieve(account.id)


# -- who has what ----------------------------------------------------------------------------------------------------------


def test_accounts_are_sorted_by_how_far_they_are_from_a_method(stripe, dashboard):
    enabled = connected(stripe, "klarna_payments")
    eligible = connected(stripe)
    owing = stripe.accounts.create(CUSTOM)
    foreign = stripe.accounts.create({**CUSTOM, "country": "JP"})

    found = dashboard(parents.buckets, "klarna")

    seen = {bucket: [(one.account, one.reason) for one in inside] for bucket, inside in found.items()}
    assert seen[Bucket.ENABLED] == [(enabled.id, "The capability klarna_payments is active.")]
    assert seen[Bucket.ELIGIBLE] == [
        (eligible.id, "The capability klarna_payments becomes active when it is requested.")
    ]
    assert seen[Bucket.INELIGIBLE] == [(foreign.id, "Accounts in JP cannot accept Klarna.")]
    ((account, reason),) = seen[Bucket.MISSING_INFO]
    assert account == owing.id
    assert reason.startswith("Owed for klarna_payments: business_profile.mcc, ")


def test_previews_and_rejected_accounts_are_ineligible(stripe, dashboard):
    account = connected(stripe)
    stripe.accounts.reject(connected(stripe).id, {"reason": "fraud"})

    paypal = dashboard(parents.buckets, "alipay")
    klarna = dashboard(parents.buckets, "klarna")

    assert len(paypal[Bucket.INELIGIBLE]) == 2
    assert [one.reason for one in klarna[Bucket.INELIGIBLE]] == ["The account was rejected."]
    assert [one.account for one in klarna[Bucket.ELIGIBLE]] == [account.id]
    assert refusal(dashboard, parents.buckets, "cash") == (400, None, "method")


def test_the_table_of_one_account_says_what_holds_and_why(stripe, dashboard, parent, apply):
    account = connected(stripe, "klarna_payments")
    (born, _) = stripe.payment_method_configurations.list({}, acting_on(account)).data
    stripe.payment_method_configurations.update(born.id, prefer(link="on"), acting_on(account))
    apply(settings={"klarna": ON, "zip": BLOCKED}, accounts={"affirm": {account.id: "on"}})

    table = {
        one.method.type: (one.base.value, one.choice, one.capability, one.reason)
        for one in dashboard(parents.effective_table, parent, account.id)
    }

    assert table["klarna"] == ("on", Choice(True, True, "none", "on"), "active", "It is on by default.")
    assert table["link"] == (
        "off",
        Choice(False, True, "on", "on"),
        "unrequested",
        "The account has switched it on itself.",
    )
    assert table["zip"] == (
        "off",
        Choice(False, False, "none", "off"),
        "unrequested",
        "The platform has blocked it.",
    )
    assert table["affirm"][3] == "The platform has set it to on for this account."
    shown = stripe.payment_method_configurations.retrieve(born.id, {}, acting_on(account))
    assert {method: choice.available for method, (_, choice, _, _) in table.items()} == {
        method: shown[method].available for method in table
    }


def test_only_accounts_of_the_platform_have_a_table(server, name, dashboard, parent):
    foreign = server.client(f"sk_test_{name}other").v1.accounts.create(CUSTOM)

    assert refusal(dashboard, parents.effective_table, parent, foreign.id) == (403, "account_invalid", None)
