"""Files: documents that are uploaded once, sealed, and named by whatever needs them.

    POST /v1/files                    create, as multipart/form-data
    GET  /v1/files                    list
    GET  /v1/files/{file}             retrieve
    GET  /v1/files/{file}/contents    the bytes, where the purpose lets them out again

A browser or phone may upload with a publishable key what the catalogue says it may; it never reads anything back. The
key of a file is a vaulted record, its content lies beside it in sealed segments, all written in one commit. Links by
which anybody has the bytes are in `file_links`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from strongroom import errors, ids
from strongroom.catalog import FilePurpose, file_tables, magic_file
from strongroom.resources import file_links
from strongroom.resources.call import RECORDS, Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Attachment, Document, Kind, Listing, Stored
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.resources.uploaded import UploadedFile
from strongroom.secret import Secret
from strongroom.store import Filter, Row, Store
from strongroom.vault import Keyring, SealBroken, SealedRecord
from strongroom.vault.documents import take_document as look_at
from strongroom.vault.segments import RECORD_KIND, FileSeal, new_file_key, segments_of

SEGMENTS: Final = "file_segments"
LINK_DATA: Final = "file_link_data"
# A mebibyte: about as much as may be sealed, opened or read before the others get their turn.
AT_ONCE: Final = 16


def view(file: Stored) -> Document:
    """Return the file's fields."""
    return {key: value for key, value in file.doc.items() if key != PRIVATE}


FILE = register_kind(Kind("file", "files", "file", "file upload", "file", view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/files", permission="file", allow=PUBLISHABLE_TOO)
async def create(call: Call, params: Document) -> Document:
    """Take in a document: what it is, is read off its content."""
    uploaded = params["file"]
    if not isinstance(uploaded, UploadedFile):
        # Not repeated: it may be the document itself.
        raise errors.ParameterRefused("Invalid hash", param="file")
    purpose = file_tables().purposes[params["purpose"]]
    _check_key(call, purpose, params)
    kind = look_at(uploaded.content, purpose, filename=uploaded.filename, declared=uploaded.media_type)
    file_id, record = ids.new("file"), ids.new("rec")
    await _seal(call, file_id, record, uploaded)
    file = _insert(
        call, purpose, file_id, record=record, size=uploaded.size, filename=uploaded.filename, type=kind.name
    )
    links = [file_links.make(call, file, params[LINK_DATA], root=LINK_DATA)] if _wants_link(params) else []
    call.emit("file.created", FILE, file)
    shown = view(file)
    return {**shown, "links": {**shown["links"], "data": [file_links.shown(call, link) for link in links]}}


def _check_key(call: Call, purpose: FilePurpose, params: Document) -> None:
    if call.caller.kind is KeyKind.PUBLISHABLE and (_wants_link(params) or not purpose.publishable):
        raise errors.secret_key_required()
    if _wants_link(params) and call.caller.kind is KeyKind.RESTRICTED:
        file_links.check_may_make(call)


def _wants_link(params: Document) -> bool:
    return bool((params.get(LINK_DATA) or {}).get("create", False))


async def _seal(call: Call, file_id: str, record: str, uploaded: UploadedFile) -> None:
    """Stage the file's key and its segments."""
    key = new_file_key()
    call.stage_record(record, RECORD_KIND, call.keyring.seal_record(RECORD_KIND, record, key))
    account, livemode = call.caller.account, call.caller.livemode
    seal = FileSeal(account, livemode, file_id, key)
    for number, segment in enumerate(seal.seal(uploaded.content)):
        row = Row(SEGMENTS, account, livemode, _segment_id(file_id, number), 0, 0, {"file": file_id}, segment)
        call.writes.inserts.append(row)
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)


def _segment_id(file_id: str, number: int) -> str:
    return f"{file_id}.{number}"


def _insert(
    call: Call,
    purpose: FilePurpose,
    file_id: str,
    *,
    record: str | None = None,
    size: int = 0,
    outcome: str | None = None,
    **shown: Any,
) -> Stored:
    """Stage a file's own row; `outcome` is how the check of a magic document ends."""
    expires_at = None if purpose.seconds is None else call.now + purpose.seconds
    has_bytes = record is not None and _lets_out(purpose, call.caller.kind)
    doc: Document = {
        "id": file_id,
        "object": "file",
        "created": call.now,
        "expires_at": expires_at,
        "filename": None,
        "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={file_id}"},
        "purpose": purpose.name,
        "size": size,
        "title": None,
        "type": None,
        "url": f"{call.settings.base_url}/v1/files/{file_id}/contents" if has_bytes else None,
        **shown,
        PRIVATE: {"outcome": outcome},
    }
    return call.insert(
        FILE,
        doc,
        object_id=file_id,
        purpose=purpose.name,
        size=size,
        expires_at=expires_at,
        record=record,
    )


def _lets_out(purpose: FilePurpose, uploader: KeyKind) -> bool:
    """Whether the bytes of a file may be read again by a secret key."""
    return purpose.download == "anyone" or (
        purpose.download == "uploader" and uploader is not KeyKind.PUBLISHABLE
    )


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/files/{file}", permission="file")
async def retrieve(call: Call, params: Document, *, file: str) -> Document:
    """Show what is known of a file."""
    return await _with_links(call, await load(call, file, param="file", in_path=True))


