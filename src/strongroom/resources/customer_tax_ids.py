"""The endpoints of a customer's tax ids.

    POST   /v1/customers/{customer}/tax_ids         create
    GET    /v1/customers/{customer}/tax_ids         list
    GET    /v1/customers/{customer}/tax_ids/{id}    retrieve
    DELETE /v1/customers/{customer}/tax_ids/{id}    delete

A tax id never changes; who mistyped one deletes it.
"""

from typing import Final

from strongroom.resources import customers, tax_ids
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.registry import handles
from strongroom.resources.tax_ids import TAX_ID, view

PERMISSION: Final = "customer"


async def _owner(call: Call, customer: str) -> Stored:
    return await customers.load_living(call, customer, param="customer", in_path=True)


@handles("POST /v1/customers/{customer}/tax_ids", permission=PERMISSION)
async def create(call: Call, params: Document, *, customer: str) -> Document:
    """Add a tax id."""
    call.guard(await _owner(call, customer))
    return view(tax_ids.add(call, customer, params))


@handles("GET /v1/customers/{customer}/tax_ids", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, customer: str) -> Listing:
    """List a customer's tax ids, newest first."""
    await _owner(call, customer)
    return await call.listing(TAX_ID, params, tax_ids.of_customer(customer))


@handles("GET /v1/customers/{customer}/tax_ids/{id}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, customer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a tax id of this customer."""
    return view(await _load(call, customer, id))


async def _load(call: Call, customer: str, tax_id: str) -> Stored:
    await _owner(call, customer)
    found = await call.find(TAX_ID, tax_id)
    if found is None or found["customer"] != customer:
        raise await call.missing(TAX_ID, tax_id, param="id", in_path=True)
    return found


@handles("DELETE /v1/customers/{customer}/tax_ids/{id}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, customer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Delete a tax id."""
    found = await _load(call, customer, id)
    call.delete(found)
    call.emit("customer.tax_id.deleted", TAX_ID, found)
    return {"id": found.id, "object": "tax_id", "deleted": True}
