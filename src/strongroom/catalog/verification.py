"""What written values come to in test mode, and the words for each mismatch."""

import re
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

MATCH: Final = "match"
MISMATCH: Final = "mismatch"
PENDING: Final = "pending"
LISTED: Final = "listed"
PAUSED: Final = "paused"
OUTCOMES: Final = (MATCH, MISMATCH, PENDING, LISTED, PAUSED)

AT_ONCE: Final = "at_once"
LATER: Final = "later"

EVERYTHING: Final = "everything"
PAYOUTS: Final = "payouts"

NUMBER: Final = "number"
URL: Final = "url"

_DOCUMENTS: Final = re.compile(r"documents\.[a-z_]+\.files", re.ASCII)
_ANY_DOCUMENT: Final = "documents.*.files"
_OUTCOME_COLUMNS: Final = {"when": str, "code": str, "about": str, "role": str, "blocks": str}
_FIELD_COLUMNS: Final = {
    "values": dict,
    "otherwise": dict,
    "live": bool,
    "form": str,
    "at": list,
    "waits": list,
    "beaten_by": str,
    "sticky": bool,
}


class Check(msgspec.Struct, frozen=True):
    """What a value came to. It is kept beside the record and holds nothing of the value."""

    outcome: str
    """`match`, `mismatch`, `pending` (nobody can say), `listed` (a sanctions alert) or `paused` (an inactive business)."""
    when: str = AT_ONCE
    """`at_once`: known in the response; `later`: once the account's checks have settled."""
    code: str | None = None
    """The requirement error code of a mismatch."""
    about: str | None = None
    """The requirement path the error is reported at, where that is not the field itself."""
    role: str | None = None
    """The relationship without which the check does not count: `director` or `owner`."""
    blocks: str = EVERYTHING
    """What a mismatch blocks: `everything` or `payouts`."""

    def settled(self) -> "Check":
        """Return the same check with its result known. What nobody can say stays pending all the same."""
        return msgspec.structs.replace(self, when=AT_ONCE)

    def as_document(self) -> Document:
        """Return what is stored: plain values, none of them secret; `Check(**document)` is the way back."""
        return msgspec.structs.asdict(self)


class CheckedField(msgspec.Struct, frozen=True):
    """A field whose values are checked."""

    name: str
    values: MappingProxyType[str, Check]
    """By value in lower case."""
    otherwise: Check | None
    live: bool
    form: str | None
    at: tuple[str, ...] | None
    """The leaves that come back when it does not match; None: the field itself."""
    waits: tuple[str, ...] | None
    """The leaves that wait while it is looked at; None: those of `at`."""
    beaten_by: str | None
    sticky: bool


class VerificationTables(msgspec.Struct, frozen=True):
    """Every checked field by name, and the words for each requirement error code that a check can have."""

    fields: MappingProxyType[str, CheckedField]
    reasons: MappingProxyType[str, str]

    def field(self, name: str) -> CheckedField | None:
        """Return what is known of a field; `documents.<kind>.files` are alike but for those that have a row."""
        known = self.fields.get(name)
        return self.fields.get(_ANY_DOCUMENT) if known is None and _DOCUMENTS.fullmatch(name) else known


def build(document: Document) -> VerificationTables:
    """Return the tables made from verification.toml.

    Raises:
        CatalogError: an unknown column or outcome; a mismatch without a code, or a code without words.
    """
    tables = row("verification", document, {"fields": dict, "reasons": dict}, {})
    fields = {name: _field(name, given, tables["reasons"]) for name, given in tables["fields"].items()}
    for field in fields.values():
        if field.beaten_by is not None:
            one_of(f"verification: {field.name}", field.beaten_by, fields)
    return VerificationTables(MappingProxyType(fields), MappingProxyType(tables["reasons"]))


def _field(name: str, given: object, reasons: Document) -> CheckedField:
    where = f"verification: {name}"
    columns = row(where, given, {}, _FIELD_COLUMNS)
    values = {
        value.casefold(): _outcome(f"{where}: {value}", told, reasons)
        for value, told in columns.get("values", {}).items()
    }
    otherwise = columns.get("otherwise")
    if "form" in columns:
        one_of(where, columns["form"], (NUMBER, URL))
    return CheckedField(
        name,
        MappingProxyType(values),
        None if otherwise is None else _outcome(f"{where}: otherwise", otherwise, reasons),
        columns.get("live", False),
        columns.get("form"),
        _leaves(columns, "at"),
        _leaves(columns, "waits"),
        columns.get("beaten_by"),
        columns.get("sticky", False),
    )


def _leaves(columns: Document, name: str) -> tuple[str, ...] | None:
    return tuple(columns[name]) if name in columns else None


def _outcome(where: str, given: object, reasons: Document) -> Check:
    columns = row(where, given, {"outcome": str}, _OUTCOME_COLUMNS)
    one_of(where, columns["outcome"], OUTCOMES)
    one_of(where, columns.get("when", AT_ONCE), (AT_ONCE, LATER))
    one_of(where, columns.get("blocks", EVERYTHING), (EVERYTHING, PAYOUTS))
    if (columns["outcome"] == MISMATCH) != ("code" in columns):
        raise CatalogError(f"{where}: a code goes with a mismatch")
    if "code" in columns:
        one_of(where, columns["code"], reasons)
    return Check(**columns)


@cache
def verification_tables() -> VerificationTables:
    """Return the tables, read and checked on first use."""
    return build(read("verification"))
