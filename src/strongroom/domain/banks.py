"""Rules about bank accounts: which country, currency, routing and account number go together, and what is shown.

Pure: text in, facts or an `InvalidRequest` out. No error holds the account number. Test mode accepts the published
test numbers and no others, exactly as they were published; live mode checks form and checksum.
"""

import re
from collections.abc import Callable, Collection
from typing import Final

import msgspec
from stdnum.ar import cbu
from stdnum.nz import bankaccount

from strongroom.catalog.banks import PAID, AcceptedAccounts, BankCountry, BankTables, bank_tables
from strongroom.catalog.check_digits import aba_ok, clabe_ok, iban_ok
from strongroom.catalog.countries import is_country
from strongroom.errors import InvalidRequest, echo, parameter_missing

_ABA_DIGITS: Final = 9
_ABA_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_LOCAL_NUMBER: Final = re.compile(r"[0-9A-Z]{3,34}", re.ASCII)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{1,30}", re.ASCII)
_ROUTING: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z \-]{0,32}[0-9A-Za-z])?", re.ASCII)
_NATIONAL: Final[dict[str, Callable[[str], bool]]] = {
    "cbu": cbu.is_valid,
    "clabe": clabe_ok,
    "nz": bankaccount.is_valid,
}
"""How account numbers with check digits of their own are called, and what knows them; they are given digits alone."""
_SEPARATORS: Final = str.maketrans("", "", " -")
_TESTING_PAGE: Final = "https://stripe.com/docs/connect/testing#account-numbers"


class BankFacts(msgspec.Struct, frozen=True):
    """What may be shown of a bank account; none of it is secret."""

    country: str
    currency: str
    bank_name: str | None
    last4: str
    """The last four characters; letters are possible."""
    routing_number: str | None
    """As it is shown, which is not always as it was sent."""
    behaviour: str | None
    """What a payout to it comes to (test_banks.toml) unless it is simply paid."""


class CheckedAccount(msgspec.Struct, frozen=True):
    """An account that passed: what may be shown, and the text that identifies it."""

    facts: BankFacts
    canonical: str
    """The IBAN, or `country|routing|number`; the separator occurs in none of the three. Secret."""

    def __repr__(self) -> str:
        return f"CheckedAccount({self.facts!r}, ***)"


class _Asked(msgspec.Struct, frozen=True):
    """An account on its way through the checks."""

    country: BankCountry
    currency: str
    number: str
    routing: str | None
    param: str

    def __repr__(self) -> str:
        return f"_Asked({self.country.country}, ***)"

    def wrong(self, what: str, message: str) -> InvalidRequest:
        return InvalidRequest(message, code=f"{what}_invalid", param=f"{self.param}[{what}]")


def check_account(
    country: str,
    currency: str | None,
    account_number: str | None,
    routing_number: str | None,
    *,
    livemode: bool,
    param: str,
) -> CheckedAccount:
    """Check a bank account as it was typed.

    Args:
        country: alpha-2 code, in either case.
        currency: ISO code, in either case; None for the country's own.
        account_number: account number or IBAN, with or without spaces and hyphens.
        routing_number: what the country uses: sort code, BSB, bank and branch, BIC; None if not sent.
        livemode: False accepts test numbers alone.
        param: the parameter that holds the account, for the `param` of errors.

    Raises:
        InvalidRequest: the first thing that is wrong.
    """
    tables = bank_tables()
    here = _country(_compact(country), tables, param)
    if not account_number:
        raise parameter_missing(f"{param}[account_number]")
    asked = _Asked(here, _currency(currency, here, param), _compact(account_number), routing_number, param)
    accepted = tables.test_banks[here.country]
    _check_routing(asked, published=() if livemode else accepted.routing)
    if livemode:
        _check_live_number(asked)
        return _describe(asked, asked.routing, tables.names.get((here.country, asked.routing or "")), None)
    return _take_test_account(asked, accepted, tables)


def _country(code: str, tables: BankTables, param: str) -> BankCountry:
    found = tables.countries.get(code)
    if found is not None:
        return found
    if is_country(code):
        message = f"Bank accounts in {code} are not supported."
        raise InvalidRequest(message, code="country_unsupported", param=f"{param}[country]")
    message = f"Invalid country: {echo(code)}. It must be a two-letter ISO 3166-1 code."
    raise InvalidRequest(message, code="country_code_invalid", param=f"{param}[country]")


