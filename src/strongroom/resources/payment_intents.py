"""PaymentIntents: that somebody is to pay an amount, and with what they can.

    POST /v1/payment_intents                    create
    GET  /v1/payment_intents                    list
    GET  /v1/payment_intents/{intent}           retrieve
    POST /v1/payment_intents/{intent}           update

The types come from the account's configuration, or from the request (`offers`). They are chosen when an intent is made,
and anew when what they depend on is updated; a configuration that changes later leaves it as it is. Taking the
money is in `confirming`, taking what is held and giving up in `capturing`.
"""

import re
from typing import Final

from strongroom import errors
from strongroom.domain import intents
from strongroom.domain.amounts import check_amount, currency_of
from strongroom.domain.customer_actions import check_times
from strongroom.domain.intents import TYPES, Choosing
from strongroom.resources import attempts, confirmation_tokens, payment_notes, payment_shares
from strongroom.resources import intent_parts as parts
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.intent_parts import PAYMENT
from strongroom.resources.kind import Document, Kind, Listing, Refusal, Stored
from strongroom.resources.offers import Wish, offer_for
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.resources.tasks import Onward
from strongroom.store import Filter

PERMISSION: Final = "payment_intent"
NO_MINIMUM: Final = ("ideal",)
"""The type that takes any amount, if it is the only one."""

