"""Customers: who holds PaymentMethods, and the older cards called sources.

    POST   /v1/customers               create
    GET    /v1/customers               list
    GET    /v1/customers/{customer}    retrieve
    POST   /v1/customers/{customer}    update
    DELETE /v1/customers/{customer}    delete

A deleted customer stays as a stub that says so. Its PaymentMethods are orphaned, not detached: they keep naming it,
and nothing can be paid with them; the card numbers behind them are erased with the customer.
"""

import re
from typing import Any, Final

from strongroom import errors, ids
from strongroom.contract import renderer
from strongroom.domain import payment_methods as states
from strongroom.resources import cards, payment_methods, tokens
from strongroom.resources.call import Call
from strongroom.resources.cards import CardMaterial
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Refusal, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import handles, includes, register_kind
from strongroom.store import Filter

PAGE: Final = 100
CUSTOM_FIELDS_MAX: Final = 4
_PREFIX: Final = re.compile(r"[0-9A-Z]{3,12}", re.ASCII)
NOT_YET: Final = ("cash_balance", "tax", "tax_id_data", "test_clock")
INVOICE_SETTINGS: Final = ("custom_fields", "default_payment_method", "footer", "rendering_options")

# What an update replaces as it is given; an empty string means null.
PLAIN: Final = ("address", "business_name", "description", "email", "individual_name", "name", "phone")

DEFAULTS: Final[Document] = {
    "address": None,
    "balance": 0,
    "currency": None,
    "default_source": None,
    "delinquent": False,
    "description": None,
    "discount": None,
    "email": None,
    "invoice_settings": dict.fromkeys(INVOICE_SETTINGS),
    "metadata": {},
    "name": None,
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}


def view(customer: Stored) -> Document:
    """Return the customer's fields, or the stub of a deleted one."""
    if customer["deleted_at"] is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    return customer.doc


def view_source(source: Stored) -> Document:
    """Return an older `card` object."""
    return payment_methods.as_source(source)


CUSTOMER = register_kind(Kind("customer", "customers", "cus", "customer", "customer", view))
CARD = register_kind(Kind("card", "payment_methods", "card", "source", "customer", view_source))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/customers", permission="customer")
async def create(call: Call, params: Document) -> Document | Refusal:
    """Make a customer, perhaps with a first payment method or source. A declined one makes no customer."""
    _refuse_what_is_missing(params)
    customer_id = ids.new("cus")
    doc: Document = {
        "id": customer_id,
        "object": "customer",
        **DEFAULTS,
        "created": call.now,
        "livemode": call.caller.livemode,
    }
    doc = _with_params(doc, {"invoice_prefix": _invoice_prefix(), **params})
    refusal = await _take_payment_method(call, customer_id, doc, params)
    refusal = refusal or await _take_source(call, customer_id, doc, params)
    if refusal is not None:
        return refusal
    await _check_default_method(call, customer_id, doc)
    customer = call.insert(CUSTOMER, doc, object_id=customer_id, deleted_at=None, **_columns(call, doc))
    call.emit("customer.created", CUSTOMER, customer)
    return view(customer)


def _refuse_what_is_missing(params: Document) -> None:
    for name in NOT_YET:
        if name in params:
            raise errors.not_implemented(f"the parameter `{name}` of customers")


def _check_invoicing(params: Document) -> None:
    prefix = params.get("invoice_prefix")
    if prefix and _PREFIX.fullmatch(prefix) is None:
        raise errors.ParameterRefused(
            "Invoice prefixes are 3 to 12 uppercase letters or numbers.", param="invoice_prefix"
        )
    fields = (params.get("invoice_settings") or {}).get("custom_fields") or ()
    if len(fields) > CUSTOM_FIELDS_MAX:
        raise errors.ParameterRefused(
            f"You can specify up to {CUSTOM_FIELDS_MAX} custom fields.",
            param="invoice_settings[custom_fields]",
        )


def _invoice_prefix() -> str:
    return ids.random_base62(8).upper()


def _columns(call: Call, doc: Document) -> Document:
    email = doc["email"]
    return {"email_token": None if email is None else call.keyring.search_token("customer.email", email)}


def _with_params(old: Document, params: Document) -> Document:
    """Return the customer's document with what `params` say; untouched fields stay."""
    _check_invoicing(params)
    new = dict(old)
    for name in PLAIN:
        if name in params:
            new[name] = params[name] or None
    for name in ("balance", "invoice_prefix", "next_invoice_sequence", "preferred_locales"):
        if name in params:
            new[name] = params[name]
    if "tax_exempt" in params:
        new["tax_exempt"] = params["tax_exempt"] or "none"
    if "shipping" in params:
        new["shipping"] = _shipping(params["shipping"])
    if params.get("address"):
        new["address"] = _address(params["address"])
    if "invoice_settings" in params:
        new["invoice_settings"] = _invoice_settings(old["invoice_settings"], params["invoice_settings"])
    new["metadata"] = merge_metadata(old["metadata"], params.get("metadata"))
    return new


