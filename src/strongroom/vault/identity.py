"""Where identity numbers are looked at: a person's id numbers, a company's tax, VAT and registration numbers.

All numbers of one person or company are kept together in one record. Out of here comes what a check has found, never
the number and nothing derived from it.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from strongroom.domain import identity as rules
from strongroom.domain.verification import Check, examine
from strongroom.secret import Secret
from strongroom.vault.keyring import Keyring, SealedRecord

KIND: Final = "identity"
"""What such a record is called; its length says nothing of how long the numbers are."""

PERSONAL: Final = frozenset({"id_number", "id_number_secondary"})

_PII_TOKEN: Final = re.compile(r"pii_[0-9A-Za-z]{1,64}", re.ASCII)


class Where(NamedTuple):
    """What decides how a number is checked."""

    country: str
    """The account's; a person's own country has no say in it."""
    livemode: bool
    now: int
    """Seconds since 1970 UTC."""


def token_id_in(number: Secret[str]) -> str | None:
    """Return the id of the PII token that stands where a number could, or None if it is no such id."""
    text = number.reveal()
    return text if _PII_TOKEN.fullmatch(text) else None


def check_number(
    field: str, number: Secret[str], where: Where, *, param: str
) -> tuple[Secret[str], Check | None]:
    """Return a number in its one form, and what it comes to.

    Args:
        field: `id_number`, `id_number_secondary`, `ssn_last_4`, `company.tax_id`, …
        number: as it was written.
        where: the account's country, the mode and the time.
        param: the parameter, for the `param` of errors.

    Raises:
        InvalidRequest: it is not what numbers of the account's country look like.
    """
    text = number.reveal()
    if field in PERSONAL:
        text = rules.check_id_number(text, where.country, livemode=where.livemode, param=param)
    elif field == "ssn_last_4":
        text = rules.check_ssn_last_4(text, param=param)
    elif field == "company.tax_id":
        text = rules.check_tax_id(text, where.country, livemode=where.livemode, param=param)
    return Secret(text), examine(field, text, livemode=where.livemode, now=where.now)


def seal_numbers(
    keyring: Keyring,
    record_id: str,
    old: tuple[str, SealedRecord] | None,
    given: Mapping[str, Secret[str] | None],
) -> SealedRecord | None:
    """Return the record of a subject's numbers with those of `given` in it, or None if none is left.

    Args:
        keyring: the keys of the account.
        record_id: where the new record will be kept.
        old: the id and the record of the numbers until now, if there are any.
        given: field → number, or None to forget it.

    Raises:
        SealBroken: the old record does not open.
    """
    numbers: dict[str, str] = {}
    if old is not None:
        numbers = json.loads(keyring.open_record(KIND, *old).reveal())
    for field, number in given.items():
        if number is None:
            numbers.pop(field, None)
        else:
            numbers[field] = number.reveal()
    return keyring.seal_record(KIND, record_id, Secret(json.dumps(numbers))) if numbers else None
