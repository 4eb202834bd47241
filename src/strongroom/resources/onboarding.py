"""What the holder of an account does on a page of ours: accept the terms, after which nobody else needs to.

Whoever has a link may use it: it holds a ticket, sealed by the account's keys, that says until when and where to go
afterwards. Nothing of a link is stored.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

import msgspec

from strongroom.resources.account_parts import Whole, load
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.vault import Keyring, SealBroken

TABLE: Final = "account_links"
"""What a ticket is sealed for; no table has this name, so that no row's document is ever taken for one."""

SETUP: Final = "setup"
DASHBOARD: Final = "express"


class Ticket(msgspec.Struct):
    """What a link is good for."""

    purpose: str
    """`setup` or `express`."""
    expires_at: int
    """Seconds since 1970 UTC."""
    return_url: str = ""
    refresh_url: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a page says of an account: paths and states, no value."""

    account: str
    currently_due: list[str]
    has_accepted: bool
    charges_enabled: bool
    payouts_enabled: bool


def link(call: Call, ticket: Ticket) -> str:
    """Return the address of the page that `ticket` opens, for the account that `call` acts on."""
    account = call.caller.account
    sealed = call.keyring.seal_document(TABLE, account, msgspec.msgpack.encode(ticket))
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.own_address}/connect/{ticket.purpose}/{account}/{mode}/{text}"


def opened(keyring: Keyring, account: str, text: str) -> Ticket | None:
    """Return the ticket in a link of `account`, expired or not, or None if it is none."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(keyring.open_document(TABLE, account, sealed), type=Ticket)
    except (SealBroken, binascii.Error, ValueError, msgspec.DecodeError):
        return None


async def progress(call: Call) -> Progress:
    """Return how far the account has come.

    Raises:
        errors.Forbidden: it was deleted.
    """
    whole = await load(call)
    return Progress(
        account=whole.account.id,
        currently_due=list(whole.doc["requirements"]["currently_due"]),
        has_accepted=whole.doc["tos_acceptance"].get("date") is not None,
        charges_enabled=whole.doc["charges_enabled"],
        payouts_enabled=whole.doc["payouts_enabled"],
    )


async def accept_terms(call: Call, user_agent: str) -> None:
    """Note that the holder accepted the terms: now, from where, and with what."""
    whole: Whole = await load(call)
    old = whole.doc["tos_acceptance"]
    if old.get("date") is not None:
        return
    accepted = {"date": call.now, "ip": call.origin.client_ip, "user_agent": user_agent or None}
    whole.doc = {**whole.doc, "tos_acceptance": {**old, **accepted}}
    whole.save()


def note_link(whole: Whole) -> None:
    """Note that the holder was sent to a page of ours; from then on some of the account is theirs to give."""
    if not whole.doc[PRIVATE]["linked"]:
        whole.note(linked=True)
        whole.save(silent=True)
