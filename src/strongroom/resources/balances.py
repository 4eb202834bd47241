"""A customer's balance and the transactions it is the sum of.

Each currency has a chain of its own: a transaction's `ending_balance` is the one before it plus its amount. Where the
chain stands is in the customer's document, so that whoever adds to it changes the customer, and of two at once one
starts over. The `balance` that a customer shows is the one in the customer's own currency.
"""

from typing import Final

from strongroom import ids
from strongroom.domain import balances as rules
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import register_kind


def view(transaction: Stored) -> Document:
    """Return the transaction's fields."""
    return transaction.doc


TRANSACTION: Final = register_kind(
    Kind(
        "customer_balance_transaction",
        "customer_balance_transactions",
        "cbtxn",
        "customer_balance_transaction",
        "customer",
        view,
    )
)


def of(customer: Document) -> dict[str, int]:
    """Return what a customer owes by currency, from the customer's document."""
    kept: dict[str, int] = customer.get(PRIVATE, {}).get("balances", {})
    return kept


def set_to(call: Call, doc: Document, balance: int, *, kind: str) -> None:
    """Bring the balance in `doc`, a customer's document being made, to `balance` by a transaction; none if it is there."""
    currency = doc["currency"] or rules.DEFAULT_CURRENCY
    amount = balance - of(doc).get(currency, 0)
    if amount:
        book(call, doc, {"amount": amount, "currency": currency}, kind=kind, param="balance")


def book(call: Call, doc: Document, given: Document, *, kind: str, param: str = "amount") -> Stored:
    """Stage a transaction of a customer and put what it comes to into `doc`, the customer's document being made.

    Args:
        call: the request.
        doc: changed in place; the caller stores it.
        given: `amount`, `currency`, and perhaps `description` and `metadata`.
        kind: the transaction's `type`.
        param: the parameter the amount came in, for the `param` of errors.

    Raises:
        errors.ParameterRefused: the balance would be too large.
    """
    currency = given["currency"]
    kept = rules.moved(of(doc), currency, given["amount"], param=param)
    doc[PRIVATE] = {**doc.get(PRIVATE, {}), "balances": kept}
    doc["currency"] = doc["currency"] or currency
    doc["balance"] = kept.get(doc["currency"], 0)
    transaction_id = ids.new(TRANSACTION.prefix)
    return call.insert(
        TRANSACTION,
        {
            "id": transaction_id,
            "object": "customer_balance_transaction",
            "amount": given["amount"],
            "created": call.now,
            "currency": currency,
            "customer": doc["id"],
            "description": given.get("description") or None,
            "ending_balance": kept[currency],
            "livemode": call.caller.livemode,
            "metadata": merge_metadata({}, given.get("metadata")),
            "type": kind,
        },
        object_id=transaction_id,
        customer=doc["id"],
    )
