"""What the onboarding page asks for: requirement paths in, sections of fields out. Pure; no value is in it.

A field's name is the API's parameter: `individual[first_name]`. Persons who are not there yet are called by what they are
to be (`representative[…]`, `owners[…]`), those who are there by their id.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from strongroom.catalog.banks import bank_tables
from strongroom.catalog.onboarding import DOCUMENT, TICK, Words, onboarding_tables
from strongroom.catalog.requirements import ROLES
from strongroom.domain.facts import INDIVIDUAL, Facts, dig
from strongroom.domain.owed import leaves_of

ACCOUNT: Final = "account"
COMPANY: Final = "company"
REPRESENTATIVE: Final = "representative"
EXTERNAL_ACCOUNT: Final = "external_account"
DOCUMENTS: Final = "documents"
TERMS: Final = "terms"

_BUSINESS_TYPE: Final = "business_type"
_FIRST: Final = (_BUSINESS_TYPE, "business_profile.")
"""What is asked first: the rest depends on it."""
_CONSENTS: Final = (".date", ".ip", ".user_agent")
_IBAN: Final = "iban"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing asked for."""

    name: str
    """The parameter."""
    path: str
    """The requirement it answers."""
    words: Words
    is_required: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading."""

    key: str
    """`account`, `company`, …, the role of persons who are not there yet, or a person's id."""
    heading: str
    fields: tuple[Field, ...]
    may_be_empty: bool = False
    """Whether it may be left out as a whole: another owner, where all have been named."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks for."""

    sections: tuple[Section, ...]
    left: tuple[str, ...]
    """Paths the page has no field for; the platform gives them."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in the order of the page."""
        return tuple(field for section in self.sections for field in section.fields)


def asked(paths: Collection[str], facts: Facts, *, livemode: bool) -> Asked:
    """Return what to ask for.

    Args:
        paths: requirements: those that are due, or all there are.
        facts: the account.
        livemode: whether documents have to be real ones, which this page does not take.
    """
    if _BUSINESS_TYPE in paths and facts.account.get(_BUSINESS_TYPE) is None:
        paths = [path for path in paths if path.startswith(_FIRST)]
    found: dict[str, dict[str, Field]] = {}
    left = []
    for path in sorted(paths):
        fields = list(_fields(path, facts))
        fields = [(key, field) for key, field in fields if not (livemode and field.words.kind == DOCUMENT)]
        if not fields:
            left.append(path)
        for key, field in fields:
            found.setdefault(key, {}).setdefault(field.name, field)
    for role in ROLES:
        if role in found:
            _complete(found[role], role, facts)
    _add_roles(found)
    return Asked(tuple(_sections(found, facts)), tuple(left))


def _sections(found: Mapping[str, Mapping[str, Field]], facts: Facts) -> Iterator[Section]:
    headings = onboarding_tables().sections
    for name, heading in headings.items():
        keys = [key for key in facts.persons if key in found] if name == "person" else [name]
        for key in keys:
            if key in found:
                fields = tuple(sorted(found[key].values(), key=_place))
                yield Section(key, _heading(heading, key, facts), fields, key in ROLES)


def _heading(heading: str, key: str, facts: Facts) -> str:
    person = facts.persons.get(key)
    if person is None:
        return heading
    return " ".join(filter(None, (person.get("first_name"), person.get("last_name")))) or heading


def _place(field: Field) -> int:
    """Fields stand as in the tables; whether all persons of a role have been named comes after the persons."""
    tables = onboarding_tables()
    of_all = (tables.accounts, tables.persons, tables.banks, tables.companies)
    return [words for table in of_all for words in table.values()].index(field.words)


# -- from paths to fields ---------------------------------------------------------------------------------------------


def _fields(path: str, facts: Facts) -> Iterator[tuple[str, Field]]:
    """Yield what answers a requirement: section and field; nothing if the page has no words for it."""
    head, _, leaf = path.partition(".")
    if path == EXTERNAL_ACCOUNT:
        yield from _bank(facts)
    elif head == COMPANY:
        yield from _company(path, leaf)
    elif head in (INDIVIDUAL, REPRESENTATIVE, *ROLES) or head in facts.persons:
        yield from ((head, field) for field in _person(head, leaf, path))
    else:
        yield from _account(path)


def _account(path: str) -> Iterator[tuple[str, Field]]:
    leaf = _without_consent(path)
    is_document = path.startswith(f"{DOCUMENTS}.")
    leaf = leaf.removesuffix(".files") if is_document else leaf
    words = onboarding_tables().accounts.get(leaf)
    if words is None:
        return
    section = TERMS if leaf != path and not is_document else DOCUMENTS if is_document else ACCOUNT
    name = _bracketed(leaf) + ("[files][0]" if is_document else "")
    yield section, _field(name, path, words)
    if words.either:
        yield (
            section,
            _field(_bracketed(words.either), words.either, onboarding_tables().accounts[words.either]),
        )


