"""Vaulted values on the move: from a token's account to the account the token is spent on, and from record to record."""

from typing import Final

from strongroom import errors, ids
from strongroom.resources.call import RECORDS, TOKENS, Call
from strongroom.resources.kind import Stored
from strongroom.secret import Secret
from strongroom.store import Row
from strongroom.vault import SealBroken, SealedRecord
from strongroom.vault.identity import KIND as IDENTITY
from strongroom.vault.identity import seal_numbers

Numbers = dict[str, Secret[str] | None]


async def of_token(source: Call, target: Call, token: Stored, kind: str) -> str:
    """Return the record of a spent token's value in `target`'s account: the same, or a new one sealed by its keys."""
    record: str = token["record"]
    if source.caller.account == target.caller.account:
        return record
    value = await take(source, token, kind)
    moved = ids.new("rec")
    target.stage_record(moved, kind, target.keyring.seal_record(kind, moved, value))
    return moved


async def copy(source: Call, target: Call, holder: Stored) -> str | None:
    """Return a record in `target`'s account of the value that `holder` refers to in `source`'s, where it stays.

    Raises:
        errors.RateLimited: another request changed `holder` at the same moment.
        SealBroken: the record is lost or damaged.
    """
    if holder["record"] is None:
        return None
    row = _staged(source, holder) or await _row(source, holder)
    kind: str = row.columns["kind"]
    value = source.keyring.open_record(kind, row.id, SealedRecord(row.columns["wrapped_key"], row.doc))
    copied = ids.new("rec")
    target.stage_record(copied, kind, target.keyring.seal_record(kind, copied, value))
    return copied


def _staged(call: Call, holder: Stored) -> Row | None:
    """Return the record if this call itself has made it, as for a test name that has just become an object."""
    made = (row for row in call.writes.inserts if row.table == RECORDS and row.id == holder["record"])
    return next(made, None)


async def take(call: Call, holder: Stored, kind: str) -> Secret[str]:
    """Return the vaulted value that `holder` refers to, wrapped up, and stage the erasure of its record.

    Raises:
        errors.ApiError: whoever has changed `holder` since it was read has taken the value.
        SealBroken: the record is lost or damaged.
    """
    row = await _row(call, holder)
    call.writes.deletes.append(row)
    return call.keyring.open_record(kind, row.id, SealedRecord(row.columns["wrapped_key"], row.doc))


async def with_numbers(call: Call, holder: Stored | None, given: Numbers) -> str | None:
    """Return the record that holds a subject's identity numbers once those of `given` are among them; None: no number is.

    Args:
        call: acts on the account.
        holder: the subject as it was read; None if it is new.
        given: field → number, or None to forget it.

    Raises:
        errors.RateLimited: another request changed the subject at the same moment.
        SealBroken: the old record is lost or damaged.
    """
    previous = None
    if holder is not None and holder["record"] is not None:
        row = await _row(call, holder)
        previous = row.id, SealedRecord(row.columns["wrapped_key"], row.doc)
        call.writes.deletes.append(row)
    record = ids.new("rec")
    sealed = seal_numbers(call.keyring, record, previous, given)
    if sealed is None:
        return None
    call.stage_record(record, IDENTITY, sealed)
    return record


async def _row(call: Call, holder: Stored) -> Row:
    account, livemode = call.caller.account, call.caller.livemode
    row: Row | None = await call.store.get(RECORDS, account, livemode, holder["record"])
    if row is not None:
        return row
    old = holder.row
    now = await call.store.get(old.table, account, livemode, old.id)
    if now is not None and now.version == old.version:
        raise SealBroken("a vaulted value is gone")
    # Between our two reads somebody else took the value, and changed its holder in the same transaction.
    if old.table == TOKENS:
        raise errors.token_already_used(old.id)
    raise errors.RateLimited(
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing "
        "it. If you see this error intermittently, retry the request.",
        code="lock_timeout",
    )


__all__: Final = ["IDENTITY", "copy", "of_token", "take", "with_numbers"]
