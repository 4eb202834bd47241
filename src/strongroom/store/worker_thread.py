"""A thread that does one blocking thing after another for an event loop.

Handing a job over and back costs about half of what an executor takes, and it is paid once per commit.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = tuple[Callable[[], None], "asyncio.Future[None]"]


class WorkerThread:
    """Runs jobs in order. A daemon: a process that must exit does not wait for a disk that hangs."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], None]) -> "asyncio.Future[None]":
        """Have `job` run; the future has its end, or its exception."""
        done = self._loop.create_future()
        self._jobs.put((job, done))
        return done

    async def close(self) -> None:
        """Return once everything submitted has run."""
        last = self.submit(_nothing)
        self._jobs.put(None)
        await last
        self._thread.join()

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            failure: Exception | None = None
            try:
                job()
            except Exception as error:  # noqa: BLE001 -- carried over to whoever waits
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop was closed without waiting for us
                self._loop.call_soon_threadsafe(_deliver, done, failure)


def _deliver(done: "asyncio.Future[None]", failure: Exception | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


def _nothing() -> None:
    pass
