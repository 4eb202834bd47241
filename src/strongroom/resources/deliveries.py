"""Deliveries: what one endpoint is to be told of one event, what was tried, and what came of it.

A delivery is staged with its event (`outbox`). Whoever sends it takes it in hand first, which moves its `due_at` ahead: a
process that dies lets go of it by itself, and it is sent again. What is sent is the event as it was.
"""

import random
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from strongroom import limits
from strongroom.contract import renderer
from strongroom.domain.webhooks import FAILING_SECONDS_MAX, retries_of, wait_after
from strongroom.errors import without_long_numbers
from strongroom.house import House
from strongroom.outbox import ACCOUNTS, CONNECTIONS, DELIVERIES, ENDPOINTS, EVENTS, staged
from strongroom.resources.kind import Document
from strongroom.store import Filter, Rejected, Row, WriteSet
from strongroom.vault import SealedRecord
from strongroom.vault.signing import signature

RECORDS: Final = "records"
SCAN_SIZE: Final = 500
LOG_MAX: Final = 20
"""How many attempts are remembered: the newest."""
CONFLICTS_MAX: Final = 100
LATENESS: Final = 1.2
LATENESS_SECONDS: Final = 600
"""How much longer than its schedule a delivery is tried while its endpoint is given a rest."""

_SECRETS: Final = re.compile(r"((?:\b(?:sk|rk|pk|ek)_(?:test|live)|\bwhsec|_secret)_)[0-9A-Za-z_]+")

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode
_chance: Final = random.SystemRandom()


class Parcel(msgspec.Struct, frozen=True):
    """What goes over the wire, signed for this moment."""

    url: str
    body: bytes
    signature: str


class Outcome(msgspec.Struct, frozen=True):
    """What came of an attempt."""

    milliseconds: int
    status: int | None = None
    answer: str = ""
    """The beginning of what the endpoint answered."""
    error: str | None = None
    """Why there is no status, in our words."""

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint took it: any 2xx, nothing else."""
        return self.status is not None and 200 <= self.status <= 299  # noqa: PLR2004 -- 2xx


# -- taking in hand -------------------------------------------------------------------------------------------------------


async def move(house: House, delivery: Row, due_at: int) -> Row | None:
    """Move a delivery to another time and return it as it is then; None if somebody else has it."""
    moved = msgspec.structs.replace(delivery, columns={**delivery.columns, "due_at": due_at})
    try:
        await house.store.commit(WriteSet(changes=[moved]))
    except Rejected:
        return None
    return msgspec.structs.replace(moved, version=delivery.version + 1)


# -- what is sent ---------------------------------------------------------------------------------------------------------


async def endpoint_of(house: House, delivery: Row) -> Row | None:
    """Return the endpoint a delivery is for, or None if it is to be told nothing more."""
    columns = delivery.columns
    endpoint = await house.store.get(
        ENDPOINTS, columns["endpoint_account"], delivery.livemode, columns["endpoint"]
    )
    return endpoint if endpoint is not None and endpoint.columns["enabled"] else None


async def parcel(house: House, delivery: Row, endpoint: Row) -> Parcel | None:
    """Return what is sent to the endpoint, or None if there is nothing to send any more.

    Raises:
        SealBroken: the event, the endpoint or its secret is damaged.
    """
    event = await house.store.get(EVENTS, delivery.account, delivery.livemode, delivery.columns["event"])
    record = await house.store.get(RECORDS, endpoint.account, endpoint.livemode, endpoint.columns["record"])
    if event is None or record is None or not await _may_know(house, event, endpoint):
        return None
    theirs = await house.keyring(endpoint.account, endpoint.livemode)
    body = await _body(house, event, delivery, for_platform=endpoint.account != event.account)
    sealed = SealedRecord(record.columns["wrapped_key"], record.doc)
    settings = _decode(theirs.open_document(ENDPOINTS, endpoint.id, endpoint.doc))
    signed = signature(theirs, record.id, sealed, body, now=house.clock.now())
    return Parcel(settings["url"], body, signed)


async def _may_know(house: House, event: Row, endpoint: Row) -> bool:
    """Whether the endpoint's account may know of the event: a platform may of what was until its connection ended."""
    if endpoint.account == event.account:
        return True
    connection = await house.store.get(CONNECTIONS, endpoint.account, event.livemode, event.account)
    if connection is None:
        return False
    ended: int | None = connection.columns["ended_at"]
    return ended is None or event.columns["created"] <= ended


