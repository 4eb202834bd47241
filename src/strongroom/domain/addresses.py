"""Which addresses a webhook may be sent to: public ones, and what an operator has allowed.

An address may be an IPv4 address in disguise, and may hide others that a tunnel would lead to. All of them have to pass.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

from strongroom.catalog.networks import Network, network_tables

Address = IPv4Address | IPv6Address

LOW_32: Final = 2**32 - 1
TEREDO: Final = IPv6Network("2001::/32")
TEREDO_SERVER_SHIFT: Final = 64
SIX_TO_FOUR: Final = IPv6Network("2002::/16")
SIX_TO_FOUR_SHIFT: Final = 80
COMPATIBLE: Final = IPv6Network("::/96")
# Whatever the network, an interface of this name is a tunnel to the IPv4 address behind it (RFC 5214); the bit that may
# be set says that the address is a global one.
ISATAP: Final = 0x00005EFE
ISATAP_GLOBAL: Final = 0x02005EFE


def why_refused(address: Address, allowed: Sequence[Network]) -> str | None:
    """Return why nothing is sent to an address, or None if it may be.

    Args:
        address: where a connection would lead.
        allowed: networks that the server's operator allows although they are not public.
    """
    for face in _faces(address):
        reason = _refusal_of(face, allowed)
        if reason is not None:
            return reason
    return None


def _faces(address: Address) -> Iterator[Address]:
    """Every address that a connection to this one might end at."""
    if isinstance(address, IPv4Address):
        yield address
        return
    value = int(address)
    if any(address in network for network in network_tables().spelled):
        yield IPv4Address(value & LOW_32)
        return
    yield address
    yield from _tunnelled(address, value)


def _tunnelled(address: IPv6Address, value: int) -> Iterator[IPv4Address]:
    if address in SIX_TO_FOUR:
        yield IPv4Address(value >> SIX_TO_FOUR_SHIFT & LOW_32)
    elif address in TEREDO:
        yield IPv4Address(value >> TEREDO_SERVER_SHIFT & LOW_32)
        yield IPv4Address(~value & LOW_32)
    elif address in COMPATIBLE and value > 1:
        yield IPv4Address(value & LOW_32)
    if value >> 32 & LOW_32 in {ISATAP, ISATAP_GLOBAL}:
        yield IPv4Address(value & LOW_32)


def _refusal_of(address: Address, allowed: Sequence[Network]) -> str | None:
    if any(address in network for network in allowed):
        return None
    tables = network_tables()
    for network, why in tables.refused:
        if address in network:
            return why
    if isinstance(address, IPv6Address) and address not in tables.public_v6:
        return "not a public address"
    return None
