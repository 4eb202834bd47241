"""Test clocks: a time of their own for some customers of test mode, which stands still until it is moved.

    POST   /v1/test_helpers/test_clocks                        create
    GET    /v1/test_helpers/test_clocks                        list
    GET    /v1/test_helpers/test_clocks/{test_clock}           retrieve
    POST   /v1/test_helpers/test_clocks/{test_clock}/advance   advance
    DELETE /v1/test_helpers/test_clocks/{test_clock}           delete

A clock is advanced by itself, seconds after it was told to, and deleted thirty days after it was made; its customers go
with it. What a customer's clock decides here is when the customer was `created`: what else it moves at Stripe,
subscriptions and invoices, is not here.
"""

import datetime
from typing import Final

from strongroom import errors, ids, limits
from strongroom.connectors.base import Outcome
from strongroom.resources import customers
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.tasks import continues, later

PERMISSION: Final = "billing_clock"
PARAM: Final = "test_clock"
READY: Final = "ready"
ADVANCING: Final = "advancing"
# The last second of the year 9999, beyond which no calendar of a client goes.
LATEST: Final = 253_402_300_799


def view(clock: Stored) -> Document:
    """Return the clock's fields."""
    return clock.doc


TEST_CLOCK = register_kind(
    Kind("test_helpers.test_clock", "test_clocks", "clock", "test clock", PERMISSION, view)
)


def _check_mode(call: Call) -> None:
    if call.caller.livemode:
        raise errors.InvalidRequest("Test clocks can only be used in test mode.")


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/test_helpers/test_clocks", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make a clock that stands at `frozen_time`, perhaps for a customer there is already."""
    _check_mode(call)
    _check_time(params["frozen_time"])
    kept = await call.store.count(
        TEST_CLOCK.table, call.caller.account, call.caller.livemode, limit=limits.TEST_CLOCKS_MAX
    )
    if kept == limits.TEST_CLOCKS_MAX:
        raise errors.InvalidRequest(
            f"You can have up to {limits.TEST_CLOCKS_MAX} test clocks. Delete one to make another."
        )
    clock_id = ids.new(TEST_CLOCK.prefix)
    doc: Document = {
        "id": clock_id,
        "object": TEST_CLOCK.type,
        "created": call.now,
        "deletes_after": call.now + limits.TEST_CLOCK_SECONDS,
        "frozen_time": params["frozen_time"],
        "livemode": call.caller.livemode,
        "name": params.get("name") or None,
        "status": READY,
        "status_details": {},
    }
    clock = call.insert(TEST_CLOCK, doc, object_id=clock_id)
    call.emit("test_helpers.test_clock.created", TEST_CLOCK, clock)
    if "customer" in params:
        await _take_customer(call, clock_id, params["customer"])
    later(call, limits.TEST_CLOCK_SECONDS, "test_clock.deleted", {"clock": clock_id})
    return view(clock)


def _check_time(frozen_time: int) -> None:
    if not 0 <= frozen_time <= LATEST:
        raise errors.ParameterRefused("Invalid timestamp: must be a time in seconds.", param="frozen_time")


async def _take_customer(call: Call, clock_id: str, customer: str) -> None:
    """Let a customer live by a new clock. Whoever lives by one can not leave it."""
    stored = await customers.load_living(call, customer, param="customer")
    if stored["test_clock"] is not None:
        raise errors.InvalidRequest("This customer already has a test clock.", param="customer")
    customers.change(call, stored, {**stored.doc, "test_clock": clock_id}, test_clock=clock_id)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/test_helpers/test_clocks/{test_clock}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, test_clock: str) -> Document:
    """Show a clock."""
    return view(await call.load(TEST_CLOCK, test_clock, param=PARAM, in_path=True))


