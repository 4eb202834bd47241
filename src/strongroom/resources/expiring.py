"""Older cards that are about to expire: at the beginning of the month at whose end one does, its merchant is told.

Told is `customer.source.expiring`, of the `card_…` and `src_…` that customers have; of PaymentMethods nobody is told.
"""

import datetime
from typing import Final

from strongroom.connectors.base import Outcome
from strongroom.domain import payment_methods as states
from strongroom.resources.call import Call
from strongroom.resources.cards import CARD, PRIVATE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.tasks import continues, later

OLDER: Final = ("card", "source")
TOLD: Final = "told_expiring"


def watch(call: Call, source: Stored, before: Document | None = None) -> None:
    """Stage that somebody looks at a card when its last month begins; one in its last month is not waited for.

    Args:
        call: the request.
        source: as it is now; what is no older card is left alone.
        before: its document before a change, if it was watched then.
    """
    if source["object"] not in OLDER or (before is not None and _last(before) == _last(source.doc)):
        return
    wait = _last_month_begins(source.doc) - call.now
    if wait > 0:
        later(call, wait, "source.expires", {"source": source.id})


def _last(doc: Document) -> list[int]:
    return [doc[CARD]["exp_year"], doc[CARD]["exp_month"]]


def _last_month_begins(doc: Document) -> int:
    year, month = _last(doc)
    return int(datetime.datetime(year, month, 1, tzinfo=datetime.UTC).timestamp())


@continues("source.expires")
async def expires(call: Call, state: Document, _: Outcome | None) -> None:
    """The last month of a card has begun, unless it was renewed, or is nobody's any more."""
    from strongroom.resources.sources import SOURCE

    source = await call.find(SOURCE, state["source"])
    if source is None or source["state"] != states.ATTACHED or _last_month_begins(source.doc) > call.now:
        return
    if source.doc[PRIVATE].get(TOLD) == _last(source.doc):
        return
    private = {**source.doc[PRIVATE], TOLD: _last(source.doc)}
    call.emit("customer.source.expiring", SOURCE, call.change(source, {**source.doc, PRIVATE: private}))
