"""What identity numbers and dates of birth must look like. No error repeats the number, and nothing here keeps it.

The account's country decides the form of a number, whatever the person's country or nationality is.
"""

import time
from collections.abc import Mapping
from datetime import date
from typing import Final

from strongroom import errors
from strongroom.catalog.accounts import account_tables
from strongroom.catalog.verification import verification_tables
from strongroom.errors import InvalidRequest

_SEPARATORS: Final = str.maketrans("", "", " -./")
_LAST_4_DIGITS: Final = 4
_YOUNGEST_YEARS: Final = 13
_DOB_PARTS: Final = ("day", "month", "year")


def without_separators(number: str) -> str:
    """Return `number` without the spaces, hyphens, dots and slashes that people type for legibility."""
    return number.translate(_SEPARATORS)


def check_id_number(number: str, country: str, *, livemode: bool, param: str) -> str:
    """Return a person's id number in its one form: upper case, without separators.

    Args:
        number: as it was typed.
        country: the account's, as one in which accounts can be.
        livemode: in test mode the published test values are good in every country.
        param: the parameter to name.

    Raises:
        InvalidRequest: `tax_id_invalid` if numbers of that country look otherwise.
    """
    known = account_tables().countries[country]
    canonical = without_separators(number).upper()
    if known.id_number.fullmatch(canonical) or _is_test_value("id_number", canonical, livemode):
        return canonical
    raise _invalid_number(country, known.says, "tax_id_invalid", param)


def check_tax_id(number: str, country: str, *, livemode: bool, param: str) -> str:
    """Return a company's tax id in its one form; see `check_id_number`.

    Raises:
        InvalidRequest: `tax_id_invalid`, or the country's own code (`siret_invalid`).
    """
    known = account_tables().countries[country]
    canonical = without_separators(number).upper()
    if known.tax_id.fullmatch(canonical) or _is_test_value("company.tax_id", canonical, livemode):
        return canonical
    raise _invalid_number(country, known.says, known.tax_id_code, param)


def check_ssn_last_4(number: str, *, param: str) -> str:
    """Return the last four digits of a social security number.

    Raises:
        InvalidRequest: anything but four ASCII digits.
    """
    if len(number) == _LAST_4_DIGITS and number.isascii() and number.isdigit():
        return number
    raise InvalidRequest("The last 4 digits of a social security number must be 4 digits.", param=param)


def _is_test_value(field: str, canonical: str, livemode: bool) -> bool:
    known = verification_tables().field(field)
    return not livemode and known is not None and canonical in known.values


def _invalid_number(country: str, says: str | None, code: str, param: str) -> InvalidRequest:
    says = says or "look different from the one you provided"
    return InvalidRequest(f"{country} tax IDs {says}.", code=code, param=param)


def check_dob(dob: Mapping[str, int], *, now: int, param: str = "dob") -> str:
    """Return a date of birth as `1902-01-01`.

    Args:
        dob: day, month and year.
        now: seconds since 1970 UTC.
        param: the parameter to name, such as `individual[dob]`.

    Raises:
        ParameterRefused: `parameter_missing` for the first of day, month and year that is not there.
        InvalidRequest: no such day (`dob`), or less than 13 years ago (`dob[year]`).
    """
    for part in _DOB_PARTS:
        if dob.get(part) is None:
            raise errors.parameter_missing(f"{param}[{part}]")
    try:
        born = date(dob["year"], dob["month"], dob["day"])
    except (ValueError, OverflowError):
        raise InvalidRequest("This is not a date of the calendar.", param=param) from None
    if age_at(born, now) < _YOUNGEST_YEARS:
        raise InvalidRequest(f"Must be at least {_YOUNGEST_YEARS} years of age.", param=f"{param}[year]")
    return born.isoformat()


def age_at(born: date, now: int) -> int:
    """Return how many whole years lie between `born` and `now`, in seconds since 1970 UTC; negative for the unborn."""
    today = time.gmtime(now)
    return today.tm_year - born.year - ((today.tm_mon, today.tm_mday) < (born.month, born.day))
