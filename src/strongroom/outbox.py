"""A store whose commits carry the deliveries of their events: no event without them, and none without its event.

Whoever commits an event, a request, a worker or a page, commits with it one delivery for each endpoint that wants it.
Which endpoints those are is remembered for a moment, so that an account without any pays next to nothing.

On several processes the memory of one may be older than what another has just committed. So whoever changes an endpoint
is told that it is done only once every memory from before has run out: from the answer on, no event goes past it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from strongroom import ids
from strongroom.clock import Clock
from strongroom.domain.webhooks import FOR_THE_APPLICATION, wants
from strongroom.store import Filter, Row, Store, WriteSet
from strongroom.vault import Keyring, Vault

T = TypeVar("T")

ENDPOINTS: Final = "webhook_endpoints"
DELIVERIES: Final = "webhook_deliveries"
ACCOUNTS: Final = "accounts"
CONNECTIONS: Final = "connections"
EVENTS: Final = "events"

SEEN_SECONDS: Final = 0.25
"""How long what was read is believed."""
MARGIN_SECONDS: Final = 0.05
SEEN_MAX: Final = 10_000
ENDPOINTS_MAX: Final = 100

_encode: Final = msgspec.msgpack.Encoder().encode


class Subscriber(NamedTuple):
    """An endpoint that is switched on, as far as an event is concerned."""

    account: str
    id: str
    events: frozenset[str]


class Outbox:
    """See `store.Store`. Reading is the store's own; committing adds what is to be delivered."""

    def __init__(
        self, store: Store, vault: Vault, clock: Clock, *, is_shared: bool, staged: Callable[[], None]
    ) -> None:
        """Wrap a store.

        Args:
            store: where everything goes.
            vault: seals the deliveries.
            clock: when deliveries are due. An event may be younger, where an account's own clock was moved ahead.
            is_shared: whether other processes may commit to the same database.
            staged: called after a commit that has left something to deliver.
        """
        self._store = store
        self._vault = vault
        self._clock = clock
        self._is_shared = is_shared
        self._staged = staged
        self._seen: dict[tuple[Any, ...], tuple[float, Any]] = {}
        self._generation = 0
        self.get = store.get
        self.get_many = store.get_many
        self.find = store.find
        self.page = store.page
        self.count = store.count
        self.totals = store.totals
        self.scan = store.scan
        self.scan_due = store.scan_due
        self.gather = store.gather
        self.check = store.check
        self.close = store.close

    async def commit(self, writes: WriteSet) -> None:
        """See `store.Store`."""
        deliveries: list[Row] = []
        if any(row.table == EVENTS for row in writes.inserts):
            writes, deliveries = await self._completed(writes)
        await self._store.commit(writes)
        if deliveries:
            self._staged()
        if _touches_endpoints(writes):
            self._forget()
            if self._is_shared:
                await asyncio.sleep(SEEN_SECONDS + MARGIN_SECONDS)

    # -- what is added ------------------------------------------------------------------------------------------

    async def _completed(self, writes: WriteSet) -> tuple[WriteSet, list[Row]]:
        """Return the write set with a delivery for each event and endpoint, and those deliveries."""
        if not await self._remembered(("any",), self._read_whether_any):
            return writes, []
        inserts, deliveries = list(writes.inserts), list[Row]()
        for place, row in enumerate(writes.inserts):
            if row.table != EVENTS:
                continue
            told = [
                one for one in await self._subscribers(row, writes) if wants(one.events, row.columns["type"])
            ]
            if told:
                keyring = await self._keyring(row)
                inserts[place] = msgspec.structs.replace(
                    row, columns={**row.columns, "undelivered": len(told)}
                )
                deliveries += [
                    staged(keyring, row, (one.account, one.id), pending=len(told), now=self._clock.now())
                    for one in told
                ]
        return msgspec.structs.replace(writes, inserts=inserts + deliveries), deliveries

    async def _keyring(self, event: Row) -> Keyring:
        """Return the keys of an event's account, which has just sealed it."""
        known = self._vault.cached_keyring(event.account, event.livemode)
        return known or await self._vault.keyring(event.account, event.livemode, make=False)

    # -- who is told --------------------------------------------------------------------------------------------

    async def _subscribers(self, event: Row, writes: WriteSet) -> tuple[Subscriber, ...]:
        """Return the account's own endpoints, and those of its platform for connected accounts."""
        account, livemode = event.account, event.livemode
        own = await self._endpoints(account, livemode, connect=False)
        new = _new_accounts(writes.inserts)
        if (account, livemode) in new:
            platform = new[account, livemode]
        else:
            platform = await self._remembered(
                ("platform", account, livemode), lambda: self._read_platform(account, livemode)
            )
        if event.columns["type"] in FOR_THE_APPLICATION:
            own = ()
        if platform is None:
            return own
        return own + await self._endpoints(platform, livemode, connect=True)

    async def _endpoints(self, account: str, livemode: bool, *, connect: bool) -> tuple[Subscriber, ...]:
        return await self._remembered(
            ("endpoints", account, livemode, connect),
            lambda: self._read_endpoints(account, livemode, connect=connect),
        )

    async def _remembered(self, key: tuple[Any, ...], read: Callable[[], Awaitable[T]]) -> T:
        # The time is taken before the reading, so that nothing is believed for longer than promised.
        now, generation = time.monotonic(), self._generation
        seen = self._seen.get(key)
        if seen is not None and seen[0] > now:
            known: T = seen[1]
            return known
        value = await read()
        if generation == self._generation:
            if len(self._seen) >= SEEN_MAX:
                self._seen.clear()
            self._seen[key] = (now + SEEN_SECONDS, value)
        return value

    def _forget(self) -> None:
        """Believe nothing that was read, or is being read, before now."""
        self._seen.clear()
        self._generation += 1

    async def _read_whether_any(self) -> bool:
        return bool(await self._store.scan(ENDPOINTS, 0, 1))

    async def _read_endpoints(self, account: str, livemode: bool, *, connect: bool) -> tuple[Subscriber, ...]:
        filters = [Filter("connect", "eq", connect), Filter("enabled", "eq", True)]
        page = await self._store.page(ENDPOINTS, account, livemode, filters=filters, limit=ENDPOINTS_MAX)
        return tuple(
            Subscriber(row.account, row.id, frozenset(row.columns["enabled_events"].split()))
            for row in page.rows
        )

    async def _read_platform(self, account: str, livemode: bool) -> str | None:
        """Return the platform that an account is connected to, or None."""
        row = await self._store.get(ACCOUNTS, account, livemode, account)
        platform: str | None = None if row is None else row.columns["platform"]
        if platform is None:
            return None
        connection = await self._store.get(CONNECTIONS, platform, livemode, account)
        return platform if connection is not None and connection.columns["ended_at"] is None else None


