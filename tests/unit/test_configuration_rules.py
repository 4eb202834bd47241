"""What a configuration comes to for one method: both truth tables, row by row, in every state of the capability."""

import itertools

import pytest

from strongroom.domain.configurations import (
    Base,
    Change,
    Choice,
    Edits,
    Parent,
    Setting,
    changes,
    choose,
    direct_base,
    edited,
    explain,
    lacking,
)

STATUSES = ("active", "pending", "inactive", "unrequested")
ON, OFF, BLOCKED = Setting.ON_BY_DEFAULT, Setting.OFF_BY_DEFAULT, Setting.BLOCKED

# setting, account override, country override, account customization, preference → overridable, value
CHILD_TABLE = [
    (1, ON, None, None, True, "none", True, "on"),
    (2, ON, None, None, True, "on", True, "on"),
    (3, ON, None, None, True, "off", True, "off"),
    (4, OFF, None, None, True, "none", True, "off"),
    (5, OFF, None, None, True, "on", True, "on"),
    (6, OFF, None, None, True, "off", True, "off"),
    (7, BLOCKED, None, None, True, "none", False, "off"),
    (8, BLOCKED, None, None, True, "on", False, "off"),
    (9, BLOCKED, None, None, True, "off", False, "off"),
    *[(10, ON, None, None, False, preference, False, "on") for preference in ("none", "on", "off")],
    *[(11, OFF, None, None, False, preference, False, "off") for preference in ("none", "on", "off")],
    *[(12, BLOCKED, "on", None, True, preference, False, "on") for preference in ("none", "on", "off")],
    (13, ON, "off", None, True, "none", True, "off"),
    (14, ON, "off", None, True, "on", True, "on"),
    (15, OFF, "on", None, True, "none", True, "on"),
    (16, OFF, "on", None, True, "off", True, "off"),
    (17, ON, None, "off", True, "none", True, "off"),
    (18, ON, "on", "off", True, "none", True, "on"),
]


def parent_of(setting, by_account, by_country, customization):
    return Parent(
        settings={"klarna": setting},
        accounts={"klarna": {"acct_a": by_account}} if by_account else {},
        countries={"klarna": {"DE": by_country}} if by_country else {},
        account_customization=customization,
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("number", "setting", "by_account", "by_country", "customization", "preference", "overridable", "value"),
    CHILD_TABLE,
)
def test_every_row_of_the_childs_table(
    number, setting, by_account, by_country, customization, preference, overridable, value, status
):
    parent = parent_of(setting, by_account, by_country, customization)

    base = parent.base("klarna", "off", account="acct_a", country="DE")

    assert choose(preference, base, status) == Choice(
        available=value == "on" and status == "active",
        overridable=overridable,
        preference=preference,
        value=value,
    ), f"row {number}"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("preference", "default", "value"),
    [
        ("on", "on", "on"),
        ("on", "off", "on"),
        ("off", "on", "off"),
        ("off", "off", "off"),
        ("none", "on", "on"),
        ("none", "off", "off"),
    ],
)
def test_every_row_of_the_direct_table(preference, default, value, status):
    available = value == "on" and status == "active"

    assert choose(preference, direct_base(default), status) == Choice(available, None, preference, value)


def test_the_whole_product_follows_the_formulae():
    """Every combination there is, against the formulae as they are written down, in other words than the code's."""
    product = itertools.product(
        Setting, (None, "on", "off"), (None, "on", "off"), (True, False), ("none", "on", "off"), STATUSES
    )
    for setting, by_account, by_country, customization, preference, status in product:
        parent = parent_of(setting, by_account, by_country, customization)
        seen = choose(preference, parent.base("klarna", "off", account="acct_a", country="DE"), status)

        base = by_account or by_country or ("on" if setting == "on_by_default" else "off")
        overridable = setting != "blocked" and customization
        value = preference if overridable and preference in {"on", "off"} else base
        assert seen == Choice(value == "on" and status == "active", overridable, preference, value)


