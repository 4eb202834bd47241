"""Application fees: what a platform keeps of a payment that a connected account takes.

    GET /v1/application_fees         list
    GET /v1/application_fees/{id}    retrieve

A fee is made with the payment it is taken of (`payment_shares`), and given back by `fee_refunds`. It is the platform's
object; on the connected account it shows as a detail of what the payment brought.
"""

from typing import Final

from strongroom import ids
from strongroom.resources import balance_transactions
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

PERMISSION: Final = "application_fee"


def view(fee: Stored) -> Document:
    """Return the fee's fields; of its refunds it shows the ten newest."""
    doc = {key: value for key, value in fee.doc.items() if key != PRIVATE}
    shown, total = fee.doc[PRIVATE]["refunds"], fee.doc[PRIVATE]["refunds_total"]
    return {
        **doc,
        "charge": fee["charge"],
        "refunds": {
            "object": "list",
            "data": shown,
            "has_more": total > len(shown),
            "total_count": total,
            "url": f"/v1/application_fees/{fee.id}/refunds",
        },
    }


APPLICATION_FEE: Final = register_kind(
    Kind("application_fee", "application_fees", "fee", "application fee", PERMISSION, view)
)


# -- for what takes money ---------------------------------------------------------------------------------------------


def detail(platform: str, amount: int, currency: str) -> Document:
    """Return what `fee_details` of the payment say of a platform's fee, in minor units."""
    return {
        "amount": amount,
        "application": application_id(platform),
        "currency": currency,
        "description": "Application fee",
        "type": "application_fee",
    }


def collect(
    platform: Call,
    fee_id: str,
    amount: int,
    currency: str,
    *,
    account: str,
    charge: str,
    waits_until: int | None,
    originating: str | None = None,
) -> Stored:
    """Stage a fee and what it brings into the platform's balance. Tells nobody.

    Args:
        platform: acts on the platform.
        fee_id: its id.
        amount: in minor units.
        currency: of the amount.
        account: the connected account it is taken from.
        charge: the account's charge it is taken of.
        waits_until: when it can be paid out; None: at once.
        originating: the platform's own charge, if the account's was passed on to it.
    """
    transaction = balance_transactions.book(
        platform,
        "application_fee",
        fee_id,
        amount,
        currency,
        description=f"Application fee from {account}",
        at_once=True,
        waits_until=waits_until,
    )
    doc: Document = {
        "id": fee_id,
        "object": "application_fee",
        "account": account,
        "amount": amount,
        "amount_refunded": 0,
        "application": application_id(platform.caller.account),
        "balance_transaction": transaction.id,
        "created": platform.now,
        "currency": currency,
        "fee_source": {"charge": charge, "type": "charge"},
        "livemode": platform.caller.livemode,
        "originating_transaction": originating,
        "refunded": False,
        PRIVATE: {"refunds": [], "refunds_total": 0},
    }
    return platform.insert(APPLICATION_FEE, doc, object_id=fee_id, charge=charge)


def new_id() -> str:
    """Return the id of a new fee."""
    return ids.new(APPLICATION_FEE.prefix)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/application_fees/{id}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a fee."""
    return view(await call.load(APPLICATION_FEE, id, param="id", in_path=True))


@handles("GET /v1/application_fees", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List fees, newest first: all, or that of a charge."""
    wanted = [Filter("charge", "eq", params["charge"])] if "charge" in params else []
    return await call.listing(APPLICATION_FEE, params, wanted)
