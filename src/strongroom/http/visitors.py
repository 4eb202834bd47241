"""Whoever follows an address of ours without a key: looking makes nothing."""

from strongroom.house import House
from strongroom.vault import AccountShredded, Keyring, SealBroken


async def keyring_of(house: House, account: str, *, livemode: bool) -> Keyring | None:
    """Return the keys of an account, or None if there is no such account: in the sandbox, too, none is made."""
    if not await house.key_store.account_keys(account, livemode):
        return None
    try:
        return await house.keyring(account, livemode)
    except (AccountShredded, SealBroken):
        return None
