"""The vocabulary of the store: rows, write sets, filters, pages, and what an engine promises."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec


class Row(msgspec.Struct):
    """One row, as read or to be written. `version` and `seq` are 0 until it is stored; `doc` is opaque bytes.

    A nullable column may be left out of `columns` when writing; reading gives all of them.
    """

    table: str
    account: str
    livemode: bool
    id: str
    version: int
    seq: int
    columns: dict[str, Any]
    doc: bytes

    def __repr__(self) -> str:
        # Columns hold MACs and wrapped keys; a row's name is all that a log or a traceback needs.
        return f"Row({self.table}/{self.id} v{self.version})"


class WriteSet(msgspec.Struct):
    """What one operation wants done: all of it or nothing.

    Attributes:
        inserts: rows whose ids, and unique columns, must be free. They are stored at version 1.
        changes: whole rows, each stored over the row with the same key if its version is still `row.version`.
        deletes: rows to remove if their version is still `row.version`.
        guards: rows that must still exist at `row.version` and stay as they are.
    """

    inserts: list[Row] = msgspec.field(default_factory=list)
    changes: list[Row] = msgspec.field(default_factory=list)
    deletes: list[Row] = msgspec.field(default_factory=list)
    guards: list[Row] = msgspec.field(default_factory=list)


class Rejected(Exception):
    """A guard failed: a version moved, a row is gone, or a unique value is taken. Nothing was written."""

    def __init__(self, table: str, row_id: str) -> None:
        super().__init__(f"{table}/{row_id} is not as it was read")
        self.table = table
        self.id = row_id


Operator = Literal["eq", "in", "prefix", "gt", "gte", "lt", "lte", "is_null"]


class Filter(NamedTuple):
    """A condition on one column. `value` is a list for `in`, a bool for `is_null`, a text for `prefix`."""

    column: str
    op: Operator
    value: Any


class Page(NamedTuple):
    """A stretch of a list, newest first. `has_more` speaks of the direction in which the page was asked for."""

    rows: list[Row]
    has_more: bool


class Total(NamedTuple):
    """What rows come to that are alike.

    Attributes:
        value: what they have in the column they are told apart by.
        is_set: whether the second such column has a value in them.
        total: the sum of the column that is added up, as far as it has values.
        unknown: how many of them have none there.
    """

    value: Any
    is_set: bool
    total: int
    unknown: int


class Store(Protocol):
    """What both engines promise. Reads see only what is durable.

    Every method may raise `errors.Unavailable` when the database does not answer.
    """

    async def get(self, table: str, account: str, livemode: bool, row_id: str) -> Row | None:
        """Return the row with this key, or None."""
        ...

    async def get_many(
        self, table: str, account: str, livemode: bool, row_ids: Sequence[str]
    ) -> dict[str, Row]:
        """Return those of the rows that exist, by id."""
        ...

    async def find(self, table: str, column: str, value: Any) -> Row | None:
        """Return the row with this value in a column that is unique across accounts, or None.

        Raises:
            ValueError: the column is not one.
        """
        ...

    async def page(
        self,
        table: str,
        account: str,
        livemode: bool,
        *,
        filters: Sequence[Filter] = (),
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> Page:
        """Return up to `limit` rows that satisfy all filters, newest first.

        Args:
            table: the table to list.
            account: whose rows.
            livemode: of which mode.
            filters: conditions, all of which must hold.
            after: a `seq`; only rows older than it.
            before: a `seq`; only rows newer than it, those nearest to it.
            limit: the most rows to return, at least 1.

        Raises:
            ValueError: both cursors were given, or a filter names an unknown column or operator.
        """
        ...

    async def count(
        self, table: str, account: str, livemode: bool, *, filters: Sequence[Filter] = (), limit: int
    ) -> int:
        """Return how many rows satisfy all filters; `limit`, at least 1, if there are as many or more.

        Raises:
            ValueError: a filter names an unknown column or operator.
        """
        ...

    async def totals(
        self,
        table: str,
        account: str,
        livemode: bool,
        *,
        column: str,
        by: str,
        apart: str,
        filters: Sequence[Filter] = (),
    ) -> list[Total]:
        """Add up an integer column of the rows that satisfy all filters, all seen at one moment.

        Args:
            table: the table.
            account: whose rows.
            livemode: of which mode.
            column: what is added up.
            by: a column; there is a total for each of its values.
            apart: another; rows in which it is NULL are added up apart from those in which it is not.
            filters: conditions, all of which must hold.

        Raises:
            ValueError: a column or an operator is unknown.
        """
        ...

    async def scan(self, table: str, after_seq: int, limit: int) -> list[Row]:
        """Return up to `limit` rows of all accounts with a `seq` above `after_seq`, oldest first."""
        ...

    async def scan_due(self, table: str, column: str, until: int, limit: int) -> list[Row]:
        """Return up to `limit` rows of all accounts in which `column` is set to `until` or less, lowest first.

        Raises:
            ValueError: the column has no index of its own.
        """
        ...

    async def gather(
        self, table: str, column: str, value: str, *, after: int | None = None, limit: int
    ) -> list[Row]:
        """Return up to `limit` rows of all accounts with this value in a column, newest first.

        Args:
            table: the table to look in.
            column: one by which rows are gathered.
            value: what they share.
            after: a `seq`; only rows older than it.
            limit: the most rows to return.

        Raises:
            ValueError: the column has no index of its own.
        """
        ...

    async def commit(self, writes: WriteSet) -> None:
        """Apply a write set as a whole and return once it is durable.

        A waiter that is cancelled leaves the write set in the queue: it is still applied as a whole or not at all.

        Raises:
            Rejected: a guard failed; nothing was written.
            errors.Overloaded: too much is waiting; nothing was written.
            errors.Unavailable: the database is gone; whether it was written is unknown.
            ValueError: the write set is malformed; nothing was written.
        """
        ...

    async def check(self) -> list[str]:
        """Return every fault found in the database, a sentence each; an empty list is good news."""
        ...

    async def close(self) -> None:
        """Finish what is waiting, then let go of the database."""
        ...
