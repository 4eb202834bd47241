"""SetupIntents: that somebody's way to pay is to be kept, and which it can be.

    POST /v1/setup_intents                    create
    GET  /v1/setup_intents                    list
    GET  /v1/setup_intents/{intent}           retrieve
    POST /v1/setup_intents/{intent}           update
    POST /v1/setup_intents/{intent}/cancel    cancel

The types come from the account's configuration, or from the request, as those of PaymentIntents do. Setting up is in
`setting_up`.
"""

from typing import Final

from strongroom import errors
from strongroom.domain import intents
from strongroom.domain.amounts import currency_of
from strongroom.domain.intent_machine import SETUP as MACHINE
from strongroom.domain.intent_machine import Action, Status, Verdict
from strongroom.domain.intents import TYPES, Choosing
from strongroom.resources import attempts, confirmation_tokens
from strongroom.resources import intent_parts as parts
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.intent_parts import SETUP
from strongroom.resources.kind import Document, Kind, Listing, Refusal, Stored
from strongroom.resources.offers import Wish, offer_for
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.resources.tasks import Onward
from strongroom.store import Filter

PERMISSION: Final = "setup_intent"

# What is kept as it is sent; an empty text means null.
PLAIN: Final = ("attach_to_self", "customer", "description", "flow_directions")

# What the types depend on: they are chosen anew when any of it is updated.
DECIDING: Final = frozenset(
    {
        "allowed_payment_method_types",
        "customer",
        "excluded_payment_method_types",
        "payment_method_configuration",
        "payment_method_options",
        TYPES,
    }
)


def view(intent: Stored) -> Document:
    """Return the SetupIntent's fields."""
    doc = parts.public(intent.doc)
    doc["payment_method_options"] = parts.shown_options(SETUP, doc[TYPES], intent.doc[PRIVATE]["options"])
    return doc


SETUP_INTENT: Final = register_kind(
    Kind("setup_intent", "setup_intents", "seti", "setupintent", PERMISSION, view)
)

EMPTY: Final[Document] = {
    "allowed_payment_method_types": None,
    "cancellation_reason": None,
    "customer": None,
    "customer_account": None,
    "description": None,
    "excluded_payment_method_types": None,
    "flow_directions": None,
    "managed_payments": None,
    "metadata": {},
    "on_behalf_of": None,
    "payment_method": None,
    "usage": "off_session",
}


# -- create ----------------------------------------------------------------------------------------------------------------


@handles("POST /v1/setup_intents", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document | Onward | Refusal:
    """Make an intent, and with `confirm` try to set it up. Nothing of it is there if it cannot be made."""
    doc, choosing = parts.begun(call, SETUP, params, EMPTY)
    params = await confirmation_tokens.spent(call, SETUP, doc["id"], params)
    if "usage" in params:
        doc["usage"] = params["usage"]
    if "single_use" in params:
        doc = attempts.with_private(doc, single_use=_single_use(params["single_use"]))
    doc = await written(call, doc, params, choosing)
    intent = call.insert(SETUP_INTENT, doc, object_id=doc["id"], **columns_of(doc))
    call.emit("setup_intent.created", SETUP_INTENT, intent)
    if params.get("confirm"):
        from strongroom.resources import setting_up

        return await setting_up.begin(call, intent, params)
    return view(intent)


def _single_use(given: Document) -> Document:
    """Return what the one payment may come to that is agreed to.

    Raises:
        errors.ApiError: naming the parameter.
    """
    currency = currency_of(given["currency"], param="single_use[currency]")
    if given["amount"] < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="single_use[amount]",
        )
    return {"amount": given["amount"], "currency": currency.code}


def columns_of(doc: Document) -> Document:
    """Return what is looked up of an intent with this document."""
    return {
        "customer": doc["customer"],
        "payment_method": doc["payment_method"],
        "attach_to_self": doc.get("attach_to_self", False),
    }


