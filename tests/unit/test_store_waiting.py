"""What both engines promise to whoever waits: a bounded queue, and an end for everybody in it."""

import asyncio

import pytest

from strongroom.errors import Overloaded, Unavailable
from strongroom.store import WriteSet, open_store
from strongroom.store.committer import Committer
from support.stores import ACCEPTED, ACCOUNT, customer, event, kinds, outcomes, stored


def test_past_the_limit_a_write_set_is_refused_at_once_and_the_others_proceed(play, monkeypatch):
    async def scene(store):
        monkeypatch.setattr(store, "_committer", Committer(store, waiting_max=3))
        sets = [WriteSet(inserts=[event(f"evt_{n}")]) for n in range(5)]
        assert kinds(await outcomes(store, *sets)) == [ACCEPTED] * 3 + [Overloaded] * 2
        assert [row.id for row in await store.scan("events", 0, 9)] == ["evt_0", "evt_1", "evt_2"]
        await store.commit(sets[4])

    play(scene)


def test_a_cancelled_waiter_leaves_its_write_set_whole(play):
    async def scene(store):
        task = asyncio.create_task(store.commit(WriteSet(inserts=[event("evt_1"), customer("cus_1")])))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.commit(WriteSet(inserts=[event("evt_2")]))
        assert [row.id for row in await store.scan("events", 0, 9)] == ["evt_1", "evt_2"]
        assert [row.id for row in await store.scan("customers", 0, 9)] == ["cus_1"]

    play(scene)


def test_a_cancelled_reader_does_not_take_others_with_it(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        first, second = [
            asyncio.create_task(store.get("customers", ACCOUNT, False, "cus_1")) for _ in range(2)
        ]
        await asyncio.sleep(0)
        first.cancel()
        assert await second == row

    play(scene)


def test_close_finishes_what_is_waiting_and_refuses_what_comes_later(play, address):
    async def scene(again) -> None:
        store = await open_store(address, exclusive=False)
        tasks = [asyncio.create_task(store.commit(WriteSet(inserts=[event(f"evt_{n}")]))) for n in range(9)]
        await asyncio.sleep(0)
        await store.close()
        assert await asyncio.gather(*tasks) == [None] * 9
        with pytest.raises(Unavailable):
            await store.commit(WriteSet(inserts=[event("evt_late")]))
        assert [row.id for row in await again.scan("events", 0, 99)] == [f"evt_{n}" for n in range(9)]

    play(scene)


def test_a_committer_torn_down_with_its_loop_leaves_nobody_waiting(play):
    async def scene(store):
        tasks = [asyncio.create_task(store.commit(WriteSet(inserts=[event(f"evt_{n}")]))) for n in range(9)]
        await asyncio.sleep(0)
        store._committer._worker.cancel()
        assert kinds(await asyncio.gather(*tasks, return_exceptions=True)) == [Unavailable] * 9

    play(scene)
