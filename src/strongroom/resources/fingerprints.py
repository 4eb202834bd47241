"""The public fingerprint of a number: the same for the same number in one platform and mode, random otherwise.

The vault's keyed MAC finds it; what clients see is a random string mapped to that MAC, so the MAC's key can rotate.
"""

from typing import Final

from strongroom import ids
from strongroom.resources.call import Call
from strongroom.secret import Secret
from strongroom.store import Row

TABLE: Final = "fingerprints"
LENGTH: Final = 16
REMEMBERED_MAX: Final = 20_000

# Committed mappings never change, so remembering them needs no invalidation; only forgetting, when there are many.
_remembered: dict[tuple[str, bool, str], str] = {}


async def fingerprint(call: Call, kind: str, canonical: Secret[str]) -> str:
    """Return the fingerprint of `canonical`, staging a new one if the account has not seen the number.

    Two requests that bring a new number at once both stage one; the second commit is rejected and finds the first's.
    """
    # A platform and the accounts connected to it know a number by the same mark, as clients of the real API see.
    scope, livemode = call.caller.key_account, call.caller.livemode
    mac = call.keyring.fingerprint_mac(kind, canonical, scope).hex()
    known = _remembered.get((scope, livemode, mac))
    if known is not None:
        return known
    row = await call.store.get(TABLE, scope, livemode, mac)
    if row is None:
        return _stage(call, scope, livemode, mac)
    if len(_remembered) >= REMEMBERED_MAX:
        _remembered.clear()
    found: str = row.columns["fingerprint"]
    _remembered[scope, livemode, mac] = found
    return found


def _stage(call: Call, scope: str, livemode: bool, mac: str) -> str:
    for staged in call.writes.inserts:
        if staged.table == TABLE and staged.id == mac:
            already: str = staged.columns["fingerprint"]
            return already
    fresh = ids.random_base62(LENGTH)
    call.writes.inserts.append(Row(TABLE, scope, livemode, mac, 0, 0, {"fingerprint": fresh}, b""))
    return fresh
