"""PaymentMethods: what a customer pays with.

    POST /v1/payment_methods                                       create
    GET  /v1/payment_methods                                       list
    GET  /v1/payment_methods/{payment_method}                      retrieve
    POST /v1/payment_methods/{payment_method}                      update
    GET  /v1/customers/{customer}/payment_methods                  list a customer's
    GET  /v1/customers/{customer}/payment_methods/{payment_method} retrieve a customer's

The older `card_…` sources live in the same table, so the same card shows in both APIs. Creating contacts nobody and
emits nothing; attaching, in `attaching`, asks the network. What each type takes and shows is its page in the catalogue; states are a
table in `domain.payment_methods`.
"""

from typing import Any, Final

from strongroom import catalog, errors, ids
from strongroom.catalog.method_pages import outcome_table
from strongroom.domain import cards as card_rules
from strongroom.domain import payment_methods as states
from strongroom.resources import cards, expiring, method_material, owned, tokens
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE, CardMaterial
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.method_material import Material, billing_details, inside
from strongroom.resources.method_pages import PAGES, TERMINAL_TYPES
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.store import Filter

# What any type takes at creation; everything else is the hash of one type.
COMMON_PARAMETERS: Final = frozenset(
    {"type", "billing_details", "allow_redisplay", "metadata", "radar_options", "expand"}
)
CARD: Final = "card"
# The list of all leaves these out unless they are asked for; documented.
UNLISTED: Final = "custom"


def view(method: Stored) -> Document:
    """Return the PaymentMethod's fields."""
    doc = {key: value for key, value in method.doc.items() if key != PRIVATE}
    doc["customer"] = method["customer"]
    doc["allow_redisplay"] = method["allow_redisplay"]
    return doc


PAYMENT_METHOD = register_kind(
    Kind("payment_method", "payment_methods", "pm", "PaymentMethod", "payment_method", view)
)


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_methods", permission="payment_method", allow=PUBLISHABLE_TOO, own=owned.by_details)
async def create(call: Call, params: Document) -> Document:
    """Make a PaymentMethod from raw details or a token. It is not attached, and nobody is asked about it."""
    if "payment_method" in params or "customer" in params:
        from strongroom.resources import clones

        return await clones.payment_method(call, params)
    return view(await from_data(call, params))


async def from_data(call: Call, data: Document, *, param: str = "") -> Stored:
    """Stage a PaymentMethod from what was sent to make one, on its own or inside something else.

    Args:
        call: the request.
        data: `type`, the hash of that type, `billing_details`, `allow_redisplay`, `metadata`, `radar_options`.
        param: the parameter that holds `data`, such as `payment_method_data`; empty: the request itself.

    Raises:
        errors.ParameterRefused: no type, or the hash of another one.
        errors.InvalidRequest: the first thing wrong with the details or the billing details.
        errors.CardError: the first thing wrong with the card.
    """
    method_id = ids.new("pm")
    return insert(call, method_id, await take_in(call, data, owner=method_id, param=param), data)


async def take_in(call: Call, data: Document, *, owner: str, param: str = "") -> Material:
    """Check and vault what was sent to make a PaymentMethod, and return what one is made from.

    Args:
        call: the request.
        data: see `from_data`.
        owner: the id under which a security code is held.
        param: the parameter that holds `data`; empty: the request itself.

    Raises:
        errors.ApiError: see `from_data`.
    """
    if "type" not in data:
        raise errors.parameter_missing(inside(param, "type"))
    page = PAGES[data["type"]]
    stray = next((name for name in data if name not in COMMON_PARAMETERS and name != page.type), None)
    if stray is not None:
        raise errors.ParameterRefused(
            f"You sent {stray}, but the type of the PaymentMethod is {page.type}.", param=inside(param, stray)
        )
    if page.type == CARD:
        return await _card_material(call, data, owner, param)
    return await method_material.take_in(call, page, data, param=param)


