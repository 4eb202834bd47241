"""The first page: whose dashboard this is, and how to call its account."""

from starlette.responses import Response

from strongroom.dashboard.routes import page
from strongroom.dashboard.visit import Visit
from strongroom.resources import keys


@page("/{mode}")
async def show(visit: Visit) -> Response:
    """Show the account, its address and where to go."""
    found = await keys.list_of(await visit.call())
    now = visit.house.clock.now()
    living = [key for key in found if (end := keys.ends_at(key.row)) is None or end > now]
    return visit.page("home.html", living=len(living), sandbox=visit.house.settings.sandbox)
