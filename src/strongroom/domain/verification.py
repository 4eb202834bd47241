"""What a written value comes to when it is checked: identity numbers, dates of birth, documents, names, addresses.

Here is no identity bureau. In test mode the published trigger values decide (catalog/verification.toml); in live mode
whatever is well-formed stays pending, because nobody here may call a person verified. The value itself is looked at and
forgotten: a `Check` holds nothing of it, and no error repeats it.
"""

from dataclasses import dataclass
from typing import Any, Final

MATCH: Final = "match"
MISMATCH: Final = "mismatch"
PENDING: Final = "pending"
LISTED: Final = "listed"
PAUSED: Final = "paused"

AT_ONCE: Final = "at_once"
LATER: Final = "later"

NOTHING: Final = "nothing"
PAYOUTS: Final = "payouts"
EVERYTHING: Final = "everything"


@dataclass(frozen=True, slots=True)
class Check:
    """What a value came to. It is kept beside the record and holds nothing of the value."""

    outcome: str
    """`match`, `mismatch`, `pending` (nobody can say), `listed` (a sanctions alert) or `paused` (an inactive business)."""
    when: str = AT_ONCE
    """`at_once`: known in the response; `later`: once the account's checks have settled."""
    code: str | None = None
    """The requirement error code of a mismatch."""
    about: str | None = None
    """The requirement path the error is reported at, where that is not the field itself."""
    role: str | None = None
    """The relationship without which the check does not count: `director`, `owner`."""
    blocks: str = EVERYTHING
    """What a mismatch blocks: `everything`, `payouts` or `nothing`."""

    def settled(self) -> "Check":
        """Return the same check with its result known."""
        raise NotImplementedError

    def as_document(self) -> dict[str, Any]:
        """Return what is stored: plain values that are not secret; `Check(**document)` is the way back."""
        raise NotImplementedError


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
    raise NotImplementedError