def _address(given: Document) -> Document:
    return {key: given.get(key) or None for key in cards.EMPTY_ADDRESS}


def _shipping(given: Document | str) -> Document | None:
    if isinstance(given, str):
        return None
    return {"address": _address(given["address"]), "name": given["name"], "phone": given.get("phone") or None}


def _invoice_settings(old: Document, given: Document) -> Document:
    return {**old, **{key: value or None for key, value in given.items() if key in INVOICE_SETTINGS}}


async def _take_payment_method(
    call: Call, customer_id: str, doc: Document, params: Document
) -> Refusal | None:
    """Attach `payment_method`; named as the default as well, a magic name means the one it has become."""
    name = params.get("payment_method")
    if not name:
        return None
    method = await payment_methods.load(call, name, param="payment_method")
    outcome = payment_methods.attach_to(call, method, customer_id)
    if isinstance(outcome, Refusal):
        return outcome
    if doc["invoice_settings"]["default_payment_method"] == name:
        doc["invoice_settings"] = {**doc["invoice_settings"], "default_payment_method": outcome.id}
    return None


async def _check_default_method(call: Call, customer_id: str, doc: Document) -> None:
    """The default is attached to this customer, and stays so until this call has committed."""
    method_id = doc["invoice_settings"]["default_payment_method"]
    if not method_id:
        return
    method = await call.find(PAYMENT_METHOD, method_id)
    if method is not None and method["customer"] == customer_id:
        call.guard(method)
        return
    raise errors.InvalidRequest(
        f"The customer does not have a payment method with the ID {errors.echo(method_id)}. "
        "The payment method must be attached to the customer.",
        code="resource_missing",
        param="invoice_settings[default_payment_method]",
    )


# -- sources ----------------------------------------------------------------------------------------------------------


async def _take_source(call: Call, customer_id: str, doc: Document, params: Document) -> Refusal | None:
    """Turn `source` into an older card of this customer and make it the default."""
    if "source" in params and "card" in params:
        raise errors.parameters_exclusive("source", "card")
    name = "source" if "source" in params else "card"
    source = params.get(name)
    if not source:
        return None
    material = await _material(call, source, name)
    kept = {} if isinstance(source, str) else {"metadata": source.get("metadata")}
    staged = payment_methods.insert(call, material.card_id, material, kept, kind="card")
    outcome = payment_methods.attach_to(call, staged, customer_id, silent=True)
    if isinstance(outcome, Refusal):
        await call.erase_record(material.record)
        return outcome
    doc["default_source"] = outcome.id
    call.emit("customer.source.created", CARD, outcome)
    return None


@includes("customer", "sources")
async def sources(call: Call, customer: Document) -> Document:
    """The customer's ten newest older cards, as the list that `expand[]=sources` shows."""
    of_customer = [Filter("customer", "eq", customer["id"]), Filter("object", "eq", "card")]
    cards_held, has_more = await call.page(PAYMENT_METHOD, {}, of_customer)
    url = f"/v1/customers/{customer['id']}/sources"
    data = [renderer("card")(view_source(card)) for card in cards_held]
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


@includes("customer", "subscriptions")
async def subscriptions(call: Call, customer: Document) -> Document:
    """None: there are no subscriptions here."""
    return {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/customers/{customer['id']}/subscriptions",
    }


@includes("customer", "tax_ids")
async def tax_ids(call: Call, customer: Document) -> Document:
    """None: nobody can have made one yet."""
    return {"object": "list", "data": [], "has_more": False, "url": f"/v1/customers/{customer['id']}/tax_ids"}


async def _material(call: Call, source: Any, param: str) -> CardMaterial:
    if not isinstance(source, str):
        if source.get("object", "card") != "card":
            raise errors.not_implemented(f"customers with a source of type {source['object']}")
        if "token" in source:
            return await _material(call, source["token"], f"{param}[token]")
        card_id = ids.new("card")
        billing = cards.billing_of_raw_card(source)
        material = await cards.take_in(call, source, code_owner=card_id, billing_details=billing, param=param)
        return cards.with_card_id(material, card_id)
    if source.startswith(("btok_", "src_")):
        raise errors.not_implemented("bank accounts and legacy sources of customers")
    if source.startswith("pm_"):
        raise errors.InvalidRequest(
            "You cannot use a PaymentMethod as a source. Attach it to the customer instead.", param=param
        )
    spent = await tokens.spend_card(call, source, param=param)
    call.hand_over_code(spent.code_owner, spent.material.card_id)
    return spent.material


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/customers/{customer}", permission="customer")
async def retrieve(call: Call, params: Document, *, customer: str) -> Document:
    """Show a customer; of a deleted one, the stub."""
    return view(await call.load(CUSTOMER, customer, param="id", in_path=True))