@pytest.mark.parametrize(("account", "country"), [("acct_b", "DE"), ("acct_a", "FR"), ("acct_b", "FR")])
def test_an_override_is_for_its_own_account_and_country_alone(account, country):
    parent = parent_of(OFF, "on", "on", True)

    base = parent.base("klarna", "off", account=account, country=country)

    assert base == Base("on" if account == "acct_a" or country == "DE" else "off", True)


@pytest.mark.parametrize(("default", "setting"), [("on", ON), ("off", OFF)])
def test_a_method_nobody_has_set_is_as_it_is_built_in(default, setting):
    assert Parent().setting("klarna", default) is setting
    assert Parent().base("klarna", default, account="acct_a", country="DE") == Base(default, True)


def test_unblocking_revives_a_preference_that_was_kept():
    blocked = parent_of(BLOCKED, None, None, True).base("klarna", "off", account="a", country="DE")
    freed = parent_of(OFF, None, None, True).base("klarna", "off", account="a", country="DE")

    assert choose("on", blocked, "active") == Choice(False, False, "on", "off")
    assert choose("on", freed, "active") == Choice(True, True, "on", "on")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"apple_pay": "on", "google_pay": "on", "card": "on"}, []),
        ({"apple_pay": "on", "google_pay": "on", "card": "off"}, ["apple_pay", "google_pay"]),
        ({"apple_pay": "off", "google_pay": "on"}, ["google_pay"]),
        ({"card": "off"}, []),
    ],
)
def test_what_is_on_without_what_it_needs(values, found):
    assert lacking(values, {"google_pay": "card", "apple_pay": "card"}) == found


# -- edits -----------------------------------------------------------------------------------------------------------------

OLD = Parent(
    {"klarna": ON, "link": BLOCKED},
    {"klarna": {"DE": "off", "FR": "off"}},
    {"link": {"acct_a": "on"}},
    account_customization=False,
)


def test_edits_change_what_they_name_and_leave_the_rest():
    edits = Edits(
        settings={"klarna": OFF, "zip": ON},
        countries={"klarna": {"DE": None, "ES": "off"}},
        accounts={"link": {"acct_a": None}},
    )

    assert edited(OLD, edits) == Parent(
        {"klarna": OFF, "link": BLOCKED, "zip": ON},
        {"klarna": {"FR": "off", "ES": "off"}},
        {},
        account_customization=False,
    )
    assert edits.methods == {"klarna", "zip", "link"}


def test_no_edits_change_nothing():
    assert edited(OLD, Edits()) == OLD
    assert changes(OLD, OLD, {"klarna": "off", "link": "off"}) == []


def test_setting_what_holds_anyway_is_no_change():
    assert changes(Parent(), Parent({"card": ON, "klarna": OFF}), {"card": "on", "klarna": "off"}) == []


def test_every_change_is_told_settings_first_then_countries_then_accounts():
    new = Parent({"klarna": BLOCKED}, {"klarna": {"FR": "off"}}, {"link": {"acct_a": "off"}})

    assert changes(OLD, new, {"klarna": "off", "link": "on"}) == [
        Change("klarna", None, "on_by_default", "blocked"),
        Change("link", None, "blocked", "on_by_default"),
        Change("klarna", "DE", "off", None),
        Change("link", "acct_a", "on", "off"),
        Change(None, None, "locked", "customizable"),
    ]


@pytest.mark.parametrize(
    ("preference", "setting", "by_account", "by_country", "words"),
    [
        ("on", OFF, None, None, "The account has switched it on itself."),
        ("off", ON, "on", None, "The account has switched it off itself."),
        ("none", ON, None, None, "It is on by default."),
        ("none", OFF, None, None, "It is off by default."),
        ("on", BLOCKED, None, None, "The platform has blocked it."),
        ("on", BLOCKED, "on", None, "The platform has set it to on for this account."),
        ("none", ON, None, "off", "The platform has set it to off for accounts in DE."),
        ("none", ON, "on", "off", "The platform has set it to on for this account."),
    ],
)
def test_the_reason_is_what_decides(preference, setting, by_account, by_country, words):
    parent = parent_of(setting, by_account, by_country, True)

    assert explain(preference, parent, "klarna", "off", account="acct_a", country="DE") == words
