"""A sandbox server per engine for the whole run; each test works in an account of its own."""

import asyncio
import itertools
import os

import pytest

from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from support.server import Server

_numbers = itertools.count()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def engine(request):
    return request.param


@pytest.fixture(scope="session")
def server(engine, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"server-{engine}")
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(folder / "data", database) as running:
        yield running


@pytest.fixture
def name():
    """The name of an account nobody else has."""
    return f"t{os.getpid()}n{next(_numbers)}"


@pytest.fixture
def secret_key(name):
    return f"sk_test_{name}"


@pytest.fixture
def publishable_key(name):
    return f"pk_test_{name}"


@pytest.fixture
def stripe(server, secret_key):
    """The official client, with nothing changed but the base URL."""
    return server.client(secret_key).v1


@pytest.fixture
def browser(server, publishable_key):
    """The official client holding the publishable key, as code in a browser does."""
    return server.client(publishable_key).v1


@pytest.fixture
def live(server, name):
    """The same account in live mode."""
    return server.client(f"sk_live_{name}").v1


@pytest.fixture
def post(server, secret_key):
    """Send a POST and see the bytes."""

    def send(path, params=None, *, key=secret_key, **headers):
        return server.request(
            "POST", path, params, key=key, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return send


@pytest.fixture
def get(server, secret_key):
    """Send a GET and see the bytes."""

    def send(path, params=None, *, key=secret_key, **headers):
        return server.request(
            "GET", path, params, key=key, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return send


@pytest.fixture
def in_house(engine, database_for, tmp_path):
    """Run a coroutine function in a house of this process; it takes the house and what makes a fresh call."""

    async def opened(scene):
        registry.load()
        settings = Settings(tmp_path / "data", database_for(engine), sandbox=True, request_log=False)
        house = await open_house(settings)
        try:
            caller = Caller("acct_1", False, KeyKind.SECRET, "acct_1", "sk_test_*")
            keyring = await house.keyring("acct_1", False)
            await scene(
                house, lambda: Call(house, caller, Origin("req_1", None, None, "/v1/customers"), keyring)
            )
        finally:
            await house.close()

    return lambda scene: asyncio.run(opened(scene))
