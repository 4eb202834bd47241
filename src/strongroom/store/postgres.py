"""The shared engine: PostgreSQL, any number of server processes.

Each process has three connections: one writes, batch after batch; one answers reads of single rows, all those that
wait by one statement; one serves lists and scans, which may take longer.
"""

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import asyncpg

from strongroom import errors
from strongroom.store import schema
from strongroom.store.claims import every_row
from strongroom.store.committer import Committer, Outcome
from strongroom.store.paging import (
    INT64_MAX,
    count_query,
    page_of,
    page_query,
    satisfiable,
    storable,
    totals_query,
    unique_column,
)
from strongroom.store.postgres_connection import SERIALIZATION, Connection
from strongroom.store.postgres_sql import (
    DIALECT,
    HAS_HISTORY,
    HISTORY,
    READ_COLUMNS,
    READ_HISTORY,
    READ_INDEXES,
    TYPES,
    WRITE_HISTORY,
    Batch,
    by_key_sql,
    by_unique_sql,
    gather_sql,
    scan_due_sql,
    scan_sql,
    versions_sql,
)
from strongroom.store.rows import Filter, Page, Rejected, Row, Total, WriteSet
from strongroom.store.tables import TABLES, Index, known

# How often a batch that lost against another process's locks is sent again before its waiters are told 503.
SERIALIZATION_ATTEMPTS: Final = 5
# Rows asked for by one statement.
KEYS_MAX: Final = 1_000

Key = tuple[str, bool, str]


class Question(NamedTuple):
    """What single rows of a table are asked for by: their key, or a column that is unique across accounts."""

    table: str
    column: str | None = None

    @property
    def sql(self) -> str:
        """The SELECT of all rows that are asked for at once."""
        return by_key_sql(self.table) if self.column is None else by_unique_sql(self.table, self.column)

    def values(self, asked: Iterable[Hashable]) -> Iterable[Any]:
        """Return the statement's arrays."""
        keys: Any = asked
        return [list(keys)] if self.column is not None else zip(*keys, strict=True)

    def key_of(self, row: Row) -> Hashable:
        """Return what `row` was asked for by."""
        return (row.account, row.livemode, row.id) if self.column is None else row.columns[self.column]


Asked = dict[Hashable, "asyncio.Future[Row | None]"]


class KeyReads:
    """Reads of single rows. All that arrive while a statement is under way are answered by the next one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Question, Asked] = {}
        self._in_hand: Asked = {}
        self._worker: asyncio.Task[None] | None = None

    def ask(self, question: Question, key: Hashable) -> "asyncio.Future[Row | None]":
        """Return a future of the row; whoever asks for the same row in the meantime gets the same one.

        Await it through `asyncio.shield`: others may be waiting for it too.
        """
        asked = self._waiting.setdefault(question, {})
        answer = asked.get(key)
        if answer is None:
            answer = asked[key] = self._loop.create_future()
        if self._worker is None:
            self._worker = self._loop.create_task(self._work(), name="key-reads")
            self._worker.add_done_callback(self._ended)
        return answer

    async def close(self) -> None:
        """Answer what is waiting."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        while self._waiting:
            question, self._in_hand = self._take()
            await self._answer(question, self._in_hand)
        self._worker = None

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        """Answer everybody if the worker was cancelled, as it is when the loop is torn down."""
        if worker.cancelled() or worker.exception() is not None:
            self._worker = None
            for asked in (self._in_hand, *self._waiting.values()):
                _fail(asked.values(), errors.Unavailable(status=503))
            self._waiting.clear()

    def _take(self) -> tuple[Question, Asked]:
        question = next(iter(self._waiting))
        asked = self._waiting.pop(question)
        if len(asked) > KEYS_MAX:
            items = list(asked.items())
            self._waiting[question] = dict(items[KEYS_MAX:])
            asked = dict(items[:KEYS_MAX])
        return question, asked

    async def _answer(self, question: Question, asked: Asked) -> None:
        try:
            found = await self._connection.read(question.sql, *question.values(asked))
        except Exception as failure:  # noqa: BLE001 -- whatever it is, it goes to those who asked
            _fail(asked.values(), failure)
            return
        rows = {question.key_of(row): row for row in map(TABLES[question.table].row, map(tuple, found))}
        for key, answer in asked.items():
            if not answer.done():
                answer.set_result(rows.get(key))


