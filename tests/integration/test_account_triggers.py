"""Test cards that make a connected account owe more, once they are charged on it or on its behalf."""

import pytest

from support.connect import COMPLETE, CUSTOM, INDIVIDUAL, acting_on, events_of, eventually
from support.payments import NO_REDIRECTS

NEXT = "tok_visa_triggerNextRequirements"
CHARGES = "tok_visa_triggerChargeBlock"
PAYOUTS = "tok_visa_triggerPayoutBlock"
NUMBER = "individual.id_number"
DOCUMENT = "individual.verification.document"
GOOD = {"verification": {"document": {"front": "file_identity_document_success"}}}


@pytest.fixture
def account(stripe):
    """An account with nothing due, whose holder owes the full number one day."""
    individual = {**INDIVIDUAL, "ssn_last_4": "2222"}
    del individual["id_number"]
    made = stripe.accounts.create({**COMPLETE, "individual": individual})
    assert (made.requirements.currently_due, made.future_requirements.eventually_due) == ([], [NUMBER])
    return made


def charge(stripe, token, account):
    return stripe.charges.create({"amount": 2000, "currency": "usd", "source": token}, acting_on(account))


def once_due(stripe, account):
    return eventually(
        lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.requirements.currently_due
    )


def enabled(account):
    return account.charges_enabled, account.payouts_enabled


def give_number(stripe, account):
    return stripe.accounts.update(account.id, {"individual": {"id_number": "222222222"}})


def test_what_is_owed_one_day_is_due_by_a_deadline_and_stops_nothing(stripe, account):
    assert charge(stripe, NEXT, account).paid is True

    due = once_due(stripe, account).requirements

    assert (due.currently_due, due.past_due, due.eventually_due) == ([NUMBER], [], [NUMBER])
    assert due.current_deadline > account.created
    assert due.disabled_reason is None
    seen = stripe.accounts.retrieve(account.id)
    assert (enabled(seen), seen.future_requirements.eventually_due) == ((True, True), [])
    assert seen.individual.requirements.currently_due == ["id_number"]
    assert events_of(stripe, account)[-1].type == "account.updated"

    after = give_number(stripe, account).requirements

    assert (after.currently_due, after.current_deadline) == ([], None)


@pytest.mark.parametrize(("token", "stopped"), [(CHARGES, (False, False)), (PAYOUTS, (True, False))])
def test_a_block_lasts_until_what_is_due_was_given(stripe, account, token, stopped):
    charge(stripe, token, account)

    blocked = once_due(stripe, account)

    assert enabled(blocked) == stopped
    assert blocked.requirements.past_due == blocked.requirements.currently_due == [NUMBER]
    assert blocked.requirements.disabled_reason == "requirements.past_due"
    assert blocked.capabilities.card_payments == ("active" if stopped[0] else "inactive")
    given = give_number(stripe, account)
    assert (enabled(given), given.requirements.past_due) == ((True, True), [])


def test_whoever_has_given_everything_is_asked_for_a_document(stripe):
    account = stripe.accounts.create(COMPLETE)
    charge(stripe, CHARGES, account)

    assert once_due(stripe, account).requirements.past_due == [DOCUMENT]

    stripe.accounts.update(account.id, {"individual": GOOD})
    settled = eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.charges_enabled)
    assert (enabled(settled), settled.requirements.past_due) == ((True, True), [])


def test_a_charge_on_behalf_of_an_account_triggers_it_too(stripe, account):
    stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_data": {"type": "card", "card": {"token": CHARGES}},
            "on_behalf_of": account.id,
            "transfer_data": {"destination": account.id},
            "confirm": True,
            **NO_REDIRECTS,
        }
    )
    assert enabled(once_due(stripe, account)) == (False, False)


def test_before_the_first_requirements_are_met_it_has_no_effect(stripe, account):
    new = stripe.accounts.create({**CUSTOM, "business_type": "individual"})
    before = stripe.accounts.retrieve(new.id).to_dict()
    charge(stripe, CHARGES, new)
    # What comes later on the other account comes after what would have come on this one.
    charge(stripe, CHARGES, account)
    once_due(stripe, account)

    assert stripe.accounts.retrieve(new.id).to_dict() == before


def test_a_platforms_own_charge_triggers_nothing(stripe, account):
    stripe.charges.create({"amount": 2000, "currency": "usd", "source": CHARGES})
    charge(stripe, CHARGES, account)
    once_due(stripe, account)

    own = stripe.accounts.retrieve_current()
    assert (own.charges_enabled, own.payouts_enabled) == (True, True)
