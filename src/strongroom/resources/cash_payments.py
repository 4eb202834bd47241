"""Paying from a cash balance: bank transfers, and the payments that wait for them.

    POST /v1/payment_intents/{intent}/apply_customer_balance                  apply
    POST /v1/test_helpers/customers/{customer}/fund_cash_balance              fund

The money is here already when it is paid with, so nobody is asked: what leaves the cash balance, the charge and the intent
are one commit. A payment that it does not cover waits for more; what it was given so far stays with it, until it is paid,
or given up, when all of it goes back.
"""

from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.connectors.base import Outcome
from strongroom.domain import bank_transfers as rules
from strongroom.domain import intents
from strongroom.domain.amounts import currency_of, written
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import (
    acquiring,
    attempts,
    bank_transfers,
    cash_balances,
    charging,
    customers,
    next_actions,
    payment_outcomes,
)
from strongroom.resources import intent_parts as parts
from strongroom.resources.addresses import TOKEN_LENGTH
from strongroom.resources.attempts import ACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.cash_balances import CASH_BALANCE, TYPE
from strongroom.resources.customers import CUSTOMER
from strongroom.resources.kind import Document, Stored
from strongroom.resources.payment_intents import PAYMENT_INTENT, PERMISSION, view
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import handles

FUNDED: Final = "funded"
"""How much of an intent is there, in minor units."""
WAITING: Final = "waiting"
"""The intents that wait for a customer's money, oldest first; some may not wait any more."""
TODO: Final = "display_bank_transfer_instructions"
OPTIONS: Final = f"payment_method_options[{TYPE}]"


def funded(doc: Document) -> int:
    """Return how much of an intent has been paid so far."""
    amount: int = doc[PRIVATE].get(FUNDED, 0)
    return amount


def _remaining(intent: Stored) -> int:
    left: int = intent.doc["amount"] - funded(intent.doc)
    return left


# -- confirming -------------------------------------------------------------------------------------------------------


async def begin(call: Call, intent: Stored, params: Document) -> Document:
    """Pay what the customer's cash covers, and have the intent wait for the rest.

    Raises:
        errors.ApiError: it cannot wait, or nobody says how the money is to be sent.
    """
    acquiring.check_connected(call)
    customer = await customers.load_living(call, intent.doc["customer"], param="customer")
    there = cash_balances.of(customer).get(intent.doc["currency"], 0)
    share = min(_remaining(intent), there if cash_balances.is_automatic(customer) else 0)
    if share == _remaining(intent):
        customer, intent = await _apply(call, customer, intent, share)
        return view(intent)
    if params.get("error_on_requires_action"):
        raise payment_outcomes.action_error(TYPE)
    intent, customer = _wait(call, intent, customer, attempts.return_url_of(params))
    call.emit("payment_intent.requires_action", PAYMENT_INTENT, intent)
    if share:
        customer, intent = await _apply(call, customer, intent, share)
    return view(intent)


def _wait(call: Call, intent: Stored, customer: Stored, return_url: str | None) -> tuple[Stored, Stored]:
    """Stage that an intent waits for money, and that its customer knows of it."""
    token = ids.random_base62(TOKEN_LENGTH)
    url = next_actions.page_url(call, intent.id, token)
    waiting = {
        "token": token,
        "type": TODO,
        "method_type": TYPE,
        "expires_at": None,
        "state": {"return_url": return_url},
        "key_account": call.caller.key_account,
    }
    doc = attempts.vacated(
        intent.doc,
        status=intents.REQUIRES_ACTION,
        next_action={"type": TODO, TODO: _instructions(intent, customer, url)},
        last_payment_error=None,
    )
    known = [one for one in customer.doc.get(PRIVATE, {}).get(WAITING, []) if one != intent.id]
    private = {**customer.doc.get(PRIVATE, {}), WAITING: [*known, intent.id]}
    return (
        call.change(intent, attempts.with_private(doc, **{ACTION: waiting})),
        call.change(customer, {**customer.doc, PRIVATE: private}),
    )


