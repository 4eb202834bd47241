"""What written values come to: every published trigger, every other value, live mode, ages, and the form of numbers."""

import pytest

from strongroom.catalog.verification import verification_tables
from strongroom.domain.identity import check_dob, check_id_number, check_ssn_last_4, check_tax_id
from strongroom.domain.verification import Check, examine, kept
from strongroom.errors import InvalidRequest
from support.accounts import NOW

TRIGGERS = """
    dob                             1901-01-01                      match     later
    dob                             1902-01-01                      match     at_once
    dob                             1900-01-01                      listed    later
    dob                             1990-06-15                      mismatch  later    verification_failed_keyed_identity
    id_number                       000000000                       match     later
    id_number                       000-00-0000                     match     later
    id_number                       111111111                       mismatch  later    verification_failed_id_number_match
    id_number                       222222222                       match     at_once
    id_number                       123456789                       match     at_once
    ssn_last_4                      0000                            match     later
    address.line1                   address_full_match              match     at_once
    address.line1                   address_no_match                mismatch  later    verification_failed_address_match
    address.line1                   address_line1_no_match          mismatch  later    verification_failed_address_match
    company.tax_id                  000000000                       match     later
    company.tax_id                  000000001                       match     later
    company.tax_id                  111111111                       mismatch  later    verification_failed_tax_id_match
    company.tax_id                  111111112                       mismatch  later    verification_failed_tax_id_not_issued
    company.tax_id                  222222222                       match     at_once
    company.tax_id                  222221000                       mismatch  later    verification_failed_keyed_match
    company.tax_id                  222221001                       mismatch  later    verification_missing_owners
    company.tax_id                  222221002                       mismatch  later    verification_directors_mismatch
    company.tax_id                  222221003                       mismatch  later    verification_missing_owners
    company.tax_id                  222221004                       mismatch  later    verification_missing_directors
    company.tax_id                  222221005                       pending   later
    first_name                      mismatch_director               mismatch  later    verification_directors_mismatch
    first_name                      missing_director                mismatch  later    verification_missing_directors
    first_name                      extraneous_director             mismatch  later    verification_extraneous_directors
    first_name                      mismatch_owner                  mismatch  later    verification_missing_owners
    first_name                      extraneous_owner                mismatch  later    verification_missing_owners
    company.name                    mismatch_business_name          match     at_once
    company.name                    match_name_relationships        match     at_once
    company.name                    disallowed_name                 mismatch  later    invalid_company_name_denylisted
    company.name                    match_name_only                 mismatch  later    verification_failed_name_match
    business_profile.name           disallowed_dba                  mismatch  later    invalid_business_profile_name_denylisted
    business_profile.name           invalid_dba                     mismatch  later    invalid_business_profile_name
    business_profile.product_description require_url                mismatch  later    invalid_url_web_presence_detected
    business_profile.url            https://accessible.stripe.com   match     at_once
    business_profile.url            https://disallowed.stripe.com   mismatch  later    invalid_url_denylisted
    business_profile.url            https://geoblocked.stripe.com/a mismatch  later    invalid_url_website_inaccessible_geoblocked
    business_profile.url            problem.stripe.com              mismatch  later    invalid_url_website_other
    business_profile.url            https://missing.stripe.com      mismatch  later    invalid_url_website_incomplete
    business_profile.url            https://mismatch.stripe.com     mismatch  later    invalid_url_website_business_information_mismatch
    business_profile.url            https://passwordprotected.stripe.com mismatch later invalid_url_website_inaccessible_password_protected
    business_profile.url            https://underconstruction.stripe.com mismatch later invalid_url_website_incomplete_under_construction
    business_profile.url            https://inaccessible.stripe.com mismatch  later    invalid_url_website_inaccessible
    business_profile.url            https://inactivity.stripe.com   paused    at_once
    settings.payments.statement_descriptor  mismatch                mismatch  later    invalid_statement_descriptor_business_mismatch
    settings.payments.statement_descriptor  DISALLOWED              mismatch  later    invalid_statement_descriptor_denylisted
    settings.card_payments.statement_descriptor_prefix mismatch     mismatch  later    invalid_statement_descriptor_prefix_mismatch
    settings.card_payments.statement_descriptor_prefix disallowed   mismatch  later    invalid_statement_descriptor_prefix_denylisted
    verification.document           file_identity_document_success  match     later
    verification.document           file_identity_document_failure  mismatch  later    verification_document_failed_test_mode
    verification.document           file_1abc                       match     later
    company.verification.document   file_identity_document_failure  mismatch  later    verification_document_failed_test_mode
    documents.company_license.files file_relationship_document_success match  later
    documents.proof_of_address.files file_relationship_document_invalid mismatch later verification_document_invalid
    documents.proof_of_registration.files file_relationship_document_mismatch mismatch later verification_document_name_mismatch
    documents.proof_of_registration.files file_relationship_document_invalid_signer mismatch later invalid_signator
"""
ROWS = [line.split() for line in TRIGGERS.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}={row[1]}" for row in ROWS])
def test_a_published_value_comes_to_what_is_published(row):
    field, value, outcome, when, *code = row
    check = examine(field, value, livemode=False, now=NOW)
    assert (check.outcome, check.when, check.code) == (outcome, when, code[0] if code else None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "Jenny"),
        ("last_name", "mismatch_director"),
        ("address.line1", "1 Main Street"),
        ("company.address.line1", "1 Main Street"),
        ("company.name", "Rocket Rides"),
        ("business_profile.url", "https://rocket.example.com"),
        ("business_profile.url", "http://[not an address"),
        ("documents.../files", "file_relationship_document_invalid"),
        ("phone", "0000000000"),
    ],
)
def test_an_ordinary_value_is_not_checked(field, value):
    assert examine(field, value, livemode=False, now=NOW) is None


