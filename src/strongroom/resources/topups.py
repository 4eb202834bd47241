"""Top-ups: money that an account brings in from a bank account of its own.

    POST /v1/topups                   create
    GET  /v1/topups                   list
    GET  /v1/topups/{topup}           retrieve
    POST /v1/topups/{topup}           update
    POST /v1/topups/{topup}/cancel    cancel

A top-up is pending until the bank has sent the money or has not; what comes of it in test mode is said by the number of the
bank account, as of a payout to it. The balance rises when it has succeeded. The bank account comes as a token, which is
spent; without one it is the one that the account would have set up in a dashboard.
"""

from collections.abc import Iterable
from typing import Final

from strongroom import errors, ids
from strongroom.catalog.failures import failure_message, failures
from strongroom.domain.amounts import currency_of
from strongroom.resources import acquiring, balance_transactions, tokens
from strongroom.resources.bank_accounts import BankMaterial
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.tasks import continues, later
from strongroom.store import Filter

PERMISSION: Final = "topup"
PENDING: Final = "pending"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELED: Final = "canceled"
AMOUNT_MAX: Final = 99_999_999
"""Eight digits of the smallest unit, as of a charge."""


def view(topup: Stored) -> Document:
    """Return the top-up's fields."""
    doc = {key: value for key, value in topup.doc.items() if key != PRIVATE}
    return {**doc, "amount": topup["amount"], "status": topup["status"]}


TOPUP: Final = register_kind(Kind("topup", "topups", "tu", "top-up", PERMISSION, view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/topups", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Ask a bank for an amount; the answer comes later."""
    acquiring.check_connected(call)
    for name in ("payment_method", "payment_method_options"):
        if params.get(name):
            raise errors.not_implemented(f"the parameter `{name}` of top-ups")
    amount, currency = _amount(params["amount"]), currency_of(params["currency"]).code
    bank = await _bank(call, params.get("source") or None, currency)
    topup_id = ids.new(TOPUP.prefix)
    doc: Document = {
        "id": topup_id,
        "object": "topup",
        "balance_transaction": None,
        "created": call.now,
        "currency": currency,
        "description": params.get("description") or None,
        "expected_availability_date": call.now + call.settings.settle_after,
        "failure_code": None,
        "failure_message": None,
        "initiated_by": "user",
        "livemode": call.caller.livemode,
        "metadata": merge_metadata({}, params.get("metadata")),
        "source": None if bank is None else _source(call, bank),
        "statement_descriptor": params.get("statement_descriptor") or None,
        "transfer_group": params.get("transfer_group") or None,
        PRIVATE: {"outcome": None if bank is None else bank.behaviour},
    }
    topup = call.insert(
        TOPUP,
        doc,
        object_id=topup_id,
        amount=amount,
        status=PENDING,
        record=None if bank is None else bank.record,
    )
    call.emit("topup.created", TOPUP, topup)
    later(call, call.settings.settle_after, "topup.answered", {"id": topup_id})
    return view(topup)


def _amount(amount: int) -> int:
    if not 1 <= amount <= AMOUNT_MAX:
        relation, bound = ("greater", 1) if amount < 1 else ("less", AMOUNT_MAX)
        raise errors.ParameterRefused(
            f"This value must be {relation} than or equal to {bound}.",
            code="parameter_invalid_integer",
            param="amount",
        )
    return amount


async def _bank(call: Call, source: str | None, currency: str) -> BankMaterial | None:
    """Return the bank account behind the token, which is spent.

    Raises:
        errors.InvalidRequest: no such token, another kind, spent before, or of an account in another currency.
    """
    if source is None:
        return None
    bank = await tokens.spend_bank(call, source, param="source")
    if bank.shown["currency"] != currency:
        raise errors.InvalidRequest(
            f"The bank account is held in {bank.shown['currency']}, and cannot send {currency}.",
            param="currency",
        )
    return bank


def _source(call: Call, bank: BankMaterial) -> Document:
    """Return the bank account as top-ups show it: a source of their own."""
    shown = bank.shown
    same = ("bank_name", "country", "fingerprint", "last4", "routing_number")
    return {
        "id": ids.new("src"),
        "object": "source",
        "ach_debit": {**{name: shown[name] for name in same}, "type": shown["account_holder_type"]},
        "amount": None,
        "client_secret": f"src_client_secret_{ids.random_base62(24)}",
        "created": call.now,
        "currency": shown["currency"],
        "flow": "none",
        "livemode": call.caller.livemode,
        "metadata": {},
        "owner": {"name": shown["account_holder_name"]},
        "statement_descriptor": None,
        "status": "chargeable",
        "type": "ach_debit",
        "usage": "reusable",
    }


# -- what comes of it -------------------------------------------------------------------------------------------------


@continues("topup.answered")
async def answered(call: Call, state: Document, _: object) -> None:
    """The bank has sent the money, or says why not; of a top-up that was canceled nothing comes."""
    topup = await call.find(TOPUP, state["id"])
    if topup is None or topup["status"] != PENDING:
        return None
    await call.erase_record(topup["record"])
    outcome = topup.doc[PRIVATE]["outcome"]
    if outcome in failures().messages:
        told = {"failure_code": outcome, "failure_message": failure_message(outcome)}
        failed = call.change(topup, {**topup.doc, **told}, status=FAILED, record=None)
        return call.emit("topup.failed", TOPUP, failed, requested=False)
    booked = balance_transactions.book(
        call,
        "topup",
        topup.id,
        topup["amount"],
        topup.doc["currency"],
        description=topup.doc["description"],
        at_once=True,
    )
    doc = {**topup.doc, "balance_transaction": booked.id}
    done = call.change(topup, doc, status=SUCCEEDED, record=None)
    call.emit("topup.succeeded", TOPUP, done, requested=False)
    return None


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/topups/{topup}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, topup: str) -> Document:
    """Show a top-up."""
    return view(await _load(call, topup))


@handles("GET /v1/topups", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List top-ups, newest first: all, or those of a status or an amount."""
    wanted = [Filter("status", "eq", params["status"])] if "status" in params else []
    return await call.listing(TOPUP, params, [*wanted, *_amounts(params.get("amount"))])


def _amounts(given: int | Document | None) -> Iterable[Filter]:
    if given is None:
        return ()
    bounds = {"eq": given} if isinstance(given, int) else given
    return [Filter("amount", operator, bound) for operator, bound in bounds.items()]  # type: ignore[arg-type] # the contract's own four


async def _load(call: Call, topup: str) -> Stored:
    return await call.load(TOPUP, topup, param="topup", in_path=True)


# -- update and cancel ------------------------------------------------------------------------------------------------


@handles("POST /v1/topups/{topup}", permission=PERMISSION)
async def update(call: Call, params: Document, *, topup: str) -> Document:
    """Change the description or the metadata. There is no event of it."""
    stored = await _load(call, topup)
    changes: Document = {"metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if "description" in params:
        changes["description"] = params["description"] or None
    doc = {**stored.doc, **changes}
    return view(stored if doc == stored.doc else call.change(stored, doc))


@handles("POST /v1/topups/{topup}/cancel", permission=PERMISSION)
async def cancel(call: Call, params: Document, *, topup: str) -> Document:
    """Take a top-up back that the bank has not answered yet."""
    stored = await _load(call, topup)
    if stored["status"] != PENDING:
        raise errors.InvalidRequest(f"This top-up cannot be canceled: its status is {stored['status']}.")
    await call.erase_record(stored["record"])
    canceled = call.change(stored, status=CANCELED, record=None)
    call.emit("topup.canceled", TOPUP, canceled)
    return view(canceled)
