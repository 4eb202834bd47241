"""The command line of whoever integrates: listen, trigger, events resend, webhooks roll."""

from collections.abc import Callable
from typing import Any, Final

import click

from strongroom.config import DEFAULT_PORT, Settings
from strongroom.options import in_house, option, or_exit, storage_options

HOUR_SECONDS: Final = 3_600


def api_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which server is spoken to, and as whom."""
    key = option(
        "--api-key", default="sk_test_demo", show_default=True, help="Whose; any sk_test_… in a sandbox."
    )
    url = option(
        "--api-url",
        default=f"http://127.0.0.1:{DEFAULT_PORT}",
        show_default=True,
        help="Where the server is.",
    )
    return key(url(command))


def _say(line: str) -> None:
    click.echo(line)


@click.command()
@api_options
@option("--forward-to", help="Where events are sent, as in localhost:4242/webhook; default: only printed.")
@option("--events", default="*", show_default=True, help="Types of events, with commas between them.")
@option("--forward-connect-to", help="Where those of connected accounts are sent; default: with the others.")
@option(
    "--connect",
    is_flag=True,
    help="Listen to all connected accounts as well; with --forward-connect-to always.",
)
@option("--stripe-account", multiple=True, help="Listen to a connected account instead; repeatable.")
@option("--print-secret", is_flag=True, help="Print the signing secret, always the same for a key, and end.")
def listen(
    *,
    api_key: str,
    api_url: str,
    forward_to: str | None,
    forward_connect_to: str | None,
    connect: bool,
    events: str,
    stripe_account: tuple[str, ...],
    print_secret: bool,
) -> None:
    """Print events as they happen, and forward them to a local server, signed as webhooks are."""
    from strongroom.contract import contract
    from strongroom.develop.api import Api
    from strongroom.develop.listen import Following, Listener, place_of
    from strongroom.vault.signing import listening_secret, shown

    secret = listening_secret(api_key)
    if print_secret:
        return _say(shown(secret))
    wanted = _types(events)

    def work() -> None:
        to = None if forward_to is None else place_of(forward_to)
        connect_to = to if forward_connect_to is None else place_of(forward_connect_to)
        following = Following(
            Api(api_url, api_key), stripe_account, connect=connect or forward_connect_to is not None
        )
        _say(
            f"> Ready! You are using API version {contract().api_version}. "
            f"Your webhook signing secret is {shown(secret)} (^C to quit)"
        )
        Listener(following, wanted, (to, connect_to), secret, _say).run()

    return or_exit(work)


def _types(text: str) -> frozenset[str]:
    from strongroom.contract import contract

    wanted = frozenset(word.strip() for word in text.split(",") if word.strip())
    known = {"*", *contract().shapes.enums["Event.type"]}
    if not wanted or not wanted <= known:
        raise click.UsageError(f"--events: there is no event {min(wanted - known, default='at all')}")
    return wanted


@click.command()
@api_options
@click.argument("event", required=False)
@click.option("--list", "show_list", is_flag=True, help="Show which events there are.")
@click.option(
    "--override",
    "overrides",
    multiple=True,
    metavar="STEP:PARAMETER=VALUE",
    help="Send something else, e.g. customer:email=a@example.com.",
)
def trigger(
    *, api_key: str, api_url: str, event: str | None, show_list: bool, overrides: tuple[str, ...]
) -> None:
    """Make an event happen for real, by the calls of the API that lead to it."""
    from strongroom.catalog.triggers import trigger_table
    from strongroom.develop.api import Api
    from strongroom.develop.trigger import overrides_of, run

    table = trigger_table()
    if show_list:
        return _say("\n".join(sorted(table)))
    chosen = table.get(event or "")
    if chosen is None:
        raise click.UsageError(f"{event or 'no event'} cannot be triggered; --list shows what can")

    def work() -> None:
        told = run(Api(api_url, api_key), chosen, overrides_of(overrides), _say)
        _say(f"Trigger succeeded! {told['type']} [{told['id']}]")

    return or_exit(work)


@click.group()
def events() -> None:
    """Send events again."""


@events.command("resend")
@storage_options
@click.argument("event_id")
@option("--webhook-endpoint", help="To which endpoint; default: to all it was sent to before.")
def events_resend(*, event_id: str, webhook_endpoint: str | None, **storage: Any) -> None:
    """Send an event again; a running server does it at once."""
    from strongroom.resources import audit, deliveries

    async def work(house: Any) -> int:
        event = await deliveries.find_event(house, event_id)
        writes = await deliveries.resend(house, event, webhook_endpoint)
        entry = audit.Entry("event.resent", event_id, _mode(event.livemode))
        await _commit(house, event.account, writes, entry)
        return len(writes.inserts)

    count = in_house(Settings(**storage), work)
    _say(f"{event_id} is sent again to {count} endpoint{'' if count == 1 else 's'}")


@click.group()
def webhooks() -> None:
    """Look after webhook endpoints."""


@webhooks.command("roll")
@storage_options
@click.argument("endpoint_id")
@option(
    "--overlap-hours",
    type=click.IntRange(0, 24),
    default=24,
    show_default=True,
    help="How long the old secret still signs too.",
)
def webhooks_roll(*, endpoint_id: str, overlap_hours: int, **storage: Any) -> None:
    """Give an endpoint a new signing secret and print it, once; a running server uses it from its next attempt on."""
    from strongroom.resources import audit, webhook_endpoints

    async def work(house: Any) -> str:
        call, endpoint = await webhook_endpoints.find(house, endpoint_id)
        ends_at = call.due_in(overlap_hours * HOUR_SECONDS)
        secret = await webhook_endpoints.roll(call, endpoint, old_ends_at=ends_at)
        entry = audit.Entry("webhook_endpoint.rolled", endpoint_id, _mode(call.caller.livemode))
        await _commit(house, call.caller.account, call.writes, entry)
        return secret

    _say(f"{endpoint_id}  {in_house(Settings(**storage), work)}")


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


async def _commit(house: Any, account: str, writes: Any, entry: Any) -> None:
    """Commit with an entry in the account's log; what only a sandbox key's name stands for has none."""
    from strongroom.resources import audit

    rows = [await house.store.get(audit.ACCOUNTS, account, mode, account) for mode in (True, False)]
    if any(rows):
        await audit.commit(house, account, writes, audit.Actor("command line"), entry)
    else:
        await house.store.commit(writes)


COMMANDS: Final = (listen, trigger, events, webhooks)