@pytest.mark.parametrize("field", sorted(verification_tables().fields))
def test_in_live_mode_nothing_is_called_a_match(field):
    """Whatever a trigger says: there is nobody here who could know."""
    name = field.replace("*", "company_license")
    pending = Check("pending", "later") if verification_tables().fields[field].live else None
    values = verification_tables().fields[field].values
    assert {examine(name, value, livemode=True, now=NOW) for value in values} <= {
        pending,
        Check("mismatch", code="invalid_dob_age_over_maximum"),
    }
    if field != "dob":
        assert examine(name, "ordinary", livemode=True, now=NOW) == pending


@pytest.mark.parametrize("livemode", [False, True])
@pytest.mark.parametrize(
    ("born", "code"),
    [
        ("2007-06-16", "invalid_dob_age_under_18"),
        ("2030-01-01", "invalid_dob_age_under_18"),
        ("1904-06-14", "invalid_dob_age_over_maximum"),
    ],
)
def test_somebody_too_young_or_too_old_is_no_match(born, code, livemode):
    assert examine("dob", born, livemode=livemode, now=NOW) == Check("mismatch", "at_once", code)


def test_the_day_of_the_eighteenth_birthday_is_early_enough():
    assert examine("dob", "2007-06-15", livemode=True, now=NOW) == Check("pending", "later")


def test_a_companys_full_address_match_is_not_taken_back():
    full, none = (
        examine("company.address.line1", value, livemode=False, now=NOW)
        for value in ("address_full_match", "address_line1_no_match")
    )
    assert kept("company.address.line1", full, none) == full
    assert kept("company.address.line1", none, full) == full
    assert kept("company.address.line1", None, none) == none
    assert kept("address.line1", full, none) == none
    assert kept("address.line1", full, None) is None


def test_a_check_survives_being_stored_and_settled():
    check = examine("company.tax_id", "222221004", livemode=False, now=NOW)
    assert Check(**check.as_document()) == check
    assert check.settled().when == "at_once"
    assert (check.settled().outcome, check.settled().code) == (check.outcome, check.code)


