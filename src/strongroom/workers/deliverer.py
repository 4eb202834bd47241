"""Webhooks are sent: whatever is due is taken in hand, signed, posted, and what came of it is written down.

A process wakes when it has itself staged something, and looks around twice a second for what others have staged, what is
to be tried again, and what a process that died has left behind. Taking in hand moves a delivery's `due_at` ahead by more
than sending takes: of several processes one wins, and if it dies the delivery is due again. So nothing is lost, and what
was sent but not written down is sent twice.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Coroutine, Sequence
from typing import Final

from strongroom import __version__, limits
from strongroom.domain.webhooks import reach_of, target_of
from strongroom.errors import InvalidRequest, Unavailable
from strongroom.house import House
from strongroom.outbox import DELIVERIES
from strongroom.resources import deliveries
from strongroom.resources.deliveries import Outcome, Parcel
from strongroom.store import Row
from strongroom.workers.lanes import WAIT_SECONDS_MAX, Lane
from strongroom.workers.posting import CannotPost, Lookup, Names, post

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.5
BATCH: Final = 200
SENDING_MAX: Final = 256
"""How many are under way at once in one process, to all endpoints together."""
LEASE_SECONDS: Final = int(WAIT_SECONDS_MAX) + limits.WEBHOOK_SECONDS_MAX + 5
"""How long a delivery is in somebody's hands: its turn, the sending, and five seconds for writing down what came of it."""
LANES_MAX: Final = 10_000
CLOSING_SECONDS: Final = 2

HEADERS: Final = {
    "Accept": "*/*",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": f"Stripe/1.0 (Strongroom/{__version__})",
}


async def deliver_forever(house: House) -> None:
    """Deliver until cancelled. A fault is tried again at the next turn."""
    deliverer = Deliverer(house, Names())
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await house.staged.wait()
            house.staged.clear()
            try:
                await deliverer.sweep()
            except Exception as fault:  # noqa: BLE001 -- whatever it is, the next turn tries again, and the log has said so
                log.warning("delivering failed: %s", type(fault).__name__)
    finally:
        await deliverer.close()


