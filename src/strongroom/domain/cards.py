"""Rules about cards: what makes a number, expiry and security code acceptable, and what the network says of them.

Everything here is pure: text and the current time in, facts or a `CardError` out. An error never holds the number.
The first failure wins, in this order: number, check digit, month, year, month of this year, security code.
"""

import time
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from strongroom.catalog import cards as catalog
from strongroom.catalog.behaviours import (
    CARD_DECLINED,
    CHECKS,
    Decline,
    behaviour,
    decline_table,
    mistake_table,
)
from strongroom.catalog.cards import CardFacts
from strongroom.catalog.check_digits import luhn_ok
from strongroom.errors import CardError

__all__ = [
    "AttachOutcome",
    "CardFacts",
    "Expiry",
    "attach_outcome",
    "canonical",
    "card_facts",
    "check_card",
    "check_code_length",
    "check_expiry",
    "check_number",
    "check_security_code",
    "display_brand",
    "is_digits",
    "legacy_brand",
    "luhn_ok",
    "mistake",
    "preferred_network",
    "refusal",
]

INVALID_PREFERENCE: Final = "invalid_preference"

_SHORTEST, _LONGEST = 12, 19
_DAY: Final = 86_400
_CENTURY = 100
_YEARS_BACK = 50
"""A two-digit year is the one that lies at most this far back, and less than this far ahead."""
_YEARS_AHEAD_MAX = 50
_MONTHS: Final = {text: month for month in range(1, 13) for text in (str(month), f"{month:02}")}
_ANY_CODE: Final = frozenset({3, 4})


class Expiry(NamedTuple):
    """The last month in which a card is good: `month` 1 to 12, `year` with four digits."""

    month: int
    year: int


class AttachOutcome(msgspec.Struct, frozen=True):
    """What the network answers when a card is validated before it is saved."""

    refusal: CardError | None
    checks: dict[str, str]
    """Result by a PaymentMethod's name for the check; only of what was given, so that earlier results stand."""


# -- numbers ----------------------------------------------------------------------------------------------------------


def canonical(number: str) -> str:
    """Return `number` without the spaces and hyphens that people type for legibility."""
    return number.replace(" ", "").replace("-", "")


def is_digits(text: str) -> bool:
    """Whether `text` is one or more ASCII digits; other scripts' digits and superscripts are not."""
    return text.isascii() and text.isdigit()


def card_facts(number: str) -> CardFacts | None:
    """Return what a canonical number says about its card, or None where it belongs to no known range."""
    return catalog.card_facts(number) if is_digits(number) else None


def check_number(number: str, *, luhn: bool = True) -> CardFacts:
    """Return what a canonical number says about its card.

    Args:
        number: as `canonical` returns it.
        luhn: False for a published number whose check digit is wrong.

    Raises:
        CardError: `invalid_number` for anything but the digits of a known brand, in a length that brand has;
            `incorrect_number` for a wrong check digit.
    """
    if not (_SHORTEST <= len(number) <= _LONGEST and is_digits(number)):
        raise mistake("invalid_number")
    facts = catalog.card_facts(number)
    if facts is None or len(number) not in catalog.card_tables().brands[facts.brand].lengths:
        raise mistake("invalid_number")
    if luhn and not luhn_ok(number):
        raise mistake("incorrect_number")
    return facts


# -- expiry and security code -----------------------------------------------------------------------------------------


