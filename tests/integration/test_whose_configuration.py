"""Whose configuration decides: the merchant of record's, its platform's child for it, or its own."""

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
from support.data import refused
from support.offers import (
    CONFIGURATION,
    MISSING,
    NO_TYPES,
    account,
    child_of,
    configurations,
    dashboard,
    intents,
    parent,
    usd,
)

__all__ = ["account", "configurations", "dashboard", "intents", "parent"]


# -- whose configuration ----------------------------------------------------------------------------------------------


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


# -- an account that acts for itself ----------------------------------------------------------------------------------


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


# -- why not ----------------------------------------------------------------------------------------------------------


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