class Deliverer:
    """One process's deliverer: its lanes, and what it has in hand."""

    def __init__(self, house: House, look_up: Lookup) -> None:
        self._house = house
        self._look_up = look_up
        self._lanes: OrderedDict[tuple[str, bool, str], Lane] = OrderedDict()
        self._waiting: dict[Lane, deque[tuple[Row, float]]] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Give what is under way a moment, then let go of everything; it is due again once its time is up."""
        self._waiting.clear()
        if self._sending:
            await asyncio.wait(self._sending, timeout=CLOSING_SECONDS)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def settled(self) -> None:
        """Return once nothing is under way or waiting here."""
        while self._sending:
            await asyncio.wait(self._sending)

    # -- taking in hand -----------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Take in hand what is due, as far as there is room; move what would be in others' way."""
        while True:
            rows = await self._house.store.scan_due(DELIVERIES, "due_at", self._house.clock.now(), BATCH)
            is_full = len(rows) == BATCH
            if not await self._sort(rows, is_full=is_full) or not is_full:
                return

    async def _sort(self, rows: Sequence[Row], *, is_full: bool) -> int:
        """Take or move each of the rows, or leave it due; return how many were taken or moved."""
        now = time.monotonic()
        work: list[Coroutine[None, None, bool]] = []
        for row in rows:
            lane = self._lane(row)
            if lane.room(now) and len(self._sending) + len(work) < SENDING_MAX:
                lane.waiting += 1
                work.append(self._take(row, lane, now))
            elif is_full or lane.is_resting(now):
                work.append(self._put_off(row, lane.later(now) - now))
            else:
                lane.has_more = True
        return sum(await asyncio.gather(*work))

    def _lane(self, row: Row) -> Lane:
        key = (row.columns["endpoint_account"], row.livemode, row.columns["endpoint"])
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane()
            self._forget_idle_lanes()
        self._lanes.move_to_end(key)
        return lane

    def _forget_idle_lanes(self) -> None:
        for key in list(self._lanes)[: max(0, len(self._lanes) - LANES_MAX)]:
            if self._lanes[key].is_idle:
                del self._lanes[key]

    async def _put_off(self, row: Row, seconds: float) -> bool:
        due = self._house.clock.now() + max(1, round(seconds))
        return await deliveries.move(self._house, row, due) is not None

    async def _take(self, row: Row, lane: Lane, now: float) -> bool:
        taken = None
        try:
            taken = await deliveries.move(self._house, row, self._house.clock.now() + LEASE_SECONDS)
        finally:
            if taken is None:
                lane.waiting -= 1
        if taken is None:
            return False
        self._waiting.setdefault(lane, deque()).append((taken, now))
        self._start(lane)
        return True

    def _start(self, lane: Lane) -> None:
        """Send what waits in a lane, as many as may be under way at once. What has waited too long is left to be due again."""
        queue = self._waiting.get(lane)
        while queue and lane.running < lane.width:
            row, since = queue.popleft()
            lane.waiting -= 1
            if time.monotonic() - since < WAIT_SECONDS_MAX:
                lane.running += 1
                task = asyncio.create_task(self._send(row, lane))
                self._sending.add(task)
                task.add_done_callback(lambda done: self._sent(done, lane))
        if not queue:
            self._waiting.pop(lane, None)

    def _sent(self, task: "asyncio.Task[None]", lane: Lane) -> None:
        self._sending.discard(task)
        lane.running -= 1
        if task.cancelled():
            return
        fault = task.exception()
        if fault is not None:
            log.warning("a webhook could not be handled: %s", type(fault).__name__)
        self._start(lane)
        if lane.has_more and not lane.waiting:
            lane.has_more = False
            self._house.staged.set()

    # -- sending ------------------------------------------------------------------------------------------------

    async def _send(self, row: Row, lane: Lane) -> None:
        endpoint = await deliveries.endpoint_of(self._house, row)
        parcel = None if endpoint is None else await self._parcel(row, endpoint)
        if endpoint is None or parcel is None:
            return await deliveries.stop(self._house, row)
        started = time.monotonic()
        outcome = await self._post(parcel, livemode=row.livemode)
        ended = time.monotonic()
        lane.ended(is_well=outcome.is_delivered, seconds=ended - started, now=ended)
        await deliveries.record(self._house, row, outcome)
        if await deliveries.note_health(self._house, endpoint, is_well=outcome.is_delivered):
            log.warning("webhook endpoint %s failed for days and is switched off", endpoint.id)
        return None

    async def _parcel(self, row: Row, endpoint: Row) -> Parcel | None:
        try:
            return await deliveries.parcel(self._house, row, endpoint)
        except (Unavailable, OSError):
            # The store is away; once it is back, this is due again.
            raise
        except Exception as fault:  # noqa: BLE001 -- damage, or a bug: whatever is in the way will be at every attempt
            log.critical(
                "an event for webhook endpoint %s cannot be put together: %s",
                endpoint.id,
                type(fault).__name__,
            )
            return None

    async def _post(self, parcel: Parcel, *, livemode: bool) -> Outcome:
        started = time.monotonic()
        try:
            # An endpoint may be older than the settings.
            reach = reach_of(self._house.settings, livemode=livemode)
            target = target_of(parcel.url, reach)
            headers = {**HEADERS, "Stripe-Signature": parcel.signature}
            answer = await post(target, headers, parcel.body, reach=reach, look_up=self._look_up)
        except (CannotPost, InvalidRequest) as failure:
            return Outcome(_since(started), error=str(failure))
        return Outcome(_since(started), status=answer.status, answer=answer.body.decode("utf-8", "replace"))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1_000)
