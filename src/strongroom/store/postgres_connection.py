"""One connection to PostgreSQL that is made again when it breaks, and what its errors mean for us.

No pool, and nothing kept in the session: connections may go through a balancer, and a statement never depends on what
an earlier one left behind.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg

from strongroom import errors
from strongroom.errors import CannotServe
from strongroom.store.postgres_sql import DURABILITY

T = TypeVar("T")

SERVER_VERSION_MIN: Final = 150_000

# How long a statement waits for the server to come back before it is answered 503, and how soon we try again.
RECONNECT_SECONDS_MAX: Final = 5.0
FIRST_PAUSE_SECONDS: Final = 0.05
PAUSE_SECONDS_MAX: Final = 1.0

# Our statements name rows by their keys. A plan made while a table was small would read it from end to end, and stays
# prepared while the table grows. Where a server does not know a setting, everything works without.
PLANNING: Final = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}

# Statement shapes vary with what operations write together; preparing one costs about a millisecond. They are prepared
# anew now and then, because a plan should not outlive the sizes it was made for.
PREPARED_STATEMENTS_MAX: Final = 500
PREPARED_SECONDS_MAX: Final = 60

SERIALIZATION: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
# Nothing was done, the server says why, and it may do it later.
CANNOT_NOW: Final = (
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
)
LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,
    # The server has handed its role to another one, which a new connection will find.
    asyncpg.ReadOnlySQLTransactionError,
)


class UnsafeServer(CannotServe):
    """This server could lose what it acknowledged, or is too old."""


class ConnectionLost(errors.Unavailable):
    """The connection broke under a statement; whether it took effect is unknown."""

    def __init__(self) -> None:
        super().__init__(status=503)


class Connection:
    """A connection for one statement at a time."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._wire: Any = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect, or raise as `fetch` would."""
        async with self._turn:
            await self._connected()

    async def read(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement that changes nothing, once more if the connection turns out to be dead.

        Raises:
            errors.Unavailable: the server does not answer.
        """
        try:
            return await self.fetch(sql, *values)
        except ConnectionLost:
            return await self.fetch(sql, *values)

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement and return its rows.

        Raises:
            errors.Unavailable: the connection broke, and whether the statement took effect is unknown; or the server
                cannot execute it now.
        """
        async with self._using() as wire:
            rows: list[Any] = await wire.fetch(sql, *values)
        return rows

    async def in_transaction(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Run `work`, given the driver's connection, in a transaction. For migrations.

        Raises:
            errors.Unavailable: as `fetch`.
        """
        async with self._using() as wire, wire.transaction():
            return await work(wire)

    @contextlib.asynccontextmanager
    async def _using(self) -> AsyncIterator[Any]:
        """Have the connection to oneself; what it says about itself comes out in our words."""
        async with self._turn:
            wire = await self._connected()
            try:
                yield wire
            except CANNOT_NOW as failure:
                raise errors.Unavailable(status=503) from failure
            except (*LOST, asyncpg.InterfaceError) as failure:
                if isinstance(failure, asyncpg.InterfaceError) and not wire.is_closed():
                    raise
                self._drop()
                raise ConnectionLost from failure

    async def close(self) -> None:
        """Disconnect."""
        async with self._turn:
            wire, self._wire = self._wire, None
            if wire is not None and not wire.is_closed():
                await wire.close()

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None and not wire.is_closed():
            wire.terminate()

    async def _connected(self) -> Any:
        if self._wire is not None and not self._wire.is_closed():
            return self._wire
        self._wire = await _connect_patiently(self._dsn)
        return self._wire


async def _connect_patiently(dsn: str) -> Any:
    deadline = asyncio.get_running_loop().time() + RECONNECT_SECONDS_MAX
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await _connect(dsn)
        except LOST as failure:
            if asyncio.get_running_loop().time() + pause > deadline:
                raise errors.Unavailable(status=503) from failure
        # Without the random part every worker would knock at the same moments.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 -- spreads load, protects nothing
        pause = min(pause * 2, PAUSE_SECONDS_MAX)


async def _connect(dsn: str) -> Any:
    options = {
        "timeout": RECONNECT_SECONDS_MAX,
        "statement_cache_size": PREPARED_STATEMENTS_MAX,
        "max_cached_statement_lifetime": PREPARED_SECONDS_MAX,
    }
    try:
        wire = await asyncpg.connect(dsn, server_settings=PLANNING, **options)
    except (
        asyncpg.UndefinedObjectError,
        asyncpg.ProtocolViolationError,
        asyncpg.CantChangeRuntimeParamError,
    ):
        wire = await asyncpg.connect(dsn, **options)
    try:
        refuse_weak_server(*await wire.fetchrow(DURABILITY))
    except BaseException:
        wire.terminate()
        raise
    return wire


def refuse_weak_server(version: int, fsync: str, full_page_writes: str, synchronous_commit: str) -> None:
    """Refuse a server whose settings let it lose what it acknowledged. Asked at every connection made.

    Raises:
        UnsafeServer: the message names the setting.
    """
    if version < SERVER_VERSION_MIN:
        raise UnsafeServer(f"PostgreSQL 15 or newer is needed; this one says {version}.")
    found = {"fsync": fsync, "full_page_writes": full_page_writes, "synchronous_commit": synchronous_commit}
    for name, value in found.items():
        if value == "off":
            raise UnsafeServer(f"PostgreSQL's {name} is off: it could lose what it acknowledged.")
