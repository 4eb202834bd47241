"""The words of the onboarding page: what stands beside a field, and how it is filled in."""

from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

CHOICE: Final = "choice"
CONSENT: Final = "consent"
DOCUMENT: Final = "document"
SEALED: Final = "sealed"
TICK: Final = "tick"
KINDS: Final = ("text", "email", "tel", "url", "number", "long", CHOICE, TICK, SEALED, DOCUMENT, CONSENT)
"""How a field is filled in."""

_COLUMNS: Final = {
    "kind": str, "hint": str, "autocomplete": str, "options": dict, "group": str, "optional": bool, "either": str,
    "test_hint": str, "is_wide": bool,
}  # fmt: skip


class Words(msgspec.Struct, frozen=True):
    """What the page says of one leaf."""

    label: str
    kind: str = "text"
    hint: str = ""
    autocomplete: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: value and words."""
    group: str = ""
    """The legend it stands under with others."""
    optional: bool = False
    either: str = ""
    """The leaf that will do as well."""
    test_hint: str = ""
    """What helps in test mode."""
    is_wide: bool = False
    """Whether it has a line of its own among those of its group."""


class OnboardingTables(msgspec.Struct, frozen=True):
    """Everything the page says, by whom it is about and by leaf."""

    sections: MappingProxyType[str, str]
    """What a section is called → its heading, in the order of the page."""
    accounts: MappingProxyType[str, Words]
    companies: MappingProxyType[str, Words]
    persons: MappingProxyType[str, Words]
    banks: MappingProxyType[str, Words]


def build(document: Document) -> OnboardingTables:
    """Return the tables made from onboarding.toml.

    Raises:
        CatalogError: an unknown column or kind; a choice without options, or options without a choice.
    """
    names = ("accounts", "companies", "persons", "banks")
    tables = row("onboarding", document, dict.fromkeys(("sections", *names), dict), {})
    found = {name: _all(f"onboarding: {name}", tables[name]) for name in names}
    for leaf, words in found["accounts"].items():
        if words.either:
            one_of(f"onboarding: accounts: {leaf}", words.either, found["accounts"])
    return OnboardingTables(MappingProxyType(tables["sections"]), **found)


def _all(where: str, given: Document) -> MappingProxyType[str, Words]:
    return MappingProxyType({leaf: _words(f"{where}: {leaf}", columns) for leaf, columns in given.items()})


def _words(where: str, given: object) -> Words:
    columns = row(where, given, {"label": str}, _COLUMNS)
    kind = one_of(where, columns.get("kind", "text"), KINDS)
    options = columns.pop("options", {})
    if bool(options) != (kind == CHOICE):
        raise CatalogError(f"{where}: options go with a choice")
    return Words(**columns, options=tuple(options.items()))


@cache
def onboarding_tables() -> OnboardingTables:
    """Return the tables, read and checked on first use."""
    return build(read("onboarding"))
