"""Cards and refusals that many tests speak of. Every number here is one of the published test numbers."""

from contextlib import contextmanager

import pytest
import stripe

VISA = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "314"}
DECLINED = {**VISA, "number": "4000000000000002"}


@contextmanager
def refused(
    kind=stripe.InvalidRequestError, *, status=400, code=None, param=None, decline_code=None, says=""
):
    """The block must raise exactly this refusal; a member that is not named must be absent."""
    with pytest.raises(stripe.StripeError) as caught:
        yield caught
    error = caught.value
    on_the_wire = error.json_body["error"]
    seen = {"class": type(error), "status": error.http_status}
    seen |= {name: on_the_wire.get(name) for name in ("code", "param", "decline_code")}
    assert seen == {
        "class": kind,
        "status": status,
        "code": code,
        "param": param,
        "decline_code": decline_code,
    }
    assert says in str(error)


def event_types(client, object_id=None):
    """The types of the account's events, oldest first, of one object or of all."""
    events = reversed(client.events.list({"limit": 100}).data)
    return [event.type for event in events if object_id in {None, event.data.object.to_dict().get("id")}]
