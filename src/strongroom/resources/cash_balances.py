"""Customers' cash balances: money they have sent that is not part of a payment yet.

    GET /v1/customers/{customer}/cash_balance_transactions                  list
    GET /v1/customers/{customer}/cash_balance_transactions/{transaction}    retrieve

What a customer holds in each currency is in their document, so that whoever moves it changes the customer, and of two at
once one starts over. Every move is a transaction, written in the same commit; the balance is their sum.
"""

from typing import Any, Final

from strongroom import ids
from strongroom.resources import customers
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.customers import CASH, CUSTOMER
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

PERMISSION: Final = "customer"
TYPE: Final = "customer_balance"
"""The type of the PaymentMethods that stand for a cash balance."""
AUTOMATIC: Final = "automatic"


def view(transaction: Stored) -> Document:
    """Return the transaction's fields."""
    return {**transaction.doc, "customer": transaction["customer"]}


TRANSACTION: Final = register_kind(
    Kind(
        "customer_cash_balance_transaction",
        "cash_balance_transactions",
        "ccsbtxn",
        "customer_cash_balance_transaction",
        PERMISSION,
        view,
    )
)


def view_balance(customer: Stored) -> Document:
    """Return the `cash_balance` object of a customer."""
    mode = customer.doc.get(PRIVATE, {}).get("reconciliation_mode")
    return {
        "object": "cash_balance",
        "available": of(customer) or None,
        "customer": customer.id,
        "livemode": customer.row.livemode,
        "settings": {"reconciliation_mode": mode or AUTOMATIC, "using_merchant_default": mode is None},
    }


# Events alone know it as an object of its own.
CASH_BALANCE: Final = Kind("cash_balance", CUSTOMER.table, "", "cash_balance", PERMISSION, view_balance)


# -- the ledger -------------------------------------------------------------------------------------------------------


def of(customer: Stored) -> dict[str, int]:
    """Return what a customer holds, by currency, in minor units."""
    kept: dict[str, int] = customer.doc.get(PRIVATE, {}).get(CASH, {})
    return kept


def is_automatic(customer: Stored) -> bool:
    """Whether money that arrives is matched with payments by itself."""
    mode: str = view_balance(customer)["settings"]["reconciliation_mode"]
    return mode == AUTOMATIC


def book(
    call: Call, customer: Stored, kind: str, amount: int, currency: str, **about: Any
) -> tuple[Stored, Stored]:
    """Stage a move of a customer's cash, tell of it, and return the customer as they are then, and the move.

    Args:
        call: the request.
        customer: whose cash it is; deleted or not, their money stays theirs.
        kind: the transaction's `type`.
        amount: in minor units; negative for what leaves.
        currency: of the amount.
        about: the hash of that type, under its name.
    """
    kept = {**of(customer), currency: of(customer).get(currency, 0) + amount}
    assert kept[currency] >= 0, "nobody spends cash that is not there"
    private = {**customer.doc.get(PRIVATE, {}), CASH: {name: held for name, held in kept.items() if held}}
    changed = call.change(customer, {**customer.doc, PRIVATE: private})
    transaction_id = ids.new(TRANSACTION.prefix)
    doc: Document = {
        "id": transaction_id,
        "object": TRANSACTION.type,
        "created": call.now,
        "currency": currency,
        "customer_account": None,
        "ending_balance": kept[currency],
        "livemode": call.caller.livemode,
        "net_amount": amount,
        "type": kind,
        **about,
    }
    intent = next((one.get("payment_intent") for one in about.values()), None)
    transaction = call.insert(
        TRANSACTION, doc, object_id=transaction_id, customer=customer.id, payment_intent=intent
    )
    call.emit("customer_cash_balance_transaction.created", TRANSACTION, transaction)
    return changed, transaction


async def give_back(call: Call, charge: Stored, refund: Stored) -> None:
    """Stage that what was paid from a cash balance, and is given back, is in it again."""
    if charge.doc[PRIVATE]["type"] != TYPE:
        return
    customer = await call.find(CUSTOMER, charge["customer"])
    assert customer is not None
    amount, currency = refund.doc["amount"], refund.doc["currency"]
    about = {"refunded_from_payment": {"refund": refund.id}}
    book(call, customer, "refunded_from_payment", amount, currency, **about)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/customers/{customer}/cash_balance_transactions", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, customer: str) -> Listing:
    """List the moves of a customer's cash, newest first."""
    await customers.load_living(call, customer, param="customer", in_path=True)
    return await call.listing(TRANSACTION, params, [Filter("customer", "eq", customer)])


@handles("GET /v1/customers/{customer}/cash_balance_transactions/{transaction}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, customer: str, transaction: str) -> Document:
    """Show a move of this customer's cash."""
    await customers.load_living(call, customer, param="customer", in_path=True)
    found = await call.find(TRANSACTION, transaction)
    if found is None or found["customer"] != customer:
        raise await call.missing(TRANSACTION, transaction, param="transaction", in_path=True)
    return view(found)
