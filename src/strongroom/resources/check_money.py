"""What `strongroom check` knows of money: what the acquirer was asked and what was written down are the same."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from strongroom.domain.disputes import HOLDS_MONEY
from strongroom.house import House
from strongroom.resources.cards import PRIVATE
from strongroom.resources.check_holds import hold_faults
from strongroom.resources.check_transfers import FEES, TRANSFERS, fee_faults, transfer_faults
from strongroom.resources.tasks import TASK
from strongroom.store import Filter, Row
from strongroom.vault import Keyring

CHARGES: Final = "charges"
REFUNDS: Final = "refunds"
DISPUTES: Final = "disputes"
CUSTOMERS: Final = "customers"
PAYMENT_INTENTS: Final = "payment_intents"
CASH_TRANSACTIONS: Final = "cash_balance_transactions"
CASH_TYPE: Final = "customer_balance"
BALANCE_TRANSACTIONS: Final = "balance_transactions"
RECORDS: Final = "acquirer_records"
PAGE: Final = 100
_MOVED: Final = frozenset({"approved", "authorized", "pending"})
# What was asked, and where its answer is written down under the same id.
_WRITTEN_IN: Final = {"authorize": CHARGES, "refund": REFUNDS}


async def money_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Return what is wrong with a row of money, a few words each; none for a row of anything else."""
    return [
        fault for inspect in _INSPECTED.get(row.table, ()) for fault in await inspect(house, keyring, row)
    ]


async def _balance_faults(_: House, keyring: Keyring, row: Row) -> list[str]:
    """What the database adds up is what the document says."""
    net = row.columns["net"]
    return [] if net in {None, _opened(keyring, row)["net"]} else ["is added up as another sum"]


async def _record_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Money that moved is written down, or still to be."""
    if row.columns["kind"] not in _WRITTEN_IN:
        return []
    if _opened(keyring, row)["outcome"]["verdict"] not in _MOVED:
        return []
    for table in (_WRITTEN_IN[row.columns["kind"]], TASK.table):
        if await house.store.get(table, row.account, row.livemode, row.id) is not None:
            return []
    return ["moved money that is written down nowhere"]


async def _charge_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """A charge was asked of somebody, or is what a platform passed on, and has given back what its refunds say."""
    charge = _opened(keyring, row)
    faults = []
    is_ours = charge["source_transfer"] is not None or charge[PRIVATE]["type"] == CASH_TYPE
    if not is_ours and await house.store.get(RECORDS, row.account, row.livemode, row.id) is None:
        faults.append("was asked of no acquirer")
    let_go = charge["amount"] - charge["amount_captured"] if charge["captured"] else 0
    if charge["amount_refunded"] != let_go + await _given_back(house, keyring, row):
        faults.append("has given back another sum than its refunds")
    taken_back = sum(
        one["amount"]
        for one in await _of(house, keyring, row, DISPUTES, "charge")
        if one["status"] in HOLDS_MONEY
    )
    if charge[PRIVATE].get("charged_back", 0) != taken_back:
        faults.append("was charged back another sum than its disputes")
    if charge["amount_refunded"] + taken_back > charge["amount"]:
        faults.append("has lost more than it took")
    return faults


async def _cash_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """A customer holds what has come into their cash and not left it; an intent was given what has left it for it."""
    private = _opened(keyring, row).get(PRIVATE, {})
    column, held = (
        ("customer", private.get("cash", {}))
        if row.table == CUSTOMERS
        else ("payment_intent", private.get("funded", 0))
    )
    sums: Counter[str] = Counter()
    for one in await _of(house, keyring, row, CASH_TRANSACTIONS, column):
        sums[one["currency"]] += one["net_amount"]
    if row.table == CUSTOMERS:
        return (
            []
            if {name: sum_ for name, sum_ in sums.items() if sum_} == held
            else ["holds another sum of cash than has come"]
        )
    return [] if -sums.total() == held else ["was given another sum of cash than has left for it"]


async def _dispute_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """What a dispute has taken is gone from the balance, and what it gave back is there."""
    dispute = _opened(keyring, row)
    moved = [one["amount"] for one in await _of(house, keyring, row, BALANCE_TRANSACTIONS, "source")]
    wanted = dispute["amount"] if dispute["status"] in HOLDS_MONEY else 0
    return [] if sum(moved) == -wanted else ["has taken another sum than the balance says"]


async def _given_back(house: House, keyring: Keyring, charge: Row) -> int:
    refunds = await _of(house, keyring, charge, REFUNDS, "charge")
    return sum(refund["amount"] for refund in refunds if refund["status"] in {"succeeded", "pending"})


async def _of(house: House, keyring: Keyring, row: Row, table: str, column: str) -> list[dict[str, Any]]:
    """Return the documents of a table whose column names `row`."""
    wanted = [Filter(column, "eq", row.id)]
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = await house.store.page(
            table, row.account, row.livemode, filters=wanted, after=after, limit=PAGE
        )
        found += [_opened(keyring, one) for one in page.rows]
        if not page.has_more:
            return found
        after = page.rows[-1].seq


def _opened(keyring: Keyring, row: Row) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.msgpack.decode(keyring.open_document(row.table, row.id, row.doc))
    return document


Inspect = Callable[[House, Keyring, Row], Awaitable[list[str]]]
_INSPECTED: Final[dict[str, tuple[Inspect, ...]]] = {
    BALANCE_TRANSACTIONS: (_balance_faults,),
    CHARGES: (_charge_faults,),
    CUSTOMERS: (_cash_faults,),
    DISPUTES: (_dispute_faults,),
    FEES: (fee_faults,),
    PAYMENT_INTENTS: (hold_faults, _cash_faults),
    RECORDS: (_record_faults,),
    TRANSFERS: (transfer_faults,),
}
