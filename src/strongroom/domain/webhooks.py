"""Webhooks without the sending: what an endpoint's URL may be, which events it wants, and when to try again."""

import re
from collections.abc import Collection, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from strongroom.catalog.networks import Network
from strongroom.config import Settings
from strongroom.domain.addresses import Address, why_refused
from strongroom.errors import InvalidRequest

EVERY: Final = "*"
HTTPS_PORT: Final = 443
PORTS: Final = {"http": 80, "https": HTTPS_PORT}
LOOPBACK: Final[tuple[Network, ...]] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

# Seconds between one attempt and the next. Live: for nearly three days, as documented; test: three attempts.
LIVE_RETRIES: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, *[43_200] * 4)
TEST_RETRIES: Final = (5, 7_200)
JITTER: Final = 0.2
"""By how much a wait may be longer or shorter, so that what failed together is not tried again together."""

FAILING_SECONDS_MAX: Final = 7 * 24 * 3600
"""After as long without a single success an endpoint is switched off."""

OPT_IN: Final = frozenset({"identity.verification_session.redacted", "issuing_authorization.request"})
"""Whoever wants to be told of these has to name them, as published: `*` leaves them out."""
FOR_THE_APPLICATION: Final = frozenset({"account.application.authorized", "account.application.deauthorized"})
"""What only the platform is told of, as published, though it happens in the account."""

_PRINTABLE: Final = re.compile(r"[!-\[\]-~]+", re.ASCII)
_NAME: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
# `127.1`, `2130706433` and `0x7f.1` are addresses to a resolver, though they look like names.
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_NAME_LENGTH_MAX: Final = 253


class Reach(NamedTuple):
    """How far the webhooks of one mode may go."""

    plain_http: bool
    ports: Collection[int] | None
    """None: any."""
    networks: Sequence[Network]
    """Networks allowed although they are not public; only in these may a host be an address."""


class Target(NamedTuple):
    """A URL, taken apart as a connection needs it."""

    secure: bool
    host: str
    """A name, or an address without brackets."""
    port: int
    authority: str
    """What `Host` says."""
    path: str
    """With the query."""


def reach_of(settings: Settings, *, livemode: bool) -> Reach:
    """Return how far the webhooks of a mode may go: in a sandbox, and in test mode only, to this very machine."""
    if settings.sandbox and not livemode:
        return Reach(plain_http=True, ports=None, networks=(*LOOPBACK, *settings.webhook_networks))
    return Reach(plain_http=False, ports=settings.webhook_ports, networks=settings.webhook_networks)


def target_of(url: str, reach: Reach) -> Target:
    """Return where a URL leads.

    Raises:
        InvalidRequest: `url_invalid`, `param` is `url`: it is none, or leads where no webhook of this mode may go.
    """
    if _PRINTABLE.fullmatch(url) is None:
        raise _invalid("Not a valid URL")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        raise _invalid("Not a valid URL") from None
    if parts.scheme not in PORTS:
        raise _invalid("Invalid URL: An explicit scheme (such as https) must be provided")
    if parts.scheme == "http" and not reach.plain_http:
        raise _invalid("Invalid URL: The URL must use https")
    if "@" in parts.netloc or "#" in url:
        raise _invalid("Invalid URL: It must not have a user, a password or a fragment")
    _check_host(host, reach)
    port = PORTS[parts.scheme] if port is None else port
    if not port or (reach.ports is not None and port not in reach.ports):
        raise _invalid("Invalid URL: The port is not allowed")
    return Target(parts.scheme == "https", host, port, parts.netloc, _path(parts.path, parts.query))


def _path(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _check_host(host: str, reach: Reach) -> None:
    address = address_in(host)
    if address is not None:
        if not any(address in network for network in reach.networks) or why_refused(address, reach.networks):
            raise _invalid("Invalid URL: URL must be publicly accessible, under a name and not an address")
        return
    if len(host) > _NAME_LENGTH_MAX or _NAME.fullmatch(host) is None or _NUMERIC.fullmatch(host):
        raise _invalid("Not a valid URL")
    is_here = host == "localhost" or host.endswith(".localhost")
    if is_here and not any(loopback.overlaps(one) for loopback in LOOPBACK for one in _like(loopback, reach)):
        raise _invalid("Invalid URL: URL must be publicly accessible")


def _like(network: Network, reach: Reach) -> list[Network]:
    return [one for one in reach.networks if one.version == network.version]


def address_in(host: str) -> Address | None:
    """Return the address that stands in the place of a name, or None if it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="url_invalid", param="url")


def wants(enabled_events: Collection[str], event_type: str) -> bool:
    """Whether an endpoint with these `enabled_events` is told of an event."""
    return event_type in enabled_events or (EVERY in enabled_events and event_type not in OPT_IN)


def retries_of(settings: Settings, *, livemode: bool) -> Sequence[int]:
    """Return the waits between attempts, in seconds; after the last one nothing more is tried."""
    return settings.webhook_retries or (LIVE_RETRIES if livemode else TEST_RETRIES)


def wait_after(attempts: int, retries: Sequence[int], draw: float) -> int | None:
    """Return the seconds to wait before the next attempt, or None if there is none.

    Args:
        attempts: how many were made, at least one.
        retries: see `retries_of`.
        draw: what chance says, from 0 to 1.
    """
    if attempts > len(retries):
        return None
    return max(1, round(retries[attempts - 1] * (1 + JITTER * (2 * draw - 1))))
