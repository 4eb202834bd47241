"""The control of the token races: with the version guard taken out, more than one of the racers must win.

If this test fails, the races in tests/integration prove nothing.
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
CONFIRM = b"amount=500&currency=usd&payment_method_types[0]=card&confirm=true&confirmation_token="
METHOD_DATA = b"payment_method_data[type]=card&payment_method_data" + CARD.replace(
    b"card[", b"[card]["
).replace(b"&[", b"&payment_method_data[")
CUSTOM = b"type=custom&country=US&capabilities[transfers][requested]=true&capabilities[card_payments][requested]=true"
# What the token is made from, and how it is spent; {account} is a connected account that there is.
RACES = {
    "card": (CARD, "/v1/payment_methods", b"type=card&card[token]="),
    "pii": (b"pii[id_number]=222222222", "/v1/accounts/{account}/persons", b"id_number="),
    "person": (b"person[first_name]=Jenny", "/v1/accounts/{account}/persons", b"person_token="),
    "account": (b"account[business_type]=company", "/v1/accounts/{account}", b"account_token="),
    "confirmation token": (METHOD_DATA, "/v1/payment_intents", CONFIRM),
}


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
        changes = [row for row in [await self._as_it_is(row) for row in writes.changes] if row is not None]
        deletes = [row for row in [await self._as_it_is(row) for row in writes.deletes] if row is not None]
        return WriteSet(inserts=writes.inserts, changes=changes, deletes=deletes, guards=[])

    async def _as_it_is(self, row):
        now = await self._store.get(row.table, row.account, row.livemode, row.id)
        return None if now is None else msgspec.structs.replace(row, version=now.version)


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


async def race(data_dir, kind, *, guarded):
    """Let every racer spend one token at once, and return how many won."""
    held, path, spend = RACES[kind]
    registry.load()
    house = await open_house(Settings(data_dir, sandbox=True, request_log=False))
    try:
        racing = house if guarded else dataclasses.replace(house, store=CheckThenUpdate(house.store))
        application = Application(racing)
        _, account = await post(application, "/v1/accounts", CUSTOM)
        makes = "/v1/confirmation_tokens" if held is METHOD_DATA else "/v1/tokens"
        _, token = await post(application, makes, held)
        path, spend = path.format(account=account["id"]), spend + token["id"].encode()
        outcomes = await asyncio.gather(*(post(application, path, spend) for _ in range(RACERS)))
        return [status for status, _ in outcomes].count(200)
    finally:
        await house.close()


@pytest.mark.parametrize("kind", RACES)
@pytest.mark.parametrize("guarded", [True, False])
def test_without_the_guard_more_than_one_racer_wins(tmp_path, kind, guarded):
    winners = asyncio.run(race(tmp_path / "data", kind, guarded=guarded))
    assert (winners == 1) is guarded
