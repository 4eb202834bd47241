"""Accounts and their API keys, as the command line makes them. There is no wire API for either yet.

A key's text is shown once, when it is made; what stays is its MAC, its last four characters and what it allows.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from strongroom import ids
from strongroom.house import House
from strongroom.resources.caller import KeyKind, generate
from strongroom.store import Row, WriteSet

TABLE: Final = "api_keys"
ACCOUNTS: Final = "accounts"
SCAN_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `text` is shown once and kept nowhere."""

    id: str
    text: str


async def create_account(house: House) -> str:
    """Make an account of both modes and return its id."""
    account = ids.new("acct")
    writes = WriteSet()
    for livemode in (False, True):
        keyring = await house.keyring(account, livemode)
        doc = keyring.seal_document(ACCOUNTS, account, msgspec.msgpack.encode({"id": account}))
        columns = {"platform": None, "created": house.clock.now()}
        writes.inserts.append(Row(ACCOUNTS, account, livemode, account, 0, 0, columns, doc))
    await house.store.commit(writes)
    return account


async def create_key(
    house: House,
    account: str,
    kind: KeyKind,
    *,
    livemode: bool,
    permissions: dict[str, str] | None = None,
    name: str = "",
    expires_at: int | None = None,
) -> NewKey:
    """Make a key for `account`.

    Args:
        house: the opened house.
        account: whose key it is.
        kind: secret, publishable or restricted.
        livemode: the mode it is for.
        permissions: of a restricted key: permission → `read` or `write`.
        name: what people call it.
        expires_at: when it ends, in seconds since 1970; None: never.
    """
    key = NewKey(ids.new("key"), generate(kind, livemode=livemode))
    keyring = await house.keyring(account, livemode)
    doc = {"permissions": permissions or {}, "name": name}
    columns = {
        "mac": house.vault.api_key_mac(key.text),
        "kind": kind.value,
        "prefix": key.text[: len("sk_test_")],
        "last4": key.text[-4:],
        "created": house.clock.now(),
        "expires_at": expires_at,
        "revoked_at": None,
    }
    sealed = keyring.seal_document(TABLE, key.id, msgspec.msgpack.encode(doc))
    await house.store.commit(WriteSet(inserts=[Row(TABLE, account, livemode, key.id, 0, 0, columns, sealed)]))
    return key


async def accounts(house: House) -> list[str]:
    """Return every account, oldest first."""
    return list(dict.fromkeys([row.account async for row in _scan(house, ACCOUNTS)]))


async def list_keys(house: House) -> list[Row]:
    """Return every key's row, oldest first, revoked ones included."""
    return [row async for row in _scan(house, TABLE)]


async def _scan(house: House, table: str) -> Any:
    after = 0
    while rows := await house.store.scan(table, after, SCAN_SIZE):
        for row in rows:
            yield row
        after = rows[-1].seq


async def find_key(house: House, key_id: str) -> Row:
    """Return a key's row.

    Raises:
        LookupError: there is none with that id.
    """
    async for row in _scan(house, TABLE):
        if row.id == key_id:
            found: Row = row
            return found
    raise LookupError(f"no key has the id {key_id}")


async def end_key(house: House, row: Row, *, at: int) -> None:
    """Let a key end at `at`, in seconds since 1970; from then on it answers `api_key_expired`."""
    columns = {**row.columns, "revoked_at": at}
    ended = Row(row.table, row.account, row.livemode, row.id, row.version, row.seq, columns, row.doc)
    await house.store.commit(WriteSet(changes=[ended]))


async def roll_key(house: House, row: Row, *, old_ends_at: int) -> NewKey:
    """Make a key that allows what `row` allows, and let `row` end at `old_ends_at`."""
    keyring = await house.keyring(row.account, row.livemode)
    doc = msgspec.msgpack.decode(keyring.open_document(TABLE, row.id, row.doc))
    fresh = await create_key(
        house,
        row.account,
        KeyKind(row.columns["kind"]),
        livemode=row.livemode,
        permissions=doc["permissions"],
        name=doc["name"],
        expires_at=row.columns["expires_at"],
    )
    await end_key(house, row, at=old_ends_at)
    return fresh
