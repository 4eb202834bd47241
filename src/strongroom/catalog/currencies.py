"""Currencies: how many decimals, and how little and how much can be charged in each."""

from functools import cache
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, is_currency_code, one_of, read, row

MOST: Final = 99_999_999
TWO: Final = 2


class Currency(msgspec.Struct, frozen=True):
    """A currency. Amounts are in its smallest unit."""

    code: str
    """ISO 4217, lower case."""
    decimals: int
    multiple: int
    """What every amount must be a multiple of."""
    least: int
    most: int
    sign: str = ""
    """What stands before an amount; empty: nothing does."""


def build(document: Document) -> dict[str, Currency]:
    """Return the currencies of currencies.toml by code.

    Raises:
        CatalogError: a code that is none or stands twice, or an amount that is none.
    """
    columns: dict[str, type] = dict.fromkeys(("supported", "zero_decimal", "three_decimal"), list)
    columns |= dict.fromkeys(("least", "most", "multiples", "signs"), dict)
    tables = row("currencies", document, columns, {})
    supported = tables["supported"]
    if len(set(supported)) != len(supported):
        raise CatalogError("currencies: a currency stands twice")
    for name in ("zero_decimal", "three_decimal", "multiples", "least", "most", "signs"):
        for code in tables[name]:
            one_of(f"currencies: {name}", code, supported)
    return {code: _currency(code, tables) for code in supported}


def _currency(code: str, tables: Document) -> Currency:
    decimals = 0 if code in tables["zero_decimal"] else 3 if code in tables["three_decimal"] else TWO
    multiple, least, most = (
        tables["multiples"].get(code, 1),
        tables["least"].get(code, 1),
        tables["most"].get(code, MOST),
    )
    amounts = all(type(one) is int for one in (multiple, least, most))
    if not (is_currency_code(code) and amounts and 0 < least <= most and multiple > 0):
        raise CatalogError(f"currencies: {code} is malformed")
    return Currency(code, decimals, multiple, least, most, tables["signs"].get(code, ""))


@cache
def currencies() -> dict[str, Currency]:
    """Return every currency by its code, in lower case."""
    return build(read("currencies"))
