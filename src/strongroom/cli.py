"""The command line: serve, keys, migrate, check. Every option is also an environment variable, `STRONGROOM_…`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from strongroom import __version__
from strongroom.config import DEFAULT_PORT, Settings

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])

DAY_SECONDS: Final = 86_400
MODES: Final = ("test", "live")


def option(*declarations: str, **attributes: Any) -> Callable[[Command], Command]:
    """Declare an option that is also an environment variable: `--data-dir` is `STRONGROOM_DATA_DIR`."""
    long = next(name for name in declarations if name.startswith("--")).partition("/")[0]
    variable = "STRONGROOM_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*declarations, envvar=variable, **attributes)


STORAGE_OPTIONS: Final = (
    option("--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("strongroom-data"),
                 show_default=True, help="Database, key store and root key."),
    option("--database", default="sqlite", show_default=True, help="sqlite, or postgresql://…"),
    option("--key-database", default="", help="Where wrapped keys live; default: apart from the rows, beside them."),
    option("--root-key", default="file", show_default=True, help="file, file:PATH[,PATH…] or env:NAME."),
)  # fmt: skip


def storage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where everything lives."""
    for add in reversed(STORAGE_OPTIONS):
        command = add(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """A self-hosted vault for payment credentials that speaks the Stripe API. Not affiliated with Stripe."""


@main.command()
@storage_options
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@option("--port", default=DEFAULT_PORT, show_default=True, help="Port to listen on.")
@option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes (PostgreSQL only)."
)
@option(
    "--sandbox",
    is_flag=True,
    help="Accept any well-formed key; its name is the account. Loopback only unless --expose-sandbox.",
)
@option("--expose-sandbox", is_flag=True, help="Let other machines reach a sandbox.")
@option(
    "--request-log/--no-request-log",
    default=True,
    show_default=True,
    help="One JSON line per request on standard error.",
)
@option(
    "--clamp-list-limits",
    is_flag=True,
    help="Move an out-of-range `limit` into range instead of refusing it.",
)
@option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    help="Network whose X-Forwarded-* headers are believed.",
)
@option("--allow-plain-http", is_flag=True, help="Accept live keys without TLS from other machines.")
@option("--raw-card-data", type=click.Choice(["off", "test_only", "on"]), default="test_only", show_default=True,
              help="Where a secret key may send card numbers.")  # fmt: skip
def serve(*, expose_sandbox: bool, trusted_proxies: tuple[str, ...], **options: Any) -> None:
    """Serve the API until Ctrl-C."""
    settings = Settings(trusted_proxies=tuple(ip_network(network) for network in trusted_proxies), **options)
    if settings.sandbox and not settings.is_loopback and not expose_sandbox:
        raise click.UsageError(
            "a sandbox opens to every well-formed key: it listens on loopback only, unless --expose-sandbox"
        )
    if settings.workers > 1 and settings.is_sqlite:
        raise click.UsageError("SQLite is served by one process; --workers needs --database postgresql://…")
    from strongroom.http import server
    from strongroom.welcome import welcome

    _or_exit(lambda: server.serve(settings, welcome))


def _or_exit(work: Callable[[], T]) -> T | None:
    """Run `work`; what an operator can mend is said in one line, not in a traceback."""
    from strongroom.errors import ApiError, CannotServe

    try:
        return work()
    except KeyboardInterrupt:
        return None
    except (CannotServe, ApiError, OSError, ValueError, LookupError) as refusal:
        click.echo(f"strongroom: {refusal}", err=True)
        sys.exit(1)


def _in_house(settings: Settings, work: Callable[[Any], Awaitable[T]]) -> T | None:
    """Open the house beside a running server, do `work` in it, close it."""
    from strongroom.house import open_house

    async def inside() -> T:
        house = await open_house(settings, exclusive=False)
        try:
            return await work(house)
        finally:
            await house.close()

    return _or_exit(lambda: asyncio.run(inside()))


# -- keys -------------------------------------------------------------------------------------------------------------


@main.group()
def keys() -> None:
    """Make, list, roll and revoke API keys. A running server sees the change at its next request."""


