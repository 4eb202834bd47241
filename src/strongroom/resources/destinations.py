"""Whom a platform can pass money on to: accounts connected to it that are able to receive it."""

from typing import Final

from strongroom import errors
from strongroom.resources import connections
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.resources.standing import statuses

CAPABILITY: Final = "transfers"


async def check_destination(call: Call, destination: str, *, param: str) -> Call:
    """Return a call that acts on an account that can be paid; the write set depends on it staying connected.

    Args:
        call: the platform's.
        destination: the account.
        param: the parameter that names it.

    Raises:
        errors.InvalidRequest: it is not connected, the caller's own, or not able to receive transfers.
    """
    if destination == call.caller.account:
        raise errors.InvalidRequest(
            "The destination of a transfer cannot be the account itself.", param=param
        )
    if not await connections.is_living(call, destination):
        raise errors.resource_missing("destination", destination, param=param)
    acting = await call.on_account(destination)
    account = await acting.find(ACCOUNT, destination)
    if account is not None and statuses(account.doc).get(CAPABILITY) != "active":
        raise errors.InvalidRequest(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
            param=param,
        )
    return acting
