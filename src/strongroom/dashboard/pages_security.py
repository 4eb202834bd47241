"""The visitor's own access: password, recovery codes, sessions."""

from starlette.responses import Response

from strongroom import errors, limits
from strongroom.dashboard.acting import Deed
from strongroom.dashboard.pages_sign_in import on_people
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.resources import people, sessions
from strongroom.vault import passwords


@page("/{mode}/security", act=None)
async def show(visit: Visit) -> Response:
    """Show the visitor's sessions and what they sign in with."""
    return await _security_page(visit)


async def _security_page(visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
    call = await people.call_on(visit.house, visit.account)
    found = await sessions.list_of(call, visit.session["holder"])
    shown = [
        {
            **one.doc,
            "id": one.id,
            "created": one["created"],
            "seen_at": one["seen_at"],
            "own": one.id == visit.session.id,
        }
        for one in found
    ]
    left = 0 if visit.person is None else sum(bool(kept) for kept in visit.person.doc["recovery"])
    return visit.page(
        "security.html",
        sessions=shown,
        codes_left=left,
        minimum=limits.PASSWORD_LENGTH_MIN,
        problem=problem,
        status=status,
    )


@form("/{mode}/security/password", act=None, step_up=True)
async def change_password(visit: Visit) -> Response:
    """Choose another password; every other session of the visitor ends."""

    async def work(deed: Deed) -> None:
        person = await deed.call.load(people.PERSON, _own_id(visit), param="user")
        await people.set_password(deed.call, person, visit.form.secret("password"))
        await sessions.end_all(deed.call, person.id, but=visit.session.id)
        deed.note("user.password_set", person.id)

    try:
        await on_people(visit, work)
    except errors.ParameterRefused as refusal:
        return await _security_page(visit, problem=refusal.message, status=refusal.http_status)
    return visit.go("/security", done="password_changed")


def _own_id(visit: Visit) -> str:
    if visit.person is None:
        raise errors.InvalidRequest("A key has neither password nor recovery codes.")
    return visit.person.id


@form("/{mode}/security/recovery", act=None, step_up=True)
async def renew_codes(visit: Visit) -> Response:
    """Make ten new recovery codes; the old ones end."""
    own_id = _own_id(visit)
    codes, kept = await passwords.new_recovery_codes()

    async def work(deed: Deed) -> None:
        person = await deed.call.load(people.PERSON, own_id, param="user")
        people.change(deed.call, person, recovery=kept)
        deed.note("user.recovery_renewed", person.id)

    await on_people(visit, work)
    return visit.page("recovery.html", codes=codes)


@form("/{mode}/security/sessions/{session}/end", act=None)
async def end_session(visit: Visit, session: str) -> Response:
    """End one of the visitor's sessions."""

    async def work(deed: Deed) -> None:
        found = await deed.call.load(sessions.SESSION, session, param="session", in_path=True)
        if found["holder"] != visit.session["holder"]:
            raise errors.resource_missing("session", session, param="session", in_path=True)
        sessions.end(deed.call, found)
        deed.note("session.ended", found["holder"])

    await on_people(visit, work)
    return visit.go("/security", done="session_ended")
