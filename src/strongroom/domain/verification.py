"""What a written value comes to when it is checked: identity numbers, dates of birth, documents, names, addresses.

Here is no identity bureau. In test mode the published trigger values decide (catalog/verification.toml); in live mode
whatever is well-formed stays pending, because nobody here may call a person verified. The value itself is looked at and
forgotten: a `Check` holds nothing of it, and nothing here raises.
"""

from datetime import date
from typing import Final
from urllib.parse import urlsplit

from strongroom.catalog.verification import (
    AT_ONCE,
    EVERYTHING,
    LATER,
    LISTED,
    MATCH,
    MISMATCH,
    NUMBER,
    PAUSED,
    PAYOUTS,
    PENDING,
    URL,
    Check,
    CheckedField,
    verification_tables,
)
from strongroom.domain.identity import age_at, without_separators

__all__ = [
    "AT_ONCE",
    "EVERYTHING",
    "LATER",
    "LISTED",
    "MATCH",
    "MISMATCH",
    "OVER_MAXIMUM",
    "PAUSED",
    "PAYOUTS",
    "PENDING",
    "UNDER_18",
    "Check",
    "examine",
    "kept",
]

UNDER_18: Final = "invalid_dob_age_under_18"
OVER_MAXIMUM: Final = "invalid_dob_age_over_maximum"

_DOB: Final = "dob"
_OF_AGE_YEARS: Final = 18
_OLDEST_YEARS: Final = 120
_UNKNOWABLE: Final = Check(PENDING, LATER)


def examine(field: str, value: str, *, livemode: bool, now: int) -> Check | None:
    """Return what `value` comes to, or None for a field that nobody checks.

    Args:
        field: a person's leaf (`dob`, `id_number`, `ssn_last_4`, `first_name`, `address.line1`, `verification.document`,
            `verification.additional_document`); a company's with its prefix (`company.name`, `company.tax_id`,
            `company.address.line1`, `company.verification.document`); an account's path (`business_profile.url`,
            `settings.payments.statement_descriptor`, `documents.company_license.files`, …).
        value: as it was written; a date of birth as `1902-01-01`, a document as the file id that was sent.
        livemode: whether it was written with a live key.
        now: seconds since 1970 UTC.
    """
    known = verification_tables().field(field)
    if known is None:
        return None
    trigger = None if livemode else known.values.get(_comparable(known, value))
    if trigger is not None:
        return trigger
    wrong_age = _of_wrong_age(value, now) if field == _DOB else None
    if wrong_age is not None:
        return wrong_age
    if livemode:
        return _UNKNOWABLE if known.live else None
    return known.otherwise


def kept(field: str, old: Check | None, new: Check | None) -> Check | None:
    """Return the check that stands after another value was written: some, once matched, are not taken back."""
    known = verification_tables().field(field)
    if known is not None and known.sticky and old is not None and old.outcome == MATCH:
        return old
    return new


def _comparable(field: CheckedField, value: str) -> str:
    """Return `value` in the form in which the triggers are listed."""
    text = value.strip().casefold()
    if field.form == NUMBER:
        return without_separators(text)
    return _host(text) if field.form == URL else text


def _host(url: str) -> str:
    """Return the host of a URL with or without its scheme; nothing of what cannot be read as one."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _of_wrong_age(value: str, now: int) -> Check | None:
    """Return the mismatch of somebody too young or impossibly old; None for a date that cannot be read."""
    try:
        years = age_at(date.fromisoformat(value), now)
    except ValueError:
        return None
    if years < _OF_AGE_YEARS:
        return Check(MISMATCH, code=UNDER_18)
    return Check(MISMATCH, code=OVER_MAXIMUM) if years > _OLDEST_YEARS else None
