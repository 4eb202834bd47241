"""API keys: list, create, change, roll, revoke. A key's text is on one page, once."""

from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import keys_act
from strongroom.resources import keys
from strongroom.resources.caller import KeyKind
from strongroom.resources.kind import Stored

DAY_SECONDS: Final = 86_400
DAYS_MAX: Final = 3_650
KINDS: Final = {
    "secret": KeyKind.SECRET,
    "publishable": KeyKind.PUBLISHABLE,
    "restricted": KeyKind.RESTRICTED,
}
NAMES: Final = {kind.value: name for name, kind in KINDS.items()}


@page("/{mode}/keys")
async def show(visit: Visit) -> Response:
    """List the keys of this mode, newest first."""
    call = await visit.call()
    now = call.now
    rows = [
        {**keys.view(key), "kind": NAMES[key["kind"]], **_end(key, now)} for key in await keys.list_of(call)
    ]
    return visit.page("keys.html", keys=rows, may_change=visit.may(keys_act(livemode=visit.livemode)))


def _end(key: Stored, now: int) -> dict[str, Any]:
    end = keys.ends_at(key.row)
    return {"end": end, "has_ended": end is not None and end <= now}


# -- create -----------------------------------------------------------------------------------------------------------


@page("/{mode}/keys/new", step_up=True)
async def show_new(visit: Visit) -> Response:
    """Ask what the key is to be."""
    visit.check(keys_act(livemode=visit.livemode))
    return _new_page(visit)


def _new_page(visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
    form = visit.form
    kind = form.text("kind") or visit.request.query_params.get("kind", "secret")
    return visit.page(
        "key_new.html",
        kind=kind if kind in KINDS else "secret",
        name=form.text("name"),
        days=form.text("days"),
        granted=form.under("may_"),
        permissions=keys.permissions(),
        problem=problem,
        status=status,
    )


@form("/{mode}/keys/new", act=None, step_up=True)
async def create(visit: Visit) -> Response:
    """Make the key and show its text."""
    visit.check(keys_act(livemode=visit.livemode))
    try:
        new = await act(visit, lambda deed: _create(deed, visit))
    except errors.ParameterRefused as refusal:
        return _new_page(visit, problem=refusal.message, status=refusal.http_status)
    return visit.page("key_shown.html", key=new, rolled=None)


async def _create(deed: Deed, visit: Visit) -> keys.NewKey:
    kind = KINDS.get(visit.form.text("kind"))
    days = visit.form.integer("days", default=0)
    if kind is None or days > DAYS_MAX:
        raise errors.ParameterRefused("Choose what kind of key, and an end within ten years.")
    granted = _granted(visit) if kind is KeyKind.RESTRICTED else {}
    ends = deed.call.now + days * DAY_SECONDS if days else None
    new = keys.create(deed.call, kind, name=visit.form.text("name"), granted=granted, expires_at=ends)
    deed.note("api_key.created", new.id, kind=NAMES[kind], **granted)
    return new


def _granted(visit: Visit) -> dict[str, str]:
    return {name: verb for name, verb in visit.form.under("may_").items() if verb != "none"}


# -- one key ----------------------------------------------------------------------------------------------------------


@page("/{mode}/keys/{key}", step_up=True)
async def show_one(visit: Visit, key: str) -> Response:
    """Show a key, and what can be done to it."""
    visit.check(keys_act(livemode=visit.livemode))
    return await _key_page(visit, key)


async def _key_page(visit: Visit, key_id: str, *, problem: str | None = None, status: int = 200) -> Response:
    call = await visit.call()
    key = await call.load(keys.KEY, key_id, param="key", in_path=True)
    shown = {**keys.view(key), "kind": NAMES[key["kind"]], **_end(key, call.now)}
    return visit.page("key.html", key=shown, permissions=keys.permissions(), problem=problem, status=status)


@form("/{mode}/keys/{key}", act=None, step_up=True)
async def change(visit: Visit, key: str) -> Response:
    """Rename a key, or change what a restricted one may do."""
    visit.check(keys_act(livemode=visit.livemode))

    async def work(deed: Deed) -> None:
        granted = _granted(visit)
        await keys.update(deed.call, key, name=visit.form.text("name"), granted=granted)
        deed.note("api_key.changed", key, **granted)

    try:
        await act(visit, work)
    except errors.ParameterRefused as refusal:
        return await _key_page(visit, key, problem=refusal.message, status=refusal.http_status)
    return visit.go("/keys", done="key_changed")


@form("/{mode}/keys/{key}/roll", act=None, step_up=True)
async def roll(visit: Visit, key: str) -> Response:
    """Make a key that allows the same, show its text, and let the old one end."""
    visit.check(keys_act(livemode=visit.livemode))
    hours = visit.form.integer("overlap_hours", default=0)

    async def work(deed: Deed) -> keys.NewKey:
        new = await keys.roll(deed.call, key, overlap_hours=hours)
        deed.note("api_key.rolled", key, successor=new.id, overlap_hours=str(hours))
        return new

    return visit.page("key_shown.html", key=await act(visit, work), rolled=hours)


@form("/{mode}/keys/{key}/revoke", act=None, step_up=True)
async def revoke(visit: Visit, key: str) -> Response:
    """End a key at once."""
    visit.check(keys_act(livemode=visit.livemode))

    async def work(deed: Deed) -> None:
        await keys.revoke(deed.call, key)
        deed.note("api_key.revoked", key)

    await act(visit, work)
    return visit.go("/keys", done="key_revoked")
