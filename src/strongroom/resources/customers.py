"""Customers: who holds PaymentMethods and older sources.

    POST   /v1/customers               create
    GET    /v1/customers               list
    GET    /v1/customers/{customer}    retrieve
    POST   /v1/customers/{customer}    update
    DELETE /v1/customers/{customer}    delete

A deleted customer stays as a stub that says so. Its PaymentMethods are orphaned, not detached: they keep naming it,
and nothing can be paid with them; the card numbers behind them are erased with the customer.
"""

from typing import Any, Final

from strongroom import errors, ids
from strongroom.domain import payment_methods as states
from strongroom.resources import attaching, balances, customer_taxes, owned, payment_methods, sources, tax_ids
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves
from strongroom.resources.customer_forms import DEFAULTS, invoice_prefix, with_params
from strongroom.resources.kind import Document, Kind, Listing, Refusal, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import handles, includes, register_kind
from strongroom.resources.sources import SOURCE
from strongroom.store import Filter

PAGE: Final = 100
CASH: Final = "cash"
"""Under which a document keeps what its customer holds in cash; it outlives the customer, for it is their money."""


def view(customer: Stored) -> Document:
    """Return the customer's fields, or the stub of a deleted one."""
    if customer["deleted_at"] is not None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    doc = customer.doc
    return {key: value for key, value in doc.items() if key != PRIVATE} if PRIVATE in doc else doc


