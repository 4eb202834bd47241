"""PaymentMethods: what a customer pays with.

    POST /v1/payment_methods                                       create
    GET  /v1/payment_methods                                       list
    GET  /v1/payment_methods/{payment_method}                      retrieve
    POST /v1/payment_methods/{payment_method}                      update
    POST /v1/payment_methods/{payment_method}/attach               attach
    POST /v1/payment_methods/{payment_method}/detach               detach
    GET  /v1/customers/{customer}/payment_methods                  list a customer's
    GET  /v1/customers/{customer}/payment_methods/{payment_method} retrieve a customer's

The older `card_…` sources live in the same table, so the same card shows in both APIs. Creating contacts nobody and
emits nothing; attaching asks the network. States are a table in `domain.payment_methods`.
"""

from typing import Any, Final

from strongroom import catalog, errors, ids
from strongroom.domain import cards as card_rules
from strongroom.domain import payment_methods as states
from strongroom.resources import cards, tokens
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS, PRIVATE, CardMaterial
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Refusal, Stored
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.store import Filter

# What any type takes at creation; everything else is the hash of one type.
COMMON_PARAMETERS: Final = frozenset(
    {"type", "card", "billing_details", "allow_redisplay", "metadata", "radar_options", "expand"}
)


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


@handles("POST /v1/payment_methods", permission="payment_method", allow=PUBLISHABLE_TOO)
async def create(call: Call, params: Document) -> Document:
    """Make a PaymentMethod from raw details or a token. It is not attached, and nobody is asked about it."""
    if "payment_method" in params or "customer" in params:
        raise _cannot_share(params)
    if "type" not in params:
        raise errors.parameter_missing("type")
    if params["type"] != "card":
        raise errors.not_implemented(f"PaymentMethods of type {params['type']}")
    stray = next((name for name in params if name not in COMMON_PARAMETERS), None)
    if stray is not None:
        raise errors.ParameterRefused(
            f"You sent {stray}, but the type of the PaymentMethod is card.", param=stray
        )
    return view(await create_card(call, params))


def _cannot_share(params: Document) -> errors.ApiError:
    if "payment_method" not in params:
        return errors.ParameterRefused(
            "A customer is only accepted together with a payment_method to share.", param="customer"
        )
    return errors.InvalidRequest(
        "PaymentMethods are shared with a connected account, named by the Stripe-Account header.",
        param="payment_method",
    )


async def create_card(call: Call, params: Document) -> Stored:
    """Stage a PaymentMethod of type card from `params`, wherever they came from."""
    details = params.get("card")
    if details is None:
        raise errors.parameter_missing("card")
    method_id = ids.new("pm")
    billing = _billing_details(params.get("billing_details"))
    if "token" in details:
        material = await _material_from_token(call, details, method_id, billing)
    else:
        material = await cards.take_in(call, details, code_owner=method_id, billing_details=billing)
    return insert(call, method_id, material, params)


async def _material_from_token(
    call: Call, details: Document, method_id: str, billing: Document
) -> CardMaterial:
    for other in ("number", "exp_month", "exp_year", "cvc"):
        if other in details:
            raise errors.parameters_exclusive("card[token]", f"card[{other}]")
    spent = await tokens.spend_card(call, details["token"], param="card[token]")
    call.hand_over_code(spent.code_owner, method_id)
    material = cards.with_billing_details(spent.material, billing)
    preferred = (details.get("networks") or {}).get("preferred")
    return cards.with_preferred_network(material, preferred) if preferred else material


def insert(
    call: Call, method_id: str, material: CardMaterial, params: Document, *, kind: str = "payment_method"
) -> Stored:
    """Stage the row of a card, as a PaymentMethod or (`kind` = `card`) as an older source."""
    doc: Document = {
        "id": method_id,
        "object": "payment_method",
        "billing_details": material.billing_details,
        "card": material.card,
        "created": call.now,
        "livemode": call.caller.livemode,
        "metadata": merge_metadata({}, params.get("metadata")),
        "type": "card",
        PRIVATE: material.private(),
    }
    if params.get("radar_options"):
        doc["radar_options"] = params["radar_options"]
    return call.insert(
        PAYMENT_METHOD,
        doc,
        object_id=method_id,
        object=kind,
        type="card",
        customer=None,
        allow_redisplay=params.get("allow_redisplay", "unspecified"),
        state=states.FRESH,
        record=material.record,
        fingerprint=material.fingerprint,
        detached_at=None,
    )


