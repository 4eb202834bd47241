"""`strongroom check`: every invariant we know, tried on the stored data.

The store checks its files; here every document and every vaulted value is opened under the keys it claims, and every
reference is followed, to customers and to vaulted values, and back from the values to whoever holds them. Nothing is
mended and nothing is made: an account whose keys are gone is reported.

A server may be running beside us. A row is looked at again before it is reported, and tables are read in an order in
which a value that moves from a token to what the token becomes is seen on at least one side.
"""

from collections.abc import AsyncIterator
from typing import Final

from strongroom import limits
from strongroom.domain import payment_methods as states
from strongroom.house import House
from strongroom.resources import audit, files
from strongroom.resources.check_money import money_faults
from strongroom.store import Row
from strongroom.store.tables import TABLES
from strongroom.vault import AccountShredded, Keyring, SealBroken, SealedRecord

SCAN_SIZE: Final = 500
SEGMENTS_SCAN_SIZE: Final = 50
CLOCKS: Final = "test_clocks"
CUSTOMERS: Final = "customers"
METHODS: Final = "payment_methods"
RECORDS: Final = "records"
TOKENS: Final = "tokens"
CONFIRMATION_TOKENS: Final = "confirmation_tokens"
FILES: Final = "files"
SEGMENTS: Final = files.SEGMENTS
# A file's segments are opened with the file, which alone knows how many there are and where their key is.
WITHOUT_DOCUMENT: Final = frozenset({"fingerprints", "installation", SEGMENTS})
FIRST: Final = (TOKENS, CONFIRMATION_TOKENS)
ORDER: Final = (*FIRST, *(name for name in TABLES if name not in {*FIRST, RECORDS}), RECORDS)


async def check(house: House) -> list[str]:
    """Return one sentence per fault; none if all is well."""
    return [*await house.store.check(), *[fault async for fault in Inspection(house).faults()]]


