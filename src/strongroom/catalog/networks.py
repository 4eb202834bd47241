"""Networks that no webhook may reach, and the spellings of IPv4 in IPv6."""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, read, row

Network = IPv4Network | IPv6Network

SPELLED_PREFIX: Final = 96
"""What is left of a spelled address behind its prefix is an IPv4 address."""


class NetworkTables(msgspec.Struct, frozen=True):
    """What `networks.toml` says."""

    refused: tuple[tuple[Network, str], ...]
    """Networks, each with the reason."""
    spelled: tuple[IPv6Network, ...]
    """Networks whose addresses are other spellings of IPv4 addresses."""
    public_v6: IPv6Network


@cache
def network_tables() -> NetworkTables:
    """Return the tables, read once.

    Raises:
        CatalogError: the data is wrong.
    """
    return build(read("networks"))


def build(document: Document) -> NetworkTables:
    """Return the tables in a document.

    Raises:
        CatalogError: something is no network, or of the wrong version.
    """
    whole = row("networks", document, {"public_v6": str, "spelled": list, "refused": list}, {})
    refused = [row("networks.refused", one, {"network": str, "why": str}, {}) for one in whole["refused"]]
    spelled = [row("networks.spelled", one, {"network": str, "what": str}, {}) for one in whole["spelled"]]
    return NetworkTables(
        tuple((_network(one["network"]), one["why"]) for one in refused),
        tuple(_spelling(one["network"]) for one in spelled),
        _v6(whole["public_v6"]),
    )


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as fault:
        raise CatalogError(f"networks: {fault}") from None


def _v6(text: str) -> IPv6Network:
    network = _network(text)
    if not isinstance(network, IPv6Network):
        raise CatalogError(f"networks: {text} is not of IPv6")
    return network


def _spelling(text: str) -> IPv6Network:
    network = _v6(text)
    if network.prefixlen != SPELLED_PREFIX:
        raise CatalogError(f"networks: {text} leaves no room for an IPv4 address")
    return network
