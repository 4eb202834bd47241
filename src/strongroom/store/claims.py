"""What a write set lays its hands on, so that two that exclude each other never share a transaction.

A claim is a row's key, or a value in a unique column. Writing claims it alone; guarding shares it with other guards.
"""

from collections.abc import Hashable, Iterable
from enum import Enum

import msgspec

from strongroom.store.rows import Row, WriteSet
from strongroom.store.tables import TABLES, known

# True: claimed for writing. False: only guarded.
Claims = dict[Hashable, bool]


class Verdict(Enum):
    """Whether a write set may join a batch."""

    JOINS = "joins"
    WAITS = "waits"
    LOSES = "loses"


def key(row: Row) -> Hashable:
    """Return the claim on a row."""
    return row.table, row.account, row.livemode, row.id


def claims_of(writes: WriteSet) -> Claims:
    """Return what a write set claims.

    Raises:
        ValueError: it names a row twice, an unknown table or column, lacks a required one, or has a version that makes
            no sense.
    """
    claims: Claims = {}
    for row in writes.inserts:
        if row.version:
            raise ValueError(f"{row!r} is stored already and cannot be inserted")
        _claim(claims, row)
    for row in (*writes.changes, *writes.deletes):
        _require_stored(row)
        _claim(claims, row)
    for row in writes.guards:
        _require_stored(row)
        claims.setdefault(key(row), False)
    return claims


def _require_stored(row: Row) -> None:
    if not row.version:
        raise ValueError(f"{row!r} is not stored yet and cannot be changed or guarded")


def _claim(claims: Claims, row: Row) -> None:
    table = TABLES.get(row.table)
    if table is None or row.columns.keys() != table.name_set:
        _require_columns(row)
    claim = (row.table, row.account, row.livemode, row.id)
    if claim in claims:
        raise ValueError(f"{row!r} is written twice by one write set")
    claims[claim] = True
    if table is not None and table.unique:
        for column in table.unique:
            claims[row.table, column, row.columns[column]] = True


def _require_columns(row: Row) -> None:
    table = known(row.table)
    if unknown := row.columns.keys() - table.name_set:
        raise ValueError(f"{row.table} has no column {min(unknown)}")
    if missing := table.required - row.columns.keys():
        raise ValueError(f"{row.table} needs a value for {min(missing)}")


def without_idle_guards(writes: WriteSet, claims: Claims) -> WriteSet:
    """Return `writes` without the guards on rows that it writes anyway, where the version is checked already."""
    kept = [row for row in writes.guards if not claims[key(row)]]
    if len(kept) == len(writes.guards):
        return writes
    return msgspec.structs.replace(writes, guards=kept)


def judge(claims: Claims, taken: Claims) -> Verdict:
    """Say whether a write set can share a transaction with those that hold `taken`.

    Of two writers of a row one will find its version moved: it loses. A writer of a row that others merely
    guard can still win after them, so it waits for the next transaction.
    """
    verdict = Verdict.JOINS
    for claim, writing in claims.items():
        held = taken.get(claim)
        if held:
            return Verdict.LOSES
        if held is False and writing:
            verdict = Verdict.WAITS
    return verdict


def first_claimed(writes: WriteSet, taken: Claims) -> Row | None:
    """Return the first row that a write set cannot have because `taken` holds it for writing, None if it can have all."""
    for row in every_row(writes):
        table = TABLES[row.table]
        own = [key(row), *[(row.table, column, row.columns.get(column)) for column in table.unique]]
        if any(taken.get(claim) for claim in own):
            return row
    return None


def every_row(writes: WriteSet) -> Iterable[Row]:
    """Return all rows of a write set."""
    return [*writes.inserts, *writes.changes, *writes.deletes, *writes.guards]
