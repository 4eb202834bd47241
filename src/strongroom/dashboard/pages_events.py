"""Events: what happened, as the API shows it, to whom it was told, and sending one of them again."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from strongroom import errors
from strongroom.contract import contract, renderer
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import webhooks_act
from strongroom.resources import deliveries, delivery_history, events, webhook_endpoints
from strongroom.resources.call import Call
from strongroom.resources.connections import acting_on
from strongroom.resources.kind import Stored

PAGE: Final = 50
HIDDEN: Final = "•" * 8
SECRETS: Final = frozenset({"client_secret"})
"""What an event holds so that code can go on with it; people have no use for it."""


@page("/{mode}/events")
async def show(visit: Visit) -> Response:
    """List events of the account or of one connected to it, newest first."""
    asked = {name: visit.request.query_params.get(name, "").strip() for name in ("account", "type", "state")}
    after = visit.request.query_params.get("after", "")
    params: dict[str, Any] = {"limit": PAGE}
    if asked["type"]:
        params["type"] = asked["type"]
    if asked["state"]:
        params["delivery_success"] = asked["state"] != "undelivered"
    if after:
        params["starting_after"] = after
    problem, found, more = None, [], False
    try:
        call = await _acting(visit, asked["account"])
        listing = await events.list_all(call, params)
        found, more = listing.items, listing.has_more
    except errors.ApiError as refusal:
        problem = refusal.message
    return visit.page(
        "events.html",
        events=found,
        more=more,
        first=not after,
        asked=asked,
        types=contract().shapes.enums["Event.type"],
        problem=problem,
        status=400 if problem else 200,
    )


async def _acting(visit: Visit, account: str) -> Call:
    """Return a call on the visitor's account, or on one that is connected to it.

    Raises:
        errors.InvalidRequest: it is not.
    """
    call = await visit.call()
    try:
        return await acting_on(call, account) if account else call
    except errors.Forbidden:
        raise errors.InvalidRequest("There is no such account.", status=404) from None


@page("/{mode}/events/{event}")
async def show_one(visit: Visit, event: str) -> Response:
    """Show an event with its data, and to which endpoints it was told."""
    account = visit.request.query_params.get("account", "")
    call = await _acting(visit, account)
    found = await call.load(events.EVENT, event, param="id", in_path=True)
    own = await visit.call()
    endpoints = await webhook_endpoints.all_of(own)
    return visit.page(
        "event.html",
        event=events.view(found),
        text=_text(found),
        account=account,
        deliveries=await delivery_history.of_event(visit.house, own, found.row),
        endpoints=[one for one in endpoints if one["enabled"] and _may_be_told(one, found)],
        may_resend=visit.may(webhooks_act(livemode=visit.livemode)),
    )


def _may_be_told(endpoint: Stored, event: Stored) -> bool:
    return bool(endpoint["connect"]) == (endpoint.row.account != event.row.account)


def _text(event: Stored) -> str:
    """Return the event as JSON that people can read, without what only code has a use for."""
    shown = renderer("event")(_without_secrets(events.view(event)))
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: HIDDEN if name in SECRETS and one else _without_secrets(one) for name, one in value.items()
        }
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


@form("/{mode}/events/{event}/resend", act=None)
async def resend(visit: Visit, event: str) -> Response:
    """Send an event to an endpoint again."""
    visit.check(webhooks_act(livemode=visit.livemode))
    endpoint, account = visit.form.text("endpoint"), visit.form.text("account")

    async def work(deed: Deed) -> None:
        call = deed.call
        on = await acting_on(call, account) if account else call
        found = await on.load(events.EVENT, event, param="id", in_path=True)
        await call.load(webhook_endpoints.ENDPOINT, endpoint, param=webhook_endpoints.PARAM)
        try:
            writes = await deliveries.resend(visit.house, found.row, endpoint)
        except LookupError:
            raise errors.InvalidRequest("The endpoint is switched off: switch it on first.") from None
        call.writes.inserts += writes.inserts
        call.writes.changes += writes.changes
        deed.note("event.resent", event, endpoint=endpoint)

    await act(visit, work)
    if visit.form.has("from_endpoint"):
        return visit.go(f"/webhooks/{endpoint}", done="event_resent")
    return visit.go(f"/events/{event}" + (f"?account={account}" if account else ""), done="event_resent")
