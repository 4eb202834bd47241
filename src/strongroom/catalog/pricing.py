"""What processing a payment costs (pricing.toml), and how long its money waits."""

from functools import cache

import msgspec

from strongroom.catalog.reading import CatalogError, Document, read, row


class Pricing(msgspec.Struct, frozen=True):
    """Everything about what a payment costs."""

    prices: dict[str, tuple[int, int]]
    """By family, or `dispute`: a share in basis points, and a fixed sum in minor units."""
    waiting_days: int

    def of(self, family: str) -> tuple[int, int]:
        """Return what a family costs; one that is not listed costs what cards do."""
        return self.prices.get(family, self.prices["card"])


def build(document: Document) -> Pricing:
    """Return the prices of pricing.toml.

    Raises:
        CatalogError: no price of cards, or a number that is none.
    """
    tables = {name: given for name, given in document.items() if name != "waiting"}
    columns = {"basis_points": int, "fixed": int}
    rows = {name: row(f"pricing: {name}", given, columns, {}) for name, given in tables.items()}
    prices = {name: (given["basis_points"], given["fixed"]) for name, given in rows.items()}
    days = row("pricing: waiting", document.get("waiting"), {"days": int}, {})["days"]
    if "card" not in prices or days < 0 or any(number < 0 for price in prices.values() for number in price):
        raise CatalogError("pricing: cards have no price, or a number is negative")
    return Pricing(prices, days)


@cache
def pricing() -> Pricing:
    """Return the prices, read and checked on first use."""
    return build(read("pricing"))
