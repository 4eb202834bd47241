"""The types of tax ids: whose they are, how they are checked, and what becomes of test mode's numbers."""

import re
from functools import cache
from typing import Final

import msgspec

from strongroom.catalog.countries import Country, country_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

STATUSES: Final = frozenset({"pending", "unavailable", "unverified", "verified"})
_CHECK: Final = re.compile(r"[a-z]{2}_?\.[a-z]+", re.ASCII)


class TaxIdType(msgspec.Struct, frozen=True):
    """One type."""

    country: str | None
    check: str | None
    """A module of python-stdnum, without that name."""
    prefixes: dict[str, str]
    """The first two letters a value must have → the country they stand for; empty: any."""
    is_verified: bool
    """Whether an authority is asked about values of it."""


class TaxIdTables(msgspec.Struct, frozen=True):
    """Everything about tax ids, as it is looked up."""

    types: dict[str, TaxIdType]
    numbers: dict[str, str]
    """Test mode's number → the status of its verification."""


def build(document: Document, known: dict[str, Country]) -> TaxIdTables:
    """Return the tables of tax_ids.toml.

    Raises:
        CatalogError: an unknown column, country, type, prefix table or status.
    """
    tables = row("tax_ids", document, {"types": dict, "prefixes": dict, "verification": dict}, {})
    asked = row("tax_ids: verification", tables["verification"], {"types": list, "numbers": dict}, {})
    for name in asked["types"]:
        one_of("tax_ids: verification", name, tables["types"])
    for status in asked["numbers"].values():
        one_of("tax_ids: verification", status, STATUSES)
    for prefixes in tables["prefixes"].values():
        for country in prefixes.values():
            one_of("tax_ids: prefixes", country, known)
    types = {
        name: _type(name, given, tables["prefixes"], known, is_verified=name in asked["types"])
        for name, given in tables["types"].items()
    }
    return TaxIdTables(types, asked["numbers"])


def _type(
    name: str, given: object, prefixes: Document, known: dict[str, Country], *, is_verified: bool
) -> TaxIdType:
    where = f"tax_ids: {name}"
    columns = row(where, given, {}, {"country": str, "check": str, "prefixes": str})
    country, check, table = (columns.get(column) for column in ("country", "check", "prefixes"))
    if country is not None:
        one_of(where, country, known)
    if check is not None and _CHECK.fullmatch(check) is None:
        raise CatalogError(f"{where}: {check} is no module")
    if table is not None:
        one_of(where, table, prefixes)
    return TaxIdType(country, check, prefixes[table] if table else {}, is_verified)


@cache
def tax_id_tables() -> TaxIdTables:
    """Return the tables, read and checked on first use."""
    return build(read("tax_ids"), country_table())
