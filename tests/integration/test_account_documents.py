"""Documents of accounts and of bank accounts: kept, looked at, asked for again, and never shown."""

import pytest

from support.connect import BANK, COMPLETE, CUSTOM, events_of, eventually
from support.data import refused
from support.documents import png, upload_as

LICENSE = "documents.company_license.files"
OWNERSHIP = "documents.bank_account_ownership_verification.files"
KINDS = (
    "bank_account_ownership_verification",
    "company_license",
    "company_memorandum_of_association",
    "company_ministerial_decree",
    "company_registration_verification",
    "company_tax_id_verification",
    "proof_of_address",
    "proof_of_business_presence",
    "proof_of_registration",
    "proof_of_ultimate_beneficial_ownership",
)
GOOD = "file_relationship_document_success"
BAD = "file_relationship_document_invalid"


@pytest.fixture
def account(stripe):
    return stripe.accounts.create(COMPLETE)


@pytest.fixture
def upload(server, secret_key):
    """Upload a picture for a purpose and return its id."""
    return lambda purpose="account_requirement", **whose: upload_as(
        server, secret_key, png(), purpose=purpose, **whose
    )


def settled(stripe, account):
    """The account once nothing of it is looked at any more."""
    return eventually(
        lambda: stripe.accounts.retrieve(account.id),
        until=lambda one: not one.requirements.pending_verification,
    )


def errors_of(requirements):
    return [(one.requirement, one.code) for one in requirements.errors]


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_waits_under_its_kind_and_then_is_done_with(stripe, account, upload, kind):
    path = f"documents.{kind}.files"

    waiting = stripe.accounts.update(account.id, {"documents": {kind: {"files": [upload()]}}})

    assert waiting.requirements.pending_verification == [path]
    assert "documents" not in waiting
    after = settled(stripe, account)
    assert (after.requirements.currently_due, after.requirements.errors) == ([], [])
    assert (after.charges_enabled, after.payouts_enabled) == (True, True)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("file_relationship_document_invalid", "verification_document_invalid"),
        ("file_relationship_document_mismatch", "verification_document_name_mismatch"),
        ("file_relationship_document_invalid_signer", "invalid_signator"),
    ],
)
def test_a_document_that_fails_is_asked_for_again_and_replaced(stripe, account, file, code):
    kind = {"proof_of_address": {"files": [GOOD, file]}}
    stripe.accounts.update(account.id, {"documents": kind})

    failed = settled(stripe, account)

    path = "documents.proof_of_address.files"
    assert failed.requirements.currently_due == failed.requirements.past_due == [path]
    assert errors_of(failed.requirements) == [(path, code)]
    assert failed.charges_enabled is False
    stripe.accounts.update(account.id, {"documents": {"proof_of_address": {"files": [GOOD]}}})
    assert settled(stripe, account).charges_enabled is True


def test_taking_the_files_back_forgets_what_they_came_to(stripe, account):
    stripe.accounts.update(account.id, {"documents": {"proof_of_address": {"files": [BAD]}}})
    assert settled(stripe, account).charges_enabled is False

    back = stripe.accounts.update(account.id, {"documents": {"proof_of_address": {"files": [""]}}})

    assert (back.charges_enabled, back.requirements.errors) == (True, [])


def test_a_country_that_asks_for_a_document_has_it_asked_for_until_it_is_there(stripe):
    given = {**CUSTOM, "country": "AE", "business_type": "company"}
    account = stripe.accounts.create(given)
    assert LICENSE in account.requirements.currently_due

    sent = stripe.accounts.update(account.id, {"documents": {"company_license": {"files": [GOOD]}}})

    assert LICENSE not in sent.requirements.currently_due
    assert LICENSE in sent.requirements.pending_verification


def test_documents_may_be_given_when_the_account_is_made(stripe):
    account = stripe.accounts.create(
        {**COMPLETE, "documents": {"company_registration_verification": {"files": [BAD]}}}
    )

    assert "documents.company_registration_verification.files" in account.requirements.pending_verification
    assert errors_of(settled(stripe, account).requirements) == [
        ("documents.company_registration_verification.files", "verification_document_invalid")
    ]


