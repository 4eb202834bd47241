"""The page on which a customer answers what an intent asks of them. In the sandbox whoever opens it says how that went.

Its address holds a token that only the intent's `next_action` shows; it is good until the customer has answered.
"""

import secrets
from typing import Final

from strongroom import errors
from strongroom.catalog.customer_pages import CustomerPage, customer_pages
from strongroom.connectors.base import Outcome
from strongroom.domain import intents
from strongroom.domain.return_urls import with_query
from strongroom.resources import attempts, cash_payments, payment_methods, payment_outcomes, setting_up
from strongroom.resources.attempts import ACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Kind, Refusal, Stored
from strongroom.resources.next_actions import BY_ITSELF, VERIFY
from strongroom.resources.payment_intents import PAYMENT_INTENT
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.setup_intents import SETUP_INTENT
from strongroom.resources.tasks import Onward, continues

KINDS: Final[dict[str, Kind]] = {one.prefix: one for one in (PAYMENT_INTENT, SETUP_INTENT)}
_RESULTS: Final = {
    intents.SUCCEEDED: "succeeded",
    intents.REQUIRES_CAPTURE: "succeeded",
    intents.REQUIRES_CONFIRMATION: "succeeded",
    intents.PROCESSING: "pending",
}


async def find(call: Call, intent: str) -> Stored | None:
    """Return the intent that an address names, or None."""
    kind = KINDS.get(intent.partition("_")[0])
    return None if kind is None else await call.find(kind, intent)


def waiting(intent: Stored, token: str) -> Document | None:
    """Return what an intent waits for, if `token` is the one its customer was given."""
    action: Document | None = intent.doc[PRIVATE].get(ACTION)
    if action is None or not secrets.compare_digest(token.encode(), action["token"].encode()):
        return None
    return action


async def go_on(call: Call, intent: Stored, error: errors.ApiError | None) -> Onward | Refusal | Document:
    """Go on with an intent whose customer has answered, or, for `error`, has not."""
    if intent.doc[PRIVATE][ACTION]["type"] == cash_payments.TODO:
        return await cash_payments.sent(call, intent)
    if intent.doc["object"] == PAYMENT_INTENT.type:
        return await payment_outcomes.acted(call, intent, error)
    return await setting_up.acted(call, intent, error)


def page_of(action: Document) -> CustomerPage:
    """Return the page on which the customer does what an intent waits for."""
    return customer_pages().of_type(action["method_type"])


async def answer(call: Call, intent: Stored, outcome: str) -> Onward | Refusal | Document:
    """Go on with an intent as its customer has answered: with one of the endings of its page."""
    action = intent.doc[PRIVATE][ACTION]
    why = page_of(action).endings[outcome].why
    if why is not None:
        return await go_on(call, intent, attempts.failure(intent.doc["object"], why))
    if action["type"] == VERIFY:
        method = await call.find(PAYMENT_METHOD, intent.doc["payment_method"])
        assert method is not None
        payment_methods.mark_verified(call, method)
    return await go_on(call, intent, None)


@continues(BY_ITSELF)
async def by_itself(call: Call, state: Document, _: Outcome | None) -> Onward | Document | Refusal | None:
    """What happens without anybody's answer, unless there was one."""
    intent = await find(call, state["intent"])
    if intent is None or waiting(intent, state["token"]) is None:
        return None
    return await answer(call, intent, state["outcome"])


def comes_back_to(intent: Stored, return_url: str) -> str:
    """Return where the customer comes back to, and how it went: the address keeps its own query and fragment."""
    name = intent.doc["object"]
    added = {
        name: intent.id,
        f"{name}_client_secret": intent.doc["client_secret"],
        "redirect_status": _RESULTS.get(intent.doc["status"], "failed"),
    }
    return with_query(return_url, added)
