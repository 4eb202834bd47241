"""`payment_method_details` of a charge: what was paid with, and what the network made of it."""

import hashlib
from typing import Any, Final

from strongroom.connectors.base import Outcome
from strongroom.contract import contract, fit
from strongroom.domain import holds
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import bank_charges
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document

CARD: Final = "card"
CODE_DIGITS: Final = 6
TRANSACTION_DIGITS: Final = 15
_SAME: Final = (
    "brand",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "regulated_status",
)


def details_of(doc: Document, outcome: Outcome, *, hold_until: int | None) -> Document:
    """Return the details of a charge.

    Args:
        doc: the charge, planned.
        outcome: what was answered.
        hold_until: until when money that is only held can be taken, in seconds since 1970; None: it is not held.
    """
    kind, kept = doc[PRIVATE]["type"], doc[PRIVATE]["details"]
    if bank_charges.is_bank(doc["source"]):
        return bank_charges.details_of(doc["source"])
    if kind == CARD:
        return {"type": CARD, CARD: _card(doc, kept, outcome, hold_until)}
    shape = contract().shapes.hashes["Charge.PaymentMethodDetails"][f"{kind}?"]
    return {"type": kind, kind: fit(shape[1:], kept)}


def _card(doc: Document, card: Document, outcome: Outcome, hold_until: int | None) -> Document:
    is_held = hold_until is not None and outcome.verdict is Verdict.AUTHORIZED
    is_declined = outcome.verdict is Verdict.DECLINED
    networks = card["networks"]
    shown: Document = {
        **{name: card[name] for name in _SAME},
        "amount_authorized": None if is_declined else doc["amount"],
        "authorization_code": None if is_declined else digits("code", doc["id"], CODE_DIGITS),
        "checks": {**card["checks"], **outcome.checks},
        "installments": None,
        "mandate": None,
        "network": networks["preferred"] if networks["preferred"] in networks["available"] else card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": digits("transaction", doc["id"], TRANSACTION_DIGITS),
        "three_d_secure": _three_d_secure(doc["id"], outcome.three_d_secure),
        "wallet": card["wallet"],
        **holds.shown(outcome.granted if is_held else (), doc["amount"]),
    }
    return {**shown, "capture_before": hold_until} if is_held else shown


def _three_d_secure(charge_id: str, known: dict[str, Any] | None) -> Document | None:
    if known is None:
        return None
    return {
        **known,
        "exemption_indicator": None,
        "transaction_id": digits("3ds", charge_id, TRANSACTION_DIGITS),
    }


def digits(purpose: str, charge_id: str, many: int) -> str:
    """Return digits such as a network makes up, the same for the same charge."""
    number = int.from_bytes(hashlib.sha256(f"{purpose} {charge_id}".encode()).digest())
    return str(number)[-many:]