def test_files_are_the_accounts_or_its_platforms_and_fit_their_purpose(stripe, account, upload):
    param = "documents[company_license][files][0]"
    mine = upload(account=account.id)
    stripe.accounts.update(account.id, {"documents": {"company_license": {"files": [mine]}}})

    for file, code in (("file_nope", "resource_missing"), (upload("identity_document"), None)):
        with refused(code=code, param=param):
            stripe.accounts.update(account.id, {"documents": {"company_license": {"files": [file]}}})


def test_a_refused_document_leaves_nothing_behind(stripe):
    before = len(stripe.accounts.list().data)
    with refused(code="resource_missing", param="documents[company_license][files][1]"):
        stripe.accounts.create({**CUSTOM, "documents": {"company_license": {"files": [GOOD, "file_nope"]}}})
    assert len(stripe.accounts.list().data) == before


def test_a_signer_is_a_person_of_the_account(stripe):
    account = stripe.accounts.create({**COMPLETE, "business_type": "company", "individual": None})
    person = stripe.accounts.persons.create(account.id, {"first_name": "Jenny"})
    proof = {"files": [GOOD], "signer": {"person": person.id}}

    stripe.accounts.update(account.id, {"documents": {"proof_of_registration": proof}})

    with refused(code="resource_missing", param="documents[proof_of_registration][signer][person]"):
        stripe.accounts.update(
            account.id, {"documents": {"proof_of_registration": {"signer": {"person": "person_nope"}}}}
        )


def test_no_answer_and_no_event_shows_a_document(stripe, account, upload):
    file = upload()
    stripe.accounts.update(account.id, {"documents": {"company_license": {"files": [file]}}})
    after = settled(stripe, account)

    seen = [after.to_dict(), *(event.to_dict() for event in events_of(stripe, account))]
    assert file not in str(seen)


# -- whose a bank account is ------------------------------------------------------------------------------------------


def bank(number):
    return {**BANK, "account_number": number}


def externals(stripe, account):
    return stripe.accounts.external_accounts.list(account.id).data


def test_a_bank_account_whose_owner_is_verified_later(stripe):
    account = stripe.accounts.create({**COMPLETE, "external_account": bank("000999999991")})

    assert account.external_accounts.data[0].requirements.pending_verification == [OWNERSHIP]
    assert account.requirements.pending_verification == [OWNERSHIP]
    assert (account.charges_enabled, account.payouts_enabled) == (True, True)
    after = settled(stripe, account)
    assert after.external_accounts.data[0].requirements.to_dict() == {
        "currently_due": [],
        "errors": [],
        "past_due": [],
        "pending_verification": [],
    }
    assert after.external_accounts.data[0].status == "new"
    updated = events_of(stripe, account, "account.external_account.updated")
    assert len(updated) == 1


def test_a_bank_account_whose_owner_has_to_be_proved_stops_payouts_until_it_is(stripe):
    account = stripe.accounts.create({**COMPLETE, "external_account": bank("000999999992")})

    asked = settled(stripe, account)
    (external,) = externals(stripe, account)
    assert (external.status, external.requirements.currently_due) == ("verification_failed", [OWNERSHIP])
    assert external.requirements.past_due == [OWNERSHIP]
    assert errors_of(external.requirements) == [(OWNERSHIP, "verification_document_not_uploaded")]
    assert asked.requirements.currently_due == [OWNERSHIP]
    assert (asked.charges_enabled, asked.payouts_enabled) == (True, False)
    assert asked.capabilities.card_payments == "active"

    kind = {"bank_account_ownership_verification": {"files": [GOOD]}}
    stripe.accounts.external_accounts.update(account.id, external.id, {"documents": kind})

    after = settled(stripe, account)
    assert after.payouts_enabled is True
    (external,) = externals(stripe, account)
    assert (external.status, external.requirements.currently_due) == ("new", [])


