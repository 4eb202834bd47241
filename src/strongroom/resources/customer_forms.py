"""What a customer says about itself: the document that a request's parameters make of the one there was.

Nothing here reads or writes; what depends on other objects is in `customers`.
"""

import re
from typing import Final

from strongroom import errors, ids
from strongroom.resources import cards
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.customer_taxes import check_ip_address
from strongroom.resources.kind import Document

CUSTOM_FIELDS_MAX: Final = 4
_PREFIX: Final = re.compile(r"[0-9A-Z]{3,12}", re.ASCII)
INVOICE_SETTINGS: Final = ("custom_fields", "default_payment_method", "footer", "rendering_options")

# What an update replaces as it is given; an empty string means null.
PLAIN: Final = ("address", "business_name", "description", "email", "individual_name", "name", "phone")

DEFAULTS: Final[Document] = {
    "address": None,
    "balance": 0,
    "currency": None,
    "default_source": None,
    "delinquent": False,
    "description": None,
    "discount": None,
    "email": None,
    "invoice_settings": dict.fromkeys(INVOICE_SETTINGS),
    "metadata": {},
    "name": None,
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}


def _check_invoicing(params: Document) -> None:
    prefix = params.get("invoice_prefix")
    if prefix and _PREFIX.fullmatch(prefix) is None:
        raise errors.ParameterRefused(
            "Invoice prefixes are 3 to 12 uppercase letters or numbers.", param="invoice_prefix"
        )
    fields = (params.get("invoice_settings") or {}).get("custom_fields") or ()
    if len(fields) > CUSTOM_FIELDS_MAX:
        raise errors.ParameterRefused(
            f"You can specify up to {CUSTOM_FIELDS_MAX} custom fields.",
            param="invoice_settings[custom_fields]",
        )


def invoice_prefix() -> str:
    """Return a fresh prefix for invoice numbers."""
    return ids.random_base62(8).upper()


def with_params(old: Document, params: Document) -> Document:
    """Return the customer's document with what `params` say; untouched fields stay."""
    _check_invoicing(params)
    new = dict(old)
    for name in PLAIN:
        if name in params:
            new[name] = params[name] or None
    for name in ("invoice_prefix", "next_invoice_sequence", "preferred_locales"):
        if name in params:
            new[name] = params[name]
    if "tax_exempt" in params:
        new["tax_exempt"] = params["tax_exempt"] or "none"
    if "shipping" in params:
        new["shipping"] = _shipping(params["shipping"])
    if params.get("address"):
        new["address"] = _address(params["address"])
    if "invoice_settings" in params:
        new["invoice_settings"] = _invoice_settings(old["invoice_settings"], params["invoice_settings"])
    new["metadata"] = merge_metadata(old["metadata"], params.get("metadata"))
    if "ip_address" in params.get("tax", {}):
        check_ip_address(params["tax"]["ip_address"])
        new = _with_private(new, "ip_address", params["tax"]["ip_address"] or None)
    return with_reconciliation(new, params.get("cash_balance", {}))


def with_reconciliation(old: Document, cash_balance: Document) -> Document:
    """Return the customer's document with what `cash_balance[settings]` says; the merchant's default is no entry."""
    mode = cash_balance.get("settings", {}).get("reconciliation_mode")
    if mode is None:
        return old
    return _with_private(old, "reconciliation_mode", None if mode == "merchant_default" else mode)


def _with_private(doc: Document, name: str, value: str | None) -> Document:
    kept = {key: old for key, old in doc.get(PRIVATE, {}).items() if key != name}
    if value is not None:
        kept[name] = value
    return {**{key: old for key, old in doc.items() if key != PRIVATE}, **({PRIVATE: kept} if kept else {})}


def _address(given: Document) -> Document:
    return {key: given.get(key) or None for key in cards.EMPTY_ADDRESS}


def _shipping(given: Document | str) -> Document | None:
    if isinstance(given, str):
        return None
    return {"address": _address(given["address"]), "name": given["name"], "phone": given.get("phone") or None}


def _invoice_settings(old: Document, given: Document) -> Document:
    return {**old, **{key: value or None for key, value in given.items() if key in INVOICE_SETTINGS}}
