"""Which accounts a platform may act on: a row in the platform's own partition for each account connected to it.

The connected account's data lives in its own partition. A connection that has ended stays, so that the account is
refused to its former platform exactly as one that never was: the answer does not say which.
"""

from dataclasses import replace
from typing import Final

from strongroom import errors
from strongroom.resources.call import Call
from strongroom.resources.caller import Caller
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Filter, Store

TABLE: Final = "connections"


def view(connection: Stored) -> Document:
    """Return what is kept of a connection; no answer shows it."""
    return connection.doc


# Not registered: on the wire an account is what an `acct_` id means. The noun is what a cursor that is none is called.
CONNECTION: Final = Kind("account", TABLE, "acct", "account", "account", view)
LIVING: Final = Filter("ended_at", "is_null", True)


async def check_connected(store: Store, caller: Caller, account: str) -> None:
    """Refuse an account that is unknown, of another platform, disconnected or deleted, all in the same words.

    Raises:
        errors.Forbidden: `account_invalid`.
    """
    row = await store.get(TABLE, caller.key_account, caller.livemode, account)
    if row is None or row.columns["ended_at"] is not None:
        raise no_access(caller, account)


def no_access(caller: Caller, account: str) -> errors.Forbidden:
    """Return the refusal of an account the key cannot act on."""
    return errors.Forbidden(
        f"The provided key '{caller.masked_key}' does not have access to account '{errors.echo(account)}' "
        "(or that account does not exist). Application access may have been revoked.",
        code="account_invalid",
    )


async def acting_on(call: Call, account: str) -> Call:
    """Return a call that acts on the account of a path.

    Raises:
        errors.Forbidden: `account_invalid`.
        errors.InvalidRequest: `Stripe-Account` names another account than the path.
    """
    if call.caller.account == account:
        return call
    if call.caller.acts_for_another:
        raise errors.InvalidRequest(
            f"The account in the path, '{errors.echo(account)}', is not the one in the Stripe-Account header."
        )
    await check_connected(call.store, call.caller, account)
    return await call.on_account(account)


async def of_platform(call: Call, platform: str) -> Call:
    """Return a call that acts on a platform's own account, whoever asked, and leaves its writes in this one."""
    acting = await call.on_account(platform)
    acting.caller = replace(acting.caller, key_account=platform)
    return acting


async def is_living(call: Call, account: str) -> bool:
    """Whether an account is connected to the one that `call` acts on, and stays so until this call has committed."""
    connection = await call.find(CONNECTION, account)
    if connection is None or connection["ended_at"] is not None:
        return False
    call.guard(connection)
    return True


def connect(call: Call, account: str) -> Stored:
    """Stage the connection of a new account to the calling platform."""
    return call.insert_row(TABLE, account, {"id": account}, created=call.now, ended_at=None)


async def end(platform: Call, account: str) -> None:
    """Stage the end of a connection; the platform's next request finds no account any more.

    Raises:
        errors.Forbidden: `account_invalid`, there is none.
    """
    connection = await platform.find(CONNECTION, account)
    if connection is None or connection["ended_at"] is not None:
        raise no_access(platform.caller, account)
    platform.change(connection, ended_at=platform.now)


def application_id(platform: str) -> str:
    """Return the id of the Connect application that a platform is: derived from its account, so it needs no row."""
    return "ca_" + platform.removeprefix("acct_")
