"""Accounts and their API keys, as the command line and the dashboard make them. There is no wire API for either yet.

A key's text is shown once, when it is made; what stays is its MAC, its last four characters and what it allows.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from strongroom import errors, ids, limits
from strongroom.house import House
from strongroom.resources import audit, registry
from strongroom.resources.audit import Actor, Entry
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind, generate
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Row, WriteSet
from strongroom.vault import Keyring

TABLE: Final = "api_keys"
ACCOUNTS: Final = "accounts"
SCAN_SIZE: Final = 500
KEYS_MAX: Final = 100
OVERLAP_HOURS_MAX: Final = 168
COMMAND_LINE: Final = Actor("command line")


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
    row = await house.store.get(ACCOUNTS, account, livemode, account)
    is_gone = row is not None and row.columns["deleted_at"] is not None
    if is_gone or (row is None and not house.settings.sandbox):
        raise LookupError(f"there is no account {account}")
    document = {"permissions": permissions or {}, "name": name}
    keyring = await house.keyring(account, livemode)
    key, row = _make(house, keyring, account, kind, livemode, document, expires_at)
    await audit.commit(
        house, account, WriteSet(inserts=[row]), COMMAND_LINE, entry("created", key.id, livemode)
    )
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
    await audit.commit(
        house, row.account, _ending(row, at), COMMAND_LINE, entry("revoked", row.id, row.livemode)
    )


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
    rolled = entry("rolled", row.id, row.livemode, successor=fresh.id)
    await audit.commit(house, row.account, writes, COMMAND_LINE, rolled)
    return fresh


def _ending(row: Row, at: int) -> WriteSet:
    """Return what lets a key end at `at`. An earlier end stays, and must still be there when this is committed."""
    end = ends_at(row)
    if end is not None and end <= at:
        return WriteSet(guards=[row])
    return WriteSet(changes=[msgspec.structs.replace(row, columns={**row.columns, "revoked_at": at})])


def entry(what: str, key_id: str, livemode: bool, **details: str) -> Entry:
    """Return what the audit log says of something that was done to a key."""
    return Entry(f"api_key.{what}", key_id, "live" if livemode else "test", details=details)


# -- on a call, for the dashboard -------------------------------------------------------------------------------------


def view(key: Stored) -> Document:
    """Return what is kept of a key, its text not being among it."""
    return {
        "id": key.id,
        **key.doc,
        **{name: value for name, value in key.row.columns.items() if name != "mac"},
    }


KEY: Final = Kind("api_key", TABLE, "key", "API key", "api_key", view)


def permissions() -> list[str]:
    """Return every resource a restricted key may be allowed to read or write."""
    return sorted({handler.permission for handler in registry.handlers().values()})


async def list_of(call: Call) -> list[Stored]:
    """Return the account's keys of this mode, newest first, those that have ended included."""
    found, _ = await call.page(KEY, {"limit": KEYS_MAX})
    return found


def create(
    call: Call, kind: KeyKind, *, name: str, granted: dict[str, str], expires_at: int | None = None
) -> NewKey:
    """Stage a new key.

    Args:
        call: whose key it is, and of which mode.
        kind: secret, publishable or restricted.
        name: what people call it.
        granted: of a restricted key: permission → `read` or `write`; empty for the other kinds.
        expires_at: when it ends, in seconds since 1970; None: never.

    Raises:
        errors.ParameterRefused: the name is too long, a permission is unknown, or a restricted key has none.
    """
    _check(kind, name, granted)
    return _stage(call, kind, {"permissions": granted, "name": name.strip()}, expires_at)


def _check(kind: KeyKind, name: str, granted: dict[str, str]) -> None:
    if len(name) > limits.NAME_LENGTH_MAX:
        raise errors.ParameterRefused(
            f"A name has at most {limits.NAME_LENGTH_MAX} characters.", param="name"
        )
    if kind is KeyKind.RESTRICTED and not granted:
        raise errors.ParameterRefused("A restricted key needs at least one permission.", param="permissions")
    known = set(permissions())
    if any(permission not in known or verb not in {"read", "write"} for permission, verb in granted.items()):
        raise errors.ParameterRefused("There is no such permission.", param="permissions")


def _stage(call: Call, kind: KeyKind, document: Document, expires_at: int | None) -> NewKey:
    key = NewKey(ids.new(KEY.prefix), generate(kind, livemode=call.caller.livemode))
    call.insert(
        KEY,
        document,
        object_id=key.id,
        mac=call.vault.api_key_mac(key.text),
        kind=kind.value,
        prefix=key.text[: len("sk_test_")],
        last4=key.text[-4:],
        expires_at=expires_at,
        revoked_at=None,
    )
    return key


async def end_all(call: Call) -> None:
    """Stage that every key of an account that goes ends now."""
    params: Document = {"limit": KEYS_MAX}
    more = True
    while more:
        found, more = await call.page(KEY, params)
        for key in found:
            end = ends_at(key.row)
            if end is None or end > call.now:
                call.change(key, revoked_at=call.now)
        params = {**params, "starting_after": found[-1].id} if more else params


async def load_living(call: Call, key_id: str) -> Stored:
    """Return a key that has not ended.

    Raises:
        errors.InvalidRequest: there is none with that id, or it has ended.
    """
    key = await call.load(KEY, key_id, param="key", in_path=True)
    end = ends_at(key.row)
    if end is not None and end <= call.now:
        raise errors.InvalidRequest("This key has already ended.", param="key")
    return key


async def revoke(call: Call, key_id: str) -> None:
    """Stage that a key ends now."""
    call.change(await load_living(call, key_id), revoked_at=call.now)


async def roll(call: Call, key_id: str, *, overlap_hours: int) -> NewKey:
    """Stage a key that allows the same, and let the old one end after `overlap_hours`, unless it ends before.

    Raises:
        errors.InvalidRequest: the key is not there or has ended, or the overlap is longer than a week.
    """
    if not 0 <= overlap_hours <= OVERLAP_HOURS_MAX:
        raise errors.ParameterRefused(
            f"The old key may go on for at most {OVERLAP_HOURS_MAX} hours.", param="overlap_hours"
        )
    old = await load_living(call, key_id)
    at = call.now + overlap_hours * 3600
    end = ends_at(old.row)
    if end is None or end > at:
        call.change(old, revoked_at=at)
    else:
        call.guard(old)
    return _stage(call, KeyKind(old["kind"]), old.doc, old["expires_at"])


async def update(call: Call, key_id: str, *, name: str, granted: dict[str, str]) -> Stored:
    """Stage another name or, for a restricted key, other permissions.

    Raises:
        errors.InvalidRequest: as `create`, or the key is not there or has ended.
    """
    key = await load_living(call, key_id)
    _check(KeyKind(key["kind"]), name, granted)
    return call.change(key, {**key.doc, "name": name.strip(), "permissions": granted})
