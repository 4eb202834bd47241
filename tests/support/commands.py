"""What tests of the command line share: what a command said, and the same store opened in this process."""

import asyncio

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.http.request import Request
from strongroom.resources import keys
from strongroom.resources.caller import KeyKind

NOW = 1_800_000_000


def said(result):
    """The one line on standard error of a command that was refused."""
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line.removeprefix("strongroom: ")


def usage_error(result):
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1].removeprefix("Error: ")


def in_house(folder, scene, clock=None, **options):
    """Run `scene(house)` in this process, on an account that exists."""

    async def run():
        house = await open_house(Settings(folder / "data", **options), clock or ManualClock(NOW))
        try:
            return await scene(house)
        finally:
            await house.close()

    return asyncio.run(run())


async def new_key(house, **options):
    """Make an account and a secret key of it; return the key and its row."""
    account = await keys.create_account(house)
    made = await keys.create_key(house, account, KeyKind.SECRET, livemode=False, **options)
    return made, await keys.find_key(house, made.id)


def call_with(key):
    return Request(
        method="GET",
        path="/v1/customers",
        query=b"",
        headers={b"authorization": b"Bearer " + key.encode()},
        client_ip=None,
        is_secure=True,
    )