def _billing_details(given: Document | None) -> Document:
    given = given or {}
    address = given.get("address") or {}
    _check_country(address)
    return {
        "address": {key: address.get(key) or None for key in EMPTY_ADDRESS},
        **{key: given.get(key) or None for key in ("email", "name", "phone", "tax_id")},
    }


# -- find -------------------------------------------------------------------------------------------------------------


async def load(call: Call, method_id: str, *, param: str, in_path: bool = False) -> Stored:
    """Return the PaymentMethod; a magic name of test mode becomes a fresh one, which the call then keeps."""
    magic = None if call.caller.livemode else catalog.magic_payment_method(method_id)
    if magic is None:
        stored = await call.load(PAYMENT_METHOD, method_id, param=param, in_path=in_path)
        if stored["object"] not in states.SHOWN:
            raise await call.missing(PAYMENT_METHOD, method_id, param=param, in_path=in_path)
        return stored
    minted = ids.new("pm")
    billing = _billing_details(None)
    material = await cards.take_in(call, magic.details(call.now), code_owner=minted, billing_details=billing)
    return insert(call, minted, cards.with_zip_given(material, given=magic.zip_given), {})


@handles("GET /v1/payment_methods/{payment_method}", permission="payment_method")
async def retrieve(call: Call, params: Document, *, payment_method: str) -> Document:
    """Show any PaymentMethod of the account, whatever its state."""
    return view(await load(call, payment_method, param="payment_method", in_path=True))


@handles("GET /v1/payment_methods", permission="payment_method")
async def list_all(call: Call, params: Document) -> Listing:
    """List the account's PaymentMethods, or those of one customer."""
    _refuse_customer_account(params)
    if "customer" in params:
        customer = await _living_customer(call, params["customer"], param="customer", in_path=True)
        return await _list_of(call, params, customer.id)
    return await call.listing(PAYMENT_METHOD, params, _filters(params))


@handles("GET /v1/customers/{customer}/payment_methods", permission="payment_method")
async def list_of_customer(call: Call, params: Document, *, customer: str) -> Listing:
    """List what is attached to a customer, newest first."""
    await _living_customer(call, customer, param="customer", in_path=True)
    return await _list_of(call, params, customer)


def _refuse_customer_account(params: Document) -> None:
    if "customer_account" not in params:
        return
    if "customer" in params:
        raise errors.parameters_exclusive("customer", "customer_account")
    raise errors.not_implemented("the parameter `customer_account`")


async def _list_of(call: Call, params: Document, customer: str) -> Listing:
    return await call.listing(PAYMENT_METHOD, params, [Filter("customer", "eq", customer), *_filters(params)])


def _filters(params: Document) -> list[Filter]:
    given = [Filter(name, "eq", params[name]) for name in ("type", "allow_redisplay") if name in params]
    return [Filter("object", "in", states.SHOWN), *given]


@handles("GET /v1/customers/{customer}/payment_methods/{payment_method}", permission="payment_method")
async def retrieve_of_customer(
    call: Call, params: Document, *, customer: str, payment_method: str
) -> Document:
    """Show a PaymentMethod if it is attached to that customer."""
    await _living_customer(call, customer, param="customer", in_path=True)
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


async def _living_customer(call: Call, customer: str, *, param: str, in_path: bool = False) -> Stored:
    from strongroom.resources import customers

    return await customers.load_living(call, customer, param=param, in_path=in_path)


# -- update -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_methods/{payment_method}", permission="payment_method")
async def update(call: Call, params: Document, *, payment_method: str) -> Document:
    """Change what may change. Only a PaymentMethod saved to a customer can be updated, even its metadata."""
    stored = await load(call, payment_method, param="payment_method", in_path=True)
    states.check(states.UPDATE, stored["state"])
    other = next((name for name in ("us_bank_account", "payto") if name in params), None)
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
    call.emit("payment_method.updated", PAYMENT_METHOD, changed, changed_leaves(before, view(changed)))
    return view(changed)


