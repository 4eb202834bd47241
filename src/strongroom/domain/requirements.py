"""What an account still owes before it may charge and be paid out, and what that makes of its capabilities and persons.

One pure function: everything that is shown of an account, its persons and the outcomes of checks go in, the
`requirements` of all three objects and their states come out. No value ever does: lists hold paths, errors hold codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.domain.verification import Check

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that requirements are computed from; nothing secret: what is shown on the wire, and the outcomes of checks."""

    account_id: str
    account: Document
    """The account's shown fields: country, business_type, business_profile, company, controller, settings, tos_acceptance, email, …; provided flags inside."""
    persons: Mapping[str, Document]
    """Id → a person's shown fields: relationship, address, dob, names, *_provided flags, verification.document, …; the account's `individual` included."""
    requested: Mapping[str, int]
    """Capability → when it was requested, seconds since 1970 UTC."""
    has_external_account: bool
    checks: Mapping[str, Mapping[str, Check]]
    """Subject ("company", "account" or a person id) → field, as `verification.examine` takes it → outcome of its check."""
    checked: bool
    """Whether checks that settle later have settled."""
    rejected: str | None = None
    """The reason of a rejection: fraud, terms_of_service or other."""


@dataclass(frozen=True, slots=True)
class CapabilityState:
    """Where a capability stands."""

    status: str
    """`active`, `inactive`, `pending` or `unrequested`; the account's `capabilities` hash leaves the last one out."""
    requirements: Document
    """The Capability object's hash, with a `disabled_reason` of its own."""
    future_requirements: Document


@dataclass(frozen=True, slots=True)
class PersonState:
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


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the facts come to."""

    requirements: Document
    """The Account's hash; its lists are sorted, and past_due ⊆ currently_due ⊆ eventually_due."""
    future_requirements: Document
    capabilities: Mapping[str, CapabilityState]
    """Every capability there is; those nobody requested are `unrequested`."""
    persons: Mapping[str, PersonState]
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    must_settle: bool
    """Something was checked whose result comes later: assess again with `checked` once it has."""


def assess(facts: Facts) -> Assessment:
    """Return what the account owes and what it may do."""
    raise NotImplementedError
