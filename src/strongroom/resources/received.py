"""What a connected account has of a transfer: a payment of its own (`py_…`), and refunds of it (`pyr_…`) for what is taken back."""

from typing import Any, Final

from strongroom import ids
from strongroom.resources import balance_transactions, charging, refunds
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS, PRIVATE
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.refunds import REFUND

TYPE: Final = "stripe_account"
PREFIX: Final = "py"
REFUND_PREFIX: Final = "pyr"
SENDER: Final = "sender"
"""Which platform a payment came from, in its document."""

_EMPTY: Final[Document] = {
    "object": "charge",
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "billing_details": {
        "address": EMPTY_ADDRESS,
        "email": None,
        "name": None,
        "phone": None,
        "tax_id": None,
    },
    "captured": True,
    "description": None,
    "disputed": False,
    "fraud_details": {},
    "paid": True,
    "payment_intent": None,
    "payment_method": None,
    "payment_method_details": {"type": TYPE, TYPE: {}},
    "radar_options": {},
    "refunded": False,
    "receipt_email": None,
    "shipping": None,
    "status": charging.SUCCEEDED,
    "transfer_data": None,
    PRIVATE: {
        "at_once": False,
        "books_later": False,
        "busy": None,
        "capture": True,
        "details": {},
        "released": False,
        "type": TYPE,
    },
}


def receive(
    receiver: Call,
    payment_id: str,
    amount: int,
    currency: str,
    *,
    waits_until: int | None,
    sender: str,
    fee_detail: Document | None = None,
    **fields: Any,
) -> Stored:
    """Stage the payment that a transfer is on the other side, with its share of the balance.

    Args:
        receiver: acts on the connected account.
        payment_id: its id, `py_…`.
        amount: in minor units.
        currency: of the amount.
        waits_until: when it can be paid out; None: at once.
        sender: the platform.
        fee_detail: what the platform keeps of it, as an item of `fee_details`.
        fields: what else it says: `application`, `application_fee`, `description`, `metadata`, `source_transfer`, …
    """
    transaction = balance_transactions.book(
        receiver,
        "payment",
        payment_id,
        amount,
        currency,
        application_fee=fee_detail,
        description=fields.get("description"),
        at_once=True,
        waits_until=waits_until,
    )
    doc = {
        **_EMPTY,
        "id": payment_id,
        "amount": amount,
        "amount_captured": amount,
        "balance_transaction": transaction.id,
        "created": receiver.now,
        "currency": currency,
        "livemode": receiver.caller.livemode,
        "metadata": {},
        **fields,
        PRIVATE: {**_EMPTY[PRIVATE], SENDER: sender},
    }
    columns = {"customer": None, "payment_intent": None, "transfer_group": None}
    payment = receiver.insert(CHARGE, doc, object_id=payment_id, **columns)
    # No SDK lists this type; accounts that are paid by a platform hear it all the same.
    receiver.emit("payment.created", CHARGE, payment)
    return payment


async def take_back(
    receiver: Call,
    payment_id: str,
    amount: int,
    reversal: str,
    *,
    waits_until: int | None,
    notes: Document,
) -> str:
    """Stage that a part of a received payment goes back, and return the id of the refund that says so.

    Args:
        receiver: acts on the connected account.
        payment_id: the payment, `py_…`.
        amount: in minor units, no more than is left of it.
        reversal: the id of the transfer reversal that takes it.
        waits_until: when that counts, because the payment still waits; None: at once.
        notes: what else the refund says: `metadata`, `reason`.
    """
    payment = await receiver.find(CHARGE, payment_id)
    assert payment is not None
    refund_id = ids.new(REFUND_PREFIX)
    transaction = balance_transactions.book(
        receiver,
        "payment_refund",
        refund_id,
        -amount,
        payment.doc["currency"],
        description="REFUND FOR PAYMENT",
        waits_until=waits_until,
    )
    given = payment.doc["amount_refunded"] + amount
    changed = receiver.change(
        payment, {**payment.doc, "amount_refunded": given, "refunded": given == payment.doc["amount"]}
    )
    doc = refunds.document(
        receiver,
        payment,
        refund_id,
        amount,
        balance_transaction=transaction.id,
        source_transfer_reversal=reversal,
        **notes,
    )
    refund = receiver.insert(REFUND, doc, object_id=refund_id, charge=payment_id, payment_intent=None)
    receiver.emit("refund.created", REFUND, refund)
    receiver.emit("charge.refunded", CHARGE, changed)
    return refund_id
