"""What an address must say beside its country for the tax location to be known."""

from functools import cache

from strongroom.catalog.countries import Country, country_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

PARTS = ("city", "line1", "line2", "postal_code", "state")


def build(document: Document, known: dict[str, Country]) -> dict[str, tuple[str, ...]]:
    """Return, by country, the parts of an address of which one is needed.

    Raises:
        CatalogError: an unknown country or part, or no part at all.
    """
    needs = row("tax_locations", document, {"needs": dict}, {})["needs"]
    for country, parts in needs.items():
        one_of("tax_locations", country, known)
        if not parts:
            raise CatalogError(f"tax_locations: {country} needs nothing")
        for part in parts:
            one_of(f"tax_locations: {country}", part, PARTS)
    return {country: tuple(parts) for country, parts in needs.items()}


@cache
def tax_location_needs() -> dict[str, tuple[str, ...]]:
    """Return the table, read and checked on first use; a country that is not in it needs nothing more."""
    return build(read("tax_locations"), country_table())
