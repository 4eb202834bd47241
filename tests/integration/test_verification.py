"""Who is behind an account: what is written and never shown again, what it comes to, and when."""

import pytest

from support.connect import BANK, COMPLETE, CUSTOM, INDIVIDUAL, LATER, events_of, eventually
from support.data import refused


def without(document, *names):
    return {key: value for key, value in document.items() if key not in names}


def with_individual(**changes):
    return {**COMPLETE, "individual": {**INDIVIDUAL, **changes}}


def test_values_whose_result_is_known_at_once_make_an_account_active_in_the_answer(stripe):
    account = stripe.accounts.create(COMPLETE)

    assert account.requirements.to_dict() == {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    assert account.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (True, True, True)
    assert account.individual.verification.status == "verified"


def test_values_whose_result_comes_later_are_pending_and_settle_by_themselves(stripe):
    account = stripe.accounts.create({**COMPLETE, "individual": LATER})

    assert account.capabilities.to_dict() == {"card_payments": "pending", "transfers": "pending"}
    assert (account.charges_enabled, account.details_submitted) == (False, True)
    assert account.requirements.disabled_reason == "requirements.pending_verification"
    assert account.requirements.pending_verification
    assert account.individual.verification.status == "pending"

    settled = eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.charges_enabled)

    assert settled.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert settled.requirements.pending_verification == []
    assert settled.requirements.disabled_reason is None
    assert settled.individual.verification.status == "verified"
    told = events_of(stripe, account)
    assert [event.type for event in told] == [
        "account.application.authorized",
        "person.updated",
        "capability.updated",
        "capability.updated",
        "account.updated",
    ]
    assert told[-1].data.previous_attributes.charges_enabled is False
    assert told[-1].data.object.to_dict() == settled.to_dict()
    assert told[1].data.previous_attributes.verification.to_dict() == {"status": "pending"}


def test_an_account_that_lacks_only_where_to_pay_out_may_charge(stripe):
    account = stripe.accounts.create(without(COMPLETE, "external_account"))

    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (
        True,
        False,
        False,
    )
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert account.requirements.past_due == ["external_account"]

    whole = stripe.accounts.update(account.id, {"external_account": BANK})

    assert (whole.payouts_enabled, whole.requirements.past_due) == (True, [])


def test_a_number_that_does_not_match_is_asked_for_again(stripe):
    account = stripe.accounts.create(with_individual(id_number="111111111"))

    settled = eventually(
        lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.requirements.errors
    )

    assert "individual.id_number" in settled.requirements.currently_due
    assert settled.requirements.errors[0].requirement == "individual.id_number"
    assert settled.individual.verification.status == "unverified"
    mended = stripe.accounts.update(account.id, {"individual": {"id_number": "222222222"}})
    assert (mended.requirements.currently_due, mended.charges_enabled) == ([], True)


def test_the_individual_is_a_person_and_its_company_mirrors_it(stripe):
    account = stripe.accounts.create(COMPLETE)

    person = account.individual
    assert person.id.startswith("person_")
    assert (person.object, person.account) == ("person", account.id)
    assert person.relationship.representative is True
    assert person.phone == "+10000000000"
    assert person.dob.to_dict() == {"day": 1, "month": 1, "year": 1902}
    assert "additional_tos_acceptances" not in person
    assert account.company.address.to_dict() == person.address.to_dict()
    assert account.company.phone == person.phone
    assert (account.company.owners_provided, account.company.tax_id_provided) == (True, False)
    assert account.email is None


# -- what is never shown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "given", "flags"),
    [
        ("US", {}, (False, False)),
        ("US", {"ssn_last_4": "0000"}, (False, True)),
        ("US", {"id_number": "222222222"}, (True, True)),
        ("CA", {"id_number": "000000000"}, (True, True)),
        ("CA", {}, (False, None)),
    ],
)
def test_numbers_are_shown_as_given_or_not(stripe, country, given, flags):
    individual = {"first_name": "Jenny", **given}
    account = stripe.accounts.create(
        {**CUSTOM, "country": country, "business_type": "individual", "individual": individual}
    )

    shown = account.individual.to_dict()
    assert (shown["id_number_provided"], shown.get("ssn_last_4_provided")) == flags
    assert {"id_number", "ssn_last_4"} & shown.keys() == set()


def test_a_companys_numbers_are_shown_as_given_or_not(stripe):
    company = {"name": "Rosen", "tax_id": "222222222", "vat_id": "DE123456789", "registration_number": "HRB1"}

    account = stripe.accounts.create({**CUSTOM, "business_type": "company", "company": company})

    shown = account.company.to_dict()
    assert (shown["tax_id_provided"], shown["vat_id_provided"]) == (True, True)
    assert {"tax_id", "vat_id", "registration_number"} & shown.keys() == set()
    assert "company.tax_id" not in account.requirements.currently_due


