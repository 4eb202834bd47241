"""What an operator can set. One frozen `Settings`, made once by the command line; every option is also `STRONGROOM_…`."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

DEFAULT_PORT = 12111


@dataclass(frozen=True)
class Settings:
    """How one server runs."""

    data_dir: Path
    """Where the SQLite database, the key store and the root key live. Made with mode 0700."""

    database: str = "sqlite"
    """`sqlite` (a file in `data_dir`) or `postgresql://…`."""

    key_database: str = ""
    """Where wrapped keys live, apart from the data; empty: a file in `data_dir`, or a schema of its own in PostgreSQL."""

    root_key: str = "file"
    """`file` (`root.key` in `data_dir`), `file:PATH[,PATH…]` (XOR shares), or `env:NAME`."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
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

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = field(default=())
    """Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    allow_plain_http: bool = False
    """Whether live keys may be used without TLS from other machines than this one."""

    @property
    def is_sqlite(self) -> bool:
        """Whether the data lives in an SQLite file."""
        return not self.database.startswith(("postgres://", "postgresql://"))

    @property
    def database_path(self) -> Path:
        """The SQLite file; meaningless on PostgreSQL."""
        explicit = self.database.removeprefix("sqlite://").removeprefix("sqlite").removeprefix(":")
        return Path(explicit) if explicit else self.data_dir / "strongroom.db"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in {"127.0.0.1", "::1", "localhost"}
