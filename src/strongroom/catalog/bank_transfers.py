"""How customers send money by bank transfer (bank_transfers.toml)."""

from functools import cache

import msgspec

from strongroom.catalog.reading import CatalogError, Document, is_currency_code, one_of, read, row


class Transfer(msgspec.Struct, frozen=True):
    """A kind of bank transfer."""

    type: str
    currency: str
    country: str | None
    """Where the account is, alpha-2; None: whoever asks says so."""
    addresses: tuple[str, ...]
    has_reference: bool
    """Whether customers are asked to write something by which a payment is known."""
    sender: dict[str, str]
    """Who test money comes from, in the shape that a cash balance transaction has."""


class Address(msgspec.Struct, frozen=True):
    """An account that money is sent to."""

    networks: tuple[str, ...]
    fields: dict[str, str]
    """`#` is a digit."""


class BankTransfers(msgspec.Struct, frozen=True):
    """All of it."""

    transfers: dict[str, Transfer]
    """By type."""
    addresses: dict[str, Address]
    ibans: dict[str, str]
    """By country: what follows the check digits."""

    def of_currency(self, currency: str) -> Transfer | None:
        """Return how money of a currency is sent, None if it is not."""
        return next((one for one in self.transfers.values() if one.currency == currency), None)


def build(document: Document) -> BankTransfers:
    """Return what bank_transfers.toml says.

    Raises:
        CatalogError: an account nobody knows, or something that is no currency.
    """
    row("bank_transfers", document, {"transfers": dict, "addresses": dict, "ibans": dict}, {})
    addresses = {name: _address(name, one) for name, one in document["addresses"].items()}
    transfers = {name: _transfer(name, one, addresses) for name, one in document["transfers"].items()}
    return BankTransfers(transfers, addresses, document["ibans"])


def _address(name: str, given: Document) -> Address:
    row(f"bank_transfers: {name}", given, {"networks": list, "fields": dict}, {})
    return Address(tuple(given["networks"]), given["fields"])


def _transfer(name: str, given: Document, addresses: dict[str, Address]) -> Transfer:
    where = f"bank_transfers: {name}"
    needed = {"currency": str, "addresses": list, "reference": bool}
    row(where, given, needed, {"country": str, "sender": dict})
    if not is_currency_code(given["currency"]):
        raise CatalogError(f"{where}: {given['currency']} is no currency")
    held = tuple(one_of(where, one, addresses) for one in given["addresses"])
    country, sender = given.get("country"), given.get("sender", {})
    return Transfer(name, given["currency"], country, held, given["reference"], sender)


@cache
def bank_transfers() -> BankTransfers:
    """Return it, read and checked on first use."""
    return build(read("bank_transfers"))
