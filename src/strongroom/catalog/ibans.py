"""Where an IBAN names its bank and its branch, for the countries of the single euro payments area."""

from functools import cache

import msgspec

from strongroom.catalog.countries import country_table
from strongroom.catalog.reading import CatalogError, one_of, read, row


class IbanParts(msgspec.Struct, frozen=True):
    """Where an IBAN of a country names its bank and branch: the first character's place and the one behind the last."""

    bank: tuple[int, int]
    branch: tuple[int, int] | None = None


@cache
def iban_parts() -> dict[str, IbanParts]:
    """Return the countries of the single euro payments area, with the parts of their IBANs.

    Raises:
        CatalogError: an unknown country, or a place outside of any IBAN.
    """
    parts = {}
    for code, given in read("iban_parts").items():
        where = f"iban_parts: {code}"
        columns = row(where, given, {"bank": list}, {"branch": list})
        one_of(where, code, country_table())
        spans = {name: _span(where, span) for name, span in columns.items()}
        parts[code] = IbanParts(**spans)
    return parts


def _span(where: str, given: list[int]) -> tuple[int, int]:
    first, behind = given
    if not 4 <= first < behind <= 34:  # noqa: PLR2004 -- behind country and check digits, within the longest IBAN
        raise CatalogError(f"{where}: {given} is nowhere in an IBAN")
    return first, behind
