"""The magic names of test mode: `tok_visa`, `pm_card_visa`, `btok_us_verified` and their kin.

A magic name stands for details that anybody might have typed; whoever resolves one goes on as if they had been typed.
Callers ask only in test mode. Names are never used up.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from strongroom.catalog.banks import bank_tables
from strongroom.catalog.behaviours import CHECKS, behaviour
from strongroom.catalog.cards import Magic, card_facts, card_tables
from strongroom.secret import Secret

_SECURITY_CODE: Final = "1234"
_HOLDER: Final = {"account_holder_name": "Jenny Rosen", "account_holder_type": "individual"}


class MagicNumber(Secret[str]):
    """The number behind a magic name. The vault takes it as it is, check digit or not, with the name's behaviour."""

    __slots__ = ("behaviour",)

    def __init__(self, number: str, behaviour: str | None) -> None:
        super().__init__(number)
        self.behaviour = behaviour


@dataclass(frozen=True, slots=True)
class MagicCard:
    """The card behind a magic name."""

    name: str
    number: MagicNumber
    cvc: Secret[str]
    zip_given: bool
    """Whether it counts as sent with a postal code: only where something depends on it, or every card would show it."""
    cvc_given: bool = field(default=True)

    def details(self, now: int) -> dict[str, Any]:
        """Return what would have been sent as `card`: it expires in the current month of next year.

        Args:
            now: seconds since 1970 UTC.
        """
        today = time.gmtime(now)
        return {
            "number": self.number,
            "exp_month": str(today.tm_mon),
            "exp_year": str(today.tm_year + 1),
            "cvc": self.cvc,
        }


@dataclass(frozen=True, slots=True)
class MagicBank:
    """The bank account behind a magic name."""

    name: str
    country: str
    currency: str
    routing_number: str
    account_number: Secret[str]

    def details(self) -> dict[str, Any]:
        """Return what would have been sent as `bank_account`."""
        return {
            "country": self.country,
            "currency": self.currency,
            "routing_number": self.routing_number,
            "account_number": self.account_number,
            **_HOLDER,
        }


def magic_token(name: str) -> MagicCard | MagicBank | None:
    """Return what the token `name` (`tok_…`, `btok_…`; case counts) stands for, or None if it is not magic."""
    if name.startswith("btok_"):
        return _bank(name)
    return _card(name, card_tables().tokens.get(name))


def magic_payment_method(name: str) -> MagicCard | None:
    """Return what the PaymentMethod `name` (`pm_card_…`; case counts) stands for, or None if it is not magic."""
    return _card(name, card_tables().payment_methods.get(name))


def _card(name: str, magic: Magic | None) -> MagicCard | None:
    if magic is None:
        return None
    facts = card_facts(magic.number)
    brand = card_tables().brands[facts.brand if facts else "unknown"]
    zip_given = CHECKS["postal"] in behaviour(magic.behaviour).checks
    code = Secret(_SECURITY_CODE[: min(brand.cvc)])
    return MagicCard(name, MagicNumber(magic.number, magic.behaviour), code, zip_given)


def _bank(name: str) -> MagicBank | None:
    tables = bank_tables()
    if name not in tables.tokens:
        return None
    country, routing, number = tables.tokens[name]
    currency = tables.countries[country].currencies[0]
    return MagicBank(name, country, currency, routing, Secret(number))
