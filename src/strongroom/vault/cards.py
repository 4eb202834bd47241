"""Where card and bank account numbers are looked at: checked, described, brought to one form, and wrapped up again.

Nothing else reveals a number. What comes out is either fit to be shown (`facts`) or a `Secret` (`canonical`).
"""

from dataclasses import dataclass
from typing import NamedTuple

from strongroom.catalog.magic import MagicNumber
from strongroom.domain import cards as rules
from strongroom.domain.banks import BankFacts, check_account
from strongroom.domain.cards import CardFacts
from strongroom.secret import Secret

__all__ = [
    "BankFacts",
    "CardFacts",
    "TakenBank",
    "TakenCard",
    "check_security_code",
    "take_bank_account",
    "take_card",
]


class TakenCard(NamedTuple):
    """A card that passed: what may be shown of it, and its number for the vault."""

    facts: CardFacts
    exp_month: int
    exp_year: int
    canonical: Secret[str]
    """The number as ASCII digits: what is sealed, and what the fingerprint is made from."""
    cvc_given: bool
    """Whether a security code came with it; an empty one counts as none."""


@dataclass(frozen=True, slots=True)
class TakenBank:
    """A bank account that passed: what may be shown of it, and its numbers for the vault."""

    facts: BankFacts
    canonical: Secret[str]
    """The IBAN, or country, routing and account number: what is sealed, and what the fingerprint is made from."""


def take_card(
    number: Secret[str],
    exp_month: str | int,
    exp_year: str | int,
    cvc: Secret[str] | None,
    *,
    livemode: bool,
    now: int,
) -> TakenCard:
    """Check a card as it was typed, and describe it.

    Args:
        number: spaces and hyphens are tolerated.
        exp_month: 1 to 12.
        exp_year: two or four digits.
        cvc: the security code, if there is one; it is checked and not kept.
        livemode: True refuses published test numbers.
        now: seconds since 1970 UTC.

    Raises:
        CardError: the first thing that is wrong.
    """
    digits = rules.canonical(number.reveal())
    magic = isinstance(number, MagicNumber)
    facts = rules.check_number(digits, luhn=not magic)
    expiry = rules.check_expiry(str(exp_month), str(exp_year), now=now)
    code = cvc.reveal() if cvc is not None else ""
    if code:
        rules.check_security_code(code, facts.brand)
    if livemode and facts.is_test_number:
        raise rules.refusal("live_mode_test_card")
    if isinstance(number, MagicNumber):
        facts = facts._replace(behaviour=number.behaviour, is_test_number=True)
    return TakenCard(facts, expiry.month, expiry.year, Secret(digits), bool(code))


def check_security_code(code: Secret[str]) -> int:
    """Check a security code that came without its card: three or four digits. Return how many.

    Raises:
        CardError: `invalid_cvc`.
    """
    rules.check_security_code(code.reveal())
    return len(code.reveal())


def take_bank_account(
    *,
    country: str,
    currency: str | None,
    account_number: Secret[str] | None,
    routing_number: str | Secret[str] | None,
    livemode: bool,
    param: str = "bank_account",
) -> TakenBank:
    """Check a bank account as it was typed, and describe it.

    Args:
        country: alpha-2 code.
        currency: ISO code; None for the country's own.
        account_number: account number or IBAN.
        routing_number: what the country uses for one; None if it was not sent.
        livemode: False accepts the published test numbers alone.
        param: the parameter that holds the account, for the `param` of errors.

    Raises:
        InvalidRequest: the first thing that is wrong.
    """
    checked = check_account(
        country,
        currency,
        account_number.reveal() if account_number is not None else None,
        routing_number.reveal() if isinstance(routing_number, Secret) else routing_number,
        livemode=livemode,
        param=param,
    )
    return TakenBank(checked.facts, Secret(checked.canonical))
