"""What test mode makes of what somebody reports of the small deposits to a bank account."""

from collections.abc import Hashable
from functools import cache
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

PAIR: Final = 2
AMOUNTS: Final = "amounts"
DESCRIPTOR_CODE: Final = "descriptor_code"
VERIFIED: Final = "verified"
ATTEMPTS_EXCEEDED: Final = "attempts_exceeded"
TIMED_OUT: Final = "timed_out"

_ANSWERS: Final = (VERIFIED, ATTEMPTS_EXCEEDED, TIMED_OUT)


class Reports(msgspec.Struct, frozen=True):
    """What one kind of report comes to."""

    attempts_max: int
    """How many wrong ones an account may have."""
    answers: dict[Hashable, str]
    """Amounts in ascending order, or a code → `verified`, `attempts_exceeded` or `timed_out`."""


class Rail(msgspec.Struct, frozen=True):
    """How accounts of one type are verified."""

    takes: tuple[str, ...]
    """What can be reported, `amounts` or `descriptor_code`; the first is what was sent."""
    without: frozenset[str]
    """Which of the answers are nothing special."""


class Microdeposits(msgspec.Struct, frozen=True):
    """The published answers."""

    window_days: int
    arrival_days: int
    reports: dict[str, Reports]
    """By kind."""
    types: dict[str, Rail]
    """By type of PaymentMethod."""


def build(document: Document) -> Microdeposits:
    """Return the answers of microdeposits.toml.

    Raises:
        CatalogError: something unknown, a pair that is none, or one report for two answers.
    """
    needed = {"window_days": int, "arrival_days": int, "reports": dict, "types": dict}
    columns = row("microdeposits", document, needed, {})
    kinds = row("microdeposits: reports", columns["reports"], {AMOUNTS: dict, DESCRIPTOR_CODE: dict}, {})
    pairs, codes = (
        _reports(AMOUNTS, kinds[AMOUNTS], list),
        _reports(DESCRIPTOR_CODE, kinds[DESCRIPTOR_CODE], str),
    )
    return Microdeposits(
        columns["window_days"],
        columns["arrival_days"],
        {AMOUNTS: pairs, DESCRIPTOR_CODE: codes},
        {name: _rail(f"microdeposits: {name}", given) for name, given in columns["types"].items()},
    )


def _reports(kind: str, given: Document, sort: type) -> Reports:
    where = f"microdeposits: {kind}"
    columns = row(where, given, {"attempts_max": int, **dict.fromkeys(_ANSWERS, sort)}, {})
    answers: dict[Hashable, str] = {as_key(columns[name]): name for name in _ANSWERS}
    if len(answers) != len(_ANSWERS):
        raise CatalogError(f"{where}: two answers to one report")
    if kind == AMOUNTS and any(len(columns[name]) != PAIR for name in _ANSWERS):
        raise CatalogError(f"{where}: each answer is a pair")
    return Reports(columns["attempts_max"], answers)


def _rail(where: str, given: object) -> Rail:
    columns = row(where, given, {"takes": list, "without": list}, {})
    takes = tuple(one_of(where, one, (AMOUNTS, DESCRIPTOR_CODE)) for one in columns["takes"])
    if not takes:
        raise CatalogError(f"{where}: nothing can be reported")
    return Rail(takes, frozenset(one_of(where, one, _ANSWERS) for one in columns["without"]))


def as_key(report: list[int] | str) -> Hashable:
    """Return a report as answers are looked up: amounts in any order, a code in any case."""
    return report.upper() if isinstance(report, str) else tuple(sorted(report))


@cache
def microdeposits() -> Microdeposits:
    """Return the answers, read and checked on first use."""
    return build(read("microdeposits"))