@handles("GET /v1/files", permission="file")
async def list_all(call: Call, params: Document) -> Listing:
    """List files, newest first."""
    filters = [Filter("purpose", "eq", params["purpose"])] if "purpose" in params else []
    found, has_more = await call.page(FILE, params, filters)
    return Listing(list(await asyncio.gather(*[_with_links(call, file) for file in found])), has_more)


async def _with_links(call: Call, file: Stored) -> Document:
    return {**view(file), "links": await file_links.of_file(call, file.id)}


async def load(call: Call, file_id: str, *, param: str, in_path: bool = False) -> Stored:
    """Return a file that has not had its time, or raise `resource_missing`."""
    file = await call.load(FILE, file_id, param=param, in_path=in_path)
    expires_at = file["expires_at"]
    if expires_at is not None and expires_at <= call.now:
        raise await call.missing(FILE, file_id, param=param, in_path=in_path)
    return file


async def find_living(call: Call, file_id: str) -> Stored | None:
    """Return a file that has not had its time, or None."""
    file = await call.find(FILE, file_id)
    is_there = file is not None and (file["expires_at"] is None or file["expires_at"] > call.now)
    return file if is_there else None


# -- contents ---------------------------------------------------------------------------------------------------------


@handles("GET /v1/files/{file}/contents", permission="file")
async def contents(call: Call, params: Document, *, file: str) -> Attachment:
    """Hand out the bytes that were uploaded, to be saved."""
    stored = await load(call, file, param="file", in_path=True)
    if stored.doc["url"] is None:
        raise errors.Forbidden(f"Files with the purpose {stored['purpose']} cannot be downloaded.")
    return await attachment(call, stored)


async def attachment(call: Call, stored: Stored) -> Attachment:
    """Return the bytes of a file, to be saved under its name."""
    kind = file_tables().types[stored.doc["type"]]
    content = b"".join([piece async for piece in pieces(call.store, call.keyring, stored.row)])
    return Attachment(content, kind.mime[0], stored.doc["filename"] or f"{stored.id}.{kind.extensions[0]}")


async def pieces(store: Store, keyring: Keyring, file: Row) -> AsyncIterator[bytes]:
    """Yield the bytes of a file, a segment at a time.

    Raises:
        SealBroken: its key or a segment is gone, damaged or out of place, or they are not as many bytes as it has.
    """
    if file.columns["record"] is None:
        return
    seal = FileSeal(file.account, file.livemode, file.id, await _key(store, keyring, file))
    count, size = segments_of(file.columns["size"]), 0
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        wanted = [_segment_id(file.id, number) for number in numbers]
        rows = await store.get_many(SEGMENTS, file.account, file.livemode, wanted)
        for number, row_id in zip(numbers, wanted, strict=True):
            if row_id not in rows:
                raise SealBroken("a segment of a file is gone")
            piece = seal.open(number, rows[row_id].doc, is_last=number == count - 1)
            size += len(piece)
            yield piece
        await asyncio.sleep(0)
    if size != file.columns["size"]:
        raise SealBroken("a file has not as many bytes as it should")


async def _key(store: Store, keyring: Keyring, file: Row) -> Secret[str]:
    record = await store.get(RECORDS, file.account, file.livemode, file.columns["record"])
    if record is None:
        raise SealBroken("the key of a file is gone")
    sealed = SealedRecord(record.columns["wrapped_key"], record.doc)
    return keyring.open_record(RECORD_KIND, record.id, sealed)


def segment_rows(file: Row) -> list[Row]:
    """Return the rows of a file's segments as far as a removal needs them: they never change, and stay unread."""
    return [
        Row(SEGMENTS, file.account, file.livemode, _segment_id(file.id, number), 1, 0, {"file": file.id}, b"")
        for number in range(segments_of(file.columns["size"]))
    ]


# -- for what needs a document ----------------------------------------------------------------------------------------


async def take_document(call: Call, file_id: str, *, purposes: tuple[str, ...], param: str) -> Stored:
    """Return the document a parameter names, which stays as it is until the call has committed.

    A magic name of test mode becomes a fresh file with an id of its own; `outcome_of` says how its check ends.

    Args:
        call: the call that needs it.
        file_id: what was sent.
        purposes: what it must have been uploaded for, any of these; a magic one is made for the first that fits.
        param: the parameter's path, for refusals.

    Raises:
        errors.InvalidRequest: no such file (`resource_missing`), or one that was uploaded for something else.
    """
    magic = None if call.caller.livemode else magic_file(file_id)
    if magic is not None:
        fitting = magic.purpose if magic.purpose in purposes else purposes[0]
        return _insert(call, file_tables().purposes[fitting], ids.new("file"), outcome=magic.outcome)
    file = await load(call, file_id, param=param)
    if file["purpose"] not in purposes:
        raise errors.InvalidRequest(
            f"The file '{errors.echo(file_id)}' was uploaded with the purpose {file['purpose']}; here it has to be "
            f"{' or '.join(purposes)}.",
            param=param,
        )
    call.guard(file)
    return file


def outcome_of(file: Stored) -> str | None:
    """Return how the check of a magic document ends (`success`, `failure`, …); None if it was really uploaded."""
    outcome: str | None = file.doc[PRIVATE]["outcome"]
    return outcome