CUSTOMER = register_kind(Kind("customer", "customers", "cus", "customer", "customer", view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/customers", permission="customer")
async def create(call: Call, params: Document) -> Document | Refusal:
    """Make a customer, perhaps with a first payment method or source. A declined one makes no customer."""
    customer_id = ids.new("cus")
    clock = params.get("test_clock") or None
    created = call.now if clock is None else await _time_of(call, clock)
    doc: Document = {
        "id": customer_id,
        "object": "customer",
        **DEFAULTS,
        "created": created,
        "livemode": call.caller.livemode,
        "test_clock": clock,
    }
    doc = with_params({**doc, "invoice_prefix": invoice_prefix()}, params)
    refusal = await _take_payment_method(call, customer_id, doc, params)
    refusal = refusal or await _take_source(call, customer_id, doc, params)
    if refusal is not None:
        return refusal
    await _check_default_method(call, customer_id, doc)
    await customer_taxes.check_location(call, doc, params)
    if params.get("balance"):
        balances.set_to(call, doc, params["balance"], kind="initial")
    columns = {"created": created, "deleted_at": None, "test_clock": clock, **_columns(call, doc)}
    customer = call.insert(CUSTOMER, doc, object_id=customer_id, **columns)
    call.emit("customer.created", CUSTOMER, customer)
    for place, given in enumerate(params.get("tax_id_data", ())):
        tax_ids.add(call, customer_id, given, param=f"tax_id_data[{place}][value]")
    return view(customer)


async def _time_of(call: Call, clock: str) -> int:
    from strongroom.resources import test_clocks

    return await test_clocks.join(call, clock)


def _columns(call: Call, doc: Document) -> Document:
    email = doc["email"]
    if email is None:
        return {"email_token": None, "email_folded_token": None}
    return {
        "email_token": call.keyring.search_token("customer.email", email),
        "email_folded_token": folded_email_token(call, email),
    }


def folded_email_token(call: Call, email: str) -> bytes:
    """Return what finds an e-mail address regardless of case."""
    return call.keyring.search_token("customer.email_folded", email.casefold())


async def _take_payment_method(
    call: Call, customer_id: str, doc: Document, params: Document
) -> Refusal | None:
    """Attach `payment_method`; named as the default as well, a magic name means the one it has become."""
    name = params.get("payment_method")
    if not name:
        return None
    method = await payment_methods.load(call, name, param="payment_method")
    outcome = attaching.attach_to(call, method, customer_id, validates=params.get("validate", True))
    if isinstance(outcome, Refusal):
        return outcome
    if doc["invoice_settings"]["default_payment_method"] == name:
        doc["invoice_settings"] = {**doc["invoice_settings"], "default_payment_method": outcome.id}
    return None


async def _take_source(call: Call, customer_id: str, doc: Document, params: Document) -> Refusal | None:
    """Turn `source` (or `card`, its older name) into a source of this customer and make it the default."""
    if "source" in params and "card" in params:
        raise errors.parameters_exclusive("source", "card")
    name = "source" if "source" in params else "card"
    given = params.get(name)
    if not given:
        return None
    added = await sources.add(call, customer_id, given, param=name, validates=params.get("validate", True))
    if isinstance(added, Refusal):
        return added
    doc["default_source"] = added.id
    return None


async def set_default_method(call: Call, customer: str, method_id: str) -> Stored:
    """Stage which PaymentMethod a customer pays with unless another is named, and return the customer.

    Raises:
        errors.InvalidRequest: no such customer, or not a PaymentMethod of theirs.
    """
    stored = await load_living(call, customer, param="customer", in_path=True)
    settings = {**stored.doc["invoice_settings"], "default_payment_method": method_id}
    doc = {**stored.doc, "invoice_settings": settings}
    await _check_default_method(call, customer, doc, param="payment_method")
    return stored if doc == stored.doc else change(call, stored, doc)


async def _check_default_method(
    call: Call, customer_id: str, doc: Document, *, param: str = "invoice_settings[default_payment_method]"
) -> None:
    """The default is attached to this customer, and stays so until this call has committed."""
    method_id = doc["invoice_settings"]["default_payment_method"]
    if not method_id:
        return
    method = await call.find(PAYMENT_METHOD, method_id)
    if method is not None and method["customer"] == customer_id and method["object"] in states.SHOWN:
        call.guard(method)
        return
    raise errors.InvalidRequest(
        f"The customer does not have a payment method with the ID {errors.echo(method_id)}. "
        "The payment method must be attached to the customer.",
        code="resource_missing",
        param=param,
    )


# -- what is shown when it is asked for --------------------------------------------------------------------------------


@includes("customer", "subscriptions")
async def subscriptions(call: Call, customer: Document) -> Document:
    """None: there are no subscriptions here."""
    return {
        "object": "list",
        "data": [],
        "has_more": False,
        "total_count": 0,
        "url": f"/v1/customers/{customer['id']}/subscriptions",
    }


@includes("customer", "tax")
async def tax(call: Call, customer: Document) -> Document:
    """Where the customer pays taxes, as far as the addresses say."""
    stored = await call.load(CUSTOMER, customer["id"], param="id")
    return await customer_taxes.view(call, stored.doc)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/customers/{customer}", permission="customer", own=owned.by_path)
async def retrieve(call: Call, params: Document, *, customer: str) -> Document:
    """Show a customer; of a deleted one, the stub."""
    return view(await call.load(CUSTOMER, customer, param="id", in_path=True))


async def load_living(call: Call, customer: str, *, param: str, in_path: bool = False) -> Stored:
    """Return a customer that was not deleted, or raise `resource_missing`."""
    stored = await call.load(CUSTOMER, customer, param=param, in_path=in_path)
    if stored["deleted_at"] is not None:
        raise errors.resource_missing(CUSTOMER.noun, customer, param=param, in_path=in_path)
    return stored


LIVING: Final = Filter("deleted_at", "is_null", True)


def of_clock(clock: str) -> list[Filter]:
    """Return the filters for the customers who live by a test clock."""
    return [LIVING, Filter("test_clock", "eq", clock)]


@handles("GET /v1/customers", permission="customer")
async def list_all(call: Call, params: Document) -> Listing:
    """List customers, newest first; the e-mail must match to the letter. Deleted ones are left out.

    Those who live by a test clock are listed by it, and only so.
    """
    clock = params.get("test_clock")
    filters = [LIVING, Filter("test_clock", "is_null", True)] if clock is None else of_clock(clock)
    if "email" in params:
        filters.append(
            Filter("email_token", "eq", call.keyring.search_token("customer.email", params["email"]))
        )
    return await call.listing(CUSTOMER, params, filters)


# -- update and delete ------------------------------------------------------------------------------------------------


@handles("POST /v1/customers/{customer}", permission="customer", own=owned.by_few_fields)
async def update(call: Call, params: Document, *, customer: str) -> Document | Refusal:
    """Change what is given. A new `source` takes the place of the old default one."""
    stored = await load_living(call, customer, param="id", in_path=True)
    doc = with_params(stored.doc, params)
    if "invoice_settings" in params:
        await _check_default_method(call, customer, doc)
    await _check_default_source(call, customer, doc, params)
    refusal = await _replace_source(call, stored, doc, params)
    if refusal is not None:
        return refusal
    await customer_taxes.check_location(call, doc, params)
    if "balance" in params:
        balances.set_to(call, doc, params["balance"], kind="adjustment")
    return view(stored if doc == stored.doc else change(call, stored, doc))


async def _check_default_source(call: Call, customer: str, doc: Document, params: Document) -> None:
    if "default_source" not in params:
        return
    source = await sources.find(call, customer, params["default_source"])
    if source is None:
        raise errors.resource_missing(SOURCE.noun, params["default_source"], param="default_source")
    call.guard(source)
    doc["default_source"] = source.id


async def _replace_source(call: Call, stored: Stored, doc: Document, params: Document) -> Refusal | None:
    """Put a new source in the place of the default one, which goes."""
    old_id = stored.doc["default_source"]
    refusal = await _take_source(call, stored.id, doc, params)
    if refusal is not None or old_id is None or not (params.get("source") or params.get("card")):
        return refusal
    old = await sources.find(call, stored.id, old_id)
    if old is not None:
        await sources.remove(call, old)
    if doc["invoice_settings"]["default_payment_method"] == old_id:
        doc["invoice_settings"] = {**doc["invoice_settings"], "default_payment_method": None}
    return None


def change(call: Call, stored: Stored, doc: Document, **columns: Any) -> Stored:
    """Stage a customer's new document, and tell what changed."""
    changed = call.change(stored, doc, **columns, **_columns(call, doc))
    call.emit("customer.updated", CUSTOMER, changed, changed_leaves(view(stored), view(changed)))
    return changed


async def forget_method(call: Call, customer: str, method_id: str) -> None:
    """Clear the customer's default payment method if it was `method_id`; of a default source the newest other takes over."""
    stored = await call.find(CUSTOMER, customer)
    if stored is None or stored["deleted_at"] is not None:
        return
    doc = dict(stored.doc)
    if doc["invoice_settings"]["default_payment_method"] == method_id:
        doc["invoice_settings"] = {**doc["invoice_settings"], "default_payment_method": None}
    if doc["default_source"] == method_id:
        doc["default_source"] = await sources.newest_but(call, customer, method_id)
    if doc == stored.doc:
        # Somebody may be making it the default at this moment.
        call.guard(stored)
        return
    change(call, stored, doc)


@handles("DELETE /v1/customers/{customer}", permission="customer")
async def delete(call: Call, params: Document, *, customer: str) -> Document:
    """Delete for good. The event carries the last full object; the card numbers are erased in the same transaction."""
    return view(await end(call, await load_living(call, customer, param="id", in_path=True)))


async def end(call: Call, customer: Stored) -> Stored:
    """Stage the end of a customer, and return the stub that is left."""
    call.emit("customer.deleted", CUSTOMER, customer)
    await _clear(call, customer.id)
    # One that was being attached at the same moment guarded a customer who still lived; after this commit none can.
    call.afterwards(lambda again: _clear(again, customer.id))
    nothing = _columns(call, {"email": None})
    cash = customer.doc.get(PRIVATE, {}).get(CASH)
    stub: Document = {"id": customer.id, **({PRIVATE: {CASH: cash}} if cash else {})}
    return call.change(customer, stub, deleted_at=call.now, **nothing)


async def _clear(call: Call, customer: str) -> None:
    """Take away what a deleted customer leaves behind."""
    await _orphan_methods(call, customer)
    await tax_ids.erase_all(call, customer)


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
                sources.end(call, method)
        if held:
            params["starting_after"] = held[-1].id
