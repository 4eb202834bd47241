"""The checks that pages of payment method types name: what makes a bank number, tax id or alias one of its kind.

Pure: text in, its one canonical spelling out, or `Unfit`. Whatever has check digits or a registry is left to libraries that
follow it (python-stdnum, libphonenumber); what has only a length is a length here. No error holds the value.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from stdnum import iban
from stdnum.au import abn
from stdnum.br import cnpj, cpf
from stdnum.exceptions import ValidationError
from stdnum.nz import bankaccount
from stdnum.us import rtn

from strongroom.catalog import method_pages
from strongroom.catalog.ibans import iban_parts
from strongroom.catalog.reading import CatalogError

ACCOUNT: Final = "account_number_invalid"
ROUTING: Final = "routing_number_invalid"

_SEPARATORS: Final = str.maketrans("", "", " -")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CPF_DIGITS: Final = 11
_EARLIEST_BIRTH: Final = 1900
_DAY: Final = 86_400


class Unfit(Exception):
    """The value is not what it should be. Nothing is said of it."""


class Check(msgspec.Struct, frozen=True):
    """A named check: what it does, and what is said when it fails."""

    run: Callable[[Any, int], Any]
    """Takes the value and the time (seconds since 1970), returns the canonical value or raises `Unfit`."""
    words: str
    code: str | None = None


def compact(text: str) -> str:
    """Return `text` in capitals without spaces and hyphens; what is not ASCII stays, to be refused as it is."""
    return text.translate(_SEPARATORS).upper() if text.isascii() else text


def is_phone(text: str, country: str | None = None) -> bool:
    """Whether `text` is a phone number that can be called, in international form or as it is dialled in `country`."""
    # Imported here: its tables are several megabytes, and most calls never see a phone number.
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False


def nz_bank_name(bank_code: str, branch_code: str) -> str | None:
    """Return the bank that a New Zealand bank and branch belong to, or None."""
    name: str | None = bankaccount.info(f"{bank_code}{branch_code}").get("bank")
    return name


# -- the checks -------------------------------------------------------------------------------------------------------


def _digits(shortest: int, longest: int | None = None) -> Callable[[Any, int], str]:
    form = re.compile(f"[0-9]{{{shortest},{longest or shortest}}}", re.ASCII)

    def run(value: Any, _: int) -> str:
        number = compact(value)
        if form.fullmatch(number) is None:
            raise Unfit
        return number

    return run


def _by(validate: Callable[[str], str]) -> Callable[[Any, int], str]:
    """Return a check that leaves the decision to one of python-stdnum's."""

    def run(value: Any, _: int) -> str:
        number = compact(value)
        if not number.isascii():
            raise Unfit
        try:
            return validate(number)
        except ValidationError:
            raise Unfit from None

    return run


def _sepa_iban(number: str) -> str:
    # Not the national check digits inside: half of the published test numbers of Belgium, Norway and Spain lack them.
    canonical = iban.validate(number, check_country=False)
    if canonical[:2] not in iban_parts():
        raise Unfit
    return canonical


def _brazilian_tax_id(number: str) -> str:
    validate = cpf.validate if len(number.replace(".", "").replace("/", "")) == _CPF_DIGITS else cnpj.validate
    return validate(number)


def _pay_id(value: Any, _: int) -> str:
    """An e-mail address, an Australian phone number or an ABN."""
    text = str(value).strip()
    if _EMAIL.fullmatch(text) is not None:
        return text.lower()
    if abn.is_valid(text) or is_phone(text, "AU"):
        return compact(text)
    raise Unfit


def _date_of_birth(value: Any, now: int) -> dict[str, int]:
    try:
        born = datetime.date(value["year"], value["month"], value["day"])
    except (ValueError, OverflowError):
        raise Unfit from None
    today = datetime.date(1970, 1, 1) + datetime.timedelta(days=now // _DAY)
    if not datetime.date(_EARLIEST_BIRTH, 1, 1) <= born <= today:
        raise Unfit
    return {"day": born.day, "month": born.month, "year": born.year}


def _mandate_options(value: Any, _: int) -> Any:
    if value.get("amount", 1) < 1:
        raise Unfit
    return value


def _as_it_is(value: Any, _: int) -> Any:
    return value


CHECKS: Final[dict[str, Check]] = {
    "aba": Check(_by(rtn.validate), "Couldn't find that bank: please check the routing number.", ROUTING),
    "american_account": Check(_digits(4, 17), "Account numbers must have 4 to 17 digits.", ACCOUNT),
    "australian_account": Check(_digits(5, 9), "Account numbers must have 5 to 9 digits.", ACCOUNT),
    "brazilian_tax_id": Check(_by(_brazilian_tax_id), "That is not a valid CPF or CNPJ.", "tax_id_invalid"),
    "british_account": Check(_digits(8), "Account numbers must have 8 digits.", ACCOUNT),
    "bsb": Check(_digits(6), "BSB numbers must have 6 digits.", ROUTING),
    "canadian_account": Check(_digits(7, 12), "Account numbers must have 7 to 12 digits.", ACCOUNT),
    "choice": Check(_as_it_is, ""),
    "date_of_birth": Check(_date_of_birth, "That is not a date on which anybody living was born."),
    "institution": Check(_digits(3), "Institution numbers must have 3 digits.", ROUTING),
    "mandate_options": Check(_mandate_options, "The amount must be at least 1."),
    "nz_account": Check(_digits(7), "Account numbers must have 7 digits.", ACCOUNT),
    "nz_bank": Check(_digits(2), "Bank codes must have 2 digits.", ROUTING),
    "nz_branch": Check(_digits(4), "Branch codes must have 4 digits.", ROUTING),
    "nz_suffix": Check(_digits(2, 3), "Suffixes must have 2 or 3 digits.", ACCOUNT),
    "pay_id": Check(_pay_id, "A PayID is an email address, an Australian phone number or an ABN."),
    "sepa_iban": Check(_by(_sepa_iban), "That is not an IBAN of the single euro payments area.", ACCOUNT),
    "sort_code": Check(_digits(6), "Sort codes must have 6 digits.", ROUTING),
    "text": Check(_as_it_is, ""),
    "transit": Check(_digits(5), "Transit numbers must have 5 digits.", ROUTING),
}


def _nz_bank_account(number: str, routing: str) -> None:
    """Seven digits are the account itself, two or three more its suffix."""
    if not bankaccount.is_valid(f"{routing[:2]}-{routing[2:]}-{number[:7]}-{number[7:]}"):
        raise Unfit


ACCOUNT_CHECKS: Final[dict[str, tuple[Callable[[str, str], None], str]]] = {
    "nz_bank_account": (
        _nz_bank_account,
        "There is no such account: please check bank, branch and account number.",
    ),
}
"""Checks of number and routing number together, with their words."""

if CHECKS.keys() != method_pages.CHECKS or ACCOUNT_CHECKS.keys() != method_pages.ACCOUNT_CHECKS:
    raise CatalogError("the checks that pages may name are not those there are")
