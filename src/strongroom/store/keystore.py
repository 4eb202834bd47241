"""The key store: wrapped keys in a place of their own, apart from the data they protect and from its backups.

Both engines run the same few statements, each transaction safe to do twice, because several processes may race for the
same key: the first one's stays, and everybody reads it. What the keys are for, and how they are wrapped, is the vault's
business.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import apsw

from strongroom import errors
from strongroom.errors import CannotServe
from strongroom.store.opening import is_postgres, sqlite_path
from strongroom.store.sqlite_file import connect, refuse_where_unsafe

if TYPE_CHECKING:
    import asyncpg

KeyRow = tuple[str, bool, int, bytes, str, bytes | None, int]
"""Owner (a purpose or an account), livemode, version, key id, state, wrapped material, created in seconds."""

SYSTEM: Final = "system"
ACCOUNT: Final = "account"

# The key store is written rarely: a checkpoint after some dozen new accounts keeps its log small.
CHECKPOINT_PAGES: Final = 200
CONNECT_SECONDS: Final = 10
STATEMENT_SECONDS: Final = 10

_SCHEMA_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# In SQLite's words; `_in_postgres` has the other engine's. The partial indexes keep one version active at most, and one
# pending.
_TABLES: Final = """
CREATE TABLE {schema}founding (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    instance BLOB NOT NULL,
    key_check BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE {schema}keys (
    scope TEXT NOT NULL CHECK (scope IN ('system', 'account')),
    owner TEXT NOT NULL,
    livemode BOOLEAN NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    key_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'decrypt-only', 'compromised', 'destroyed')),
    wrapped BLOB,
    created INTEGER NOT NULL,
    PRIMARY KEY (scope, owner, livemode, version),
    CHECK ((wrapped IS NULL) = (state = 'destroyed'))
) STRICT;
CREATE UNIQUE INDEX keys_one_active ON {schema}keys (scope, owner, livemode) WHERE state = 'active';
CREATE UNIQUE INDEX keys_one_pending ON {schema}keys (scope, owner, livemode) WHERE state = 'pending';
"""

_STATEMENTS: Final = {
    # Of two processes, PostgreSQL lets the second wait here until the first has committed; then it inserts nothing.
    "found": "INSERT INTO {schema}founding VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING only_one",
    # One statement, so that all of it is of one moment of a store that somebody else may be founding.
    "founding": "SELECT (SELECT instance FROM {schema}founding), (SELECT key_check FROM {schema}founding), "
    "EXISTS (SELECT 1 FROM {schema}keys)",
    "add": "INSERT INTO {schema}keys (scope, owner, livemode, version, key_id, state, wrapped, created) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING RETURNING version",
    "system_keys": "SELECT owner, livemode, version, key_id, state, wrapped, created FROM {schema}keys "
    "WHERE scope = 'system' ORDER BY owner, livemode, version",
    "account_keys": "SELECT owner, livemode, version, key_id, state, wrapped, created FROM {schema}keys "
    "WHERE scope = 'account' AND owner = ?1 AND livemode = ?2 ORDER BY version",
    "retire": "UPDATE {schema}keys SET state = ?4 WHERE scope = 'account' AND owner = ?1 AND livemode = ?2 "
    "AND state = 'active' AND EXISTS (SELECT 1 FROM {schema}keys WHERE scope = 'account' AND owner = ?1 "
    "AND livemode = ?2 AND version = ?3 AND state = 'pending') RETURNING version",
    "activate": "UPDATE {schema}keys SET state = 'active' WHERE scope = 'account' AND owner = ?1 AND livemode = ?2 "
    "AND version = ?3 AND state = 'pending' RETURNING version",
    "remove": "DELETE FROM {schema}keys WHERE scope = 'account' AND owner = ?1 AND livemode = ?2 AND key_id = ?3 "
    "RETURNING version",
    "destroy": "UPDATE {schema}keys SET state = 'destroyed', wrapped = NULL "
    "WHERE scope = 'account' AND owner = ?1 AND livemode = ?2 RETURNING version",
}

_POSTGRES_WORDS: Final = {"BLOB": "BYTEA", "INTEGER": "BIGINT", "STRICT": ""}


def _in_sqlite(sql: str) -> str:
    return sql.replace("{schema}", "").replace("BOOLEAN", "INTEGER")


def _in_postgres(sql: str, schema: str) -> str:
    for word, theirs in _POSTGRES_WORDS.items():
        sql = re.sub(rf"\b{word}\b", theirs, sql)
    return sql.replace("{schema}", f"{schema}.").replace("?", "$")


class KeyStoreDamaged(CannotServe):
    """There are keys without the founding that explains them. Nothing is added to such a store."""


class _Step(NamedTuple):
    """A statement of `_STATEMENTS` and its values."""

    statement: str
    values: Sequence[Any] = ()


class _KeyStore(ABC):
    """What both engines do. `vault.KeyStore` describes it from the other side."""

    async def found(
        self, instance: bytes, key_check: bytes, created: int, system_keys: Sequence[KeyRow]
    ) -> None:
        """Fill an empty store, all or nothing; leave any other as it is."""
        keys = [_Step("add", (SYSTEM, *key)) for key in system_keys]
        await self._transaction(_Step("found", (instance, key_check, created)), *keys)

    async def founding(self) -> tuple[bytes, bytes] | None:
        """Return the instance id and the key check; None if the store is empty.

        Raises:
            KeyStoreDamaged: there are keys, but no founding.
        """
        ((instance, key_check, any_key),) = await self._transaction(_Step("founding"))
        if instance is not None:
            return instance, key_check
        if any_key:
            raise KeyStoreDamaged("The key store has keys but no founding. Please restore it from a backup.")
        return None

    async def system_keys(self) -> list[KeyRow]:
        """Return every version of every system key."""
        return _key_rows(await self._transaction(_Step("system_keys")))

    async def account_keys(self, account: str, livemode: bool) -> list[KeyRow]:
        """Return every version of an account's key, oldest first."""
        return _key_rows(await self._transaction(_Step("account_keys", (account, livemode))))

    async def add_account_key(self, key: KeyRow) -> None:
        """Keep a new version, unless this version exists or another is already active, or pending, like it."""
        await self._transaction(_Step("add", (ACCOUNT, *key)))

    async def activate(self, account: str, livemode: bool, version: int, old_state: str) -> None:
        """Make a pending version the active one, and the active one `old_state`; nothing if it is not pending."""
        which = (account, livemode, version)
        await self._transaction(_Step("retire", (*which, old_state)), _Step("activate", which))

    async def destroy(self, account: str, livemode: bool) -> None:
        """Remove the material of every version of an account's key.

        SQLite overwrites it in the file and in the log. PostgreSQL keeps the dead row's bytes until it vacuums the table,
        and those in its log until that is recycled.
        """
        await self._transaction(_Step("destroy", (account, livemode)))

    async def remove_account_key(self, account: str, livemode: bool, key_id: bytes) -> None:
        """Remove a key of an account that never came to be: nothing was sealed with it."""
        await self._transaction(_Step("remove", (account, livemode, key_id)))

    @abstractmethod
    async def close(self) -> None:
        """Let go of the file or connection, after what was asked for is done."""

    @abstractmethod
    async def _transaction(self, *steps: _Step) -> list[Any]:
        """Run the steps in one durable transaction, as far as the first that has no rows; return the last one's rows."""


