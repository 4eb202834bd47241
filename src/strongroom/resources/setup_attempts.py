"""SetupAttempts: each time a SetupIntent was confirmed, and what came of it.

    GET /v1/setup_attempts    list

Confirming makes them (`make`); there is no way to look at one alone.
"""

from typing import Final

from strongroom.connectors.base import Outcome
from strongroom.contract import contract, fit
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.setup_intents import SETUP_INTENT
from strongroom.store import Filter

CARD: Final = "card"
ABANDONED: Final = "abandoned"
REQUIRES_ACTION: Final = "requires_action"
# What an attempt takes over from its intent.
_SAME: Final = ("application", "customer", "flow_directions", "livemode", "on_behalf_of", "usage")


def view(attempt: Stored) -> Document:
    """Return the SetupAttempt's fields."""
    return {**attempt.doc, "setup_intent": attempt["setup_intent"]}


SETUP_ATTEMPT: Final = register_kind(
    Kind("setup_attempt", "setup_attempts", "setatt", "setup attempt", "setup_intent", view)
)


@handles("GET /v1/setup_attempts", permission="setup_intent")
async def list_all(call: Call, params: Document) -> Listing:
    """List the attempts of a SetupIntent, newest first."""
    intent = await call.load(SETUP_INTENT, params["setup_intent"], param="setup_intent")
    return await call.listing(SETUP_ATTEMPT, params, [Filter("setup_intent", "eq", intent.id)])


def make(
    call: Call,
    attempt_id: str,
    intent: Stored,
    method: Stored,
    outcome: Outcome,
    *,
    status: str,
    error: Document | None = None,
) -> Stored:
    """Stage an attempt, or what has become of it.

    Args:
        call: the second half's.
        attempt_id: its id.
        intent: what was confirmed.
        method: with what.
        outcome: what was answered.
        status: what came of it.
        error: why not, as the intent remembers it.
    """
    doc: Document = {
        "id": attempt_id,
        "object": "setup_attempt",
        **{name: intent.doc.get(name) for name in _SAME},
        "created": call.now,
        "customer_account": None,
        "payment_method": method.id,
        "payment_method_details": _details(method, outcome),
        "setup_error": error,
        "status": status,
    }
    return call.insert(SETUP_ATTEMPT, doc, object_id=attempt_id, setup_intent=intent.id)


def _details(method: Stored, outcome: Outcome) -> Document:
    kind, kept = method["type"], method.doc[method["type"]]
    shape = contract().shapes.hashes["SetupAttempt.PaymentMethodDetails"].get(f"{kind}?")
    if shape is None:
        return {"type": kind}
    details = fit(shape[1:], kept)
    if kind == CARD:
        checks = {**kept["checks"], **outcome.checks}
        details |= {"checks": checks, "network": kept["brand"], "three_d_secure": outcome.three_d_secure}
    return {"type": kind, kind: details}


async def settle(
    call: Call, attempt_id: str, outcome: Outcome, *, status: str, error: Document | None = None
) -> None:
    """Stage what has become of an attempt whose customer was asked."""
    attempt = await call.find(SETUP_ATTEMPT, attempt_id)
    assert attempt is not None
    details = attempt.doc["payment_method_details"]
    if details["type"] == CARD:
        checks = {**details[CARD]["checks"], **outcome.checks}
        card = {**details[CARD], "checks": checks, "three_d_secure": outcome.three_d_secure}
        details = {**details, CARD: card}
    call.change(
        attempt, {**attempt.doc, "payment_method_details": details, "setup_error": error, "status": status}
    )


async def add_details(call: Call, attempt_id: str, more: Document) -> None:
    """Stage what else is known of what an attempt was made with."""
    if not more:
        return
    attempt = await call.find(SETUP_ATTEMPT, attempt_id)
    assert attempt is not None
    details = attempt.doc["payment_method_details"]
    kind = details["type"]
    changed = {**details, kind: {**details.get(kind, {}), **more}}
    call.change(attempt, {**attempt.doc, "payment_method_details": changed})


async def abandon(call: Call, attempt_id: str | None) -> None:
    """Stage that an attempt whose customer was asked is given up for another."""
    attempt = None if attempt_id is None else await call.find(SETUP_ATTEMPT, attempt_id)
    if attempt is not None and attempt.doc["status"] == REQUIRES_ACTION:
        call.change(attempt, {**attempt.doc, "status": ABANDONED})
