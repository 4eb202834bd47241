"""What an operator can set. One frozen `Settings`, made once by the command line; every option is also `STRONGROOM_…`."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from strongroom import limits

DEFAULT_PORT = 12111

_POSTGRES_SCHEMES = ("postgres://", "postgresql://")
# The path is never empty, and `sqlite://host…` is not one.
_SQLITE_FILE = re.compile(r"sqlite:(?://(?=/))?(?P<path>(?!//).+)")


def is_database(address: str) -> bool:
    """Whether an address means a database: `sqlite`, `sqlite:PATH`, `sqlite:///PATH` or `postgresql://…`."""
    return address == "sqlite" or _is_postgres(address) or _SQLITE_FILE.fullmatch(address) is not None


def _is_postgres(address: str) -> bool:
    return address.startswith(_POSTGRES_SCHEMES)


def _sqlite_file(address: str, default: Path) -> Path:
    named = _SQLITE_FILE.fullmatch(address)
    return default if named is None else Path(named["path"])


@dataclass(frozen=True)
class Settings:
    """How one server runs."""

    data_dir: Path
    """Where the SQLite database, the key store and the root key live. Made with mode 0700."""

    database: str = "sqlite"
    """`sqlite` (a file in `data_dir`), `sqlite:PATH`, `sqlite:///PATH` or `postgresql://…`."""

    key_database: str = ""
    """Where wrapped keys live, apart from the data, as in `database`; empty: a file in `data_dir`, or a schema of its
    own in PostgreSQL."""

    root_key: str = "file"
    """`file` (`root.key` in `data_dir`), `file:PATH[,PATH…]` (XOR shares), or `env:NAME`."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    """Where clients reach the server, as in `https://vault.example`; empty: at `host` and `port`."""

    workers: int = 1
    """Server processes; more than one needs PostgreSQL."""

    sandbox: bool = False
    """Accept any well-formed key; its `<name>` is the account."""

    request_log: bool = True
    """One JSON line per request on standard error."""

    clamp_list_limits: bool = False
    """Whether `limit=0` and `limit=101` are moved into range instead of refused."""

    raw_card_data: str = "test_only"
    """Where a secret key may send card numbers itself: `off`, `test_only` or `on`. Publishable keys always may."""

    settle_after: int = 1
    """Seconds after which checks of connected accounts, which take days elsewhere, have their results."""

    token_lifetime: int = limits.TOKEN_SECONDS
    """Seconds after which a token that nobody has spent is no more, and what it holds is erased."""

    customer_payment_methods_max: int = limits.CUSTOMER_PAYMENT_METHODS_MAX
    """How many PaymentMethods can be attached to one customer."""

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = field(default=())
    """Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = field(default=())
    """Where webhooks may go although it is no public network."""

    webhook_ports: tuple[int, ...] = (443,)
    """Ports webhooks may go to. In the test mode of a sandbox they may go to any."""

    webhook_retries: tuple[int, ...] = ()
    """Seconds between one attempt to deliver a webhook and the next; empty: as documented for each mode."""

    allow_plain_http: bool = False
    """Whether live keys may be used without TLS from other machines than this one."""

    @property
    def base_url(self) -> str:
        """What stands before `/v1` in the addresses we give out; without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def is_sqlite(self) -> bool:
        """Whether the data lives in an SQLite file."""
        return not _is_postgres(self.database)

    @property
    def database_path(self) -> Path:
        """The SQLite file; meaningless on PostgreSQL."""
        return _sqlite_file(self.database, self.data_dir / "strongroom.db")

    @property
    def key_database_path(self) -> Path | None:
        """The key store's SQLite file; None if it is in PostgreSQL."""
        address = self.key_database or self.database
        if _is_postgres(address):
            return None
        return _sqlite_file(self.key_database, self.data_dir / "keys.db")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in {"127.0.0.1", "::1", "localhost"}
