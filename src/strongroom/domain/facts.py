"""All that requirements are computed from, and how it is looked into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from strongroom.catalog.accounts import FULL
from strongroom.catalog.requirements import Situation
from strongroom.domain.verification import Check

Document = dict[str, Any]

ACCOUNT: Final = "account"
COMPANY: Final = "company"
INDIVIDUAL: Final = "individual"
NOBODY: Final = ""
"""The subject of what is owed by persons who are not there yet."""


NEXT_REQUIREMENTS: Final = "next_requirements"
CHARGE_BLOCK: Final = "charge_block"
PAYOUT_BLOCK: Final = "payout_block"


@dataclass(frozen=True, slots=True)
class Pressed:
    """That a test card has made what is owed one day due before its time."""

    by: str
    """`next_requirements`: due by the deadline; `charge_block`, `payout_block`: past due, and nothing is charged or paid out."""
    paths: tuple[str, ...]
    deadline: int
    """Seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that requirements are computed from: what is shown on the wire, and the outcomes of checks.

    No number is in it, but names and dates of birth are: its representation leaves them out.
    """

    account_id: str
    account: Document = field(repr=False)
    """The account's shown fields: country, business_type, business_profile, company, controller, settings, tos_acceptance, email, …; provided flags inside."""
    persons: Mapping[str, Document] = field(repr=False)
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
    pressed: Pressed | None = None

    @property
    def situation(self) -> Situation:
        """What the rules look at."""
        structure = dig(self.account, "company.structure")
        return Situation(
            self.account["country"], self.account.get("business_type"), self.agreement, structure
        )

    @property
    def agreement(self) -> str:
        """`full` or `recipient`."""
        return dig(self.account, "tos_acceptance.service_agreement") or FULL

    @property
    def holder(self) -> str | None:
        """The id of the person who stands for the account, if there is one."""
        return next((key for key, person in self.persons.items() if has_role(person, "representative")), None)

    def prefix(self, person_id: str) -> str:
        """Return what a person's leaves begin with in the account's lists."""
        is_individual = self.account.get("business_type") == INDIVIDUAL and person_id == self.holder
        return f"{INDIVIDUAL}." if is_individual else f"{person_id}."


def dig(document: Mapping[str, Any] | None, path: str) -> Any:
    """Return the value at a dotted path, or None if there is nothing."""
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def has_role(person: Mapping[str, Any], role: str) -> bool:
    """Whether a person's relationship says so."""
    return dig(person, f"relationship.{role}") is True