def _fail(answers: Iterable["asyncio.Future[Row | None]"], failure: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(failure)
            # Marks it as seen: whoever asked may have gone away.
            answer.exception()


class PostgresStore:
    """See `rows.Store`."""

    def __init__(self, dsn: str) -> None:
        self._writing = Connection(dsn)
        self._reading = Connection(dsn)
        self._listing = Connection(dsn)
        self._key_reads = KeyReads(self._reading)
        self._committer = Committer(self)

    async def open(self) -> None:
        """Connect, so that a server that is not there is noticed now."""
        await asyncio.gather(self._writing.open(), self._reading.open(), self._listing.open())

    # -- reading ------------------------------------------------------------------------------------------------

    async def get(self, table: str, account: str, livemode: bool, row_id: str) -> Row | None:
        """See `rows.Store`."""
        if not storable(row_id):
            return None
        question = Question(known(table).name)
        return await asyncio.shield(self._key_reads.ask(question, (account, livemode, row_id)))

    async def get_many(
        self, table: str, account: str, livemode: bool, row_ids: Sequence[str]
    ) -> dict[str, Row]:
        """See `rows.Store`."""
        question = Question(known(table).name)
        asked = [
            self._key_reads.ask(question, (account, livemode, row_id))
            for row_id in row_ids
            if storable(row_id)
        ]
        return {row.id: row for answer in asked if (row := await asyncio.shield(answer))}

    async def find(self, table: str, column: str, value: Any) -> Row | None:
        """See `rows.Store`."""
        question = Question(table, unique_column(known(table), column))
        return await asyncio.shield(self._key_reads.ask(question, value))

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
        found = await self._listing.read(query.sql, *query.values) if satisfiable(filters) else []
        return page_of(query, [declared.row(tuple(record)) for record in found], limit)

    async def count(
        self, table: str, account: str, livemode: bool, *, filters: Sequence[Filter] = (), limit: int
    ) -> int:
        """See `rows.Store`."""
        sql, values = count_query(DIALECT, known(table), account, livemode, filters, limit)
        found = await self._listing.read(sql, *values) if satisfiable(filters) else [(0,)]
        return int(found[0][0])

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
        found = await self._listing.read(sql, *values) if satisfiable(filters) else []
        return [Total(*record) for record in found]

    async def scan(self, table: str, after_seq: int, limit: int) -> list[Row]:
        """See `rows.Store`."""
        declared = known(table)
        found = await self._listing.read(scan_sql(table), after_seq, limit)
        return [declared.row(tuple(record)) for record in found]

    async def scan_due(self, table: str, column: str, until: int, limit: int) -> list[Row]:
        """See `rows.Store`."""
        declared = known(table)
        found = await self._listing.read(scan_due_sql(table, declared.due_column(column)), until, limit)
        return [declared.row(tuple(record)) for record in found]

    async def gather(
        self, table: str, column: str, value: str, *, after: int | None = None, limit: int
    ) -> list[Row]:
        """See `rows.Store`."""
        declared = known(table)
        sql = gather_sql(table, declared.gathering_column(column))
        found = (
            await self._listing.read(sql, value, INT64_MAX if after is None else after, limit)
            if storable(value)
            else []
        )
        return [declared.row(tuple(record)) for record in found]

    # -- writing ------------------------------------------------------------------------------------------------

    async def commit(self, writes: WriteSet) -> None:
        """See `rows.Store`."""
        await self._committer.submit(writes)

    async def apply(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        """See `committer.Engine`."""
        try:
            await self._write(batch)
        except (asyncpg.UniqueViolationError, asyncpg.DivisionByZeroError):
            return await self._apply_without_losers(batch)
        return [None] * len(batch)

    async def _write(self, batch: Sequence[WriteSet]) -> None:
        statement = Batch(batch)
        failure: Exception | None = None
        for _ in range(SERIALIZATION_ATTEMPTS):
            try:
                await self._writing.fetch(statement.sql, *statement.arrays)
            except SERIALIZATION as conflict:
                failure = conflict
            else:
                return
        raise errors.Unavailable(status=503) from failure

    async def _apply_without_losers(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        """Find out who made the batch fail, and apply the others.

        The statement says only that somebody did. We look at the rows; each round takes at least one write set out,
        and when all look well, since another process has moved on, they go one by one.
        """
        losers = await self._losers(batch)
        if not losers and len(batch) == 1:
            row = next(iter(every_row(batch[0])))
            return [Rejected(row.table, row.id)]
        outcomes: list[Outcome] = [losers.get(number) for number in range(len(batch))]
        standing = [number for number in range(len(batch)) if number not in losers]
        groups = [standing] if losers else [[number] for number in standing]
        for group in groups:
            if group:
                results = await self.apply([batch[number] for number in group])
                for number, result in zip(group, results, strict=True):
                    outcomes[number] = result
        return outcomes

    async def _losers(self, batch: Sequence[WriteSet]) -> dict[int, Rejected]:
        """Return which write sets of a failed batch cannot succeed, by number."""
        versions = await self._versions(batch)
        taken = await self._taken(batch)
        losers: dict[int, Rejected] = {}
        for number, writes in enumerate(batch):
            for row in every_row(writes):
                place = (row.account, row.livemode, row.id)
                unique = TABLES[row.table].unique
                # An insert expects no row, which is version 0 here as it is there.
                moved = versions[row.table].get(place, 0) != row.version
                if moved or any(
                    taken.get((row.table, name, row.columns[name]), place) != place for name in unique
                ):
                    losers[number] = Rejected(row.table, row.id)
                    break
        return losers

    async def _versions(self, batch: Sequence[WriteSet]) -> dict[str, dict[Key, int]]:
        keys: dict[str, list[Key]] = {}
        for writes in batch:
            for row in every_row(writes):
                keys.setdefault(row.table, []).append((row.account, row.livemode, row.id))
        found: dict[str, dict[Key, int]] = {}
        for table, wanted in keys.items():
            rows = await self._writing.read(versions_sql(table), *zip(*wanted, strict=True))
            found[table] = {
                (account, livemode, row_id): version for account, livemode, row_id, version in rows
            }
        return found

    async def _taken(self, batch: Sequence[WriteSet]) -> dict[tuple[str, str, Any], Key]:
        """Return who holds the unique values that a batch wants."""
        wanted: dict[tuple[str, str], list[Any]] = {}
        for writes in batch:
            for row in (*writes.inserts, *writes.changes):
                for column in TABLES[row.table].unique:
                    wanted.setdefault((row.table, column), []).append(row.columns[column])
        found: dict[tuple[str, str, Any], Key] = {}
        for (table, column), values in wanted.items():
            for record in await self._writing.read(by_unique_sql(table, column), values):
                row = TABLES[table].row(tuple(record))
                found[table, column, row.columns[column]] = (row.account, row.livemode, row.id)
        return found

    # -- the rest -----------------------------------------------------------------------------------------------

    async def check(self) -> list[str]:
        """See `rows.Store`."""
        return schema.differences(schema.wanted_shapes(TYPES), await shapes(self._listing))

    async def close(self) -> None:
        """See `rows.Store`."""
        await self._committer.close()
        await self._key_reads.close()
        for connection in (self._writing, self._reading, self._listing):
            await connection.close()


async def open_postgres(dsn: str) -> PostgresStore:
    """Open the database at `dsn`; an empty one is given its tables.

    Raises:
        postgres_connection.UnsafeServer: it could lose what it acknowledged, or is too old.
        schema.SchemaError: its schema is not ours.
        errors.Unavailable: it does not answer.
    """
    await _migrate(dsn, opening=True)
    store = PostgresStore(dsn)
    try:
        await store.open()
    except BaseException:
        await store.close()
        raise
    return store


async def plan_postgres(dsn: str) -> list[str]:
    """Return the names of the migrations the database lacks."""
    connection = Connection(dsn)
    try:
        applied = await _history(connection)
    finally:
        await connection.close()
    return [migration.name for migration in schema.pending(applied, schema.load("postgres"))]


async def migrate_postgres(dsn: str) -> list[str]:
    """Apply what is missing and return the names of it. Several processes may do so at once."""
    return await _migrate(dsn, opening=False)


async def _migrate(dsn: str, *, opening: bool) -> list[str]:
    choose = schema.to_apply_when_opening if opening else schema.pending
    connection = Connection(dsn)
    try:
        missing = choose(await _history(connection), schema.load("postgres"))
        if not missing:
            return []
        await _create_history(connection)
        return await connection.in_transaction(_apply_missing)
    finally:
        await connection.close()


async def _history(connection: Connection) -> list[schema.Applied]:
    ((exists,),) = await connection.read(HAS_HISTORY)
    return [schema.Applied(*record) for record in await connection.read(READ_HISTORY)] if exists else []


async def _create_history(connection: Connection) -> None:
    try:
        await connection.fetch(HISTORY)
    except (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError):
        # IF NOT EXISTS does not hold between processes; whoever came first has made it.
        return


async def _apply_missing(wire: Any) -> list[str]:
    """Apply what is missing now that no other process can: one may have been faster."""
    await wire.execute("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
    applied = [schema.Applied(*record) for record in await wire.fetch(READ_HISTORY)]
    missing = schema.pending(applied, schema.load("postgres"))
    for migration in missing:
        await wire.execute(migration.sql)
        await wire.execute(WRITE_HISTORY, *migration.applied)
    return [migration.name for migration in missing]


async def shapes(connection: Connection) -> dict[str, schema.Shape]:
    """Return the tables of this database as they are."""
    found: dict[str, schema.Shape] = {}
    for table, column, kind, nullable in await connection.read(READ_COLUMNS):
        found.setdefault(table, schema.Shape({}, {})).columns[column] = (kind, nullable)
    for table, unique, condition, columns in await connection.read(READ_INDEXES):
        where = condition.removeprefix("(").removesuffix(" IS NOT NULL)") if condition else None
        found[table].indexes[Index(tuple(columns), where)] = unique
    return found