def test_no_number_is_in_any_answer_or_event(stripe, get, server):
    account = stripe.accounts.create({**COMPLETE, "individual": {**LATER, "id_number": "111111111"}})
    eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.requirements.errors)

    header = {"Stripe-Account": account.id}
    for reply in (
        get(f"/v1/accounts/{account.id}"),
        get("/v1/accounts"),
        get("/v1/events", {"limit": 100}, **header),
        get("/v1/accounts/" + account.id + "/external_accounts"),
    ):
        assert b"111111111" not in reply.body
        assert b"000123456789" not in reply.body
    assert "111111111" not in server.log_path.read_text()


@pytest.mark.parametrize("owner", ["platform", "account"])
def test_a_pii_token_stands_for_the_number_once(stripe, owner):
    account = stripe.accounts.create(without(with_individual(), "individual"))
    options = {} if owner == "platform" else {"stripe_account": account.id}
    token = stripe.tokens.create({"pii": {"id_number": "222222222"}}, options)

    changed = stripe.accounts.update(account.id, {"individual": {**INDIVIDUAL, "id_number": token.id}})

    assert changed.individual.id_number_provided is True
    assert changed.individual.verification.status == "verified"
    assert stripe.tokens.retrieve(token.id, {}, options).used is True
    with refused(code="token_already_used"):
        stripe.accounts.update(account.id, {"individual": {"id_number": token.id}})


@pytest.mark.parametrize(
    ("individual", "code", "param"),
    [
        ({"id_number": "12345678"}, "tax_id_invalid", "individual[id_number]"),
        ({"ssn_last_4": "123"}, None, "individual[ssn_last_4]"),
        ({"dob": {"day": 1}}, "parameter_missing", "individual[dob][month]"),
        ({"dob": {"day": 31, "month": 2, "year": 1990}}, None, "individual[dob]"),
        ({"dob": {"day": 1, "month": 1, "year": 2025}}, None, "individual[dob][year]"),
        ({"email": "nobody"}, "email_invalid", "individual[email]"),
        ({"phone": "12"}, None, "individual[phone]"),
        ({"relationship": {"percent_ownership": 101}}, None, "individual[relationship][percent_ownership]"),
        ({"first_name": "x" * 101}, None, "individual[first_name]"),
    ],
)
def test_a_wrong_individual_is_refused_by_leaf_and_changes_nothing(stripe, individual, code, param):
    account = stripe.accounts.create(COMPLETE)
    before = stripe.accounts.retrieve(account.id).to_dict()

    with refused(code=code, param=param):
        stripe.accounts.update(account.id, {"individual": individual})
    assert stripe.accounts.retrieve(account.id).to_dict() == before


@pytest.mark.parametrize(
    ("company", "code", "param"),
    [
        ({"tax_id": "12345678"}, "tax_id_invalid", "company[tax_id]"),
        ({"address": {"country": "FR"}}, "account_country_invalid_address", "company[address][country]"),
    ],
)
def test_a_wrong_company_is_refused_by_leaf(stripe, company, code, param):
    with refused(code=code, param=param):
        stripe.accounts.create({**CUSTOM, "business_type": "company", "company": company})


def test_a_test_document_becomes_a_file_of_the_accounts_own(stripe):
    front = {"document": {"front": "file_identity_document_success"}}

    account = stripe.accounts.create(with_individual(verification=front))

    shown = account.individual.verification.document.front
    assert shown.startswith("file_")
    assert shown != "file_identity_document_success"
    assert stripe.accounts.retrieve(account.id).individual.verification.document.front == shown


@pytest.mark.parametrize("subject", ["individual", "company"])
def test_a_document_is_a_file_that_is_there(stripe, subject):
    account = stripe.accounts.create(COMPLETE)
    nothing = {"verification": {"document": {"front": "file_nope"}}}

    with refused(code="resource_missing", param=f"{subject}[verification][document][front]"):
        stripe.accounts.update(account.id, {subject: nothing})
    assert stripe.accounts.retrieve(account.id).to_dict() == account.to_dict()


def test_a_refused_creation_leaves_tokens_unspent(stripe):
    bank = {key: value for key, value in BANK.items() if key != "object"}
    token = stripe.tokens.create({"bank_account": bank})

    with refused(code="tax_id_invalid", param="individual[id_number]"):
        stripe.accounts.create({**with_individual(id_number="1"), "external_account": token.id})
    assert stripe.tokens.retrieve(token.id).used is False
    assert stripe.accounts.list().data == []
