"""Where, for how much and for what each payment method can be used: eligibility.toml, read and checked."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.accounts import AccountTables, account_tables
from strongroom.catalog.countries import country_table
from strongroom.catalog.reading import CatalogError, Document, is_currency_code, one_of, read, row

ANY: Final = "*"
DOMESTIC: Final = "domestic"

ACTIVE: Final = "active"
DISCONTINUED: Final = "discontinued"
REQUEST_ONLY: Final = "request_only"

ON: Final = "on"
OFF: Final = "off"

REUSES: Final = frozenset({"off_session", "on_session"})
SURFACES: Final = frozenset({"payment", "setup", "subscription"})
CHARGES: Final = frozenset({"destination", "direct", "separate_charges_and_transfers"})

_REQUIRED: Final = {"name": str, "family": str}
_OPTIONAL: Final = {
    "status": str,
    "capability": str,
    "capability_in": dict,
    "countries": list,
    "shown_in": list,
    "rides_on": str,
    "needs": str,
    "currencies": list,
    "currencies_in": dict,
    "amounts": dict,
    "buyers": list,
    "buyers_in": dict,
    "redirects": bool,
    "delayed": bool,
    "reuse": list,
    "setup": bool,
    "manual_capture": bool,
    "checkout": list,
    "charges": list,
    "on_behalf_of": bool,
    "both_sides": bool,
    "needs_customer": bool,
    "default": str,
    "parent_default": str,
}

Countries = frozenset[str]
Groups = Mapping[str, Countries]


class Method(msgspec.Struct, frozen=True):
    """A payment method that a configuration can switch on, and the facts its eligibility depends on."""

    type: str
    """The key of the configuration, such as `klarna` or `apple_pay`."""
    name: str
    family: str
    status: str
    """`active`, `discontinued` or `request_only`."""
    capability: str | None
    capability_in: Mapping[str, str]
    """Currency → the capability that will do for it instead."""
    countries: Countries
    """Where the account may be."""
    shown_in: Countries
    """Where an account's configurations show it, all of `countries` among them."""
    rides_on: str | None
    """The type that stands for it in `payment_method_types`; None: itself."""
    needs: str | None
    """The method that must be on in the same configuration."""
    currencies: frozenset[str] | None
    """None: every currency."""
    currencies_in: Mapping[str, frozenset[str]]
    """Account country → its currencies; of countries that are not in it, all of `currencies`."""
    amounts: Mapping[str, tuple[int, int | None]]
    """Currency → least and most, both included, in the currency's smallest unit."""
    buyers: Mapping[str, Countries]
    """Account country → where buyers may be; of countries that are not in it, anywhere."""
    redirects: bool
    delayed: bool
    reuse: frozenset[str]
    """What it takes as `setup_future_usage`."""
    setup: bool
    manual_capture: bool
    checkout: frozenset[str]
    charges: frozenset[str]
    on_behalf_of: bool
    both_sides: bool
    needs_customer: bool
    default: str
    """`on` or `off`: in the account's first configuration."""
    parent_default: str
    """`on` or `off`: in the configuration a platform has for its accounts."""

    @property
    def carrier(self) -> str:
        """What `payment_method_types` calls it."""
        return self.rides_on or self.type

    @property
    def is_excludable(self) -> bool:
        """Whether `excluded_payment_method_types` may name it: `link` never goes, and riders go with their carrier."""
        return self.rides_on is None and self.type != "link"


def build(document: Document, accounts: AccountTables, known: Iterable[str]) -> dict[str, Method]:
    """Return the methods of eligibility.toml by type, in alphabetical order.

    Args:
        document: the file.
        accounts: where accounts can be, and which capabilities they can have there.
        known: every country.

    Raises:
        CatalogError: an unknown column, country, group, capability, method or word; currencies or amounts that are none.
    """
    tables = row("eligibility", document, {"groups": dict, "methods": dict}, {})
    full = accounts.capabilities["card_payments"]
    everywhere = frozenset(known)
    groups = {
        f"@{name}": _countries(f"groups.{name}", codes, everywhere)
        for name, codes in tables["groups"].items()
    }
    reader = _Reader(accounts, full, everywhere, groups)
    methods = {name: reader.method(name, tables["methods"][name]) for name in sorted(tables["methods"])}
    for method in methods.values():
        for other in (method.rides_on, method.needs):
            if other is not None:
                one_of(f"eligibility: {method.type}", other, methods)
    return methods


