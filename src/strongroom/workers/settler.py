"""Checks whose results come later: seconds after a write, the accounts that are waiting for them are assessed again.

An account says when it is due (`verify_at`). On PostgreSQL several processes may settle at once: of those that settle
one account, one commits, and the others find it changed.
"""

import asyncio
import logging
from typing import Final

from strongroom.house import House
from strongroom.resources import account_parts
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.store import Rejected, Row

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 0.25
BATCH: Final = 100
NOBODY: Final = Origin(request_id=None, idempotency_key=None, client_ip=None, path="")
"""Events that no request caused name none."""


async def settle_forever(house: House) -> None:
    """Settle what is due, several times a second, until cancelled. A fault is tried again at the next turn."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await settle(house)
        except Exception as fault:  # noqa: BLE001 -- whatever it is, the next turn tries again, and the log has said so
            log.warning("settling failed: %s", type(fault).__name__)


async def settle(house: House) -> int:
    """Settle every account that is due, and return how many were."""
    settled = 0
    for row in await house.store.scan_due(account_parts.ACCOUNT.table, "verify_at", house.clock.now(), BATCH):
        settled += await settle_one(house, row)
    return settled


async def settle_one(house: House, row: Row) -> bool:
    """Settle an account, and return whether that was done: nobody was faster, and it could be."""
    try:
        return await _settle_one(house, row)
    except Exception as fault:  # noqa: BLE001 -- one account that cannot be settled must not keep the others waiting
        log.warning("settling %s failed: %s", row.id, type(fault).__name__)
        return False


async def _settle_one(house: House, row: Row) -> bool:
    keyring = await house.keyring(row.account, row.livemode)
    platform = row.columns["platform"] or row.account
    caller = Caller(row.account, row.livemode, KeyKind.SECRET, platform, masked_key="")
    await house.clocks.look(platform, livemode=row.livemode)
    call = Call(house, caller, NOBODY, keyring, due_at=row.columns["verify_at"])
    whole = await account_parts.load(call)
    if whole.account.columns["verify_at"] != row.columns["verify_at"]:
        # Somebody has changed it, or moved its clock; if it still waits for anything, it is due again.
        return False
    whole.settle()
    try:
        await house.store.commit(call.writes)
    except Rejected:
        # A request has changed it; if it still waits for anything, it is due again.
        return False
    return True