async def load_living(call: Call, customer: str, *, param: str, in_path: bool = False) -> Stored:
    """Return a customer that was not deleted, or raise `resource_missing`."""
    stored = await call.load(CUSTOMER, customer, param=param, in_path=in_path)
    if stored["deleted_at"] is not None:
        raise errors.resource_missing(CUSTOMER.noun, customer, param=param, in_path=in_path)
    return stored


@handles("GET /v1/customers", permission="customer")
async def list_all(call: Call, params: Document) -> Listing:
    """List customers, newest first; the e-mail must match to the letter. Deleted ones are left out."""
    _refuse_what_is_missing(params)
    filters = [Filter("deleted_at", "is_null", True)]
    if "email" in params:
        filters.append(
            Filter("email_token", "eq", call.keyring.search_token("customer.email", params["email"]))
        )
    return await call.listing(CUSTOMER, params, filters)


# -- update and delete ------------------------------------------------------------------------------------------------


@handles("POST /v1/customers/{customer}", permission="customer")
async def update(call: Call, params: Document, *, customer: str) -> Document | Refusal:
    """Change what is given. A new `source` takes the place of the old default one."""
    _refuse_what_is_missing(params)
    stored = await load_living(call, customer, param="id", in_path=True)
    doc = _with_params(stored.doc, params)
    if "invoice_settings" in params:
        await _check_default_method(call, customer, doc)
    await _check_default_source(call, customer, doc, params)
    refusal = await _take_source(call, customer, doc, params)
    if refusal is not None:
        return refusal
    if doc["default_source"] != stored.doc["default_source"] and ("source" in params or "card" in params):
        await _drop_source(call, stored.doc["default_source"])
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc, **_columns(call, doc))
    call.emit("customer.updated", CUSTOMER, changed, changed_leaves(stored.doc, doc))
    return view(changed)


async def _check_default_source(call: Call, customer: str, doc: Document, params: Document) -> None:
    if "default_source" not in params:
        return
    source = await call.find(CARD, params["default_source"])
    if source is None or source["object"] == "payment_method" or source["customer"] != customer:
        raise errors.resource_missing(CARD.noun, params["default_source"], param="default_source")
    call.guard(source)
    doc["default_source"] = source.id


async def _drop_source(call: Call, source_id: str | None) -> None:
    source = None if source_id is None else await call.find(CARD, source_id)
    if source is None:
        return
    call.delete(source)
    await call.erase_record(source["record"])
    call.emit("customer.source.deleted", CARD, source)


async def forget_method(call: Call, customer: str, method_id: str) -> None:
    """Clear the customer's default payment method if it was `method_id`."""
    stored = await call.find(CUSTOMER, customer)
    if stored is None or stored["deleted_at"] is not None:
        return
    doc = dict(stored.doc)
    if doc["invoice_settings"]["default_payment_method"] == method_id:
        doc["invoice_settings"] = {**doc["invoice_settings"], "default_payment_method": None}
    if doc["default_source"] == method_id:
        doc["default_source"] = None
    if doc == stored.doc:
        # Somebody may be making it the default at this moment.
        call.guard(stored)
        return
    changed = call.change(stored, doc)
    call.emit("customer.updated", CUSTOMER, changed, changed_leaves(stored.doc, doc))


@handles("DELETE /v1/customers/{customer}", permission="customer")
async def delete(call: Call, params: Document, *, customer: str) -> Document:
    """Delete for good. The event carries the last full object; the card numbers are erased in the same transaction."""
    stored = await load_living(call, customer, param="id", in_path=True)
    call.emit("customer.deleted", CUSTOMER, stored)
    await _orphan_methods(call, customer)
    # One that was being attached at the same moment guarded a customer who still lived; after this commit none can.
    call.afterwards(lambda again: _orphan_methods(again, customer))
    return view(call.change(stored, {"id": customer}, deleted_at=call.now, email_token=None))


async def _orphan_methods(call: Call, customer: str) -> None:
    """Erase every number the customer held; older sources go, PaymentMethods stay as shells that name it."""
    params: Document = {"limit": PAGE}
    has_more = True
    while has_more:
        held, has_more = await call.page(
            PAYMENT_METHOD,
            params,
            [Filter("customer", "eq", customer), Filter("state", "eq", states.ATTACHED)],
        )
        for method in held:
            await call.erase_record(method["record"])
            if method["object"] == "payment_method":
                call.change(
                    method,
                    payment_methods.shell(method),
                    state=states.after(states.ABANDON, method["state"]),
                    record=None,
                )
            else:
                call.delete(method)
        if held:
            params["starting_after"] = held[-1].id
