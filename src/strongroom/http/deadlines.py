"""A time limit for every request at the price of two dictionary operations, where a timer each would cost ten times that."""

import asyncio
import time
from typing import Any, Final

LOOK_SECONDS: Final = 1.0

Watched = asyncio.Task[Any]


class Deadlines:
    """Which tasks are at work since when. `enforce` looks once a second and cancels what is overdue."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Watched, float] = {}

    def begin(self, task: Watched | None = None) -> Watched:
        """Watch `task`, or the current one if it has to be asked for, from now on, and return it."""
        task = task or asyncio.current_task()
        assert task is not None
        self._since[task] = time.monotonic()
        return task

    def end(self, task: Watched) -> bool:
        """Watch it no longer; false if it was overdue and has been cancelled."""
        return self._since.pop(task, None) is not None

    async def enforce(self) -> None:
        """Cancel overdue tasks until cancelled oneself."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.end_overdue(time.monotonic())

    def end_overdue(self, now: float) -> None:
        """Cancel what has been at work for too long at `now`, in seconds of the monotonic clock."""
        for task in [task for task, since in self._since.items() if now - since > self._seconds]:
            del self._since[task]
            task.cancel()
