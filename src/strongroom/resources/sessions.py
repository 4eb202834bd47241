"""Sessions of the dashboard: a random secret in a cookie, its MAC in a row.

A session ends fifteen minutes after it was last used, twelve hours after it began, when it is ended, and when what its
holder signs in with changes. It lies beside the account's people, in the live partition.
"""

from typing import Any, Final

import msgspec

from strongroom import ids, limits
from strongroom.house import House
from strongroom.resources import people
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Filter, Rejected, Row
from strongroom.vault.passwords import new_session_secret
from strongroom.vault.people import PeopleKeys

TABLE: Final = "sessions"
LISTED_MAX: Final = 100
KEY_HOLDER: Final = "key"
"""Who holds a session that was opened with the account's key."""


def view(session: Stored) -> Document:
    """Return the session's fields."""
    return session.doc


SESSION: Final = Kind("session", TABLE, "ses", "session", "session", view)


def begin(call: Call, holder: str, **fields: Any) -> tuple[str, Stored]:
    """Stage a session and return the secret of its cookie, which is kept nowhere.

    Args:
        call: a call on the account's people.
        holder: a person's id, or `KEY_HOLDER`.
        fields: what is remembered: `name`, `livemode`, `country`, `factor_at` (seconds; None while the second factor
            is still to be made), `ip`, `agent`.
    """
    secret = new_session_secret()
    mac = PeopleKeys(call.vault).session_mac(secret)
    doc = {
        "name": "",
        "livemode": False,
        "country": "US",
        "factor_at": None,
        "ip": None,
        "agent": "",
        **fields,
    }
    session_id = ids.new(SESSION.prefix)
    row = call.insert_row(TABLE, session_id, doc, mac=mac, created=call.now, holder=holder, seen_at=call.now)
    return secret, row


async def find(house: House, secret: str) -> Stored | None:
    """Return the living session that a cookie names, and note that it is in use; None if there is none."""
    row = await house.store.find(TABLE, "mac", PeopleKeys(house.vault).session_mac(secret))
    if row is None or _has_ended(row.columns, house.clock.now()):
        return None
    call = await people.call_on(house, row.account)
    session = call.open(row)
    if call.now - session["seen_at"] < limits.SESSION_TOUCH_SECONDS:
        return session
    return await _touch(house, call, session)


def _has_ended(columns: dict[str, Any], now: int) -> bool:
    """Whether nobody has used it for too long, or it began too long ago."""
    ends = columns["seen_at"] + limits.SESSION_IDLE_SECONDS, columns["created"] + limits.SESSION_SECONDS
    return bool(min(ends) <= now)


async def _touch(house: House, call: Call, session: Stored) -> Stored | None:
    """Note the use. If another request has just changed the row, what it says now counts."""
    touched = call.change(session, seen_at=call.now)
    try:
        await house.store.commit(call.writes)
    except Rejected:
        pass
    else:
        return Stored(_stored(touched), touched.doc)
    now = await people.call_on(house, session.row.account)
    return await now.find(SESSION, session.id)


def _stored(session: Stored) -> Row:
    """Return the row as the commit left it: one version further."""
    return msgspec.structs.replace(session.row, version=session.row.version + 1)


def confirm(call: Call, session: Stored) -> Stored:
    """Stage that the second factor was shown now."""
    return call.change(session, {**session.doc, "factor_at": call.now})


def end(call: Call, session: Stored) -> None:
    """Stage the end of a session."""
    call.delete(session)


async def list_of(call: Call, holder: str) -> list[Stored]:
    """Return a holder's living sessions, newest first."""
    found, _ = await call.page(SESSION, {"limit": LISTED_MAX}, [Filter("holder", "eq", holder)])
    return [one for one in found if not _has_ended(one.row.columns, call.now)]


async def end_all(call: Call, holder: str, *, but: str | None = None) -> None:
    """Stage the end of a holder's sessions, of one less if `but` names it."""
    found, _ = await call.page(SESSION, {"limit": LISTED_MAX}, [Filter("holder", "eq", holder)])
    for session in found:
        if session.id != but:
            end(call, session)