@handles("GET /v1/test_helpers/test_clocks", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List clocks, newest first."""
    return await call.listing(TEST_CLOCK, params)


# -- advance ----------------------------------------------------------------------------------------------------------


@handles("POST /v1/test_helpers/test_clocks/{test_clock}/advance", permission=PERMISSION)
async def advance(call: Call, params: Document, *, test_clock: str) -> Document:
    """Begin to move a clock forward; it is `ready` when it stands at the new time."""
    clock = await call.load(TEST_CLOCK, test_clock, param=PARAM, in_path=True)
    target = params["frozen_time"]
    _check_time(target)
    if clock.doc["status"] != READY:
        raise errors.InvalidRequest("This test clock is still advancing. Wait until its status is `ready`.")
    now = clock.doc["frozen_time"]
    if not now < target <= _farthest(now):
        raise errors.ParameterRefused(
            "The new time must be after the test clock's `frozen_time`, and at most "
            f"{limits.TEST_CLOCK_ADVANCE_YEARS_MAX} years.",
            param="frozen_time",
        )
    details = {ADVANCING: {"target_frozen_time": target}}
    moving = call.change(clock, {**clock.doc, "status": ADVANCING, "status_details": details})
    call.emit("test_helpers.test_clock.advancing", TEST_CLOCK, moving)
    later(call, call.settings.settle_after, "test_clock.advanced", {"clock": clock.id})
    return view(moving)


def _farthest(now: int) -> int:
    """Return the time some calendar years after `now`; of 29 February, that of 1 March."""
    start = datetime.datetime.fromtimestamp(now, datetime.UTC)
    year = min(start.year + limits.TEST_CLOCK_ADVANCE_YEARS_MAX, datetime.MAXYEAR)
    try:
        return int(start.replace(year=year).timestamp())
    except ValueError:
        return int(start.replace(year=year, month=3, day=1).timestamp())


@continues("test_clock.advanced")
async def advanced(call: Call, state: Document, _: Outcome | None) -> None:
    """The clock stands at the new time."""
    clock = await call.find(TEST_CLOCK, state["clock"])
    if clock is None or clock.doc["status"] != ADVANCING:
        return
    reached = clock.doc["status_details"][ADVANCING]["target_frozen_time"]
    done = call.change(clock, {**clock.doc, "frozen_time": reached, "status": READY, "status_details": {}})
    call.emit("test_helpers.test_clock.ready", TEST_CLOCK, done)


# -- delete -----------------------------------------------------------------------------------------------------------


@handles("DELETE /v1/test_helpers/test_clocks/{test_clock}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, test_clock: str) -> Document:
    """Delete a clock and its customers."""
    clock = await call.load(TEST_CLOCK, test_clock, param=PARAM, in_path=True)
    await _delete(call, clock)
    return {"id": clock.id, "object": TEST_CLOCK.type, "deleted": True}


@continues("test_clock.deleted")
async def expired(call: Call, state: Document, _: Outcome | None) -> None:
    """Thirty days are over."""
    clock = await call.find(TEST_CLOCK, state["clock"])
    if clock is not None:
        await _delete(call, clock)


async def _delete(call: Call, clock: Stored) -> None:
    """Stage the end of a clock and of all who live by it; whoever joins it meanwhile changes it, and this fails."""
    living, _ = await call.page(
        customers.CUSTOMER, {"limit": limits.PAGE_SIZE_MAX}, customers.of_clock(clock.id)
    )
    for customer in living:
        await customers.end(call, customer)
    call.delete(clock)
    call.emit("test_helpers.test_clock.deleted", TEST_CLOCK, clock)


# -- for customers ----------------------------------------------------------------------------------------------------


async def join(call: Call, clock_id: str) -> int:
    """Stage that one more customer lives by a clock, and return what time it is there.

    Raises:
        errors.InvalidRequest: there is no such clock, it is advancing, or it has as many customers as it may.
    """
    clock = await call.load(TEST_CLOCK, clock_id, param=PARAM)
    if clock.doc["status"] != READY:
        raise errors.InvalidRequest("This test clock is advancing. Wait until its status is `ready`.")
    kept = await call.store.count(
        customers.CUSTOMER.table,
        call.caller.account,
        call.caller.livemode,
        filters=customers.of_clock(clock_id),
        limit=limits.TEST_CLOCK_CUSTOMERS_MAX,
    )
    if kept == limits.TEST_CLOCK_CUSTOMERS_MAX:
        raise errors.InvalidRequest(
            f"A test clock can have up to {limits.TEST_CLOCK_CUSTOMERS_MAX} customers.", param=PARAM
        )
    # Written as it is: of two customers who take the last place at once, the second starts over and sees the first.
    call.change(clock)
    frozen_time: int = clock.doc["frozen_time"]
    return frozen_time
