"""What a page needs before it runs: a session, a role, a form that came from us, perhaps the second factor again.

A page module declares its pages with `@page` and `@form`; `app` makes routes of them.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from strongroom import errors
from strongroom.dashboard import forms
from strongroom.dashboard.arrival import PREFIX, SCOPE_KEY, Arrival
from strongroom.dashboard.forms import Form
from strongroom.dashboard.visit import MODES, Visit
from strongroom.domain.roles import Act
from strongroom.house import House
from strongroom.resources import people, sessions
from strongroom.vault.people import PeopleKeys

Show = Callable[..., Awaitable[Response]]
ShowStranger = Callable[[House, Request, Arrival, Form], Awaitable[Response]]

SIGN_IN: Final = f"{PREFIX}/signin"
FACTOR: Final = f"{PREFIX}/factor"
CONFIRM: Final = f"{PREFIX}/confirm"
_OWN_ADDRESS: Final = re.compile(
    r"/dashboard(?:/(?!\.\.?(?:[/?]|$))[\w.~-]+)*/?(?:\?[\w.~&=%+-]*)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page or form target of somebody who is signed in."""

    path: str
    method: str
    show: Show
    act: Act | None
    """What the role must allow; None: nothing, it is about the visitor alone."""
    step_up: bool
    """Whether the second factor must have been shown just now."""
    enrolling: bool
    """Whether it is for those who have no second factor yet."""


_pages: list[Page] = []


def page(
    path: str, *, act: Act | None = Act.READ, step_up: bool = False, enrolling: bool = False
) -> Callable[[Show], Show]:
    """Register what is shown at a path below the dashboard's."""
    return _registrar(path, "GET", act, step_up, enrolling)


def form(
    path: str, *, act: Act | None, step_up: bool = False, enrolling: bool = False
) -> Callable[[Show], Show]:
    """Register what a form is sent to. It has the session's token, checked before anything else is."""
    return _registrar(path, "POST", act, step_up, enrolling)


def _registrar(
    path: str, method: str, act: Act | None, step_up: bool, enrolling: bool
) -> Callable[[Show], Show]:
    def register(show: Show) -> Show:
        _pages.append(Page(PREFIX + path, method, show, act, step_up, enrolling))
        return show

    return register


def all_pages() -> list[Page]:
    """Return every page that was registered."""
    return list(_pages)


def routes(house: House) -> list[Route]:
    """Return a route for every page. Of two that fit an address, the one that spells it out comes first."""
    ordered = sorted(_pages, key=lambda one: ["{" in part for part in one.path.split("/")])
    return [Route(one.path, _endpoint(house, one), methods=[one.method]) for one in ordered]


def arrival_of(request: Request) -> Arrival:
    """Return what the edge said of the request."""
    arrival: Arrival = request.scope[SCOPE_KEY]
    return arrival


def cookie_name(house: House, arrival: Arrival) -> str:
    """Return the session cookie's name. Without TLS it has the port in it: cookies do not tell ports apart."""
    return "__Host-strongroom" if arrival.over_tls else f"strongroom_{house.settings.port}"


def own_address(text: str) -> str:
    """Return an address if it is one of a page of ours, or else the first page's."""
    return text if _OWN_ADDRESS.fullmatch(text) else f"{PREFIX}/test"


def check_secure(arrival: Arrival) -> None:
    """Refuse what comes in clear from another machine.

    Raises:
        errors.Forbidden: it does.
    """
    if not arrival.is_secure:
        raise errors.Forbidden("The dashboard is only shown over TLS, or on the machine itself.")


def _endpoint(house: House, one: Page) -> Callable[[Request], Awaitable[Response]]:
    async def run(request: Request) -> Response:
        arrival = arrival_of(request)
        arrival.route = f"{one.method} {one.path}"
        check_secure(arrival)
        found = await _visit(house, request, arrival)
        if found is None:
            return _to(SIGN_IN, request)
        return await _shown(found, one)

    return run


async def _shown(visit: Visit, one: Page) -> Response:
    if one.method == "POST":
        forms.check_origin(visit.request)
        visit.form = await forms.read(visit.request)
        if not PeopleKeys(visit.house.vault).form_token_holds(visit.secret, visit.form.text("token")):
            raise errors.Forbidden(
                "This form is not of your session any more. Go back, reload the page and try again."
            )
    missing = visit.person is not None and visit.session.doc["factor_at"] is None
    if missing != one.enrolling:
        return RedirectResponse(FACTOR if missing else f"{PREFIX}/test", status_code=303)
    if one.act is not None:
        visit.check(one.act)
    if one.step_up and not visit.is_fresh:
        return _to(CONFIRM, visit.request)
    names = {name: value for name, value in visit.request.path_params.items() if name != "mode"}
    return await one.show(visit, **names)


def _to(path: str, request: Request) -> Response:
    """Send the browser to a page that sends it back afterwards: to the page itself or, from a form, to where it was."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "POST":
        back = request.query_params.get("from", f"{PREFIX}/test")
    return RedirectResponse(f"{path}?next={quote(own_address(back), safe='')}", status_code=303)


async def _visit(house: House, request: Request, arrival: Arrival) -> Visit | None:
    mode = request.path_params.get("mode", MODES[0])
    if mode not in MODES:
        raise errors.InvalidRequest("There is no such page.", status=404)
    secret = request.cookies.get(cookie_name(house, arrival), "")
    session = await sessions.find(house, secret) if secret else None
    if session is None:
        return None
    person = None
    if session["holder"] != sessions.KEY_HOLDER:
        call = await people.call_on(house, session.row.account)
        person = await call.find(people.PERSON, session["holder"])
        if person is None or person.doc["disabled_at"] is not None:
            return None
    arrival.account = session.row.account
    return Visit(house, request, arrival, secret, session, person, mode, Form(()))


def stranger(house: House, show: ShowStranger) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a page for those who are not signed in."""

    async def run(request: Request) -> Response:
        arrival = arrival_of(request)
        arrival.route = f"{request.method} {request.url.path}"
        check_secure(arrival)
        sent: Any = Form(())
        if request.method == "POST":
            forms.check_origin(request)
            sent = await forms.read(request)
        return await show(house, request, arrival, sent)

    return run
