"""The audit log: who changed what, and when. One chain of entries per account, each bound to all before it by a MAC.

An entry lies in the write set of the change it tells of: neither is there without the other. Its number is its row's
id, so of two that would follow the same entry one is rejected and tried again. It names things and never holds values.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from strongroom import errors, limits
from strongroom.house import House
from strongroom.store import Row, WriteSet
from strongroom.vault import Keyring
from strongroom.vault.people import PeopleKeys

TABLE: Final = "audit"
ACCOUNTS: Final = "accounts"
FIRST: Final = b"\0" * 32
PAGE: Final = 200

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.decode


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where."""

    name: str
    """An e-mail address, a masked key, or `command line`."""
    ip: str | None = None
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done, or refused."""

    action: str
    """Such as `api_key.created`."""
    object: str = ""
    """The id of what it was done to."""
    mode: str = ""
    """`test` or `live`, where it matters."""
    outcome: str = "done"
    details: dict[str, str] = field(default_factory=dict)
    """What changed, in names; never a secret and nothing of a card."""


class Shown(NamedTuple):
    """An entry as it was written."""

    number: int
    at: int
    actor: Actor
    entry: Entry
    holds: bool
    """Whether its MAC, over what it says and the MAC before it, is the one that was stored."""


async def home_mode(house: House, account: str) -> bool:
    """Return in which partition an account's people and its log are, for both modes: `livemode`.

    It is the live one, but for connected accounts that were made in test mode: they have no live keys.
    """
    if await house.store.get(ACCOUNTS, account, True, account) is not None:
        return True
    return await house.store.get(ACCOUNTS, account, False, account) is None


def row_id(number: int) -> str:
    """Return the id of the nth entry, from 1."""
    return f"aud_{number:015}"


async def stage(house: House, account: str, writes: WriteSet, actor: Actor, entries: Sequence[Entry]) -> None:
    """Add entries to a write set. If somebody else writes one at the same moment, committing it is rejected."""
    if not entries:
        return
    livemode = await home_mode(house, account)
    keyring = await house.keyring(account, livemode)
    keys = PeopleKeys(house.vault)
    number, previous = await _head(house, account, livemode)
    for entry in entries:
        number += 1
        row = _sealed(keyring, keys, account, number, house.clock.now(), actor, entry, previous)
        writes.inserts.append(row)
        previous = row.columns["mac"]


async def append(house: House, account: str, actor: Actor, entry: Entry) -> None:
    """Write one entry that belongs to no other change, such as a refused sign-in."""
    await commit(house, account, WriteSet(), actor, entry)


async def commit(house: House, account: str, writes: WriteSet, actor: Actor, entry: Entry) -> None:
    """Commit a change and its entry together.

    Raises:
        Rejected: the change's own rows are not as they were read, or the log never stood still.
    """
    whole = WriteSet(writes.inserts[:], writes.changes, writes.deletes, writes.guards)
    await stage(house, account, whole, actor, [entry])
    await house.store.commit(whole)


def _sealed(
    keyring: Keyring,
    keys: PeopleKeys,
    account: str,
    number: int,
    now: int,
    actor: Actor,
    entry: Entry,
    previous: bytes,
) -> Row:
    document = _encode({"number": number, "at": now, "actor": asdict(actor), "entry": asdict(entry)})
    columns = {"created": now, "mac": keys.audit_mac(account, previous, document)}
    sealed = keyring.seal_document(TABLE, row_id(number), document)
    return Row(TABLE, account, keyring.livemode, row_id(number), 0, 0, columns, sealed)


async def _head(house: House, account: str, livemode: bool) -> tuple[int, bytes]:
    newest = (await house.store.page(TABLE, account, livemode, limit=1)).rows
    return (_number(newest[0]), newest[0].columns["mac"]) if newest else (0, FIRST)


def _number(row: Row) -> int:
    return int(row.id.removeprefix("aud_"))


async def page(
    house: House, account: str, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[Shown], bool]:
    """Return entries, newest first, and whether older ones follow.

    Args:
        house: the opened house.
        account: whose log.
        before: the number of an entry; only older ones. None: from the newest.
        limit: how many at most.
    """
    livemode = await home_mode(house, account)
    cursor = None
    if before is not None:
        row = await house.store.get(TABLE, account, livemode, row_id(before))
        cursor = None if row is None else row.seq
    found = await house.store.page(TABLE, account, livemode, after=cursor, limit=limit + 1)
    keyring, keys = await house.keyring(account, livemode), PeopleKeys(house.vault)
    older = [*found.rows[1:], None][: len(found.rows)]
    shown = [_shown(keyring, keys, row, before) for row, before in zip(found.rows, older, strict=True)]
    return shown[:limit], len(found.rows) > limit


def _shown(keyring: Keyring, keys: PeopleKeys, row: Row, before: Row | None) -> Shown:
    plain = keyring.open_document(TABLE, row.id, row.doc)
    document: dict[str, Any] = _decode(plain)
    previous = FIRST if before is None else before.columns["mac"]
    follows = _number(row) == (1 if before is None else _number(before) + 1)
    holds = follows and keys.audit_mac(row.account, previous, plain) == row.columns["mac"]
    return Shown(
        document["number"], document["at"], Actor(**document["actor"]), Entry(**document["entry"]), holds
    )


async def everything(house: House, account: str) -> AsyncIterator[Shown]:
    """Yield an account's whole log, newest first."""
    before, more = None, True
    while more:
        shown, more = await page(house, account, before=before)
        for one in shown:
            yield one
        before = shown[-1].number if shown else None


async def faults(house: House, account: str) -> list[str]:
    """Return a sentence for each entry that is missing or was altered; none if the chain is whole."""
    return [
        f"audit entry {shown.number} of {account} does not follow from the one before it"
        async for shown in everything(house, account)
        if not shown.holds
    ]


def busy() -> errors.RateLimited:
    """Return the refusal of an act that others kept from being committed."""
    return errors.RateLimited(
        f"Others changed the same thing {limits.COMMIT_ATTEMPTS_MAX} times in a row. Please try again."
    )
