"""Refunds of application fees: what a platform gives back of a fee, to the account it took it from.

    POST /v1/application_fees/{id}/refunds          create
    GET  /v1/application_fees/{id}/refunds          list
    GET  /v1/application_fees/{fee}/refunds/{id}    retrieve
    POST /v1/application_fees/{fee}/refunds/{id}    update

The payment stays as it is. A refund of the payment gives its part of the fee back if it says so (`payment_shares`).
"""

from typing import Final

from strongroom import errors, ids
from strongroom.contract import renderer
from strongroom.domain.amounts import currency_of, written
from strongroom.resources import balance_transactions, connections
from strongroom.resources.application_fees import APPLICATION_FEE, PERMISSION
from strongroom.resources.balance_transactions import BALANCE_TRANSACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

SHOWN: Final = 10
"""How many of its refunds a fee shows."""


def view(refund: Stored) -> Document:
    """Return the refund's fields."""
    return {**refund.doc, "fee": refund["fee"]}


FEE_REFUND: Final = register_kind(Kind("fee_refund", "fee_refunds", "fr", "fee refund", PERMISSION, view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/application_fees/{id}/refunds", permission=PERMISSION)
async def create(call: Call, params: Document, *, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Give back what is left of a fee, or a part of it."""
    fee = await call.load(APPLICATION_FEE, id, param="id", in_path=True)
    amount = _amount(fee, params)
    if not await connections.is_living(call, fee.doc["account"]):
        raise errors.InvalidRequest(
            f"Application fee {fee.id} cannot be refunded: its account is not connected any more."
        )
    return view(await give_back(call, fee, amount, metadata=merge_metadata({}, params.get("metadata"))))


def left_of(fee: Stored) -> int:
    """Return how much of a fee has not been given back, in minor units."""
    left: int = fee.doc["amount"] - fee.doc["amount_refunded"]
    return left


def _amount(fee: Stored, params: Document) -> int:
    """Return how much is given back.

    Raises:
        errors.ApiError: it is not positive, or more than is left.
    """
    left = left_of(fee)
    if not left:
        raise errors.InvalidRequest(f"Application fee {fee.id} has already been refunded.")
    amount: int = params.get("amount", left)
    if amount < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > left:
        currency = currency_of(fee.doc["currency"])
        raise errors.InvalidRequest(
            f"Refund amount ({written(amount, currency)}) is greater than unrefunded amount on fee "
            f"({written(left, currency)})",
            param="amount",
        )
    return amount


async def give_back(
    platform: Call, fee: Stored, amount: int, *, metadata: dict[str, str] | None = None
) -> Stored:
    """Stage that an amount of a fee is given back, on both sides, with its event.

    Args:
        platform: acts on the platform.
        fee: what it is given back of.
        amount: in minor units, no more than is left.
        metadata: the platform's notes.
    """
    receiver = await platform.on_account(fee.doc["account"])
    refund_id = ids.new(FEE_REFUND.prefix)
    taken = await platform.find(BALANCE_TRANSACTION, fee.doc["balance_transaction"])
    assert taken is not None
    given, _ = (
        balance_transactions.book(
            call,
            "application_fee_refund",
            refund_id,
            signed,
            fee.doc["currency"],
            description=f"Refund of application fee {fee.id}",
            at_once=True,
            waits_until=taken["pending_until"],
        )
        for call, signed in ((platform, -amount), (receiver, amount))
    )
    doc: Document = {
        "id": refund_id,
        "object": "fee_refund",
        "amount": amount,
        "balance_transaction": given.id,
        "created": platform.now,
        "currency": fee.doc["currency"],
        "metadata": metadata or {},
    }
    refund = platform.insert(FEE_REFUND, doc, object_id=refund_id, fee=fee.id)
    platform.emit("application_fee.refunded", APPLICATION_FEE, _given_back(platform, fee, refund))
    return refund


def _given_back(call: Call, fee: Stored, refund: Stored) -> Stored:
    private = fee.doc[PRIVATE]
    refunded = fee.doc["amount_refunded"] + refund.doc["amount"]
    doc = {
        **fee.doc,
        "amount_refunded": refunded,
        "refunded": refunded == fee.doc["amount"],
        PRIVATE: {
            **private,
            "refunds": [_shown(refund), *private["refunds"]][:SHOWN],
            "refunds_total": private["refunds_total"] + 1,
        },
    }
    return call.change(fee, doc)


def _shown(refund: Stored) -> Document:
    return renderer(FEE_REFUND.type)(view(refund))


# -- retrieve, list, update -------------------------------------------------------------------------------------------


async def _load(call: Call, fee: str, refund: str) -> tuple[Stored, Stored]:
    """Return a fee and one of its refunds.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    owner = await call.load(APPLICATION_FEE, fee, param="fee", in_path=True)
    found = await call.load(FEE_REFUND, refund, param="id", in_path=True)
    if found["fee"] != owner.id:
        raise await call.missing(FEE_REFUND, refund, param="id", in_path=True)
    return owner, found


@handles("GET /v1/application_fees/{fee}/refunds/{id}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, fee: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a refund of a fee."""
    return view((await _load(call, fee, id))[1])


@handles("GET /v1/application_fees/{id}/refunds", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, id: str) -> Listing:  # noqa: A002 -- the contract's own name
    """List a fee's refunds, newest first."""
    fee = await call.load(APPLICATION_FEE, id, param="id", in_path=True)
    return await call.listing(FEE_REFUND, params, [Filter("fee", "eq", fee.id)])


@handles("POST /v1/application_fees/{fee}/refunds/{id}", permission=PERMISSION)
async def update(call: Call, params: Document, *, fee: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Change the platform's notes; the fee shows them too."""
    owner, stored = await _load(call, fee, id)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc)
    private = owner.doc[PRIVATE]
    shown = [_shown(changed) if one["id"] == changed.id else one for one in private["refunds"]]
    call.change(owner, {**owner.doc, PRIVATE: {**private, "refunds": shown}})
    call.emit(
        "application_fee.refund.updated", FEE_REFUND, changed, changed_leaves(view(stored), view(changed))
    )
    return view(changed)