def _instructions(intent: Stored, customer: Stored, url: str) -> Document:
    options: Document = intent.doc[PRIVATE]["options"].get(TYPE, {})
    if "funding_type" not in options:
        raise errors.parameter_missing(f"{OPTIONS}[funding_type]")
    given = options.get("bank_transfer")
    if given is None or "type" not in given:
        raise errors.parameter_missing(f"{OPTIONS}[bank_transfer][type]")
    currency = intent.doc["currency"]
    transfer = bank_transfers.check(given, currency, param=f"{OPTIONS}[bank_transfer]")
    return {
        "amount_remaining": _remaining(intent),
        "currency": currency,
        "financial_addresses": bank_transfers.addresses(transfer, given, customer.id),
        "hosted_instructions_url": url,
        "reference": rules.reference(intent.id) if transfer.has_reference else None,
        "type": transfer.type,
    }


# -- money that moves -------------------------------------------------------------------------------------------------


async def _apply(call: Call, customer: Stored, intent: Stored, amount: int) -> tuple[Stored, Stored]:
    """Stage that a payment is given some of a customer's cash, and what it comes to; both are returned."""
    about = {"applied_to_payment": {"payment_intent": intent.id}}
    currency = intent.doc["currency"]
    customer, _ = cash_balances.book(call, customer, "applied_to_payment", -amount, currency, **about)
    intent = call.change(intent, attempts.with_private(intent.doc, **{FUNDED: funded(intent.doc) + amount}))
    left = _remaining(intent)
    if not left:
        return customer, await _paid(call, intent)
    todo = {**intent.doc["next_action"][TODO], "amount_remaining": left}
    intent = call.change(intent, {**intent.doc, "next_action": {"type": TODO, TODO: todo}})
    call.emit("payment_intent.partially_funded", PAYMENT_INTENT, intent)
    return customer, intent


async def _paid(call: Call, intent: Stored) -> Stored:
    """Stage that a payment is complete."""
    doc = intent.doc
    method = await call.find(PAYMENT_METHOD, doc["payment_method"])
    assert method is not None
    plan = charging.plan(
        ids.new("py"),
        method,
        amount=doc["amount"],
        currency=doc["currency"],
        capture=True,
        payment_intent=intent.id,
        application=doc["application"],
        metadata=doc["metadata"],
        books_later=doc["capture_method"] == "automatic_async",
        platform=doc[PRIVATE].get("platform"),
        asks=doc,
    )
    outcome = Outcome(Verdict.APPROVED)
    charge = await charging.record(call, plan, outcome)
    charging.watch(call, charge, outcome)
    await attempts.keep(call, method, usage=None, customer=doc["customer"])
    paid = call.change(
        intent,
        attempts.vacated(
            doc,
            status=intents.SUCCEEDED,
            amount_received=doc["amount"],
            last_payment_error=None,
            latest_charge=charge.id,
        ),
    )
    payment_outcomes.tell(call, paid)
    return paid


async def taken_back(call: Call, doc: Document, customer: str | None) -> Document:
    """Return an intent's document without what it was given so far, which goes back into the cash balance."""
    amount = funded(doc)
    if not amount:
        return doc
    owner = await call.find(CUSTOMER, customer or "")
    assert owner is not None
    about = {"unapplied_from_payment": {"payment_intent": doc["id"]}}
    cash_balances.book(call, owner, "unapplied_from_payment", amount, doc["currency"], **about)
    return attempts.with_private(doc, **{FUNDED: 0})


# -- by hand ----------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_intents/{intent}/apply_customer_balance", permission=PERMISSION)
async def apply(call: Call, params: Document, *, intent: str) -> Document:
    """Give a payment that waits for money some of its customer's cash: what is said, or all it still wants."""
    stored = await call.load(PAYMENT_INTENT, intent, param="intent", in_path=True)
    currency = stored.doc["currency"]
    if (params.get("currency") or currency).lower() != currency:
        raise errors.ParameterRefused(f"The currency of this PaymentIntent is {currency}.", param="currency")
    if params.get("amount", 1) < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if not _is_waiting(stored):
        raise parts.unexpected_state(
            PAYMENT_INTENT,
            stored,
            "The customer's balance can only be applied to a PaymentIntent that waits for a bank transfer; this one has a "
            f"status of {stored.doc['status']}.",
        )
    attempts.check_free(stored)
    amount = params.get("amount", _remaining(stored))
    customer = await customers.load_living(call, stored.doc["customer"], param="customer")
    _check_applicable(stored, amount, cash_balances.of(customer).get(currency, 0))
    _, changed = await _apply(call, customer, stored, amount)
    return view(changed)