async def _card_material(call: Call, data: Document, owner: str, param: str) -> CardMaterial:
    details, name = data.get(CARD), inside(param, CARD)
    if details is None:
        raise errors.parameter_missing(name)
    billing = billing_details(data.get("billing_details"), param=param)
    if "token" in details:
        return await _material_from_token(call, details, owner, billing, name)
    return await cards.take_in(call, details, code_owner=owner, billing_details=billing, param=name)


async def _material_from_token(
    call: Call, details: Document, owner: str, billing: Document, param: str
) -> CardMaterial:
    for other in ("number", "exp_month", "exp_year", "cvc"):
        if other in details:
            raise errors.parameters_exclusive(f"{param}[token]", f"{param}[{other}]")
    spent = await tokens.spend_card(call, details["token"], param=f"{param}[token]")
    call.hand_over_code(spent.code_owner, owner)
    material = cards.with_billing_details(spent.material, billing)
    preferred = (details.get("networks") or {}).get("preferred")
    return cards.with_preferred_network(material, preferred) if preferred else material


def insert(
    call: Call, method_id: str, material: Material, params: Document, *, kind: str = "payment_method"
) -> Stored:
    """Stage the row of a PaymentMethod, or (`kind` = `card`) of an older source."""
    doc, columns = described(call, method_id, material, params)
    return call.insert(PAYMENT_METHOD, doc, object_id=method_id, **{**columns, "object": kind})


def described(call: Call, method_id: str, material: Material, params: Document) -> tuple[Document, Document]:
    """Return the document and the columns of a PaymentMethod that nobody has used yet."""
    doc: Document = {
        "id": method_id,
        "object": "payment_method",
        "billing_details": material.billing_details,
        material.type: material.details,
        "created": call.now,
        "livemode": call.caller.livemode,
        "metadata": merge_metadata({}, params.get("metadata")),
        "type": material.type,
        PRIVATE: material.private(),
    }
    if params.get("radar_options"):
        doc["radar_options"] = params["radar_options"]
    columns = {
        "object": "payment_method",
        "type": material.type,
        "customer": None,
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "state": states.FRESH,
        "record": material.record,
        "fingerprint": material.fingerprint,
        "detached_at": None,
    }
    return doc, columns


# -- find -------------------------------------------------------------------------------------------------------------


async def load(call: Call, method_id: str, *, param: str, in_path: bool = False) -> Stored:
    """Return the PaymentMethod; a magic name of test mode becomes a fresh one, which the call then keeps."""
    if not call.caller.livemode:
        card = catalog.magic_payment_method(method_id)
        if card is not None:
            return await _mint_card(call, card)
        magic = catalog.magic_method(method_id)
        if magic is not None:
            data = {"type": magic.type, magic.type: magic.details, "billing_details": magic.billing}
            return _verified_already(call, await from_data(call, data))
    stored = await call.load(PAYMENT_METHOD, method_id, param=param, in_path=in_path)
    if stored["object"] not in states.SHOWN:
        raise await call.missing(PAYMENT_METHOD, method_id, param=param, in_path=in_path)
    return stored


def _verified_already(call: Call, method: Stored) -> Stored:
    """What a magic id stands for was verified before, unless it is there to fail that; documented."""
    fate = outcome_table().get(method.doc[PRIVATE]["behaviour"] or "")
    return method if fate is not None and fate.verification is not None else mark_verified(call, method)


async def _mint_card(call: Call, magic: catalog.MagicCard) -> Stored:
    minted, billing = ids.new("pm"), billing_details(None)
    material = await cards.take_in(call, magic.details(call.now), code_owner=minted, billing_details=billing)
    return insert(call, minted, cards.with_zip_given(material, given=magic.zip_given), {})


@handles("GET /v1/payment_methods/{payment_method}", permission="payment_method")
async def retrieve(call: Call, params: Document, *, payment_method: str) -> Document:
    """Show any PaymentMethod of the account, whatever its state."""
    return view(await load(call, payment_method, param="payment_method", in_path=True))


