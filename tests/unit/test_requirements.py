"""What an account owes and may do, row by row of the published table, and what each country and type has to give."""

import pytest

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.requirements import BUSINESS_TYPES
from strongroom.domain.requirements import assess
from strongroom.domain.verification import Check
from support.accounts import (
    AT_ONCE,
    BOTH,
    COMPANY,
    LATER,
    NOW,
    PERSON,
    PERSON_ID,
    bare,
    checks_of,
    facts,
    statuses,
)

EMPTY_LISTS = {
    "alternatives": [],
    "currently_due": [],
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
NOTHING_DUE = {**EMPTY_LISTS, "current_deadline": None, "disabled_reason": None}


def summary(assessment):
    return (
        statuses(assessment),
        assessment.charges_enabled,
        assessment.payouts_enabled,
        assessment.details_submitted,
        assessment.requirements["disabled_reason"],
    )


def both(status):
    return {"card_payments": status, "transfers": status}


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


# -- checks -----------------------------------------------------------------------------------------------------------


def test_a_number_that_does_not_match_comes_back_with_its_error():
    mismatch = {"dob": "1901-01-01", "id_number": "111111111"}
    waiting = assess(facts(written=mismatch))
    assert waiting.requirements["errors"] == []
    assert statuses(waiting) == both("pending")
    assessment = assess(facts(written=mismatch, checked=True))
    error = {
        "code": "verification_failed_id_number_match",
        "reason": "The id number could not be verified. Please correct it or provide a document.",
        "requirement": "individual.id_number",
    }
    assert assessment.requirements == {
        "alternatives": [
            {
                "alternative_fields_due": ["individual.verification.document"],
                "original_fields_due": ["individual.id_number"],
            }
        ],
        "current_deadline": None,
        "currently_due": ["individual.id_number"],
        "disabled_reason": "requirements.past_due",
        "errors": [error],
        "eventually_due": ["individual.id_number"],
        "past_due": ["individual.id_number"],
        "pending_verification": [],
    }
    person = assessment.persons[PERSON_ID]
    assert person.requirements["errors"] == [{**error, "requirement": "id_number"}]
    assert (person.status, person.details_code) == ("unverified", "failed_keyed_identity")
    assert statuses(assessment) == both("inactive")
    assert assessment.details_submitted is True


def test_a_document_that_passes_beats_a_bad_number():
    written = {"id_number": "111111111", "verification.document": "file_identity_document_success"}
    assert statuses(assess(facts(written=written))) == both("pending")
    assessment = assess(facts(written=written, checked=True))
    assert assessment.requirements == NOTHING_DUE
    assert assessment.persons[PERSON_ID].status == "verified"


def test_no_document_makes_anybody_older():
    written = {"dob": "2010-01-01", "verification.document": "file_identity_document_success"}
    assessment = assess(facts(written=written, checked=True))
    assert {error["code"] for error in assessment.requirements["errors"]} == {"invalid_dob_age_under_18"}
    assert statuses(assessment) == both("inactive")


def test_a_minor_has_a_guardian_who_accepts_the_terms():
    guardian = {**PERSON, "relationship": {"legal_guardian": True}}
    young = {**AT_ONCE, "dob": "2010-01-01"}
    given = facts(persons={PERSON_ID: PERSON, "person_2": guardian}, written=young)
    terms = [
        "person_2.additional_tos_acceptances.account.date",
        "person_2.additional_tos_acceptances.account.ip",
    ]
    assert assess(given).requirements["currently_due"] == terms
    accepted = {**guardian, "additional_tos_acceptances": {"account": {"date": NOW, "ip": "127.0.0.1"}}}
    given = facts(persons={PERSON_ID: PERSON, "person_2": accepted}, written=young)
    assert statuses(assess(given)) == both("active")


def test_a_document_that_fails_beats_a_good_number():
    written = {**AT_ONCE, "verification.document": "file_identity_document_failure"}
    assessment = assess(facts(written=written, checked=True))
    person = assessment.persons[PERSON_ID]
    assert assessment.requirements["currently_due"] == ["individual.verification.document"]
    assert (person.document_details_code, person.status) == ("document_failed_test_mode", "unverified")
    assert person.document_details == "A test data helper was supplied to simulate verification failure."
    assert person.additional_document_details_code is None


def test_any_other_date_of_birth_fails_as_a_whole():
    assessment = assess(facts(written={"dob": "1990-05-05", "id_number": "222222222"}, checked=True))
    assert assessment.requirements["currently_due"] == [
        "individual.dob.day",
        "individual.dob.month",
        "individual.dob.year",
    ]
    assert {error["code"] for error in assessment.requirements["errors"]} == {
        "verification_failed_keyed_identity"
    }


def test_a_good_number_verifies_while_the_rest_is_still_looked_at():
    assessment = assess(facts(written={"dob": "1901-01-01", "id_number": "222222222"}))
    assert assessment.persons[PERSON_ID].status == "verified"
    assert assessment.requirements["pending_verification"] == ["individual.id_number"]
    assert statuses(assessment) == both("pending")


def test_a_date_of_birth_is_named_as_waiting_only_if_nothing_else_is():
    assessment = assess(facts(written={"dob": "1901-01-01"}))
    assert assessment.requirements["pending_verification"] == [
        "individual.dob.day",
        "individual.dob.month",
        "individual.dob.year",
    ]


def test_somebody_on_a_sanctions_list_stops_the_account():
    assessment = assess(facts(written={"dob": "1900-01-01"}, checked=True))
    assert summary(assessment) == (both("inactive"), False, False, True, "listed")
    assert assessment.persons[PERSON_ID].status == "unverified"


@pytest.mark.parametrize(
    ("line1", "charges", "payouts"),
    [
        ("address_full_match", True, True),
        ("address_no_match", True, False),
        ("address_line1_no_match", False, False),
    ],
)
def test_a_companys_address_decides_about_charges_and_payouts(line1, charges, payouts):
    company = {"company": checks_of({"company.address.line1": line1})}
    assessment = assess(facts(account={"business_type": "company"}, checks=company, checked=True))
    assert (assessment.charges_enabled, assessment.payouts_enabled) == (charges, payouts)


def test_what_a_registry_lacks_is_reported_where_it_is_to_be_given():
    company = {"company": checks_of({"company.tax_id": "222221004"})}
    assessment = assess(facts(account={"business_type": "company"}, checks=company, checked=True))
    assert assessment.requirements["currently_due"] == ["company.directors_provided"]
    assert [error["code"] for error in assessment.requirements["errors"]] == [
        "verification_missing_directors"
    ]


def test_a_registry_that_does_not_answer_keeps_waiting():
    company = {"company": checks_of({"company.tax_id": "222221005"})}
    assessment = assess(facts(account={"business_type": "company"}, checks=company, checked=True))
    assert statuses(assessment) == both("pending")
    assert assessment.requirements["pending_verification"] == ["company.tax_id"]
    assert assessment.must_settle is False


@pytest.mark.parametrize(("role", "counts"), [("director", True), ("owner", False)])
def test_a_directors_name_is_checked_only_of_directors(role, counts):
    person = {**PERSON, "relationship": {**PERSON["relationship"], role: True}}
    given = facts(
        account={"business_type": "company"},
        persons={PERSON_ID: person},
        written={**AT_ONCE, "first_name": "mismatch_director"},
        checked=True,
    )
    expected = ["verification_directors_mismatch"] if counts else []
    assert [error["code"] for error in assess(given).requirements["errors"]] == expected


def test_a_website_that_is_asked_for_instead_of_a_description_is_due():
    described = {"mcc": "5734", "url": None, "product_description": "require_url"}
    account = {"account": checks_of({"business_profile.product_description": "require_url"})}
    assessment = assess(facts(account={"business_profile": described}, checks=account, checked=True))
    assert assessment.requirements["currently_due"] == ["business_profile.url"]
    assert assessment.requirements["errors"][0]["code"] == "invalid_url_web_presence_detected"


def test_checks_of_nobody_count_for_nothing():
    gone = {"person_gone": {"dob": Check("mismatch", code="verification_failed_keyed_identity")}}
    assert assess(facts(checks=gone)).requirements == NOTHING_DUE


def test_what_nobody_can_check_waits_for_good():
    pending = {PERSON_ID: {"dob": Check("pending", "later"), "id_number": Check("pending", "later")}}
    assessment = assess(facts(checks=pending, checked=True))
    assert statuses(assessment) == both("pending")
    assert assessment.must_settle is False


def test_every_capability_is_answered_for():
    assert assess(facts()).capabilities.keys() == account_tables().capabilities.keys()
