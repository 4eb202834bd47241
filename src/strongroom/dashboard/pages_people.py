"""The people of an account: who they are, what they may do; adding them, changing their roles, ending their access."""

from starlette.responses import Response

from strongroom import errors
from strongroom.dashboard.acting import Deed
from strongroom.dashboard.pages_sign_in import on_people
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import ROLES, Act, may_give
from strongroom.resources import people, sessions
from strongroom.resources.kind import Stored


@page("/{mode}/people", act=Act.PEOPLE)
async def show(visit: Visit) -> Response:
    """List everybody."""
    return await _people_page(visit)


async def _people_page(
    visit: Visit,
    *,
    invitation: people.Invitation | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    found = await people.list_all(await people.call_on(visit.house, visit.account))
    shown = [
        {
            **people.view(one),
            "created": one["created"],
            "disabled": one.doc["disabled_at"] is not None,
            "pending": one.doc["password"] is None,
            "may_change": _may_change(visit, one),
        }
        for one in found
    ]
    roles = [role for role in ROLES if may_give(visit.role, role)]
    form = visit.form
    return visit.page(
        "people.html",
        people=shown,
        roles=roles,
        invitation=invitation,
        email="" if invitation else form.text("email"),
        name="" if invitation else form.text("name"),
        problem=problem,
        status=status,
    )


def _may_change(visit: Visit, person: Stored) -> bool:
    """Nobody changes their own access: a mistake could not be undone, and a thief of the session could not be stopped."""
    is_self = visit.person is not None and visit.person.id == person.id
    return not is_self and may_give(visit.role, "support", person.doc["role"])


@form("/{mode}/people", act=Act.PEOPLE, step_up=True)
async def add(visit: Visit) -> Response:
    """Add a person, and show the secret with which they set themselves up."""
    role = visit.form.text("role")

    async def work(deed: Deed) -> people.Invitation:
        if not may_give(visit.role, role):
            raise errors.ParameterRefused("You cannot give this role.", param="role")
        invitation = await people.invite(
            deed.call, email=visit.form.text("email"), name=visit.form.text("name"), role=role
        )
        deed.note("user.created", invitation.person.id, role=role)
        return invitation

    try:
        invitation = await on_people(visit, work)
    except errors.ParameterRefused as refusal:
        return await _people_page(visit, problem=refusal.message, status=refusal.http_status)
    return await _people_page(visit, invitation=invitation)


@form("/{mode}/people/{person}", act=Act.PEOPLE, step_up=True)
async def change(visit: Visit, person: str) -> Response:
    """Give a person another role, end their access, or let them in again."""
    wanted, role = visit.form.text("do"), visit.form.text("role")

    async def work(deed: Deed) -> None:
        found = await _changeable(deed, visit, person)
        if wanted == "role":
            _give(deed, visit, found, role)
        elif wanted == "disable":
            people.change(deed.call, found, disabled_at=deed.call.now)
            await sessions.end_all(deed.call, person)
            deed.note("user.disabled", person)
        else:
            people.change(deed.call, found, disabled_at=None)
            deed.note("user.enabled", person)

    await on_people(visit, work)
    return visit.go("/people", done="person_changed")


async def _changeable(deed: Deed, visit: Visit, person: str) -> Stored:
    found = await deed.call.load(people.PERSON, person, param="user", in_path=True)
    if not _may_change(visit, found):
        raise errors.Forbidden("You cannot change this person's access.")
    return found


def _give(deed: Deed, visit: Visit, person: Stored, role: str) -> None:
    if not may_give(visit.role, role, person.doc["role"]):
        raise errors.Forbidden("You cannot give this role.")
    people.change(deed.call, person, role=role)
    deed.note("user.role_changed", person.id, before=person.doc["role"], after=role)


@form("/{mode}/people/{person}/reset", act=Act.PEOPLE, step_up=True)
async def reset(visit: Visit, person: str) -> Response:
    """Let a person who lost their factor set themselves up anew. It takes somebody else to do this."""

    async def work(deed: Deed) -> people.Invitation:
        found = await _changeable(deed, visit, person)
        await sessions.end_all(deed.call, person)
        deed.note("user.reset", person)
        return await people.reset(deed.call, found)

    return await _people_page(visit, invitation=await on_people(visit, work))
