"""`strongroom check`: every invariant we know, tried on the stored data.

The store checks its files; here every document and every vaulted value is opened under the keys it claims, and every
reference to a vaulted value is followed.
"""

from typing import Final

from strongroom.house import House
from strongroom.secret import Secret
from strongroom.store import Row
from strongroom.store.tables import TABLES
from strongroom.vault import SealBroken, SealedRecord

SCAN_SIZE: Final = 500
RECORDS: Final = "records"
WITHOUT_DOCUMENT: Final = frozenset({RECORDS, "fingerprints", "installation"})


async def check(house: House) -> list[str]:
    """Return one sentence per fault; none if all is well."""
    faults = list(await house.store.check())
    for table in TABLES:
        after = 0
        while rows := await house.store.scan(table, after, SCAN_SIZE):
            for row in rows:
                faults += await _check_row(house, row)
            after = rows[-1].seq
    return faults


async def _check_row(house: House, row: Row) -> list[str]:
    where = f"{row.table} {row.id} of {row.account} ({'live' if row.livemode else 'test'})"
    if row.table in WITHOUT_DOCUMENT - {RECORDS}:
        return []
    keyring = await house.keyring(row.account, row.livemode)
    try:
        if row.table == RECORDS:
            opened = keyring.open_record(
                row.columns["kind"], row.id, SealedRecord(row.columns["wrapped_key"], row.doc)
            )
            assert isinstance(opened, Secret)
        else:
            keyring.open_document(row.table, row.id, row.doc)
    except SealBroken:
        return [f"{where} does not open"]
    return await _check_reference(house, row, where)


async def _check_reference(house: House, row: Row, where: str) -> list[str]:
    record = row.columns.get("record")
    if record is None or await house.store.get(RECORDS, row.account, row.livemode, record) is not None:
        return []
    spent = row.table == "tokens" and row.columns["used_at"] is not None
    return [] if spent else [f"{where} refers to a vaulted value that is gone"]
