"""What PaymentMethods are made from: the details of any type but card, taken in as its page says, and billing details.

Cards are taken in by `cards`; both leave a material from which `payment_methods.insert` makes the row.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from msgspec import Struct

from strongroom import catalog, errors, ids
from strongroom.catalog import MethodType
from strongroom.domain.method_details import FINGERPRINT, missing_billing
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS
from strongroom.resources.fingerprints import fingerprint
from strongroom.resources.kind import Document
from strongroom.vault.methods import take_method, take_tax_id

# Accounts that somebody has connected with their bank: there are none here to refer to.
CONNECTED: Final = "financial_connections_account"
BILLING: Final = "billing_details"
CONTACT: Final = ("email", "name", "phone", "tax_id")


class Material(Protocol):
    """All that a PaymentMethod's row is made from."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def details(self) -> Document:
        """The hash of its type, complete."""

    @property
    def billing_details(self) -> Document:
        """Complete billing details."""

    @property
    def record(self) -> str | None:
        """Where the vault keeps its number, if there is one."""

    @property
    def fingerprint(self) -> str | None:
        """By which the number is known again."""

    def private(self) -> Document:
        """What the stored document keeps for itself."""


class MethodMaterial(Struct, frozen=True):
    """A PaymentMethod of any type but card that has just been taken in."""

    type: str
    details: Document
    billing_details: Document
    record: str | None = None
    fingerprint: str | None = None
    behaviour: str | None = None
    kept: Mapping[str, Any] = {}

    def private(self) -> Document:
        """Return what the stored document keeps for itself; nobody has verified the account yet."""
        return {"behaviour": self.behaviour, "currency": None, "kept": dict(self.kept), "verified": False}


def inside(param: str, name: str) -> str:
    """Return the name of a parameter inside the hash `param`; of a parameter of the request itself if that is empty."""
    first, *rest = name.split("[", 1)
    below = f"[{rest[0]}" if rest else ""
    return f"{param}[{first}]{below}" if param else name


async def take_in(call: Call, page: MethodType, data: Document, *, param: str = "") -> MethodMaterial:
    """Check the details of a type, vault the account behind them, and describe them.

    Args:
        call: the request; its write set receives the vaulted record.
        page: the type.
        data: `<type>` and perhaps `billing_details`, secrets still wrapped.
        param: the parameter that holds `data`, for the `param` of errors; empty: the request itself.

    Raises:
        errors.InvalidRequest: the first thing wrong: the type's own fields, then billing details.
    """
    details = data.get(page.type)
    if details is None and page.needs_details:
        raise errors.parameter_missing(inside(param, page.type))
    now, livemode = call.now, call.caller.livemode
    taken = take_method(page, details or {}, livemode=livemode, now=now, param=inside(param, page.type))
    if (details or {}).get(CONNECTED):
        raise errors.not_implemented(f"{page.type}[{CONNECTED}]")
    billing = billing_details(data.get("billing_details"), param=param)
    check_billing(page, billing, page.billing.create, param=param)
    material = MethodMaterial(page.type, taken.shown, billing, behaviour=taken.behaviour, kept=taken.kept)
    if taken.canonical is None or page.account is None:
        return material
    record, kind = ids.new("rec"), page.account.kind
    call.stage_record(record, kind, call.keyring.seal_record(kind, record, taken.canonical))
    mark = await fingerprint(call, kind, taken.canonical)
    shown = {**taken.shown, FINGERPRINT: mark} if FINGERPRINT in taken.shown else taken.shown
    return MethodMaterial(page.type, shown, billing, record, mark, taken.behaviour, taken.kept)


# -- billing details --------------------------------------------------------------------------------------------------


def billing_details(given: Document | None, *, param: str = "", at: str = BILLING) -> Document:
    """Return complete billing details, null where nothing was sent; `at` is what the hash is called.

    Raises:
        errors.ParameterRefused: the country is none.
    """
    given = given or {}
    address = given.get("address") or {}
    check_country(address, param=param, at=at)
    return {
        "address": {key: address.get(key) or None for key in EMPTY_ADDRESS},
        **{key: _contact(given, key) for key in CONTACT},
    }


def merged_billing(old: Document, given: Document, *, at: str = BILLING) -> Document:
    """Return billing details after an update: leaf by leaf, an empty text unsets, an empty address unsets all of it."""
    new = {**old, **{key: _contact(given, key) for key in given if key != "address"}}
    if "address" in given:
        address = given["address"] or EMPTY_ADDRESS
        check_country(address, at=at)
        new["address"] = {**old["address"], **{key: value or None for key, value in address.items()}}
    return new


def _contact(given: Document, key: str) -> str | None:
    value = given.get(key) or None
    return take_tax_id(value) if key == "tax_id" and value is not None else value


def check_country(address: Document, *, param: str = "", at: str = BILLING) -> None:
    """Refuse an address in a country that is none."""
    country = address.get("country")
    if country and not catalog.is_country(country):
        raise errors.ParameterRefused(
            f"Country '{errors.echo(country)}' is unknown. Try using a 2-character alphanumeric country code.",
            code="country_code_invalid",
            param=inside(param, f"{at}[address][country]"),
        )


def check_billing(page: MethodType, billing: Document, required: tuple[str, ...], *, param: str = "") -> None:
    """Refuse billing details that lack something `required`; some types have words of their own for it."""
    missing = missing_billing(required, billing)
    if missing is None:
        return
    name = inside(param, f"billing_details{missing}")
    if page.billing.why is None:
        raise errors.parameter_missing(name)
    raise errors.ParameterRefused(f"You must provide `{name}` {page.billing.why}.", param=name)
