"""What tests of the store share: small rows, and what is done with a store before and after each test."""

import asyncio
from typing import Any

import apsw
import asyncpg

from strongroom.store import Row, Store, WriteSet
from strongroom.store.tables import TABLES

ACCOUNT = "acct_1"
ACCEPTED = type(None)


async def let_rows_go(address: str) -> None:
    """Take the triggers off the one table whose rows stay: here every table is written to, and emptied after each test."""
    if address.startswith("postgresql"):
        wire = await asyncpg.connect(address)
        await wire.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        await wire.close()
    else:
        database = apsw.Connection(address.removeprefix("sqlite://"))
        database.execute("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened")
        database.close()


async def empty(store: Store) -> None:
    await store.commit(
        WriteSet(deletes=[row for table in TABLES for row in await store.scan(table, 0, 1_000)])
    )


def customer(row_id: str, doc: bytes = b"doc", account: str = ACCOUNT, **columns: Any) -> Row:
    return Row("customers", account, False, row_id, 0, 0, {"created": 1, **columns}, doc)


def event(row_id: str) -> Row:
    return Row(
        "events", ACCOUNT, False, row_id, 0, 0, {"created": 1, "type": "t", "object_id": "o"}, b"event"
    )


def api_key(row_id: str, mac: bytes) -> Row:
    columns = {"mac": mac, "kind": "secret", "prefix": "sk_test_", "last4": "abcd", "created": 1}
    return Row("api_keys", ACCOUNT, False, row_id, 0, 0, columns, b"")


def changed(row: Row, doc: bytes, version: int | None = None) -> Row:
    version = row.version if version is None else version
    return Row(row.table, row.account, row.livemode, row.id, version, row.seq, row.columns, doc)


async def stored(store: Store, row: Row) -> Row:
    await store.commit(WriteSet(inserts=[row]))
    return await read(store, row)


async def read(store: Store, row: Row) -> Row:
    found = await store.get(row.table, row.account, row.livemode, row.id)
    assert found is not None
    return found


async def outcomes(store: Store, *sets: WriteSet) -> list[Any]:
    return await asyncio.gather(*map(store.commit, sets), return_exceptions=True)


def kinds(results: list[Any]) -> list[type]:
    return [type(result) for result in results]