def _check_applicable(intent: Stored, amount: int, there: int) -> None:
    currency, left = currency_of(intent.doc["currency"]), _remaining(intent)
    if amount > left:
        raise errors.InvalidRequest(
            f"The amount ({written(amount, currency)}) is more than the PaymentIntent still wants "
            f"({written(left, currency)}).",
            code="amount_too_large",
            param="amount",
        )
    if amount > there:
        raise errors.InvalidRequest(
            f"The amount ({written(amount, currency)}) is more than the customer's cash balance "
            f"({written(there, currency)}).",
            code="balance_insufficient",
            param="amount",
        )


def _is_waiting(intent: Stored) -> bool:
    action = intent.doc[PRIVATE].get(ACTION)
    return intent.doc["status"] == intents.REQUIRES_ACTION and (action or {}).get("type") == TODO


# -- money that arrives -----------------------------------------------------------------------------------------------


@handles("POST /v1/test_helpers/customers/{customer}/fund_cash_balance", permission="customer")
async def fund(call: Call, params: Document, *, customer: str) -> Document:
    """Have a bank transfer of a customer arrive. For test mode alone."""
    if call.caller.livemode:
        raise errors.InvalidRequest("Test helpers can only be used in test mode.")
    transfer = bank_transfers.of_currency(params["currency"].lower())
    if params["amount"] < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    owner = await customers.load_living(call, customer, param="customer", in_path=True)
    if cash_balances.of(owner).get(transfer.currency, 0) + params["amount"] > limits.BALANCE_MAX:
        raise errors.ParameterRefused("The cash balance would be too large.", param="amount")
    return await _arrived(call, owner, transfer.currency, params["amount"], params.get("reference") or None)


async def _arrived(
    call: Call, customer: Stored, currency: str, amount: int, reference: str | None
) -> Document:
    """Stage that money has arrived, and what it pays; return the transaction of its arrival."""
    transfer = bank_transfers.of_currency(currency)
    sender: Document = {transfer.type: transfer.sender} if transfer.sender else {}
    inside = {"reference": reference, "type": transfer.type, **sender}
    about = {"bank_transfer": inside}
    customer, arrival = cash_balances.book(call, customer, "funded", amount, currency, funded=about)
    if cash_balances.is_automatic(customer):
        customer = await _reconcile(call, customer, currency, amount, reference)
    if cash_balances.of(customer).get(currency, 0):
        call.emit("cash_balance.funds_available", CASH_BALANCE, customer)
    return cash_balances.view(arrival)


async def _reconcile(
    call: Call, customer: Stored, currency: str, received: int, reference: str | None
) -> Stored:
    """Stage what a customer's cash pays of what waits for it, and return the customer."""
    known: list[str] = customer.doc.get(PRIVATE, {}).get(WAITING, [])
    found = await call.find_many(PAYMENT_INTENT, set(known))
    waiting = [found[one] for one in known if one in found and _is_waiting(found[one])]
    free = [one for one in waiting if one.doc[PRIVATE].get(attempts.BUSY) is None]
    payable = [
        rules.Open(one.id, _remaining(one), one.doc["next_action"][TODO]["reference"])
        for one in free
        if one.doc["currency"] == currency
    ]
    there = cash_balances.of(customer).get(currency, 0)
    shares = dict(rules.allocate(there, received, payable, reference))
    still = [one.id for one in waiting if shares.get(one.id, 0) < _remaining(one)]
    for intent, share in shares.items():
        customer, _ = await _apply(call, customer, found[intent], share)
    private: dict[str, Any] = {**customer.doc.get(PRIVATE, {}), WAITING: still}
    return call.change(customer, {**customer.doc, PRIVATE: private})


async def sent(call: Call, intent: Stored) -> Document:
    """Have what a payment still wants arrive, as its customer says on its page."""
    attempts.check_free(intent)
    customer = await customers.load_living(call, intent.doc["customer"], param="customer")
    reference = intent.doc["next_action"][TODO]["reference"]
    await _arrived(call, customer, intent.doc["currency"], _remaining(intent), reference)
    changed = await call.find(PAYMENT_INTENT, intent.id)
    assert changed is not None
    return view(changed)
