"""Where accounts can be, and which capabilities they can have there."""

import re
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.countries import Country, country_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

FULL: Final = "full"
RECIPIENT: Final = "recipient"

_DELAY_DAYS: Final = {FULL: 7, RECIPIENT: 0}
_COLUMNS: Final = {
    "delay_days": int,
    "id_number": str,
    "tax_id": str,
    "tax_id_code": str,
    "says": str,
    "postal_code": str,
}
_ANY_NUMBER: Final = "[0-9A-Z]{4,30}"
_ANY_POSTAL_CODE: Final = "(?s:.*)"


class AccountCountry(msgspec.Struct, frozen=True):
    """A country in which accounts can be."""

    country: str
    currency: str
    """Lower case."""
    agreements: tuple[str, ...]
    """`full` and `recipient`, or `recipient` alone."""
    delay_days: int
    """How many days a payout waits by default."""
    id_number: re.Pattern[str]
    """What a person's number looks like, upper case and without separators."""
    tax_id: re.Pattern[str]
    """What a company's number looks like, likewise."""
    tax_id_code: str
    """The error code for a company's number that looks otherwise."""
    says: str | None
    """What a refused number is told of the form: `must have 9 digits`."""
    postal_code: re.Pattern[str]
    """What a postal code looks like, upper case."""
    states: frozenset[str]
    """The states an address may be in, as codes and as names, in lower case; none: any text will do."""


class AccountTables(msgspec.Struct, frozen=True):
    """Everything about accounts, as it is looked up."""

    countries: MappingProxyType[str, AccountCountry]
    capabilities: MappingProxyType[str, frozenset[str]]
    """Every capability → the countries whose accounts can have it."""
    charging: frozenset[str]
    """The capabilities of which one is enough to charge or to be paid out."""
    ownership_declaration: frozenset[str]
    """Countries in which a company's owners may be declared complete."""
    tokens_only: frozenset[str]
    """Countries whose platforms send personal data as tokens alone."""


def build(country_rows: Document, capability_rows: Document, known: dict[str, Country]) -> AccountTables:
    """Return the tables made from account_countries.toml and capabilities.toml.

    Raises:
        CatalogError: an unknown column, country or group; a country with both kinds of agreement, or a number's form that
            is no pattern.
    """
    columns = {
        FULL: dict,
        RECIPIENT: dict,
        "ownership_declaration": list,
        "states": dict,
        "tokens_only": list,
    }
    rows = row("account_countries", country_rows, columns, {})
    sections = {agreement: rows[agreement] for agreement in (FULL, RECIPIENT)}
    both = sections[FULL].keys() & sections[RECIPIENT].keys()
    if both:
        raise CatalogError(f"account_countries: in both sections: {sorted(both)}")
    countries = {
        code: _country(code, given, agreement, known, rows["states"].get(code, {}))
        for agreement, section in sections.items()
        for code, given in section.items()
    }
    for code in rows["states"]:
        one_of("account_countries: states", code, countries)
    full = frozenset(sections[FULL])
    tables = row(
        "capabilities", capability_rows, {"groups": dict, "capabilities": dict, "not_charging": list}, {}
    )
    groups = {"@full": full, "@all": frozenset(countries)}
    for name, codes in tables["groups"].items():
        groups[f"@{name}"] = _codes(f"capabilities: {name}", codes, full)
    capabilities = {
        name: _where(f"capabilities: {name}", given, groups, full)
        for name, given in tables["capabilities"].items()
    }
    silent = {one_of("capabilities: not_charging", name, capabilities) for name in tables["not_charging"]}
    declaration = _codes("account_countries: ownership_declaration", rows["ownership_declaration"], full)
    return AccountTables(
        MappingProxyType(countries),
        MappingProxyType(capabilities),
        frozenset(capabilities.keys() - silent),
        declaration,
        _codes("account_countries: tokens_only", rows["tokens_only"], full),
    )


def _country(
    code: str, given: object, agreement: str, known: dict[str, Country], states: dict[str, str]
) -> AccountCountry:
    where = f"account_countries: {code}"
    columns = row(where, given, {"currency": str}, _COLUMNS)
    one_of(where, code, known)
    return AccountCountry(
        code,
        columns["currency"],
        (FULL, RECIPIENT) if agreement == FULL else (RECIPIENT,),
        columns.get("delay_days", _DELAY_DAYS[agreement]),
        _pattern(where, columns.get("id_number", _ANY_NUMBER)),
        _pattern(where, columns.get("tax_id", _ANY_NUMBER)),
        columns.get("tax_id_code", "tax_id_invalid"),
        columns.get("says"),
        _pattern(where, columns.get("postal_code", _ANY_POSTAL_CODE)),
        frozenset(text.casefold() for named in states.items() for text in named),
    )


def _pattern(where: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise CatalogError(f"{where}: {text} is no pattern") from error


def _where(
    where: str, given: object, groups: dict[str, frozenset[str]], full: frozenset[str]
) -> frozenset[str]:
    if isinstance(given, str):
        return groups[one_of(where, given, groups)]
    return _codes(where, given, full)


def _codes(where: str, given: object, allowed: frozenset[str]) -> frozenset[str]:
    if not isinstance(given, list) or not given:
        raise CatalogError(f"{where}: not a list of countries")
    return frozenset(one_of(where, code, allowed) for code in given)


@cache
def account_tables() -> AccountTables:
    """Return the tables, read and checked on first use."""
    return build(read("account_countries"), read("capabilities"), country_table())
