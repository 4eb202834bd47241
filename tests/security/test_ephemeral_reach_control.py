"""The control of what ephemeral keys may reach: without the check at an operation, another customer is within reach.

If this test fails, the refusals in tests/integration prove nothing.
"""

import asyncio
from dataclasses import replace

import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from support.scene import NOW, Scene

registry.load()
OPERATION = "GET /v1/customers/{customer}"


async def anything(call, params, ids):
    """Refuse nothing."""


async def scene_of(data_dir):
    house = await open_house(Settings(data_dir, sandbox=True, request_log=False), ManualClock(NOW))
    try:
        scene = Scene(house)
        mine, theirs = [(await scene.post("/v1/customers"))["id"] for _ in range(2)]
        version = {"stripe-version": "2024-06-20"}
        made = await scene.call("POST", "/v1/ephemeral_keys", {"customer": mine}, headers=version)
        reached = await scene.call("GET", f"/v1/customers/{theirs}", key=made["secret"], status=None)
    finally:
        await house.close()
    return "id" in reached


@pytest.mark.parametrize("is_checked", [True, False])
def test_without_the_check_another_customer_is_within_reach(tmp_path, monkeypatch, is_checked):
    if not is_checked:
        handler = replace(registry.handler(OPERATION), own=anything)
        monkeypatch.setitem(registry._handlers, OPERATION, handler)
    assert asyncio.run(scene_of(tmp_path / "data")) is not is_checked
