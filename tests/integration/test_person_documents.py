"""Documents of persons: whose they are, what for, and what they come to."""

from support.connect import acting_on, eventually
from support.data import refused
from support.documents import png, upload_as
from support.persons import MATCHING, company, persons

__all__ = ["company", "persons"]


def test_a_test_document_becomes_a_file_of_the_persons_own_and_satisfies(persons):
    given = {
        **MATCHING,
        "ssn_last_4": "1111",
        "verification": {"document": {"front": "file_identity_document_success"}},
    }
    person = persons.create(given)

    front = person.verification.document.front
    assert front.startswith("file_")
    assert front != "file_identity_document_success"
    other = persons.create({"verification": {"document": {"front": "file_identity_document_success"}}})
    assert other.verification.document.front != front
    settled = eventually(
        lambda: persons.retrieve(person.id), until=lambda seen: not seen.requirements.pending_verification
    )
    assert (settled.verification.status, settled.verification.document.front) == ("verified", front)


def test_a_failing_document_fails_again_under_its_own_id(persons):
    person = persons.create(
        {**MATCHING, "verification": {"document": {"front": "file_identity_document_failure"}}}
    )
    front = person.verification.document.front
    for _ in range(2):
        failed = eventually(
            lambda: persons.retrieve(person.id),
            until=lambda seen: seen.verification.document.details_code is not None,
        )
        assert failed.verification.document.details_code == "document_failed_test_mode"
        persons.update(person.id, {"verification": {"document": {"front": front}}})


def test_a_document_is_the_accounts_or_the_platforms_and_was_uploaded_for_this(
    stripe, persons, company, server, secret_key
):
    platforms = upload_as(server, secret_key, png())
    accounts = upload_as(server, secret_key, png(), account=company.id)
    logo = upload_as(server, secret_key, png(), purpose="business_logo")

    for file_id in (platforms, accounts):
        person = persons.create({"verification": {"document": {"front": file_id, "back": platforms}}})
        assert (person.verification.document.front, person.verification.document.back) == (file_id, platforms)
    with refused(param="verification[additional_document][back]", says="business_logo"):
        persons.create({"verification": {"additional_document": {"back": logo}}})
    emptied = persons.update(person.id, {"verification": {"document": {"back": ""}}})
    assert (emptied.verification.document.front, emptied.verification.document.back) == (accounts, None)


def test_a_document_can_be_expanded_wherever_it_is(stripe, persons, company, server, secret_key):
    platforms = upload_as(server, secret_key, png())
    accounts = upload_as(server, secret_key, png(), account=company.id)
    sides = {
        "document": {"front": platforms, "back": accounts},
        "additional_document": {"front": "file_identity_document_success"},
    }
    whole = {
        "expand": [
            "verification.document.front",
            "verification.document.back",
            "verification.additional_document.front",
        ]
    }
    person = persons.create({"verification": sides, **whole})

    for shown in (person, persons.retrieve(person.id, whole)):
        verification = shown.verification
        files = (
            verification.document.front,
            verification.document.back,
            verification.additional_document.front,
        )
        assert [file.object for file in files] == ["file"] * 3
        assert [file.id for file in files[:2]] == [platforms, accounts]
        assert [file.purpose for file in files] == ["identity_document"] * 3
    inside = stripe.accounts.persons.retrieve(
        company.id, person.id, {"expand": ["verification.document.back"]}, acting_on(company)
    )
    assert (inside.verification.document.back.id, inside.verification.document.front) == (accounts, platforms)


def test_other_documents_are_taken_and_never_shown(persons, server, secret_key):
    requirement = upload_as(server, secret_key, png(), purpose="account_requirement")
    person = persons.create({"documents": {"passport": {"files": [requirement]}, "visa": {"files": [""]}}})

    assert "documents" not in person
    assert requirement not in str(person)
    identity = upload_as(server, secret_key, png())
    with refused(param="documents[visa][files][0]", says="account_requirement"):
        persons.update(person.id, {"documents": {"visa": {"files": [identity]}}})
