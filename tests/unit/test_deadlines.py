"""A request that takes too long is ended; one that does not, and a cancellation from elsewhere, are left alone."""

import asyncio

import pytest

from strongroom.http.deadlines import Deadlines

FAR_FUTURE = float("inf")


async def at_work(deadlines, started):
    task = deadlines.begin()
    started.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "ended by us" if not deadlines.end(task) else "ended by another"


@pytest.mark.parametrize("overdue", [True, False])
def test_only_what_is_overdue_is_ended(overdue):
    async def scene():
        deadlines, started = Deadlines(30), asyncio.Event()
        task = asyncio.create_task(at_work(deadlines, started))
        await started.wait()
        deadlines.end_overdue(FAR_FUTURE if overdue else 0)
        if not overdue:
            assert not task.cancelling()
            task.cancel()
        return await task

    assert asyncio.run(scene()) == ("ended by us" if overdue else "ended by another")


def test_what_has_ended_is_not_watched():
    async def scene():
        deadlines = Deadlines(30)
        assert deadlines.end(deadlines.begin())
        deadlines.end_overdue(FAR_FUTURE)
        await asyncio.sleep(0)
        return "unharmed"

    assert asyncio.run(scene()) == "unharmed"
