"""Balance transactions, every change of what an account holds; and the balance, which is their sum.

    GET /v1/balance_transactions         list
    GET /v1/balance_transactions/{id}    retrieve
    GET /v1/balance                      retrieve

Each is written with what causes it, in one commit, and changed but once: when its money has waited long enough. Nothing is
converted: an account has a balance in every currency it was paid in.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

from strongroom import ids
from strongroom.catalog.accounts import account_tables
from strongroom.catalog.pricing import pricing
from strongroom.domain.money import Price, available_on
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.standing import standing_of
from strongroom.resources.tasks import continues, later
from strongroom.store import Filter

PAGE: Final = 500
AVAILABLE: Final = "available"
PENDING: Final = "pending"
PROCESSING: Final = "Stripe processing fees"

# What each type is called in reports.
_CATEGORIES: Final = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "refund_failure",
    "adjustment": "dispute",
    "topup": "topup",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
}


def view(transaction: Stored) -> Document:
    """Return the balance transaction's fields."""
    status = AVAILABLE if transaction["pending_until"] is None else PENDING
    return {**transaction.doc, "status": status}


BALANCE_TRANSACTION: Final = register_kind(
    Kind(
        "balance_transaction",
        "balance_transactions",
        "txn",
        "balance transaction",
        "balance_transaction",
        view,
    )
)


# -- for what moves money ---------------------------------------------------------------------------------------------


def fee_of(family: str, amount: int) -> int:
    """Return what processing an amount costs, in its own minor units."""
    return Price(*pricing().of(family)).fee(amount)


def usual_time(call: Call) -> int:
    """Return when money that is taken now can be paid out, in seconds since 1970."""
    return available_on(call.now, pricing().waiting_days)


def book(
    call: Call,
    kind: str,
    source: str,
    amount: int,
    currency: str,
    *,
    fee: int = 0,
    fee_name: str = PROCESSING,
    application_fee: Document | None = None,
    description: str | None = None,
    category: str | None = None,
    at_once: bool = False,
    waits_until: int | None = None,
) -> Stored:
    """Stage a change of the balance and return it.

    Args:
        call: the request.
        kind: its `type`.
        source: the id of what causes it.
        amount: in minor units; negative for what leaves.
        currency: what it is an amount of.
        fee: what processing it costs.
        fee_name: what that is called.
        application_fee: what a platform keeps of it, as an item of `fee_details`.
        description: what the source says of itself.
        category: what reports call it; None: what they call its kind.
        at_once: whether it counts now, and not in a few days. What leaves always does.
        waits_until: when it counts, in seconds since 1970, where that depends on other money; None: as said above.
    """
    when = usual_time(call) if amount > 0 and not at_once else call.now
    when = when if waits_until is None else max(waits_until, call.now)
    waits = when > call.now
    details = [application_fee] if application_fee is not None else []
    details += [_fee_detail(fee, currency, fee_name)] if fee else []
    kept_back = sum(one["amount"] for one in details)
    transaction_id = ids.new(BALANCE_TRANSACTION.prefix)
    doc: Document = {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": when,
        "balance_type": "payments",
        "created": call.now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": kept_back,
        "fee_details": details,
        "net": amount - kept_back,
        "reporting_category": category or _CATEGORIES[kind],
        "source": source,
        "type": kind,
    }
    if waits:
        later(call, when - call.now, "balance_transaction.available", {"id": transaction_id})
    return call.insert(
        BALANCE_TRANSACTION,
        doc,
        object_id=transaction_id,
        type=kind,
        currency=currency,
        source=source,
        pending_until=when if waits else None,
        net=doc["net"],
    )


def _fee_detail(fee: int, currency: str, name: str) -> Document:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": name,
        "type": "stripe_fee",
    }


@continues("balance_transaction.available")
async def become_available(call: Call, state: Document, _: object) -> None:
    """The money has waited long enough."""
    transaction = await call.find(BALANCE_TRANSACTION, state["id"])
    if transaction is not None and transaction["pending_until"] is not None:
        call.change(transaction, pending_until=None)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/balance_transactions/{id}", permission="balance_transaction")
async def retrieve(call: Call, params: Document, *, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a balance transaction."""
    return view(await call.load(BALANCE_TRANSACTION, id, param="id", in_path=True))


@handles("GET /v1/balance_transactions", permission="balance_transaction")
async def list_all(call: Call, params: Document) -> Listing:
    """List balance transactions, newest first: all, or those of one type, currency or source."""
    if "payout" in params:
        return Listing([], has_more=False)
    wanted = [Filter(name, "eq", params[name]) for name in ("type", "source") if name in params]
    if "currency" in params:
        wanted.append(Filter("currency", "eq", params["currency"].lower()))
    return await call.listing(BALANCE_TRANSACTION, params, wanted)


@handles("GET /v1/balance", permission="balance")
async def retrieve_balance(call: Call, params: Document) -> Document:
    """Show what can be paid out and what still waits, in each currency; at least in the account's own."""
    own = account_tables().countries[(await standing_of(call)).country].currency
    sums = await sums_of(call)
    currencies = sorted({own, *sums[AVAILABLE], *sums[PENDING]}, key=lambda one: (one != own, one))
    return {
        "object": "balance",
        "livemode": call.caller.livemode,
        **{status: [_sum(sums[status], one) for one in currencies] for status in sums},
    }


async def sums_of(call: Call, filters: Sequence[Filter] = ()) -> dict[str, Counter[str]]:
    """Return what the account's balance transactions add up to: by status, then by currency, in minor units."""
    caller = call.caller
    totals = await call.store.totals(
        BALANCE_TRANSACTION.table,
        caller.account,
        caller.livemode,
        column="net",
        by="currency",
        apart="pending_until",
        filters=filters,
    )
    sums: dict[str, Counter[str]] = {AVAILABLE: Counter(), PENDING: Counter()}
    for one in totals:
        sums[PENDING if one.is_set else AVAILABLE][one.value] += one.total
    if any(one.unknown for one in totals):
        async for transaction in _all(call, [*filters, Filter("net", "is_null", True)]):
            shown = view(transaction)
            sums[shown["status"]][shown["currency"]] += shown["net"]
    return sums


async def _all(call: Call, filters: Sequence[Filter]) -> AsyncIterator[Stored]:
    """Yield the account's balance transactions that satisfy all filters, newest first."""
    params: Document = {"limit": PAGE}
    has_more = True
    while has_more:
        found, has_more = await call.page(BALANCE_TRANSACTION, params, filters)
        for transaction in found:
            yield transaction
        if found:
            params["starting_after"] = found[-1].id


def _sum(sums: Counter[str], currency: str) -> Document:
    return {"amount": sums[currency], "currency": currency, "source_types": {"card": sums[currency]}}