async def _body(house: House, event: Row, delivery: Row, *, for_platform: bool) -> bytes:
    """Return the event as it was when it happened, the same to the byte at every attempt."""
    keyring = await house.keyring(event.account, event.livemode)
    told: Document = _decode(keyring.open_document(EVENTS, event.id, event.doc))
    log = _decode(keyring.open_document(DELIVERIES, delivery.id, delivery.doc))
    told["pending_webhooks"] = log["pending_webhooks"]
    told.pop("account", None)
    if for_platform:
        told["account"] = event.account
    return msgspec.json.format(msgspec.json.encode(renderer("event")(told)), indent=2)


# -- what came of it ------------------------------------------------------------------------------------------------------


async def record(house: House, delivery: Row, outcome: Outcome) -> None:
    """Write down what came of an attempt, and with a success that one endpoint fewer is waited for."""

    async def decide(latest: Row) -> WriteSet | None:
        is_over = latest.columns["delivered_at"] is not None
        return None if is_over else await _recorded(house, latest, outcome)

    await _until_accepted(house, delivery, decide)


async def _until_accepted(
    house: House, delivery: Row, decide: Callable[[Row], Awaitable[WriteSet | None]]
) -> None:
    """Commit what `decide` says of the delivery as it is; whoever changes it, or its event, at the same moment goes first."""
    latest: Row | None = delivery
    for _ in range(CONFLICTS_MAX):
        writes = None if latest is None else await decide(latest)
        if writes is None:
            return
        try:
            await house.store.commit(writes)
        except Rejected:
            latest = await house.store.get(DELIVERIES, delivery.account, delivery.livemode, delivery.id)
        else:
            return


async def _recorded(house: House, delivery: Row, outcome: Outcome) -> WriteSet:
    now, attempts = house.clock.now(), delivery.columns["attempts"] + 1
    columns = {**delivery.columns, "attempts": attempts}
    if outcome.is_delivered:
        columns |= {"due_at": None, "delivered_at": now}
    else:
        columns["due_at"] = _next_due(house, delivery, attempts, now)
    keyring = await house.keyring(delivery.account, delivery.livemode)
    log = _decode(keyring.open_document(DELIVERIES, delivery.id, delivery.doc))
    log["attempts"] = [*log["attempts"], _line(outcome, now)][-LOG_MAX:]
    sealed = keyring.seal_document(DELIVERIES, delivery.id, _encode(log))
    changed = msgspec.structs.replace(delivery, columns=columns, doc=sealed)
    acknowledged = await _acknowledged(house, delivery) if outcome.is_delivered else []
    return WriteSet(changes=[changed, *acknowledged])


def _next_due(house: House, delivery: Row, attempts: int, now: int) -> int | None:
    retries = retries_of(house.settings, livemode=delivery.livemode)
    wait = wait_after(attempts, retries, _chance.random())
    too_late = delivery.columns["created"] + sum(retries) * LATENESS + LATENESS_SECONDS
    return None if wait is None or now > too_late else now + wait


def _line(outcome: Outcome, now: int) -> Document:
    return {
        "at": now,
        "milliseconds": outcome.milliseconds,
        "status": outcome.status,
        "answer": _harmless(outcome.answer[: limits.WEBHOOK_ANSWER_SHOWN_MAX]),
        "error": outcome.error,
    }


def _harmless(answer: str) -> str:
    """Return an answer without what it may repeat of us: keys, secrets, numbers as long as a card's."""
    return without_long_numbers(_SECRETS.sub(r"\1***", answer))


async def _acknowledged(house: House, delivery: Row) -> list[Row]:
    """Return the event with one endpoint fewer to wait for."""
    event = await house.store.get(EVENTS, delivery.account, delivery.livemode, delivery.columns["event"])
    if event is None:
        return []
    left = (event.columns["undelivered"] or 1) - 1
    return [msgspec.structs.replace(event, columns={**event.columns, "undelivered": left or None})]


