"""What the commands share: options that are environment variables too, opening the house beside a server, refusals in a line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

from strongroom.config import Settings, is_database

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])

WAIT_SECONDS_MAX: Final = 31_536_000
INTERRUPTED_STATUS: Final = 130


def _database(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """Return an address that means a database. A refusal does not repeat it, for it may hold a password."""
    if value is not None and not is_database(value):
        raise click.BadParameter("it takes sqlite, sqlite:PATH, sqlite:///PATH or postgresql://…")
    return value or ""


def networks(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks an option names."""
    try:
        return tuple(ip_network(value) for value in values)
    except ValueError as fault:
        raise click.BadParameter(f"{fault}; it takes a network such as 10.0.0.0/8, or one address") from None


def seconds(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """Return the times an option names, with commas between them."""
    words = [word for word in value.split(",") if word]
    if not all(word.isascii() and word.isdigit() and 0 < int(word) <= WAIT_SECONDS_MAX for word in words):
        raise click.BadParameter(
            f"it takes numbers of seconds such as 5,300,1800, up to {WAIT_SECONDS_MAX} each"
        )
    return tuple(map(int, words))


def option(*declarations: str, **attributes: Any) -> Callable[[Command], Command]:
    """Declare an option that is also an environment variable: `--data-dir` is `STRONGROOM_DATA_DIR`."""
    long = next(name for name in declarations if name.startswith("--")).partition("/")[0]
    variable = "STRONGROOM_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*declarations, envvar=variable, **attributes)


STORAGE_OPTIONS: Final = (
    option("--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("strongroom-data"),
                 show_default=True, help="Database, key store and root key."),
    option("--database", callback=_database, default="sqlite", show_default=True,
           help="sqlite, sqlite:PATH or postgresql://…"),
    option("--key-database", callback=_database,
           help="Where wrapped keys live, likewise; default: apart from the rows, beside them."),
    option("--root-key", default="file", show_default=True, help="file, file:PATH[,PATH…] or env:NAME."),
)  # fmt: skip


def storage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where everything lives."""
    for add in reversed(STORAGE_OPTIONS):
        command = add(command)
    return command


def or_exit(work: Callable[[], T]) -> T:
    """Run `work`; what an operator can mend is said in one line, not in a traceback."""
    from strongroom.errors import ApiError, CannotServe
    from strongroom.house import postgres_says
    from strongroom.store import Rejected
    from strongroom.vault import AccountShredded, SealBroken

    try:
        return work()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED_STATUS)
    except Rejected:
        exit_saying("somebody changed it at the same moment; try again")
    except (CannotServe, ApiError, SealBroken, AccountShredded, OSError, ValueError, LookupError) as refusal:
        exit_saying(str(refusal))
    except Exception as failure:
        said = postgres_says(failure)
        if said is None:
            raise
        exit_saying(said)


def exit_saying(sentence: str) -> NoReturn:
    """End the command with one line on standard error."""
    click.echo(f"strongroom: {sentence}", err=True)
    sys.exit(1)


def in_house(settings: Settings, work: Callable[[Any], Awaitable[T]]) -> T:
    """Open the house beside a running server, do `work` in it, close it."""
    from strongroom.house import open_house

    async def inside() -> T:
        house = await open_house(settings, exclusive=False)
        try:
            return await work(house)
        finally:
            await house.close()

    return or_exit(lambda: asyncio.run(inside()))
