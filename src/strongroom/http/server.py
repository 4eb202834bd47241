"""The server process: opens the house, serves until told to stop, closes it.

One process is enough for SQLite and the default; `--workers N` starts N of them on one listening socket, for
PostgreSQL. What was accepted is finished before a process ends.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import platform
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Final

import uvicorn
import uvloop

from strongroom import catalog, errors
from strongroom.config import Settings
from strongroom.house import House, open_house
from strongroom.http.app import Application
from strongroom.http.phases import complete
from strongroom.http.protocol import Protocol, sweep
from strongroom.resources import registry
from strongroom.vault import harden_process
from strongroom.workers.completer import complete_forever
from strongroom.workers.deliverer import deliver_forever
from strongroom.workers.reaper import reap_forever
from strongroom.workers.settler import settle_forever

BACKLOG: Final = 2048
GRACE_SECONDS: Final = 10
# How long the loop may keep the interpreter while the thread that commits waits for it. At Python's own 5 ms a commit
# starts, and is heard of, when the loop next has nothing to do: an eighth less throughput at 16 connections.
SWITCH_SECONDS: Final = 20e-6
KEEP_ALIVE_SECONDS: Final = 75

YOUNG_SECONDS: Final = 10
EARLY_ENDS_MAX: Final = 5
FIRST_PAUSE_SECONDS: Final = 0.25

Prepare = Callable[[House], Awaitable[None]]


def listen(settings: Settings) -> socket.socket:
    """Return a bound, listening socket.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.listen(BACKLOG)
    return listener


def serve(settings: Settings, prepare: Prepare) -> None:
    """Serve until SIGINT or SIGTERM. `prepare` runs once, before the first request is taken."""
    listener = listen(settings)
    settings = replace(settings, port=listener.getsockname()[1])
    if settings.workers == 1:
        uvloop.run(_serve(settings, listener, prepare))
        return
    environment = dict(os.environ)
    uvloop.run(_prepare_alone(settings, prepare))
    # A root key in the environment is removed once read; each worker has to read it too.
    os.environ.update(environment)
    _supervise(settings, listener)


async def _prepare_alone(settings: Settings, prepare: Prepare) -> None:
    _harden()
    house = await open_house(settings)
    try:
        await prepare(house)
    finally:
        await house.close()


def _harden() -> None:
    """Keep keys out of core dumps.

    Raises:
        errors.CannotServe: this is Linux, where that can be had, and it was not.
    """
    if not harden_process() and platform.system() == "Linux":
        raise errors.CannotServe("core dumps of this process are possible")


async def _serve(settings: Settings, listener: socket.socket, prepare: Prepare | None) -> None:
    _harden()
    sys.setswitchinterval(SWITCH_SECONDS)
    registry.load()
    catalog.load()
    house = await open_house(settings)
    application = Application(house)
    server = Server(application, prepare)
    work = (
        reap_forever(house),
        settle_forever(house),
        complete_forever(house, complete),
        house.clocks.follow(),
        deliver_forever(house),
        application.watch(),
        sweep(server.server_state.connections),
    )
    beside = [asyncio.create_task(one) for one in work]
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await house.close()


class Server(uvicorn.Server):
    """uvicorn's server, which ends as if it had returned: a stop that was asked for is no failure."""

    def __init__(self, application: Application, prepare: Prepare | None) -> None:
        super().__init__(_configuration(application))
        self._house = application.house
        self._prepare = prepare

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then greet: whoever reads the greeting can call us and can stop us."""
        await super().startup(sockets)
        if self._prepare is not None:
            await self._prepare(self._house)
        # What is here now stays: the collector need not look at it again and again.
        gc.freeze()
        gc.enable()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully at the first signal, at once at the second."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _configuration(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=Protocol,
        interface="asgi3",
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


# -- several processes ------------------------------------------------------------------------------------------------


def _work(settings: Settings, listener: socket.socket) -> None:
    try:
        uvloop.run(_serve(settings, listener, None))
    except KeyboardInterrupt:
        sys.exit(0)


def _supervise(settings: Settings, listener: socket.socket) -> None:
    """Keep `workers` processes running until told to stop.

    Raises:
        errors.CannotServe: core dumps are possible, or workers keep ending as soon as they have started.
    """
    _harden()
    Supervisor(settings, listener).run()


class Restarts:
    """How long to wait before starting a worker again, from how long those that ended had lived."""

    def __init__(self) -> None:
        self._failures = 0

    def pause_after(self, lived: float) -> float:
        """Return seconds to wait: none after a long life, else twice as many as the last time.

        Raises:
            errors.CannotServe: it was one early end too many.
        """
        self._failures = self._failures + 1 if lived < YOUNG_SECONDS else 0
        if self._failures == EARLY_ENDS_MAX:
            raise errors.CannotServe(
                f"workers end within {YOUNG_SECONDS} seconds of their start, {EARLY_ENDS_MAX} times in a row"
            )
        return FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) if self._failures else 0.0


class Supervisor:
    """Starts workers, replaces those that end, and passes the signal to stop on to each."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._context = multiprocessing.get_context("spawn")
        self._restarts = Restarts()
        self._workers: list[tuple[BaseProcess, float]] = []
        self._stopping = False
        # A signal writes to it, so that no wait outlasts one.
        self._wake, self._waker = os.pipe()

    def run(self) -> None:
        """Return once told to stop and every worker has ended; raise errors.CannotServe if there is no point."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._workers = [self._start() for _ in range(self._settings.workers)]
        try:
            while not self._stopping:
                connection.wait([self._wake, *(worker.sentinel for worker, _ in self._workers)])
                self._replace_ended()
        finally:
            self._terminate()
            for worker, _ in self._workers:
                worker.join()

    def _start(self) -> tuple[BaseProcess, float]:
        worker = self._context.Process(target=_work, args=(self._settings, self._listener), daemon=False)
        worker.start()
        return worker, time.monotonic()

    def _replace_ended(self) -> None:
        lives = [time.monotonic() - since for worker, since in self._workers if not worker.is_alive()]
        if not lives or self._stopping:
            return
        connection.wait([self._wake], self._restarts.pause_after(min(lives)))
        # Those that ended meanwhile are of the same failure, and are replaced with the first.
        for place, (worker, _) in enumerate(self._workers):
            if not worker.is_alive() and not self._stopping:
                self._workers[place] = self._start()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        os.write(self._waker, b"!")
        self._terminate()

    def _terminate(self) -> None:
        for worker, _ in self._workers:
            if worker.is_alive():
                worker.terminate()
