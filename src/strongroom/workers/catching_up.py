"""When an account's clock was moved: what became due is done before anybody is told, in the order in which it was due.

The completer and the settler find it as well; whoever commits first has done it. What cannot be done, or what nobody has
answered yet, is left to them.
"""

from strongroom.house import House
from strongroom.resources import sandbox_clock
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.store import Row
from strongroom.workers.completer import Complete, complete_one
from strongroom.workers.settler import settle_one


async def catch_up(house: House, call: Call, complete: Complete) -> None:
    """Do what is due for an account and those connected to it, and what becomes due by that, until nothing is."""
    accounts = await sandbox_clock.accounts_of(call)
    tried: set[tuple[str, str, int]] = set()
    while due := [row for row in await _due(house, call, accounts) if _as_it_is(row) not in tried]:
        first = min(map(_due_at, due))
        for row in due:
            if _due_at(row) == first:
                tried.add(_as_it_is(row))
                await _do(house, row, complete)
    await house.clocks.told()


def _as_it_is(row: Row) -> tuple[str, str, int]:
    """Return what a row is known by, until it changes: what cannot be done is not tried for ever."""
    return row.table, row.id, row.version


async def _due(house: House, call: Call, accounts: list[str]) -> list[Row]:
    """Return what is due, oldest first."""
    rows = [row async for row in sandbox_clock.waiting(call, accounts, until=house.clock.now())]
    return sorted(rows, key=lambda row: row.seq)


def _due_at(row: Row) -> int:
    due_at: int = row.columns[sandbox_clock.DUE_COLUMNS[row.table]]
    return due_at


async def _do(house: House, row: Row, complete: Complete) -> None:
    if row.table == ACCOUNT.table:
        await settle_one(house, row)
    else:
        await complete_one(house, row, complete)
