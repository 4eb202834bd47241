"""The endpoints of a customer's balances.

    POST /v1/customers/{customer}/balance_transactions                  create
    GET  /v1/customers/{customer}/balance_transactions                  list
    GET  /v1/customers/{customer}/balance_transactions/{transaction}    retrieve
    POST /v1/customers/{customer}/balance_transactions/{transaction}    update
    GET  /v1/customers/{customer}/cash_balance                          retrieve
    POST /v1/customers/{customer}/cash_balance                          update

What is in a cash balance, and how it moves, is in `cash_balances` and `cash_payments`.
"""

from typing import Final

from strongroom.contract import renderer
from strongroom.domain.balances import currency_code
from strongroom.resources import balances, customers
from strongroom.resources.balances import TRANSACTION, view
from strongroom.resources.call import Call
from strongroom.resources.cash_balances import view_balance
from strongroom.resources.changes import merge_metadata
from strongroom.resources.customer_forms import with_reconciliation
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.registry import handles, includes
from strongroom.store import Filter

PERMISSION: Final = "customer"


async def _owner(call: Call, customer: str) -> Stored:
    return await customers.load_living(call, customer, param="customer", in_path=True)


# -- balance transactions ---------------------------------------------------------------------------------------------


@handles("POST /v1/customers/{customer}/balance_transactions", permission=PERMISSION)
async def create(call: Call, params: Document, *, customer: str) -> Document:
    """Add to a customer's balance, or take from it. A customer without a currency gets this one."""
    owner = await _owner(call, customer)
    doc = dict(owner.doc)
    given = {**params, "currency": currency_code(params["currency"])}
    transaction = balances.book(call, doc, given, kind="adjustment")
    customers.change(call, owner, doc)
    return view(transaction)


@handles("GET /v1/customers/{customer}/balance_transactions", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, customer: str) -> Listing:
    """List a customer's transactions, newest first. None of them belongs to an invoice: there are no invoices."""
    await _owner(call, customer)
    if "invoice" in params:
        return Listing([], has_more=False)
    return await call.listing(TRANSACTION, params, [Filter("customer", "eq", customer)])


@handles("GET /v1/customers/{customer}/balance_transactions/{transaction}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, customer: str, transaction: str) -> Document:
    """Show a transaction of this customer."""
    return view(await _load(call, customer, transaction))


async def _load(call: Call, customer: str, transaction_id: str) -> Stored:
    await _owner(call, customer)
    found = await call.find(TRANSACTION, transaction_id)
    if found is None or found["customer"] != customer:
        raise await call.missing(TRANSACTION, transaction_id, param="transaction", in_path=True)
    return found


@handles("POST /v1/customers/{customer}/balance_transactions/{transaction}", permission=PERMISSION)
async def update(call: Call, params: Document, *, customer: str, transaction: str) -> Document:
    """Change the description and metadata; amounts never change."""
    stored = await _load(call, customer, transaction)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if "description" in params:
        doc["description"] = params["description"] or None
    return view(stored if doc == stored.doc else call.change(stored, doc))


@includes("customer", "invoice_credit_balance")
async def credit(call: Call, customer: Document) -> Document:
    """What the customer is owed, by currency: the balances with the sign turned."""
    stored = await call.find(customers.CUSTOMER, customer["id"])
    kept = {} if stored is None else balances.of(stored.doc)
    return {currency: -balance for currency, balance in kept.items() if balance}


# -- cash balance -----------------------------------------------------------------------------------------------------


@handles("GET /v1/customers/{customer}/cash_balance", permission=PERMISSION)
async def retrieve_cash(call: Call, params: Document, *, customer: str) -> Document:
    """Show the cash balance, which every customer has."""
    return view_balance(await _owner(call, customer))


@handles("POST /v1/customers/{customer}/cash_balance", permission=PERMISSION)
async def update_cash(call: Call, params: Document, *, customer: str) -> Document:
    """Say how money that arrives is to be matched with payments. Nobody is told: the customer's own fields stay."""
    owner = await _owner(call, customer)
    doc = with_reconciliation(owner.doc, params)
    return view_balance(owner if doc == owner.doc else call.change(owner, doc))


@includes("customer", "cash_balance")
async def cash(call: Call, customer: Document) -> Document:
    """The cash balance that `expand[]=cash_balance` shows."""
    stored = await call.load(customers.CUSTOMER, customer["id"], param="customer")
    return renderer("cash_balance")(view_balance(stored))
