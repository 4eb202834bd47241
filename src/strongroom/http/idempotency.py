"""The same key never does the work twice and always gives back the same bytes.

The claim is a row that is inserted in the write set of the work itself, together with the answer: there is no moment
at which one exists without the other, and nothing to recover after a crash. Two requests with one key in two processes
both work, but only one commits; the other finds the row and replays it.
"""

import uuid
from typing import Any, Final

import msgspec

from strongroom import errors, limits
from strongroom.house import House
from strongroom.http.request import Request
from strongroom.resources.call import Call
from strongroom.resources.caller import Caller
from strongroom.resources.kind import Stored
from strongroom.resources.uploaded import UploadedFile
from strongroom.store import Row
from strongroom.vault import Keyring

TABLE: Final = "idempotency_keys"
RUNNING: Final = 0
"""The status of a key whose request has asked the outside world and not yet written down the answer."""

# Secret authentication data is left out of the comparison, and so out of every value derived from the request.
_LEFT_OUT: Final = frozenset({"cvc"})

_encode_sorted = msgspec.json.Encoder(order="deterministic").encode


class Claim(msgspec.Struct):
    """A key as it will be, or was, kept."""

    key: str
    row_id: str
    request_mac: bytes
    outlived: Row | None = None
    """A row under the same key whose day is over; the new answer takes its place."""


class StoredAnswer(msgspec.Struct, frozen=True):
    """What was answered the first time."""

    status: int
    body: bytes
    request_id: str


def key_of(request: Request) -> str | None:
    """Return the key, or None. A blank one counts as none.

    Raises:
        errors.ParameterRefused: longer than 255 characters.
    """
    key = request.header(b"idempotency-key").strip()
    if len(key) > limits.IDEMPOTENCY_KEY_LENGTH_MAX:
        raise errors.ParameterRefused(
            f"Idempotency keys can be at most {limits.IDEMPOTENCY_KEY_LENGTH_MAX} characters long."
        )
    return key or None


def claim(key: str, request: Request, tree: dict[str, Any], caller: Caller, keyring: Keyring) -> Claim:
    """Return what `key` claims: the keyed digest of the request, whatever the order of its parameters."""
    path = f"{request.method} {request.path}\n{caller.account}\n".encode()
    return Claim(
        key,
        keyring.idempotency_mac(_of_whom(caller) + key),
        keyring.request_mac(path + _encode_sorted(_without_codes(tree))),
    )


def _of_whom(caller: Caller) -> str:
    """Return in whose name a key is kept: a server's are its account's; a browser's or phone's never meet them.

    Nobody is given an answer that another kind of key was to see, nor can take a server's key away from it.
    """
    return f"{caller.kind}\n{caller.customer or ''}\n" if caller.is_client else ""


def _without_codes(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: "present" if name in _LEFT_OUT else _comparable(value) for name, value in tree.items()}


def _comparable(value: Any) -> Any:
    """A file is compared by its name and content, however it was put into the body."""
    if isinstance(value, UploadedFile):
        return {"filename": value.filename, "sha256": value.sha256}
    return _without_codes(value) if isinstance(value, dict) else value


async def earlier_answer(
    claimed: Claim, request: Request, caller: Caller, keyring: Keyring, house: House
) -> StoredAnswer | None:
    """Return the answer kept under the key, or None if the key is free.

    Raises:
        errors.IdempotencyError: the key was first used with another request, or that request still runs.
    """
    row = await house.store.get(TABLE, caller.account, caller.livemode, claimed.row_id)
    if row is None:
        claimed.outlived = None
        return None
    if row.columns["created"] + limits.IDEMPOTENCY_SECONDS <= house.clock.now():
        claimed.outlived = row
        return None
    doc = msgspec.msgpack.decode(keyring.open_document(TABLE, row.id, row.doc))
    if row.columns["request_mac"] != claimed.request_mac:
        raise _used_for_another(claimed, request, doc["path"])
    if row.columns["status"] == RUNNING:
        raise in_use(claimed.key)
    return StoredAnswer(row.columns["status"], doc["body"], doc["request_id"])


def _used_for_another(claimed: Claim, request: Request, first_path: str) -> errors.IdempotencyError:
    key = errors.without_long_numbers_but_ids(claimed.key)
    if first_path != request.path:
        return errors.IdempotencyError(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{errors.echo(first_path)}'). Try using a key other than '{key}' if you meant to execute a different request."
        )
    return errors.IdempotencyError(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )


def in_use(key: str) -> errors.IdempotencyError:
    """The first request with this key still runs, in this process or elsewhere."""
    return errors.IdempotencyError(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {errors.without_long_numbers_but_ids(key)}. Please try again later.",
        status=409,
        code="idempotency_key_in_use",
    )


def fresh_claim(keyring: Keyring) -> Claim:
    """Return a claim for a request that came without a key and goes on after its first commit; nobody can repeat it."""
    key = str(uuid.uuid4())
    return Claim(key, keyring.idempotency_mac(key), b"")


def keep(call: Call, claimed: Claim, answer: StoredAnswer) -> None:
    """Stage the claim and the answer with the work they belong to."""
    doc = {"body": answer.body, "path": call.origin.path, "request_id": answer.request_id}
    # In the machine's time: a request that moves its account's clock by a week does not outlive its own key.
    columns = {"created": call.due_in(0), "request_mac": claimed.request_mac, "status": answer.status}
    if claimed.outlived is None:
        call.insert_row(TABLE, claimed.row_id, doc, **columns)
    else:
        call.change(Stored(claimed.outlived, {}), doc, **columns)


def begin(call: Call, claimed: Claim, request_id: str) -> None:
    """Stage the claim of a request that goes on after this commit: until it is finished, the key is in use."""
    keep(call, claimed, StoredAnswer(RUNNING, b"", request_id))


async def finish(call: Call, row_id: str, answer: StoredAnswer) -> None:
    """Stage the answer of a request that had begun. A row that was erased meanwhile is not missed."""
    row = await call.store.get(TABLE, call.caller.account, call.caller.livemode, row_id)
    if row is not None:
        doc = {"body": answer.body, "path": call.origin.path, "request_id": answer.request_id}
        call.change(Stored(row, {}), doc, status=answer.status)


async def finished(call: Call, row_id: str) -> StoredAnswer | None:
    """Return what a request that had begun was answered by whoever finished it, or None."""
    row = await call.store.get(TABLE, call.caller.account, call.caller.livemode, row_id)
    if row is None or row.columns["status"] == RUNNING:
        return None
    doc = call.open(row).doc
    return StoredAnswer(row.columns["status"], doc["body"], doc["request_id"])