# What is kept as it is sent; an empty text means null.
PLAIN: Final = (
    "amount",
    "application_fee_amount",
    "capture_method",
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
# What the types depend on: they are chosen anew when any of it is updated.
DECIDING: Final = frozenset(
    {
        "allowed_payment_method_types",
        "amount",
        "capture_method",
        "currency",
        "customer",
        "excluded_payment_method_types",
        "payment_method_configuration",
        "payment_method_options",
        TYPES,
        "setup_future_usage",
    }
)
_UNPRINTABLE: Final = re.compile(r"""[<>\\'"*]""")


def view(intent: Stored) -> Document:
    """Return the PaymentIntent's fields."""
    doc = parts.public(intent.doc)
    doc["payment_method_options"] = parts.shown_options(PAYMENT, doc[TYPES], intent.doc[PRIVATE]["options"])
    return doc


PAYMENT_INTENT: Final = register_kind(
    Kind("payment_intent", "payment_intents", "pi", "payment_intent", PERMISSION, view)
)

EMPTY: Final[Document] = {
    **dict.fromkeys(PLAIN),
    "allowed_payment_method_types": None,
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "excluded_payment_method_types": None,
    "managed_payments": {"enabled": False},
    "metadata": {},
    "on_behalf_of": None,
    "payment_method": None,
    "shipping": None,
    "transfer_data": None,
}


# -- create ----------------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_intents", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document | Onward | Refusal:
    """Make an intent, and with `confirm` try to take the money. Nothing of it is there if it cannot be made."""
    doc, choosing = parts.begun(call, PAYMENT, params, EMPTY)
    params = await confirmation_tokens.spent(call, PAYMENT, doc["id"], params)
    if "confirmation_method" in params:
        doc["confirmation_method"] = params["confirmation_method"]
    doc = await written(call, doc, params, choosing)
    intent = call.insert(PAYMENT_INTENT, doc, object_id=doc["id"], customer=doc["customer"])
    call.emit("payment_intent.created", PAYMENT_INTENT, intent)
    if params.get("confirm"):
        from strongroom.resources import confirming

        return await confirming.begin(call, intent, params)
    return view(intent)


async def written(call: Call, old: Document, params: Document, choosing: Choosing) -> Document:
    """Return an intent's document with what `params` say, its types chosen if they depend on it."""
    for type_name, options in (params.get("payment_method_options") or {}).items():
        check_times(type_name, options or {}, call.now)
    new = _with_fields(old, params)
    await parts.check_customer(call, params.get("customer") or None)
    currency, is_small = currency_of(new["currency"]), choosing.named == NO_MINIMUM
    check_amount(new["amount"], currency, is_minimum_waived=is_small)
    payment_shares.check_amounts(new)
    payment_shares.check_fee(call, new, params, "PaymentIntent")
    if "destination" in (params.get("transfer_data") or {}):
        await payment_shares.check_receiver(call, new)
    new[PRIVATE] = {**new[PRIVATE], "platform": payment_shares.platform_of(call, new, params)}
    again = TYPES not in old or not params.keys().isdisjoint(DECIDING)
    if again:
        offer = await offer_for(call, wish_of(new, choosing))
        new[TYPES], new["payment_method_configuration_details"] = offer.types, offer.details
    await parts.take_payment_method(call, PAYMENT, new, params, again=again)
    return new


def _with_fields(old: Document, params: Document) -> Document:
    new = parts.with_shared_fields(PAYMENT, old, params, PLAIN)
    if "currency" in params:
        new["currency"] = currency_of(params["currency"]).code
    if "shipping" in params:
        new["shipping"] = parts.shipping_of(params["shipping"])
    if "transfer_data" in params:
        new["transfer_data"] = payment_shares.transfer_data(old["transfer_data"], params["transfer_data"])
    if new["transfer_data"] and new["transfer_group"] is None:
        new["transfer_group"] = f"group_{new['id']}"
    check_descriptors(params)
    return payment_notes.noted(new, params)


def wish_of(doc: Document, choosing: Choosing) -> Wish:
    """Return what an intent's types depend on."""
    transfer = doc["transfer_data"] or {}
    allowed = doc["allowed_payment_method_types"]
    return Wish(
        noun=PAYMENT.spaced,
        choosing=choosing,
        configuration=doc[PRIVATE]["configuration"],
        destination=transfer.get("destination"),
        on_behalf_of=doc["on_behalf_of"],
        transfer_group=doc["transfer_group"],
        currency=doc["currency"],
        amount=doc["amount"],
        setup_future_usage=doc["setup_future_usage"],
        capture_method=doc["capture_method"],
        excluded=tuple(doc["excluded_payment_method_types"] or ()),
        allowed=None if allowed is None else tuple(allowed),
        has_customer=doc["customer"] is not None,
        options=doc[PRIVATE]["options"],
    )


# -- what is checked -------------------------------------------------------------------------------------------------------


def check_descriptors(params: Document) -> None:
    """Refuse what no statement can print.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        if _UNPRINTABLE.search(params.get(name, "")):
            raise errors.InvalidRequest(
                "The statement descriptor contains invalid characters: < > \\ ' \" *", param=name
            )


# -- retrieve and list -----------------------------------------------------------------------------------------------------


@handles("GET /v1/payment_intents/{intent}", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def retrieve(call: Call, params: Document, *, intent: str) -> Document:
    """Show an intent; to a publishable key if it holds the client secret."""
    stored = await _load(call, intent)
    parts.check_may_see(call, PAYMENT, stored, params)
    return view(stored)


async def _load(call: Call, intent: str) -> Stored:
    return await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)


@handles("GET /v1/payment_intents", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List intents, newest first, all or a customer's."""
    parts.refuse_what_is_missing(PAYMENT, params)
    filters = [Filter("customer", "eq", params["customer"])] if "customer" in params else []
    return await call.listing(PAYMENT_INTENT, params, filters)


# -- update -------------------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_intents/{intent}", permission=PERMISSION)
async def update(call: Call, params: Document, *, intent: str) -> Document:
    """Change what is given; the types follow. There is no event of it."""
    stored = await _load(call, intent)
    for name in params:
        refusal = intents.cannot_update(name, stored.doc["status"])
        if refusal is not None:
            raise parts.unexpected_state(PAYMENT_INTENT, stored, refusal, param=name)
    attempts.check_free(stored)
    parts.refuse_what_is_missing(PAYMENT, params)
    intents.check_confirm_only_options(PAYMENT.type, params)
    choosing = intents.choosing_again(stored.doc, params)
    if params.get("transfer_group") and stored.doc["transfer_group"] is not None:
        raise errors.InvalidRequest(
            "The transfer_group of a PaymentIntent that has one cannot be changed.", param="transfer_group"
        )
    if "transfer_data" in params and not stored.doc["transfer_data"]:
        raise errors.InvalidRequest(
            "Only a PaymentIntent that was created with transfer_data can be updated with it.",
            param="transfer_data",
        )
    doc = await written(call, {**stored.doc, "automatic_payment_methods": choosing.shown()}, params, choosing)
    if doc == stored.doc:
        return view(stored)
    doc = {**doc, "last_payment_error": None}
    if doc["status"] != intents.REQUIRES_ACTION:
        from strongroom.resources import cash_payments

        doc = attempts.vacated(await cash_payments.taken_back(call, doc, stored.doc["customer"]))
    return view(call.change(stored, doc, customer=doc["customer"]))
