"""Capabilities: what a connected account may do, each with what it still owes for it.

GET  /v1/accounts/{account}/capabilities                 list
GET  /v1/accounts/{account}/capabilities/{capability}    retrieve
POST /v1/accounts/{account}/capabilities/{capability}    request, or no longer
"""

from typing import Final

from strongroom import errors
from strongroom.catalog.accounts import account_tables
from strongroom.resources import accounts_access as access
from strongroom.resources.account_parts import CAPABILITY, load
from strongroom.resources.account_writing import request_capabilities
from strongroom.resources.call import Call
from strongroom.resources.connections import acting_on
from strongroom.resources.kind import Document, Listing
from strongroom.resources.registry import handles

PERMISSION: Final = "capability"


def _check_known(capability: str) -> None:
    if capability not in account_tables().capabilities:
        raise errors.resource_missing(CAPABILITY.noun, capability, param="capability", in_path=True)


@handles("GET /v1/accounts/{account}/capabilities", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, account: str) -> Listing:
    """List the capabilities that were requested, by name, all on one page."""
    whole = await load(await acting_on(call, account))
    return Listing([whole.capability(name) for name in sorted(whole.private["requested"])], has_more=False)


@handles("GET /v1/accounts/{account}/capabilities/{capability}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, account: str, capability: str) -> Document:
    """Show a capability, requested or not."""
    whole = await load(await acting_on(call, account))
    _check_known(capability)
    return whole.capability(capability)


@handles("POST /v1/accounts/{account}/capabilities/{capability}", permission=PERMISSION)
async def update(call: Call, params: Document, *, account: str, capability: str) -> Document:
    """Request a capability, or no longer."""
    whole = await access.controlled(call, account)
    _check_known(capability)
    if "requested" in params:
        request_capabilities(whole, {capability: params["requested"]})
        whole.save()
    return whole.capability(capability)
