"""What is saved becomes a token or a PaymentMethod again: above all a platform's, for an account connected to it.

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

OUTCOMES: Final = frozenset(
    {"no_account", "account_closed", "insufficient_funds", "debit_not_authorized", "invalid_currency"}
)
BESIDE: Final = frozenset({"allow_redisplay", "customer", "metadata", "payment_method", "type"})
"""What may be sent about a copy; all the rest is the original's."""
BANKS: Final = frozenset({states.US_BANK_ACCOUNT})
CLONEABLE: Final = BANKS | {"card"}
_USED_UP: Final = (
    "This PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected "
    "account without Customer attachment, or was detached from a Customer. It may not be used again."
)


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


async def bank_token(call: Call, method_id: str, customer: str | None) -> Stored:
    """Stage a token of the bank account behind a PaymentMethod of the account that the call acts on.

    One that is saved stays as it is, and its customer has to be named. One that never was is used up by it.

    Raises:
        errors.Forbidden: a publishable key, or a restricted one that may not read PaymentMethods.
        errors.InvalidRequest: no such PaymentMethod or customer, one of another type, or one that is used up.
    """
    param = "bank_account[payment_method]"
    _refuse_publishable(call)
    call.check_may_read(PAYMENT_METHOD.permission)
    if customer is not None:
        call.guard(await customers.load_living(call, customer, param="customer"))
    method = await payment_methods.load(call, method_id, param=param)
    _check_type(method, BANKS, param=param)
    _check_may_share(method, customer, param=param)
    if _is_magic(call, method_id):
        # Made for this token alone: the number moves.
        record = method["record"]
        call.change(method, state=states.CONSUMED, record=None)
    else:
        record = await records.copy(call, call, method)
        _use_up(call, method)
    extra = {"bank_account": _bank_account(method), PRIVATE: {"behaviour": _payout_outcome(call, method)}}
    return tokens.insert(call, ids.new("btok"), "bank_account", record, extra)


def _bank_account(method: Stored) -> Document:
    """Return the `bank_account` object of a token, from what a PaymentMethod says of it."""
    bank = method.doc[states.US_BANK_ACCOUNT]
    return {
        "id": ids.new("ba"),
        "object": "bank_account",
        "account_holder_name": method.doc["billing_details"]["name"],
        "account_holder_type": bank["account_holder_type"],
        "account_type": bank["account_type"],
        "bank_name": bank["bank_name"],
        "country": "US",
        "currency": "usd",
        "fingerprint": bank["fingerprint"],
        "last4": bank["last4"],
        "routing_number": bank["routing_number"],
        "status": "new",
    }


def _payout_outcome(call: Call, method: Stored) -> str | None:
    """Return what a payout to the account comes to: what a payment from it does, where banks have a word for that."""
    behaviour: str | None = method.doc[PRIVATE]["behaviour"]
    if call.caller.livemode:
        return None
    return behaviour if behaviour in OUTCOMES else "paid"


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
    name = params["payment_method"]
    if _is_magic(call, name):
        return payment_methods.view(await payment_methods.load(call, name, param="payment_method"))
    original = await payment_methods.load(platform, name, param="payment_method")
    _check_type(original, CLONEABLE, param="payment_method")
    _check_may_share(original, params.get("customer"), param="payment_method")
    _check_verified(original)
    copy = await _copied(platform, call, original, params)
    _use_up(platform, original)
    return payment_methods.view(copy)


def _is_magic(call: Call, method_id: str) -> bool:
    known = (catalog.magic_payment_method(method_id), catalog.magic_method(method_id))
    return not call.caller.livemode and known != (None, None)


def _check_type(original: Stored, types: frozenset[str], *, param: str) -> None:
    if original["type"] not in types:
        raise errors.InvalidRequest(
            f"PaymentMethods of type {original['type']} cannot be used here: only {' and '.join(sorted(types))}.",
            param=param,
        )


def _check_may_share(original: Stored, customer: str | None, *, param: str) -> None:
    if original["state"] not in (states.FRESH, states.ATTACHED):
        raise errors.InvalidRequest(_USED_UP, param=param)
    if original["state"] == states.ATTACHED and customer is None:
        raise errors.parameter_missing("customer")
    if original["customer"] != customer:
        raise errors.InvalidRequest(
            f"The customer does not have a payment method with the ID {original.id}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param=param,
        )


def _check_verified(original: Stored) -> None:
    private = original.doc[PRIVATE]
    is_verified = private.get("verified", False) or private.get("status") == "verified"
    if original["type"] == states.US_BANK_ACCOUNT and not is_verified:
        raise errors.InvalidRequest(
            "The bank account behind this PaymentMethod must be verified before it can be shared.",
            code="bank_account_unverified",
            param="payment_method",
        )


async def _copied(platform: Call, call: Call, original: Stored, params: Document) -> Stored:
    copy_id = ids.new("pm")
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


def _use_up(platform: Call, original: Stored) -> None:
    if original["state"] == states.ATTACHED:
        platform.guard(original)
        return
    # Nobody has a use for it any more; its number goes in time, as that of a detached card.
    platform.change(original, state=states.CONSUMED, detached_at=platform.now)
