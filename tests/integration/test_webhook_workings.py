"""What takes days, or two processes at the same instant: the house is opened in this process, and its clock is moved.

The receiver is a process of its own, as ever.
"""

import asyncio
import json
from urllib.parse import urlencode

import msgspec
import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.http.app import Application
from strongroom.outbox import DELIVERIES, ENDPOINTS, EVENTS
from strongroom.resources import deliveries, registry
from strongroom.resources.check import check
from strongroom.store import WriteSet
from strongroom.workers.deliverer import LEASE_SECONDS, Deliverer
from strongroom.workers.posting import Names
from strongroom.workers.reaper import Reaper
from support.receiver import Receiver

NOW = 1_800_000_000
DAY = 24 * 3600
KEY = b"Bearer sk_test_workings"


class Scene:
    """An open house with a deliverer, and a caller in test mode."""

    def __init__(self, house, receiver):
        self.house = house
        self.receiver = receiver
        self.application = Application(house)
        self.deliverer = Deliverer(house, Names())

    async def call(self, method, path, params=None, key=KEY):
        answer = {}
        body = urlencode(params or {}).encode()
        headers = [(b"authorization", key), (b"content-length", str(len(body)).encode())]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http"}  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            answer.update(message)

        await self.application(scope, receive, send)
        assert answer["status"] == 200, answer["body"]
        return json.loads(answer["body"])

    async def endpoint(self, path, event="*"):
        params = {"url": self.receiver.url(path), "enabled_events[]": event}
        return (await self.call("POST", "/v1/webhook_endpoints", params))["id"]

    async def happen(self, key=KEY):
        return (await self.call("POST", "/v1/customers", {"name": "Jenny"}, key))["id"]

    async def deliver(self, *deliverers):
        """Let everything that is due be tried once."""
        some = deliverers or (self.deliverer,)
        await asyncio.gather(*[one.sweep() for one in some])
        await asyncio.gather(*[one.settled() for one in some])

    async def resend(self, event, endpoint=None):
        writes = await deliveries.resend(self.house, event, endpoint)
        assert len(writes.inserts) == 1
        await self.house.store.commit(writes)

    async def rows(self, table):
        return await self.house.store.scan(table, 0, 1_000)

    async def row(self, table):
        (row,) = await self.rows(table)
        return row

    async def status(self, endpoint):
        return (await self.call("GET", f"/v1/webhook_endpoints/{endpoint}"))["status"]

    async def pending(self):
        return [event.columns["undelivered"] for event in await self.rows(EVENTS)]


@pytest.fixture
def play(engine, database_for, tmp_path):
    """Run a coroutine function taking a `Scene`."""

    def run(scene, **settings):
        async def opened(receiver):
            registry.load()
            options = {"sandbox": True, "request_log": False, "webhook_retries": (5, 5), **settings}
            house = await open_house(
                Settings(tmp_path / "data", database_for(engine), **options), ManualClock(NOW)
            )
            try:
                await scene(Scene(house, receiver))
                assert await check(house) == []
            finally:
                await house.close()

        with Receiver(tmp_path / "receiver") as receiver:
            asyncio.run(opened(receiver))

    return run


def test_without_an_endpoint_nothing_is_staged(play):
    async def scene(it):
        await it.happen()
        await it.endpoint("/ok", "customer.deleted")
        await it.happen()
        await it.happen(b"Bearer sk_test_other")

        assert await it.rows(DELIVERIES) == []
        assert await it.pending() == [None] * 3

    play(scene)


def test_an_event_and_its_deliveries_are_one_write(play):
    async def scene(it):
        one, other = await it.endpoint("/ok/1"), await it.endpoint("/ok/2")
        await it.happen()

        event = await it.row(EVENTS)
        staged = await it.rows(DELIVERIES)
        assert {row.columns["endpoint"] for row in staged} == {one, other}
        for row in staged:
            assert (row.account, row.columns["event"], row.columns["due_at"]) == (
                event.account,
                event.id,
                NOW,
            )
        assert event.columns["undelivered"] == 2
        assert it.house.staged.is_set()

    play(scene)