def staged(keyring: Keyring, event: Row, endpoint: tuple[str, str], *, pending: int, now: int) -> Row:
    """Return the delivery of an event to an endpoint, due at once.

    Args:
        keyring: the keys of the event's account.
        event: the event as it is stored.
        endpoint: the account and the id of the endpoint.
        pending: how many endpoints the event waits for, this one included; what is sent says so at every attempt.
        now: seconds since 1970 UTC.
    """
    delivery_id = ids.new("whd")
    columns = {
        "created": now,
        "event": event.id,
        "endpoint": endpoint[1],
        "endpoint_account": endpoint[0],
        "attempts": 0,
        "due_at": now,
        "delivered_at": None,
    }
    log = _encode({"pending_webhooks": pending, "attempts": []})
    sealed = keyring.seal_document(DELIVERIES, delivery_id, log)
    return Row(DELIVERIES, event.account, event.livemode, delivery_id, 0, 0, columns, sealed)


def _new_accounts(inserts: Iterable[Row]) -> dict[tuple[str, bool], str | None]:
    """Return the platform of each account that a write set makes."""
    return {
        (row.account, row.livemode): row.columns.get("platform") for row in inserts if row.table == ACCOUNTS
    }


def _touches_endpoints(writes: WriteSet) -> bool:
    """Whether a write set changes who is told of what. A new connection has been seen by nobody yet."""
    changed = any(row.table in {ENDPOINTS, CONNECTIONS} for row in (*writes.changes, *writes.deletes))
    return changed or any(row.table == ENDPOINTS for row in writes.inserts)