def _key_rows(found: list[Any]) -> list[KeyRow]:
    return [(owner, bool(livemode), *rest) for owner, livemode, *rest in found]


class SqliteKeyStore(_KeyStore):
    """A key store in a file of its own, mode 0600. One thread does everything, in order; the event loop never waits."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened, and made if need be, on first use."""
        self._path = path
        self._sql = {name: _in_sqlite(sql) for name, sql in _STATEMENTS.items()}
        self._connection: apsw.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="strongroom-keys")

    async def destroy(self, account: str, livemode: bool) -> None:
        """Overwrite the material of every version of an account's key, in the file and in its log."""
        await super().destroy(account, livemode)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._truncate_log)

    async def close(self) -> None:
        """Close the file, after what was asked for is done."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _transaction(self, *steps: _Step) -> list[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, steps)

    def _run(self, steps: Sequence[_Step]) -> list[Any]:
        database = self._opened()
        # Taken before anything is read, so that a second process waits here instead of failing halfway.
        database.execute("BEGIN IMMEDIATE")
        try:
            rows = self._run_steps(database, steps)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return rows

    def _run_steps(self, database: apsw.Connection, steps: Sequence[_Step]) -> list[Any]:
        rows: list[Any] = []
        for step in steps:
            rows = database.execute(self._sql[step.statement], tuple(step.values)).fetchall()
            if not rows:
                break
        return rows

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            refuse_where_unsafe(self._path)
            connection = connect(self._path, "writer")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            _make_sqlite_tables(connection)
            self._connection = connection
        return self._connection

    def _truncate_log(self) -> None:
        self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _make_sqlite_tables(connection: apsw.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'keys'").get:
            connection.execute(_in_sqlite(_TABLES))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class PostgresKeyStore(_KeyStore):
    """A key store in a schema of its own, better in a database and under a role of its own.

    One connection, made on first use and made anew when it was lost; what was under way is then simply done again.
    """

    def __init__(self, dsn: str, schema: str = "strongroom_keys") -> None:
        """Name the database.

        Args:
            dsn: `postgresql://…`.
            schema: where in it; made if it is not there.

        Raises:
            ValueError: `schema` is not a plain lower-case name.
        """
        if not _SCHEMA_NAME.fullmatch(schema):
            raise ValueError(f"{schema!r} cannot be the name of a schema")
        self._dsn = dsn
        self._schema = schema
        self._sql = {name: _in_postgres(sql, schema) for name, sql in _STATEMENTS.items()}
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """Close the connection, after what was asked for is done."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None and not connection.is_closed():
                await connection.close()

    async def _transaction(self, *steps: _Step) -> list[Any]:
        """As in the base class.

        Raises:
            errors.Unavailable: PostgreSQL does not answer.
        """
        from strongroom.store.postgres_connection import LOST

        async with self._turn:
            if self._connection is not None:
                try:
                    return await self._run(steps)
                except LOST:
                    self._drop()
            try:
                return await self._run(steps)
            except LOST as failure:
                self._drop()
                raise errors.Unavailable(status=503) from failure

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()

    async def _run(self, steps: Sequence[_Step]) -> list[Any]:
        database = await self._opened()
        rows: list[Any] = []
        async with database.transaction():
            for step in steps:
                rows = await database.fetch(self._sql[step.statement], *step.values)
                if not rows:
                    break
        return rows

    async def _opened(self) -> "asyncpg.Connection":
        if self._connection is None or self._connection.is_closed():
            self._connection = await _connect(self._dsn, self._schema)
        return self._connection


