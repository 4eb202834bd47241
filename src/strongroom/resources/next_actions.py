"""What a customer has to do: `next_action` of an intent, in the shape that its type of payment has.

Every address in it leads to our own page, where a test may answer for the customer.
"""

from collections.abc import Callable
from typing import Any, Final

from strongroom import ids
from strongroom.contract import contract
from strongroom.contract.types import Type, head, named
from strongroom.resources.call import Call
from strongroom.resources.kind import Document
from strongroom.resources.method_pages import PAGES

PREFIX: Final = "/challenge/"
REDIRECT: Final = "redirect_to_url"
SDK: Final = "use_stripe_sdk"
EXPIRES_SECONDS: Final = 24 * 3600
NUMBER_LENGTH: Final = 14
TOKEN_LENGTH: Final = 32


def new_token() -> str:
    """Return what only whoever was sent to the page knows."""
    return ids.random_base62(TOKEN_LENGTH)


def page_url(call: Call, intent: str, token: str) -> str:
    """Return the address of the page on which the customer answers."""
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.base_url}{PREFIX}{call.caller.account}/{mode}/{intent}/{token}"


def next_action(
    call: Call, owner: str, method_type: str, url: str, *, return_url: str | None, use_sdk: bool
) -> Document:
    """Return what the customer does next.

    Args:
        call: who asks.
        owner: `PaymentIntent` or `SetupIntent`.
        method_type: what is paid with.
        url: our page.
        return_url: where the customer comes back to.
        use_sdk: whether the merchant's page takes care of it.
    """
    kinds = PAGES[method_type].flow.next_actions if method_type != "card" else (REDIRECT,)
    name = next((one for one in kinds if one != SDK), REDIRECT)
    shape = contract().shapes.hashes[f"{owner}.NextAction"].get(f"{name}?")
    if name == REDIRECT and return_url is not None and not use_sdk:
        return {"type": REDIRECT, REDIRECT: {"return_url": return_url, "url": url}}
    if name == REDIRECT or shape is None:
        attempt = ids.new("payatt")
        return {"type": SDK, SDK: {"source": attempt, "stripe_js": url, "type": "three_d_secure_redirect"}}
    return {"type": name, name: _filled(shape, name, url, call.now)}


def _filled(kind: Type, name: str, url: str, now: int) -> Any:
    """Return a value of a type: addresses are ours, times are tomorrow, numbers are made up."""
    what = head(kind)
    if what in {"null", "include"}:
        return _filled(kind[1], name, url, now)
    if what == "#":
        fields = contract().shapes.hashes[kind[1:]]
        return {field: _filled(inner, field, url, now) for field, inner, _ in named(fields)}
    made: dict[str, Callable[[], Any]] = {
        "str": lambda: url if "url" in name or name in {"data", "pdf"} else ids.random_base62(NUMBER_LENGTH),
        "int": lambda: now + EXPIRES_SECONDS,
        "enum": lambda: kind[1],
        "enum-of": lambda: contract().shapes.enums[kind[1]][0],
    }
    return made[what]() if what in made else None
