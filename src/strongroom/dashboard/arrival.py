"""What the edge knows of a request before it is a page's, and what a page tells the edge's log."""

from dataclasses import dataclass

SCOPE_KEY = "strongroom.arrival"
PREFIX = "/dashboard"


@dataclass(slots=True)
class Arrival:
    """Handed over in the ASGI scope under `SCOPE_KEY`."""

    request_id: str
    client_ip: str | None
    is_secure: bool
    """Whether it came over TLS, or from this machine."""
    over_tls: bool
    route: str = ""
    """The page's path with names for its ids; filled in by the dashboard."""
    account: str | None = None
    """Filled in once somebody is known to be signed in."""
