"""What `strongroom check` knows of money: what the acquirer was asked and what was written down are the same."""

from typing import Any, Final

import msgspec

from strongroom.house import House
from strongroom.resources.check_transfers import TRANSFERS, transfer_faults
from strongroom.resources.tasks import TASK
from strongroom.store import Filter, Row
from strongroom.vault import Keyring

CHARGES: Final = "charges"
REFUNDS: Final = "refunds"
RECORDS: Final = "acquirer_records"
PAGE: Final = 100
_MOVED: Final = frozenset({"approved", "authorized", "pending"})
# What was asked, and where its answer is written down under the same id.
_WRITTEN_IN: Final = {"authorize": CHARGES, "refund": REFUNDS}


async def money_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Return what is wrong with a row of money, a few words each; none for a row of anything else."""
    if row.table == RECORDS and row.columns["kind"] in _WRITTEN_IN:
        return await _record_faults(house, keyring, row)
    if row.table == CHARGES:
        return await _charge_faults(house, keyring, row)
    if row.table == TRANSFERS:
        return await transfer_faults(house, keyring, row)
    return []


async def _record_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Money that moved is written down, or still to be."""
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
    is_transfer = charge["source_transfer"] is not None
    if not is_transfer and await house.store.get(RECORDS, row.account, row.livemode, row.id) is None:
        faults.append("was asked of no acquirer")
    let_go = charge["amount"] - charge["amount_captured"] if charge["captured"] else 0
    if charge["amount_refunded"] != let_go + await _given_back(house, keyring, row):
        faults.append("has given back another sum than its refunds")
    return faults


async def _given_back(house: House, keyring: Keyring, charge: Row) -> int:
    of_charge = [Filter("charge", "eq", charge.id)]
    total: int = 0
    after = None
    while True:
        page = await house.store.page(
            REFUNDS, charge.account, charge.livemode, filters=of_charge, after=after, limit=PAGE
        )
        refunds = [_opened(keyring, row) for row in page.rows]
        total += sum(refund["amount"] for refund in refunds if refund["status"] in {"succeeded", "pending"})
        if not page.has_more:
            return total
        after = page.rows[-1].seq


def _opened(keyring: Keyring, row: Row) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.msgpack.decode(keyring.open_document(row.table, row.id, row.doc))
    return document
