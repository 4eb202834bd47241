"""Where a customer pays taxes, from the addresses there are. Pure.

An IP address says nothing here: nobody has a table of who is where.
"""

from collections.abc import Mapping

import msgspec

from strongroom.catalog.countries import is_country
from strongroom.catalog.tax_locations import tax_location_needs

Address = Mapping[str, str | None]


class TaxLocation(msgspec.Struct, frozen=True):
    """A place, and which address says so."""

    country: str
    state: str | None
    source: str
    """`shipping_destination`, `billing_address` or `payment_method`."""


def locate(
    shipping: Address | None, billing: Address | None, payment_method: Address | None
) -> TaxLocation | None:
    """Return the place that the first sufficient address names, or None if none is."""
    sources = {
        "shipping_destination": shipping,
        "billing_address": billing,
        "payment_method": payment_method,
    }
    for source, address in sources.items():
        if address is not None and _is_sufficient(address):
            return TaxLocation(address["country"] or "", address.get("state"), source)
    return None


def _is_sufficient(address: Address) -> bool:
    country = address.get("country")
    if not country or not is_country(country):
        return False
    needed = tax_location_needs().get(country)
    return needed is None or any(address.get(part) for part in needed)
