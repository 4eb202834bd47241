"""What the checks of an account's values say: which leaves come back with an error, which still wait."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from strongroom.catalog.requirements import requirement_tables
from strongroom.catalog.verification import CheckedField, verification_tables
from strongroom.domain.facts import ACCOUNT, COMPANY, Facts, has_role
from strongroom.domain.verification import (
    EVERYTHING,
    LATER,
    LISTED,
    MATCH,
    MISMATCH,
    PAUSED,
    PAYOUTS,
    PENDING,
    UNDER_18,
    Check,
)

_NO_PERSONS: Final = (ACCOUNT, COMPANY)
_DOUBT: Final = "verification_"
"""What the codes of a doubt about somebody's identity begin with."""


class Finding(msgspec.Struct, frozen=True):
    """What one check comes to, as far as it is known."""

    subject: str
    field: str
    outcome: str
    """As in `Check`; `pending` while it is not known."""
    at: tuple[str, ...]
    """The leaves that come back if it fails: a person's without prefix, a company's and an account's whole paths."""
    waits: tuple[str, ...]
    """The leaves that wait while it is not known."""
    check: Check
    settles: bool
    """Whether it is only a matter of time."""
    instead: str | None
    """The leaf that would make up for a mismatch."""

    @property
    def has_failed(self) -> bool:
        """Whether its leaves come back with an error."""
        return self.outcome == MISMATCH

    @property
    def reported_at(self) -> tuple[str, ...]:
        """The leaves its error names."""
        return (self.check.about,) if self.check.about else self.at

    @property
    def waits_on(self) -> bool:
        """Whether it is not known yet."""
        return self.outcome == PENDING


class Findings(msgspec.Struct, frozen=True):
    """What all checks come to."""

    all: tuple[Finding, ...]

    def of(self, subject: str) -> tuple[Finding, ...]:
        """Return those about one subject."""
        return tuple(finding for finding in self.all if finding.subject == subject)

    @property
    def failed(self) -> tuple[Finding, ...]:
        """Those with an error."""
        return tuple(finding for finding in self.all if finding.has_failed)

    @property
    def block_everything(self) -> bool:
        """Whether an error stands in the way of charges."""
        return any(finding.check.blocks == EVERYTHING for finding in self.failed)

    @property
    def block_payouts(self) -> bool:
        """Whether an error stands in the way of payouts alone."""
        return any(finding.check.blocks == PAYOUTS for finding in self.failed)

    @property
    def wait(self) -> bool:
        """Whether something is not known yet without which nothing begins."""
        payouts_only = requirement_tables().payouts_only
        return any(finding.waits_on and finding.field not in payouts_only for finding in self.all)

    @property
    def settle(self) -> bool:
        """Whether something will be known later."""
        return any(finding.settles for finding in self.all)

    @property
    def is_listed(self) -> bool:
        """Whether somebody is on a sanctions list."""
        return any(finding.outcome == LISTED for finding in self.all)

    @property
    def is_paused(self) -> bool:
        """Whether the business is inactive."""
        return any(finding.outcome == PAUSED for finding in self.all)


def findings(facts: Facts) -> Findings:
    """Return what is known of every check that counts."""
    return Findings(tuple(_findings(facts)))


def _findings(facts: Facts) -> Iterator[Finding]:
    for subject, checks in facts.checks.items():
        if subject not in _NO_PERSONS and subject not in facts.persons:
            continue
        for field, check in checks.items():
            known = verification_tables().field(field)
            if known is not None and _counts(facts, subject, check) and not _is_beaten(known, check, checks):
                yield _finding(facts, subject, field, known, check)


def _counts(facts: Facts, subject: str, check: Check) -> bool:
    """Whether a check concerns this person: some are about a role, and a minor may have a guardian."""
    if check.code == UNDER_18 and any(
        has_role(person, "legal_guardian") for person in facts.persons.values()
    ):
        return subject != facts.holder
    return check.role is None or has_role(facts.persons.get(subject) or {}, check.role)


def _is_beaten(known: CheckedField, check: Check, checks: Mapping[str, Check]) -> bool:
    """Whether a document makes up for the mismatch; while it is looked at, its own check keeps everybody waiting.

    It proves who somebody is, and makes nobody older.
    """
    document = checks.get(known.beaten_by) if known.beaten_by else None
    is_doubt = check.outcome == MISMATCH and (check.code or "").startswith(_DOUBT)
    return is_doubt and document is not None and document.outcome == MATCH


def _finding(facts: Facts, subject: str, field: str, known: CheckedField, check: Check) -> Finding:
    settles = check.when == LATER and check.outcome != PENDING and not facts.checked
    at = known.at or (field,)
    return Finding(
        subject=subject,
        field=field,
        outcome=PENDING if settles else check.outcome,
        at=at,
        waits=_expanded(at if known.waits is None else known.waits, facts),
        check=check,
        settles=settles,
        instead=known.beaten_by,
    )


def _expanded(leaves: tuple[str, ...], facts: Facts) -> tuple[str, ...]:
    country = facts.situation.country
    return tuple(each for leaf in leaves for each in requirement_tables().leaves(leaf, country))
