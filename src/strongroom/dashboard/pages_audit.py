"""The audit log: who changed what, whether the chain is whole, and all of it as a file."""

from typing import Final

import msgspec
from starlette.responses import Response

from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import Act
from strongroom.resources import audit

PAGE: Final = 50

_encode = msgspec.json.Encoder().encode


@page("/{mode}/audit", act=Act.AUDIT)
async def show(visit: Visit) -> Response:
    """Show the log, newest first."""
    before = visit.request.query_params.get("before", "")
    cursor = int(before) if before.isascii() and before.isdigit() and len(before) < 15 else None  # noqa: PLR2004 -- as many digits as an entry's number has
    entries, more = await audit.page(visit.house, visit.account, before=cursor, limit=PAGE)
    return visit.page("audit.html", entries=entries, more=more, faults=None, newest=cursor is None)


@form("/{mode}/audit/verify", act=Act.AUDIT)
async def verify(visit: Visit) -> Response:
    """Follow the chain from its newest entry to its first, and say whether it is whole."""
    found = await audit.faults(visit.house, visit.account)
    entries, more = await audit.page(visit.house, visit.account, limit=PAGE)
    return visit.page("audit.html", entries=entries, more=more, faults=found, newest=True)


@form("/{mode}/audit/export", act=Act.AUDIT, step_up=True)
async def export(visit: Visit) -> Response:
    """Send the whole log, one JSON object a line, newest first. That it was exported is in it."""

    async def work(deed: Deed) -> None:
        deed.note("audit.exported")

    await act(visit, work)
    lines = [_encode(shown._asdict()) async for shown in audit.everything(visit.house, visit.account)]
    headers = {"content-disposition": 'attachment; filename="strongroom-audit.jsonl"'}
    return Response(b"\n".join([*lines, b""]), media_type="application/jsonl", headers=headers)
