"""The rules that say what an account owes, by country, business type, agreement and capability."""

from collections.abc import Collection
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.accounts import FULL, RECIPIENT, AccountTables, account_tables
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

BUSINESS_TYPES: Final = ("company", "government_entity", "individual", "non_profit")
AGREEMENTS: Final = (FULL, RECIPIENT)

ACCOUNT: Final = "account"
COMPANY: Final = "company"
HOLDER: Final = "holder"
ANYONE: Final = "anyone"
GUARDIANS: Final = "guardians"
ROLES: Final = MappingProxyType({"owners": "owner", "directors": "director", "executives": "executive"})
"""Group of persons → the relationship that makes one of them."""
SUBJECTS: Final = (ACCOUNT, COMPANY, HOLDER, ANYONE, GUARDIANS, *ROLES)

_CONDITIONS: Final = ("countries", "business_types", "agreements", "capabilities", "structures_not")
_DOB: Final = ("dob.day", "dob.month", "dob.year")


class Situation(msgspec.Struct, frozen=True):
    """What a rule looks at."""

    country: str
    business_type: str | None
    agreement: str
    structure: str | None


class Rule(msgspec.Struct, frozen=True):
    """Something owed where all conditions fit; None fits anything."""

    countries: frozenset[str] | None
    business_types: frozenset[str] | None
    agreements: frozenset[str] | None
    capabilities: frozenset[str] | None
    structures_not: frozenset[str]
    future: bool
    owed: MappingProxyType[str, tuple[str, ...]]
    """One of SUBJECTS → leaves, with `address.*` and `dob.*` as they stand in the data."""

    def holds(self, situation: Situation) -> bool:
        """Whether everything but the capabilities fits."""
        return (
            (self.countries is None or situation.country in self.countries)
            and (self.business_types is None or situation.business_type in self.business_types)
            and (self.agreements is None or situation.agreement in self.agreements)
            and situation.structure not in self.structures_not
        )

    def concerns(self, capability: str) -> bool:
        """Whether a capability depends on what is owed."""
        return self.capabilities is None or capability in self.capabilities


class RequirementTables(msgspec.Struct, frozen=True):
    """The rules, and what they share."""

    rules: tuple[Rule, ...]
    payouts_only: frozenset[str]
    """Paths without which money comes in but is not paid out."""
    instead: MappingProxyType[str, str]
    """Path → another that will do as well."""
    with_state: frozenset[str]
    without_postal_code: frozenset[str]
    without_city: frozenset[str]

    def address_leaves(self, country: str) -> tuple[str, ...]:
        """Return what an address consists of in `country`: `address.city`, …."""
        parts = ["city"] if country not in self.without_city else []
        parts.append("line1")
        parts += ["postal_code"] if country not in self.without_postal_code else []
        parts += ["state"] if country in self.with_state else []
        return tuple(f"address.{part}" for part in parts)

    def leaves(self, leaf: str, country: str) -> tuple[str, ...]:
        """Return `leaf`, or what it stands for in `country`."""
        if leaf.endswith("address.*"):
            prefix = leaf.removesuffix("address.*")
            return tuple(prefix + part for part in self.address_leaves(country))
        return _DOB if leaf == "dob.*" else (leaf,)


def build(document: Document, accounts: AccountTables) -> RequirementTables:
    """Return the rules of requirements.toml.

    Raises:
        CatalogError: an unknown column, country, group, business type, agreement or capability; a rule that owes nothing.
    """
    columns = {"payouts_only": list, "instead": dict, "groups": dict, "address": dict, "rules": list}
    tables = row("requirements", document, columns, {})
    countries = frozenset(accounts.countries)
    known = {
        "countries": countries,
        "business_types": BUSINESS_TYPES,
        "agreements": AGREEMENTS,
        "capabilities": frozenset(accounts.capabilities),
    }
    address = row(
        "requirements: address",
        tables["address"],
        {"state": list, "no_postal_code": list, "no_city": list},
        {},
    )
    for name, codes in address.items():
        _all_known(f"requirements: address.{name}", codes, countries)
    rules = [
        _rule(f"requirements: rule {number}", given, tables["groups"], known)
        for number, given in enumerate(tables["rules"], 1)
    ]
    return RequirementTables(
        tuple(rules),
        frozenset(tables["payouts_only"]),
        MappingProxyType(tables["instead"]),
        frozenset(address["state"]),
        frozenset(address["no_postal_code"]),
        frozenset(address["no_city"]),
    )


def _rule(where: str, given: object, groups: Document, known: dict[str, Collection[str]]) -> Rule:
    lists: dict[str, type] = dict.fromkeys(SUBJECTS, list)
    columns = row(
        where,
        _without_groups(where, given, groups),
        {},
        {**lists, **dict.fromkeys(_CONDITIONS, list), "future": bool},
    )
    owed = {subject: tuple(columns[subject]) for subject in SUBJECTS if subject in columns}
    if not owed:
        raise CatalogError(f"{where}: owes nothing")
    for condition, allowed in known.items():
        _all_known(where, columns.get(condition, ()), allowed)
    sets = {name: frozenset(columns[name]) if name in columns else None for name in known}
    structures = frozenset(columns.get("structures_not", ()))
    return Rule(
        **sets, structures_not=structures, future=columns.get("future", False), owed=MappingProxyType(owed)
    )


def _without_groups(where: str, given: object, groups: Document) -> object:
    """Return a rule with the names of groups replaced by what is in them."""
    if not isinstance(given, dict):
        return given
    return {
        name: groups[one_of(where, value[1:], groups)]
        if name in _CONDITIONS and isinstance(value, str) and value.startswith("@")
        else value
        for name, value in given.items()
    }


def _all_known(where: str, values: Collection[str], allowed: Collection[str]) -> None:
    for value in values:
        one_of(where, value, allowed)


@cache
def requirement_tables() -> RequirementTables:
    """Return the rules, read and checked on first use."""
    return build(read("requirements"), account_tables())
