# ruff: noqa: S608 -- every name in these statements comes from tables.py, every value is a parameter
"""The embedded engine: one SQLite file, one process, one writer.

Rows are written on the event loop, where a statement costs microseconds; COMMIT, which waits for the disk, runs in a
thread while the loop takes in the next requests. Reads use a connection of their own and so see only what is
committed. The log is copied back into the file by a second thread, off the commit path; above 64 MiB the writer makes
SQLite begin it anew, since under constant writing it would otherwise grow for ever.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import apsw
import msgspec

from strongroom import errors
from strongroom.store import schema, sqlite_file
from strongroom.store.committer import CommitFailed, Committer, Fatal, Outcome
from strongroom.store.paging import (
    COMPARISONS,
    INT64_MAX,
    Dialect,
    count_query,
    page_of,
    page_query,
    satisfiable,
    select_list,
    storable,
    totals_query,
    unique_column,
)
from strongroom.store.rows import Filter, Page, Rejected, Row, Total, WriteSet
from strongroom.store.tables import KEY, TABLES, Table, known
from strongroom.store.worker_thread import WorkerThread

# Pages written to the log since it was last copied back before a copy is worth its flush: 16 MiB.
CHECKPOINT_PAGES: Final = 4_096
# The length in pages from which the log is begun anew: 64 MiB.
RESTART_PAGES: Final = 16_384

DIALECT: Final = Dialect(
    conditions=COMPARISONS
    | {
        "in": "{column} IN (SELECT value FROM json_each({value}))",
        "prefix": "instr({column}, {value}) = 1",
    },
    placeholder=lambda _: "?",
    list_value=lambda values: msgspec.json.encode(list(values)).decode(),
)


class Statements(NamedTuple):
    """The statements of one table that never vary. Their texts are the keys of the connection's statement cache."""

    insert: str
    change: str
    delete: str
    guard: str
    get: str
    get_many: str
    scan: str


def _statements(table: Table) -> Statements:
    inserted = ", ".join((*KEY, *table.names, "doc", "version"))
    places = ", ".join("?" * (len(KEY) + len(table.names) + 1))
    assigned = ", ".join(f"{name} = ?" for name in (*table.names, "doc"))
    one = "account = ? AND livemode = ? AND id = ?"
    selected = f"SELECT {select_list(table)} FROM {table.name} WHERE"
    return Statements(
        insert=f"INSERT INTO {table.name} ({inserted}) VALUES ({places}, 1)",
        change=f"UPDATE {table.name} SET {assigned}, version = version + 1 WHERE {one} AND version = ?",
        delete=f"DELETE FROM {table.name} WHERE {one} AND version = ?",
        guard=f"SELECT 1 FROM {table.name} WHERE {one} AND version = ?",
        get=f"{selected} {one}",
        get_many=f"{selected} account = ? AND livemode = ? AND id IN (SELECT value FROM json_each(?))",
        scan=f"{selected} seq > ? ORDER BY seq LIMIT ?",
    )


STATEMENTS: Final = {name: _statements(table) for name, table in TABLES.items()}