class Inspection:
    """One walk through all rows, and what has to be remembered on the way."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.store
        self._started = house.clock.now()
        self._held: set[str] = set()
        """The ids of all vaulted values that something refers to."""
        self._keyless: set[tuple[str, bool]] = set()
        self._logged: set[tuple[str, bool]] = set()
        """The accounts that have an audit log, with the partition it is in."""

    async def faults(self) -> AsyncIterator[str]:
        """Walk through everything and yield a sentence for each fault."""
        for table in ORDER:
            after, size = 0, SEGMENTS_SCAN_SIZE if table == SEGMENTS else SCAN_SIZE
            while rows := await self._store.scan(table, after, size):
                for row in rows:
                    self._note_record(row)
                    if table == audit.TABLE:
                        self._logged.add((row.account, row.livemode))
                    for fault in await self._settled_faults(row):
                        yield fault
                after = rows[-1].seq
        for account, _ in sorted(self._logged - self._keyless):
            for fault in await audit.faults(self._house, account):
                yield fault

    def _note_record(self, row: Row) -> None:
        record = row.columns.get("record")
        if record is not None and not _is_spent(row):
            self._held.add(record)

    async def _settled_faults(self, row: Row) -> list[str]:
        """Return a row's faults; if a request has changed it since it was read, those it has now."""
        faults = await self._faults_of(row)
        if not faults:
            return []
        now = await self._store.get(row.table, row.account, row.livemode, row.id)
        if now is None:
            return []
        return faults if now.version == row.version else await self._faults_of(now)

    async def _faults_of(self, row: Row) -> list[str]:
        where = f"{row.table} {row.id} of {row.account} ({_mode(row.livemode)})"
        if row.table == SEGMENTS:
            return await self._segment_faults(row, where)
        if row.table in WITHOUT_DOCUMENT:
            return []
        seal = await self._seal_fault(row, where)
        found = [
            await self._record_fault(row),
            await self._customer_fault(row),
            await self._method_fault(row),
            await self._clock_fault(row),
            self._stray_fault(row),
        ]
        money = [] if seal else await self._money_faults(row)
        return [*seal, *[f"{where} {fault}" for fault in (*found, *money) if fault is not None]]

    async def _money_faults(self, row: Row) -> list[str]:
        place = row.account, row.livemode
        keyring = None if place in self._keyless else await self._keyring(*place)
        return [] if keyring is None else await money_faults(self._house, keyring, row)

    # -- seals --------------------------------------------------------------------------------------------------

    async def _seal_fault(self, row: Row, where: str) -> list[str]:
        place = row.account, row.livemode
        if place in self._keyless:
            return []
        try:
            keyring = await self._keyring(*place)
        except AccountShredded:
            # What it sealed is meant to be beyond opening.
            self._keyless.add(place)
            return []
        except SealBroken:
            keyring = None
        if keyring is None:
            self._keyless.add(place)
            return [f"the keys of {row.account} ({_mode(row.livemode)}) are gone or damaged"]
        if not _opens(keyring, row):
            return [f"{where} does not open"]
        if row.table == FILES and not await self._content_opens(keyring, row):
            return [f"{where} has content that does not open"]
        return []

    async def _content_opens(self, keyring: Keyring, file: Row) -> bool:
        try:
            async for _ in files.pieces(self._store, keyring, file):
                pass
        except SealBroken:
            return False
        return True

    async def _segment_faults(self, segment: Row, where: str) -> list[str]:
        """A segment and its file come and go in one commit."""
        file = await self._store.get(FILES, segment.account, segment.livemode, segment.columns["file"])
        if file is not None and any(row.id == segment.id for row in files.segment_rows(file)):
            return []
        return [f"{where} is a part of no file"]

    async def _keyring(self, account: str, livemode: bool) -> Keyring | None:
        """Return the account's keys, or None if there are none: whoever asked the house might be made new ones."""
        cached = self._house.vault.cached_keyring(account, livemode)
        if cached is not None:
            return cached
        if not await self._house.key_store.account_keys(account, livemode):
            return None
        return await self._house.keyring(account, livemode)

    # -- references ---------------------------------------------------------------------------------------------

    async def _record_fault(self, row: Row) -> str | None:
        record = row.columns.get("record")
        if record is None or _is_spent(row):
            return None
        vaulted = await self._store.get(RECORDS, row.account, row.livemode, record)
        return "refers to a vaulted value that is gone" if vaulted is None else None

    async def _customer_fault(self, row: Row) -> str | None:
        name = row.columns.get("customer")
        if name is None:
            return None
        customer = await self._store.get(CUSTOMERS, row.account, row.livemode, name)
        if customer is None:
            return "refers to a customer that does not exist"
        deleted = customer.columns["deleted_at"] is not None
        return (
            "is attached to a deleted customer"
            if deleted and row.columns.get("state") == states.ATTACHED
            else None
        )

    async def _method_fault(self, row: Row) -> str | None:
        name = row.columns.get("payment_method")
        if name is None:
            return None
        method = await self._store.get(METHODS, row.account, row.livemode, name)
        return "is of a PaymentMethod that does not exist" if method is None else None

    async def _clock_fault(self, row: Row) -> str | None:
        """Whoever lives by a test clock goes with it."""
        name = row.columns.get("test_clock")
        if name is None or row.columns["deleted_at"] is not None:
            return None
        clock = await self._store.get(CLOCKS, row.account, row.livemode, name)
        return "lives by a test clock that does not exist" if clock is None else None

    def _stray_fault(self, row: Row) -> str | None:
        """A young value may belong to something that was made after its table was read."""
        young = row.table != RECORDS or row.columns["created"] + limits.TOKEN_SECONDS > self._started
        return None if young or row.id in self._held else "is a vaulted value that nothing refers to"


def _is_spent(row: Row) -> bool:
    """Whether the row is a used token: its value belongs to what it became, which may have erased it since."""
    return row.table == TOKENS and row.columns["used_at"] is not None


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def _opens(keyring: Keyring, row: Row) -> bool:
    try:
        if row.table == RECORDS:
            keyring.open_record(
                row.columns["kind"], row.id, SealedRecord(row.columns["wrapped_key"], row.doc)
            )
        else:
            keyring.open_document(row.table, row.id, row.doc)
    except SealBroken:
        return False
    return True
