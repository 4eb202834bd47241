"""Webhook endpoints: list, make, change, switch, roll, delete, and what became of what they were sent.

A signing secret is on one page, once.
"""

from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.contract import contract
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import webhooks_act
from strongroom.domain.webhooks import EVERY
from strongroom.resources import delivery_history
from strongroom.resources import webhook_endpoints as operations
from strongroom.resources.kind import Stored

HOME: Final = "/webhooks"
DELIVERIES_SHOWN: Final = 20
HOUR_SECONDS: Final = 3_600
OVERLAP_HOURS_MAX: Final = 24
CREATE: Final = "POST /v1/webhook_endpoints"
UPDATE: Final = "POST /v1/webhook_endpoints/{webhook_endpoint}"


@page("/{mode}/webhooks")
async def show(visit: Visit) -> Response:
    """List the endpoints of this mode, newest first."""
    found = await operations.all_of(await visit.call())
    return visit.page("webhooks.html", endpoints=[shown_of(one) for one in found], may_change=_may(visit))


def _may(visit: Visit) -> bool:
    return visit.may(webhooks_act(livemode=visit.livemode))


def _check(visit: Visit) -> None:
    visit.check(webhooks_act(livemode=visit.livemode))


def shown_of(endpoint: Stored) -> dict[str, Any]:
    """Return what pages say of an endpoint."""
    return {
        **operations.view(endpoint),
        "connect": endpoint["connect"],
        "standing": operations.standing(endpoint),
        "failing_since": endpoint["failing_since"],
    }


# -- making and changing ------------------------------------------------------------------------------------------------


@page("/{mode}/webhooks/new", step_up=True)
async def show_new(visit: Visit) -> Response:
    """Ask where events are to be sent, and which."""
    _check(visit)
    return _form_page(visit, None)


def _form_page(
    visit: Visit, endpoint: Stored | None, *, problem: str | None = None, status: int = 200
) -> Response:
    shown = None if endpoint is None else shown_of(endpoint)
    sent = visit.form if visit.request.method == "POST" else None
    return visit.page(
        "webhook_form.html",
        endpoint=shown,
        values=_kept(shown) if sent is None else {**_sent(visit), "connect": sent.has("connect")},
        types=contract().shapes.enums["Event.type"],
        every=EVERY,
        problem=problem,
        status=status,
    )


