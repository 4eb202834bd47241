"""What `strongroom check` knows of money between accounts: both sides of it are there, and say the same; fees add up."""

from typing import Any, Final, NamedTuple

import msgspec

from strongroom.house import House
from strongroom.store import Filter, Row
from strongroom.vault import AccountShredded, Keyring, SealBroken

TRANSFERS: Final = "transfers"
FEES: Final = "application_fees"
FEE_REFUNDS: Final = "fee_refunds"
REVERSALS: Final = "transfer_reversals"
CHARGES: Final = "charges"
MOVEMENTS: Final = "balance_transactions"
PAGE: Final = 100


async def transfer_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Return what is wrong with a transfer, a few words each."""
    transfer = _opened(keyring, row)
    faults = []
    side = Side(house, keyring, row.account, row.livemode)
    if await side.moved(row.id) != -transfer["amount"]:
        faults.append("has taken another sum from its platform")
    if transfer["amount_reversed"] != await _taken_back(side, row.id):
        faults.append("was reversed by another sum than its reversals")
    return [*faults, *await _other_side(house, row, transfer)]


async def fee_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Return what is wrong with an application fee, a few words each."""
    fee = _opened(keyring, row)
    side = Side(house, keyring, row.account, row.livemode)
    refunds = await side.documents(FEE_REFUNDS, "fee", row.id)
    faults = []
    if await side.moved(row.id) != fee["amount"]:
        faults.append("has brought its platform another sum")
    if fee["amount_refunded"] != sum(one["amount"] for one in refunds):
        faults.append("was refunded by another sum than its refunds")
    wrong = [one["id"] for one in refunds if await side.moved(one["id"]) != -one["amount"]]
    return [*faults, *[f"has a refund, {refund}, that took another sum" for refund in wrong]]


class Side(NamedTuple):
    """One account's rows, opened."""

    house: House
    keyring: Keyring
    account: str
    livemode: bool

    async def document(self, table: str, row_id: str) -> dict[str, Any] | None:
        """Return the document of a row, None if it is gone."""
        row = await self.house.store.get(table, self.account, self.livemode, row_id)
        return None if row is None else _opened(self.keyring, row)

    async def documents(self, table: str, column: str, value: str) -> list[dict[str, Any]]:
        """Return the documents of all rows in which a column has a value."""
        found: list[dict[str, Any]] = []
        after, has_more = None, True
        while has_more:
            page = await self.house.store.page(
                table,
                self.account,
                self.livemode,
                filters=[Filter(column, "eq", value)],
                after=after,
                limit=PAGE,
            )
            found += [_opened(self.keyring, row) for row in page.rows]
            has_more, after = page.has_more, page.rows[-1].seq if page.rows else None
        return found

    async def moved(self, source: str) -> int:
        """Return what something has brought into the balance, before fees."""
        return sum(one["amount"] for one in await self.documents(MOVEMENTS, "source", source))


async def _taken_back(side: Side, transfer: str) -> int:
    return sum(one["amount"] for one in await side.documents(REVERSALS, "transfer", transfer))


async def _other_side(house: House, row: Row, transfer: dict[str, Any]) -> list[str]:
    """Compare with the payment that the transfer is; what its account's keys sealed may be meant to be gone."""
    destination = row.columns["destination"]
    try:
        if not await house.key_store.account_keys(destination, row.livemode):
            return []
        keyring = await house.keyring(destination, row.livemode)
    except (AccountShredded, SealBroken):
        return []
    side = Side(house, keyring, destination, row.livemode)
    payment = await side.document(CHARGES, transfer["destination_payment"])
    if payment is None:
        return ["was received by nobody"]
    sums = payment["amount"], payment["amount_refunded"], await side.moved(transfer["destination_payment"])
    if sums != (transfer["amount"], transfer["amount_reversed"], transfer["amount"]):
        return ["was received as another sum"]
    return []


def _opened(keyring: Keyring, row: Row) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.msgpack.decode(keyring.open_document(row.table, row.id, row.doc))
    return document
