"""The Connect application that a platform is, as far as events speak of it."""

from typing import Final

from strongroom.resources.call import Call
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Row


def view(application: Stored) -> Document:
    """Return the application's fields."""
    return application.doc


# Not registered: an application is never loaded, its id follows from its account's.
APPLICATION: Final = Kind("application", "accounts", "ca", "application", "application", view)


def announce_application(acting: Call, event_type: str) -> None:
    """Emit, in the connected account, that the platform's application was let in or shut out."""
    caller = acting.caller
    app = application_id(caller.key_account)
    row = Row(APPLICATION.table, caller.account, caller.livemode, app, 0, 0, {}, b"")
    acting.emit(event_type, APPLICATION, Stored(row, {"id": app, "object": "application", "name": None}))
