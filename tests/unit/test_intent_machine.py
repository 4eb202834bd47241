"""Every cell of both machines, written out: status × action × answer."""

import itertools

import pytest

from strongroom.domain import intents
from strongroom.domain.intent_machine import PAYMENT, SETUP, Action, NotAllowed, Status, Verdict

OPEN = ["requires_payment_method", "requires_confirmation", "requires_action"]

MONEY = {
    "approved": "succeeded",
    "authorized": "requires_capture",
    "pending": "processing",
    "declined": "requires_payment_method",
    "unknown": "processing",
}
NO_MONEY = {answer: after for answer, after in MONEY.items() if answer != "authorized"}

# action → (the statuses it happens in, answer → status afterwards)
PAYMENTS = {
    "confirm": (OPEN, {**MONEY, "challenged": "requires_action"}),
    "act": (["requires_action"], {**MONEY, "authenticated": "requires_confirmation"}),
    "settle": (["processing"], MONEY),
    "increment": (
        ["requires_capture"],
        dict.fromkeys(("approved", "declined", "unknown"), "requires_capture"),
    ),
    "capture": (
        ["requires_capture"],
        {
            "approved": "succeeded",
            "partly_captured": "requires_capture",
            "declined": "requires_capture",
            "unknown": "requires_capture",
        },
    ),
    "cancel": (
        [*OPEN, "requires_capture", "processing"],
        {"approved": "canceled", "unknown": "canceled"},
    ),
    "expire": (["requires_capture"], {"approved": "canceled", "partly_captured": "succeeded"}),
}
SETUPS = {
    "confirm": (OPEN, {**NO_MONEY, "challenged": "requires_action"}),
    "act": (["requires_action"], NO_MONEY),
    "settle": (["processing"], NO_MONEY),
    "cancel": (OPEN, {"approved": "canceled"}),
}
CELLS = [
    pytest.param(machine, told, *cell, id="-".join([name, *cell]))
    for name, machine, told in (("payment", PAYMENT, PAYMENTS), ("setup", SETUP, SETUPS))
    for cell in itertools.product(Status, Action, Verdict)
]


@pytest.mark.parametrize(("machine", "told", "status", "action", "verdict"), CELLS)
def test_every_cell(machine, told, status, action, verdict):
    statuses, answers = told.get(action, ([], {}))
    assert machine.allows(action, status) is (status in statuses)
    if status in statuses and verdict in answers:
        assert machine.decide(status, action, verdict) == answers[verdict]
    else:
        with pytest.raises(NotAllowed):
            machine.decide(status, action, verdict)


@pytest.mark.parametrize("machine", [PAYMENT, SETUP])
def test_what_has_ended_stays_so(machine):
    for status, action in itertools.product([Status.SUCCEEDED, Status.CANCELED], Action):
        assert not machine.allows(action, status)


@pytest.mark.parametrize("action", [Action.CONFIRM, Action.ACT, Action.SETTLE])
def test_a_time_out_is_not_a_decline(action):
    assert PAYMENT.next[action, Verdict.UNKNOWN] is Status.PROCESSING


@pytest.mark.parametrize("status", Status)
def test_what_is_said_of_canceling_is_what_the_tables_allow(status):
    assert (intents.cannot_cancel(status) is None) is PAYMENT.allows(Action.CANCEL, status)
    assert (intents.cannot_cancel_setup(status) is None) is SETUP.allows(Action.CANCEL, status)


def test_silence_is_never_a_refusal():
    """An answer that nobody heard leaves every intent where something can still be heard of it, or given up as asked."""
    for machine in (PAYMENT, SETUP):
        for (action, verdict), after in machine.next.items():
            if verdict is Verdict.UNKNOWN:
                assert after in {Status.PROCESSING, Status.REQUIRES_CAPTURE} or action is Action.CANCEL
