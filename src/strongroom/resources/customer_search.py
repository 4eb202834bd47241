"""Searching customers.

    GET /v1/customers/search    search

By `created`, `email`, `name`, `phone` and `metadata["key"]`. An e-mail address that must be equal is found by its keyed
token, `created` by its column; for the rest documents are opened and looked at.
"""

from typing import Final

from strongroom.domain.search import FieldKind, Query, parse
from strongroom.resources import customers, searching
from strongroom.resources.call import Call
from strongroom.resources.customers import CUSTOMER
from strongroom.resources.kind import Document, Found
from strongroom.resources.registry import handles
from strongroom.store import Filter

FIELDS: Final = {
    "created": FieldKind.NUMERIC,
    "email": FieldKind.STRING,
    "name": FieldKind.STRING,
    "phone": FieldKind.STRING,
    "metadata": FieldKind.METADATA,
}


@handles("GET /v1/customers/search", permission="customer")
async def search(call: Call, params: Document) -> Found:
    """Search customers, newest first; what was committed before is found at once. Deleted ones are left out."""
    query = parse(params["query"], FIELDS)
    return await searching.search(
        call, CUSTOMER, query, params, filters=_filters(call, query), values=customers.view
    )


def _filters(call: Call, query: Query) -> list[Filter]:
    filters = [Filter("deleted_at", "is_null", True), *searching.numeric_filters(query, "created")]
    for clause in query.needed("email"):
        if clause.op == ":":
            token = customers.folded_email_token(call, str(clause.value))
            filters.append(Filter("email_folded_token", "eq", token))
    return filters