async def stop(house: House, delivery: Row) -> None:
    """Give up a delivery that nobody is to be told of any more; an endpoint that was deleted is not waited for."""
    columns = delivery.columns
    endpoint = await house.store.get(
        ENDPOINTS, columns["endpoint_account"], delivery.livemode, columns["endpoint"]
    )

    async def decide(latest: Row) -> WriteSet | None:
        if latest.columns["due_at"] is None:
            return None
        stopped = msgspec.structs.replace(latest, columns={**latest.columns, "due_at": None})
        acknowledged = [] if endpoint is not None else await _acknowledged(house, latest)
        return WriteSet(changes=[stopped, *acknowledged])

    await _until_accepted(house, delivery, decide)


async def note_health(house: House, endpoint: Row, *, is_well: bool) -> bool:
    """Remember since when an endpoint fails, and switch one off that has failed for days; say whether it was switched off.

    Losing against somebody who changes the endpoint at the same moment does no harm: the next attempt notes it.
    """
    change = _health(endpoint.columns["failing_since"], is_well=is_well, now=house.clock.now())
    if not change:
        return False
    columns = {**endpoint.columns, **change}
    try:
        await house.store.commit(WriteSet(changes=[msgspec.structs.replace(endpoint, columns=columns)]))
    except Rejected:
        return False
    return "enabled" in change


def _health(since: int | None, *, is_well: bool, now: int) -> Document:
    """Return what changes of an endpoint that has failed since then, if it has, after one more attempt."""
    if is_well:
        return {} if since is None else {"failing_since": None}
    if since is None:
        return {"failing_since": now}
    return {"enabled": False} if now - since >= FAILING_SECONDS_MAX else {}


# -- once more ------------------------------------------------------------------------------------------------------------


async def of_event(house: House, event: Row) -> list[Row]:
    """Return the deliveries of an event, oldest first."""
    page = await house.store.page(
        DELIVERIES,
        event.account,
        event.livemode,
        filters=[Filter("event", "eq", event.id)],
        limit=limits.DELIVERIES_SHOWN_MAX,
    )
    return page.rows[::-1]


async def attempts_of(house: House, delivery: Row) -> list[Document]:
    """Return what was tried, oldest first: `at` in seconds, `milliseconds`, `status`, `answer`, `error`."""
    keyring = await house.keyring(delivery.account, delivery.livemode)
    attempts: list[Document] = _decode(keyring.open_document(DELIVERIES, delivery.id, delivery.doc))[
        "attempts"
    ]
    return attempts


async def find_event(house: House, event_id: str) -> Row:
    """Return an event's row, whosever it is.

    Raises:
        LookupError: there is none with that id.
    """
    after = 0
    while rows := await house.store.scan(EVENTS, after, SCAN_SIZE):
        for row in rows:
            if row.id == event_id:
                return row
        after = rows[-1].seq
    raise LookupError(f"no event has the id {event_id}")


async def resend(house: House, event: Row, endpoint: str | None = None) -> WriteSet:
    """Return what stages an event anew, for one endpoint or for all it was staged for before: its inserts are those.

    Raises:
        LookupError: the endpoint is none of the account's or its platform's, or is switched off.
    """
    told = {
        (row.columns["endpoint_account"], row.columns["endpoint"]) for row in await of_event(house, event)
    }
    if endpoint is not None:
        told = {(account, endpoint) for account in await _who_may_know(house, event)}
    found = [await house.store.get(ENDPOINTS, account, event.livemode, one) for account, one in sorted(told)]
    targets = [row for row in found if row is not None and row.columns["enabled"]]
    if endpoint is not None and not targets:
        raise LookupError(
            f"no endpoint that may be told of this event, and is switched on, has the id {endpoint}"
        )
    return await _again(house, event, targets)


async def _who_may_know(house: House, event: Row) -> list[str]:
    account = await house.store.get(ACCOUNTS, event.account, event.livemode, event.account)
    platform = None if account is None else account.columns["platform"]
    return [event.account] if platform is None else [event.account, platform]


async def _again(house: House, event: Row, endpoints: Sequence[Row]) -> WriteSet:
    if not endpoints:
        return WriteSet()
    pending = (event.columns["undelivered"] or 0) + len(endpoints)
    changed = msgspec.structs.replace(event, columns={**event.columns, "undelivered": pending})
    keyring = await house.keyring(event.account, event.livemode)
    now = house.clock.now()
    inserts = [staged(keyring, event, (one.account, one.id), pending=pending, now=now) for one in endpoints]
    return WriteSet(inserts=inserts, changes=[changed])
