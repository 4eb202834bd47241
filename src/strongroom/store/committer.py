"""Many waiting write sets, one transaction: the committer. There is one per process, over either engine.

While one batch is being made durable the next one gathers, so that under load a flush is shared by all who wait.
Whoever loses against another of the same batch is told only once the batch is durable: by then the other has really
won, and whoever runs again reads its work.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from strongroom import errors, limits
from strongroom.store.claims import Claims, Verdict, claims_of, first_claimed, judge, without_idle_guards
from strongroom.store.rows import Rejected, WriteSet

# The rows of a batch are written without a pause; past this many the other requests would notice.
BATCH_WRITE_SETS_MAX: Final = 256

log = logging.getLogger(__name__)

Outcome = Exception | None
Fatal = Callable[[BaseException], None]


class CommitFailed(Exception):
    """COMMIT itself failed on the medium. What it held may or may not be durable, and nothing after it is safe."""


class Engine(Protocol):
    """What the committer asks of a database."""

    async def apply(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        """Apply write sets that claim nothing in common, in one transaction, and return once they are durable.

        Returns:
            For each write set None, or why nothing of it was written.

        Raises:
            CommitFailed: see there.
            errors.Unavailable: the database is gone, and with it the knowledge of what was done.
            Exception: anything else means that nothing was written.
        """
        ...


class Waiting(msgspec.Struct):
    """A write set and whoever waits for it."""

    writes: WriteSet
    claims: Claims
    outcome: "asyncio.Future[None]"

    def resolve(self, outcome: Outcome) -> None:
        """Tell the waiter, unless it has gone away."""
        if self.outcome.done():
            return
        if outcome is None:
            self.outcome.set_result(None)
        else:
            self.outcome.set_exception(outcome)


class Committer:
    """Gathers write sets and hands them to an engine, one batch at a time."""

    def __init__(
        self, engine: Engine, *, fatal: Fatal | None = None, waiting_max: int = limits.WRITES_WAITING_MAX
    ) -> None:
        self._engine = engine
        self._fatal = fatal
        self._waiting_max = waiting_max
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Waiting] = deque()
        self._in_hand: list[Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        self._poisoned = False

    def submit(self, writes: WriteSet) -> "asyncio.Future[None]":
        """Put a write set in the queue; the future has its end. Raises at once as `Store.commit` says."""
        claims = claims_of(writes)
        if self._closed or self._poisoned:
            raise errors.Unavailable(status=503)
        if len(self._queue) >= self._waiting_max:
            raise errors.Overloaded
        outcome = self._loop.create_future()
        if not claims:
            outcome.set_result(None)
            return outcome
        if writes.guards:
            writes = without_idle_guards(writes, claims)
        self._queue.append(Waiting(writes, claims, outcome))
        if self._worker is None:
            self._worker = self._loop.create_task(self._work(), name="committer")
            self._worker.add_done_callback(self._ended)
        return outcome

    async def close(self) -> None:
        """Refuse what comes from now on, and finish what is waiting."""
        self._closed = True
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        while self._queue:
            batch, losers = self._next_batch()
            self._in_hand = batch + losers
            outcomes = await self._apply(batch)
            for waiting, outcome in zip(batch, outcomes, strict=True):
                waiting.resolve(outcome)
            if losers:
                won = [waiting for waiting, outcome in zip(batch, outcomes, strict=True) if outcome is None]
                self._settle_losers(losers, won)
            # One turn of the loop for those just answered, who often have more to write: without it batches settle
            # at half the number of clients.
            await asyncio.sleep(0)
        self._worker = None

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        """Answer everybody if the worker ended before its time, as it does when the loop is torn down."""
        failure = None if worker.cancelled() else worker.exception()
        if failure is not None:
            log.critical("the committer failed", exc_info=failure)
        if failure is not None or worker.cancelled():
            self._worker = None
            self._abandon()

    def _settle_losers(self, losers: Sequence[Waiting], won: Sequence[Waiting]) -> None:
        """Reject those who lost to a winner; whoever lost to one that failed itself gets another turn."""
        claimed: Claims = {}
        for waiting in won:
            claimed.update(waiting.claims)
        again: list[Waiting] = []
        for loser in losers:
            row = first_claimed(loser.writes, claimed)
            if row is None:
                again.append(loser)
            else:
                loser.resolve(Rejected(row.table, row.id))
        if not self._poisoned:
            self._queue.extendleft(reversed(again))

    def _next_batch(self) -> tuple[list[Waiting], list[Waiting]]:
        """Take what is waiting, as far as it can share a transaction, and those who lose against it."""
        batch: list[Waiting] = []
        losers: list[Waiting] = []
        later: list[Waiting] = []
        taken: Claims = {}
        while self._queue and len(batch) < BATCH_WRITE_SETS_MAX:
            waiting = self._queue.popleft()
            verdict = judge(waiting.claims, taken)
            if verdict is Verdict.JOINS:
                taken.update(waiting.claims)
                batch.append(waiting)
            else:
                (losers if verdict is Verdict.LOSES else later).append(waiting)
        self._queue.extendleft(reversed(later))
        return batch, losers

    async def _apply(self, batch: Sequence[Waiting]) -> list[Outcome]:
        """Apply a batch; when it fails as a whole without a trace, apply its write sets one by one."""
        try:
            return await self._engine.apply([waiting.writes for waiting in batch])
        except CommitFailed as failure:
            self._poison(failure)
            return [_unavailable(failure) for _ in batch]
        except errors.Unavailable as failure:
            return [_unavailable(failure) for _ in batch]
        except Exception as failure:  # noqa: BLE001 -- whatever it is, it goes to the one write set it belongs to
            if len(batch) == 1:
                return [failure]
        return await self._apply_singly(batch)

    async def _apply_singly(self, batch: Sequence[Waiting]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for waiting in batch:
            outcomes += [_unavailable(None)] if self._poisoned else await self._apply([waiting])
        return outcomes

    def _poison(self, failure: CommitFailed) -> None:
        """Stop for good: a flush that failed once may report success later without having happened."""
        self._poisoned = True
        log.critical("a commit failed on the medium; no more writes are taken")
        self._abandon()
        if self._fatal is not None:
            self._fatal(failure)

    def _abandon(self) -> None:
        """Tell everybody unanswered that the outcome is unknown."""
        for waiting in (*self._in_hand, *self._queue):
            waiting.resolve(_unavailable(None))
        self._queue.clear()


def _unavailable(cause: BaseException | None) -> errors.Unavailable:
    """Return an answer of its own for each waiter: a shared exception would gather all their tracebacks."""
    answer = errors.Unavailable(status=503)
    answer.__cause__ = cause
    return answer
