"""What every event is like, whatever it tells of."""

from strongroom.contract import contract, renderer
from strongroom.resources import events

FIELDS = {
    "id",
    "object",
    "api_version",
    "created",
    "data",
    "livemode",
    "pending_webhooks",
    "request",
    "type",
}
UNPUBLISHED = set(events.UNPUBLISHED)


def known_types():
    return {*contract().shapes.enums["Event.type"], *UNPUBLISHED}


def faults_of(event):
    """Yield what is wrong with an event as the API shows it."""
    if event["type"] not in known_types():
        yield "nobody knows its type"
    if set(event) - {"account"} != FIELDS:
        yield f"its fields are {sorted(event)}"
    if event["api_version"] != contract().api_version:
        yield "another version"
    told, previous = event["data"]["object"], event["data"].get("previous_attributes")
    if renderer(told["object"])(told) != told:
        yield "its object is not rendered in full"
    if set(event["data"]) - {"object", "previous_attributes"}:
        yield "more in its data"
    if previous is None and event["type"].endswith(".updated"):
        yield "nothing says what has changed"
    if previous is not None:
        if not previous:
            yield "nothing has changed"
        yield from _unchanged(previous, told, "previous_attributes")
    request = event["request"]
    if set(request) != {"id", "idempotency_key"} or (request["id"] is None and request["idempotency_key"]):
        yield f"its request is {request}"


def _unchanged(previous, told, path):
    """Yield what is in the previous attributes although it is as it was, or was never there."""
    for name, before in previous.items():
        place = f"{path}[{name}]"
        now = told.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            if not before:
                yield f"{place} is empty"
            yield from _unchanged(before, now, place)
        elif before == now:
            yield f"{place} has not changed"
