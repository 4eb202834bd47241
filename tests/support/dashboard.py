"""Operations that only a dashboard has, run beside the server on the same data, as its own process would."""

import asyncio

from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind, sandbox_account, sandbox_country
from strongroom.store import Rejected

NOBODY = Origin(request_id=None, idempotency_key=None, client_ip=None, path="")


class Dashboard:
    """The dashboard of the account that a sandbox key's name stands for."""

    def __init__(self, server, name, *, livemode=False):
        registry.load()
        self.settings = Settings(server.data_dir, database=server.database, sandbox=True)
        account = sandbox_account(name)
        self.caller = Caller(
            account, livemode, KeyKind.SECRET, account, masked_key="", country=sandbox_country(name)
        )

    def __call__(self, operation, *values, **named):
        """Run an operation as often as its commit is rejected, and return what it returned."""
        return asyncio.run(self._run(operation, values, named))

    async def _run(self, operation, values, named):
        house = await open_house(self.settings, exclusive=False)
        try:
            while True:
                keyring = await house.keyring(self.caller.account, self.caller.livemode)
                call = Call(house, self.caller, NOBODY, keyring)
                answer = await operation(call, *values, **named)
                try:
                    await house.store.commit(call.writes)
                except Rejected:
                    continue
                return answer
        finally:
            await house.close()