def _currency(given: str | None, country: BankCountry, param: str) -> str:
    if not given:
        return country.currencies[0]
    currency = given.lower()
    if currency not in country.currencies:
        listed = ", ".join(country.currencies)
        message = f"A bank account in {country.country} can be held in {listed}, not in {echo(currency)}."
        raise InvalidRequest(message, param=f"{param}[currency]")
    return currency


def _compact(text: str) -> str:
    """Return `text` in capitals without spaces and hyphens; what is not ASCII stays, to be refused as it is."""
    return text.translate(_SEPARATORS).upper() if text.isascii() else text


# -- routing numbers --------------------------------------------------------------------------------------------------


def _check_routing(asked: _Asked, published: Collection[str]) -> None:
    """Check what was sent. One of the `published` test numbers is good even where its checksum is not."""
    routing = asked.routing
    if asked.country.routing == "derived" and routing == "":
        raise InvalidRequest("Invalid BIC: leave routing_number out with this account.", param=asked.param)
    if not routing:
        if asked.country.routing == "required":
            raise parameter_missing(f"{asked.param}[routing_number]")
        return
    if routing in published:
        return
    if asked.country.number == "aba":
        _check_aba(asked, routing)
    elif not _ROUTING.fullmatch(routing) or not _has_form(_compact(routing), asked.country.routing_form):
        raise asked.wrong("routing_number", "The routing number is not one of this country.")


def _has_form(text: str, form: re.Pattern[str] | None) -> bool:
    return form is None or form.fullmatch(text) is not None


def _check_aba(asked: _Asked, routing: str) -> None:
    if not (len(routing) == _ABA_DIGITS and routing.isascii() and routing.isdigit()):
        raise asked.wrong("routing_number", "Routing number must have 9 digits")
    if not aba_ok(routing):
        raise asked.wrong("routing_number", "Couldn't find that bank: please check the routing number.")


# -- account numbers --------------------------------------------------------------------------------------------------


def _check_form(asked: _Asked) -> None:
    if asked.country.number == "aba" and not _ABA_NUMBER.fullmatch(asked.number):
        message = "Account numbers must contain only digits, and be at most 12 digits long"
        raise asked.wrong("account_number", message)
    if asked.country.number == "local" and not _LOCAL_NUMBER.fullmatch(asked.number):
        raise asked.wrong("account_number", "The account number is not one of this country.")


def _check_live_number(asked: _Asked) -> None:
    _check_form(asked)
    number, country = asked.number, asked.country
    if country.number == "iban":
        _check_iban(asked)
    knows = _NATIONAL.get(country.number)
    if not _has_form(number, country.account_form) or (
        knows is not None and not (number.isascii() and number.isdigit() and knows(number))
    ):
        raise asked.wrong("account_number", "The account number is not one of this country.")


def _check_iban(asked: _Asked) -> None:
    iban, country = asked.number, asked.country
    if not _IBAN.fullmatch(iban):
        raise asked.wrong("account_number", "That is not an IBAN.")
    if not iban.startswith(country.country):
        raise asked.wrong("account_number", f"That IBAN is not one of {country.country}.")
    if len(iban) != country.iban_length or not iban_ok(iban):
        raise asked.wrong("account_number", "That IBAN has the wrong length or check digits.")


def _take_test_account(asked: _Asked, accepted: AcceptedAccounts, tables: BankTables) -> CheckedAccount:
    _check_form(asked)
    outcome = accepted.numbers.get(asked.number)
    if outcome is None:
        message = (
            f"You must use a test bank account number in test mode. Try {accepted.suggestion} or see more options at "
            f"{_TESTING_PAGE}."
        )
        raise asked.wrong("account_number", message)
    name = tables.names.get((asked.country.country, asked.routing or ""), tables.test_bank_name)
    return _describe(asked, _shown_routing(asked, accepted), name, None if outcome == PAID else outcome)


def _shown_routing(asked: _Asked, accepted: AcceptedAccounts) -> str | None:
    if accepted.shown is not None or asked.routing is None:
        return accepted.shown
    return accepted.routing.get(asked.routing, asked.routing)


def _describe(asked: _Asked, shown: str | None, name: str | None, behaviour: str | None) -> CheckedAccount:
    country = asked.country.country
    facts = BankFacts(country, asked.currency, name, asked.number[-4:], shown, behaviour)
    if asked.country.number == "iban":
        return CheckedAccount(facts, asked.number)
    routing = _compact(asked.routing or "")
    return CheckedAccount(facts, f"{country}|{routing}|{asked.number}")