def test_one_that_fails_for_a_week_is_switched_off_and_told_no_more(play):
    async def scene(it):
        endpoint = await it.endpoint("/status/500")
        await it.happen()
        await it.deliver()
        it.house.clock.advance(7 * DAY - 1)
        await it.happen()
        await it.deliver()
        assert await it.status(endpoint) == "enabled"
        it.house.clock.advance(1)
        await it.happen()
        await it.deliver()

        assert await it.status(endpoint) == "disabled"
        it.house.clock.advance(DAY)
        await it.happen()
        seen = len(it.receiver.received())
        await it.deliver()
        assert len(it.receiver.received()) == seen
        assert await it.pending() == [1, 1, 1, None]
        assert {row.columns["due_at"] for row in await it.rows(DELIVERIES)} == {None}

    play(scene)


def test_one_success_in_a_week_is_enough_to_stay(play):
    async def scene(it):
        endpoint = await it.endpoint("/fail/1/x")
        await it.happen()
        await it.deliver()
        assert (await it.row(ENDPOINTS)).columns["failing_since"] == NOW
        it.house.clock.advance(6)
        await it.deliver()
        assert (await it.row(ENDPOINTS)).columns["failing_since"] is None
        it.house.clock.advance(8 * DAY)
        await it.call("POST", f"/v1/webhook_endpoints/{endpoint}", {"url": it.receiver.url("/status/500")})
        await it.happen()
        await it.deliver()

        assert await it.status(endpoint) == "enabled"

    play(scene)


def test_what_is_in_somebodys_hands_is_left_to_them_until_their_time_is_up(play):
    async def scene(it):
        await it.endpoint("/ok")
        await it.happen()
        assert await deliveries.move(it.house, await it.row(DELIVERIES), NOW + LEASE_SECONDS)

        it.house.clock.advance(LEASE_SECONDS - 1)
        await it.deliver()
        assert it.receiver.received() == []
        it.house.clock.advance(1)
        await it.deliver()
        assert len(it.receiver.received()) == 1
        assert await it.pending() == [None]

    play(scene)


def test_of_deliverers_that_look_at_the_same_instant_one_sends(play):
    async def scene(it):
        await it.endpoint("/ok/1")
        await it.endpoint("/slow/2")
        for _ in range(20):
            await it.happen()
        await it.deliver(it.deliverer, *[Deliverer(it.house, Names()) for _ in range(3)])

        for path in ("/ok/1", "/slow/2"):
            told = [one.event["id"] for one in it.receiver.received(path)]
            assert len(told) == len(set(told)) == 20
        assert await it.pending() == [None] * 20

    play(scene)


def test_whoever_was_late_to_write_down_a_success_is_believed(play):
    """Two have sent the same, the first of them after its time was up: it is delivered once, and counted once."""

    async def scene(it):
        await it.endpoint("/ok")
        await it.happen()
        row = await it.row(DELIVERIES)
        await deliveries.move(it.house, row, NOW + LEASE_SECONDS)
        for status in (200, 500, 200):
            await deliveries.record(it.house, row, deliveries.Outcome(1, status=status))

        assert await it.pending() == [None]
        now = await it.row(DELIVERIES)
        assert (now.columns["attempts"], now.columns["delivered_at"], now.columns["due_at"]) == (1, NOW, None)

    play(scene)


def test_a_dead_endpoints_backlog_longer_than_a_look_hides_nobody(play):
    async def scene(it):
        dead = await it.endpoint("/status/500")
        for _ in range(450):
            await it.happen()
        await it.call("POST", f"/v1/webhook_endpoints/{dead}", {"enabled_events[]": "customer.deleted"})
        await it.endpoint("/ok")
        await it.happen()
        await it.deliver()

        assert len(it.receiver.received("/ok")) == 1
        assert len(it.receiver.received("/status/500")) < 450

    play(scene)


def test_what_was_tried_is_kept_for_whoever_looks_without_long_numbers(play):
    async def scene(it):
        await it.endpoint("/status/500")
        await it.happen()
        await it.deliver()
        it.house.clock.advance(60)
        await it.deliver()

        tried = await deliveries.attempts_of(it.house, await it.row(DELIVERIES))
        assert [(one["at"], one["status"], one["error"]) for one in tried] == [
            (NOW, 500, None),
            (NOW + 60, 500, None),
        ]
        assert {one["answer"] for one in tried} == {f"card {'*' * 16} refused"}
        assert all(0 <= one["milliseconds"] < 5_000 for one in tried)

    play(scene)