@handles("GET /v1/payment_methods", permission="payment_method", own=owned.by_customer)
async def list_all(call: Call, params: Document) -> Listing:
    """List the account's PaymentMethods, or those of one customer."""
    check_customer_account(params)
    filters = _filters(params)
    if "type" not in params:
        filters.append(Filter("type", "in", _LISTED))
    if "customer" in params:
        customer = await living_customer(call, params["customer"], param="customer", in_path=True)
        filters.append(Filter("customer", "eq", customer.id))
    return await call.listing(PAYMENT_METHOD, params, filters)


_LISTED: Final = sorted({*PAGES, *TERMINAL_TYPES} - {UNLISTED})


@handles("GET /v1/customers/{customer}/payment_methods", permission="payment_method", own=owned.by_path)
async def list_of_customer(call: Call, params: Document, *, customer: str) -> Listing:
    """List what is attached to a customer, newest first."""
    await living_customer(call, customer, param="customer", in_path=True)
    of_customer = Filter("customer", "eq", customer)
    return await call.listing(PAYMENT_METHOD, params, [of_customer, *_filters(params)])


def check_customer_account(params: Document, *, in_path: bool = False) -> None:
    """Refuse an Account of the newer API that acts as a customer: that API is not here, and so none of them is."""
    if "customer_account" not in params:
        return
    if "customer" in params:
        raise errors.parameters_exclusive("customer", "customer_account")
    account = params["customer_account"]
    if not account:
        raise errors.parameter_empty("customer_account")
    raise errors.resource_missing("customer_account", account, param="customer_account", in_path=in_path)


def _filters(params: Document) -> list[Filter]:
    given = [Filter(name, "eq", params[name]) for name in ("type", "allow_redisplay") if name in params]
    return [Filter("object", "in", states.SHOWN), *given]


@handles("GET /v1/customers/{customer}/payment_methods/{payment_method}", permission="payment_method")
async def retrieve_of_customer(
    call: Call, params: Document, *, customer: str, payment_method: str
) -> Document:
    """Show a PaymentMethod if it is attached to that customer."""
    await living_customer(call, customer, param="customer", in_path=True)
    stored = await call.find(PAYMENT_METHOD, payment_method)
    if stored is None or stored["customer"] != customer or stored["object"] not in states.SHOWN:
        raise errors.InvalidRequest(
            f"The customer does not have a payment method with the ID {errors.echo(payment_method)}. "
            "The payment method must be attached to the customer.",
            status=404,
            code="resource_missing",
            param="payment_method",
        )
    return view(stored)


async def living_customer(call: Call, customer: str, *, param: str, in_path: bool = False) -> Stored:
    """Return a customer that was not deleted, or raise `resource_missing`."""
    from strongroom.resources import customers

    return await customers.load_living(call, customer, param=param, in_path=in_path)


# -- update -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_methods/{payment_method}", permission="payment_method", own=owned.by_method)
async def update(call: Call, params: Document, *, payment_method: str) -> Document:
    """Change what may change. Only a PaymentMethod saved to a customer can be updated, even its metadata."""
    stored = await load(call, payment_method, param="payment_method", in_path=True)
    states.after(states.UPDATE, stored["state"])
    other = next((name for name in _UPDATABLE if name in params and name != stored["type"]), None)
    if other is not None:
        raise errors.InvalidRequest(
            f"You cannot update {other} details of a PaymentMethod of type {stored['type']}.",
            code="payment_method_invalid_parameter",
            param=other,
        )
    before = view(stored)
    doc = _updated(call, stored.doc, params)
    redisplay = params.get("allow_redisplay", stored["allow_redisplay"])
    if doc == stored.doc and redisplay == stored["allow_redisplay"]:
        return before
    changed = call.change(stored, doc, allow_redisplay=redisplay)
    expiring.watch(call, changed, stored.doc)
    call.emit("payment_method.updated", PAYMENT_METHOD, changed, changed_leaves(before, view(changed)))
    return view(changed)


