"""Capabilities: requested, refused their due, and told of when they change."""

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM, acting_on, events_of
from support.data import refused


def test_a_capability_shows_what_it_waits_for(stripe):
    account = stripe.accounts.create(CUSTOM)

    shown = stripe.accounts.capabilities.retrieve(account.id, "card_payments")

    assert (shown.id, shown.object, shown.account) == ("card_payments", "capability", account.id)
    assert (shown.requested, shown.status) == (True, "inactive")
    assert shown.requested_at == account.created
    due = shown.requirements.currently_due
    assert due == shown.requirements.past_due == sorted(due)
    assert "external_account" not in due
    assert {*due, "external_account"} == set(account.requirements.currently_due)
    listed = stripe.accounts.capabilities.list(account.id)
    assert [one.id for one in listed.data] == ["card_payments", "transfers"]
    assert listed.has_more is False


def test_one_that_nobody_requested_is_unrequested_and_an_unknown_one_is_missing(stripe):
    account = stripe.accounts.create(CUSTOM)

    shown = stripe.accounts.capabilities.retrieve(account.id, "klarna_payments")
    assert (shown.requested, shown.requested_at, shown.status) == (False, None, "unrequested")
    with refused(status=404, code="resource_missing", param="capability"):
        stripe.accounts.capabilities.retrieve(account.id, "nonsense")


def test_requesting_makes_it_active_at_once_where_all_is_given_and_tells(stripe):
    account = stripe.accounts.create(COMPLETE)

    made = stripe.accounts.capabilities.update(account.id, "klarna_payments", {"requested": True})

    assert (made.requested, made.status) == (True, "active")
    assert stripe.accounts.retrieve(account.id).capabilities.klarna_payments == "active"
    told = events_of(stripe, account, "capability.updated", "account.updated")
    assert [event.type for event in told] == ["capability.updated", "account.updated"]
    assert told[0].data.object.to_dict() == made.to_dict()
    assert told[0].data.previous_attributes.status == "unrequested"
    assert told[1].data.previous_attributes.to_dict() == {"capabilities": {"klarna_payments": None}}


def test_one_that_is_no_longer_requested_leaves_the_account(stripe):
    account = stripe.accounts.create(COMPLETE)

    shown = stripe.accounts.capabilities.update(account.id, "card_payments", {"requested": False})

    assert (shown.requested, shown.status) == (False, "unrequested")
    after = stripe.accounts.retrieve(account.id)
    assert after.capabilities.to_dict() == {"transfers": "active"}
    assert (after.charges_enabled, after.payouts_enabled) == (True, True)


def test_one_that_the_country_cannot_have_is_taken_and_stays_inactive(stripe):
    capabilities = {**CUSTOM["capabilities"], "twint_payments": {"requested": True}}

    account = stripe.accounts.create({**COMPLETE, "capabilities": capabilities})

    assert account.capabilities.twint_payments == "inactive"
    shown = stripe.accounts.capabilities.retrieve(account.id, "twint_payments")
    assert shown.requirements.disabled_reason == "requirements.fields_needed"


@pytest.mark.parametrize("one", ["card_payments", "transfers"])
def test_what_goes_together_is_not_requested_alone(stripe, one):
    account = stripe.accounts.create({"type": "express"})

    with refused(param="capabilities"):
        stripe.accounts.capabilities.update(account.id, one, {"requested": True})
    assert stripe.accounts.capabilities.list(account.id).data == []


def test_capabilities_of_a_foreign_account_are_refused(server, name, stripe):
    account = stripe.accounts.create(CUSTOM)
    other = server.client(f"sk_test_{name}other").v1.accounts.capabilities

    with refused(sdk.PermissionError, status=403, code="account_invalid"):
        other.list(account.id)
    with refused(sdk.PermissionError, status=403, code="account_invalid"):
        other.update(account.id, "card_payments", {"requested": True})


def test_an_account_may_be_looked_at_as_itself(stripe):
    account = stripe.accounts.create(CUSTOM)

    seen = stripe.accounts.capabilities.list(account.id, {}, acting_on(account))

    assert [one.id for one in seen.data] == ["card_payments", "transfers"]
