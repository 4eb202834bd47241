"""Coming in: signing in, setting oneself up with a one-time secret, and the second factor.

The factor is made once, and shown again before what could hurt.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from strongroom import errors, limits
from strongroom.dashboard import acting
from strongroom.dashboard.acting import Deed
from strongroom.dashboard.arrival import PREFIX, Arrival
from strongroom.dashboard.forms import Form
from strongroom.dashboard.rendering import render
from strongroom.dashboard.routes import (
    FACTOR,
    SIGN_IN,
    cookie_name,
    form,
    own_address,
    page,
    stranger,
)
from strongroom.dashboard.visit import Visit
from strongroom.house import House
from strongroom.resources import people, sessions, sign_in
from strongroom.resources.audit import Actor
from strongroom.resources.call import Call
from strongroom.resources.kind import Stored
from strongroom.vault import passwords, totp

T = TypeVar("T")

ISSUER: Final = "Strongroom"
AGENT_LENGTH_MAX: Final = 200
# Refusals leave on the beat of this many seconds, so that how long the work took says nothing of what was wrong.
BEAT_SECONDS: Final = 0.5

_failures: Final = sign_in.Failures()


def stranger_routes(house: House) -> list[Route]:
    """Return the routes of the pages that need no session."""
    return [
        Route(SIGN_IN, stranger(house, _show_sign_in), methods=["GET"]),
        Route(SIGN_IN, stranger(house, _sign_in), methods=["POST"]),
        Route(f"{PREFIX}/setup", stranger(house, _show_setup), methods=["GET"]),
        Route(f"{PREFIX}/setup", stranger(house, _set_up), methods=["POST"]),
    ]


# -- signing in -------------------------------------------------------------------------------------------------------


async def _show_sign_in(house: House, request: Request, _: Arrival, __: Form) -> Response:
    return _sign_in_page(house, own_address(request.query_params.get("next", "")))


def _sign_in_page(
    house: House, back: str, *, problem: str | None = None, email: str = "", status: int = 200
) -> Response:
    context = {"sandbox": house.settings.sandbox, "next": back, "problem": problem, "email": email}
    return render("sign_in.html", context, status=status)


async def _sign_in(house: House, request: Request, arrival: Arrival, sent: Form) -> Response:
    back = own_address(sent.text("next"))
    try:
        _failures.check(arrival.client_ip, house.clock.now())
        if house.settings.sandbox and sent.has("key"):
            return await _with_key(house, request, arrival, sent, back)
        return await _on_the_beat(_with_password(house, request, arrival, sent, back))
    except errors.ApiError as refusal:
        if not isinstance(refusal, errors.RateLimited):
            _failures.note(arrival.client_ip, house.clock.now())
        return _sign_in_page(
            house, back, problem=refusal.message, email=sent.text("email"), status=refusal.http_status
        )


async def _on_the_beat(work: Awaitable[T]) -> T:
    """Do the work; if it refuses, do so on the beat."""
    started = time.monotonic()
    try:
        return await work
    except errors.ApiError:
        await asyncio.sleep(BEAT_SECONDS - (time.monotonic() - started) % BEAT_SECONDS)
        raise


async def _with_key(house: House, request: Request, arrival: Arrival, sent: Form, back: str) -> Response:
    holder = await sign_in.with_key(house, sent.text("key"))
    mode = "live" if holder.livemode else "test"

    async def work(deed: Deed) -> str:
        secret, _ = sessions.begin(
            deed.call,
            sessions.KEY_HOLDER,
            name=holder.masked,
            livemode=holder.livemode,
            country=holder.country,
            factor_at=deed.call.now,
            **_origin(request, arrival),
        )
        deed.note("session.started")
        return secret

    actor = Actor(holder.masked, arrival.client_ip, arrival.request_id)
    secret = await acting.commit(
        house, holder.account, actor, lambda: people.call_on(house, holder.account), work, mode=mode
    )
    if back == f"{PREFIX}/test":
        back = f"{PREFIX}/{mode}"
    return _welcomed(house, arrival, secret, back)


async def _with_password(house: House, request: Request, arrival: Arrival, sent: Form, back: str) -> Response:
    actor = Actor("", arrival.client_ip, arrival.request_id)
    person = await sign_in.with_password(
        house, sent.text("email"), sent.secret("password"), sent.secret("code"), actor
    )
    call = await people.call_on(house, person.row.account)
    missing = sign_in.factor_missing(person)
    secret, _ = sessions.begin(
        call, person.id, factor_at=None if missing else call.now, **_origin(request, arrival)
    )
    await house.store.commit(call.writes)
    return _welcomed(house, arrival, secret, FACTOR if missing else back)


def _origin(request: Request, arrival: Arrival) -> dict[str, str | None]:
    agent = request.headers.get("user-agent", "")[:AGENT_LENGTH_MAX]
    return {"ip": arrival.client_ip, "agent": agent}


def _welcomed(house: House, arrival: Arrival, secret: str, back: str) -> Response:
    response = RedirectResponse(back, status_code=303)
    response.set_cookie(
        cookie_name(house, arrival), secret, path="/", secure=arrival.over_tls, httponly=True, samesite="lax"
    )
    return response


# -- setting oneself up -----------------------------------------------------------------------------------------------


async def _show_setup(_: House, __: Request, ___: Arrival, ____: Form) -> Response:
    return _setup_page()


def _setup_page(*, problem: str | None = None, email: str = "", status: int = 200) -> Response:
    context = {"problem": problem, "email": email, "minimum": limits.PASSWORD_LENGTH_MIN}
    return render("setup.html", context, status=status)


async def _set_up(house: House, request: Request, arrival: Arrival, sent: Form) -> Response:
    try:
        _failures.check(arrival.client_ip, house.clock.now())
        return await _on_the_beat(_with_setup_secret(house, request, arrival, sent))
    except errors.ApiError as refusal:
        if isinstance(refusal, people.SignInRefused):
            _failures.note(arrival.client_ip, house.clock.now())
        message = (
            "That is not right, or it has ended. Check the e-mail address and the set-up secret."
            if isinstance(refusal, people.SignInRefused)
            else refusal.message
        )
        return _setup_page(problem=message, email=sent.text("email"), status=refusal.http_status)


async def _with_setup_secret(house: House, request: Request, arrival: Arrival, sent: Form) -> Response:
    account = (await people.check_setup(house, sent.text("email"), sent.secret("secret")))[1].row.account

    async def work(deed: Deed) -> str:
        # Looked at again with every try, so that of two who use the secret at once only one is set up.
        person = (await people.check_setup(house, sent.text("email"), sent.secret("secret")))[1]
        await people.set_password(deed.call, person, sent.secret("password"))
        secret, _ = sessions.begin(deed.call, person.id, **_origin(request, arrival))
        deed.note("user.password_set", person.id)
        return secret

    actor = Actor(sent.text("email"), arrival.client_ip, arrival.request_id)
    secret = await acting.commit(house, account, actor, lambda: people.call_on(house, account), work)
    return _welcomed(house, arrival, secret, FACTOR)


# -- the second factor ------------------------------------------------------------------------------------------------


@page("/factor", act=None, enrolling=True)
async def show_factor(visit: Visit) -> Response:
    """Show a new seed, as a picture and as text."""
    return _factor_page(visit, totp.new_seed())


def _factor_page(visit: Visit, seed: str, *, problem: str | None = None, status: int = 200) -> Response:
    assert visit.person is not None
    address = totp.address(seed, issuer=ISSUER, name=visit.person.doc["email"])
    picture = Markup(segno.make(address).svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 -- shapes drawn from the address, no text of anybody's
    return visit.page(
        "factor.html", seed=seed, address=address, picture=picture, problem=problem, status=status
    )


@form("/factor", act=None, enrolling=True)
async def make_factor(visit: Visit) -> Response:
    """Keep the seed once its first code is right, and show the recovery codes."""
    assert visit.person is not None
    seed = visit.form.text("seed")
    codes, kept = await passwords.new_recovery_codes()
    person_id = visit.person.id

    async def work(deed: Deed) -> None:
        person = await deed.call.load(people.PERSON, person_id, param="user")
        people.enrol(deed.call, person, seed, visit.form.secret("code"), kept)
        sessions.confirm(deed.call, await _own_session(deed.call, visit))
        deed.note("user.factor_made", person_id)

    try:
        await on_people(visit, work)
    except (errors.ParameterRefused, ValueError) as refusal:
        problem = refusal.message if isinstance(refusal, errors.ParameterRefused) else "That is no seed."
        return _factor_page(
            visit, totp.new_seed() if isinstance(refusal, ValueError) else seed, problem=problem, status=400
        )
    return visit.page("recovery.html", codes=codes)


@page("/confirm", act=None)
async def show_confirm(visit: Visit) -> Response:
    """Ask for the second factor again."""
    return visit.page("confirm.html", next=own_address(visit.request.query_params.get("next", "")))


@form("/confirm", act=None)
async def confirm(visit: Visit) -> Response:
    """Note that the second factor was shown."""
    back = own_address(visit.form.text("next"))
    if visit.person is None:
        return RedirectResponse(back, status_code=303)
    try:
        _failures.check(visit.arrival.client_ip, visit.house.clock.now())
        await sign_in.confirm(visit.house, visit.person, visit.form.secret("code"), visit.actor)
    except people.SignInRefused:
        _failures.note(visit.arrival.client_ip, visit.house.clock.now())
        return visit.page(
            "confirm.html", next=back, problem="That code is not right, or was used already.", status=401
        )
    secret = await _renewed(visit)
    return _welcomed(visit.house, visit.arrival, secret, back)


async def _renewed(visit: Visit) -> str:
    """Replace the session by one that may do more, under a new secret, and return that."""
    secrets: list[str] = []

    async def work(deed: Deed) -> None:
        old = await _own_session(deed.call, visit)
        sessions.end(deed.call, old)
        secret, _ = sessions.begin(deed.call, old["holder"], **{**old.doc, "factor_at": deed.call.now})
        secrets.append(secret)

    await on_people(visit, work)
    return secrets[-1]


# -- what pages about people share ------------------------------------------------------------------------------------


async def on_people(visit: Visit, work: acting.Work[T]) -> T:
    """Do `work` on the partition in which people and sessions are."""
    return await acting.commit(
        visit.house, visit.account, visit.actor, lambda: people.call_on(visit.house, visit.account), work
    )


async def _own_session(call: Call, visit: Visit) -> Stored:
    return await call.load(sessions.SESSION, visit.session.id, param="session")


@form("/signout", act=None)
async def sign_out(visit: Visit) -> Response:
    """End the session."""

    async def work(deed: Deed) -> None:
        sessions.end(deed.call, await _own_session(deed.call, visit))
        deed.note("session.ended", visit.session["holder"])

    await on_people(visit, work)
    response = RedirectResponse(SIGN_IN, status_code=303)
    response.delete_cookie(
        cookie_name(visit.house, visit.arrival),
        path="/",
        secure=visit.arrival.over_tls,
        httponly=True,
        samesite="lax",
    )
    return response