async def _connect(dsn: str, schema: str) -> "asyncpg.Connection":
    import asyncpg

    from strongroom.store.postgres_connection import refuse_weak_server
    from strongroom.store.postgres_sql import DURABILITY

    # Without cached statements, since a pooler in between may hand us another session for the next transaction.
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS, statement_cache_size=0
    )
    try:
        refuse_weak_server(*await connection.fetchrow(DURABILITY))
        await _make_postgres_tables(connection, schema)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _make_postgres_tables(connection: "asyncpg.Connection", schema: str) -> None:
    """Make schema and tables unless they are there. A role that may not create anything can use what is."""
    import asyncpg

    exists = "SELECT to_regclass($1) IS NOT NULL"
    if await connection.fetchval(exists, f"{schema}.keys"):
        return
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            await connection.execute(_in_postgres(_TABLES, schema))
    except (
        asyncpg.UniqueViolationError,
        asyncpg.DuplicateTableError,
        asyncpg.DuplicateSchemaError,
        asyncpg.DuplicateObjectError,
    ):
        # Another process was faster, and has committed: PostgreSQL made us wait for it.
        if not await connection.fetchval(exists, f"{schema}.keys"):
            raise


async def open_key_store(address: str | Path) -> SqliteKeyStore | PostgresKeyStore:
    """Return the key store at `postgresql://…`, `sqlite:///path`, or a path. It is made if it is not there.

    Raises:
        KeyStoreDamaged: there are keys, but no founding.
        UnsafeDatabase: the SQLite file, or where it lies, cannot promise that what is committed stays.
        UnsafeServer: PostgreSQL is set up so that it could lose what it acknowledged.
        errors.Unavailable: PostgreSQL does not answer.
    """
    store = PostgresKeyStore(str(address)) if is_postgres(address) else SqliteKeyStore(sqlite_path(address))
    try:
        await store.founding()
    except BaseException:
        await store.close()
        raise
    return store
