"""What became of deliveries, for people who look: those to one endpoint or of one event, with what was tried."""

from typing import Final, NamedTuple

from strongroom.house import House
from strongroom.outbox import DELIVERIES, EVENTS
from strongroom.resources import deliveries
from strongroom.resources.call import Call, report_broken
from strongroom.resources.kind import Document, Stored
from strongroom.resources.webhook_endpoints import ENDPOINT
from strongroom.store import Row
from strongroom.vault import SealBroken

DELIVERED: Final = "delivered"
WAITING: Final = "waiting"
GIVEN_UP: Final = "given_up"


class Told(NamedTuple):
    """One delivery."""

    seq: int
    """Its place in lists."""
    created: int
    account: str
    """Where the event happened."""
    event: str
    event_type: str
    """Empty if the event is gone."""
    endpoint: str
    url: str
    """Empty if the endpoint is gone."""
    state: str
    due_at: int | None
    """When it is tried next, in seconds; None: never."""
    tries: int
    """How many attempts there were."""
    attempts: list[Document]
    """The newest of them, newest first: `at` in seconds, `milliseconds`, `status`, `answer`, `error`."""


async def of_endpoint(
    house: House, endpoint: Stored, *, after: int | None = None, limit: int
) -> tuple[list[Told], bool]:
    """Return deliveries to an endpoint, newest first, and whether there are older ones.

    Args:
        house: the house.
        endpoint: whose deliveries; that of a platform is told of what happens in many accounts.
        after: the place of a delivery; only older ones.
        limit: the most to return.
    """
    rows = await house.store.gather(DELIVERIES, "endpoint", endpoint.id, after=after, limit=limit + 1)
    url = endpoint.doc["url"]
    return [await _told(house, row, url) for row in rows[:limit]], len(rows) > limit


async def of_event(house: House, call: Call, event: Row) -> list[Told]:
    """Return the deliveries of an event to endpoints of the call's account, oldest first."""
    account = call.caller.account
    rows = [
        row for row in await deliveries.of_event(house, event) if row.columns["endpoint_account"] == account
    ]
    known = await call.find_many(ENDPOINT, {row.columns["endpoint"] for row in rows})
    urls = {one: endpoint.doc["url"] for one, endpoint in known.items()}
    return [await _told(house, row, urls.get(row.columns["endpoint"], "")) for row in rows]


async def _told(house: House, row: Row, url: str) -> Told:
    columns = row.columns
    event = await house.store.get(EVENTS, row.account, row.livemode, columns["event"])
    return Told(
        row.seq,
        columns["created"],
        row.account,
        columns["event"],
        "" if event is None else event.columns["type"],
        columns["endpoint"],
        url,
        _state(columns),
        columns["due_at"],
        columns["attempts"],
        await _attempts(house, row),
    )


def _state(columns: Document) -> str:
    if columns["delivered_at"] is not None:
        return DELIVERED
    return GIVEN_UP if columns["due_at"] is None else WAITING


async def _attempts(house: House, row: Row) -> list[Document]:
    try:
        return (await deliveries.attempts_of(house, row))[::-1]
    except SealBroken:
        report_broken(row.table, row.id)
        return []
