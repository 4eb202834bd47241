"""What an amount is made of: goods, shipping, tax and discount, and whether they add up. Pure.

Every amount is in the minor units of the intent's currency.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from strongroom.errors import InvalidRequest, ParameterRefused, parameters_exclusive

Document = Mapping[str, Any]

ROOT: Final = "amount_details"
ITEMS: Final = "line_items"
ITEMS_MAX: Final = 200
"""Documented."""
MISMATCH: Final = "amount_details_amount_mismatch"
TOO_MUCH: Final = "amount_details_tax_shipping_discount_greater_than_amount"
_MESSAGES: Final = {
    MISMATCH: "The line items, tax, shipping and discount do not add up to the amount of the payment.",
    TOO_MUCH: "Tax and shipping less the discount are more than the amount of the payment.",
}
# The least that each number of a line item may be, and how long its texts: documented.
_LEAST: Final = {"quantity": 1, "unit_cost": 0, "discount_amount": 1}
_LONGEST: Final = {"product_code": 12, "product_name": 1024, "unit_of_measure": 12}


class Details(msgspec.Struct, frozen=True):
    """What is known of an amount."""

    items: tuple[Document, ...] = ()
    discount: int | None = None
    shipping: Document | None = None
    tax: Document | None = None

    def beside_the_items(self) -> int:
        """Return tax and shipping less the discount."""
        shipping = (self.shipping or {}).get("amount") or 0
        tax = (self.tax or {}).get("total_tax_amount") or 0
        return int(shipping + tax - (self.discount or 0))

    def total(self) -> int:
        """Return what everything adds up to."""
        return sum(map(_total_of, self.items)) + self.beside_the_items()


def _total_of(item: Document) -> int:
    tax = (item["tax"] or {}).get("total_tax_amount") or 0
    return int(item["unit_cost"] * item["quantity"] + tax - (item["discount_amount"] or 0))


def error_of(details: Details, amount: int) -> dict[str, str] | None:
    """Return what is wrong with the sum as `amount_details.error` says it, None if nothing is."""
    code = None
    if details.beside_the_items() > amount:
        code = TOO_MUCH
    elif details.items and details.total() != amount:
        code = MISMATCH
    return None if code is None else {"code": code, "message": _MESSAGES[code]}


def check_sum(details: Details, amount: int) -> None:
    """Refuse what does not add up.

    Raises:
        InvalidRequest: naming which.
    """
    error = error_of(details, amount)
    if error is not None:
        raise InvalidRequest(error["message"], code=error["code"], param=ROOT)


def check_given(given: Document) -> None:
    """Refuse details that cannot be, whatever the amount.

    Raises:
        ParameterRefused: naming the parameter.
    """
    items: Iterable[Document] = given.get(ITEMS) or ()
    if len(given.get(ITEMS) or ()) > ITEMS_MAX:
        raise ParameterRefused(f"There can be at most {ITEMS_MAX} line items.", param=f"{ROOT}[{ITEMS}]")
    for place, item in enumerate(items):
        _check_item(item, f"{ROOT}[{ITEMS}][{place}]")
    for name, inside in (("discount_amount", "discount_amount"), ("tax", "tax")):
        if given.get(name) and any(item.get(inside) for item in items):
            raise parameters_exclusive(f"{ROOT}[{ITEMS}][][{inside}]", f"{ROOT}[{name}]")
    _check_least(given.get("discount_amount"), 1, f"{ROOT}[discount_amount]")
    for name, inside in (("shipping", "amount"), ("tax", "total_tax_amount")):
        _check_least((given.get(name) or {}).get(inside), 0, f"{ROOT}[{name}][{inside}]")


def _check_item(item: Document, path: str) -> None:
    for name, least in _LEAST.items():
        _check_least(item.get(name), least, f"{path}[{name}]")
    _check_least((item.get("tax") or {}).get("total_tax_amount"), 0, f"{path}[tax][total_tax_amount]")
    for name, longest in _LONGEST.items():
        if len(item.get(name) or "") > longest:
            raise ParameterRefused(
                f"Invalid string: must be at most {longest} characters.", param=f"{path}[{name}]"
            )


def _check_least(number: int | str | None, least: int, param: str) -> None:
    if isinstance(number, int) and number < least:
        raise ParameterRefused(
            f"This value must be greater than or equal to {least}.",
            code="parameter_invalid_integer",
            param=param,
        )