@keys.command("create")
@storage_options
@option(
    "--kind", type=click.Choice(["secret", "publishable", "restricted"]), default="secret", show_default=True
)
@option("--mode", type=click.Choice(MODES), default="test", show_default=True)
@option("--account", help="Whose key; default: the only account there is.")
@option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="NAME=read|write",
    help="For restricted keys, e.g. customer=write.",
)
@option("--name", default="", help="What people call it.")
@option("--expires-in-days", type=click.IntRange(1, 36500), help="When it ends; default: never.")
def keys_create(*, kind: str, mode: str, account: str | None, permissions: tuple[str, ...], name: str,
                expires_in_days: int | None, **storage: Any) -> None:  # fmt: skip
    """Make a key and print it, once."""
    from strongroom.resources import keys as operations
    from strongroom.resources.caller import KeyKind

    async def work(house: Any) -> str:
        ends = None if expires_in_days is None else house.clock.now() + expires_in_days * DAY_SECONDS
        new = await operations.create_key(
            house,
            account or await _only_account(house),
            KeyKind[kind.upper()],
            livemode=mode == "live",
            permissions=_permissions(permissions),
            name=name,
            expires_at=ends,
        )
        return f"{new.id}  {new.text}"

    click.echo(_in_house(Settings(**storage), work))


def _permissions(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, _, verb in pairs:
        if not name or verb not in {"read", "write"}:
            raise click.UsageError(f"--permission takes NAME=read or NAME=write, not {name}={verb}")
    return {name: verb for name, _, verb in pairs}


async def _only_account(house: Any) -> str:
    from strongroom.resources import keys as operations

    known = await operations.accounts(house)
    if len(known) != 1:
        raise LookupError(f"there are {len(known)} accounts; say which with --account")
    return known[0]


@keys.command("list")
@storage_options
def keys_list(**storage: Any) -> None:
    """Show every key: its id, what it looks like, its account, and whether it has ended."""
    from strongroom.resources import keys as operations

    rows = _in_house(Settings(**storage), operations.list_keys) or []
    for row in rows:
        columns = row.columns
        ended = "ended" if columns["revoked_at"] is not None else "-"
        click.echo(f"{row.id}  {columns['prefix']}…{columns['last4']}  {row.account}  {ended}")


@keys.command("roll")
@storage_options
@click.argument("key_id")
@option(
    "--overlap-hours",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="How long the old key still works.",
)
def keys_roll(*, key_id: str, overlap_hours: int, **storage: Any) -> None:
    """Make a key that allows the same, print it once, and let the old one end."""
    from strongroom.resources import keys as operations

    async def work(house: Any) -> str:
        row = await operations.find_key(house, key_id)
        new = await operations.roll_key(house, row, old_ends_at=house.clock.now() + overlap_hours * 3600)
        return f"{new.id}  {new.text}"

    click.echo(_in_house(Settings(**storage), work))


@keys.command("revoke")
@storage_options
@click.argument("key_id")
def keys_revoke(*, key_id: str, **storage: Any) -> None:
    """End a key at once."""
    from strongroom.resources import keys as operations

    async def work(house: Any) -> None:
        await operations.end_key(house, await operations.find_key(house, key_id), at=house.clock.now())

    _in_house(Settings(**storage), work)
    click.echo(f"{key_id} has ended")


# -- the store --------------------------------------------------------------------------------------------------------


@main.command()
@storage_options
@option("--plan", is_flag=True, help="Say what would be done, and do nothing.")
def migrate(*, plan: bool, **storage: Any) -> None:
    """Bring the database to this version's schema. Forward only."""
    from strongroom.house import make_data_dir, store_url
    from strongroom.store import migrate as apply
    from strongroom.store import plan as planned

    settings = Settings(**storage)
    make_data_dir(settings.data_dir)
    steps = _or_exit(lambda: asyncio.run((planned if plan else apply)(store_url(settings)))) or []
    click.echo("\n".join(steps) if steps else "nothing to do")


@main.command()
@storage_options
def check(**storage: Any) -> None:
    """Check every invariant we know on the stored data; exit 1 if one is broken."""
    from strongroom.resources.check import check as check_house

    faults = _in_house(replace(Settings(**storage)), check_house)
    if faults is None:
        sys.exit(1)
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
