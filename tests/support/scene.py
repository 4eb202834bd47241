"""An open house in this process, so that its clock can be moved; requests go straight into the application."""

import asyncio
import json
from urllib.parse import urlencode

import msgspec
import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.http.app import Application
from strongroom.resources import registry
from strongroom.resources.check import check
from strongroom.store import WriteSet
from strongroom.workers.reaper import Reaper
from support.data import VISA

FORM = b"application/x-www-form-urlencoded"
NOW = 1_800_000_000
PERSONAL = {
    "name": "Jenny Rosen",
    "email": "jenny@example.com",
    "phone": "+15555550100",
    "address": {"line1": "1 Main St", "city": "Springfield", "postal_code": "94107", "country": "US"},
}


class Scene:
    """An open house, and a caller in test mode."""

    def __init__(self, house):
        self.house = house
        self.application = Application(house)
        self.reaper = Reaper(house)

    async def call(
        self, method, path, params=None, *, key="sk_test_reaped", content_type=FORM, status=200, headers=None
    ):
        """Send one request and return its answer, which must have `status`; None: whichever."""
        answer = {}
        body = params if isinstance(params, bytes) else urlencode(flattened(params or {})).encode()
        sent = [
            *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
            (b"authorization", f"Bearer {key}".encode()),
            (b"content-type", content_type),
            (b"content-length", str(len(body)).encode()),
        ]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": sent, "client": ("127.0.0.1", 1), "scheme": "http"}  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            answer.update(message)

        await self.application(scope, receive, send)
        assert status in {None, answer["status"]}, answer["body"]
        return json.loads(answer["body"])

    async def post(self, path, params=None):
        return await self.call("POST", path, params)

    async def saved_card(self):
        """A customer and a card attached to it."""
        customer = await self.post("/v1/customers")
        card = await self.post(
            "/v1/payment_methods", {"type": "card", "card": VISA, "billing_details": PERSONAL}
        )
        await self.post(f"/v1/payment_methods/{card['id']}/attach", {"customer": customer["id"]})
        return customer["id"], card["id"]

    async def rows(self, table):
        return await self.house.store.scan(table, 0, 1_000)

    async def row(self, table):
        (row,) = await self.rows(table)
        return row

    async def change(self, row, *, doc=None, **columns):
        """Change a row behind the API's back."""
        changed = msgspec.structs.replace(
            row, columns={**row.columns, **columns}, doc=row.doc if doc is None else doc
        )
        await self.house.store.commit(WriteSet(changes=[changed]))

    async def remove(self, row):
        """Remove a row behind the API's back."""
        await self.house.store.commit(WriteSet(deletes=[row]))

    async def faults(self):
        return await check(self.house)


def flattened(params, prefix=""):
    """The parameters in the bracketed names of a form."""
    flat = {}
    for name, value in params.items():
        path = f"{prefix}[{name}]" if prefix else name
        flat |= flattened(value, path) if isinstance(value, dict) else {path: value}
    return flat


@pytest.fixture
def play(engine, database_for, tmp_path):
    """Run a coroutine function taking a `Scene`."""

    def run(scene):
        async def opened():
            registry.load()
            settings = Settings(tmp_path / "data", database_for(engine), sandbox=True, request_log=False)
            house = await open_house(settings, ManualClock(NOW))
            try:
                await scene(Scene(house))
            finally:
                await house.close()

        asyncio.run(opened())

    return run


def name_of(row):
    return f"{row.table} {row.id} of {row.account} (test)"