class SqliteStore:
    """See `rows.Store`."""

    def __init__(self, path: Path, *, fatal: Fatal | None, vfs: str | None, held: IO[str] | None) -> None:
        self._path = path
        self._held = held
        self._writer = sqlite_file.connect(path, "writer", vfs)
        self._reader = sqlite_file.connect(path, "reader", vfs)
        self._copier = sqlite_file.connect(path, "writer", vfs)
        # A wait for another process's lock would stand still on the loop; patience is left to the thread.
        self._writer.set_busy_timeout(0)
        self._write = self._writer.cursor().execute
        self._write_many = self._writer.cursor().executemany
        self._read = self._reader.cursor().execute
        self._log_pages = 0
        self._copied_pages = 0
        self._commit_thread = WorkerThread("sqlite-commit")
        self._copy_thread = WorkerThread("sqlite-checkpoint")
        self._copying: asyncio.Future[None] | None = None
        self._committer = Committer(self, fatal=fatal)
        self._closed = False

    # -- reading ------------------------------------------------------------------------------------------------

    async def get(self, table: str, account: str, livemode: bool, row_id: str) -> Row | None:
        """See `rows.Store`."""
        if not storable(row_id):
            return None
        return self._one(known(table), STATEMENTS[table].get, (account, livemode, row_id))

    async def get_many(
        self, table: str, account: str, livemode: bool, row_ids: Sequence[str]
    ) -> dict[str, Row]:
        """See `rows.Store`."""
        wanted = DIALECT.list_value([row_id for row_id in row_ids if storable(row_id)])
        rows = self._rows(known(table), STATEMENTS[table].get_many, (account, livemode, wanted))
        return {row.id: row for row in rows}

    async def find(self, table: str, column: str, value: Any) -> Row | None:
        """See `rows.Store`."""
        declared = known(table)
        name = unique_column(declared, column)
        return self._one(declared, f"SELECT {select_list(declared)} FROM {table} WHERE {name} = ?", (value,))

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
        """See `rows.Store`."""
        declared = known(table)
        query = page_query(DIALECT, declared, account, livemode, filters, after, before, limit)
        rows = self._rows(declared, query.sql, query.values) if satisfiable(filters) else []
        return page_of(query, rows, limit)

    async def count(
        self, table: str, account: str, livemode: bool, *, filters: Sequence[Filter] = (), limit: int
    ) -> int:
        """See `rows.Store`."""
        sql, values = count_query(DIALECT, known(table), account, livemode, filters, limit)
        if not satisfiable(filters):
            return 0
        counted: Any = self._read(sql, values).fetchall()[0][0]
        return int(counted)

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
        """See `rows.Store`."""
        sql, values = totals_query(
            DIALECT, known(table), account, livemode, column=column, by=by, apart=apart, filters=filters
        )
        found: list[Any] = self._read(sql, values).fetchall() if satisfiable(filters) else []
        return [Total(value, bool(is_set), total, unknown) for value, is_set, total, unknown in found]

    async def scan(self, table: str, after_seq: int, limit: int) -> list[Row]:
        """See `rows.Store`."""
        return self._rows(known(table), STATEMENTS[table].scan, (after_seq, limit))

    async def scan_due(self, table: str, column: str, until: int, limit: int) -> list[Row]:
        """See `rows.Store`."""
        declared = known(table)
        name = declared.due_column(column)
        sql = f"SELECT {select_list(declared)} FROM {table} WHERE {name} <= ? ORDER BY {name}, seq LIMIT ?"
        return self._rows(declared, sql, (until, limit))

    async def gather(
        self, table: str, column: str, value: str, *, after: int | None = None, limit: int
    ) -> list[Row]:
        """See `rows.Store`."""
        declared = known(table)
        name = declared.gathering_column(column)
        sql = f"SELECT {select_list(declared)} FROM {table} WHERE {name} = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
        return (
            self._rows(declared, sql, (value, INT64_MAX if after is None else after, limit))
            if storable(value)
            else []
        )

    def _rows(self, table: Table, sql: str, values: tuple[Any, ...]) -> list[Row]:
        # Always to the last row: a SELECT left half-way would keep the log from being begun anew.
        return [table.row(stored) for stored in self._read(sql, values).fetchall()]

    def _one(self, table: Table, sql: str, values: tuple[Any, ...]) -> Row | None:
        found = self._read(sql, values).fetchall()
        return table.row(found[0]) if found else None

    # -- writing ------------------------------------------------------------------------------------------------

    async def commit(self, writes: WriteSet) -> None:
        """See `rows.Store`."""
        await self._committer.submit(writes)

    async def apply(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        """See `committer.Engine`."""
        if self._log_pages >= RESTART_PAGES:
            await self._commit_thread.submit(self._begin_log_anew)
        await self._begin()
        try:
            outcomes = self._write_all(batch)
        except BaseException as failure:
            self._roll_back()
            if isinstance(failure, (apsw.FullError, apsw.IOError)):
                raise errors.Unavailable(status=503) from failure
            raise
        if None in outcomes:
            await self._commit_thread.submit(self._commit)
            self._note_log_length()
        else:
            self._roll_back()
        self._copy_back_if_worthwhile()
        return outcomes

    async def _begin(self) -> None:
        try:
            self._write("BEGIN IMMEDIATE")
        except apsw.BusyError:
            await self._commit_thread.submit(self._begin_patiently)

    def _begin_patiently(self) -> None:
        """Wait for the short writers of the command line. Runs in the thread."""
        self._writer.set_busy_timeout(sqlite_file.BUSY_MILLISECONDS)
        try:
            self._write("BEGIN IMMEDIATE")
        except apsw.BusyError as failure:
            raise errors.Unavailable(status=503) from failure
        finally:
            self._writer.set_busy_timeout(0)

    def _write_all(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        """Write a batch as if nobody were rejected; if somebody is, again and one by one to find out who."""
        if len(batch) == 1:
            return [self._try(batch[0])]
        self._write("SAVEPOINT batch")
        if self._wrote_together(batch):
            return [None] * len(batch)
        self._write("ROLLBACK TO batch")
        return self._write_one_by_one(batch)

    def _wrote_together(self, batch: Sequence[WriteSet]) -> bool:
        """Write all rows of a batch, each table's new ones at once; false if anything was not as it was read."""
        inserted: dict[str, list[tuple[Any, ...]]] = {}
        for writes in batch:
            if self._try_stored(writes) is not None:
                return False
            for row in writes.inserts:
                inserted.setdefault(row.table, []).append(TABLES[row.table].values(row))
        try:
            for table, rows in inserted.items():
                self._write_many(STATEMENTS[table].insert, rows)
        except apsw.ConstraintError:
            return False
        return True

    def _write_one_by_one(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for writes in batch:
            self._write("SAVEPOINT one")
            outcome = self._try(writes)
            if outcome is not None:
                self._write("ROLLBACK TO one")
            self._write("RELEASE one")
            outcomes.append(outcome)
        return outcomes

    def _try(self, writes: WriteSet) -> Rejected | None:
        """Write one write set's rows; on rejection some of them are left for the caller to roll back."""
        rejected = self._try_stored(writes)
        if rejected is not None:
            return rejected
        for row in writes.inserts:
            if not self._wrote(row, STATEMENTS[row.table].insert, TABLES[row.table].values(row)):
                return Rejected(row.table, row.id)
        return None

    def _try_stored(self, writes: WriteSet) -> Rejected | None:
        """Check, remove and change the rows that a write set expects to be there."""
        for row in writes.guards:
            if not self._write(STATEMENTS[row.table].guard, _key_and_version(row)).fetchall():
                return Rejected(row.table, row.id)
        for row in writes.deletes:
            self._write(STATEMENTS[row.table].delete, _key_and_version(row))
            if self._writer.changes() != 1:
                return Rejected(row.table, row.id)
        for row in writes.changes:
            if not self._wrote(row, STATEMENTS[row.table].change, _change_values(row)):
                return Rejected(row.table, row.id)
        return None

    def _wrote(self, row: Row, sql: str, values: tuple[Any, ...]) -> bool:
        """Run an INSERT or UPDATE of one row; false if a unique value is taken or the row is not there."""
        try:
            self._write(sql, values)
        except apsw.ConstraintError as refusal:
            if getattr(refusal, "extendedresult", 0) != apsw.SQLITE_CONSTRAINT_UNIQUE:
                raise
            return False
        return row.version == 0 or self._writer.changes() == 1

    def _commit(self) -> None:
        """Make the transaction durable. Runs in the thread.

        Raises:
            errors.Unavailable: the disk is full; the transaction is undone.
            CommitFailed: anything else went wrong.
        """
        try:
            self._write("COMMIT")
        except apsw.FullError as failure:
            self._roll_back()
            raise errors.Unavailable(status=503) from failure
        except apsw.Error as failure:
            self._roll_back()
            raise CommitFailed(str(failure)) from failure

    def _roll_back(self) -> None:
        # After some failures SQLite has rolled back by itself.
        if self._writer.in_transaction:
            self._write("ROLLBACK")

    # -- the log ------------------------------------------------------------------------------------------------

    def _note_log_length(self) -> None:
        """Add what was just written to the log.

        SQLite's own hook would say it exactly, from inside the thread's COMMIT, and stop the loop for it. That it may
        have begun the log anew by itself is not seen here: the log is then taken for longer than it is.
        """
        written, _ = self._writer.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE, reset=True)
        self._log_pages += written

    def _copy_back_if_worthwhile(self) -> None:
        if self._log_pages < self._copied_pages:
            self._copied_pages = 0
        if self._log_pages - self._copied_pages < CHECKPOINT_PAGES:
            return
        if self._copying is None or self._copying.done():
            self._copied_pages = self._log_pages
            self._copying = self._copy_thread.submit(self._copy_back)

    def _copy_back(self) -> None:
        """Copy what can be copied without disturbing anybody. Runs in its own thread."""
        self._checkpoint(self._copier, apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _begin_log_anew(self) -> None:
        """Copy everything back and let the next transaction start the log from its beginning. Runs in the thread."""
        self._writer.set_busy_timeout(sqlite_file.BUSY_MILLISECONDS)
        self._checkpoint(self._writer, apsw.SQLITE_CHECKPOINT_RESTART)
        self._writer.set_busy_timeout(0)
        self._log_pages = self._copied_pages = 0

    def _checkpoint(self, connection: apsw.Connection, mode: int) -> None:
        try:
            connection.wal_checkpoint(mode=mode)
        except apsw.Error:
            # Nothing is lost: the log keeps what was not copied, and a disk that fails will fail a COMMIT too.
            return

    # -- the rest -----------------------------------------------------------------------------------------------

    async def check(self) -> list[str]:
        """See `rows.Store`."""
        found: list[str] = []
        await self._copy_thread.submit(partial(self._examine, found))
        return found

    def _examine(self, found: list[str]) -> None:
        """Runs in the thread of the copier, on a connection of its own."""
        try:
            with contextlib.closing(sqlite_file.connect(self._path, "reader")) as connection:
                found += sqlite_file.faults(connection)
                wanted = schema.wanted_shapes(sqlite_file.TYPES)
                found += schema.differences(wanted, sqlite_file.shapes(connection))
        except apsw.Error as failure:
            found.append(f"the file cannot be read to its end: {failure}")

    async def close(self) -> None:
        """See `rows.Store`."""
        if self._closed:
            return
        self._closed = True
        await self._committer.close()
        await self._commit_thread.close()
        await self._copy_thread.close()
        for connection in (self._reader, self._copier, self._writer):
            connection.close()
        if self._held is not None:
            self._held.close()


def _key_and_version(row: Row) -> tuple[Any, ...]:
    return row.account, row.livemode, row.id, row.version


def _change_values(row: Row) -> tuple[Any, ...]:
    account, livemode, row_id, *rest = TABLES[row.table].values(row)
    return (*rest, account, livemode, row_id, row.version)


async def open_sqlite(
    path: Path, *, exclusive: bool = True, fatal: Fatal | None = None, vfs: str | None = None
) -> SqliteStore:
    """Open a database file, making it if it is not there.

    Args:
        path: the file; its folder must exist.
        exclusive: whether no other server may have it; false for a short writer beside a running server.
        fatal: called once if a commit fails on the medium.
        vfs: the name of an apsw file layer, None for the usual one.

    Raises:
        sqlite_file.UnsafeDatabase: the library or the file system cannot keep the store's promises.
        sqlite_file.DatabaseInUse: another server has it.
        schema.SchemaError: its schema is not ours.
    """
    sqlite_file.refuse_where_unsafe(path)
    held = sqlite_file.lock(path) if exclusive else None
    try:
        prepare(path, vfs)
        return SqliteStore(path, fatal=fatal, vfs=vfs, held=held)
    except BaseException:
        if held is not None:
            held.close()
        raise


def prepare(path: Path, vfs: str | None) -> None:
    """Migrate an empty database; check that any other is up to date.

    Raises:
        schema.SchemaError: it is not.
    """
    with contextlib.closing(sqlite_file.connect(path, "writer", vfs)) as connection:
        sqlite_file.migrate(connection, schema.to_apply_when_opening)


def plan_sqlite(path: Path) -> list[str]:
    """Return the names of the migrations the database lacks."""
    known = schema.load("sqlite")
    if not path.exists():
        return [migration.name for migration in known]
    with contextlib.closing(sqlite_file.connect(path, "reader")) as connection:
        return [migration.name for migration in schema.pending(sqlite_file.history(connection), known)]


def migrate_sqlite(path: Path) -> list[str]:
    """Apply what is missing and return the names of it. Refused while a server has the database."""
    sqlite_file.refuse_where_unsafe(path)
    with sqlite_file.lock(path), contextlib.closing(sqlite_file.connect(path, "writer")) as connection:
        return [migration.name for migration in sqlite_file.migrate(connection, schema.pending)]
