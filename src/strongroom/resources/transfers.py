"""Transfers: money that a platform passes on to a connected account.

    POST /v1/transfers               create
    GET  /v1/transfers               list
    GET  /v1/transfers/{transfer}    retrieve
    POST /v1/transfers/{transfer}    update

The platform's balance falls and the connected account's rises, by a payment of its own, in one commit. A transfer that
names the charge its money comes from (`source_transaction`) needs nothing to be available: it waits with that money, and
all that name one charge share what it took. Payments with `transfer_data` make theirs when their money is taken.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.domain.amounts import currency_of, written
from strongroom.resources import balance_transactions, charging, received
from strongroom.resources.balance_transactions import BALANCE_TRANSACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CHARGE
from strongroom.resources.connections import application_id
from strongroom.resources.destinations import check_destination
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.spending import spend
from strongroom.store import Filter

PERMISSION: Final = "transfer"
LISTED_BY: Final = ("destination", "transfer_group")
TRANSFERRED: Final = "transferred"
"""How much of a charge transfers have passed on and not taken back, in its document."""


def view(transfer: Stored) -> Document:
    """Return the transfer's fields; of its reversals it shows the ten newest."""
    doc = {key: value for key, value in transfer.doc.items() if key != PRIVATE}
    shown, total = transfer.doc[PRIVATE]["reversals"], transfer.doc[PRIVATE]["reversals_total"]
    return {
        **doc,
        "destination": transfer["destination"],
        "reversals": {
            "object": "list",
            "data": shown,
            "has_more": total > len(shown),
            "total_count": total,
            "url": f"/v1/transfers/{transfer.id}/reversals",
        },
        "transfer_group": transfer["transfer_group"],
    }


TRANSFER: Final = register_kind(Kind("transfer", "transfers", "tr", "transfer", PERMISSION, view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/transfers", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Pass an amount on: what is available, or what a charge has taken."""
    currency = currency_of(params["currency"]).code
    receiver = await check_destination(call, params["destination"], param="destination")
    source = None
    if params.get("source_transaction"):
        source = await _source(call, params["source_transaction"], currency)
    amount = _amount(params, source)
    if source is None:
        await spend(call, amount, currency, "You have insufficient available funds in your Stripe account.")
    group = params.get("transfer_group")
    if source is not None:
        source, group = _drawn_on(call, source, amount, group)
    transfer = await move(
        call,
        receiver,
        amount=amount,
        currency=currency,
        source=source,
        group=group,
        notes={
            "description": params.get("description") or None,
            "metadata": merge_metadata({}, params.get("metadata")),
            "source_type": params.get("source_type", "card"),
        },
    )
    tell_created(call, transfer)
    return view(transfer)


async def _source(call: Call, charge_id: str, currency: str) -> Stored:
    """Return the charge whose money is passed on.

    Raises:
        errors.InvalidRequest: it is not there, has taken nothing, or something in another currency.
    """
    charge = await call.load(CHARGE, charge_id, param="source_transaction")
    if charge.doc["status"] == charging.FAILED or not charge.doc["captured"]:
        raise errors.InvalidRequest(
            f"The charge {charge.id} has taken no money that could be transferred.",
            param="source_transaction",
        )
    if charge.doc[PRIVATE].get("captures", 0) > 1:
        raise errors.InvalidRequest(
            f"The charge {charge.id} was captured more than once, so it cannot be a source_transaction.",
            param="source_transaction",
        )
    if charge.doc["currency"] != currency:
        raise errors.InvalidRequest(
            f"The currency of source_transaction's balance transaction ({charge.doc['currency']}) must be the same as the "
            f"transfer currency ({currency})",
            param="currency",
        )
    return charge


def left_of(charge: Stored) -> int:
    """Return how much of what a charge took no transfer has passed on, in minor units."""
    passed_on: int = charge.doc[PRIVATE].get(TRANSFERRED, 0)
    taken: int = charge.doc["amount_captured"]
    return taken - passed_on


def _amount(params: Document, source: Stored | None) -> int:
    """Return how much is passed on; of a charge all that is left, if nobody says.

    Raises:
        errors.ApiError: it is missing, not positive, or more than is left of the charge.
    """
    if "amount" not in params and source is None:
        raise errors.parameter_missing("amount")
    left = None if source is None else left_of(source)
    amount: int = params["amount"] if left is None else params.get("amount", left)
    if left is not None and (amount > left or not left):
        assert source is not None
        currency = currency_of(source.doc["currency"])
        raise errors.InvalidRequest(
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{written(source.doc['amount_captured'], currency)}; {written(max(left, 0), currency)} of it are left.",
            param="amount",
        )
    if amount < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    return amount


def _drawn_on(call: Call, charge: Stored, amount: int, group: str | None) -> tuple[Stored, str]:
    """Stage that a part of a charge is passed on, and that both are of one group."""
    known: str = group or charge["transfer_group"] or f"group_{charge['payment_intent'] or charge.id}"
    doc = drawn(charge, amount)
    return call.change(charge, doc, transfer_group=charge["transfer_group"] or known), known


def drawn(charge: Stored, amount: int) -> Document:
    """Return a charge's document once an amount of it is passed on; negative: taken back."""
    passed_on = charge.doc[PRIVATE].get(TRANSFERRED, 0) + amount
    return {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], TRANSFERRED: passed_on}}


