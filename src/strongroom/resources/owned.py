"""What an ephemeral key is held to: each of these refuses whatever is not about the caller's own customer.

A refusal is the same whether the thing is another customer's or is not there at all, and comes before anything is done.
"""

from typing import Final

from strongroom.resources.call import Call
from strongroom.resources.kind import Document
from strongroom.store import Row

Ids = dict[str, str]

REMOVAL: Final = "payment_method_remove"
WITHHELD: Final = "none"
METHODS: Final = "payment_methods"
SETTINGS: Final = "invoice_settings"
_OF_CUSTOMER: Final = frozenset({"default_source", "expand", SETTINGS, "shipping"})
"""What a phone changes of its customer."""
_DEFAULT: Final = "default_payment_method"


async def by_path(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer in the path."""
    _check(call, ids["customer"] == call.caller.customer)


async def by_customer(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer among the parameters, who must be there."""
    _check(call, params.get("customer") == call.caller.customer)


async def by_attachable(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer among the parameters, and to PaymentMethods that are there and nobody else's."""
    await by_customer(call, params, ids)
    caller = call.caller
    row: Row | None = await call.store.get(METHODS, caller.account, caller.livemode, ids["payment_method"])
    _check(call, row is not None and row.columns["customer"] in {None, caller.customer})


async def by_details(call: Call, params: Document, ids: Ids) -> None:
    """Let a PaymentMethod be made of what somebody typed in, and of nothing that is there already."""
    _check(call, params.keys().isdisjoint({"customer", "metadata", "payment_method"}))


async def by_method(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer's PaymentMethods, named in the path; of what the merchant notes nothing is written."""
    _check(call, "metadata" not in params)
    await _check_method(call, ids["payment_method"])


async def by_removable_method(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer's PaymentMethods, unless the session the key comes from lets none be removed."""
    _check(call, call.caller.permissions.get(REMOVAL) != WITHHELD)
    await by_method(call, params, ids)


async def by_method_or_details(call: Call, params: Document, ids: Ids) -> None:
    """Hold to one of the customer's PaymentMethods if one is named."""
    if params.get("payment_method"):
        await _check_method(call, params["payment_method"])


async def by_few_fields(call: Call, params: Document, ids: Ids) -> None:
    """Hold to the customer in the path, and to the few of their fields that a phone changes."""
    await by_path(call, params, ids)
    _check(call, params.keys() <= _OF_CUSTOMER and (params.get(SETTINGS) or {}).keys() <= {_DEFAULT})


async def _check_method(call: Call, method: str) -> None:
    caller = call.caller
    row: Row | None = await call.store.get(METHODS, caller.account, caller.livemode, method)
    _check(call, row is not None and row.columns["customer"] == caller.customer)


def _check(call: Call, is_own: bool) -> None:
    """Refuse, unless it is the customer's own.

    Raises:
        errors.Forbidden: it is not.
    """
    if not is_own:
        raise call.caller.out_of_reach()
