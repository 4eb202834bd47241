"""Where a customer pays taxes: the `tax` hash, which shows when it is asked for, and the check that comes with it."""

import ipaddress
from typing import Final

from strongroom import errors
from strongroom.domain.tax_locations import TaxLocation, locate
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document
from strongroom.resources.payment_methods import PAYMENT_METHOD

IP_ADDRESS: Final = "tax[ip_address]"


def check_ip_address(given: str) -> None:
    """Raise `errors.ParameterRefused` unless this is an IP address, or empty."""
    try:
        ipaddress.ip_address(given or "::")
    except ValueError:
        raise errors.ParameterRefused("That is not an IP address.", param=IP_ADDRESS) from None


async def check_location(call: Call, doc: Document, params: Document) -> None:
    """Refuse a customer whose tax location is not known, where the request wants to hear so at once."""
    wanted = (params.get("tax") or {}).get("validate_location")
    if wanted == "immediately" and await _location(call, doc) is None:
        raise errors.InvalidRequest(
            "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate "
            "tax.",
            code="customer_tax_location_invalid",
        )


async def view(call: Call, doc: Document) -> Document:
    """Return the `tax` hash of a customer's document."""
    where = await _location(call, doc)
    return {
        # Nobody registers for taxes here, so nothing is collected where the place is known.
        "automatic_tax": "unrecognized_location" if where is None else "not_collecting",
        "ip_address": doc.get(PRIVATE, {}).get("ip_address"),
        "location": where and {"country": where.country, "source": where.source, "state": where.state},
        "provider": "stripe",
    }


async def _location(call: Call, doc: Document) -> TaxLocation | None:
    shipping = doc["shipping"] and doc["shipping"]["address"]
    default = doc["invoice_settings"]["default_payment_method"]
    method = None if default is None else await call.find(PAYMENT_METHOD, default)
    of_method = None if method is None else method.doc["billing_details"]["address"]
    return locate(shipping, doc["address"], of_method)
