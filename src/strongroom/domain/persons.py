"""Rules about an account's persons: their relationships to it, who may be there, and who may leave."""

import math
from collections.abc import Mapping
from typing import Any, Final

from strongroom.catalog.countries import is_country
from strongroom.domain.facts import INDIVIDUAL, has_role
from strongroom.errors import InvalidRequest

Relationship = Mapping[str, Any]

NO_RELATIONSHIP: Final[dict[str, Any]] = {
    "authorizer": False,
    "director": False,
    "executive": False,
    "legal_guardian": False,
    "owner": False,
    "percent_ownership": None,
    "representative": False,
    "title": None,
}
_SHARE: Final = "percent_ownership"
_WHOLE: Final = 100.0
_ROUNDING: Final = 1e-6
"""Three thirds of a company, as people write them, are no more than the whole."""
_OWNER_PERCENT: Final = 25.0
"""Whoever has this much has to be named; where less is left, everybody was (inferred)."""
_BESIDE_INDIVIDUAL: Final = ("authorizer", "legal_guardian")
_GENDERS: Final = ("female", "male")
_POLITICAL_EXPOSURES: Final = ("existing", "none")
_UNKNOWN_COUNTRY: Final = "XX"


# -- relationships ----------------------------------------------------------------------------------------------------


def merged_relationship(old: Relationship, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a relationship after an update.

    A share stays when its owner no longer is one, an explicit zero stays zero, and an empty string unsets.

    Raises:
        InvalidRequest: a share that is no percentage, `relationship[percent_ownership]`.
    """
    merged = {**NO_RELATIONSHIP, **old}
    for name, value in given.items():
        merged[name] = None if value == "" else value
    if merged[_SHARE] is not None:
        merged[_SHARE] = _checked_share(merged[_SHARE])
    return merged


def _checked_share(share: float) -> float:
    if math.isfinite(share) and 0 <= share <= _WHOLE:
        return float(share)
    raise InvalidRequest(
        "The percent ownership must be between 0 and 100.", param="relationship[percent_ownership]"
    )


def check_shares(relationships: Mapping[str, Relationship]) -> None:
    """Check that nobody owns more than there is.

    Args:
        relationships: person id → relationship, as they will be.

    Raises:
        InvalidRequest: no code, `relationship[percent_ownership]`.
    """
    if _owned(relationships) > _WHOLE + _ROUNDING:
        raise InvalidRequest(
            "The combined ownership of the company would exceed 100 percent.",
            param="relationship[percent_ownership]",
        )


def _owned(relationships: Mapping[str, Relationship]) -> float:
    return math.fsum(each.get(_SHARE) or 0.0 for each in relationships.values())


def who_steps_down(representative: str, relationships: Mapping[str, Relationship]) -> tuple[str, ...]:
    """Return the persons who lose `representative` because another becomes it (inferred: moved, not refused)."""
    return tuple(
        key for key, each in relationships.items() if key != representative and each.get("representative")
    )


def provided_by_themselves(relationships: Mapping[str, Relationship]) -> frozenset[str]:
    """Return which of the company's `owners_provided` and `executives_provided` turn true without being set.

    Owners: less is left than anybody would have to be named for. Executives: there is one. Directors: never. Inferred.
    """
    owners = any(each.get("owner") for each in relationships.values())
    flags = {
        "owners_provided": owners and _WHOLE - _owned(relationships) < _OWNER_PERCENT,
        "executives_provided": any(each.get("executive") for each in relationships.values()),
    }
    return frozenset(name for name, holds in flags.items() if holds)


# -- coming and going -------------------------------------------------------------------------------------------------


def check_may_join(business_type: str | None, relationship: Relationship) -> None:
    """Check that an account may have another person.

    Raises:
        InvalidRequest: an individual's account has guardians and authorizers besides, and nobody else (inferred).
    """
    if business_type == INDIVIDUAL and not any(relationship.get(role) for role in _BESIDE_INDIVIDUAL):
        raise InvalidRequest(
            "Accounts whose `business_type` is `individual` can only have legal guardians and authorizers as further "
            "persons.",
            param="relationship",
        )


def check_holder(business_type: str | None, before: str | None, after: str | None) -> None:
    """Check that an individual's account stays the same individual's.

    Args:
        business_type: the account's.
        before: the person who represented it, if there was one.
        after: the person who is to.

    Raises:
        InvalidRequest: `relationship[representative]` (inferred).
    """
    if business_type == INDIVIDUAL and before is not None and before != after:
        raise InvalidRequest(
            "The person whom an account of the business type `individual` is for stays its representative.",
            param="relationship[representative]",
        )


def check_may_leave(
    person_id: str, *, opener: str | None, business_type: str | None, persons: Mapping[str, Mapping[str, Any]]
) -> None:
    """Check that a person may be deleted.

    Args:
        person_id: whom.
        opener: who opened the account: its first representative.
        business_type: the account's.
        persons: id → what is shown of each.

    Raises:
        InvalidRequest: the opener, an individual's own person, or the only verified executive (inferred shape).
    """
    person = persons[person_id]
    if person_id == opener or (business_type == INDIVIDUAL and has_role(person, "representative")):
        raise InvalidRequest("The person who opened the account cannot be deleted.", param="person")
    if _is_verified_executive(person) and not any(
        key != person_id and _is_verified_executive(other) for key, other in persons.items()
    ):
        raise InvalidRequest("The only verified executive of an account cannot be deleted.", param="person")


def _is_verified_executive(person: Mapping[str, Any]) -> bool:
    return has_role(person, "executive") and (person.get("verification") or {}).get("status") == "verified"


# -- single values ----------------------------------------------------------------------------------------------------


def check_gender(gender: str, *, param: str = "gender") -> None:
    """Raise `InvalidRequest` (no code) unless it is `female` or `male`, as identity documents of some countries have it."""
    _check_one_of(gender, _GENDERS, param)


def check_political_exposure(exposure: str, *, param: str = "political_exposure") -> None:
    """Raise `InvalidRequest` (no code) unless it is `existing` or `none`."""
    _check_one_of(exposure, _POLITICAL_EXPOSURES, param)


def _check_one_of(value: str, allowed: tuple[str, ...], param: str) -> None:
    if value not in allowed:
        raise InvalidRequest(f"Invalid {param}: must be one of {', '.join(allowed)}", param=param)


def check_nationality(country: str, *, param: str = "nationality") -> None:
    """Raise `InvalidRequest` (`country_code_invalid`, inferred) unless it is an ISO 3166-1 alpha-2 code or `XX`."""
    if country != _UNKNOWN_COUNTRY and not is_country(country):
        raise InvalidRequest(
            "The nationality must be the two-letter code of a country, or XX if it is not known.",
            code="country_code_invalid",
            param=param,
        )
