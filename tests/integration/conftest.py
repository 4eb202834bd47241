"""A sandbox server per engine for the whole run; each test works in an account of its own."""

import itertools
import os

import pytest

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