def test_nothing_is_kept_of_a_host_that_failed_the_guard_but_that_it_did(play):
    async def scene(it):
        endpoint = await it.endpoint("/ok")
        url = f"http://localhost:{it.receiver.port}/ok"
        await it.call("POST", f"/v1/webhook_endpoints/{endpoint}", {"url": url})
        await it.happen()
        # A sandbox that became a vault.
        it.house.settings = Settings(it.house.settings.data_dir, request_log=False, webhook_retries=(5,))
        await it.deliver()

        (tried,) = await deliveries.attempts_of(it.house, await it.row(DELIVERIES))
        assert (tried["status"], tried["answer"]) == (None, "")
        assert tried["error"] == "Invalid URL: The URL must use https"
        assert it.receiver.received() == []

    play(scene)


def test_an_event_is_sent_again_on_demand(play):
    async def scene(it):
        endpoint = await it.endpoint("/fail/3/x")
        other = await it.endpoint("/ok/other", "customer.deleted")
        await it.happen()
        for _ in range(4):
            await it.deliver()
            it.house.clock.advance(60)
        assert await it.pending() == [1]
        event = await deliveries.find_event(it.house, (await it.row(EVENTS)).id)

        await it.resend(event)
        await it.deliver()
        assert len(it.receiver.received("/fail/3/x")) == 4
        assert await it.pending() == [1]  # the one that was given up stays given up
        event = await it.row(EVENTS)
        await it.resend(event, other)
        await it.deliver()
        assert [one.event["id"] for one in it.receiver.received("/ok/other")] == [event.id]
        with pytest.raises(LookupError, match="no endpoint"):
            await deliveries.resend(it.house, event, "we_nope")
        with pytest.raises(LookupError, match="no event"):
            await deliveries.find_event(it.house, "evt_nope")
        assert endpoint != other

    play(scene)


def test_a_damaged_secret_stops_its_endpoint_and_no_other(play):
    async def scene(it):
        await it.endpoint("/ok/1")
        record = await it.row("records")
        await it.endpoint("/ok/2")
        await it.happen()
        damaged = msgspec.structs.replace(record, doc=record.doc[:-1] + bytes([record.doc[-1] ^ 1]))
        await it.house.store.commit(WriteSet(changes=[damaged]))
        await it.deliver()

        assert it.receiver.received("/ok/1") == []
        assert len(it.receiver.received("/ok/2")) == 1
        mended = await it.house.store.get("records", record.account, record.livemode, record.id)
        await it.house.store.commit(WriteSet(changes=[msgspec.structs.replace(mended, doc=record.doc)]))

    play(scene)


def test_an_event_that_does_not_open_is_given_up_and_holds_up_nobody(play):
    async def scene(it):
        await it.endpoint("/ok")
        await it.happen()
        event = await it.row(EVENTS)
        await it.house.store.commit(WriteSet(changes=[msgspec.structs.replace(event, doc=b"damaged")]))
        await it.happen()
        await it.deliver()

        assert len(it.receiver.received()) == 1
        assert await it.pending() == [1, None]
        assert {row.columns["due_at"] for row in await it.rows(DELIVERIES)} == {None}
        damaged = await it.house.store.get(EVENTS, event.account, event.livemode, event.id)
        await it.house.store.commit(WriteSet(changes=[msgspec.structs.replace(damaged, doc=event.doc)]))

    play(scene)


def test_deliveries_go_with_their_events(play):
    async def scene(it):
        await it.endpoint("/ok")
        await it.happen()
        await it.deliver()
        it.house.clock.advance(30 * DAY - 1)
        await Reaper(it.house).reap()
        assert (len(await it.rows(EVENTS)), len(await it.rows(DELIVERIES))) == (1, 1)
        it.house.clock.advance(1)
        await Reaper(it.house).reap()

        assert (await it.rows(EVENTS), await it.rows(DELIVERIES)) == ([], [])

    play(scene)