async def written(call: Call, old: Document, params: Document, choosing: Choosing) -> Document:
    """Return an intent's document with what `params` say, its types chosen if they depend on it."""
    new = parts.with_shared_fields(SETUP, old, params, PLAIN)
    await parts.check_customer(call, params.get("customer") or None)
    if new.get("attach_to_self") and new["customer"] is not None:
        raise errors.parameters_exclusive("attach_to_self", "customer")
    again = TYPES not in old or not params.keys().isdisjoint(DECIDING)
    if again:
        offer = await offer_for(call, wish_of(new, choosing))
        new[TYPES], new["payment_method_configuration_details"] = offer.types, offer.details
    await parts.take_payment_method(call, SETUP, new, params, again=again)
    return new


def wish_of(doc: Document, choosing: Choosing) -> Wish:
    """Return what an intent's types depend on."""
    allowed = doc["allowed_payment_method_types"]
    return Wish(
        noun=SETUP.spaced,
        choosing=choosing,
        configuration=doc[PRIVATE]["configuration"],
        on_behalf_of=doc["on_behalf_of"],
        excluded=tuple(doc["excluded_payment_method_types"] or ()),
        allowed=None if allowed is None else tuple(allowed),
        has_customer=doc["customer"] is not None,
        options=doc[PRIVATE]["options"],
    )


# -- retrieve and list -----------------------------------------------------------------------------------------------------


@handles("GET /v1/setup_intents/{intent}", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def retrieve(call: Call, params: Document, *, intent: str) -> Document:
    """Show an intent; to a publishable key if it holds the client secret."""
    stored = await _load(call, intent)
    parts.check_may_see(call, SETUP, stored, params)
    return view(stored)


async def _load(call: Call, intent: str) -> Stored:
    return await call.load(SETUP_INTENT, intent, param="intent", in_path=True)


@handles("GET /v1/setup_intents", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List intents, newest first, all or those of a customer or with a PaymentMethod."""
    parts.refuse_what_is_missing(SETUP, params)
    wanted = ("customer", "payment_method", "attach_to_self")
    return await call.listing(
        SETUP_INTENT, params, [Filter(name, "eq", params[name]) for name in wanted if name in params]
    )


# -- update and cancel -----------------------------------------------------------------------------------------------------


@handles("POST /v1/setup_intents/{intent}", permission=PERMISSION)
async def update(call: Call, params: Document, *, intent: str) -> Document:
    """Change what is given; the types follow. There is no event of it."""
    stored = await _load(call, intent)
    for name in params:
        refusal = intents.cannot_update_setup(name, stored.doc["status"])
        if refusal is not None:
            raise parts.unexpected_state(SETUP_INTENT, stored, refusal)
    attempts.check_free(stored)
    parts.refuse_what_is_missing(SETUP, params)
    intents.check_confirm_only_options(SETUP.type, params)
    choosing = intents.choosing_again(stored.doc, params)
    doc = await written(call, {**stored.doc, "automatic_payment_methods": choosing.shown()}, params, choosing)
    if doc == stored.doc:
        return view(stored)
    doc = {**doc, "last_setup_error": None}
    if doc["status"] != intents.REQUIRES_ACTION:
        doc = attempts.vacated(doc)
        await _abandon(call, stored)
    return view(call.change(stored, doc, **columns_of(doc)))


@handles("POST /v1/setup_intents/{intent}/cancel", permission=PERMISSION)
async def cancel(call: Call, params: Document, *, intent: str) -> Document:
    """Give up an intent."""
    stored = await _load(call, intent)
    refusal = intents.cannot_cancel_setup(stored.doc["status"])
    if refusal is not None:
        raise parts.unexpected_state(SETUP_INTENT, stored, refusal)
    attempts.check_free(stored)
    await _abandon(call, stored)
    reason = params.get("cancellation_reason")
    status = MACHINE.decide(Status(stored.doc["status"]), Action.CANCEL, Verdict.APPROVED).value
    doc = attempts.vacated(stored.doc, cancellation_reason=reason, status=status)
    canceled = call.change(stored, doc)
    call.emit("setup_intent.canceled", SETUP_INTENT, canceled)
    return view(canceled)


async def _abandon(call: Call, intent: Stored) -> None:
    """Stage that nobody waits any more for the customer of an intent's latest attempt."""
    from strongroom.resources import setup_attempts

    await setup_attempts.abandon(call, intent.doc.get("latest_attempt"))
