"""What has outlived its time is erased: tokens, vaulted values nobody can use any more, idempotency rows, old events.

Most rows are read oldest first, across accounts, in the order they were written, so no index is needed to find them;
the reaper stops at the first row that is still young. Detaching happens long after writing, and files live for a time of
their own, so these have an index by it. Nothing here holds the loop: it is given up after every batch. On PostgreSQL several processes may
reap at once: a row that is gone already, or that a request has changed, is no fault.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from strongroom import limits
from strongroom.config import Settings
from strongroom.house import House
from strongroom.installation import note_time
from strongroom.resources.files import segment_rows
from strongroom.store import Rejected, Row, WriteSet

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60
# How many rows are read at once and leave in one commit: a millisecond or two of the loop.
BATCH: Final = 100

# A file of the largest size has 256 segments.
FILES_BATCH: Final = 4

CONFIRMATION_TOKENS: Final = "confirmation_tokens"
FILES: Final = "files"
METHODS: Final = "payment_methods"
RECORDS: Final = "records"


@dataclass(frozen=True, slots=True)
class Rule:
    """When rows of a table are young, and which of the old ones stay all the same."""

    name: str
    table: str
    seconds: int
    """How long a row lives after it was made."""
    stays: Callable[[Row], bool] = lambda _: False
    """Which old rows this rule leaves alone. Once it does, it always will."""
    with_record: bool = False
    """Whether the vaulted value goes with the row."""
    renewable: bool = False
    """Whether a row may be made young again where it stands, so that it says nothing of the age of those after it."""


def _is_used(token: Row) -> bool:
    return token.columns["used_at"] is not None


def _rules(settings: Settings) -> tuple[Rule, ...]:
    return (
        Rule("idempotency keys", "idempotency_keys", limits.IDEMPOTENCY_SECONDS, renewable=True),
        Rule("events", "events", limits.EVENT_SECONDS),
        Rule("webhook deliveries", "webhook_deliveries", limits.EVENT_SECONDS),
        Rule("sessions", "sessions", limits.SESSION_SECONDS),
        Rule("customer sessions", "customer_sessions", limits.CUSTOMER_SESSION_SECONDS),
        Rule("ephemeral keys", "ephemeral_keys", limits.EPHEMERAL_KEY_REMEMBERED_SECONDS),
        # A lifetime that was made shorter holds for tokens that are there already.
        Rule("unused tokens", "tokens", settings.token_lifetime, stays=_is_used, with_record=True),
        # The value behind a used token belongs to what the token became.
        Rule("used tokens", "tokens", limits.USED_TOKEN_SECONDS, stays=lambda token: not _is_used(token)),
        Rule(
            "unused confirmation tokens",
            CONFIRMATION_TOKENS,
            limits.CONFIRMATION_TOKEN_SECONDS,
            stays=_is_used,
            with_record=True,
        ),
        Rule(
            "used confirmation tokens",
            CONFIRMATION_TOKENS,
            limits.USED_TOKEN_SECONDS,
            stays=lambda token: not _is_used(token),
        ),
    )


async def reap_forever(house: House) -> None:
    """Reap once a minute until cancelled. A fault is tried again a minute later."""
    reaper = Reaper(house)
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await note_time(house.store, house.clock.now())
            await reaper.reap()
        except Exception as fault:  # noqa: BLE001 -- whatever it is, the next minute tries again, and the log has said so
            log.warning("reaping failed: %s", type(fault).__name__)


class Reaper:
    """One process's reaper. It remembers which rows stay, so that it need not read them again every minute."""

    def __init__(self, house: House) -> None:
        self._rules = _rules(house.settings)
        self._clock = house.clock
        self._store = house.store
        self._passed: dict[str, Row] = {}
        """Rule → the last row that stays, with nothing left to do before it."""

    async def reap(self) -> int:
        """Erase everything that has outlived its time and return how many rows, or detached cards' numbers, went."""
        by_rule = sum([await self._apply(rule) for rule in self._rules])
        return by_rule + await self._erase_detached() + await self._erase_files()

    async def _apply(self, rule: Rule) -> int:
        oldest_kept = self._clock.now() - rule.seconds
        # Each table in a turn of its own, however many there come to be.
        await asyncio.sleep(0)
        after, erased, all_went = await self._start_of(rule), 0, True
        while rows := await self._store.scan(rule.table, after, BATCH):
            old, ended = _old_ones(rule, rows, oldest_kept)
            due = [row for row in old if not rule.stays(row)]
            went = await self._commit(await self._removals(rule, due))
            erased += went
            all_went = all_went and went == len(due)
            if all_went:
                self._remember(rule, old)
            if ended:
                break
            after = rows[-1].seq
            await asyncio.sleep(0)
        return erased

    async def _start_of(self, rule: Rule) -> int:
        """Return the `seq` after which rows have to be read.

        SQLite gives the highest numbers out again once their rows are gone. The remembered place holds only while its
        row is there: as long as it is, every new row comes after it.
        """
        passed = self._passed.get(rule.name)
        if passed is None:
            return 0
        there = await self._store.get(passed.table, passed.account, passed.livemode, passed.id)
        if there is None:
            del self._passed[rule.name]
            return 0
        return passed.seq

    def _remember(self, rule: Rule, old: Iterable[Row]) -> None:
        for row in old:
            if rule.stays(row):
                self._passed[rule.name] = row

    async def _removals(self, rule: Rule, due: Sequence[Row]) -> list[WriteSet]:
        if not rule.with_record:
            return [WriteSet(deletes=[row]) for row in due]
        records = await asyncio.gather(*map(self._record_of, due))
        return [WriteSet(deletes=[row, *record]) for row, record in zip(due, records, strict=True)]

    async def _record_of(self, row: Row) -> list[Row]:
        """Return the row of the vaulted value that `row` refers to, if there is one."""
        record = row.columns["record"]
        if record is None:
            return []
        vaulted = await self._store.get(RECORDS, row.account, row.livemode, record)
        return [] if vaulted is None else [vaulted]

    async def _erase_detached(self) -> int:
        """Erase the numbers of cards detached long ago. The PaymentMethods themselves can still be looked at."""
        erased, until = 0, self._clock.now() - limits.DETACHED_SECONDS
        while rows := await self._store.scan_due(METHODS, "detached_at", until, BATCH):
            went = await self._commit(await asyncio.gather(*map(self._erasure, rows)))
            erased += went
            # Those that somebody changed meanwhile are found again at once, perhaps for ever.
            if not went:
                break
            await asyncio.sleep(0)
        return erased

    async def _erase_files(self) -> int:
        """Erase files that have had their time: what is known of them, their keys and their content."""
        erased, now = 0, self._clock.now()
        while rows := await self._store.scan_due(FILES, "expires_at", now, FILES_BATCH):
            went = await self._commit([await self._file_removal(row) for row in rows])
            erased += went
            if not went:
                break
            await asyncio.sleep(0)
        return erased

    async def _file_removal(self, file: Row) -> WriteSet:
        return WriteSet(deletes=[file, *await self._record_of(file), *segment_rows(file)])

    async def _erasure(self, method: Row) -> WriteSet:
        emptied = {**method.columns, "record": None, "detached_at": None}
        return WriteSet(
            changes=[msgspec.structs.replace(method, columns=emptied)], deletes=await self._record_of(method)
        )

    async def _commit(self, sets: Sequence[WriteSet]) -> int:
        """Commit all together or, if any of them met something changed, one by one; return how many were."""
        try:
            await self._store.commit(_together(sets))
        except Rejected:
            return sum([await self._commit_one(writes) for writes in sets])
        return len(sets)

    async def _commit_one(self, writes: WriteSet) -> int:
        try:
            await self._store.commit(writes)
        except Rejected:
            return 0
        return 1


def _old_ones(rule: Rule, rows: Iterable[Row], oldest_kept: int) -> tuple[list[Row], bool]:
    """Return the rows that have had their time, and whether a young one says that no more are to come."""
    old: list[Row] = []
    for row in rows:
        if row.columns["created"] <= oldest_kept:
            old.append(row)
        elif not (rule.renewable and row.version > 1):
            return old, True
    return old, False


def _together(sets: Iterable[WriteSet]) -> WriteSet:
    whole = WriteSet()
    for writes in sets:
        whole.changes += writes.changes
        whole.deletes += writes.deletes
    return whole
