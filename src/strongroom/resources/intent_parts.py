"""What PaymentIntents and SetupIntents are made of alike: who pays with what, how it is shown, and to whom."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from strongroom import errors, ids
from strongroom.catalog.intent_options import intent_options
from strongroom.catalog.next_actions import TIMES
from strongroom.contract import contract, fit, renderer
from strongroom.domain import payment_methods as states
from strongroom.domain.intents import (
    CONFIGURATION,
    OPEN,
    REQUIRES_ACTION,
    REQUIRES_PAYMENT_METHOD,
    TYPES,
    Choosing,
    check_confirm_only,
    choosing_of,
    status_with,
)
from strongroom.domain.mandates import check_prefix
from strongroom.resources import customers, payment_methods
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import EMPTY_ADDRESS, PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Kind, Stored

# What is known to Stripe and not here yet, of either kind of intent.
NOT_YET: Final = ("customer_account",)


class Words(NamedTuple):
    """How each kind of intent is spoken of."""

    type: str
    """`payment_intent` or `setup_intent`."""
    spaced: str
    """`Payment Intent`."""
    secret_length: int
    """How many characters of a client secret follow `_secret_`."""
    prefix: str
    """What its ids begin with, without the underscore."""

    @property
    def name(self) -> str:
        """`PaymentIntent`."""
        return self.spaced.replace(" ", "")


PAYMENT: Final = Words("payment_intent", "Payment Intent", 25, "pi")
SETUP: Final = Words("setup_intent", "Setup Intent", 31, "seti")


def refuse_what_is_missing(words: Words, params: Document) -> None:
    """Refuse, by name, what this version does not do. `confirm=false` is what happens anyway.

    Raises:
        errors.Unavailable: 501.
    """
    for name in NOT_YET:
        if name in params and params[name] not in (False, ""):
            raise errors.not_implemented(f"the parameter `{name}` of {words.name}s")


def begun(call: Call, words: Words, params: Document, empty: Document) -> tuple[Document, Choosing]:
    """Return what a new intent is before anybody looked at what it is for, and how its types are chosen.

    Args:
        call: the request.
        words: which kind of intent.
        params: what was sent.
        empty: the fields that are the same for every new one of its kind.

    Raises:
        errors.ApiError: parameters that are not there yet, exclude each other, or only go with `confirm`.
    """
    refuse_what_is_missing(words, params)
    choosing = choosing_of(params, call.origin.api_version)
    if not params.get("confirm"):
        check_confirm_only(words.type, params)
    intent = ids.new(words.prefix)
    doc: Document = {
        "id": intent,
        "object": words.type,
        **empty,
        "application": application_of(call),
        "automatic_payment_methods": choosing.shown(),
        "client_secret": client_secret(words, intent),
        "created": call.now,
        "livemode": call.caller.livemode,
        PRIVATE: {"configuration": params.get(CONFIGURATION) or None, "options": {}},
    }
    if "on_behalf_of" in params:
        doc["on_behalf_of"] = params["on_behalf_of"] or None
    return doc, choosing


def client_secret(words: Words, intent: str) -> str:
    """Return a new secret that lets a browser see one intent."""
    return f"{intent}_secret_{ids.random_base62(words.secret_length)}"


def check_may_see(call: Call, words: Words, intent: Stored, params: Document) -> None:
    """Refuse a publishable key that does not hold the intent's secret; of a secret key it is not asked.

    Raises:
        errors.ApiError: it was not sent, or is another's.
    """
    if call.caller.kind is not KeyKind.PUBLISHABLE:
        return
    given = params.get("client_secret")
    if not given:
        raise errors.parameter_missing("client_secret")
    if not secrets.compare_digest(given.encode(), intent.doc["client_secret"].encode()):
        raise errors.InvalidRequest(
            f"The client_secret provided does not match the client_secret associated with the {words.name}.",
            param="client_secret",
        )


def application_of(call: Call) -> str | None:
    """Return the Connect application that an intent was made by, None if its account made it itself."""
    return application_id(call.caller.key_account) if call.caller.acts_for_another else None


def unexpected_state(
    kind: Kind, intent: Stored, message: str, *, param: str | None = None
) -> errors.InvalidRequest:
    """Return the refusal of what an intent's status does not allow; the intent is inside."""
    inside: Document = {kind.type: renderer(kind.type)(kind.view(intent))}
    return errors.InvalidRequest(message, code=f"{kind.type}_unexpected_state", param=param, **inside)


# -- who and with what -----------------------------------------------------------------------------------------------------