def _updated(call: Call, doc: Document, params: Document) -> Document:
    new = {**doc, "metadata": merge_metadata(doc["metadata"], params.get("metadata"))}
    if params.get("billing_details"):
        new["billing_details"] = _merged_billing(doc["billing_details"], params["billing_details"])
    if params.get("card"):
        new["card"] = _merged_card(doc["card"], params["card"], call.now)
    return new


def _check_country(address: Document) -> None:
    country = address.get("country")
    if country and not catalog.is_country(country):
        raise errors.ParameterRefused(
            f"Country '{errors.echo(country)}' is unknown. Try using a 2-character alphanumeric country code.",
            code="country_code_invalid",
            param="billing_details[address][country]",
        )


def _merged_billing(old: Document, given: Document) -> Document:
    new = {**old, **{key: value or None for key, value in given.items() if key != "address"}}
    if "address" in given:
        address = given["address"] or EMPTY_ADDRESS
        _check_country(address)
        new["address"] = {**old["address"], **{key: value or None for key, value in address.items()}}
    return new


def _merged_card(old: Document, given: Document, now: int) -> Document:
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


# -- attach and detach ------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_methods/{payment_method}/attach", permission="payment_method")
async def attach(call: Call, params: Document, *, payment_method: str) -> Document | Refusal:
    """Save a PaymentMethod to a customer, after asking the network about it."""
    _refuse_customer_account(params)
    if "customer" not in params:
        raise errors.parameter_missing("customer")
    stored = await load(call, payment_method, param="payment_method", in_path=True)
    customer = await _living_customer(call, params["customer"], param="customer", in_path=True)
    call.guard(customer)
    outcome = attach_to(call, stored, customer.id)
    return outcome if isinstance(outcome, Refusal) else view(outcome)


def attach_to(call: Call, method: Stored, customer: str, *, silent: bool = False) -> Stored | Refusal:
    """Stage the attachment: state, settled checks and event (unless `silent`: older sources have events of their own).

    The caller guards the customer, so that the write set fails if the customer is deleted meanwhile.
    """
    if method["state"] == states.ATTACHED and method["customer"] == customer:
        return method
    states.check(states.ATTACH, method["state"])
    refusal, card = validate(call, method)
    if refusal is not None:
        return Refusal(refusal)
    attached = call.change(method, {**method.doc, "card": card}, customer=customer, state=states.ATTACHED)
    if not silent:
        call.emit("payment_method.attached", PAYMENT_METHOD, attached)
    return attached


def validate(call: Call, method: Stored) -> tuple[errors.CardError | None, Document]:
    """Ask the acquirer about a card. The security code in memory is used up by the question, whatever the answer.

    Returns the refusal, if any, and the card with its checks settled.
    """
    private, card = method.doc[PRIVATE], method.doc["card"]
    code_given = private["cvc_given"]
    code_known = call.use_code(method.id)
    address = method.doc["billing_details"]["address"]
    outcome = card_rules.attach_outcome(
        private["behaviour"],
        cvc_given=code_given and code_known,
        zip_given=private["zip_given"] or bool(address["postal_code"]),
        line1_given=bool(address["line1"]),
    )
    checks = {**card["checks"], **outcome.checks}
    if code_given and not code_known and card["checks"]["cvc_check"] == "unchecked":
        checks["cvc_check"] = "unavailable"
    return outcome.refusal, {**card, "checks": checks}


@handles("POST /v1/payment_methods/{payment_method}/detach", permission="payment_method")
async def detach(call: Call, params: Document, *, payment_method: str) -> Document:
    """Take a PaymentMethod from its customer, for good."""
    stored = await load(call, payment_method, param="payment_method", in_path=True)
    states.check(states.DETACH, stored["state"])
    owner = stored["customer"]
    detached = call.change(stored, customer=None, state=states.DETACHED, detached_at=call.now)
    call.emit("payment_method.detached", PAYMENT_METHOD, detached, {"customer": owner})
    from strongroom.resources import customers

    await customers.forget_method(call, owner, stored.id)
    return view(detached)


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
