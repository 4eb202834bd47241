"""The first page: whose dashboard this is, and how to call its account."""

from starlette.responses import Response

from strongroom.dashboard.pages_webhooks import shown_of
from strongroom.dashboard.routes import page
from strongroom.dashboard.visit import Visit
from strongroom.resources import keys, webhook_endpoints


@page("/{mode}")
async def show(visit: Visit) -> Response:
    """Show the account, its address and where to go."""
    call = await visit.call()
    found = await keys.list_of(call)
    now = visit.house.clock.now()
    living = [key for key in found if (end := keys.ends_at(key.row)) is None or end > now]
    endpoints = [shown_of(one) for one in await webhook_endpoints.all_of(call)]
    return visit.page(
        "home.html",
        living=len(living),
        sandbox=visit.house.settings.sandbox,
        given_up=[one for one in endpoints if one["standing"] == webhook_endpoints.GIVEN_UP],
    )
