"""The command line: serve, keys, users, migrate, check, and for developers listen, trigger and a few more (`develop`)."""

import asyncio
import gc
import sys
from datetime import UTC, datetime
from typing import Any, Final

import click

from strongroom import __version__, limits
from strongroom.config import DEFAULT_PORT, Settings
from strongroom.develop.commands import COMMANDS
from strongroom.options import in_house, networks, option, or_exit, seconds, storage_options

DAY_SECONDS: Final = 86_400
MODES: Final = ("test", "live")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """A self-hosted vault for payment credentials that speaks the Stripe API. Not affiliated with Stripe."""


for command in COMMANDS:
    main.add_command(command)


@main.command()
@storage_options
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@option("--port", default=DEFAULT_PORT, show_default=True, help="Port to listen on.")
@option(
    "--public-url",
    default="",
    help="Where clients reach it, for addresses in answers; default: host and port.",
)
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
    callback=networks,
    multiple=True,
    help="Network whose X-Forwarded-* headers are believed.",
)
@option(
    "--webhook-network",
    "webhook_networks",
    callback=networks,
    multiple=True,
    help="Network, not public, that webhooks may go to.",
)
@option(
    "--webhook-port",
    "webhook_ports",
    type=click.IntRange(1, 65_535),
    multiple=True,
    default=(443,),
    show_default=True,
    help="Port that webhooks may go to; any in the test mode of a sandbox.",
)
@option(
    "--webhook-retries",
    callback=seconds,
    default="",
    metavar="SECONDS,…",
    help="Waits between attempts to deliver a webhook; default: nearly three days in live mode, two hours in test mode.",
)
@option("--allow-plain-http", is_flag=True, help="Accept live keys without TLS from other machines.")
@option(
    "--settle-after",
    default=1,
    show_default=True,
    type=click.IntRange(0, 31_536_000),
    help="Seconds until checks of connected accounts have their results.",
)
@option(
    "--token-lifetime",
    default=limits.TOKEN_SECONDS,
    show_default=True,
    type=click.IntRange(1, limits.USED_TOKEN_SECONDS),
    help="Seconds until a token that nobody has spent is erased with what it holds.",
)
@option(
    "--customer-payment-methods-max",
    default=limits.CUSTOMER_PAYMENT_METHODS_MAX,
    show_default=True,
    type=click.IntRange(1),
    help="How many PaymentMethods can be attached to one customer.",
)
@option("--raw-card-data", type=click.Choice(["off", "test_only", "on"]), default="test_only", show_default=True,
              help="Where a secret key may send card numbers.")  # fmt: skip
def serve(*, expose_sandbox: bool, **options: Any) -> None:
    """Serve the API until Ctrl-C."""
    settings = Settings(**options)
    if settings.sandbox and not settings.is_loopback and not expose_sandbox:
        raise click.UsageError(
            "a sandbox opens to every well-formed key: it listens on loopback only, unless --expose-sandbox"
        )
    if settings.workers > 1 and settings.is_sqlite:
        raise click.UsageError("SQLite is served by one process; --workers needs --database postgresql://…")
    # What is loaded stays, and the collector would look at all of it again and again; the server turns it on when it listens.
    gc.disable()
    from strongroom.http import server
    from strongroom.welcome import welcome

    if settings.workers > 1:
        click.echo(
            "strongroom: security codes stay in the process that took them in; a card that is validated by another one "
            "has cvc_check unavailable",
            err=True,
        )
    or_exit(lambda: server.serve(settings, welcome))


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

    granted = _permissions(permissions, kind)

    async def work(house: Any) -> str:
        ends = None if expires_in_days is None else house.clock.now() + expires_in_days * DAY_SECONDS
        new = await operations.create_key(
            house,
            account or await _only_account(house),
            KeyKind[kind.upper()],
            livemode=mode == "live",
            permissions=granted,
            name=name,
            expires_at=ends,
        )
        return f"{new.id}  {new.text}"

    click.echo(in_house(Settings(**storage), work))


def _permissions(given: tuple[str, ...], kind: str) -> dict[str, str]:
    if given and kind != "restricted":
        raise click.UsageError("--permission is for --kind restricted; what other keys may do is fixed")
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
    """Show every key: its id, what it looks like, its account, and when it ends or whether it has."""
    from strongroom.resources import keys as operations

    async def work(house: Any) -> list[str]:
        now = house.clock.now()
        return [
            f"{row.id}  {row.columns['prefix']}…{row.columns['last4']}  {row.account}  "
            + _end_in_words(operations.ends_at(row), now)
            for row in await operations.list_keys(house)
        ]

    for line in in_house(Settings(**storage), work):
        click.echo(line)


