"""What has outlived its time is erased: unused tokens with the values behind them, idempotency rows, old events.

Rows are read oldest first, across accounts, in the order they were written, so no index is needed to find them; the
reaper stops at the first row that is still young. On PostgreSQL several processes may reap at once: a row that is gone
already is no fault.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from strongroom import limits
from strongroom.house import House
from strongroom.installation import note_time
from strongroom.store import Rejected, Row, WriteSet

EVERY_SECONDS: Final = 60
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """When rows of a table are young, and which of the old ones stay all the same."""

    table: str
    seconds: int
    """How long a row lives after it was made."""
    stays: Callable[[Row], bool] = lambda _: False


RULES: Final = (
    Rule("idempotency_keys", limits.IDEMPOTENCY_SECONDS),
    Rule("events", limits.EVENT_SECONDS),
    Rule("tokens", limits.TOKEN_SECONDS, stays=lambda row: row.columns["used_at"] is not None),
)


async def reap_forever(house: House) -> None:
    """Reap once a minute until cancelled. A fault is tried again a minute later."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        with contextlib.suppress(
            Exception
        ):  # the store being away is told by its own probes; reaping is never urgent
            await note_time(house.store, house.clock.now())
            await reap(house)


async def reap(house: House) -> int:
    """Erase everything that has outlived its time and return how many rows went."""
    return sum([await _reap_table(house, rule) for rule in RULES])


async def _reap_table(house: House, rule: Rule) -> int:
    oldest_kept = house.clock.now() - rule.seconds
    erased, after = 0, 0
    while rows := await house.store.scan(rule.table, after, BATCH):
        for row in rows:
            if row.columns["created"] > oldest_kept:
                return erased
            if not rule.stays(row):
                erased += await _erase(house, row)
        after = rows[-1].seq
    return erased


async def _erase(house: House, row: Row) -> int:
    writes = WriteSet(deletes=[row])
    record = row.columns.get("record")
    if record is not None:
        vaulted = await house.store.get("records", row.account, row.livemode, record)
        if vaulted is not None:
            writes.deletes.append(vaulted)
    try:
        await house.store.commit(writes)
    except Rejected:
        return 0
    return 1
