"""The lists of a `requirements` hash: what is due, what failed and why, what waits, and what would do instead."""

from collections.abc import Iterable

import msgspec

from strongroom.catalog.requirements import requirement_tables
from strongroom.catalog.verification import verification_tables
from strongroom.domain.facts import ACCOUNT, COMPANY, Document, Facts
from strongroom.domain.findings import Finding, Findings
from strongroom.domain.owed import Need, Owed

_NO_PERSONS = (ACCOUNT, COMPANY)


class Lists(msgspec.Struct, frozen=True):
    """What the lists are made of. What is due is past due at once, but for what a test card has asked for by a deadline."""

    due: frozenset[str] = frozenset()
    soon: frozenset[str] = frozenset()
    """Due by a deadline, and not past due."""
    eventually: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    errors: frozenset[tuple[str, str]] = frozenset()
    """(path, requirement error code)."""
    alternatives: frozenset[tuple[tuple[str, ...], str]] = frozenset()
    """(paths due, the path that would do instead)."""

    def as_document(self) -> Document:
        """Return the lists as every `requirements` hash has them, sorted."""
        reasons = verification_tables().reasons
        return {
            "alternatives": [
                {"alternative_fields_due": [other], "original_fields_due": list(paths)}
                for paths, other in sorted(self.alternatives)
            ],
            "currently_due": sorted(self.due | self.soon),
            "errors": [
                {"code": code, "reason": reasons[code], "requirement": path}
                for path, code in sorted(self.errors)
            ],
            "eventually_due": sorted(self.due | self.soon | self.eventually),
            "past_due": sorted(self.due),
            "pending_verification": sorted(self.waiting - self.due - self.soon),
        }


def present_lists(facts: Facts, owed: Owed, found: Findings, *, capability: str | None = None) -> Lists:
    """Return the lists of the account, or of one of its capabilities: only what that depends on."""
    needs = [need for need in owed.now.values() if capability is None or _concerns(owed, need, capability)]
    soon = [need for need in owed.soon.values() if capability is None or _concerns(owed, need, capability)]

    def path(finding: Finding, leaf: str) -> str:
        is_path = finding.subject in _NO_PERSONS or leaf == finding.check.about
        return leaf if is_path else facts.prefix(finding.subject) + leaf

    missing = {need.path for need in needs if not need.is_met}
    failures = {(path(one, leaf), one.check.code or "") for one in found.failed for leaf in one.reported_at}
    waiting = {path(one, leaf) for one in found.all for leaf in waiting_leaves(one, found)}
    return Lists(
        due=frozenset(missing | {failed for failed, _ in failures}),
        soon=frozenset(need.path for need in soon if not need.is_met),
        waiting=frozenset(waiting),
        errors=frozenset(failures),
        alternatives=frozenset(
            {
                (tuple(sorted(path(one, leaf) for leaf in one.at)), path(one, one.instead))
                for one in found.failed
                if one.instead
            }
            | {(original, other) for original, other in _either_or(missing)}
        ),
    )


def future_lists(owed: Owed, *, capability: str | None = None) -> Lists:
    """Return what will be owed one day. It is not due yet, so it stands in `eventually_due` alone."""
    return Lists(
        eventually=frozenset(
            need.path
            for need in owed.future.values()
            if not need.is_met and (capability is None or _concerns(owed, need, capability))
        )
    )


def person_lists(person_id: str, owed: Owed, found: Findings) -> Lists:
    """Return a person's own lists, whose leaves have no prefix."""
    own = found.of(person_id)
    missing = {need.leaf for need in owed.now.values() if need.subject == person_id and not need.is_met}
    failed = [one for one in own if one.has_failed and one.check.about is None]
    return Lists(
        due=frozenset(missing | {leaf for one in failed for leaf in one.at}),
        soon=frozenset(
            need.leaf for need in owed.soon.values() if need.subject == person_id and not need.is_met
        ),
        waiting=frozenset(leaf for one in own for leaf in waiting_leaves(one, found)),
        errors=frozenset((leaf, one.check.code or "") for one in failed for leaf in one.at),
        alternatives=frozenset((one.at, one.instead) for one in failed if one.instead),
    )


def future_person_lists(person_id: str, owed: Owed) -> Lists:
    """Return what will be owed of a person one day."""
    future = (need for need in owed.future.values() if need.subject == person_id and not need.is_met)
    return Lists(eventually=frozenset(need.leaf for need in future))


def waiting_leaves(finding: Finding, found: Findings) -> tuple[str, ...]:
    """Return the leaves of `finding` that wait.

    A person is looked at as a whole: while one thing is looked at, so are the others that have not failed. A date of birth
    is named only if nothing else would be.
    """
    if finding.has_failed:
        return ()
    if finding.subject in _NO_PERSONS:
        return finding.waits if finding.waits_on else ()
    together = [one for one in found.of(finding.subject) if not one.has_failed]
    if not any(one.waits_on for one in together):
        return ()
    return finding.waits if any(one.waits for one in together) else finding.at


def _concerns(owed: Owed, need: Need, capability: str) -> bool:
    return capability in need.capabilities and need.path not in owed.payouts_only


def _either_or(missing: Iterable[str]) -> set[tuple[tuple[str, ...], str]]:
    instead = requirement_tables().instead
    return {((path,), instead[path]) for path in missing if path in instead}
