"""Spending what an account has: nobody passes on more than is available, whoever else does so at the same moment.

What comes in writes no common row, so that payments do not wait for each other. What goes out on purpose (a transfer, its
reversal on the other side) changes the row of its currency: of two who saw the same money, one is rejected and looks
again. Refunds and disputes happen whatever is there, and may leave a balance below zero.
"""

from typing import Final

from strongroom import errors
from strongroom.domain.amounts import currency_of, written
from strongroom.resources.balance_transactions import AVAILABLE, PENDING, sums_of
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.store import Filter


def _view(spending: Stored) -> Document:
    return spending.doc


# Not registered: nothing on the wire shows it.
SPENDING: Final = Kind("spending", "spendings", "spending", "spending", "balance", _view)


async def spend(call: Call, amount: int, currency: str, message: str) -> None:
    """Make the write set depend on an amount being available, and on nobody else spending in its currency meanwhile.

    Args:
        call: acts on the account that spends.
        amount: in minor units.
        currency: of the amount.
        message: what is said if there is too little; what there is follows it.

    Raises:
        errors.InvalidRequest: `balance_insufficient`.
    """
    # Read before the sum: whoever spends after this, and may be missing in it, changes what is read here.
    row_id = f"{call.caller.account}_{currency}"
    row = await call.find(SPENDING, row_id)
    available = await spendable(call, currency)
    if amount > available:
        raise errors.InvalidRequest(
            f"{message} Available are {written(available, currency_of(currency))}.",
            code="balance_insufficient",
        )
    if row is None:
        call.insert_row(SPENDING.table, row_id, {}, created=call.now)
    else:
        call.change(row)


async def spendable(call: Call, currency: str) -> int:
    """Return what is available of a currency, in minor units.

    What goes out with money that waits becomes available with it. Of the two it counts first: it may be a moment late.
    """
    own = Filter("currency", "eq", currency)
    going = [Filter("net", "lt", 0), Filter("pending_until", "lte", call.now)]
    # Asked first: what became available in between counts twice, not never.
    leaving = (await sums_of(call, [own, *going]))[PENDING][currency]
    return leaving + (await sums_of(call, [own]))[AVAILABLE][currency]
