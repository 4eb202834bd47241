"""ConfirmationTokens: what a customer filled in, carried by their browser to the server that confirms an intent with it.

    POST /v1/confirmation_tokens                           create, as browsers and phones do
    POST /v1/test_helpers/confirmation_tokens              create, for a server's tests
    GET  /v1/confirmation_tokens/{confirmation_token}      retrieve

A token is spent in the write set of the attempt it begins (`spent`), guarded by the version at which it was read: of any
number of confirmations that want it at once, one commits. What it holds of a card or an account is vaulted as for a
PaymentMethod, which it becomes then. There are no events about them, no list and no update.
"""

from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.contract import contract, fit
from strongroom.contract.types import field_of
from strongroom.domain import payment_methods as states
from strongroom.resources import attempts, owned, payment_methods
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import EMPTY_ADDRESS, PRIVATE
from strongroom.resources.intent_parts import Words
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind

PERMISSION: Final = "confirmation_token"
PARAM: Final = "confirmation_token"

# Whatever of these a confirmation sends itself takes the place of both.
_WITH: Final = ("payment_method", "payment_method_data")
_PREVIEW: Final = "ConfirmationToken.PaymentMethodPreview"


def view(token: Stored) -> Document:
    """Return the token's fields; one that was used does not end any more."""
    doc = {name: value for name, value in token.doc.items() if name != PRIVATE}
    return {**doc, "expires_at": token["expires_at"] if token["used_at"] is None else None}


CONFIRMATION_TOKEN: Final = register_kind(
    Kind("confirmation_token", "confirmation_tokens", "ctoken", "confirmation_token", PERMISSION, view)
)


# -- create and retrieve ----------------------------------------------------------------------------------------------


@handles("POST /v1/test_helpers/confirmation_tokens", permission=PERMISSION)
async def create_for_tests(call: Call, params: Document) -> Document:
    """Make a token as a customer's browser would. For test mode alone."""
    if call.caller.livemode:
        raise errors.InvalidRequest("Test helpers can only be used in test mode.")
    return view(await _make(call, params))


@handles(
    "POST /v1/confirmation_tokens",
    permission=PERMISSION,
    allow=PUBLISHABLE_TOO,
    own=owned.by_method_or_details,
)
async def create(call: Call, params: Document) -> Document:
    """Make a token from the details of a way to pay, or from a PaymentMethod, and from what else was agreed to."""
    return view(await _make(call, params))


async def _make(call: Call, params: Document) -> Stored:
    if params.get("set_as_default_payment_method"):
        raise errors.not_implemented("the parameter `set_as_default_payment_method` of ConfirmationTokens")
    token_id = ids.new(CONFIRMATION_TOKEN.prefix)
    inside, record = await _payment_method(call, token_id, params)
    accepted = attempts.acceptance_of(call, params)
    doc: Document = {
        "id": token_id,
        "object": CONFIRMATION_TOKEN.type,
        "created": call.now,
        "livemode": call.caller.livemode,
        "mandate_data": None if accepted is None else {"customer_acceptance": _acceptance(accepted)},
        "payment_intent": None,
        "payment_method_options": _options(params),
        "payment_method_preview": inside.pop("preview"),
        "return_url": attempts.return_url_of(params),
        "setup_future_usage": params.get("setup_future_usage"),
        "setup_intent": None,
        "shipping": _shipping(params),
        "use_stripe_sdk": params.get("use_stripe_sdk", True),
        PRIVATE: {**inside, "accepted": accepted},
    }
    expires_at = call.now + limits.CONFIRMATION_TOKEN_SECONDS
    return call.insert(
        CONFIRMATION_TOKEN, doc, object_id=token_id, used_at=None, expires_at=expires_at, record=record
    )


async def _payment_method(call: Call, token_id: str, params: Document) -> tuple[Document, str | None]:
    """Return what is kept of the way to pay, and where the vault keeps its number if the token is to become its owner."""
    data, named = params.get("payment_method_data"), params.get("payment_method")
    if data is not None and named:
        raise errors.parameters_exclusive("payment_method", "payment_method_data")
    if data is not None:
        param = "payment_method_data"
        material = await payment_methods.take_in(call, data, owner=token_id, param=param)
        doc, columns = payment_methods.described(call, token_id, material, data)
        # The record is a column of the token, as long as it is the token's.
        record = columns.pop("record")
        return {"made_of": {"doc": doc, "columns": columns}, "preview": _preview(doc, columns)}, record
    if not named:
        raise errors.parameter_missing("payment_method_data")
    method = await payment_methods.load(call, named, param="payment_method")
    if call.caller.kind is KeyKind.PUBLISHABLE and method["state"] != states.FRESH:
        # In every visitor's browser there is a publishable key: it shows nobody what a customer has saved.
        raise errors.resource_missing(PAYMENT_METHOD.noun, named, param="payment_method")
    states.after(states.USE, method["state"])
    call.guard(method)
    return {"method": method.id, "preview": _preview(method.doc, method.row.columns)}, None


