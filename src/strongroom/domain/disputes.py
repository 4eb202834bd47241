"""How a dispute moves: what each status lets happen, where it leads, and whether the money is gone meanwhile. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final


class Status(StrEnum):
    """Where a dispute stands. The `warning_…` ones are inquiries, which take no money."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"


class Action(StrEnum):
    """What moves a dispute."""

    SUBMIT = "submit"
    """The merchant sends evidence."""
    CLOSE = "close"
    """The merchant accepts it."""
    WIN = "win"
    """The bank is convinced."""
    LOSE = "lose"
    ESCALATE = "escalate"
    """The bank makes a chargeback of its question."""
    EXPIRE = "expire"
    """Nobody has answered in time."""
    REFUND = "refund"
    """The customer has all of it back already."""


class NotAllowed(Exception):
    """The status does not let the action happen."""


NEXT: Final = {
    (Status.NEEDS_RESPONSE, Action.SUBMIT): Status.UNDER_REVIEW,
    (Status.NEEDS_RESPONSE, Action.CLOSE): Status.LOST,
    (Status.NEEDS_RESPONSE, Action.EXPIRE): Status.LOST,
    (Status.UNDER_REVIEW, Action.SUBMIT): Status.UNDER_REVIEW,
    (Status.UNDER_REVIEW, Action.WIN): Status.WON,
    (Status.UNDER_REVIEW, Action.LOSE): Status.LOST,
    (Status.WARNING_NEEDS_RESPONSE, Action.SUBMIT): Status.WARNING_UNDER_REVIEW,
    (Status.WARNING_NEEDS_RESPONSE, Action.EXPIRE): Status.WARNING_CLOSED,
    (Status.WARNING_NEEDS_RESPONSE, Action.REFUND): Status.WARNING_CLOSED,
    (Status.WARNING_UNDER_REVIEW, Action.SUBMIT): Status.WARNING_UNDER_REVIEW,
    (Status.WARNING_UNDER_REVIEW, Action.WIN): Status.WARNING_CLOSED,
    (Status.WARNING_UNDER_REVIEW, Action.LOSE): Status.WARNING_CLOSED,
    (Status.WARNING_UNDER_REVIEW, Action.ESCALATE): Status.NEEDS_RESPONSE,
    (Status.WARNING_UNDER_REVIEW, Action.REFUND): Status.WARNING_CLOSED,
}

CLOSED: Final = frozenset({Status.WON, Status.LOST, Status.WARNING_CLOSED})
HOLDS_MONEY: Final = frozenset({Status.NEEDS_RESPONSE, Status.UNDER_REVIEW, Status.LOST})
"""In which the disputed amount is not the merchant's."""


def decide(status: Status, action: Action) -> Status:
    """Return the status after an action.

    Raises:
        NotAllowed: not from `status`.
    """
    if (status, action) not in NEXT:
        raise NotAllowed(f"{action} in {status}")
    return NEXT[status, action]


def shares(amount: int, parts: int) -> list[int]:
    """Return an amount in minor units shared out to at most `parts` disputes, none of them empty; the first is the largest."""
    each, more = divmod(amount, parts)
    return [share for share in (each + (number < more) for number in range(parts)) if share]


IDENTIFIERS: Final = (
    "customer_account_id",
    "customer_device_fingerprint",
    "customer_device_id",
    "customer_purchase_ip",
    "shipping_address",
)
PRIOR_MIN: Final = 2
"""How many earlier payments of the same buyer Visa asks for, and by how many of the identifiers it knows them again."""


def compelling_evidence_lacks(evidence: dict[str, Any]) -> list[str]:
    """Return what is still missing from `visa_compelling_evidence_3`, in the words of `required_actions`.

    Source: Visa Compelling Evidence 3.0 as Stripe documents it: two earlier undisputed payments, two identifiers, and what
    was bought. That the identifiers match is not looked at.
    """
    disputed = evidence.get("disputed_transaction") or {}
    prior = evidence.get("prior_undisputed_transactions") or []
    identified = sum(bool(disputed.get(name)) for name in IDENTIFIERS) >= PRIOR_MIN
    missing = {
        "missing_customer_identifiers": not identified,
        "missing_disputed_transaction_description": not disputed.get("product_description"),
        "missing_merchandise_or_services": not disputed.get("merchandise_or_services"),
        "missing_prior_undisputed_transaction_description": not _all_described(prior),
        "missing_prior_undisputed_transactions": len(prior) < PRIOR_MIN,
    }
    return [name for name, is_missing in missing.items() if is_missing]


def _all_described(prior: Iterable[dict[str, Any]]) -> bool:
    described = [bool(one.get("product_description")) for one in prior]
    return bool(described) and all(described)
