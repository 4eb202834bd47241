"""How far the clocks of sandbox accounts are ahead of the machine's.

A test that may not wait for days moves its account's clock. Each account has one of its own, so that tests which work in
accounts of their own do not disturb each other. It never goes back, and survives the process: it is a row.

What is due is written down in the machine's time, whichever account it is for: whoever looks for it across accounts
compares with one clock. Moving an account's clock makes everything that the account waits for due that much earlier.

On several processes the memory of one may be older than what another has just committed. So whoever moves a clock is told
that it is done only once every process has looked again.
"""

import asyncio
from typing import Final

from strongroom.store import Store

TABLE: Final = "sandbox_clocks"
ROW: Final = "clock"
EVERY_SECONDS: Final = 0.2
MARGIN_SECONDS: Final = 0.1
BATCH: Final = 500


class AccountClocks:
    """What one process knows of them."""

    def __init__(self, store: Store, *, is_shared: bool) -> None:
        """Begin with every clock as the machine's.

        Args:
            store: where they are kept.
            is_shared: whether other processes may move them as well.
        """
        self._store = store
        self._is_shared = is_shared
        self._ahead: dict[str, int] = {}

    def ahead(self, account: str, *, livemode: bool) -> int:
        """Return how many seconds an account's clock is ahead; live mode has no other than the machine's."""
        return 0 if livemode else self._ahead.get(account, 0)

    def moved(self, account: str, ahead: int) -> None:
        """Remember what was committed."""
        self._ahead[account] = max(ahead, self._ahead.get(account, 0))

    async def look(self, account: str, *, livemode: bool) -> None:
        """Read how one clock stands, once something of the account was found that is due.

        What is due was read before: if moving the clock is what made it due, the clock is now seen to have moved.
        """
        row = None if livemode else await self._store.get(TABLE, account, False, ROW)
        if row is not None:
            self.moved(account, row.columns["ahead"])

    async def read(self) -> None:
        """Read how every clock stands."""
        after = 0
        while rows := await self._store.scan(TABLE, after, BATCH):
            for row in rows:
                self.moved(row.account, row.columns["ahead"])
            after = rows[-1].seq

    async def follow(self) -> None:
        """Keep up with other processes until cancelled; alone there is nothing to keep up with."""
        while self._is_shared:
            await asyncio.sleep(EVERY_SECONDS)
            await self.read()

    async def told(self) -> None:
        """Return once other processes have heard of what was committed."""
        if self._is_shared:
            await asyncio.sleep(EVERY_SECONDS + MARGIN_SECONDS)
