"""Bank knowledge: what an account looks like in each country, and the account numbers that test mode accepts."""

import re
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.countries import Country, country_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

PAID: Final = "paid"

_FORMS: Final = frozenset({"aba", "cbu", "clabe", "iban", "local", "nz"})
_ROUTINGS: Final = frozenset({"derived", "required"})
_OWN_COUNTRY: Final = "??"
_MAGIC_COUNTRY: Final = "US"
_MAGIC_ROUTING: Final = "110000000"


class BankCountry(msgspec.Struct, frozen=True):
    """What a bank account looks like in a country."""

    country: str
    currencies: tuple[str, ...]
    """Lower case; the first is meant when none is sent."""
    number: str
    """`aba`, `iban`, `local`, or what a country calls its own: `cbu`, `clabe`, `nz`."""
    routing: str
    """`required`, or `derived` from the account number."""
    iban_length: int | None = None
    account_form: re.Pattern[str] | None = None
    """What an account number looks like, without spaces and hyphens; None: nobody says."""
    routing_form: re.Pattern[str] | None = None


class AcceptedAccounts(msgspec.Struct, frozen=True):
    """What test mode accepts and shows for a country."""

    numbers: MappingProxyType[str, str]
    """Account number → what a payout to it comes to."""
    shown: str | None
    """The routing number shown whatever was sent; None where `routing` or the sender says."""
    routing: MappingProxyType[str, str]
    """Routing number sent → shown."""

    @property
    def suggestion(self) -> str:
        """The account number to try instead of one that is not accepted."""
        return next(iter(self.numbers))


class BankTables(msgspec.Struct, frozen=True):
    """Everything about banks, as it is looked up."""

    countries: dict[str, BankCountry]
    test_banks: dict[str, AcceptedAccounts]
    names: dict[tuple[str, str], str]
    """(country, routing number) → the bank's name."""
    test_bank_name: str
    tokens: dict[str, tuple[str, str, str]]
    """Magic token → country, routing number, account number."""


def build(country_rows: Document, test_rows: Document, known: dict[str, Country]) -> BankTables:
    """Return the tables made from bank_countries.toml and test_banks.toml.

    Raises:
        CatalogError: an unknown column, country, family or outcome; a country that no test number exists for.
    """
    tables = row(
        "test_banks",
        test_rows,
        {"outcomes": list, "families": dict, "countries": dict, "bank_names": dict, "tokens": dict},
        {},
    )
    bank_countries = {code: _country(code, given, known) for code, given in country_rows.items()}
    test_banks = {code: _test_bank(code, given, tables) for code, given in tables["countries"].items()}
    if bank_countries.keys() != test_banks.keys():
        raise CatalogError(f"test_banks: not the same countries: {bank_countries.keys() ^ test_banks.keys()}")
    names = dict(tables["bank_names"])
    test_bank_name = names.pop("test_bank")
    by_routing = {(code, routing): name for code, rows in names.items() for routing, name in rows.items()}
    tokens = _tokens(tables["tokens"], test_banks[_MAGIC_COUNTRY])
    return BankTables(bank_countries, test_banks, by_routing, test_bank_name, tokens)


def _country(code: str, given: object, known: dict[str, Country]) -> BankCountry:
    where = f"bank_countries: {code}"
    optional = {"iban_length": int, "account_form": str, "routing_form": str}
    columns = row(where, given, {"currencies": list, "number": str, "routing": str}, optional)
    one_of(where, code, known)
    one_of(where, columns["number"], _FORMS)
    one_of(where, columns["routing"], _ROUTINGS)
    if (columns["number"] == "iban") != ("iban_length" in columns):
        raise CatalogError(f"{where}: iban_length goes with IBANs alone")
    for name in ("account_form", "routing_form"):
        if name in columns:
            columns[name] = re.compile(columns[name], re.ASCII)
    return BankCountry(code, **{**columns, "currencies": tuple(columns["currencies"])})


def _test_bank(code: str, given: object, tables: Document) -> AcceptedAccounts:
    where = f"test_banks: {code}"
    columns = row(where, given, {}, {"family": str, "numbers": dict, "routing": dict, "shown": str})
    family = columns.get("family")
    shared = tables["families"][one_of(where, family, tables["families"])] if family else {}
    # A country's own numbers come first: the first is the one to suggest. For the families that is their first.
    own = columns.get("numbers", {})
    numbers = {number.replace(_OWN_COUNTRY, code): outcome for number, outcome in shared.items()}
    numbers = {**numbers, **own} if code == _MAGIC_COUNTRY else {**own, **numbers}
    if not numbers:
        raise CatalogError(f"{where}: no number is accepted")
    for outcome in numbers.values():
        one_of(where, outcome, tables["outcomes"])
    routing = MappingProxyType(columns.get("routing", {}))
    return AcceptedAccounts(MappingProxyType(numbers), columns.get("shown"), routing)


def _tokens(given: Document, american: AcceptedAccounts) -> dict[str, tuple[str, str, str]]:
    by_outcome = {outcome: number for number, outcome in american.numbers.items()}
    return {
        token: (
            _MAGIC_COUNTRY,
            _MAGIC_ROUTING,
            by_outcome[one_of(f"test_banks: {token}", outcome, by_outcome)],
        )
        for token, outcome in given.items()
    }


@cache
def bank_tables() -> BankTables:
    """Return the tables, read and checked on first use."""
    return build(read("bank_countries"), read("test_banks"), country_table())
