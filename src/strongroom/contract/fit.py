"""From what was sent to what is shown: parameters and answers share names, and answers have fewer of them."""

from typing import Any

from strongroom.contract.model import contract
from strongroom.contract.types import Type, field_of, head

NOTHING = ""
"""What an empty parameter says: that there is none."""


def fit(type_name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return of `value` what an answer's hash has room for; empty texts, and hashes left empty, are left out.

    Args:
        type_name: a hash of the contract, such as `PaymentIntent.PaymentMethodOptions.Card`.
        value: typed parameters.
    """
    fields = contract().shapes.hashes[type_name]
    fitted = {name: _fitted(kind, one) for name, one in value.items() if (kind := field_of(fields, name))}
    return {name: one for name, one in fitted.items() if one is not None}


def _fitted(kind: Type, value: Any) -> Any:
    """Return a value as a type has room for it, None if it has none."""
    if value == NOTHING:
        return None
    match head(kind):
        case "null" | "include":
            return _fitted(kind[1], value)
        case "#":
            return fit(kind[1:], value) if isinstance(value, dict) else None
        case "list":
            return _fitted_list(kind[1], value)
    return value


def _fitted_list(kind: Type, value: Any) -> Any:
    items = [_fitted(kind, one) for one in value] if isinstance(value, list) else []
    return [one for one in items if one is not None]
