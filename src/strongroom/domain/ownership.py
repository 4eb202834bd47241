"""Whose a bank account is: what proves it, and what the bank account and its connected account owe until it is proved.

A check begins with two published test numbers, or with a document. What it comes to stands in the bank account's own
`requirements` and in the account's; it stops payouts, and nothing else.
"""

from collections.abc import Iterable
from typing import Any, Final

from strongroom.catalog.verification import LATER, MATCH, MISMATCH, PENDING, Check, verification_tables

FIELD: Final = "documents.bank_account_ownership_verification.files"
NOT_PROVED: Final = "verification_document_not_uploaded"


def check_of_number(outcome: str | None) -> Check | None:
    """Return what a new bank account comes to whose number has this outcome (catalog/test_banks.toml); None: nobody asks."""
    known = verification_tables().field(FIELD)
    return known.values.get(outcome or "") if known is not None else None


def proved(own: Check | None, of_account: Check | None) -> Check | None:
    """Return the check that counts for a bank account: the account's document makes up for what its own lacks."""
    return of_account if own is not None and own.outcome == MISMATCH and of_account is not None else own


def of_account(own: Check | None, of_banks: Iterable[Check]) -> Check | None:
    """Return what the account's own requirements say: its document, or else the worst of its bank accounts."""
    if own is not None:
        return own
    banks = sorted(of_banks, key=lambda check: (check.outcome == MATCH, check.when != LATER))
    return banks[0] if banks else None


def requirements(check: Check | None, *, checked: bool) -> dict[str, Any]:
    """Return the `requirements` of a bank account.

    Args:
        check: the one that counts.
        checked: whether checks whose results come later have come.
    """
    due, errors, waiting = [], [], []
    if check is not None and (check.outcome == PENDING or (check.when == LATER and not checked)):
        waiting = [FIELD]
    elif has_failed(check, checked=checked):
        due = [FIELD]
        errors = [_error(check)]
    return {"currently_due": due, "errors": errors, "past_due": due, "pending_verification": waiting}


def has_failed(check: Check | None, *, checked: bool) -> bool:
    """Whether it is known that the bank account may be somebody else's."""
    return check is not None and check.outcome == MISMATCH and (checked or check.when != LATER)


def _error(check: Check | None) -> dict[str, Any]:
    code = (check.code if check is not None else None) or NOT_PROVED
    return {"code": code, "reason": verification_tables().reasons[code], "requirement": FIELD}
