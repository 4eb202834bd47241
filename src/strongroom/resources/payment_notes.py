"""What a merchant says of a payment and moves nothing: what its amount is made of, references, hooks."""

from typing import Final

from strongroom import ids
from strongroom.domain.amount_details import ITEMS, Details, check_given, check_sum, error_of
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document

DETAILS: Final = "amount_details"
ITEM: Final = "payment_intent_amount_details_line_item"
STRICT: Final = "enforce_arithmetic_validation"
_SHIPPING: Final = ("amount", "from_postal_code", "to_postal_code")
_REFERENCES: Final = ("customer_reference", "order_reference")


def noted(doc: Document, params: Document, *, amount: int | None = None) -> Document:
    """Return an intent's document with what `params` say of its amount, its order and its hooks.

    Args:
        doc: the intent as it is to be otherwise.
        params: what was sent.
        amount: what the details have to add up to; None: the intent's amount, if it or they are sent.

    Raises:
        errors.ApiError: naming the parameter.
    """
    new = dict(doc)
    if "payment_details" in params:
        new = _with_optional(new, "payment_details", _references(new, params["payment_details"] or {}))
    if "hooks" in params:
        new = _with_optional(new, "hooks", _hooks(params["hooks"]))
    if DETAILS in params:
        new = _detailed(new, params[DETAILS])
    says_something = bool(new[DETAILS].keys() - {"tip"} or new[PRIVATE].get(ITEMS))
    if says_something and (DETAILS in params or "amount" in params):
        new = _summed(new, doc["amount"] if amount is None else amount)
    return new


def _with_optional(doc: Document, name: str, value: Document | None) -> Document:
    """Return a document with a field that is only there if it says something."""
    rest = {key: kept for key, kept in doc.items() if key != name}
    return rest if value is None else {**rest, name: value}


def _references(doc: Document, given: Document) -> Document | None:
    before: Document = doc.get("payment_details") or dict.fromkeys(_REFERENCES)
    after = {name: given.get(name, before[name]) or None for name in _REFERENCES} if given else {}
    return after if any(after.values()) else None


def _hooks(given: Document) -> Document | None:
    calculation = ((given.get("inputs") or {}).get("tax") or {}).get("calculation")
    return {"inputs": {"tax": {"calculation": calculation}}} if calculation else None


# -- what the amount is made of ---------------------------------------------------------------------------------------


def _detailed(doc: Document, given: Document | str) -> Document:
    if isinstance(given, str):
        return {**doc, DETAILS: {"tip": {}}, PRIVATE: {**doc[PRIVATE], ITEMS: [], STRICT: True}}
    check_given(given)
    shown = {name: value for name, value in doc[DETAILS].items() if name != "error"}
    private = dict(doc[PRIVATE])
    for name, made in (
        ("discount_amount", lambda value: value),
        ("shipping", lambda value: {one: value.get(one) or None for one in _SHIPPING}),
        ("tax", lambda value: value),
    ):
        if name in given:
            shown = _with_optional(shown, name, made(given[name]) if given[name] else None)
    if ITEMS in given:
        private[ITEMS] = [_item(one) for one in given[ITEMS] or ()]
    if STRICT in given:
        private[STRICT] = given[STRICT]
    return {**doc, DETAILS: shown, PRIVATE: private}


def _item(given: Document) -> Document:
    return {
        "id": ids.new("uli"),
        "object": ITEM,
        **{name: given.get(name) for name in ("discount_amount", "payment_method_options", "tax")},
        **{name: given.get(name) or None for name in ("product_code", "unit_of_measure")},
        **{name: given[name] for name in ("product_name", "quantity", "unit_cost")},
    }


def _summed(doc: Document, amount: int) -> Document:
    """Return the document with what is wrong with the sum; or refuse that, unless it was asked to be let through."""
    shown = {name: value for name, value in doc[DETAILS].items() if name != "error"}
    details = Details(
        tuple(doc[PRIVATE].get(ITEMS, ())),
        shown.get("discount_amount"),
        shown.get("shipping"),
        shown.get("tax"),
    )
    if doc[PRIVATE].get(STRICT, True):
        check_sum(details, amount)
    error = error_of(details, amount)
    return {**doc, DETAILS: _with_optional(shown, "error", error)}
