"""Tax ids: what customers put on their invoices. What requests do with them is in `customer_tax_ids` and `customers`."""

from typing import Final

from strongroom import ids
from strongroom.domain.tax_ids import check_tax_id
from strongroom.resources.call import Call
from strongroom.resources.included import sublist
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import includes, register_kind
from strongroom.store import Filter

PAGE: Final = 100


def view(tax_id: Stored) -> Document:
    """Return the tax id's fields."""
    return tax_id.doc


TAX_ID: Final = register_kind(Kind("tax_id", "tax_ids", "txi", "tax_id", "customer", view))


def of_customer(customer: str) -> list[Filter]:
    """Return the filter for a customer's tax ids."""
    return [Filter("customer", "eq", customer)]


def add(call: Call, customer: str, given: Document, *, param: str = "value") -> Stored:
    """Stage a tax id of a customer, whom the caller guards.

    Raises:
        errors.InvalidRequest: 400 `tax_id_invalid`; it names `param`.
    """
    facts = check_tax_id(given["type"], given["value"], livemode=call.caller.livemode, param=param)
    tax_id = ids.new(TAX_ID.prefix)
    doc = {
        "id": tax_id,
        "object": "tax_id",
        "country": facts.country,
        "created": call.now,
        "customer": customer,
        "livemode": call.caller.livemode,
        "owner": {"type": "customer", "customer": customer},
        "type": given["type"],
        "value": given["value"],
        "verification": facts.verification and {"status": facts.verification},
    }
    added = call.insert(TAX_ID, doc, object_id=tax_id, customer=customer)
    call.emit("customer.tax_id.created", TAX_ID, added)
    return added


@includes("customer", "tax_ids")
async def included(call: Call, customer: Document) -> Document:
    """The customer's ten newest tax ids, as the list that `expand[]=tax_ids` shows."""
    url = f"/v1/customers/{customer['id']}/tax_ids"
    return await sublist(call, TAX_ID, of_customer(customer["id"]), url)


async def erase_all(call: Call, customer: str) -> None:
    """Stage the erasure of all tax ids of a customer; the customer's own event tells of it."""
    params: Document = {"limit": PAGE}
    has_more = True
    while has_more:
        held, has_more = await call.page(TAX_ID, params, of_customer(customer))
        for tax_id in held:
            call.delete(tax_id)
            params["starting_after"] = tax_id.id
