"""What an account owes and may do, row by row of the published table, and what each country and type has to give."""

import pytest

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.requirements import BUSINESS_TYPES
from strongroom.domain.requirements import assess
from support.accounts import (
    AT_ONCE,
    BOTH,
    COMPANY,
    EMPTY_LISTS,
    LATER,
    NOTHING_DUE,
    NOW,
    PERSON,
    PERSON_ID,
    bare,
    both,
    checks_of,
    facts,
    statuses,
    summary,
)

# -- the rows of the state table --------------------------------------------------------------------------------------


def test_a_new_account_owes_everything_at_once():
    assessment = assess(bare())
    assert summary(assessment) == (both("inactive"), False, False, False, "requirements.past_due")
    due = [
        "business_profile.mcc",
        "business_profile.url",
        "business_type",
        "external_account",
        "representative.address.city",
        "representative.address.line1",
        "representative.address.postal_code",
        "representative.address.state",
        "representative.dob.day",
        "representative.dob.month",
        "representative.dob.year",
        "representative.email",
        "representative.first_name",
        "representative.last_name",
        "representative.phone",
        "representative.ssn_last_4",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    assert assessment.requirements == {
        **NOTHING_DUE,
        "alternatives": [
            {
                "alternative_fields_due": ["business_profile.product_description"],
                "original_fields_due": ["business_profile.url"],
            }
        ],
        "currently_due": due,
        "eventually_due": due,
        "past_due": due,
        "disabled_reason": "requirements.past_due",
    }
    assert assessment.must_settle is False


def test_with_everything_given_and_checks_running_it_is_pending():
    assessment = assess(facts(written={**LATER, "address.line1": "address_full_match"}))
    assert summary(assessment) == (
        both("pending"),
        False,
        False,
        True,
        "requirements.pending_verification",
    )
    waiting = [
        "individual.address.city",
        "individual.address.line1",
        "individual.address.postal_code",
        "individual.address.state",
        "individual.id_number",
    ]
    assert assessment.requirements == {
        **NOTHING_DUE,
        "pending_verification": waiting,
        "disabled_reason": "requirements.pending_verification",
    }
    assert assessment.must_settle is True
    assert assessment.persons[PERSON_ID].status == "pending"
    assert assessment.capabilities["transfers"].requirements["disabled_reason"] == "pending.review"


def test_once_the_checks_have_passed_it_is_active():
    assessment = assess(facts(written=LATER, checked=True))
    assert summary(assessment) == (both("active"), True, True, True, None)
    assert assessment.requirements == NOTHING_DUE
    assert assessment.future_requirements == NOTHING_DUE
    assert assessment.must_settle is False
    assert assessment.persons[PERSON_ID].status == "verified"


def test_without_an_external_account_it_charges_but_is_not_paid_out():
    assessment = assess(facts(has_external_account=False))
    assert summary(assessment) == (both("active"), True, False, False, "requirements.past_due")
    assert assessment.requirements["past_due"] == ["external_account"]
    assert assessment.capabilities["card_payments"].requirements == NOTHING_DUE


def test_immediate_values_are_active_in_the_response():
    assessment = assess(facts(written=AT_ONCE))
    assert summary(assessment) == (both("active"), True, True, True, None)
    assert assessment.must_settle is False


def test_a_recipient_has_transfers_alone_and_counts_as_charging():
    recipient = {"tos_acceptance": {"date": NOW, "ip": "127.0.0.1", "service_agreement": "recipient"}}
    unknown_business = {"mcc": None, "url": None, "product_description": None}
    assessment = assess(
        facts(
            account={**recipient, "country": "TR", "business_profile": unknown_business},
            requested={"transfers": NOW},
        )
    )
    assert summary(assessment) == ({"transfers": "active"}, True, True, True, None)


def test_without_card_payments_transfers_are_enough():
    assessment = assess(facts(requested={"transfers": NOW}))
    assert summary(assessment) == ({"transfers": "active"}, True, True, True, None)
    assert assessment.capabilities["card_payments"].status == "unrequested"
    assert assessment.capabilities["card_payments"].requirements == NOTHING_DUE


@pytest.mark.parametrize("reason", ["fraud", "terms_of_service", "other"])
def test_a_rejected_account_does_nothing(reason):
    assessment = assess(facts(rejected=reason))
    assert summary(assessment) == (both("inactive"), False, False, True, f"rejected.platform_{reason}")
    assert assessment.capabilities["transfers"].requirements["disabled_reason"] == "rejected.other"


def test_a_rejected_account_that_gave_nothing_counts_as_submitted():
    given = bare()
    rejected = facts(account=given.account, persons={}, written={}, rejected="fraud")
    assert assess(rejected).details_submitted is True


# -- capabilities -----------------------------------------------------------------------------------------------------


def test_a_capability_the_country_cannot_have_stays_inactive_and_harms_nobody():
    assessment = assess(
        facts(
            account={"country": "FR"}, requested={**BOTH, "twint_payments": NOW}, person={"address": FRENCH}
        )
    )
    assert summary(assessment) == ({**both("active"), "twint_payments": "inactive"}, True, True, True, None)
    assert (
        assessment.capabilities["twint_payments"].requirements["disabled_reason"]
        == "requirements.fields_needed"
    )


FRENCH = {"city": "Paris", "line1": "1 rue", "postal_code": "75001", "state": None}


def test_a_capability_the_recipient_agreement_does_not_have_stays_inactive():
    recipient = {"date": NOW, "ip": "127.0.0.1", "service_agreement": "recipient"}
    assessment = assess(facts(account={"tos_acceptance": recipient}))
    assert statuses(assessment) == {"card_payments": "inactive", "transfers": "active"}


def test_what_one_capability_lacks_does_not_stop_another():
    assessment = assess(facts(requested={**BOTH, "card_issuing": NOW}))
    due = ["settings.card_issuing.tos_acceptance.date", "settings.card_issuing.tos_acceptance.ip"]
    assert statuses(assessment) == {**both("active"), "card_issuing": "inactive"}
    assert assessment.requirements["past_due"] == due
    assert assessment.requirements["disabled_reason"] is None
    assert assessment.capabilities["card_issuing"].requirements["past_due"] == due
    assert assessment.capabilities["card_payments"].requirements == NOTHING_DUE


def test_with_nothing_requested_there_is_something_to_do():
    assessment = assess(facts(requested={}))
    assert summary(assessment) == ({}, False, False, True, "action_required.requested_capabilities")


def test_capabilities_that_move_no_money_enable_no_charges():
    assessment = assess(facts(requested={"tax_reporting_us_1099_k": NOW}))
    assert summary(assessment) == ({"tax_reporting_us_1099_k": "active"}, False, False, True, "other")


@pytest.mark.parametrize("country", sorted(account_tables().countries))
def test_a_complete_account_has_exactly_the_capabilities_of_its_country(country):
    names = account_tables().capabilities
    settings = {key: {"tos_acceptance": {"date": NOW, "ip": "::1"}} for key in ("card_issuing", "treasury")}
    assessment = assess(
        facts(account={"country": country, "settings": settings}, requested=dict.fromkeys(names, NOW))
    )
    expected = {name: "active" if country in countries else "inactive" for name, countries in names.items()}
    assert statuses(assessment) == expected


def test_an_inactive_business_is_paused():
    paused = {"account": checks_of({"business_profile.url": "https://inactivity.stripe.com"})}
    assessment = assess(facts(checks=paused))
    assert statuses(assessment) == both("inactive")
    assert assessment.capabilities["transfers"].requirements["disabled_reason"] == "paused.inactivity"
    assert assessment.charges_enabled is False


# -- what is owed -----------------------------------------------------------------------------------------------------


def test_either_a_website_or_a_description_will_do():
    described = {"mcc": "5734", "url": None, "product_description": "Rockets"}
    assert assess(facts(account={"business_profile": described})).requirements == NOTHING_DUE


def test_the_full_number_stands_for_its_last_four_digits_and_not_the_other_way_round():
    last_4 = {"id_number_provided": False, "ssn_last_4_provided": True}
    neither = {"id_number_provided": False, "ssn_last_4_provided": False}
    assert assess(facts()).requirements["currently_due"] == []
    assert assess(facts(person=last_4)).requirements["currently_due"] == []
    assert assess(facts(person=neither)).requirements["currently_due"] == ["individual.ssn_last_4"]


def test_the_full_number_is_owed_one_day():
    given = facts(person={"id_number_provided": False})
    assessment = assess(given)
    assert assessment.future_requirements == {**NOTHING_DUE, "eventually_due": ["individual.id_number"]}
    assert assessment.persons[PERSON_ID].future_requirements["eventually_due"] == ["id_number"]
    assert assessment.requirements == NOTHING_DUE


def test_what_is_owed_one_day_can_be_owed_now():
    assessment = assess(
        facts(
            account={"email": "me+enforce_future_requirements@example.com"},
            person={"id_number_provided": False},
        )
    )
    assert assessment.requirements["currently_due"] == ["individual.id_number"]
    assert assessment.future_requirements == NOTHING_DUE


def test_tax_forms_need_the_full_number():
    forms = {**BOTH, "tax_reporting_us_1099_k": NOW}
    assessment = assess(facts(person={"id_number_provided": False}, requested=forms))
    assert assessment.requirements["currently_due"] == ["individual.id_number"]
    assert statuses(assessment) == {**both("active"), "tax_reporting_us_1099_k": "inactive"}


def test_a_cleared_list_of_aliases_counts_as_given():
    given = {"country": "SG"}
    assert assess(facts(account=given)).requirements == NOTHING_DUE
    without = assess(facts(account=given, person={"full_name_aliases": None}))
    assert without.requirements["currently_due"] == ["individual.full_name_aliases"]


def test_a_company_is_asked_for_itself_its_representative_and_its_owners():
    assessment = assess(bare(business_type="company"))
    due = assessment.requirements["currently_due"]
    assert {path for path in due if not path.startswith("representative.")} == {
        "business_profile.mcc",
        "business_profile.url",
        "company.address.city",
        "company.address.line1",
        "company.address.postal_code",
        "company.address.state",
        "company.name",
        "company.owners_provided",
        "company.phone",
        "company.tax_id",
        "external_account",
        "owners.email",
        "owners.first_name",
        "owners.last_name",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    }
    assert {"representative.relationship.executive", "representative.relationship.title"} <= set(due)


def test_a_person_who_is_there_is_asked_by_name():
    owner = {"relationship": {"owner": True}, "first_name": "Ann"}
    assessment = assess(
        facts(
            account={"business_type": "company"},
            persons={PERSON_ID: PERSON, "person_2": owner},
        )
    )
    assert assessment.requirements["currently_due"] == ["person_2.email", "person_2.last_name"]
    assert assessment.persons["person_2"].requirements == {
        **EMPTY_LISTS,
        "currently_due": ["email", "last_name"],
        "eventually_due": ["email", "last_name"],
        "past_due": ["email", "last_name"],
    }
    assert assessment.persons["person_2"].status == "unverified"


def test_an_empty_person_is_unverified_and_owes_a_name():
    assessment = assess(
        facts(account={"business_type": "company"}, persons={PERSON_ID: PERSON, "person_2": {}})
    )
    assert assessment.persons["person_2"].requirements["currently_due"] == ["first_name", "last_name"]
    assert assessment.persons["person_2"].status == "unverified"


@pytest.mark.parametrize("structure", ["public_corporation", "sole_proprietorship"])
def test_some_companies_have_no_owners_to_name(structure):
    nobody = {**COMPANY, "owners_provided": False, "structure": structure}
    given = facts(account={"business_type": "company", "company": nobody})
    assert assess(given).requirements == NOTHING_DUE


def test_a_government_is_not_asked_for_owners():
    given = facts(
        account={"business_type": "government_entity", "company": {**COMPANY, "owners_provided": False}}
    )
    assert assess(given).requirements == NOTHING_DUE


def test_european_companies_name_their_directors_and_executives():
    due = assess(bare(business_type="company", country="DE")).requirements["currently_due"]
    assert {"company.directors_provided", "company.executives_provided", "company.owners_provided"} <= set(
        due
    )
    assert {"directors.first_name", "executives.dob.day", "owners.address.line1"} <= set(due)
    assert not any("state" in path for path in due)


@pytest.mark.parametrize("country", sorted(account_tables().countries))
@pytest.mark.parametrize("business_type", BUSINESS_TYPES)
@pytest.mark.parametrize("agreement", ["full", "recipient"])
def test_a_complete_account_owes_nothing_wherever_it_is(country, business_type, agreement):
    tos = {"date": NOW, "ip": "127.0.0.1", "service_agreement": agreement}
    account = {"country": country, "business_type": business_type, "tos_acceptance": tos}
    assessment = assess(facts(account=account))
    assert assessment.requirements["currently_due"] == []
    assert assessment.details_submitted is True
