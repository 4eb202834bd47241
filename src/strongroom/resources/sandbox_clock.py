"""The clock of a sandbox account, which tests may move: nobody waits a week for a hold to end.

    GET  /v1/test_helpers/clock             retrieve
    POST /v1/test_helpers/clock/advance     advance, by `seconds` or `to` a time

Unlike Stripe: its test clocks move what belongs to some customers, this one a whole account. The answer to an advance
comes when everything that became due was done, each thing at the time at which it was due.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from strongroom import errors, limits
from strongroom.account_clocks import ROW, TABLE
from strongroom.resources import connections
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Stored
from strongroom.resources.registry import handles
from strongroom.resources.tasks import TASK
from strongroom.store import Filter, Row

PERMISSION: Final = "test_clock"
DUE_COLUMNS: Final = {TASK.table: "due_at", ACCOUNT.table: "verify_at"}
"""What an account waits for, by table: when it is due, in the machine's time."""


@handles("GET /v1/test_helpers/clock", permission=PERMISSION)
async def retrieve(call: Call, _: Document) -> Document:
    """Say what time it is for the account."""
    _check_is_test(call)
    return _view(call.now, call.ahead)


@handles("POST /v1/test_helpers/clock/advance", permission=PERMISSION)
async def advance(call: Call, params: Document) -> Document:
    """Move the account's clock forward, and with it the clocks of the accounts connected to it."""
    _check_is_test(call)
    kept = await _kept(call)
    before = 0 if kept is None else kept["ahead"]
    seconds = _seconds(call.now - call.ahead + before, params)
    ahead = before + seconds
    if ahead > limits.CLOCK_AHEAD_SECONDS_MAX:
        raise errors.ParameterRefused(
            f"The clock can be at most {limits.CLOCK_AHEAD_SECONDS_MAX} seconds ahead, and is {before}.",
            param="to" if "to" in params else "seconds",
        )
    if kept is None:
        call.insert_row(TABLE, ROW, {}, created=call.due_in(0), ahead=ahead)
    else:
        call.change(kept, ahead=ahead)
    async for row in waiting(call, await accounts_of(call)):
        column = DUE_COLUMNS[row.table]
        earlier = {**row.columns, column: row.columns[column] - seconds}
        call.writes.changes.append(msgspec.structs.replace(row, columns=earlier))
    call.move_clock(ahead)
    return _view(call.now - call.ahead + ahead, ahead)


def _check_is_test(call: Call) -> None:
    if call.caller.livemode or not call.settings.sandbox:
        raise errors.InvalidRequest(
            "Clocks are there to be moved in the test mode of a sandbox only (`strongroom serve --sandbox`)."
        )
    if call.caller.acts_for_another:
        raise errors.InvalidRequest(
            "A connected account has the clock of its platform. Leave out the Stripe-Account header."
        )


def _seconds(now: int, params: Document) -> int:
    if len(params.keys() & {"seconds", "to"}) != 1:
        if params:
            raise errors.parameters_exclusive("seconds", "to")
        raise errors.parameter_missing("seconds")
    seconds: int = params["seconds"] if "seconds" in params else params["to"] - now
    if seconds < 1:
        param = "seconds" if "seconds" in params else "to"
        raise errors.ParameterRefused(f"The clock only moves forward, and is at {now}.", param=param)
    return seconds


async def _kept(call: Call) -> Stored | None:
    """Return how the clock stands in the store, which another process may just have changed."""
    row = await call.store.get(TABLE, call.caller.account, False, ROW)
    return None if row is None else Stored(row, {})


def _view(now: int, ahead: int) -> Document:
    return {"object": "sandbox_clock", "ahead": ahead, "livemode": False, "now": now}


# -- what an account waits for ----------------------------------------------------------------------------------------


async def accounts_of(call: Call) -> list[str]:
    """Return the accounts that have the caller's clock: its own, and those connected to it."""
    own = call.caller.account
    return [own, *[row.id async for row in _rows(call, connections.TABLE, own, [connections.LIVING])]]


async def waiting(call: Call, accounts: list[str], until: int | None = None) -> AsyncIterator[Row]:
    """Yield what accounts wait for.

    Args:
        call: of the account whose clock it is.
        accounts: which.
        until: in the machine's time; only what is due by then. None: everything.
    """
    for account in accounts:
        for table, column in DUE_COLUMNS.items():
            filters = [] if until is None else [Filter(column, "lte", until)]
            async for row in _rows(call, table, account, filters):
                if row.columns[column] is not None:
                    yield row


async def _rows(call: Call, table: str, account: str, filters: list[Filter]) -> AsyncIterator[Row]:
    after = None
    while True:
        page = await call.store.page(
            table, account, False, filters=filters, after=after, limit=limits.PAGE_SIZE_MAX
        )
        for row in page.rows:
            yield row
        if not page.has_more:
            return
        after = page.rows[-1].seq
