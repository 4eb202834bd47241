"""Line items of a PaymentIntent: what was bought, as `amount_details` says it.

    GET /v1/payment_intents/{intent}/amount_details_line_items    list

They are the intent's own, and come and go with it. `expand[]=amount_details.line_items` shows them in it.
"""

from typing import Final

from strongroom import errors, limits
from strongroom.contract import renderer
from strongroom.domain.amount_details import ITEMS
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.payment_intents import PAYMENT_INTENT, PERMISSION
from strongroom.resources.payment_notes import DETAILS, ITEM
from strongroom.resources.registry import handles, includes

PATH: Final = "/v1/payment_intents/{}/amount_details_line_items"


@handles("GET /v1/payment_intents/{intent}/amount_details_line_items", permission=PERMISSION)
async def list_items(call: Call, params: Document, *, intent: str) -> Listing:
    """List what was bought, in the order in which it was sent."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    return _page(_items(stored), params)


@includes(PAYMENT_INTENT.type, f"{DETAILS}.{ITEMS}")
async def included(call: Call, intent: Document) -> Document:
    """The first ten line items, as `expand[]=amount_details.line_items` shows them."""
    stored = await call.find(PAYMENT_INTENT, intent["id"])
    assert stored is not None
    items = _items(stored)
    listing = _page(items, {})
    shown = [renderer(ITEM)(one) for one in listing.items]
    return {
        **listing.envelope(shown, PATH.format(intent["id"])),
        "total_count": len(items),
    }


def _items(intent: Stored) -> list[Document]:
    items: list[Document] = intent.doc[PRIVATE].get(ITEMS, [])
    return items


def _page(items: list[Document], params: Document) -> Listing:
    """Return a stretch of a list that is there as a whole."""
    limit = params.get("limit", limits.PAGE_SIZE_DEFAULT)
    if "starting_after" in params and "ending_before" in params:
        raise errors.ParameterRefused(
            "Received both starting_after and ending_before parameters. Please pass in only one."
        )
    if "ending_before" in params:
        end = _place(items, params["ending_before"], "ending_before")
        start, has_more = max(0, end - limit), end > limit
    else:
        start = (
            _place(items, params["starting_after"], "starting_after") + 1 if "starting_after" in params else 0
        )
        end = start + limit
        has_more = end < len(items)

    async def count() -> int:
        return len(items)

    return Listing(items[start:end], has_more, count=count)


def _place(items: list[Document], item: str, param: str) -> int:
    for place, one in enumerate(items):
        if one["id"] == item:
            return place
    raise errors.resource_missing("line_item", item, param=param)
