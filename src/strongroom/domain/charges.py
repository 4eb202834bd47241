"""Whose payment it is, and which configuration decides what its buyer is offered.

The merchant of record is the account in whose name the buyer is charged. Its configuration counts, and no other: for a
platform's own payments, and for those it passes on afterwards, the platform's; for those on or on behalf of a connected
account, what the platform has set for that account.
"""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Whose configuration it is."""

    DIRECT = "direct"
    """An account's own, for its own payments."""
    PARENT = "parent"
    """A platform's, for its connected accounts. Only its dashboard shows it."""
    CHILD = "child"
    """What a parent comes to on one account."""


class Shape(StrEnum):
    """How the money moves. A payment that is only later split up by transfers looks like the account's own."""

    OWN = "own"
    DIRECT = "direct"
    DESTINATION = "destination"
    SEPARATE = "separate_charges_and_transfers"


class Charge(msgspec.Struct, frozen=True):
    """Who asks for a payment, and for whom."""

    key_account: str
    """The account whose key it is."""
    acting_account: str
    """The account the request acts on; another than the key's if `Stripe-Account` says so."""
    destination: str | None = None
    """`transfer_data[destination]`."""
    on_behalf_of: str | None = None
    transfer_group: str | None = None


class Merchant(msgspec.Struct, frozen=True):
    """The merchant of record, and the kind of configuration that counts for it."""

    account: str
    kind: Kind
    """`direct` or `child`."""
    shape: Shape
    platform: str | None
    """Whose child it is; None: a direct configuration."""
    is_on_behalf: bool
    """Whether the platform names it by `on_behalf_of`."""


def merchant_of(charge: Charge) -> Merchant:
    """Return who is the merchant of record of a charge."""
    acting, behalf = charge.acting_account, charge.on_behalf_of
    if behalf is not None and behalf != acting:
        shape = Shape.DESTINATION if charge.destination is not None else Shape.SEPARATE
        return Merchant(behalf, Kind.CHILD, shape, acting, is_on_behalf=True)
    if acting != charge.key_account:
        return Merchant(acting, Kind.CHILD, Shape.DIRECT, charge.key_account, is_on_behalf=False)
    return Merchant(acting, Kind.DIRECT, _shape_of_own(charge), None, is_on_behalf=False)


def _shape_of_own(charge: Charge) -> Shape:
    if charge.destination is not None:
        return Shape.DESTINATION
    return Shape.OWN if charge.transfer_group is None else Shape.SEPARATE


class Named(msgspec.Struct, frozen=True):
    """A configuration that a request names, as far as it matters whether it may."""

    kind: Kind
    account: str
    """Whose it is: of a parent, the platform."""
    platform: str | None
    """Of a child, the platform whose parent it comes from."""
    active: bool
    """Of a child, whether its parent is."""


class Pick(StrEnum):
    """What becomes of the configuration a request names."""

    AS_IS = "as_is"
    CHILD_OF_IT = "child_of_it"
    """The merchant's child of the parent that was named."""
    MISSING = "missing"
    """It is none of the merchant's: told like one that never was."""
    INACTIVE = "inactive"


def pick(merchant: Merchant, named: Named) -> Pick:
    """Say which configuration is used when a request names one. Without a name it is the default of `merchant.kind`."""
    picked = _pick_living(merchant, named)
    return Pick.INACTIVE if picked is not Pick.MISSING and not named.active else picked


def _pick_living(merchant: Merchant, named: Named) -> Pick:
    if merchant.kind is Kind.CHILD and named.kind is Kind.PARENT and named.account == merchant.platform:
        return Pick.CHILD_OF_IT
    if named.account != merchant.account:
        return Pick.MISSING
    if named.kind is merchant.kind and named.platform == merchant.platform:
        return Pick.AS_IS
    # Inferred: on a direct charge the account's own configuration is there to be named, as its own objects are.
    own_on_direct = named.kind is Kind.DIRECT and merchant.shape is Shape.DIRECT
    return Pick.AS_IS if own_on_direct else Pick.MISSING
