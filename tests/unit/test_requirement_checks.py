"""What checks make an account owe: mismatches, documents, minors, registries, and what waits."""

import pytest

from strongroom.catalog.accounts import account_tables
from strongroom.domain.facts import Pressed
from strongroom.domain.owed import next_paths
from strongroom.domain.requirements import assess
from strongroom.domain.verification import Check
from support.accounts import (
    AT_ONCE,
    NOTHING_DUE,
    NOW,
    PERSON,
    PERSON_ID,
    both,
    checks_of,
    facts,
    statuses,
    summary,
)


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


# -- what a test card makes due ---------------------------------------------------------------------------------------


def test_what_is_owed_one_day_comes_next_or_else_a_document():
    assert next_paths(facts(person={"id_number_provided": False})) == ("individual.id_number",)
    assert next_paths(facts()) == ("individual.verification.document",)


@pytest.mark.parametrize(
    ("by", "due", "past", "charges", "payouts"),
    [
        ("next_requirements", True, False, True, True),
        ("payout_block", True, True, True, False),
        ("charge_block", True, True, False, False),
    ],
)
def test_what_a_test_card_presses_for_is_due_and_may_stop_the_account(by, due, past, charges, payouts):
    path = "individual.id_number"
    assessment = assess(facts(person={"id_number_provided": False}, pressed=Pressed(by, (path,), NOW + 1)))
    lists = assessment.requirements
    assert (path in lists["currently_due"], path in lists["past_due"]) == (due, past)
    assert (assessment.charges_enabled, assessment.payouts_enabled) == (charges, payouts)
    assert lists["current_deadline"] == (None if past else NOW + 1)
    assert path not in assessment.future_requirements["eventually_due"]
    met = assess(facts(pressed=Pressed(by, (path,), NOW + 1)))
    assert (met.requirements["currently_due"], met.requirements["current_deadline"]) == ([], None)
    assert (met.charges_enabled, met.payouts_enabled) == (True, True)