# -- the form of numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "country", "canonical"),
    [
        ("123-45-6789", "US", "123456789"),
        ("123456789", "CA", "123456789"),
        ("123.456.789-09", "BR", "12345678909"),
        ("s1234567d", "SG", "S1234567D"),
        ("000000000", "SG", "000000000"),
        ("AB 12 34 56 C", "GB", "AB123456C"),
        ("anything1", "FR", "ANYTHING1"),
    ],
)
def test_an_id_number_has_one_form(number, country, canonical):
    assert check_id_number(number, country, livemode=False, param="id_number") == canonical


@pytest.mark.parametrize(
    ("number", "country", "livemode"),
    [
        ("12345678", "US", False),
        ("1234567890", "US", False),
        ("12345678X", "US", False),
        ("１２３４５６７８９", "US", False),
        ("000000000", "SG", True),
        ("", "FR", False),
    ],
)
def test_an_id_number_of_another_form_is_refused_without_being_repeated(number, country, livemode):
    with pytest.raises(InvalidRequest) as refusal:
        check_id_number(number, country, livemode=livemode, param="individual[id_number]")
    assert (refusal.value.code, refusal.value.param) == ("tax_id_invalid", "individual[id_number]")
    assert not number or number not in str(refusal.value.body())


def test_american_tax_ids_have_nine_digits():
    assert check_tax_id("00-0000000", "US", livemode=True, param="company[tax_id]") == "000000000"
    with pytest.raises(InvalidRequest, match="US tax IDs must have 9 digits") as refusal:
        check_tax_id("12345", "US", livemode=False, param="company[tax_id]")
    assert (refusal.value.code, refusal.value.param) == ("tax_id_invalid", "company[tax_id]")


def test_french_companies_have_a_siret():
    assert check_tax_id("732 829 320 00074", "FR", livemode=True, param="p") == "73282932000074"
    with pytest.raises(InvalidRequest) as refusal:
        check_tax_id("12345", "FR", livemode=False, param="company[tax_id]")
    assert refusal.value.code == "siret_invalid"


@pytest.mark.parametrize("number", ["123", "12345", "12a4", "٠٠٠٠", ""])
def test_the_last_four_are_four_digits(number):
    with pytest.raises(InvalidRequest) as refusal:
        check_ssn_last_4(number, param="individual[ssn_last_4]")
    assert refusal.value.param == "individual[ssn_last_4]"
    assert check_ssn_last_4("0000", param="p") == "0000"


# -- dates of birth ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dob", "code", "param"),
    [
        ({"day": 1}, "parameter_missing", "dob[month]"),
        ({"month": 1, "year": 1990}, "parameter_missing", "dob[day]"),
        ({"day": 1, "month": 1}, "parameter_missing", "dob[year]"),
        ({"day": 31, "month": 2, "year": 1990}, None, "dob"),
        ({"day": 0, "month": 1, "year": 1990}, None, "dob"),
        ({"day": 1, "month": 13, "year": 1990}, None, "dob"),
        ({"day": 1, "month": 1, "year": 10**17}, None, "dob"),
        ({"day": 16, "month": 6, "year": 2012}, None, "dob[year]"),
        ({"day": 1, "month": 1, "year": 2030}, None, "dob[year]"),
    ],
)
def test_a_date_of_birth_that_cannot_be_is_refused(dob, code, param):
    with pytest.raises(InvalidRequest) as refusal:
        check_dob(dob, now=NOW)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)


def test_thirteen_is_old_enough_to_be_a_person():
    assert check_dob({"day": 15, "month": 6, "year": 2012}, now=NOW) == "2012-06-15"
    assert check_dob({"day": 1, "month": 1, "year": 1901}, now=NOW, param="individual[dob]") == "1901-01-01"
