"""A list inside an object, as `expand[]` shows it: the newest of what belongs to it, as this request leaves them."""

from collections.abc import Callable
from typing import Any, Final

from strongroom import limits
from strongroom.contract import renderer
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Filter, Row

COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
}


async def sublist(call: Call, kind: Kind, filters: list[Filter], url: str) -> Document:
    """Return the list of the ten newest objects that satisfy `filters` (`eq` and `in`), and how many there are.

    What this request has made is not committed yet, and what it deletes is still there; the list knows both.
    """
    gone = {row.id for row in call.writes.deletes if row.table == kind.table}
    made = [row for row in reversed(call.writes.inserts) if row.table == kind.table and _suits(row, filters)]
    committed, has_more = await call.page(kind, {"limit": limits.PAGE_SIZE_DEFAULT + len(gone)}, filters)
    whole = [await _staged(call, kind, row) for row in made] + [
        one for one in committed if one.id not in gone
    ]
    shown = whole[: limits.PAGE_SIZE_DEFAULT]
    gone_of_these = len(
        [row for row in call.writes.deletes if row.table == kind.table and _suits(row, filters)]
    )
    total = len(made) - gone_of_these + await call.counting(kind, {}, filters)()
    return {
        "object": "list",
        "data": [renderer(kind.type)(kind.view(stored)) for stored in shown],
        "has_more": has_more or len(whole) > len(shown),
        "total_count": total,
        "url": url,
    }


def _suits(row: Row, filters: list[Filter]) -> bool:
    return all(COMPARED[item.op](row.columns[item.column], item.value) for item in filters)


async def _staged(call: Call, kind: Kind, row: Row) -> Stored:
    found = await call.find(kind, row.id)
    assert found is not None
    return found
