"""What an account owes by the rules of its country, type, agreement and capabilities, and what of it is there."""

from collections.abc import Iterator
from typing import Final

import msgspec

from strongroom.catalog.requirements import (
    ACCOUNT,
    ANYONE,
    COMPANY,
    GUARDIANS,
    HOLDER,
    ROLES,
    Rule,
    requirement_tables,
)
from strongroom.domain.facts import (
    INDIVIDUAL,
    NEXT_REQUIREMENTS,
    NOBODY,
    PAYOUT_BLOCK,
    Document,
    Facts,
    dig,
    has_role,
)

_ENFORCE: Final = "enforce_future_requirements"
_DOCUMENT: Final = "verification.document"
_EXTERNAL_ACCOUNT: Final = "external_account"

# Leaves that are not shown, and what is shown instead; one of them is enough.
_SHOWN_AS: Final[dict[str, tuple[str, ...]]] = {
    "id_number": ("id_number_provided",),
    "ssn_last_4": ("ssn_last_4_provided", "id_number_provided"),
    "tax_id": ("tax_id_provided",),
    "vat_id": ("vat_id_provided",),
    "verification.document": ("verification.document.front",),
    "verification.additional_document": ("verification.additional_document.front",),
}
_EMPTY_WILL_DO: Final = frozenset({"full_name_aliases"})


class Need(msgspec.Struct, frozen=True):
    """One thing owed."""

    path: str
    """As the account's lists name it."""
    subject: str
    """`account`, `company`, a person's id, or "" where there is no such person yet."""
    leaf: str
    """As the subject's own lists name it."""
    capabilities: frozenset[str]
    """The requested capabilities that depend on it."""
    is_met: bool


class Owed(msgspec.Struct, frozen=True):
    """Everything owed, by path."""

    now: dict[str, Need]
    future: dict[str, Need]
    """Owed one day; nothing that is owed now."""
    soon: dict[str, Need] = msgspec.field(default_factory=dict)
    """Owed by a deadline; nothing stops before it."""
    payouts_only: frozenset[str] = frozenset()
    """Paths of `now` without which money comes in but is not paid out."""


def owed(facts: Facts) -> Owed:
    """Return what the rules ask of the account, met or not."""
    situation = facts.situation
    rules = [rule for rule in requirement_tables().rules if rule.holds(situation)]
    enforced = _ENFORCE in (facts.account.get("email") or "")
    now: dict[str, Need] = {}
    future: dict[str, Need] = {}
    for rule in rules:
        for need in _needs(rule, facts):
            _add(future if rule.future and not enforced else now, need)
    future = {path: need for path, need in future.items() if path not in now}
    payouts_only = requirement_tables().payouts_only
    if facts.pressed is None:
        return Owed(now, future, payouts_only=payouts_only)
    pressed = {
        path: future.pop(path) if path in future else _asked(facts, path)
        for path in facts.pressed.paths
        if path not in now
    }
    if facts.pressed.by == NEXT_REQUIREMENTS:
        return Owed(now, future, pressed, payouts_only)
    more = frozenset(pressed) if facts.pressed.by == PAYOUT_BLOCK else frozenset()
    return Owed({**now, **pressed}, future, payouts_only=payouts_only | more)


def next_paths(facts: Facts) -> tuple[str, ...]:
    """Return what an account is asked for next: what it owes one day, or else a document of whoever stands for it."""
    found = tuple(sorted(path for path, need in owed(facts).future.items() if not need.is_met))
    return found or (_holder(facts)[1] + _DOCUMENT,)


def _asked(facts: Facts, path: str) -> Need:
    """Return the need of something that no rule asks for: a document of the account's holder."""
    subject, prefix = _holder(facts)
    leaf = path.removeprefix(prefix)
    everything = frozenset(facts.requested)
    return Need(path, subject, _own(subject, path, leaf), everything, _is_met(facts, subject, leaf))


def leaves_of(group: str, facts: Facts) -> tuple[str, ...]:
    """Return what the rules ask of each person of a group (`owners`, `directors`, `executives`), each leaf once."""
    tables, situation = requirement_tables(), facts.situation
    found = {
        leaf: None
        for rule in tables.rules
        if rule.holds(situation) and not rule.future
        for written in rule.owed.get(group, ())
        for leaf in tables.leaves(written, situation.country)
    }
    return tuple(found)


def _add(needs: dict[str, Need], need: Need) -> None:
    old = needs.get(need.path)
    capabilities = need.capabilities | (old.capabilities if old else frozenset())
    needs[need.path] = Need(need.path, need.subject, need.leaf, capabilities, need.is_met)


def _needs(rule: Rule, facts: Facts) -> Iterator[Need]:
    """Yield what one rule that fits asks for; nothing if it is for capabilities that nobody requested."""
    capabilities = frozenset(name for name in facts.requested if rule.concerns(name))
    if rule.capabilities is not None and not capabilities:
        return
    for group, leaves in rule.owed.items():
        for subject, prefix in _subjects(group, facts):
            for written in leaves:
                for leaf in requirement_tables().leaves(written, facts.situation.country):
                    path = prefix + leaf
                    yield Need(
                        path, subject, _own(subject, path, leaf), capabilities, _is_met(facts, subject, leaf)
                    )


def _own(subject: str, path: str, leaf: str) -> str:
    return path if subject in (ACCOUNT, COMPANY, NOBODY) else leaf


def _subjects(group: str, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield who owes what a rule says of `group`: subject, and what its paths begin with."""
    if group == ACCOUNT:
        yield ACCOUNT, ""
    elif group == COMPANY:
        yield COMPANY, f"{COMPANY}."
    elif group == HOLDER:
        yield _holder(facts)
    elif group in ROLES:
        yield from _holders_of(group, facts)
    else:
        yield from _others(group, facts)


def _holder(facts: Facts) -> tuple[str, str]:
    if facts.holder is not None:
        return facts.holder, facts.prefix(facts.holder)
    is_individual = facts.account.get("business_type") == INDIVIDUAL
    return NOBODY, f"{INDIVIDUAL}." if is_individual else "representative."


def _holders_of(group: str, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the persons of a role; without any, the role itself, unless the company says that it has named them all."""
    found = [key for key, person in facts.persons.items() if has_role(person, ROLES[group])]
    if not found and dig(facts.account, f"company.{group}_provided") is not True:
        yield NOBODY, f"{group}."
    for person_id in found:
        yield person_id, facts.prefix(person_id)


def _others(group: str, facts: Facts) -> Iterator[tuple[str, str]]:
    assert group in (ANYONE, GUARDIANS)
    for person_id, person in facts.persons.items():
        if group == ANYONE or has_role(person, "legal_guardian"):
            yield person_id, facts.prefix(person_id)


def _is_met(facts: Facts, subject: str, leaf: str) -> bool:
    if subject == NOBODY:
        return False
    if subject == ACCOUNT:
        return _account_has(facts, leaf)
    if subject == COMPANY:
        return _has(facts.account.get(COMPANY) or {}, leaf)
    return _has(facts.persons[subject], leaf)


def _account_has(facts: Facts, path: str) -> bool:
    if path == _EXTERNAL_ACCOUNT:
        return facts.has_external_account
    instead = requirement_tables().instead.get(path)
    return _has(facts.account, path) or (instead is not None and _has(facts.account, instead))


def _has(document: Document, leaf: str) -> bool:
    """Whether what is shown says that a leaf was given."""
    values = [dig(document, shown) for shown in _SHOWN_AS.get(leaf, (leaf,))]
    if leaf in _EMPTY_WILL_DO:
        return values[0] is not None
    return any(value not in (None, False, "", []) for value in values)
