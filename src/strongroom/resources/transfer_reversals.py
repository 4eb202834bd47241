"""Transfer reversals: what a platform takes back of a transfer, all of it or a part.

    POST /v1/transfers/{id}/reversals               create
    GET  /v1/transfers/{id}/reversals               list
    GET  /v1/transfers/{transfer}/reversals/{id}    retrieve
    POST /v1/transfers/{transfer}/reversals/{id}    update

The connected account has to have it, unless the transfer belongs to a payment (`transfer_data`): what a payment brought
can be taken back with it. On the other side it is a refund of the payment that the transfer was.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.contract import renderer
from strongroom.domain.amounts import currency_of, written
from strongroom.domain.money import rounded, share
from strongroom.resources import balance_transactions, connections, fee_refunds, received, transfers
from strongroom.resources.application_fees import APPLICATION_FEE
from strongroom.resources.balance_transactions import BALANCE_TRANSACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.refunds import REFUND
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.spending import spend
from strongroom.resources.transfers import PERMISSION, TRANSFER
from strongroom.store import Filter

SHOWN: Final = 10
"""How many of its reversals a transfer shows."""


def view(reversal: Stored) -> Document:
    """Return the reversal's fields."""
    return {**reversal.doc, "transfer": reversal["transfer"]}


REVERSAL: Final = register_kind(
    Kind("transfer_reversal", "transfer_reversals", "trr", "transfer reversal", PERMISSION, view)
)


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/transfers/{id}/reversals", permission=PERMISSION)
async def create(call: Call, params: Document, *, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Take back what is left of a transfer, or a part of it."""
    transfer = await call.load(TRANSFER, id, param="id", in_path=True)
    amount = _amount(transfer, params)
    if params.get("refund_application_fee"):
        await _give_fee_back(call, transfer, amount)
    reversal = await reverse(
        call, transfer, amount, metadata=merge_metadata({}, params.get("metadata") or None)
    )
    return view(reversal)


def left_of(transfer: Stored) -> int:
    """Return how much of a transfer has not been taken back, in minor units."""
    left: int = transfer.doc["amount"] - transfer.doc["amount_reversed"]
    return left


def _amount(transfer: Stored, params: Document) -> int:
    """Return how much is taken back.

    Raises:
        errors.ApiError: it is not positive, or more than is left.
    """
    left = left_of(transfer)
    if not left:
        raise errors.InvalidRequest(f"Transfer {transfer.id} is already fully reversed.")
    amount: int = params.get("amount", left)
    if amount < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > left:
        currency = currency_of(transfer.doc["currency"])
        raise errors.InvalidRequest(
            f"Reversal amount ({written(amount, currency)}) is greater than unreversed amount on transfer "
            f"({written(left, currency)})",
            param="amount",
        )
    return amount


async def _give_fee_back(call: Call, transfer: Stored, amount: int) -> None:
    """Stage that the part of the fee that was taken of a transfer is given back with it.

    Raises:
        errors.InvalidRequest: none was taken, or none of it is left.
    """
    fee = await call.find(APPLICATION_FEE, transfer.doc[PRIVATE]["application_fee"] or "")
    left = 0 if fee is None else fee_refunds.left_of(fee)
    if fee is None or not left:
        raise errors.InvalidRequest(
            f"Transfer {transfer.id} has no application fee that could be refunded.",
            param="refund_application_fee",
        )
    whole, before = fee.doc["amount"], fee.doc["amount_refunded"]
    all_of_it = transfer.doc["amount"]
    went_along = rounded(whole * transfer.doc["amount_reversed"], all_of_it)
    # What completes the transfer takes the rest, unless earlier reversals left the fee where it was.
    is_last = (
        amount == left_of(transfer) and abs(before - went_along) <= transfer.doc[PRIVATE]["reversals_total"]
    )
    part = share(whole, amount, all_of_it, given_before=before, is_last=is_last)
    if part:
        await fee_refunds.give_back(call, fee, part)


async def reverse(
    call: Call,
    transfer: Stored,
    amount: int,
    *,
    metadata: dict[str, str] | None = None,
    refund: str | None = None,
    given: Document | None = None,
) -> Stored:
    """Stage that an amount of a transfer is taken back, on both sides, with its events.

    Args:
        call: the platform's.
        transfer: what it is taken back of.
        amount: in minor units, no more than is left.
        metadata: the platform's notes.
        refund: the id of the refund that causes it.
        given: what the connected account says of it if it sends it back itself: `metadata`, `reason`.

    Raises:
        errors.InvalidRequest: `balance_insufficient`, `resource_missing`: the account is not connected any more.
    """
    if not await connections.is_living(call, transfer["destination"]):
        raise errors.resource_missing("destination", transfer["destination"], param="destination")
    receiver = await call.on_account(transfer["destination"])
    currency, reversal_id = transfer.doc["currency"], ids.new(REVERSAL.prefix)
    waits_until = await _still_waits_until(call, transfer)
    if waits_until is None and not transfer.doc[PRIVATE]["of_payment"]:
        await spend(
            receiver,
            amount,
            currency,
            "The connected account has insufficient funds to reverse this transfer.",
        )
    returned = await received.take_back(
        receiver,
        transfer.doc["destination_payment"],
        amount,
        reversal_id,
        waits_until=waits_until,
        notes=given or {},
    )
    transaction = balance_transactions.book(
        call,
        "transfer_refund",
        reversal_id,
        amount,
        currency,
        description=f"REFUND FOR TRANSFER ({transfer.id})",
        at_once=True,
        waits_until=waits_until,
    )
    doc: Document = {
        "id": reversal_id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": transaction.id,
        "created": call.now,
        "currency": currency,
        "destination_payment_refund": returned,
        "metadata": metadata or {},
        "source_refund": refund if given is None else returned,
    }
    reversal = call.insert(REVERSAL, doc, object_id=reversal_id, transfer=transfer.id)
    changed = _taken_back(call, transfer, reversal)
    await _freed(call, transfer, amount)
    call.emit("transfer.reversed", TRANSFER, changed)
    return reversal


async def send_back(call: Call, payment: Stored, amount: int, params: Document) -> Stored:
    """Stage that a connected account sends a part of what it received back, and return the refund that says so.

    Args:
        call: acts on the connected account.
        payment: what it received, `py_…`.
        amount: in minor units, no more than is left of it.
        params: the refund's.

    Raises:
        errors.InvalidRequest: `balance_insufficient`; or it is nobody's connected account any more.
    """
    platform = await connections.of_platform(call, payment.doc[PRIVATE][received.SENDER])
    transfer = await platform.find(TRANSFER, payment.doc["source_transfer"])
    assert transfer is not None
    given = {"metadata": merge_metadata({}, params.get("metadata")), "reason": params.get("reason")}
    reversal = await reverse(platform, transfer, amount, given=given)
    refund = await call.find(REFUND, reversal.doc["destination_payment_refund"])
    assert refund is not None
    return refund


async def _still_waits_until(call: Call, transfer: Stored) -> int | None:
    """Return until when the money of a transfer waits, None if it does no more."""
    transaction = await call.find(BALANCE_TRANSACTION, transfer.doc["balance_transaction"])
    assert transaction is not None
    until: int | None = transaction["pending_until"]
    return until


def _taken_back(call: Call, transfer: Stored, reversal: Stored) -> Stored:
    private = transfer.doc[PRIVATE]
    reversed_by_now = transfer.doc["amount_reversed"] + reversal.doc["amount"]
    doc = {
        **transfer.doc,
        "amount_reversed": reversed_by_now,
        "reversed": reversed_by_now == transfer.doc["amount"],
        PRIVATE: {
            **private,
            "reversals": [_shown(reversal), *private["reversals"]][:SHOWN],
            "reversals_total": private["reversals_total"] + 1,
        },
    }
    return call.change(transfer, doc)


def _shown(reversal: Stored) -> Document:
    return renderer(REVERSAL.type)(view(reversal))


async def _freed(call: Call, transfer: Stored, amount: int) -> None:
    """Stage that a charge's money which was taken back can be passed on again."""
    source = transfer.doc["source_transaction"]
    charge = None if source is None else await call.find(CHARGE, source)
    if charge is not None:
        call.change(charge, transfers.drawn(charge, -amount))


# -- retrieve, list, update -------------------------------------------------------------------------------------------


async def _load(call: Call, transfer: str, reversal: str) -> tuple[Stored, Stored]:
    """Return a transfer and one of its reversals.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    owner = await call.load(TRANSFER, transfer, param="transfer", in_path=True)
    found = await call.load(REVERSAL, reversal, param="id", in_path=True)
    if found["transfer"] != owner.id:
        raise await call.missing(REVERSAL, reversal, param="id", in_path=True)
    return owner, found


@handles("GET /v1/transfers/{transfer}/reversals/{id}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, transfer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a reversal."""
    return view((await _load(call, transfer, id))[1])


@handles("GET /v1/transfers/{id}/reversals", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, id: str) -> Listing:  # noqa: A002 -- the contract's own name
    """List a transfer's reversals, newest first."""
    transfer = await call.load(TRANSFER, id, param="id", in_path=True)
    return await call.listing(REVERSAL, params, [Filter("transfer", "eq", transfer.id)])


@handles("POST /v1/transfers/{transfer}/reversals/{id}", permission=PERMISSION)
async def update(call: Call, params: Document, *, transfer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Change the platform's notes; the transfer shows them too."""
    owner, stored = await _load(call, transfer, id)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc)
    private = owner.doc[PRIVATE]
    shown = [_shown(changed) if one["id"] == changed.id else one for one in private["reversals"]]
    told = call.change(owner, {**owner.doc, PRIVATE: {**private, "reversals": shown}})
    call.emit("transfer.updated", TRANSFER, told, changed_leaves(transfers.view(owner), transfers.view(told)))
    return view(changed)
