"""What a new user sees: the address, on the very first start the keys (once), and a snippet that works when pasted."""

import click

from strongroom.config import Settings
from strongroom.house import House
from strongroom.resources import keys
from strongroom.resources.caller import KeyKind

SNIPPET = """\
  import stripe; api = stripe.StripeClient("{key}", base_addresses={{"api": "{address}"}}).v1; token = api.tokens.create({{"card": {{"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "314"}}}})
  method = api.payment_methods.create({{"type": "card", "card": {{"token": token.id}}}}); customer = api.customers.create({{"payment_method": method.id}})
  print(token, method, customer, api.customers.payment_methods.list(customer.id), "used:", api.tokens.retrieve(token.id).used); api.payment_methods.create({{"type": "card", "card": {{"token": token.id}}}})
"""


async def welcome(house: House) -> None:
    """Greet whoever started the server. `Ready.` is the last line, and what scripts may wait for."""
    await _greet(house)
    click.echo("Ready.")


async def _greet(house: House) -> None:
    """Print where the server is. On the first start outside the sandbox, make one account and show its four keys."""
    address = address_of(house.settings)
    click.echo(f"Strongroom serves {address}  (not affiliated with Stripe)")
    click.echo(f"Dashboard {address}/dashboard" + _how_to_enter(house))
    if house.settings.sandbox:
        click.echo(
            "Sandbox: any sk_test_<name> is an account of its own. Money is never real, keys are not secret."
        )
        return _show_snippet("sk_test_demo", address)
    if await keys.accounts(house):
        return None
    account = await keys.create_account(house)
    click.echo(f"Account {account}. Its keys, shown this once:")
    made = {}
    for livemode in (False, True):
        for kind in (KeyKind.SECRET, KeyKind.PUBLISHABLE):
            made[kind, livemode] = (await keys.create_key(house, account, kind, livemode=livemode)).text
            click.echo(f"  {made[kind, livemode]}")
    return _show_snippet(made[KeyKind.SECRET, False], address)


def _how_to_enter(house: House) -> str:
    if house.settings.sandbox:
        return "  (a secret key signs in)"
    return "  (strongroom users create --email YOU makes the first person)"


def _show_snippet(key: str, address: str) -> None:
    click.echo(
        "Paste into Python (pip install stripe); the last line ends in the refusal of a token's second use:\n"
    )
    click.echo(SNIPPET.format(key=key, address=address))


def address_of(settings: Settings) -> str:
    """Return the base URL that clients on this machine use."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
