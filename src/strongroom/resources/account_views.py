"""What is shown of an account, of its persons and capabilities, and to whom."""

from typing import Any, Final

from strongroom.domain.persons import NO_RELATIONSHIP
from strongroom.domain.requirements import PersonState
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored

LISTED_MAX: Final = 10
"""How many external accounts an account shows; the others are on their own list."""

NO_DOCUMENT: Final[Document] = {"back": None, "details": None, "details_code": None, "front": None}
NO_DATE: Final[Document] = {"day": None, "month": None, "year": None}

# What a platform sees of a person once the person has been to a page of ours and given the rest there.
SEEN_AFTER_ONBOARDING: Final = frozenset(
    {
        "id", "object", "account", "created", "email", "first_name", "future_requirements", "id_number_provided", "last_name",
        "metadata", "relationship", "requirements", "ssn_last_4_provided", "verification",
    }
)  # fmt: skip
HIDDEN_OF_COMPANY: Final = frozenset({"address", "address_kana", "address_kanji", "phone"})

OWN: Final = (
    "id",
    "object",
    "charges_enabled",
    "country",
    "default_currency",
    "details_submitted",
    "email",
    "payouts_enabled",
    "settings",
    "type",
)

ALL_PROVIDED: Final = ("directors_provided", "executives_provided", "owners_provided")


def public(doc: Document) -> Document:
    """Return a document without what no answer shows."""
    return {key: value for key, value in doc.items() if key != PRIVATE}


def of_stored(stored: Stored) -> Document:
    """Return what is shown of an object; of a deleted account, the stub."""
    if stored.row.columns.get("deleted_at") is not None:
        return {"id": stored.id, "object": "account", "deleted": True}
    return public(stored.doc)


# -- accounts ---------------------------------------------------------------------------------------------------------


def own(doc: Document) -> Document:
    """Return an account as it sees itself: nothing of what its platform keeps about it."""
    return {
        **{key: doc[key] for key in OWN},
        "capabilities": _statuses(doc),
        "controller": {"type": "account"},
    }


def controlled(doc: Document, individual: Document | None, externals: list[Document]) -> Document:
    """Return an account as the platform that controls it sees it.

    Args:
        doc: the account's document.
        individual: the person who is, or represents, the account.
        externals: its external accounts, newest first.
    """
    shown = public(doc)
    shown["capabilities"] = _statuses(doc)
    shown["controller"] = {**doc["controller"], "is_controller": True, "type": "application"}
    shown["external_accounts"] = _external_accounts(doc["id"], externals)
    collects = doc["controller"]["requirement_collection"] == "application"
    if doc["business_type"] is None and not collects:
        del shown["business_type"], shown["company"]
        if doc["tos_acceptance"].get("date") is None:
            shown["tos_acceptance"] = {"date": None}
        return shown
    is_hidden = hides(doc)
    if doc["business_type"] == "individual" and individual is not None:
        shown["company"] = _mirrored(doc["company"], individual)
        shown["individual"] = _as_individual(individual, is_hidden=is_hidden)
    if is_hidden:
        shown["company"] = {k: v for k, v in shown["company"].items() if k not in HIDDEN_OF_COMPANY}
    return shown


def hides(doc: Document) -> bool:
    """Whether an account's holder gives the rest to us, so that its platform sees no more than a part."""
    collects = doc["controller"]["requirement_collection"] == "application"
    return bool(doc[PRIVATE]["linked"]) and not collects


def _statuses(doc: Document) -> Document:
    return {name: state["status"] for name, state in doc[PRIVATE]["capabilities"].items()}


def _external_accounts(account: str, externals: list[Document]) -> Document:
    return {
        "object": "list",
        "data": externals[:LISTED_MAX],
        "has_more": len(externals) > LISTED_MAX,
        "total_count": len(externals),
        "url": f"/v1/accounts/{account}/external_accounts",
    }


def _mirrored(company: Document, individual: Document) -> Document:
    """Return the company that an individual is: seen on the wire with the person's address and phone."""
    mirrored = {**company, **dict.fromkeys(ALL_PROVIDED, True)}
    if not any(company["address"].values()):
        mirrored["address"] = individual["address"]
    if company.get("phone") is None and individual.get("phone") is not None:
        mirrored["phone"] = individual["phone"]
    return mirrored


def _as_individual(person: Document, *, is_hidden: bool) -> Document:
    """Return a person as an account holds it: without acceptances of its own."""
    shown = {key: value for key, value in person.items() if key != "additional_tos_acceptances"}
    return _seen_after_onboarding(shown) if is_hidden else shown


def _seen_after_onboarding(person: Document) -> Document:
    return {key: value for key, value in person.items() if key in SEEN_AFTER_ONBOARDING}


# -- capabilities -----------------------------------------------------------------------------------------------------


def capability(doc: Document, name: str) -> Document:
    """Return one capability of an account, requested or not."""
    private = doc[PRIVATE]
    state = private["capabilities"].get(name)
    if state is None:
        return capability_nobody_requested(doc["id"], name)
    return {
        **capability_nobody_requested(doc["id"], name),
        "future_requirements": state["future_requirements"],
        "requested": True,
        "requested_at": private["requested"][name],
        "requirements": state["requirements"],
        "status": state["status"],
    }


def capability_nobody_requested(account: str, name: str) -> Document:
    """Return a capability as it is before it is requested."""
    return {
        "id": name,
        "object": "capability",
        "account": account,
        "future_requirements": nothing_due(),
        "requested": False,
        "requested_at": None,
        "requirements": nothing_due(),
        "status": "unrequested",
    }


def nothing_due() -> Document:
    """Return requirements of which none is left."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


# -- persons ----------------------------------------------------------------------------------------------------------


def person(doc: Document, *, is_hidden: bool) -> Document:
    """Return what is shown of a person.

    Args:
        doc: the person's document.
        is_hidden: whether it is shown to a platform that sees no more than a part.
    """
    shown = public(doc)
    return _seen_after_onboarding(shown) if is_hidden else shown


def with_state(person: Document, state: PersonState) -> Document:
    """Return a person's document with what the assessment says of it."""
    verification = person["verification"]
    return {
        **person,
        "future_requirements": state.future_requirements,
        "requirements": state.requirements,
        "verification": {
            "additional_document": _explained(
                verification["additional_document"],
                state.additional_document_details,
                state.additional_document_details_code,
            ),
            "details": state.details,
            "details_code": state.details_code,
            "document": _explained(
                verification["document"], state.document_details, state.document_details_code
            ),
            "status": state.status,
        },
    }


def _explained(document: Document, details: str | None, code: str | None) -> Document:
    return {**document, "details": details, "details_code": code}


def blank_person(person_id: str, account: str, created: int, country: str) -> Document:
    """Return a person of whom nothing is known yet."""
    flags: dict[str, Any] = {"id_number_provided": False}
    if country == "US":
        flags["ssn_last_4_provided"] = False
    return {
        "id": person_id,
        "object": "person",
        "account": account,
        "additional_tos_acceptances": {"account": {"date": None, "ip": None, "user_agent": None}},
        "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
        "created": created,
        "dob": NO_DATE,
        "email": None,
        "first_name": None,
        **flags,
        "last_name": None,
        "metadata": {},
        "relationship": NO_RELATIONSHIP,
        "verification": {
            "additional_document": NO_DOCUMENT,
            "details": None,
            "details_code": None,
            "document": NO_DOCUMENT,
            "status": "unverified",
        },
        PRIVATE: {"checks": {}},
    }
