"""Doing something: an operation, what the audit log says of it, and one commit of both."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from strongroom import limits
from strongroom.dashboard.visit import Visit
from strongroom.house import House
from strongroom.resources import audit
from strongroom.resources.audit import Actor, Entry
from strongroom.resources.call import Call
from strongroom.store import Rejected

T = TypeVar("T")

# Those who act on one account in this process take turns: each would follow the same entry of the log, and only one can.
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class Deed:
    """One try at an operation: its call, and the entries that go with what it leaves."""

    def __init__(self, call: Call, mode: str) -> None:
        self.call = call
        self.mode = mode
        self.entries: list[Entry] = []

    def note(self, action: str, object_id: str = "", **details: str) -> None:
        """Say what is done, for the audit log."""
        self.entries.append(Entry(action, object_id, self.mode, details=details))


Work = Callable[[Deed], Awaitable[T]]


async def act(visit: Visit, work: Work[T]) -> T:
    """Do `work` on the visitor's account until its commit is accepted, at most five times.

    Raises:
        errors.ApiError: the operation refused, and nothing was changed; or others were always faster.
    """
    return await commit(visit.house, visit.account, visit.actor, visit.call, work, mode=visit.mode)


async def commit(
    house: House,
    account: str,
    actor: Actor,
    make_call: Callable[[], Awaitable[Call]],
    work: Work[T],
    *,
    mode: str = "",
) -> T:
    """Do `work` with fresh calls until its commit is accepted, at most five times.

    Raises:
        errors.ApiError: as `act`.
    """
    turn = _turns.setdefault(account, asyncio.Lock())
    async with turn:
        return await _committed(house, account, actor, make_call, work, mode)


async def _committed(
    house: House,
    account: str,
    actor: Actor,
    make_call: Callable[[], Awaitable[Call]],
    work: Work[T],
    mode: str,
) -> T:
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        deed = Deed(await make_call(), mode)
        result = await work(deed)
        await audit.stage(house, account, deed.call.writes, actor, deed.entries)
        try:
            await house.store.commit(deed.call.writes)
        except Rejected:
            continue
        deed.call.committed()
        await _follow_up(house, deed.call, make_call)
        return result
    raise audit.busy()


async def _follow_up(house: House, done: Call, make_call: Callable[[], Awaitable[Call]]) -> None:
    """Do what the operation left to be done after its commit, each in a commit of its own."""
    for work in done.follow_ups:
        for _ in range(limits.COMMIT_ATTEMPTS_MAX):
            call = await make_call()
            await work(call)
            try:
                await house.store.commit(call.writes)
            except Rejected:
                continue
            break