def _preview(doc: Document, columns: Document) -> Document:
    """Return a PaymentMethod as a preview shows it: without what says which one it is."""
    fields = contract().shapes.hashes[_PREVIEW]
    shown = {name: value for name, value in doc.items() if field_of(fields, name) is not None}
    return {**shown, "allow_redisplay": columns["allow_redisplay"], "customer": columns["customer"]}


def _acceptance(accepted: Document) -> Document:
    return {"online": accepted.get("online"), "type": accepted["type"]}


def _options(params: Document) -> Document | None:
    return fit("ConfirmationToken.PaymentMethodOptions", params.get("payment_method_options") or {}) or None


def _shipping(params: Document) -> Document | None:
    given = params.get("shipping")
    if given is None:
        return None
    address = {name: given["address"].get(name) or None for name in EMPTY_ADDRESS}
    return {"address": address, "name": given["name"], "phone": given.get("phone") or None}


@handles("GET /v1/confirmation_tokens/{confirmation_token}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, confirmation_token: str) -> Document:
    """Show a token, used or not. It is not used by being looked at."""
    return view(await _load(call, confirmation_token, in_path=True))


async def _load(call: Call, token_id: str, *, in_path: bool = False) -> Stored:
    token = await call.load(CONFIRMATION_TOKEN, token_id, param=PARAM, in_path=in_path)
    if token["used_at"] is None and token["expires_at"] <= call.now:
        raise await call.missing(CONFIRMATION_TOKEN, token_id, param=PARAM, in_path=in_path)
    return token


# -- spending ---------------------------------------------------------------------------------------------------------


async def spent(call: Call, words: Words, intent: str, params: Document) -> Document:
    """Spend the token that a confirmation names, and return the confirmation's parameters with those it stands for.

    What was sent beside the token wins. Nothing of it happens unless the attempt begins.

    Args:
        call: the first half of the confirmation.
        words: which kind of intent.
        intent: the intent's id.
        params: what was sent; without a token it is returned as it is.

    Raises:
        errors.InvalidRequest: no such token, or one that was used before.
    """
    if not params.get(PARAM):
        return params
    token = await _load(call, params[PARAM])
    if token["used_at"] is not None:
        used_for = token.doc["payment_intent"] or token.doc["setup_intent"]
        raise errors.InvalidRequest(
            f"The ConfirmationToken {token.id} was already used to confirm {used_for}. A ConfirmationToken confirms one "
            "intent; make a new one.",
            code=f"{words.type}_invalid_parameter",
            param=PARAM,
        )
    held = await _held(call, token, params)
    kept = {name: value for name, value in token.doc[PRIVATE].items() if name == "accepted"}
    doc = {**token.doc, words.type: intent, PRIVATE: kept}
    call.change(token, doc, used_at=call.now, record=None)
    sent = {name: value for name, value in params.items() if value or name not in _WITH}
    return {**held, **sent, **_merged_options(held, sent)}


async def _held(call: Call, token: Stored, params: Document) -> Document:
    """Return the parameters a token stands for; of the way to pay only if the confirmation names none itself."""
    doc, private = token.doc, token.doc[PRIVATE]
    held = {
        name: doc[name]
        for name in ("payment_method_options", "return_url", "setup_future_usage", "shipping")
        if doc[name] is not None
    }
    held["use_stripe_sdk"] = doc["use_stripe_sdk"]
    if private["accepted"] is not None:
        held["mandate_data"] = {"customer_acceptance": private["accepted"]}
    if any(params.get(name) for name in _WITH):
        await call.erase_record(token["record"])
    else:
        held["payment_method"] = private.get("method") or _made(call, token)
    return held


def _made(call: Call, token: Stored) -> str:
    """Stage the PaymentMethod that a token becomes, with the vaulted number and the security code, and return its id."""
    made_of, method_id = token.doc[PRIVATE]["made_of"], ids.new(PAYMENT_METHOD.prefix)
    doc = {**made_of["doc"], "id": method_id, "created": call.now}
    call.insert(PAYMENT_METHOD, doc, object_id=method_id, **made_of["columns"], record=token["record"])
    call.hand_over_code(token.id, method_id)
    return method_id


def _merged_options(held: Document, params: Document) -> Document:
    """Return `payment_method_options` with both sides' entries, what was sent winning option by option."""
    mine: dict[str, Any] = held.get("payment_method_options") or {}
    sent: dict[str, Any] = params.get("payment_method_options") or {}
    if not mine or not sent:
        return {}
    merged = {
        name: {**mine.get(name, {}), **options} if options else options for name, options in sent.items()
    }
    return {"payment_method_options": {**mine, **merged}}
