"""What follows a test payment that has succeeded: disputes and early fraud warnings (disputes.toml)."""

from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.behaviours import behaviour_table
from strongroom.catalog.method_pages import outcome_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

INQUIRY: Final = "inquiry"
DEBIT: Final = "debit_not_authorized"
"""What a bank account's payment is disputed as."""

_CASES: Final = frozenset({"chargeback", "compliance", INQUIRY})
_ANSWERS: Final = frozenset({"escalate", "lose", "win"})
_ENHANCED: Final = frozenset({"mastercard_compliance", "visa_compelling_evidence_3", "visa_compliance"})
_COLUMNS: Final[dict[str, type]] = {
    "reason": str,
    "case": str,
    "parts": int,
    "codes": dict,
    "enhanced": dict,
    "final": bool,
    "warning": str,
}


class DisputeKind(msgspec.Struct, frozen=True):
    """One row of disputes.toml, where each column is explained."""

    name: str
    reason: str = ""
    case: str = ""
    parts: int = 1
    codes: MappingProxyType[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    enhanced: MappingProxyType[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    final: bool = False
    warning: str | None = None


class DisputeTables(msgspec.Struct, frozen=True):
    """Everything about disputes."""

    kinds: dict[str, DisputeKind]
    evidence: dict[str, str]
    """By `uncategorized_text`: what the bank makes of it, `win`, `lose` or `escalate`."""
    days: int
    """How many days there are to answer, the last one as a whole."""


def build(document: Document, used: set[str]) -> DisputeTables:
    """Return the tables of disputes.toml.

    Args:
        document: the file's content.
        used: the kinds that test cards and test accounts lead to.

    Raises:
        CatalogError: an unknown column or word, or a kind that is used and not there.
    """
    tables = row("disputes", document, {"answers": dict, "evidence": dict, "kinds": dict}, {})
    days = row("disputes: answers", tables["answers"], {"days": int}, {})["days"]
    kinds = {name: _kind(name, given) for name, given in tables["kinds"].items()}
    if used != kinds.keys():
        raise CatalogError(f"disputes: not what test cards lead to: {', '.join(sorted(used ^ kinds.keys()))}")
    evidence = {
        text: one_of(f"disputes: {text}", action, _ANSWERS) for text, action in tables["evidence"].items()
    }
    return DisputeTables(kinds, evidence, days)


def _kind(name: str, given: object) -> DisputeKind:
    where = f"disputes: {name}"
    columns = row(where, given, {}, _COLUMNS)
    if ("warning" in columns) == ("reason" in columns):
        raise CatalogError(f"{where}: either a warning or a dispute with its reason")
    if "warning" in columns:
        return DisputeKind(name, **columns)
    one_of(where, columns.get("case", ""), _CASES)
    for enhanced in columns.get("enhanced", {}).values():
        one_of(where, enhanced, _ENHANCED)
    frozen = {column: MappingProxyType(columns.get(column, {})) for column in ("codes", "enhanced")}
    return DisputeKind(name, **{**columns, **frozen})


@cache
def dispute_tables() -> DisputeTables:
    """Return the tables, read and checked on first use."""
    of_cards = {one.dispute for one in behaviour_table().values() if one.dispute is not None}
    of_accounts = {DEBIT for one in outcome_table().values() if one.disputed}
    return build(read("disputes"), of_cards | of_accounts)
