"""What a customer has to do: `next_action` of an intent, in the shape that its type of payment has.

Every address in it leads to our own page, where a test may answer for the customer.
"""

from typing import Any, Final

from strongroom import ids
from strongroom.catalog.customer_pages import EXPIRE, Alone, customer_pages
from strongroom.catalog.microdeposits import microdeposits
from strongroom.catalog.next_actions import next_actions
from strongroom.contract import contract
from strongroom.contract.types import Type, head, named
from strongroom.domain import qr_codes
from strongroom.domain.customer_actions import expires_at, made_up
from strongroom.domain.microdeposits import arrival_date
from strongroom.resources import deposits
from strongroom.resources.addresses import TOKEN_LENGTH, address_of
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.tasks import later

PREFIX: Final = "/challenge/"
REDIRECT: Final = "redirect_to_url"
SDK: Final = "use_stripe_sdk"
VERIFY: Final = "verify_with_microdeposits"
QR_PNG: Final = "qr.png"
QR_SVG: Final = "qr.svg"
BY_ITSELF: Final = "action.by_itself"
"""What is done when nobody's answer is waited for."""
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
    options = intent.doc[PRIVATE]["options"].get(method["type"], {})
    alone = customer_pages().by_itself(
        method["type"], _name(method["type"], options), method.doc["billing_details"]
    )
    ends = expires_at(method["type"], options, call.now)
    if alone is not None and alone.outcome == EXPIRE:
        ends = call.now + (alone.after or 0)
    url = page_url(call, intent.id, token)
    todo = _next_action(intent, method["type"], url, state, ends, call.now)
    if todo["type"] == VERIFY:
        deposits.send(call, intent.id, method, token)
    else:
        _watch(call, method["type"], {"intent": intent.id, "token": token}, alone, ends - call.now)
    return todo, {
        "token": token,
        "type": todo["type"],
        "method_type": method["type"],
        "expires_at": ends,
        "state": state,
        "key_account": call.caller.key_account,
    }


def _watch(call: Call, kind: str, waits: Document, alone: Alone | None, seconds: int) -> None:
    """Stage what becomes of the intent by itself: what needs nobody's answer, or that time runs out after `seconds`."""
    if alone is not None:
        after = call.settings.settle_after if alone.after is None else alone.after
        later(call, after, BY_ITSELF, {**waits, "outcome": alone.outcome})
    elif EXPIRE in customer_pages().of_type(kind).endings:
        later(call, max(0, seconds), BY_ITSELF, {**waits, "outcome": EXPIRE})


def page_url(call: Call, intent: str, token: str) -> str:
    """Return the address of the page on which the customer answers. Only whoever was sent there knows its token."""
    return f"{address_of(call, PREFIX.strip('/'), intent)}/{token}"


def _next_action(
    intent: Stored, method_type: str, url: str, state: Document, expires_at: int, now: int
) -> Document:
    name = _name(method_type, intent.doc[PRIVATE]["options"].get(method_type, {}))
    shape = contract().shapes.hashes[f"{_OWNERS[intent.doc['object']]}.NextAction"].get(f"{name}?")
    if name == VERIFY:
        return {"type": name, name: _verification(method_type, url, now)}
    if name == REDIRECT and state["return_url"] is not None and not state["use_sdk"]:
        return {"type": REDIRECT, REDIRECT: {"return_url": state["return_url"], "url": url}}
    if name == REDIRECT or shape is None:
        attempt = ids.new("payatt")
        return {"type": SDK, SDK: {"source": attempt, "stripe_js": url, "type": "three_d_secure_redirect"}}
    return {
        "type": name,
        name: _filled(shape, name, {"return_url": state["return_url"], **_said(url, expires_at)}),
    }


def _name(method_type: str, options: Document) -> str:
    """Return which of a type's actions it is."""
    if method_type == "card":
        return REDIRECT
    of_client = next_actions().clients.get(method_type, {}).get(options.get("client", ""))
    kinds = PAGES[method_type].flow.next_actions
    return of_client or next((one for one in kinds if one != SDK), REDIRECT)


def _verification(method_type: str, url: str, now: int) -> Document:
    return {
        "arrival_date": arrival_date(now),
        "hosted_verification_url": url,
        "microdeposit_type": microdeposits().types[method_type].takes[0],
    }


def _said(url: str, expires_at: int) -> Document:
    """Return what fields of an action say, whatever the action: addresses are ours, codes lead to the page."""
    return {
        **dict.fromkeys(
            (
                "data",
                "hosted_instructions_url",
                "hosted_voucher_url",
                "mobile_auth_url",
                "native_url",
                "pdf",
                "url",
            ),
            url,
        ),
        **dict.fromkeys(("expires_after", "expires_at"), expires_at),
        "native_data": None,
        "image_url_png": f"{url}/{QR_PNG}",
        "image_url_svg": f"{url}/{QR_SVG}",
    }


def _filled(kind: Type, name: str, said: Document) -> Any:
    """Return a value of a type: what is said under its name, or a number that is made up."""
    if head(kind) in {"null", "include"} and head(kind[1]) == "#":
        return _filled(kind[1], name, said)
    if head(kind) == "#":
        fields = contract().shapes.hashes[kind[1:]]
        return {field: _filled(inner, field, said) for field, inner, _ in named(fields)}
    if name == "image_data_url":
        return qr_codes.data_url(said["url"])
    return said[name] if name in said else made_up(name)
