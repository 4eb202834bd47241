"""How intents move: what each status lets happen, and where each answer leads. Two tables and the function that reads them.

`UNKNOWN` is an answer like the others: a time-out is not a decline, so whoever hears it waits and asks again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Status(StrEnum):
    """Where an intent stands. A SetupIntent is never `requires_capture`."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Action(StrEnum):
    """What is done to an intent that can move it."""

    CONFIRM = "confirm"
    ACT = "act"
    """The customer has done what was asked, or failed to."""
    SETTLE = "settle"
    """What was not yet certain has become so."""
    INCREMENT = "increment"
    """More is to be held."""
    CAPTURE = "capture"
    CANCEL = "cancel"
    EXPIRE = "expire"
    """The hold has had its time."""


class Verdict(StrEnum):
    """What was answered, by whoever moves the money or, for `AUTHENTICATED`, by the customer's bank."""

    APPROVED = "approved"
    AUTHORIZED = "authorized"
    """The money is held, and not yet taken."""
    PARTLY_CAPTURED = "partly_captured"
    """Some was taken, and more may be."""
    CHALLENGED = "challenged"
    AUTHENTICATED = "authenticated"
    """The customer is who they say; nobody has been asked for money."""
    PENDING = "pending"
    """Accepted, and certain only days later."""
    DECLINED = "declined"
    UNKNOWN = "unknown"
    """Nothing explicit was heard."""


class NotAllowed(Exception):
    """The status does not let the action happen, or the action never has that answer."""


class Machine(msgspec.Struct, frozen=True):
    """The two tables of one kind of intent."""

    allowed_from: Mapping[Action, frozenset[Status]]
    next: Mapping[tuple[Action, Verdict], Status]

    def allows(self, action: Action, status: Status) -> bool:
        """Whether `action` can happen in `status`."""
        return status in self.allowed_from.get(action, frozenset())

    def decide(self, status: Status, action: Action, verdict: Verdict) -> Status:
        """Return the status after `action` was answered with `verdict`.

        Raises:
            NotAllowed: not from `status`, or there is no such answer.
        """
        if not self.allows(action, status) or (action, verdict) not in self.next:
            raise NotAllowed(f"{action} in {status}, answered with {verdict}")
        return self.next[action, verdict]


_OPEN: Final = frozenset(
    {Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_CONFIRMATION, Status.REQUIRES_ACTION}
)

# What the first answer about money, and each later one, leads to.
_PAID: Final = {
    Verdict.APPROVED: Status.SUCCEEDED,
    Verdict.AUTHORIZED: Status.REQUIRES_CAPTURE,
    Verdict.PENDING: Status.PROCESSING,
    Verdict.DECLINED: Status.REQUIRES_PAYMENT_METHOD,
    Verdict.UNKNOWN: Status.PROCESSING,
}
_SAVED: Final = {
    verdict: status for verdict, status in _PAID.items() if status is not Status.REQUIRES_CAPTURE
}

PAYMENT: Final = Machine(
    allowed_from={
        Action.CONFIRM: _OPEN,
        Action.ACT: frozenset({Status.REQUIRES_ACTION}),
        Action.SETTLE: frozenset({Status.PROCESSING}),
        Action.INCREMENT: frozenset({Status.REQUIRES_CAPTURE}),
        Action.CAPTURE: frozenset({Status.REQUIRES_CAPTURE}),
        Action.CANCEL: _OPEN | {Status.REQUIRES_CAPTURE, Status.PROCESSING},
        Action.EXPIRE: frozenset({Status.REQUIRES_CAPTURE}),
    },
    next={
        **{(Action.CONFIRM, verdict): status for verdict, status in _PAID.items()},
        (Action.CONFIRM, Verdict.CHALLENGED): Status.REQUIRES_ACTION,
        **{(Action.ACT, verdict): status for verdict, status in _PAID.items()},
        (Action.ACT, Verdict.AUTHENTICATED): Status.REQUIRES_CONFIRMATION,
        **{(Action.SETTLE, verdict): status for verdict, status in _PAID.items()},
        (Action.INCREMENT, Verdict.APPROVED): Status.REQUIRES_CAPTURE,
        (Action.INCREMENT, Verdict.DECLINED): Status.REQUIRES_CAPTURE,
        (Action.INCREMENT, Verdict.UNKNOWN): Status.REQUIRES_CAPTURE,
        (Action.CAPTURE, Verdict.APPROVED): Status.SUCCEEDED,
        (Action.CAPTURE, Verdict.PARTLY_CAPTURED): Status.REQUIRES_CAPTURE,
        (Action.CAPTURE, Verdict.DECLINED): Status.REQUIRES_CAPTURE,
        (Action.CAPTURE, Verdict.UNKNOWN): Status.REQUIRES_CAPTURE,
        (Action.CANCEL, Verdict.APPROVED): Status.CANCELED,
        (Action.CANCEL, Verdict.UNKNOWN): Status.CANCELED,
        (Action.EXPIRE, Verdict.APPROVED): Status.CANCELED,
        (Action.EXPIRE, Verdict.PARTLY_CAPTURED): Status.SUCCEEDED,
    },
)
"""PaymentIntents. `processing` can be canceled in rare cases; which ones is decided where the rail is known."""

SETUP: Final = Machine(
    allowed_from={
        Action.CONFIRM: _OPEN,
        Action.ACT: frozenset({Status.REQUIRES_ACTION}),
        Action.SETTLE: frozenset({Status.PROCESSING}),
        Action.CANCEL: _OPEN,
    },
    next={
        **{(Action.CONFIRM, verdict): status for verdict, status in _SAVED.items()},
        (Action.CONFIRM, Verdict.CHALLENGED): Status.REQUIRES_ACTION,
        **{(Action.ACT, verdict): status for verdict, status in _SAVED.items()},
        **{(Action.SETTLE, verdict): status for verdict, status in _SAVED.items()},
        (Action.CANCEL, Verdict.APPROVED): Status.CANCELED,
    },
)
"""SetupIntents."""
