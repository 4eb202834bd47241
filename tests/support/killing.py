"""A request on which the server dies, and the same request sent again to the next one."""

import sys
from http.client import HTTPException
from pathlib import Path

import pytest

from support import killed
from support.connect import eventually
from support.server import Server

PROGRAM = Path(killed.__file__)
# Where something has happened outside that is not written down here.
BETWEEN = ("before the answer is heard", "before the second commit")


def dies_while_asked(server, place, path, params, key):
    """Send a request to a server that dies on it; the client only sees the connection end."""
    dying = Server(server.data_dir, server.database, program=(sys.executable, str(PROGRAM), place))
    dying.start()
    with pytest.raises((OSError, HTTPException)):
        post(dying, path, params, key)
    dying.process.wait(timeout=30)
    dying.process.stdout.close()
    assert dying.process.returncode == -9


def answered(server, path, params, key):
    """Send it again under its key, as an official client does, until it is no longer said to be in progress."""
    return eventually(lambda: post(server, path, params, key), until=lambda reply: reply.status != 409)


def post(server, path, params, key):
    return server.request("POST", path, params, key=key, headers={"Idempotency-Key": "K"})
