"""The server process: opens the house, serves until told to stop, closes it.

One process is enough for SQLite and the default; `--workers N` starts N of them on one listening socket, for
PostgreSQL. What was accepted is finished before a process ends.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from typing import Final

import uvicorn
import uvloop

from strongroom import catalog
from strongroom.config import Settings
from strongroom.house import House, open_house
from strongroom.http.app import Application
from strongroom.resources import registry
from strongroom.vault import harden_process
from strongroom.workers.reaper import reap_forever

BACKLOG: Final = 2048
GRACE_SECONDS: Final = 10
KEEP_ALIVE_SECONDS: Final = 75

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
    house = await open_house(settings)
    try:
        await prepare(house)
    finally:
        await house.close()


async def _serve(settings: Settings, listener: socket.socket, prepare: Prepare | None) -> None:
    harden_process()
    registry.load()
    catalog.load()
    house = await open_house(settings)
    application = Application(house)
    beside = [asyncio.create_task(reap_forever(house)), asyncio.create_task(application.watch())]
    try:
        await Server(application, prepare).serve(sockets=[listener])
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
        gc.collect()
        gc.freeze()

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
        http="httptools",
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
    """Keep `workers` processes running; pass the signal to stop on to each, and wait for them."""
    context = multiprocessing.get_context("spawn")
    stopping = False

    def start() -> BaseProcess:
        process = context.Process(target=_work, args=(settings, listener), daemon=False)
        process.start()
        return process

    workers = [start() for _ in range(settings.workers)]

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            if worker.pid is not None and worker.is_alive():
                os.kill(worker.pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        multiprocessing.connection.wait([worker.sentinel for worker in workers])
        workers[:] = [worker if worker.is_alive() or stopping else start() for worker in workers]
    for worker in workers:
        worker.join()
