"""The controls of the cash races and of what `check` says: without the version guard, cash is spent more than once.

If these fail, the races in tests/integration prove nothing.
"""

import asyncio
import dataclasses

import msgspec
import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from strongroom.store import WriteSet
from support.scene import NOW, Scene

from .test_token_race_control import CheckThenUpdate

RACERS = 16
PAY = {
    "amount": "600",
    "currency": "usd",
    "payment_method_types[0]": "customer_balance",
    "payment_method_data[type]": "customer_balance",
    "payment_method_options[customer_balance][funding_type]": "bank_transfer",
    "payment_method_options[customer_balance][bank_transfer][type]": "us_bank_transfer",
    "confirm": "true",
}


def opened(data_dir, story):
    async def scene():
        registry.load()
        house = await open_house(Settings(data_dir, sandbox=True, request_log=False), ManualClock(NOW))
        try:
            return await story(house)
        finally:
            await house.close()

    return asyncio.run(scene())


async def funded_customer(scene, amount):
    customer = (await scene.post("/v1/customers"))["id"]
    path = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    await scene.post(path, {"amount": str(amount), "currency": "usd"})
    return customer


@pytest.mark.parametrize("guarded", [True, False])
def test_without_the_guard_cash_is_spent_more_than_once(tmp_path, guarded):
    async def story(house):
        customer = await funded_customer(Scene(house), 1000)
        racing = Scene(house if guarded else dataclasses.replace(house, store=CheckThenUpdate(house.store)))
        pay = {**PAY, "customer": customer, "error_on_requires_action": "true"}
        answers = await asyncio.gather(
            *(racing.call("POST", "/v1/payment_intents", pay, status=None) for _ in range(RACERS))
        )
        faults = await racing.faults()
        return sum(answer.get("status") == "succeeded" for answer in answers), faults

    paid, faults = opened(tmp_path / "data", story)
    assert (paid == 1) is guarded
    assert (faults == []) is guarded


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("customers", "holds another sum of cash than has come"),
        ("payment_intents", "was given another sum of cash than has left for it"),
    ],
)
def test_cash_that_was_lost_is_found(tmp_path, table, says):
    async def story(house):
        scene = Scene(house)
        customer = await funded_customer(scene, 1000)
        await scene.post("/v1/payment_intents", {**PAY, "customer": customer})
        before = await scene.faults()
        row = await scene.row(table)
        keyring = await house.keyring(row.account, row.livemode)
        doc = msgspec.msgpack.decode(keyring.open_document(table, row.id, row.doc))
        private = {"cash": {"usd": 401}} if table == "customers" else {**doc["_"], "funded": 599}
        sealed = keyring.seal_document(table, row.id, msgspec.msgpack.encode({**doc, "_": private}))
        await house.store.commit(WriteSet(changes=[msgspec.structs.replace(row, doc=sealed)]))
        return before, await scene.faults()

    before, after = opened(tmp_path / "data", story)
    assert before == []
    assert [fault.endswith(says) for fault in after] == [True]