def test_a_document_of_the_account_proves_it_as_well(stripe):
    account = stripe.accounts.create({**COMPLETE, "external_account": bank("000999999992")})
    assert settled(stripe, account).payouts_enabled is False

    kind = {"bank_account_ownership_verification": {"files": [GOOD]}}
    stripe.accounts.update(account.id, {"documents": kind})

    assert settled(stripe, account).payouts_enabled is True
    assert externals(stripe, account)[0].status == "new"


def test_another_bank_account_has_to_prove_itself(stripe, account):
    external = stripe.accounts.external_accounts.create(
        account.id, {"external_account": bank("000999999992")}
    )
    assert settled(stripe, account).payouts_enabled is False

    stripe.accounts.external_accounts.delete(account.id, external.id)

    assert stripe.accounts.retrieve(account.id).payouts_enabled is True


def test_a_card_has_no_documents_and_a_document_must_fit(stripe, account, upload):
    card = stripe.accounts.external_accounts.create(
        account.id,
        {"external_account": {"object": "card", "token": "tok_visa_debit", "currency": "usd"}},
    )
    kind = "bank_account_ownership_verification"
    with refused(code="parameter_unknown", param="documents"):
        stripe.accounts.external_accounts.update(
            account.id, card.id, {"documents": {kind: {"files": [GOOD]}}}
        )
    held = next(one for one in externals(stripe, account) if one.object == "bank_account")
    with refused(param=f"documents[{kind}][files][0]"):
        stripe.accounts.external_accounts.update(
            account.id, held.id, {"documents": {kind: {"files": [upload("identity_document")]}}}
        )
    assert stripe.accounts.retrieve(account.id).payouts_enabled is True


# -- groups, and the files of settings --------------------------------------------------------------------------------


def test_a_pricing_group_is_set_shown_to_the_platform_and_unset(stripe):
    account = stripe.accounts.create({**CUSTOM, "groups": {"payments_pricing": "Starter"}})
    assert account.groups.to_dict() == {"payments_pricing": "Starter"}
    assert stripe.accounts.update(account.id, {"metadata": {"a": "1"}}).groups.payments_pricing == "Starter"

    cleared = stripe.accounts.update(account.id, {"groups": {"payments_pricing": ""}})

    assert cleared.groups.to_dict() == {"payments_pricing": None}


def test_the_password_of_a_site_is_neither_shown_nor_kept(stripe, account, upload):
    site = {"type": "in_development", "in_development": {"username": "jenny", "password": "open-sesame"}}
    file = upload()
    given = {"paypay_payments": {"goods_type": "other", "site": site, "additional_files": [file]}}

    updated = stripe.accounts.update(account.id, {"settings": given})

    shown = updated.settings.paypay_payments.to_dict()
    assert shown == {
        "additional_files": [file],
        "goods_type": "other",
        "site": {
            "in_development": {"password_provided": True, "username": "jenny"},
            "type": "in_development",
        },
    }
    events = [event.to_dict() for event in events_of(stripe, account)]
    assert "open-sesame" not in str(events)


@pytest.mark.parametrize(
    ("leaf", "purpose", "param"),
    [
        (("branding", "icon"), "business_icon", "settings[branding][icon]"),
        (("branding", "logo"), "business_logo", "settings[branding][logo]"),
    ],
)
def test_pictures_of_settings_are_files_of_their_purpose(stripe, account, upload, leaf, purpose, param):
    group, name = leaf
    file = upload(purpose)

    updated = stripe.accounts.update(
        account.id, {"settings": {group: {name: file}}, "expand": [f"settings.{group}.{name}"]}
    )

    assert updated.settings[group][name]["id"] == file
    for wrong, code in (("file_nope", "resource_missing"), (upload("dispute_evidence"), None)):
        with refused(code=code, param=param):
            stripe.accounts.update(account.id, {"settings": {group: {name: wrong}}})
    assert stripe.accounts.retrieve(account.id).settings[group][name] == file