def check_expiry(month: str, year: str, *, now: int) -> Expiry:
    """Return the expiry date that `month` and `year` name.

    Args:
        month: `1` to `12`, with or without a leading zero.
        year: four digits, or two: then within the 50 years before this one and the 49 after it.
        now: seconds since 1970 UTC. The current month is still good.

    Raises:
        CardError: `invalid_expiry_month` or `invalid_expiry_year`.
    """
    month_number = _MONTHS.get(month)
    if month_number is None:
        raise mistake("invalid_expiry_month")
    this_year, this_month = _month_of(now // _DAY)
    year_number = _year(year, this_year)
    if not this_year <= year_number <= this_year + _YEARS_AHEAD_MAX:
        raise mistake("invalid_expiry_year")
    if year_number == this_year and month_number < this_month:
        raise mistake("invalid_expiry_month")
    return Expiry(month_number, year_number)


@lru_cache(maxsize=2)
def _month_of(day: int) -> tuple[int, int]:
    """Return year and month of a day counted from 1970."""
    then = time.gmtime(day * _DAY)
    return then.tm_year, then.tm_mon


def _year(text: str, this_year: int) -> int:
    """Return the year that two or four digits mean."""
    if len(text) not in (2, 4) or not is_digits(text):
        raise mistake("invalid_expiry_year")
    year = int(text)
    if len(text) == 4:  # noqa: PLR2004 -- a year in full
        return year
    earliest = this_year - _YEARS_BACK
    return earliest + (year - earliest) % _CENTURY


def check_security_code(code: str, brand: str | None = None) -> None:
    """Check the length of a security code: what `brand` has, or three or four digits where the card is not known.

    Raises:
        CardError: `invalid_cvc`.
    """
    lengths = _ANY_CODE if brand is None else catalog.card_tables().brands[brand].cvc
    if len(code) not in lengths or not is_digits(code):
        raise mistake("invalid_cvc")


def check_code_length(digits: int, brand: str) -> None:
    """Check that a security code that came without its card could be this card's.

    Raises:
        CardError: `invalid_cvc`.
    """
    if digits not in catalog.card_tables().brands[brand].cvc:
        raise mistake("invalid_cvc")


def check_card(number: str, exp_month: str, exp_year: str, cvc: str | None, *, now: int) -> Expiry:
    """Check a card as it was typed, and return its expiry date. An empty `cvc` counts as not given.

    Raises:
        CardError: the first thing that is wrong; `param` is the bare name of the field.
    """
    facts = check_number(canonical(number))
    expiry = check_expiry(exp_month, exp_year, now=now)
    if cvc:
        check_security_code(cvc, facts.brand)
    return expiry


# -- errors -----------------------------------------------------------------------------------------------------------


def mistake(code: str) -> CardError:
    """Return the error for something typed wrong, such as `invalid_cvc`."""
    row = mistake_table()[code]
    return CardError(row.message, code=row.code, param=row.param)


def refusal(decline_code: str) -> CardError:
    """Return the error for a card that is declined without being charged.

    `param` is then empty unless the decline is about one field, and only a plain `card_declined` says its decline code.
    """
    row: Decline = decline_table()[decline_code]
    said = row.decline_code if row.code == CARD_DECLINED else None
    return CardError(row.message, code=row.code, param=row.param or "", decline_code=said)


def attach_outcome(
    behaviour_name: str | None, *, cvc_given: bool, zip_given: bool, line1_given: bool
) -> AttachOutcome:
    """Return what the sandbox's network says when a card is validated.

    Args:
        behaviour_name: a name in the catalogue; None for an ordinary card.
        cvc_given: whether there is a security code to check.
        zip_given: whether there is a postal code to check.
        line1_given: whether there is a first address line to check.

    Raises:
        KeyError: the catalogue has no such behaviour.
    """
    row = behaviour(behaviour_name)
    given = {"cvc": cvc_given, "line1": line1_given, "postal": zip_given}
    checks = {
        CHECKS[what]: row.checks.get(CHECKS[what], "pass") for what, is_given in given.items() if is_given
    }
    declines = row.attach is not None and (row.needs is None or given[row.needs])
    return AttachOutcome(refusal(row.attach) if declines and row.attach else None, checks)


# -- brands and networks ----------------------------------------------------------------------------------------------


def preferred_network(requested: str, networks: tuple[str, ...]) -> str:
    """Return `requested` if the card has that network, or `invalid_preference`: a wrong wish is no error."""
    return requested if requested in networks else INVALID_PREFERENCE


def display_brand(brand: str, preferred: str | None, networks: tuple[str, ...]) -> str:
    """Return the brand to show: of the preferred network where the card has it, otherwise its own."""
    shown = preferred if preferred is not None and preferred in networks else brand
    return catalog.card_tables().brands[shown].display


def legacy_brand(brand: str) -> str:
    """Return what the older `card` object calls a PaymentMethod's `brand`."""
    return catalog.card_tables().brands[brand].legacy