def _kept(shown: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the form begins with."""
    if shown is None:
        return {"url": "", "description": "", "enabled_events": [EVERY], "connect": False}
    return shown


def _sent(visit: Visit) -> dict[str, Any]:
    """Return what the form says an endpoint is to be."""
    chosen = visit.form.all("events") if visit.form.text("scope") == "some" else [EVERY]
    return {
        "url": visit.form.text("url"),
        "description": visit.form.text("description"),
        "enabled_events": chosen,
    }


def _params(visit: Visit, key: str) -> dict[str, Any]:
    """Return what the form says, as the API takes it and by the API's own rules.

    Raises:
        errors.ParameterRefused: something is wrong with it.
    """
    sent = _sent(visit)
    if not sent["url"]:
        raise errors.ParameterRefused("Enter the address that events are sent to.", param="url")
    if not sent["enabled_events"]:
        raise errors.ParameterRefused("Choose at least one event.", param="enabled_events")
    events = {str(place): name for place, name in enumerate(sent["enabled_events"])}
    connect = {"connect": "true"} if key == CREATE and visit.form.has("connect") else {}
    params: dict[str, Any] = (
        contract().operations[key].validate({**sent, "enabled_events": events, **connect})
    )
    return params


@form("/{mode}/webhooks/new", act=None, step_up=True)
async def create(visit: Visit) -> Response:
    """Make the endpoint and show its secret."""
    _check(visit)

    async def work(deed: Deed) -> dict[str, Any]:
        made: dict[str, Any] = await operations.create(deed.call, _params(visit, CREATE))
        deed.note("webhook_endpoint.created", made["id"])
        return made

    try:
        made = await act(visit, work)
    except errors.InvalidRequest as refusal:
        return _form_page(visit, None, problem=refusal.message, status=refusal.http_status)
    return visit.page("webhook_secret.html", endpoint=made["id"], secret=made["secret"], rolled=None)


@page("/{mode}/webhooks/{endpoint}/edit", step_up=True)
async def show_edit(visit: Visit, endpoint: str) -> Response:
    """Ask what is to be different."""
    _check(visit)
    return _form_page(visit, await _load(visit, endpoint))


async def _load(visit: Visit, endpoint: str) -> Stored:
    call = await visit.call()
    return await call.load(operations.ENDPOINT, endpoint, param=operations.PARAM, in_path=True)


@form("/{mode}/webhooks/{endpoint}/edit", act=None, step_up=True)
async def change(visit: Visit, endpoint: str) -> Response:
    """Change where and of what an endpoint is told."""
    _check(visit)

    async def work(deed: Deed) -> None:
        await operations.update(deed.call, _params(visit, UPDATE), webhook_endpoint=endpoint)
        deed.note("webhook_endpoint.changed", endpoint)

    found = await _load(visit, endpoint)
    try:
        await act(visit, work)
    except errors.InvalidRequest as refusal:
        return _form_page(visit, found, problem=refusal.message, status=refusal.http_status)
    return visit.go(f"{HOME}/{endpoint}", done="endpoint_changed")


# -- one endpoint -------------------------------------------------------------------------------------------------------


@page("/{mode}/webhooks/{endpoint}")
async def show_one(visit: Visit, endpoint: str) -> Response:
    """Show an endpoint, and what became of what it was sent."""
    found = await _load(visit, endpoint)
    after = visit.request.query_params.get("after", "")
    cursor = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None  # noqa: PLR2004 -- as many digits as fit into a column
    told, more = await delivery_history.of_endpoint(visit.house, found, after=cursor, limit=DELIVERIES_SHOWN)
    return visit.page(
        "webhook.html",
        endpoint=shown_of(found),
        deliveries=told,
        more=more,
        newest=cursor is None,
        may_change=_may(visit),
    )


@form("/{mode}/webhooks/{endpoint}/switch", act=None, step_up=True)
async def switch(visit: Visit, endpoint: str) -> Response:
    """Switch an endpoint off or on again."""
    _check(visit)
    disabled = visit.form.text("do") == "disable"

    async def work(deed: Deed) -> None:
        await operations.update(deed.call, {"disabled": disabled}, webhook_endpoint=endpoint)
        deed.note(f"webhook_endpoint.{'disabled' if disabled else 'enabled'}", endpoint)

    await act(visit, work)
    return visit.go(f"{HOME}/{endpoint}", done="endpoint_disabled" if disabled else "endpoint_enabled")


@form("/{mode}/webhooks/{endpoint}/roll", act=None, step_up=True)
async def roll(visit: Visit, endpoint: str) -> Response:
    """Give an endpoint a new secret and show it; the old one signs too until the overlap is over."""
    _check(visit)
    hours = visit.form.integer("overlap_hours", default=0)
    if hours > OVERLAP_HOURS_MAX:
        raise errors.ParameterRefused(f"An overlap has at most {OVERLAP_HOURS_MAX} hours.")

    async def work(deed: Deed) -> str:
        call = deed.call
        found = await call.load(operations.ENDPOINT, endpoint, param=operations.PARAM, in_path=True)
        deed.note("webhook_endpoint.rolled", endpoint, overlap_hours=str(hours))
        return await operations.roll(call, found, old_ends_at=call.due_in(hours * HOUR_SECONDS))

    secret = await act(visit, work)
    return visit.page("webhook_secret.html", endpoint=endpoint, secret=secret, rolled=hours)


@form("/{mode}/webhooks/{endpoint}/delete", act=None, step_up=True)
async def delete(visit: Visit, endpoint: str) -> Response:
    """Remove an endpoint and its secret."""
    _check(visit)

    async def work(deed: Deed) -> None:
        await operations.delete(deed.call, {}, webhook_endpoint=endpoint)
        deed.note("webhook_endpoint.deleted", endpoint)

    await act(visit, work)
    return visit.go(HOME, done="endpoint_deleted")
