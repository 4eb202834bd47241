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
from strongroom.vault import Keyring

TABLE: Final = "api_keys"
ACCOUNTS: Final = "accounts"
SCAN_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `text` is shown once and kept nowhere."""

    id: str
    text: str


async def create_account(house: House) -> str:
    """Make an account of both modes and return its id. Outside the sandbox nothing else makes an account's keys."""
    account = ids.new("acct")
    writes = WriteSet()
    for livemode in (False, True):
        keyring = await house.vault.keyring(account, livemode)
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

    Raises:
        LookupError: there is no such account. In the sandbox every name is one.
    """
    if not house.settings.sandbox and await house.store.get(ACCOUNTS, account, livemode, account) is None:
        raise LookupError(f"there is no account {account}")
    document = {"permissions": permissions or {}, "name": name}
    keyring = await house.keyring(account, livemode)
    key, row = _make(house, keyring, account, kind, livemode, document, expires_at)
    await house.store.commit(WriteSet(inserts=[row]))
    return key


def _make(
    house: House,
    keyring: Keyring,
    account: str,
    kind: KeyKind,
    livemode: bool,
    document: dict[str, Any],
    expires_at: int | None,
) -> tuple[NewKey, Row]:
    """Return a new key and the row that is to be stored of it."""
    key = NewKey(ids.new("key"), generate(kind, livemode=livemode))
    columns = {
        "mac": house.vault.api_key_mac(key.text),
        "kind": kind.value,
        "prefix": key.text[: len("sk_test_")],
        "last4": key.text[-4:],
        "created": house.clock.now(),
        "expires_at": expires_at,
        "revoked_at": None,
    }
    sealed = keyring.seal_document(TABLE, key.id, msgspec.msgpack.encode(document))
    return key, Row(TABLE, account, livemode, key.id, 0, 0, columns, sealed)


async def accounts(house: House) -> list[str]:
    """Return every account that keys are made for, oldest first: connected ones are reached through their platform's."""
    found = [row.account async for row in _scan(house, ACCOUNTS) if row.columns["platform"] is None]
    return list(dict.fromkeys(found))


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


def ends_at(row: Row) -> int | None:
    """Return when a key ends or has ended, in seconds since 1970: the earliest of what was decided. None: never."""
    ends = (row.columns["revoked_at"], row.columns["expires_at"])
    return min((end for end in ends if end is not None), default=None)


async def end_key(house: House, row: Row, *, at: int) -> None:
    """Let a key end at `at`, in seconds since 1970, unless it ends before; from then on it answers `api_key_expired`.

    Raises:
        Rejected: somebody changed the key since `row` was read.
    """
    await house.store.commit(_ending(row, at))


async def roll_key(house: House, row: Row, *, old_ends_at: int) -> NewKey:
    """Make a key that allows what `row` allows, and let `row` end at `old_ends_at`, unless it ends before.

    Raises:
        LookupError: `row` has ended. Whoever took it from its holder did not mean them to have another.
        Rejected: somebody changed the key since `row` was read. There is no new one.
    """
    end = ends_at(row)
    if end is not None and end <= house.clock.now():
        raise LookupError(f"the key {row.id} has already ended")
    keyring = await house.keyring(row.account, row.livemode)
    document = msgspec.msgpack.decode(keyring.open_document(TABLE, row.id, row.doc))
    kind = KeyKind(row.columns["kind"])
    fresh, fresh_row = _make(
        house, keyring, row.account, kind, row.livemode, document, row.columns["expires_at"]
    )
    writes = _ending(row, old_ends_at)
    writes.inserts.append(fresh_row)
    await house.store.commit(writes)
    return fresh


def _ending(row: Row, at: int) -> WriteSet:
    """Return what lets a key end at `at`. An earlier end stays, and must still be there when this is committed."""
    end = ends_at(row)
    if end is not None and end <= at:
        return WriteSet(guards=[row])
    return WriteSet(changes=[msgspec.structs.replace(row, columns={**row.columns, "revoked_at": at})])
