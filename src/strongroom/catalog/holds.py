"""How long money that is only held can be taken, and what else can be done with a hold (holds.toml)."""

from functools import cache
from typing import Final

import msgspec

from strongroom.catalog.cards import card_tables
from strongroom.catalog.method_pages import method_types
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

FEATURES: Final = (
    "extended_authorization",
    "incremental_authorization",
    "multicapture",
    "overcapture",
)
DEFAULT: Final = "default"
_LIMITS: Final = (
    "captures",
    "extended_days",
    "increment_least",
    "increment_percent",
    "increments",
    "overcapture_percent",
)
_DAY: Final = 24 * 3600


class Holds(msgspec.Struct, frozen=True):
    """The tables of holds.toml."""

    days: dict[str, int]
    test_minutes: dict[str, int]
    networks: dict[str, frozenset[str]]
    """By feature."""
    limits: dict[str, int]

    def seconds(self, type_name: str, *, livemode: bool, extended: bool = False) -> int:
        """Return how long what is held can be taken.

        Args:
            type_name: what was paid with.
            livemode: whether money is meant.
            extended: whether the network lets it be held for longer.
        """
        if extended:
            return self.limits["extended_days"] * _DAY
        if not livemode and type_name in self.test_minutes:
            return self.test_minutes[type_name] * 60
        return self.days.get(type_name, self.days[DEFAULT]) * _DAY


def build(document: Document) -> Holds:
    """Return the tables.

    Raises:
        CatalogError: an unknown type or feature, or a number that is none.
    """
    tables = row("holds", document, dict.fromkeys(("days", "test_minutes", "networks", "limits"), dict), {})
    types = dict.fromkeys(method_types(), int)
    row("holds: days", tables["days"], {DEFAULT: int}, types)
    row("holds: test_minutes", tables["test_minutes"], {}, types)
    row("holds: networks", tables["networks"], dict.fromkeys(FEATURES, list), {})
    row("holds: limits", tables["limits"], dict.fromkeys(_LIMITS, int), {})
    for name in FEATURES:
        for network in tables["networks"][name]:
            one_of(f"holds: {name}", network, card_tables().brands)
    if any(number < 1 for name in ("days", "test_minutes", "limits") for number in tables[name].values()):
        raise CatalogError("holds: a number is not positive")
    networks = {name: frozenset(known) for name, known in tables["networks"].items()}
    return Holds(tables["days"], tables["test_minutes"], networks, tables["limits"])


@cache
def holds() -> Holds:
    """Return the tables, read and checked on first use."""
    return build(read("holds"))
