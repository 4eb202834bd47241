"""What a customer has to do: `next_action` of an intent, in the shape that its type of payment has.

Every address in it leads to our own page, where a test may answer for the customer.
"""

from collections.abc import Callable
from typing import Any, Final

from strongroom import ids
from strongroom.catalog.microdeposits import microdeposits
from strongroom.contract import contract
from strongroom.contract.types import Type, head, named
from strongroom.domain.microdeposits import arrival_date
from strongroom.resources import deposits
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Stored
from strongroom.resources.method_pages import PAGES

PREFIX: Final = "/challenge/"
REDIRECT: Final = "redirect_to_url"
SDK: Final = "use_stripe_sdk"
VERIFY: Final = "verify_with_microdeposits"
EXPIRES_SECONDS: Final = 24 * 3600
NUMBER_LENGTH: Final = 14
TOKEN_LENGTH: Final = 32
_OWNERS: Final = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}


def ask(call: Call, intent: Stored, method: Stored, state: Document) -> tuple[Document, Document]:
    """Return what the customer does next, and what the intent remembers of it until they have done so.

    Args:
        call: the second half's.
        intent: what was confirmed.
        method: with what.
        state: what the first half left; with it, things go on when the customer has answered.
    """
    token = ids.random_base62(TOKEN_LENGTH)
    todo = _next_action(call, intent, method["type"], page_url(call, intent.id, token), state)
    if todo["type"] == VERIFY:
        deposits.send(call, intent.id, method, token)
    return todo, {
        "token": token,
        "type": todo["type"],
        "state": state,
        "key_account": call.caller.key_account,
    }


def page_url(call: Call, intent: str, token: str) -> str:
    """Return the address of the page on which the customer answers. Only whoever was sent there knows its token."""
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.base_url}{PREFIX}{call.caller.account}/{mode}/{intent}/{token}"


def _next_action(call: Call, intent: Stored, method_type: str, url: str, state: Document) -> Document:
    kinds = PAGES[method_type].flow.next_actions if method_type != "card" else (REDIRECT,)
    name = next((one for one in kinds if one != SDK), REDIRECT)
    shape = contract().shapes.hashes[f"{_OWNERS[intent.doc['object']]}.NextAction"].get(f"{name}?")
    if name == VERIFY:
        return {"type": name, name: _verification(method_type, url, call.now)}
    if name == REDIRECT and state["return_url"] is not None and not state["use_sdk"]:
        return {"type": REDIRECT, REDIRECT: {"return_url": state["return_url"], "url": url}}
    if name == REDIRECT or shape is None:
        attempt = ids.new("payatt")
        return {"type": SDK, SDK: {"source": attempt, "stripe_js": url, "type": "three_d_secure_redirect"}}
    return {"type": name, name: _filled(shape, name, url, call.now)}


def _verification(method_type: str, url: str, now: int) -> Document:
    return {
        "arrival_date": arrival_date(now),
        "hosted_verification_url": url,
        "microdeposit_type": microdeposits().types[method_type].takes[0],
    }


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
