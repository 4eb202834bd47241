"""What tests of the command line share: what a command said, and the same store opened in this process."""

import asyncio
import subprocess

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.http.request import Request
from strongroom.resources import keys
from strongroom.resources.caller import KeyKind
from support.connect import eventually
from support.server import STRONGROOM

NOW = 1_800_000_000


class Listening:
    """A running `strongroom listen`, and the lines it has printed."""

    def __init__(self, path, words):
        self.path = path
        with path.open("wb") as out:
            self.process = subprocess.Popen(
                [STRONGROOM, "listen", *words], stdout=out, stderr=subprocess.STDOUT
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    @property
    def lines(self):
        return self.path.read_text().splitlines()

    def until(self, *, lines):
        seen = eventually(lambda: self.lines, until=lambda found: len(found) >= lines)
        assert len(seen) == lines
        return seen

    @property
    def secret(self):
        return self.lines[0].partition("signing secret is ")[2].split()[0]


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
