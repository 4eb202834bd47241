"""Addresses of pages that whoever was given one may see: each ends in a token that nobody can guess."""

import secrets
from typing import Final

from strongroom import ids
from strongroom.resources.call import Call

TOKEN_LENGTH: Final = 32
RECEIPTS: Final = "receipts"
MANDATES: Final = "mandates"


def secret_address(call: Call, folder: str, object_id: str) -> str:
    """Return a new address of an object's page, which the object keeps.

    Args:
        call: acts on the object's account.
        folder: `receipts` or `mandates`.
        object_id: what the page is about.
    """
    token = ids.random_base62(TOKEN_LENGTH)
    return f"{address_of(call, folder, object_id)}/{token}"


def address_of(call: Call, folder: str, object_id: str) -> str:
    """Return where the pages of an object are, without what only those know who were given one."""
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.base_url}/{folder}/{call.caller.account}/{mode}/{object_id}"


def opens(address: str | None, token: str) -> bool:
    """Whether `token` is what an address that was given out ends in."""
    known = (address or "").rpartition("/")[2]
    return bool(known) and secrets.compare_digest(known.encode(), token.encode())