async def move(
    call: Call,
    receiver: Call,
    *,
    amount: int,
    currency: str,
    source: Stored | None,
    group: str | None,
    notes: Document,
    payment: Document | None = None,
    fee_detail: Document | None = None,
    of_payment: bool = False,
) -> Stored:
    """Stage a transfer and the payment it is on the other side, with what both mean for the balances. Tells nobody.

    Args:
        call: the platform's.
        receiver: acts on the connected account.
        amount: in minor units.
        currency: of the amount.
        source: the charge whose money it is, with its balance transaction if there is one; None: what is available.
        group: `transfer_group`.
        notes: what else the transfer says, such as `description`, `metadata`, `source_type`.
        payment: what else the payment says: `description`, `metadata`, the fee.
        fee_detail: what the platform keeps of it, as an item of `fee_details`.
        of_payment: whether a payment with `transfer_data` makes it.
    """
    transfer_id, payment_id = ids.new(TRANSFER.prefix), ids.new(received.PREFIX)
    waits_until = await _waits_until(call, source)
    transaction = balance_transactions.book(
        call,
        "transfer",
        transfer_id,
        -amount,
        currency,
        description=notes.get("description"),
        waits_until=waits_until,
    )
    doc: Document = {
        "id": transfer_id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": transaction.id,
        "created": call.now,
        "currency": currency,
        "destination_payment": payment_id,
        "livemode": call.caller.livemode,
        "metadata": {},
        "reversed": False,
        "source_transaction": None if source is None else source.id,
        "source_type": "card",
        **notes,
        PRIVATE: {
            "application_fee": (payment or {}).get("application_fee"),
            "of_payment": of_payment,
            "reversals": [],
            "reversals_total": 0,
        },
    }
    received.receive(
        receiver,
        payment_id,
        amount,
        currency,
        waits_until=waits_until,
        sender=call.caller.account,
        fee_detail=fee_detail,
        **{
            "application": application_id(call.caller.account),
            "source_transfer": transfer_id,
            **(payment or {}),
        },
    )
    columns = {"destination": receiver.caller.account, "transfer_group": group}
    return call.insert(TRANSFER, doc, object_id=transfer_id, **columns)


async def _waits_until(call: Call, source: Stored | None) -> int | None:
    """Return when the money of a charge can be paid out, None if it can now or is no charge's."""
    if source is None:
        return None
    transaction = None
    if source.doc["balance_transaction"] is not None:
        transaction = await call.find(BALANCE_TRANSACTION, source.doc["balance_transaction"])
    if transaction is None:
        return balance_transactions.usual_time(call)
    until: int | None = transaction["pending_until"]
    return until


def tell_created(call: Call, transfer: Stored) -> None:
    """Stage the event of a new transfer."""
    call.emit("transfer.created", TRANSFER, transfer)


# -- retrieve, list, update -------------------------------------------------------------------------------------------


@handles("GET /v1/transfers/{transfer}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, transfer: str) -> Document:
    """Show a transfer."""
    return view(await call.load(TRANSFER, transfer, param="transfer", in_path=True))


@handles("GET /v1/transfers", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List transfers, newest first: all, or those to an account or of a group."""
    wanted = [Filter(name, "eq", params[name]) for name in LISTED_BY if name in params]
    return await call.listing(TRANSFER, params, wanted)


@handles("POST /v1/transfers/{transfer}", permission=PERMISSION)
async def update(call: Call, params: Document, *, transfer: str) -> Document:
    """Change the platform's notes."""
    stored = await call.load(TRANSFER, transfer, param="transfer", in_path=True)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if "description" in params:
        doc["description"] = params["description"] or None
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc)
    call.emit("transfer.updated", TRANSFER, changed, changed_leaves(view(stored), view(changed)))
    return view(changed)
