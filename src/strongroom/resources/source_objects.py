"""Sources: the `src_…` objects that came between cards and PaymentMethods.

    POST /v1/sources                                 create
    GET  /v1/sources/{source}                        retrieve
    POST /v1/sources/{source}                        update
    POST /v1/sources/{source}/verify                 verify
    GET  /v1/sources/{source}/source_transactions    list what was received

Cards alone are made here: Stripe has closed the other types, which are PaymentMethods now. A card is chargeable at once;
it is consumed when it is charged without a customer, detached from one, or its customer is deleted. Customers attach,
list and detach sources at `/v1/customers/{customer}/sources`.
"""

import secrets
from typing import Final

from strongroom import errors, ids
from strongroom.contract import contract
from strongroom.domain.amounts import currency_of
from strongroom.resources import cards, method_material, payment_methods, sources, tokens
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import CARD, PRIVATE, CardMaterial
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.registry import PUBLISHABLE_TOO, handles
from strongroom.resources.sources import PREFIX, REUSABLE, SOURCE_OBJECT, view

PERMISSION: Final = "source"
SECRET_LENGTH: Final = 24
# What a card has no use for; the first two share another source with a connected account.
OF_OTHERS: Final = ("original_source", "customer", "mandate", "receiver", "redirect", "source_order")
RAW: Final = ("number", "exp_month", "exp_year", "cvc", "networks")


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/sources", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def create(call: Call, params: Document) -> Document:
    """Make a source of a card: of a token, which is spent, or of what was sent along. Nobody is asked about it."""
    _check_type(params)
    source_id = ids.new(PREFIX)
    owner = method_material.billing_details(params.get("owner"), at="owner")
    material = await _material(call, params, source_id, owner)
    currency = currency_of(params["currency"]).code if params.get("currency") else None
    made = payment_methods.insert(call, source_id, material, params, kind="source")
    private = {
        **made.doc[PRIVATE],
        "amount": params.get("amount"),
        "client_secret": f"{PREFIX}_client_secret_{ids.random_base62(SECRET_LENGTH)}",
        "currency": currency,
        "usage": params.get("usage", REUSABLE),
    }
    return view(call.change(made, {**made.doc, PRIVATE: private}))


def _check_type(params: Document) -> None:
    for name in OF_OTHERS:
        if name in params:
            raise errors.not_implemented(f"the parameter `{name}` of sources")
    if "type" not in params:
        raise errors.parameter_missing("type")
    if params["type"] != CARD:
        known = contract().shapes.enums["Source.type"]
        if params["type"] in known:
            raise errors.not_implemented(f"sources of type {params['type']}")
        raise errors.ParameterRefused(f"Invalid type: must be one of {', '.join(known)}", param="type")
    if params.get("amount", 1) < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.ParameterRefused(message, code="parameter_invalid_integer", param="amount")
    if params.get("flow", "none") != "none":
        raise errors.ParameterRefused("The flow of a card is `none`.", param="flow")


async def _material(call: Call, params: Document, source_id: str, owner: Document) -> CardMaterial:
    details = params.get(CARD) or {}
    token = params.get("token") or details.get("token")
    if token is None:
        if not details:
            raise errors.parameter_missing(CARD)
        return await cards.take_in(call, details, code_owner=source_id, billing_details=owner)
    other = next((name for name in RAW if name in details), None)
    if other is not None:
        raise errors.parameters_exclusive("token", f"{CARD}[{other}]")
    spent = await tokens.spend_card(call, token, param="token" if "token" in params else f"{CARD}[token]")
    call.hand_over_code(spent.code_owner, source_id)
    # Documented: what the token says goes before what is said beside it.
    came_with = spent.material.billing_details
    address = {key: came_with["address"][key] or owner["address"][key] for key in cards.EMPTY_ADDRESS}
    whole = {key: came_with[key] or owner[key] for key in method_material.CONTACT}
    return cards.with_billing_details(spent.material, {**whole, "address": address})


# -- retrieve ---------------------------------------------------------------------------------------------------------


@handles("GET /v1/sources/{source}", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def retrieve(call: Call, params: Document, *, source: str) -> Document:
    """Show a source; to a publishable key only with its `client_secret`."""
    found = await sources.load_object(call, source, param="source", in_path=True)
    if call.caller.kind is KeyKind.PUBLISHABLE:
        given = params.get("client_secret")
        if given is None:
            raise errors.parameter_missing("client_secret")
        if not secrets.compare_digest(given.encode(), found.doc[PRIVATE]["client_secret"].encode()):
            raise errors.InvalidRequest(
                "The client_secret provided does not match the client_secret associated with the source.",
                param="client_secret",
            )
    return view(found)


@handles("GET /v1/sources/{source}/source_transactions", permission=PERMISSION)
async def list_received(call: Call, params: Document, *, source: str) -> Listing:
    """Nothing is ever received by a card."""
    await sources.load_object(call, source, param="source", in_path=True)
    return Listing([], has_more=False)


# -- update and verify ------------------------------------------------------------------------------------------------


@handles("POST /v1/sources/{source}", permission=PERMISSION)
async def update(call: Call, params: Document, *, source: str) -> Document:
    """Change a source's owner and metadata."""
    found = await sources.load_object(call, source, param="source", in_path=True)
    for name in ("amount", *OF_OTHERS):
        if name in params:
            raise errors.ParameterRefused(f"The {name} of a card cannot be changed.", param=name)
    return view(change(call, found, params))


def change(call: Call, source: Stored, params: Document) -> Stored:
    """Stage a source's new owner and metadata; if it has a customer, it is told."""
    doc = {**source.doc, "metadata": merge_metadata(source.doc["metadata"], params.get("metadata"))}
    if "owner" in params:
        billing = method_material.merged_billing(doc["billing_details"], params["owner"], at="owner")
        doc["billing_details"] = billing
    if doc == source.doc:
        return source
    return call.change(source, doc) if source["customer"] is None else sources.change(call, source, doc)


@handles("POST /v1/sources/{source}/verify", permission=PERMISSION)
async def verify(call: Call, params: Document, *, source: str) -> Document:
    """Refuse it: there is nothing about a card to verify so."""
    await sources.load_object(call, source, param="source", in_path=True)
    raise errors.InvalidRequest("A source of type card cannot be verified.")


__all__: Final = ["SOURCE_OBJECT", "change"]
