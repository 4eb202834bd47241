"""The countries of ISO 3166-1."""

from functools import cache

import msgspec

from strongroom.catalog.reading import CatalogError, Document, read


class Country(msgspec.Struct, frozen=True):
    """A country: alpha-2 code, three-digit numeric code, English name."""

    code: str
    numeric: str
    name: str


def build(document: Document) -> dict[str, Country]:
    """Return the countries of countries.toml by alpha-2 code.

    Raises:
        CatalogError: a malformed row, or one numeric code twice.
    """
    countries = {code: Country(code, *values) for code, values in document.items()}
    numerics = {country.numeric for country in countries.values()}
    if len(numerics) != len(countries):
        raise CatalogError("countries: a numeric code stands twice")
    for country in countries.values():
        if not _well_formed(country):
            raise CatalogError(f"countries: {country.code} is not two capitals, three digits and a name")
    return countries


def _well_formed(country: Country) -> bool:
    code, numeric = country.code, country.numeric
    letters = len(code) == 2 and code.isascii() and code.isupper()  # noqa: PLR2004 -- alpha-2
    return letters and len(numeric) == 3 and numeric.isdigit() and bool(country.name)  # noqa: PLR2004 -- three digits


@cache
def country_table() -> dict[str, Country]:
    """Return every country by alpha-2 code, upper case."""
    return build(read("countries"))


def is_country(code: str) -> bool:
    """Whether `code` is an alpha-2 code in upper case."""
    return code in country_table()
