"""Links to pages for the holders of accounts: what each is good for, and that it is followed once.

Whoever has a link may follow it: it holds a ticket, sealed by the account's keys, that says until when and where to go
afterwards. Of a link to onboarding the account remembers that it was followed, until it would have ended anyway; whoever
follows it gets a session, a ticket of its own that lasts longer. What the page asks for is in `onboarding_forms`.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from strongroom import limits
from strongroom.domain.return_urls import as_header
from strongroom.resources.account_parts import Whole, load
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.vault import Keyring, SealBroken

TABLE: Final = "account_links"
"""What a ticket is sealed for; no table has this name, so that no row's document is ever taken for one."""

SETUP: Final = "setup"
SESSION: Final = "onboarding"
DASHBOARD: Final = "express"

ONBOARDING: Final = "account_onboarding"
UPDATE: Final = "account_update"
WEB_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>\\\x00-\x1f\x7f]+", re.ASCII)
"""What a browser may be sent to: whatever a header can hold."""

CURRENTLY: Final = "currently_due"
EVENTUALLY: Final = "eventually_due"


class Ticket(msgspec.Struct):
    """What a link is good for."""

    purpose: str
    """`setup`, `onboarding` (what following one opens) or `express`."""
    expires_at: int
    """Seconds since 1970 UTC."""
    return_url: str = ""
    refresh_url: str = ""
    type: str = ONBOARDING
    """`account_onboarding` or `account_update`."""
    fields: str = CURRENTLY
    """`currently_due` or `eventually_due`."""
    future: bool = False
    """Whether what is only due one day is asked for as well."""
    nonce: str = ""
    """What tells one link from another."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a page says of an account: paths and states, no value."""

    account: str
    charges_enabled: bool
    payouts_enabled: bool


def link(call: Call, ticket: Ticket) -> str:
    """Return the address of the page that `ticket` opens, for the account that `call` acts on."""
    account = call.caller.account
    sealed = call.keyring.seal_document(TABLE, account, msgspec.msgpack.encode(ticket))
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.base_url}/connect/{ticket.purpose}/{account}/{mode}/{text}"


def opened(keyring: Keyring, account: str, text: str) -> Ticket | None:
    """Return the ticket in a link of `account`, expired or not, or None if it is none."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(keyring.open_document(TABLE, account, sealed), type=Ticket)
    except (SealBroken, binascii.Error, ValueError, msgspec.DecodeError):
        return None


def location(url: str) -> bytes | None:
    """Return an address that a browser may be sent to as a header holds it, or None if it is no such address."""
    return as_header(url) if WEB_ADDRESS.fullmatch(url) else None


async def progress(call: Call) -> Progress:
    """Return how far the account has come.

    Raises:
        errors.Forbidden: it was deleted.
    """
    whole = await load(call)
    return Progress(
        account=whole.account.id,
        charges_enabled=whole.doc["charges_enabled"],
        payouts_enabled=whole.doc["payouts_enabled"],
    )


async def follow(call: Call, ticket: Ticket) -> str | None:
    """Note that a link to onboarding is followed, and return where it leads; None: it was followed before.

    Raises:
        errors.Forbidden: the account was deleted.
    """
    whole = await load(call)
    followed = {nonce: end for nonce, end in whole.private.get("followed", {}).items() if end > call.now}
    if ticket.nonce in followed:
        return None
    whole.note(followed={**followed, ticket.nonce: ticket.expires_at})
    whole.save(silent=True)
    return session(call, ticket)


def session(call: Call, ticket: Ticket, *, type: str | None = None) -> str:  # noqa: A002 -- the link's own word
    """Return the address at which a link's page goes on."""
    ends = call.now + limits.ONBOARDING_SESSION_SECONDS
    changed = {"purpose": SESSION, "expires_at": ends, "type": type or ticket.type}
    return link(call, msgspec.structs.replace(ticket, **changed))


def note_link(whole: Whole) -> None:
    """Note that the holder was sent to a page of ours; from then on some of the account is theirs to give."""
    if not whole.doc[PRIVATE]["linked"]:
        whole.note(linked=True)
        whole.save(silent=True)