def _company(path: str, leaf: str) -> Iterator[tuple[str, Field]]:
    words = onboarding_tables().companies.get(leaf)
    if words is None:
        return
    role = leaf.removesuffix("_provided")
    name = _bracketed(path) + ("[front]" if words.kind == DOCUMENT else "")
    field = _field(name, path, words)
    yield (role, replace(field, is_required=False)) if role in ROLES else (COMPANY, field)


def _person(root: str, leaf: str, path: str) -> Iterator[Field]:
    leaf = _without_consent(leaf)
    words = onboarding_tables().persons.get(leaf)
    if words is None:
        return
    ending = {DOCUMENT: "[front]"}.get(words.kind, "[0]" if leaf == "full_name_aliases" else "")
    yield _field(_bracketed(f"{root}.{leaf}") + ending, path, words)


def _bank(facts: Facts) -> Iterator[tuple[str, Field]]:
    known = bank_tables().countries.get(facts.account["country"])
    if known is None:
        return
    words = onboarding_tables().banks
    names = ["account_holder_name"] + (["routing_number"] if known.routing == "required" else [])
    for name in names:
        yield EXTERNAL_ACCOUNT, _field(f"{EXTERNAL_ACCOUNT}[{name}]", EXTERNAL_ACCOUNT, words[name])
    number = words[_IBAN if known.number == _IBAN else "account_number"]
    yield EXTERNAL_ACCOUNT, _field(f"{EXTERNAL_ACCOUNT}[account_number]", EXTERNAL_ACCOUNT, number)


def _field(name: str, path: str, words: Words) -> Field:
    return Field(name, path, words, is_required=not words.optional or words.kind == TICK)


def _without_consent(path: str) -> str:
    """Return what was consented to: when and from where is ours to write."""
    if "tos_acceptance" not in path:
        return path
    return next((path.removesuffix(end) for end in _CONSENTS if path.endswith(end)), path)


def _bracketed(path: str) -> str:
    head, *rest = path.split(".")
    return head + "".join(f"[{name}]" for name in rest)


# -- persons of a role ------------------------------------------------------------------------------------------------


def _complete(fields: dict[str, Field], role: str, facts: Facts) -> None:
    """Ask for a whole person of a role, also where only that all have been named is still to be said."""
    for leaf in leaves_of(role, facts):
        for field in _person(role, leaf, f"{role}.{leaf}"):
            fields.setdefault(field.name, field)


def _add_roles(found: dict[str, dict[str, Field]]) -> None:
    """Let whoever represents the company say what else they are to it, where such persons are asked for."""
    if REPRESENTATIVE not in found:
        return
    for group, role in ROLES.items():
        if group in found:
            leaf = f"relationship.{role}"
            for field in _person(REPRESENTATIVE, leaf, f"{REPRESENTATIVE}.{leaf}"):
                found[REPRESENTATIVE].setdefault(field.name, replace(field, is_required=False))


def is_filled(section: Section, sent: Mapping[str, str]) -> bool:
    """Whether anything of a person was filled in, in a section that may be left out."""
    return any(sent.get(field.name, "").strip() for field in section.fields if field.words.kind != TICK)


def missing(
    asked_for: Asked, sent: Mapping[str, str], *, given: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each field that should not have stayed empty, and what to say about it.

    Args:
        asked_for: what the page asked for.
        sent: what was filled in, by name.
        given: names of fields that were given before, and need not be given again.
    """
    for section in asked_for.sections:
        if section.may_be_empty and not is_filled(section, sent):
            yield from _nobody_named(section, sent)
            continue
        for field in section.fields:
            if field.is_required and not sent.get(field.name, "").strip() and field.name not in given:
                instead = field.words.either
                if not instead or not sent.get(_bracketed(instead), "").strip():
                    yield field.name, "This has to be confirmed." if _is_ticked(field) else "This is needed."


def _is_ticked(field: Field) -> bool:
    return field.words.kind in (TICK, "consent")


def _nobody_named(section: Section, sent: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    tick = next((field for field in section.fields if field.words.kind == TICK), None)
    if tick is not None and not sent.get(tick.name):
        yield tick.name, "Name somebody, or confirm that everybody has been named."


def value_at(facts: Facts, field: Field) -> object:
    """Return what an account shows at a field's path, or None."""
    head, _, leaf = field.path.partition(".")
    if head == INDIVIDUAL:
        return dig(facts.persons.get(facts.holder or ""), leaf)
    if head in facts.persons:
        return dig(facts.persons[head], leaf)
    return dig(facts.account, field.path)