# Types of which more than the common fields may change; an update with the hash of any other is an unknown parameter.
_UPDATABLE: Final = (CARD, *(page.type for page in PAGES.values() if page.update))


def _updated(call: Call, doc: Document, params: Document) -> Document:
    new = {**doc, "metadata": merge_metadata(doc["metadata"], params.get("metadata"))}
    if params.get("billing_details"):
        new["billing_details"] = method_material.merged_billing(
            doc["billing_details"], params["billing_details"]
        )
    name, given = doc["type"], params.get(doc["type"])
    if given:
        new[name] = merged_card(doc[name], given, call.now) if name == CARD else {**doc[name], **given}
    return new


def merged_card(old: Document, given: Document, now: int) -> Document:
    """Merge expiry and preferred network. Number, brand, last4 and fingerprint never change through an update."""
    new = dict(old)
    if "exp_month" in given or "exp_year" in given:
        month, year = given.get("exp_month", old["exp_month"]), given.get("exp_year", old["exp_year"])
        expiry = card_rules.check_expiry(str(month), str(year), now=now)
        new["exp_month"], new["exp_year"] = expiry.month, expiry.year
    networks = given.get("networks") or {}
    if "preferred" in networks:
        available = tuple(old["networks"]["available"])
        preferred = (
            card_rules.preferred_network(networks["preferred"], available) if networks["preferred"] else None
        )
        new["networks"] = {**old["networks"], "preferred": preferred}
        new["display_brand"] = card_rules.display_brand(old["brand"], preferred, available)
    return new


# -- for intents ------------------------------------------------------------------------------------------------------


def consume(call: Call, method: Stored, customer: str | None = None) -> Stored:
    """Stage the use of a PaymentMethod in a payment (of `customer`, if it names one), or refuse it.

    One that is not saved is used up. One that is saved stays as it is, and this call fails if it is detached meanwhile.

    Raises:
        errors.InvalidRequest: used up, detached, without its customer, or another customer's.
    """
    state = states.after(states.USE, method["state"])
    states.check_owner(method["customer"], customer)
    if state == method["state"]:
        call.guard(method)
        return method
    # Its number is erased like a detached one's, once nobody can ask about the payment any more.
    return call.change(method, state=state, detached_at=call.now)


def shell(method: Stored) -> Document:
    """Return the document of a PaymentMethod whose customer is gone, without whose name, address and tax id it held."""
    doc = {**method.doc, "billing_details": billing_details(None)}
    details = doc[method["type"]]
    personal = [show.name for show in PAGES[method["type"]].show if show.personal]
    emptied = {name: "" if isinstance(details[name], str) else None for name in personal}
    doc[method["type"]] = {**details, **emptied}
    return doc


def mark_verified(call: Call, method: Stored) -> Stored:
    """Stage that the bank account was shown to be the customer's (microdeposits, or the bank itself)."""
    return call.change(method, {**method.doc, PRIVATE: {**method.doc[PRIVATE], "verified": True}})


def check_confirmable(method: Stored, *, param: str = "payment_method") -> None:
    """Refuse to confirm with a PaymentMethod whose billing details lack what its type needs to be paid with.

    Raises:
        errors.ParameterRefused: naming what is missing.
    """
    page = PAGES[method["type"]]
    method_material.check_billing(page, method.doc["billing_details"], page.billing.confirm, param=param)


def as_source(method: Stored, **more: Any) -> Document:
    """Return an older `card` object for a card stored here."""
    doc = method.doc
    currency = doc[PRIVATE]["currency"]
    return cards.legacy_card(
        method.id,
        doc["card"],
        doc["billing_details"],
        currency=currency,
        customer=method["customer"],
        metadata=doc["metadata"],
        **more,
    )
