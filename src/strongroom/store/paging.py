# ruff: noqa: S608 -- every name in these statements is checked against tables.py, every value is a parameter
"""From filters and cursors to a SELECT, for both engines. Names are checked against `tables.py` before they become SQL."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from strongroom.store.rows import Filter, Page, Row
from strongroom.store.tables import Table

INT64_MAX: Final = 2**63 - 1

COMPARISONS: Final = {
    "eq": "{column} = {value}",
    "gt": "{column} > {value}",
    "gte": "{column} >= {value}",
    "lt": "{column} < {value}",
    "lte": "{column} <= {value}",
}


class Dialect(NamedTuple):
    """Where the engines differ.

    Attributes:
        conditions: an operator's SQL, in terms of `{column}` and `{value}`.
        placeholder: the nth value's place in a statement, from 1.
        list_value: what stands for a list of texts or integers.
    """

    conditions: dict[str, str]
    placeholder: Callable[[int], str]
    list_value: Callable[[Sequence[Any]], Any]


class Query(NamedTuple):
    """A SELECT of a page's rows and one more, and its values. With `newest_last` the rows come oldest first."""

    sql: str
    values: tuple[Any, ...]
    newest_last: bool


@cache
def select_list(table: Table, alias: str = "") -> str:
    """Return the columns of a stored row, comma-separated, in the order `Table.row` expects."""
    return ", ".join(f"{alias}{column.name}" for column in table.stored)


def unique_column(table: Table, column: str) -> str:
    """Return `column` if its values are unique across accounts.

    Raises:
        ValueError: they are not.
    """
    if column not in table.unique:
        raise ValueError(f"{table.name}.{column} is not unique")
    return column


def storable(value: object) -> bool:
    """Whether a value could be in a column at all. What could not be is not looked up: no engine is asked twice.

    PostgreSQL has no NUL in texts, neither engine has lone surrogates or integers beyond 64 bits.
    """
    if isinstance(value, str):
        return "\0" not in value and (
            value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
        )
    if isinstance(value, int):
        return -INT64_MAX <= value <= INT64_MAX
    return True


def satisfiable(filters: Iterable[Filter]) -> bool:
    """Whether any row could satisfy the filters, as far as their values tell."""
    return all(item.op == "in" or storable(item.value) for item in filters)


def page_query(
    dialect: Dialect,
    table: Table,
    account: str,
    livemode: bool,
    filters: Sequence[Filter],
    after: int | None,
    before: int | None,
    limit: int,
) -> Query:
    """Return the SELECT for `Store.page`.

    Raises:
        ValueError: as `Store.page`.
    """
    if after is not None and before is not None:
        raise ValueError("a page lies after one row or before one, not both")
    values: list[Any] = []
    place = _places(dialect, values)
    conditions = _conditions(dialect, table, account, livemode, filters, place)
    if after is not None:
        conditions.append(f"seq < {place(after)}")
    if before is not None:
        conditions.append(f"seq > {place(before)}")
    order = "DESC" if before is None else "ASC"
    sql = (
        f"SELECT {select_list(table)} FROM {table.name} WHERE {' AND '.join(conditions)} "
        f"ORDER BY seq {order} LIMIT {place(limit + 1)}"
    )
    return Query(sql, tuple(values), before is not None)


def count_query(
    dialect: Dialect, table: Table, account: str, livemode: bool, filters: Sequence[Filter], limit: int
) -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT for `Store.count`, and its values. It stops looking at `limit`.

    Raises:
        ValueError: as `Store.count`.
    """
    values: list[Any] = []
    place = _places(dialect, values)
    where = " AND ".join(_conditions(dialect, table, account, livemode, filters, place))
    some = f"SELECT 1 AS one FROM {table.name} WHERE {where} LIMIT {place(limit)}"
    return f"SELECT COUNT(*) FROM ({some}) AS found", tuple(values)


def totals_query(
    dialect: Dialect,
    table: Table,
    account: str,
    livemode: bool,
    *,
    column: str,
    by: str,
    apart: str,
    filters: Sequence[Filter],
) -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT for `Store.totals`, whose rows are the values of `Total`, and its values.

    Raises:
        ValueError: as `Store.totals`.
    """
    for name in (column, by, apart):
        if name not in table.filterable:
            raise ValueError(f"{table.name} has no column {name!r}")
    values: list[Any] = []
    where = " AND ".join(_conditions(dialect, table, account, livemode, filters, _places(dialect, values)))
    added = f"CAST(COALESCE(SUM({column}), 0) AS BIGINT), COUNT(*) - COUNT({column})"
    groups = f"{by}, {apart} IS NOT NULL"
    return f"SELECT {groups}, {added} FROM {table.name} WHERE {where} GROUP BY {groups}", tuple(values)


def _places(dialect: Dialect, values: list[Any]) -> Callable[[Any], str]:
    """Return what takes a value into `values` and answers its place in the statement."""

    def place(value: Any) -> str:
        values.append(value)
        return dialect.placeholder(len(values))

    return place


def _conditions(
    dialect: Dialect,
    table: Table,
    account: str,
    livemode: bool,
    filters: Sequence[Filter],
    place: Callable[[Any], str],
) -> list[str]:
    own = [f"account = {place(account)}", f"livemode = {place(livemode)}"]
    return own + [_condition(dialect, table, item, place) for item in filters]


def _condition(dialect: Dialect, table: Table, item: Filter, place: Callable[[Any], str]) -> str:
    if item.column not in table.filterable:
        raise ValueError(f"{table.name} has no column {item.column!r} to filter by")
    if item.op == "is_null":
        return f"{item.column} IS {'' if item.value else 'NOT '}NULL"
    condition = dialect.conditions.get(item.op)
    if condition is None:
        raise ValueError(f"no operator {item.op!r}")
    value = item.value
    if item.op == "in":
        value = dialect.list_value([one for one in value if storable(one)])
    return condition.format(column=item.column, value=place(value))


def page_of(query: Query, rows: list[Row], limit: int) -> Page:
    """Return the page in what the query found: at most `limit` rows, newest first."""
    found = rows[:limit]
    if query.newest_last:
        found.reverse()
    return Page(found, len(rows) > limit)
