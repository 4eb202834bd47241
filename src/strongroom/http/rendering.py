"""From what an operation returns to the bytes of its answer: completed, hidden from whom it is not for, expanded."""

from typing import Any

from strongroom.contract import hide_from_publishable, renderer
from strongroom.http import answer as answers
from strongroom.resources.call import Call
from strongroom.resources.caller import Caller
from strongroom.resources.expansion import expand
from strongroom.resources.kind import Listing


async def render(result: Any, paths: list[str], call: Call, path: str) -> bytes:
    """Return the body of an answer.

    Args:
        result: a document or a `Listing`.
        paths: what to expand.
        call: whose answer it is; what it has staged counts as done.
        path: what was asked for.
    """
    if isinstance(result, Listing):
        items = [_rendered(item, call.caller) for item in result.items]
        await expand(call, items, [one.partition(".")[2] for one in paths])
        whole = result.envelope(items, path)
        if "total_count" in paths:
            whole["total_count"] = await result.total()
        return answers.encode(whole)
    shown = _rendered(result, call.caller)
    await expand(call, [shown], paths)
    return answers.encode(shown)


def _rendered(document: dict[str, Any], caller: Caller) -> dict[str, Any]:
    if document.get("deleted"):
        return document
    shown = renderer(document["object"])(document)
    if caller.is_client:
        return hide_from_publishable(document["object"], shown)
    return shown