async def check_customer(call: Call, customer: str | None) -> None:
    """Refuse a customer who is not there, and make the write set depend on the one who is.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    if customer is not None:
        call.guard(await customers.load_living(call, customer, param="customer"))


async def take_payment_method(
    call: Call, words: Words, new: Document, params: Document, *, again: bool
) -> None:
    """Put a PaymentMethod and the status that comes with it in place: the one that was sent, or the one that is there.

    Args:
        call: who asks.
        words: which kind of intent.
        new: the intent's document, changed in place.
        params: what was sent.
        again: whether the types were chosen anew, so that the one that is there may not fit any more.

    Raises:
        errors.InvalidRequest: there is none, it is used up, of another type, or somebody else's.
    """
    if "payment_method_data" in params:
        if params.get("payment_method"):
            raise errors.parameters_exclusive("payment_method", "payment_method_data")
        data = params["payment_method_data"]
        made = await payment_methods.from_data(call, data, param="payment_method_data")
        new["payment_method"] = _fitting(call, words, made, new)
    elif "payment_method" in params or again:
        sent = params.get("payment_method", new["payment_method"])
        new["payment_method"] = await _named(call, words, sent, new) if sent else None
    elif new.get("status") == REQUIRES_ACTION:
        # Nothing that the attempt depends on has changed: what the customer is doing still counts.
        return
    if new.get("status", REQUIRES_PAYMENT_METHOD) in OPEN:
        new["status"] = status_with(new["payment_method"])


async def _named(call: Call, words: Words, method: str, intent: Document) -> str:
    """Return the id of a PaymentMethod that was named; a magic name becomes a fresh one."""
    stored = await payment_methods.load(call, method, param="payment_method")
    if stored["object"] not in states.SHOWN:
        raise errors.not_implemented(f"{words.name}s with older sources")
    return _fitting(call, words, stored, intent)


def _fitting(call: Call, words: Words, method: Stored, intent: Document) -> str:
    """Return the id of a PaymentMethod that an intent can have, and make the write set depend on it."""
    # Whether it could be used; it is once the intent is confirmed.
    states.after(states.USE, method["state"])
    _check_owner(words, method, intent["customer"])
    if method["type"] not in intent[TYPES]:
        raise errors.InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this {words.name}. Allowed are: "
            f"{', '.join(intent[TYPES])}.",
            code=f"{words.type}_incompatible_payment_method" if words is PAYMENT else None,
            param="payment_method",
        )
    call.guard(method)
    return method.id


def _check_owner(words: Words, method: Stored, customer: str | None) -> None:
    owner = method["customer"]
    if owner is None or owner == customer:
        return
    if customer is not None:
        raise errors.InvalidRequest(
            f"The PaymentMethod {method.id} does not belong to the Customer you supplied {customer}. Please use this "
            "PaymentMethod with the Customer that it belongs to instead.",
            param="payment_method",
        )
    if words is SETUP:
        raise errors.InvalidRequest(
            f"The payment method supplied ({method.id}) belongs to the Customer {owner}. Please include the Customer in "
            "the `customer` parameter on the SetupIntent.",
            param="payment_method",
        )
    raise errors.InvalidRequest(
        f"The `payment_method` parameter supplied {method.id} belongs to the Customer {owner}. Please include the "
        "Customer in the `customer` parameter on the PaymentIntent.",
        code="parameter_missing",
        param="source",
    )


def with_shared_fields(words: Words, old: Document, params: Document, plain: Iterable[str]) -> Document:
    """Return an intent's document with what `params` say that means the same for both kinds.

    Args:
        words: which kind of intent.
        old: the document before.
        params: what was sent.
        plain: the fields that are kept as they are sent; an empty text means null.
    """
    new = dict(old)
    for name in plain:
        if name in params:
            new[name] = params[name] if params[name] != "" else None
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        if name in params:
            new[name] = list(dict.fromkeys(params[name])) or None
    new["metadata"] = merge_metadata(old["metadata"], params.get("metadata"))
    private = dict(old[PRIVATE])
    private["options"] = kept_options(words, private["options"], params.get("payment_method_options"))
    if CONFIGURATION in params:
        private["configuration"] = params[CONFIGURATION] or None
    return {**new, PRIVATE: private}


# -- what is shown ---------------------------------------------------------------------------------------------------------


def kept_options(words: Words, old: Mapping[str, Any], given: Mapping[str, Any] | None) -> Document:
    """Return `payment_method_options` as they are kept: what an answer has room for, merged type by type.

    An empty text takes a type's options, or one of them, away; one that says how long a customer has takes the others' place.
    """
    kept = dict(old)
    for name, options in (given or {}).items():
        if options == "":
            kept.pop(name, None)
            continue
        shape = _shape(words, name)
        if shape is not None:
            cleared = {key for key, value in options.items() if value == ""}
            if not options.keys().isdisjoint(TIMES):
                cleared |= {*TIMES}
            before = {key: value for key, value in kept.get(name, {}).items() if key not in cleared}
            kept[name] = {**before, **fit(shape, options)}
            _check_mandate(name, kept[name].get("mandate_options") or {})
    return kept


def _check_mandate(type_name: str, options: Mapping[str, Any]) -> None:
    """Refuse what no mandate's reference begins with.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    if options.get("reference_prefix"):
        param = f"payment_method_options[{type_name}][mandate_options][reference_prefix]"
        check_prefix(options["reference_prefix"], param=param)


def shown_options(words: Words, types: list[str], kept: Mapping[str, Any]) -> Document:
    """Return `payment_method_options`: an entry for each type, with what was said of it and its defaults."""
    defaults = intent_options()[words.type]
    shown = {}
    for name in types:
        is_shown = words is PAYMENT or name in defaults or name in kept
        if is_shown and _shape(words, name) is not None:
            shown[name] = {**defaults.get(name, {}), **kept.get(name, {})}
    return shown


def _shape(words: Words, name: str) -> str | None:
    kind = contract().shapes.hashes[f"{words.name}.PaymentMethodOptions"].get(f"{name}?")
    return None if kind is None else kind[1:]


def shipping_of(given: Document | str) -> Document | None:
    """Return the shipping details that were sent, None for an empty text."""
    if isinstance(given, str):
        return None
    return {
        "address": {key: given["address"].get(key) or None for key in EMPTY_ADDRESS},
        "carrier": given.get("carrier") or None,
        "name": given["name"],
        "phone": given.get("phone") or None,
        "tracking_number": given.get("tracking_number") or None,
    }


def public(doc: Document) -> Document:
    """Return a document without what no answer shows."""
    return {key: value for key, value in doc.items() if key != PRIVATE}