def _end_in_words(end: int | None, now: int) -> str:
    if end is None:
        return "-"
    return "ended" if end <= now else f"ends {datetime.fromtimestamp(end, UTC):%Y-%m-%dT%H:%M:%SZ}"


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

    click.echo(in_house(Settings(**storage), work))


@keys.command("revoke")
@storage_options
@click.argument("key_id")
def keys_revoke(*, key_id: str, **storage: Any) -> None:
    """End a key at once."""
    from strongroom.resources import keys as operations

    async def work(house: Any) -> None:
        await operations.end_key(house, await operations.find_key(house, key_id), at=house.clock.now())

    in_house(Settings(**storage), work)
    click.echo(f"{key_id} has ended")


# -- people -----------------------------------------------------------------------------------------------------------


@main.group()
def users() -> None:
    """Make, list and reset the people who may use the dashboard."""


@users.command("create")
@storage_options
@option("--email", required=True, help="Who signs in.")
@option("--name", default="", help="What people call them.")
@click.option("--role", default="owner", show_default=True, help="What they may do.")
@option("--account", help="Whose dashboard; default: the only account there is.")
@click.option("--with-password", is_flag=True, help="Ask for a password, or read it from standard input.")
def users_create(*, email: str, name: str, role: str, account: str | None, with_password: bool,
                 **storage: Any) -> None:  # fmt: skip
    """Add a person and print a one-time set-up secret, or take a password that is never shown."""
    from strongroom.resources import audit, people
    from strongroom.secret import Secret

    password = Secret(_asked_password()) if with_password else None

    async def work(house: Any) -> str:
        whose = account or await _only_account(house)
        call = await people.call_on(house, whose)
        if password is None:
            invitation = await people.invite(call, email=email, name=name, role=role)
            person, said = invitation.person, _setup_words(invitation.secret)
        else:
            person = await people.add_with_password(
                call, email=email, name=name, role=role, password=password
            )
            said = "They make their second factor at the first sign-in."
        entry = audit.Entry("user.created", person.id, details={"role": role})
        await audit.commit(house, whose, call.writes, audit.Actor("command line"), entry)
        return f"{person.id}  {email}  {role}\n{said}"

    click.echo(in_house(Settings(**storage), work))


def _asked_password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")


def _setup_words(secret: str) -> str:
    return f"Set-up secret, shown this once, for /dashboard/setup within 72 hours:  {secret}"


@users.command("list")
@storage_options
@option("--account", help="Whose people; default: the only account there is.")
def users_list(*, account: str | None, **storage: Any) -> None:
    """Show who has access."""
    from strongroom.resources import people

    async def work(house: Any) -> list[str]:
        call = await people.call_on(house, account or await _only_account(house))
        return [
            f"{one.id}  {one.doc['email']}  {one.doc['role']}"
            + ("  no access" if one.doc["disabled_at"] else "")
            for one in await people.list_all(call)
        ]

    for line in in_house(Settings(**storage), work):
        click.echo(line)


@users.command("reset")
@storage_options
@click.argument("email")
def users_reset(*, email: str, **storage: Any) -> None:
    """Let a person who lost their password or factor set themselves up anew; their sessions end."""
    from strongroom.resources import audit, people, sessions

    async def work(house: Any) -> str:
        found = await people.find_by_email(house, email)
        if found is None:
            raise LookupError(f"nobody has the address {email}")
        call, person = found
        invitation = await people.reset(call, person)
        await sessions.end_all(call, person.id)
        entry = audit.Entry("user.reset", person.id)
        await audit.commit(house, call.caller.account, call.writes, audit.Actor("command line"), entry)
        return _setup_words(invitation.secret)

    click.echo(in_house(Settings(**storage), work))


# -- the store --------------------------------------------------------------------------------------------------------


@main.command()
@storage_options
@option("--plan", is_flag=True, help="Say what would be done, and do nothing.")
def migrate(*, plan: bool, **storage: Any) -> None:
    """Bring the database to this version's schema. Forward only."""
    from strongroom.house import apply_migrations, plan_migrations

    settings = Settings(**storage)
    steps = or_exit(lambda: asyncio.run((plan_migrations if plan else apply_migrations)(settings)))
    click.echo("\n".join(steps) if steps else "nothing to do")


@main.command()
@storage_options
def check(**storage: Any) -> None:
    """Check every invariant we know on the stored data; exit 1 if one is broken."""
    from strongroom.resources.check import check as check_house

    faults = in_house(Settings(**storage), check_house)
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
