"""A house opened in this process, for what no request can ask for yet: a call is made by hand and committed."""

import asyncio
import inspect

import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind, sandbox_account

NOW = 1_800_000_000
ACCOUNT = sandbox_account("within")


class Inside:
    """An open house, and a secret key's caller in test mode."""

    def __init__(self, house):
        self.house = house

    async def call(self):
        caller = Caller(ACCOUNT, False, KeyKind.SECRET, ACCOUNT, "sk_test_****")
        origin = Origin("req_within", None, None, "/")
        return Call(self.house, caller, origin, await self.house.keyring(ACCOUNT, False))

    async def do(self, work):
        """Give `work` a fresh call, commit what it leaves, and return what it returns."""
        call = await self.call()
        found = work(call)
        result = await found if inspect.isawaitable(found) else found
        await self.house.store.commit(call.writes)
        call.committed()
        return result

    async def operate(self, key, params=None, **ids):
        """Do one of the API's operations."""
        return await self.do(lambda call: registry.handler(key).operate(call, params or {}, **ids))


@pytest.fixture(params=["sqlite", "postgres"])
def inside(request, tmp_path, database_for):
    """Run a scene, a coroutine function that is given the inside of an empty house."""
    registry.load()

    def play(scene):
        async def opened():
            settings = Settings(tmp_path / "data", database_for(request.param), sandbox=True)
            house = await open_house(settings, ManualClock(NOW))
            try:
                await scene(Inside(house))
            finally:
                await house.close()

        asyncio.run(opened())

    return play
