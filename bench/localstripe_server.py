"""Serve localstripe as it ships, but on loopback only and with its file where the benchmark can throw it away.

Runs in `.venv-bench`. As shipped, localstripe listens on every interface and pickles everything it holds into one fixed
file in /tmp, several times per write; moving the file keeps a developer's own localstripe out of harm. With
`--memory-only` it writes nothing until it stops: how fast its HTTP and its objects are without that.
"""

import argparse
import importlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--store", type=Path, required=True, help="the file it pickles to, and loads at start if it exists"
    )
    parser.add_argument("--memory-only", action="store_true")
    options = parser.parse_args()
    resources = importlib.import_module("localstripe.resources")
    resources.__dict__["open"] = _opener(options.store)
    store_type = type(resources.store)
    dump = store_type.dump_to_disk
    store_type.dump_to_disk = lambda _store: None
    # As shipped, loading dumps after every item, into the very file it reads, and so fails on all but small stores.
    resources.store.try_load_from_disk()
    if options.memory_only:
        _serve(options.port)
        dump(resources.store)
    else:
        store_type.dump_to_disk = dump
        _serve(options.port)


def _opener(store: Path) -> Callable[[str, str], IO[Any]]:
    """What localstripe's `open` becomes: the same, for our file instead of its own."""

    def open_store(_its_own: str, mode: str) -> IO[Any]:
        return store.open(mode)

    return open_store


def _serve(port: int) -> None:
    web = importlib.import_module("aiohttp.web")
    server = importlib.import_module("localstripe.server")
    logger = logging.getLogger("aiohttp.access")  # it logs every request to standard error, so we let it
    logger.setLevel(logging.DEBUG)
    logger.addHandler(logging.StreamHandler())
    web.run_app(server.app, host="127.0.0.1", port=port, access_log=logger, print=None)


if __name__ == "__main__":
    main()
