"""The control of the token race: with the version guard taken out, more than one of the racers must win.

If this test fails, the race in tests/integration proves nothing.
"""

import asyncio
import dataclasses
import json

import msgspec
import pytest

from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.http.app import Application
from strongroom.resources import registry
from strongroom.store import Rejected, WriteSet

RACERS = 64
CARD = b"card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=314"


class CheckThenUpdate:
    """A store whose changes overwrite whatever is there: what an operation checked may be long gone."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def commit(self, writes):
        while True:
            try:
                return await self._store.commit(await self._without_guards(writes))
            except Rejected:
                continue

    async def _without_guards(self, writes):
        changes = []
        for row in writes.changes:
            now = await self._store.get(row.table, row.account, row.livemode, row.id)
            changes.append(msgspec.structs.replace(row, version=now.version))
        return WriteSet(inserts=writes.inserts, changes=changes, deletes=writes.deletes, guards=[])


async def post(application, path, body):
    """Send one POST straight into the application and return its status and answer."""
    answer = {}
    headers = [
        (b"authorization", b"Bearer sk_test_race"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http"}  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answer.update(message)

    await application(scope, receive, send)
    return answer["status"], json.loads(answer["body"])


async def race(data_dir, *, guarded):
    """Let every racer spend one token at once, and return how many won."""
    registry.load()
    house = await open_house(Settings(data_dir, sandbox=True, request_log=False))
    try:
        racing = house if guarded else dataclasses.replace(house, store=CheckThenUpdate(house.store))
        application = Application(racing)
        _, token = await post(application, "/v1/tokens", CARD)
        spend = f"type=card&card[token]={token['id']}".encode()
        outcomes = await asyncio.gather(
            *(post(application, "/v1/payment_methods", spend) for _ in range(RACERS))
        )
        return [status for status, _ in outcomes].count(200)
    finally:
        await house.close()


@pytest.mark.parametrize("guarded", [True, False])
def test_without_the_guard_more_than_one_racer_wins(tmp_path, guarded):
    winners = asyncio.run(race(tmp_path / "data", guarded=guarded))
    assert (winners == 1) is guarded
