# ruff: noqa: S608 -- every name in these statements comes from tables.py, every value is a parameter
"""PostgreSQL's statements: whole batches written by one statement, many rows read by one.

A batch is a single statement, hence a transaction by itself: nothing to begin, one round trip, no state left in the
session. It divides by zero, and thereby undoes itself, unless it met every row at the version it expected.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, Literal

from strongroom.store.paging import COMPARISONS, Dialect, select_list
from strongroom.store.rows import Row, WriteSet
from strongroom.store.tables import KEY, TABLES, Column, Table

# How `tables.py`'s types are called here, in statements and in the catalogue.
TYPES: Final = {"text": "text", "integer": "bigint", "blob": "bytea", "boolean": "boolean"}

DIALECT: Final = Dialect(
    conditions=COMPARISONS | {"in": "{column} = ANY({value})", "prefix": "starts_with({column}, {value})"},
    placeholder=lambda number: f"${number}",
    list_value=list,
)

Kind = Literal["insert", "change", "delete", "guard"]
Part = tuple[Kind, str]

VERSION: Final = Column("version", "integer")
SAME_ROW: Final = "t.account = n.account AND t.livemode = n.livemode AND t.id = n.id"


class Batch:
    """A batch as one statement: its shape, which decides the text, and the arrays that fill it."""

    def __init__(self, batch: Sequence[WriteSet]) -> None:
        rows: dict[Part, list[tuple[Any, ...]]] = {}
        for writes in batch:
            for row in writes.inserts:
                rows.setdefault(("insert", row.table), []).append(TABLES[row.table].values(row))
            for row in writes.changes:
                values = (*TABLES[row.table].values(row), row.version)
                rows.setdefault(("change", row.table), []).append(values)
            _add_bare(rows, "delete", writes.deletes)
            _add_bare(rows, "guard", writes.guards)
        self.shape: tuple[Part, ...] = tuple(sorted(rows))
        self.arrays = [array for part in self.shape for array in zip(*rows[part], strict=True)]

    @property
    def sql(self) -> str:
        """The statement; the same text for the same shape, so that it stays prepared."""
        return batch_sql(self.shape)


def _add_bare(rows: dict[Part, list[tuple[Any, ...]]], kind: Kind, added: Iterable[Row]) -> None:
    for row in added:
        rows.setdefault((kind, row.table), []).append((row.account, row.livemode, row.id, row.version))


@cache
def batch_sql(shape: tuple[Part, ...]) -> str:
    """Return the statement for a batch with these parts, which takes the arrays of each part in turn."""
    steps: list[str] = []
    checks: list[str] = []
    first = 1
    for kind, name in shape:
        table = TABLES[name]
        columns = _columns(kind, table)
        source = f"unnest({_arrays(columns, first)}) AS n({', '.join(column.name for column in columns)})"
        step = f"step_{len(steps)}"
        steps.append(f"{step} AS {_step(kind, table, source)}")
        if kind != "insert":
            checks.append(f"(SELECT count(*) FROM {step}) = cardinality(${first}::text[])")
        first += len(columns)
    return f"WITH {', '.join(steps)} SELECT 1 / ({' AND '.join(checks) or 'true'})::int"


def _columns(kind: Kind, table: Table) -> tuple[Column, ...]:
    key = (Column("account", "text"), Column("livemode", "boolean"), Column("id", "text"))
    own = (*table.columns, Column("doc", "blob")) if kind in {"insert", "change"} else ()
    version = () if kind == "insert" else (VERSION,)
    return key + own + version


def _arrays(columns: Sequence[Column], first: int) -> str:
    return ", ".join(f"${number}::{TYPES[column.type]}[]" for number, column in enumerate(columns, first))


def _step(kind: Kind, table: Table, source: str) -> str:
    own = (*table.names, "doc")
    match kind:
        case "insert":
            names = ", ".join((*KEY, *own))
            return f"(INSERT INTO {table.name} ({names}, version) SELECT {names}, 1 FROM {source})"
        case "change":
            assigned = ", ".join(f"{name} = n.{name}" for name in own)
            head = f"UPDATE {table.name} AS t SET {assigned}, version = n.version + 1 FROM {source}"
            return f"({head} WHERE {SAME_ROW} AND t.version = n.version RETURNING 1)"
        case "delete":
            head = f"DELETE FROM {table.name} AS t USING {source}"
            return f"({head} WHERE {SAME_ROW} AND t.version = n.version RETURNING 1)"
        case "guard":
            head = f"MATERIALIZED (SELECT 1 FROM {table.name} AS t JOIN {source}"
            return f"{head} ON {SAME_ROW} AND t.version = n.version FOR SHARE OF t)"


@cache
def by_key_sql(name: str) -> str:
    """Return the SELECT of many rows by key; it takes the arrays of accounts, modes and ids."""
    table = TABLES[name]
    source = "unnest($1::text[], $2::boolean[], $3::text[]) AS n(account, livemode, id)"
    return f"SELECT {select_list(table, 't.')} FROM {source} JOIN {name} AS t ON {SAME_ROW}"


@cache
def versions_sql(name: str) -> str:
    """Return the SELECT of many rows' versions; it takes the arrays of accounts, modes and ids."""
    source = "unnest($1::text[], $2::boolean[], $3::text[]) AS n(account, livemode, id)"
    return f"SELECT t.account, t.livemode, t.id, t.version FROM {source} JOIN {name} AS t ON {SAME_ROW}"


@cache
def by_unique_sql(name: str, column: str) -> str:
    """Return the SELECT of the rows with one of an array of values in a unique column."""
    return f"SELECT {select_list(TABLES[name])} FROM {name} WHERE {column} = ANY($1)"


@cache
def scan_sql(name: str) -> str:
    """Return the SELECT that walks through a table; it takes the last `seq` seen and the limit."""
    return f"SELECT {select_list(TABLES[name])} FROM {name} WHERE seq > $1 ORDER BY seq LIMIT $2"


@cache
def scan_due_sql(name: str, column: str) -> str:
    """Return the SELECT of the rows that are due by a column; it takes the latest value of it and the limit."""
    return (
        f"SELECT {select_list(TABLES[name])} FROM {name} WHERE {column} <= $1 ORDER BY {column}, seq LIMIT $2"
    )


@cache
def gather_sql(name: str, column: str) -> str:
    """Return the SELECT of the rows that share a value of a column, newest first; it takes the value, a `seq` and the limit."""
    return f"SELECT {select_list(TABLES[name])} FROM {name} WHERE {column} = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"


HISTORY: Final = (
    "CREATE TABLE IF NOT EXISTS schema_migrations "
    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)"
)
HAS_HISTORY: Final = "SELECT to_regclass('schema_migrations') IS NOT NULL"
READ_HISTORY: Final = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number"
WRITE_HISTORY: Final = "INSERT INTO schema_migrations (number, name, sha256) VALUES ($1, $2, $3)"

DURABILITY: Final = """
SELECT current_setting('server_version_num')::int, current_setting('fsync'),
       current_setting('full_page_writes'), current_setting('synchronous_commit')
"""

READ_COLUMNS: Final = """
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
   AND c.relname <> 'schema_migrations' AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.relname, a.attnum
"""

READ_INDEXES: Final = """
SELECT c.relname::text, i.indisunique, pg_get_expr(i.indpred, i.indrelid),
       array(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relname <> 'schema_migrations' AND NOT i.indisprimary
"""
