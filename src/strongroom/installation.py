"""What a database knows of the installation it belongs to: its key store, and the latest time it has seen.

Two rows that belong to no account and hold no secret. They let a start notice that the key store is another one, or
empty, and that the clock was set back.
"""

from typing import Final

from strongroom.clock import Clock, SystemClock
from strongroom.errors import CannotServe
from strongroom.store import Rejected, Row, Store, WriteSet
from strongroom.vault import KeyStore, Vault

TABLE: Final = "installation"
VAULT: Final = "vault"
CLOCK: Final = "clock"
BEHIND_SECONDS_MAX: Final = 300


async def _read(store: Store, name: str) -> Row | None:
    return await store.get(TABLE, "", False, name)


async def _write(store: Store, name: str, old: Row | None, value: bytes, now: int) -> None:
    if old is None:
        await store.commit(WriteSet(inserts=[Row(TABLE, "", False, name, 0, 0, {"created": now}, value)]))
    else:
        changed = Row(TABLE, "", False, name, old.version, old.seq, old.columns, value)
        await store.commit(WriteSet(changes=[changed]))


async def refuse_lost_keys(store: Store, key_store: KeyStore) -> None:
    """Refuse an empty key store beside a database that was sealed with another, before a new one is founded.

    Raises:
        CannotServe: nothing in the database could ever be opened.
    """
    if await _read(store, VAULT) is not None and await key_store.founding() is None:
        raise CannotServe(
            "the key store is empty, but this database was sealed with one: restore it (keys.db, or --key-database)"
        )


async def refuse_foreign_keys(store: Store, vault: Vault, clock: Clock) -> None:
    """Remember at the first start which key store belongs to the database, and refuse any other afterwards.

    Raises:
        CannotServe: the key store belongs to another database.
    """
    known = await _read(store, VAULT)
    if known is None:
        try:
            await _write(store, VAULT, None, vault.instance, clock.now())
        except Rejected:  # another process starts for the first time at the same moment
            known = await _read(store, VAULT)
    if known is not None and known.doc != vault.instance:
        raise CannotServe("the key store is not the one this database was sealed with")


async def clock_of(store: Store) -> Clock:
    """Return a clock that never falls behind the latest time the database has seen.

    Raises:
        CannotServe: the machine's clock is behind it by more than five minutes.
    """
    seen = await _read(store, CLOCK)
    high_water = 0 if seen is None else int(seen.doc)
    if SystemClock().now() + BEHIND_SECONDS_MAX < high_water:
        raise CannotServe(
            "the machine's clock is more than five minutes behind the time this database has seen"
        )
    return SystemClock(high_water)


async def note_time(store: Store, now: int) -> None:
    """Remember `now` as the latest time seen. On a lost race another process has just done so."""
    seen = await _read(store, CLOCK)
    if seen is not None and int(seen.doc) >= now:
        return
    try:
        await _write(store, CLOCK, seen, str(now).encode(), now)
    except Rejected:
        return