class _Reader(msgspec.Struct, frozen=True):
    accounts: AccountTables
    full: Countries
    everywhere: Countries
    groups: Groups

    def method(self, name: str, given: object) -> Method:
        where = f"eligibility: {name}"
        columns = row(where, given, _REQUIRED, _OPTIONAL)
        countries = self._account_countries(where, columns)
        currencies = columns.get("currencies")
        return Method(
            type=name,
            name=columns["name"],
            family=columns["family"],
            status=one_of(where, columns.get("status", ACTIVE), (ACTIVE, DISCONTINUED, REQUEST_ONLY)),
            capability=columns.get("capability"),
            capability_in=MappingProxyType(self._capability_in(where, columns)),
            countries=countries,
            shown_in=countries | _countries(where, columns.get("shown_in", []), self.full),
            rides_on=columns.get("rides_on"),
            needs=columns.get("needs"),
            currencies=None if currencies is None else _currencies(where, currencies),
            currencies_in=MappingProxyType(self._currencies_in(where, columns, countries)),
            amounts=MappingProxyType(
                {
                    _currency(where, currency): _range(where, bounds)
                    for currency, bounds in columns.get("amounts", {}).items()
                }
            ),
            buyers=MappingProxyType(self._buyers(where, columns, countries)),
            redirects=columns.get("redirects", False),
            delayed=columns.get("delayed", False),
            reuse=_words(where, columns.get("reuse", []), REUSES),
            setup=columns.get("setup", False),
            manual_capture=columns.get("manual_capture", False),
            checkout=_words(where, columns.get("checkout", []), SURFACES),
            charges=_words(where, columns.get("charges", sorted(CHARGES)), CHARGES),
            on_behalf_of=columns.get("on_behalf_of", True),
            both_sides=columns.get("both_sides", False),
            needs_customer=columns.get("needs_customer", False),
            default=one_of(where, columns.get("default", OFF), (ON, OFF)),
            parent_default=one_of(where, columns.get("parent_default", OFF), (ON, OFF)),
        )

    def _account_countries(self, where: str, columns: Document) -> Countries:
        if "countries" in columns:
            return _countries(where, columns["countries"], self.full)
        if "capability" not in columns:
            raise CatalogError(f"{where}: neither countries nor a capability")
        return self.accounts.capabilities[one_of(where, columns["capability"], self.accounts.capabilities)]

    def _capability_in(self, where: str, columns: Document) -> dict[str, str]:
        return {
            _currency(where, currency): one_of(where, name, self.accounts.capabilities)
            for currency, name in columns.get("capability_in", {}).items()
        }

    def _currencies_in(
        self, where: str, columns: Document, countries: Countries
    ) -> dict[str, frozenset[str]]:
        """Return the currencies of each account country that any of the keys names; `*` adds to all of them."""
        found: dict[str, frozenset[str]] = {}
        for key, given in columns.get("currencies_in", {}).items():
            allowed = _currencies(where, given)
            for country in self._named(where, key, countries) & countries:
                found[country] = found.get(country, frozenset()) | allowed
        return found

    def _buyers(self, where: str, columns: Document, countries: Countries) -> dict[str, Countries]:
        """Return where buyers may be, by account country: as a key of `buyers_in` says, or else as `buyers` does."""
        found: dict[str, Countries] = {}
        for key, given in columns.get("buyers_in", {}).items():
            for country in self._named(where, key, countries) & countries:
                found[country] = self._places(where, given, country)
        if "buyers" in columns:
            for country in countries - found.keys():
                found[country] = self._places(where, columns["buyers"], country)
        return found

    def _places(self, where: str, given: list[str], home: str) -> Countries:
        """Return the countries in a list of countries, groups and `domestic`."""
        places: Countries = frozenset()
        for name in given:
            places |= {home} if name == DOMESTIC else self._named(where, name, self.everywhere)
        return places

    def _named(self, where: str, key: str, countries: Countries) -> Countries:
        if key == ANY:
            return countries
        if key.startswith("@"):
            return self.groups[one_of(where, key, self.groups)]
        return frozenset({one_of(where, key, self.everywhere)})


def _countries(where: str, given: object, allowed: Countries) -> Countries:
    if not isinstance(given, list):
        raise CatalogError(f"{where}: not a list of countries")
    return frozenset(one_of(where, code, allowed) for code in given)


def _words(where: str, given: list[str], allowed: frozenset[str]) -> frozenset[str]:
    return frozenset(one_of(where, word, allowed) for word in given)


def _currencies(where: str, given: list[str]) -> frozenset[str]:
    return frozenset(_currency(where, code) for code in given)


def _currency(where: str, code: str) -> str:
    if not is_currency_code(code):
        raise CatalogError(f"{where}: {code} is no currency")
    return code


def _range(where: str, bounds: object) -> tuple[int, int | None]:
    """Return the least and the most amount; a missing most is none."""
    if not isinstance(bounds, list) or [type(bound) for bound in bounds] not in ([int], [int, int]):
        raise CatalogError(f"{where}: amounts are [least] or [least, most]")
    least, most = (*bounds, None)[:2]
    if least < 0 or (most is not None and most < least):
        raise CatalogError(f"{where}: amounts from {least} to {most} are none")
    return least, most


@cache
def methods() -> Mapping[str, Method]:
    """Return every payment method by the key it has in a configuration, in alphabetical order."""
    return MappingProxyType(build(read("eligibility"), account_tables(), country_table()))


@cache
def shown_by_type(country: str) -> Mapping[str, Method]:
    """Return the methods of `shown_in` by their types."""
    return MappingProxyType({one.type: one for one in shown_in(country)})


def shown_in(country: str) -> list[Method]:
    """Return the methods that configurations of accounts in a country show, in alphabetical order."""
    return [one for one in methods().values() if one.status != REQUEST_ONLY and country in one.shown_in]
