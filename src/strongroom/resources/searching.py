"""Searching a kind of object: its documents are sealed, so they are opened, newest first, and looked at.

Columns narrow down where to look as far as a query allows; how many objects one request looks at is bounded. A page
ends where the search stopped, so the next one goes on from there and nothing is looked at twice.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from strongroom import errors, limits
from strongroom.domain.search import Query
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Found, Kind, Stored
from strongroom.store import Filter, Operator

Count = Callable[[], Awaitable[int]]

BATCH: Final = 100
_OPERATORS: Final[dict[str, Operator]] = {":": "eq", ">": "gt", "<": "lt", ">=": "gte", "<=": "lte"}


def numeric_filters(query: Query, field: str) -> list[Filter]:
    """Return what the column of a numeric field can answer by itself."""
    return [Filter(field, _OPERATORS[clause.op], clause.value) for clause in query.needed(field)]


async def search(
    call: Call,
    kind: Kind,
    query: Query,
    params: Document,
    *,
    filters: Sequence[Filter],
    values: Callable[[Stored], Document],
) -> Found:
    """Return a page of the objects that a query looks for, newest first.

    Args:
        call: the request.
        kind: what is searched.
        query: the conditions.
        params: `limit` and `page`.
        filters: conditions on columns that every match satisfies.
        values: the fields the query is about, of one object.

    Raises:
        errors.ParameterRefused: `page` is none of ours, or nothing was found among the most that one request looks at.
    """
    limit = params.get("limit", limits.PAGE_SIZE_DEFAULT)
    found: list[Stored] = []
    count: Count = partial(_count, call, kind, query, filters, values)
    after = await _position(call, kind, params)
    seen = 0
    while len(found) <= limit:
        if seen >= limits.SEARCHED_MAX:
            return _stopped(kind, found, after, count)
        batch = {"limit": BATCH, **({"starting_after": after} if after else {})}
        looked_at, has_more = await call.page(kind, batch, filters)
        found += [stored for stored in looked_at if query.matches(values(stored))]
        seen += BATCH
        if not has_more or not looked_at:
            break
        after = looked_at[-1].id
    return _page(kind, found[:limit], found[limit - 1].id if len(found) > limit else None, count)


async def _count(
    call: Call, kind: Kind, query: Query, filters: Sequence[Filter], values: Callable[[Stored], Document]
) -> int:
    """Return how many objects a query finds on all its pages, among the most that one request looks at."""
    total = 0
    batch: Document = {"limit": BATCH}
    for _ in range(limits.SEARCHED_MAX // BATCH):
        looked_at, has_more = await call.page(kind, batch, filters)
        total += sum(query.matches(values(stored)) for stored in looked_at)
        if not has_more or not looked_at:
            break
        batch = {"limit": BATCH, "starting_after": looked_at[-1].id}
    return min(total, limits.COUNTED_MAX)


def _page(kind: Kind, found: list[Stored], goes_on_after: str | None, count: Count) -> Found:
    following = None if goes_on_after is None else _token(goes_on_after)
    shown = [kind.view(stored) for stored in found]
    return Found(shown, goes_on_after is not None, next_page=following, count=count)


def _stopped(kind: Kind, found: list[Stored], after: str | None, count: Count) -> Found:
    """An empty page ends a client's iteration, so it cannot stand for a search that is not finished."""
    if not found:
        raise errors.ParameterRefused(
            f"Nothing was found among the {limits.SEARCHED_MAX} newest objects, which is as many as one search looks "
            "at. Narrow it down, for example with `created`.",
            param="query",
        )
    return _page(kind, found, after, count)


# -- the place where a page ended -------------------------------------------------------------------------------------


def _token(object_id: str) -> str:
    return base64.urlsafe_b64encode(object_id.encode()).decode()


async def _position(call: Call, kind: Kind, params: Document) -> str | None:
    page: Any = params.get("page")
    if page is None:
        return None
    try:
        object_id = base64.b64decode(page, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        object_id = ""
    if not object_id or await call.find(kind, object_id) is None:
        raise errors.ParameterRefused("This is not the `next_page` of a search.", param="page")
    return object_id
