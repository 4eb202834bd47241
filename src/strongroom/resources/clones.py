"""What a platform has saved, shared with an account connected to it: as a token of a card, or as a PaymentMethod.

The one place where a request that acts on a connected account reads what is its platform's. That is the key's own account
and no other: `Stripe-Account` says where the copy goes. The number is opened and sealed anew by the account's keys.
"""

from typing import Final

from strongroom import catalog, errors, ids
from strongroom.domain import payment_methods as states
from strongroom.resources import accounts_access as access
from strongroom.resources import customers, payment_methods, records, sources, tokens
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD

BESIDE: Final = frozenset({"allow_redisplay", "customer", "metadata", "payment_method", "type"})
"""What may be sent about a copy; all the rest is the original's."""
CLONEABLE: Final = frozenset({"card", "us_bank_account"})


async def _platform(call: Call, message: str, *, param: str) -> Call:
    """Return a call that acts on the platform whose things are to be copied.

    Raises:
        errors.Forbidden: the key is a publishable one (`secret_key_required`).
        errors.InvalidRequest: no connected account is named.
    """
    if call.caller.kind is KeyKind.PUBLISHABLE:
        raise errors.secret_key_required()
    if not call.caller.acts_for_another:
        raise errors.InvalidRequest(message, param=param)
    return await access.platform_of(call)


# -- tokens -----------------------------------------------------------------------------------------------------------


async def card_token(call: Call, params: Document) -> Stored:
    """Stage a token of a card that a customer of the platform holds: `card`, or the customer's default source.

    Raises:
        errors.Forbidden: a publishable key, or a restricted one that may not read customers.
        errors.InvalidRequest: no connected account, no such customer (`resource_missing`), no such card of theirs
            (`resource_missing`), or none at all (`missing`, inferred).
    """
    if "customer" not in params:
        _refuse_publishable(call)
        raise errors.ParameterRefused("The card's id needs its customer beside it.", param="card")
    platform = await _platform(
        call,
        "You can only create a token from a customer with the Stripe-Account header of a connected account.",
        param="customer",
    )
    platform.check_may_read("customer")
    customer = await customers.load_living(platform, params["customer"], param="customer")
    card = await _card_of(platform, customer, params.get("card"))
    platform.guard(customer)
    platform.guard(card)
    private, shown = card.doc[PRIVATE], card.doc["card"]
    inside = {
        **private,
        # The code stays with the platform; what it came to is copied.
        "cvc_given": False,
        "card": shown,
        "billing_details": card.doc["billing_details"],
        "card_id": ids.new("card"),
    }
    record = await records.copy(platform, call, card)
    return tokens.insert(call, ids.new("tok"), "card", record, {PRIVATE: inside})


def _refuse_publishable(call: Call) -> None:
    if call.caller.kind is KeyKind.PUBLISHABLE:
        raise errors.secret_key_required()


async def _card_of(platform: Call, customer: Stored, card_id: str | None) -> Stored:
    wanted = card_id or customer.doc["default_source"]
    if wanted is None:
        raise errors.InvalidRequest(
            f"The customer {customer.id} has no card to make a token from.", code="missing", param="card"
        )
    card = await platform.find(sources.CARD, wanted)
    if card is None or card["object"] != "card" or card["customer"] != customer.id:
        raise errors.resource_missing(sources.CARD.noun, wanted, param="card")
    return card


# -- PaymentMethods ---------------------------------------------------------------------------------------------------


async def payment_method(call: Call, params: Document) -> Document:
    """Stage a copy of a PaymentMethod of the platform, under an id of its own and attached to nobody.

    One that is saved stays as it is, and its customer has to be named. One that never was is used up by it.

    Raises:
        errors.Forbidden: a publishable key.
        errors.InvalidRequest: no connected account, no such PaymentMethod or customer (`resource_missing`), one that is used
            up, or of a type that cannot be shared.
    """
    if "payment_method" not in params:
        raise errors.ParameterRefused(
            "A customer is only accepted together with a payment_method to share.", param="customer"
        )
    platform = await _platform(
        call,
        "PaymentMethods are shared with a connected account, named by the Stripe-Account header.",
        param="payment_method",
    )
    stray = next((name for name in params if name not in BESIDE), None)
    if stray is not None:
        raise errors.parameters_exclusive("payment_method", stray)
    if "customer" in params:
        platform.guard(await customers.load_living(platform, params["customer"], param="customer"))
    if not call.caller.livemode and catalog.magic_payment_method(params["payment_method"]) is not None:
        return payment_methods.view(
            await payment_methods.load(call, params["payment_method"], param="payment_method")
        )
    original = await platform.load(PAYMENT_METHOD, params["payment_method"], param="payment_method")
    _check_may_share(original, params.get("customer"))
    copy = await _copied(platform, call, original, params)
    payment_methods.consume(platform, original, params.get("customer"))
    return payment_methods.view(copy)


def _check_may_share(original: Stored, customer: str | None) -> None:
    if original["type"] not in CLONEABLE:
        raise errors.InvalidRequest(
            f"PaymentMethods of type {original['type']} cannot be shared with connected accounts.",
            param="payment_method",
        )
    if original["type"] == "us_bank_account" and not _is_verified(original):
        raise errors.InvalidRequest(
            "The bank account has to be verified before it is shared.", code="bank_account_unverified"
        )
    states.after(states.USE, original["state"], param="payment_method")
    if original["state"] == states.ATTACHED and customer is None:
        raise errors.parameter_missing("customer")
    if original["customer"] != customer:
        raise errors.InvalidRequest(
            f"The customer does not have a payment method with the ID {original.id}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )


def _is_verified(original: Stored) -> bool:
    """Whether somebody has shown that a bank account is the customer's, through either of its APIs."""
    private = original.doc[PRIVATE]
    return bool(private.get("verified")) or private.get("status") == "verified"


async def _copied(platform: Call, call: Call, original: Stored, params: Document) -> Stored:
    copy_id = ids.new("pm")
    # The code stays with the platform, whatever it came to; a bank account was verified, or it would not be here.
    known = {"cvc_given": False} if original["type"] == "card" else {"verified": True}
    doc = {
        **{name: value for name, value in original.doc.items() if name != "radar_options"},
        "id": copy_id,
        "object": "payment_method",
        "created": call.now,
        "metadata": merge_metadata({}, params.get("metadata")),
        PRIVATE: {**original.doc[PRIVATE], **known},
    }
    columns = {
        **original.row.columns,
        "object": "payment_method",
        "customer": None,
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "state": states.FRESH,
        "record": await records.copy(platform, call, original),
        "detached_at": None,
    }
    return call.insert(PAYMENT_METHOD, doc, object_id=copy_id, **columns)
