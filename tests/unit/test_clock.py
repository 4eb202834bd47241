"""Time does not run backwards, not even across a restart."""

import asyncio
import time

import pytest

from strongroom import installation
from strongroom.clock import SystemClock
from strongroom.errors import CannotServe
from strongroom.store import open_store


def with_store(tmp_path, scene):
    async def inside():
        store = await open_store(tmp_path / "rows.db")
        try:
            return await scene(store)
        finally:
            await store.close()

    return asyncio.run(inside())


def test_a_clock_holds_the_highest_time_it_has_seen():
    ahead = int(time.time()) + 200
    assert SystemClock(ahead).now() == ahead


def test_a_restart_knows_the_latest_time_that_was_noted(tmp_path):
    ahead = int(time.time()) + 200

    async def note(store):
        await installation.note_time(store, ahead - 100)
        await installation.note_time(store, ahead)
        await installation.note_time(store, ahead - 50)

    async def read(store):
        return (await installation.clock_of(store)).now()

    with_store(tmp_path, note)
    assert with_store(tmp_path, read) == ahead


def test_a_clock_that_was_set_far_back_is_refused(tmp_path):
    with_store(tmp_path, lambda store: installation.note_time(store, int(time.time()) + 3600))
    with pytest.raises(CannotServe, match="five minutes behind"):
        with_store(tmp_path, installation.clock_of)
