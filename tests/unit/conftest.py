"""A store for the tests of what both engines promise: opened once a module and engine, empty at the start of each test."""

import asyncio

import pytest

from strongroom.store import open_store
from support.stores import empty, let_rows_go


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def address(request, tmp_path_factory):
    if request.param == "sqlite":
        return str(tmp_path_factory.mktemp("store") / "store.db")
    return request.getfixturevalue("postgres").fresh_database()


@pytest.fixture(scope="module")
def opened(address):
    """One open store for this module, and the loop it lives in: opening takes longer than any of these tests."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(address, exclusive=False))
        runner.run(let_rows_go(address))
        yield runner, store
        runner.run(store.close())


@pytest.fixture
def play(opened):
    """Run a scene, a coroutine function taking an open and empty store."""
    runner, store = opened
    yield lambda scene: runner.run(scene(store))
    runner.run(empty(store))
