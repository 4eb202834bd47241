"""What a process that died, or a request that took too long, left half done is finished; and what is due is done.

On PostgreSQL several processes may be at one task at once: one commits, and the others find it gone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from strongroom.house import House
from strongroom.store import Rejected, Row, WriteSet

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.25
BATCH: Final = 100
PUT_OFF_SECONDS: Final = 60
TASKS: Final = "tasks"

Complete = Callable[[House, Row], Awaitable[Any]]


async def complete_forever(house: House, complete: Complete) -> None:
    """Do what is due, several times a second, until cancelled. A fault is tried again at the next turn."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await complete_due(house, complete)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, the next turn tries again, and the log has said so
            log.warning("completing failed: %s", type(fault).__name__)


async def complete_due(house: House, complete: Complete) -> int:
    """Do everything that is due, and return how many tasks there were."""
    due = await house.store.scan_due(TASKS, "due_at", house.clock.now(), BATCH)
    for task in due:
        await complete_one(house, task, complete)
    return len(due)


async def complete_one(house: House, task: Row, complete: Complete) -> None:
    """Do what is due; if it cannot be done, leave it alone for a while."""
    try:
        await complete(house, task)
    except Exception as fault:  # noqa: BLE001 -- one task that cannot be done must not keep the others waiting
        log.warning("task %s (%s) failed: %s", task.id, task.columns["kind"], type(fault).__name__)
        await _put_off(house, task)


async def _put_off(house: House, task: Row) -> None:
    """Leave a task alone for a while."""
    columns = {**task.columns, "due_at": house.clock.now() + PUT_OFF_SECONDS}
    try:
        await house.store.commit(WriteSet(changes=[msgspec.structs.replace(task, columns=columns)]))
    except Rejected:
        return
