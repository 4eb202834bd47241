"""Where a person stands: their requirements, and whether they are verified."""

from collections.abc import Iterable
from typing import Final

import msgspec

from strongroom.catalog.verification import verification_tables
from strongroom.domain.facts import Document
from strongroom.domain.findings import Finding, Findings
from strongroom.domain.lists import Lists, future_person_lists, person_lists
from strongroom.domain.owed import Owed
from strongroom.domain.verification import LISTED, MATCH

UNVERIFIED: Final = "unverified"
PENDING: Final = "pending"
VERIFIED: Final = "verified"

_DOCUMENT: Final = "verification.document"
_ADDITIONAL_DOCUMENT: Final = "verification.additional_document"
_DOCUMENTS: Final = frozenset({_DOCUMENT, _ADDITIONAL_DOCUMENT})
_NUMBERS: Final = frozenset({"id_number", "ssn_last_4", _DOCUMENT})
"""What verifies a person even while the rest is still looked at."""
_IDENTITY: Final = _NUMBERS | {"dob"}
_KEYED: Final = frozenset({"address.line1", "dob", "id_number", "ssn_last_4"})


class PersonState(msgspec.Struct, frozen=True):
    """Where a person stands."""

    requirements: Document
    """The Person's hash: no deadline, no disabled_reason."""
    future_requirements: Document
    status: str
    """`verification.status`: unverified, pending or verified."""
    details: str | None
    """`verification.details`."""
    details_code: str | None
    document_details: str | None
    """`verification.document.details`."""
    document_details_code: str | None
    additional_document_details: str | None
    additional_document_details_code: str | None


def person_state(person_id: str, owed: Owed, found: Findings) -> PersonState:
    """Return where one of the account's persons stands."""
    lists = person_lists(person_id, owed, found)
    own = found.of(person_id)
    details, details_code = _details(own)
    document, document_code = _document_details(own, _DOCUMENT)
    additional, additional_code = _document_details(own, _ADDITIONAL_DOCUMENT)
    return PersonState(
        requirements=lists.as_document(),
        future_requirements=future_person_lists(person_id, owed).as_document(),
        status=_status(lists, own),
        details=details,
        details_code=details_code,
        document_details=document,
        document_details_code=document_code,
        additional_document_details=additional,
        additional_document_details_code=additional_code,
    )


def _status(lists: Lists, own: tuple[Finding, ...]) -> str:
    """Return the status: whoever lacks something is unverified, whatever else is known."""
    if lists.due or any(one.has_failed or one.outcome == LISTED for one in own):
        return UNVERIFIED
    if any(one.waits_on for one in own):
        return VERIFIED if _matches(own, _NUMBERS) else PENDING
    return VERIFIED if _matches(own, _IDENTITY) else UNVERIFIED


def _matches(own: Iterable[Finding], fields: frozenset[str]) -> bool:
    return any(one.outcome == MATCH and one.field in fields for one in own)


def _details(own: Iterable[Finding]) -> tuple[str | None, str | None]:
    """Return what `verification` says of the first failure: sentence and code."""
    for fields, code in ((_KEYED, "failed_keyed_identity"), (_DOCUMENTS, "failed_other")):
        failed = next((one for one in own if one.has_failed and one.field in fields), None)
        if failed is not None:
            return verification_tables().reasons[failed.check.code or ""], code
    return None, None


def _document_details(own: Iterable[Finding], field: str) -> tuple[str | None, str | None]:
    """Return what a document says of its failure: sentence and code, which is the requirement's without its first word."""
    failed = next((one for one in own if one.has_failed and one.field == field), None)
    if failed is None:
        return None, None
    code = failed.check.code or ""
    return verification_tables().reasons[code], code.removeprefix("verification_")
