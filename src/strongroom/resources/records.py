"""Vaulted values on the move: from a token's account to the account the token is spent on, and from record to record."""

from typing import Final

from strongroom import ids
from strongroom.resources.call import RECORDS, Call
from strongroom.secret import Secret
from strongroom.store import Row
from strongroom.vault import SealBroken, SealedRecord
from strongroom.vault.identity import KIND as IDENTITY
from strongroom.vault.identity import seal_numbers

Numbers = dict[str, Secret[str] | None]


async def move(source: Call, target: Call, record_id: str, kind: str) -> str:
    """Return the record under which a value lives in `target`'s account: its own, or a new one sealed by its keys."""
    if source.caller.account == target.caller.account:
        return record_id
    value = await take(source, record_id, kind)
    moved = ids.new("rec")
    target.stage_record(moved, kind, target.keyring.seal_record(kind, moved, value))
    return moved


async def take(call: Call, record_id: str, kind: str) -> Secret[str]:
    """Return a vaulted value, wrapped up, and stage the erasure of its record.

    Raises:
        SealBroken: the record is gone or damaged.
    """
    row = await _row(call, record_id)
    value = call.keyring.open_record(kind, record_id, SealedRecord(row.columns["wrapped_key"], row.doc))
    call.writes.deletes.append(row)
    return value


async def with_numbers(call: Call, old: str | None, given: Numbers) -> str | None:
    """Return the record that holds a subject's identity numbers once those of `given` are among them; None: no number is."""
    previous = None
    if old is not None:
        row = await _row(call, old)
        previous = old, SealedRecord(row.columns["wrapped_key"], row.doc)
        call.writes.deletes.append(row)
    record = ids.new("rec")
    sealed = seal_numbers(call.keyring, record, previous, given)
    if sealed is None:
        return None
    call.stage_record(record, IDENTITY, sealed)
    return record


async def _row(call: Call, record_id: str) -> Row:
    row: Row | None = await call.store.get(RECORDS, call.caller.account, call.caller.livemode, record_id)
    if row is None:
        raise SealBroken("a vaulted value is gone")
    return row


__all__: Final = ["IDENTITY", "move", "take", "with_numbers"]
