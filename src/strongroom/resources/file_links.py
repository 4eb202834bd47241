"""Links to files: addresses at which anybody has the bytes, without a key, until the link ends.

    POST /v1/file_links           create
    GET  /v1/file_links           list
    GET  /v1/file_links/{link}    retrieve
    POST /v1/file_links/{link}    update

Only files of some purposes may have one (`linkable` in catalog/files.toml). The address holds the link's id, sealed by the
account's keys, so that none can be guessed.
"""

import base64
import binascii
from typing import Final

from strongroom import errors, ids
from strongroom.catalog import file_tables
from strongroom.resources.call import Call
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter
from strongroom.vault import Keyring, SealBroken

PERMISSION: Final = "file_link"
SHOWN_MAX: Final = 10
"""How many links a file shows; the others are on their list."""
NEVER: Final = 2**53
"""When a link ends that does not."""
ADDRESS: Final = "file_link_addresses"
"""What an address is sealed for; no table has this name, so that no row's document is ever taken for one."""
NOW: Final = "now"


def view(link: Stored) -> Document:
    """Return the link's fields, as of when it was written."""
    return {**link.doc, "expired": False}


FILE_LINK: Final = register_kind(Kind("file_link", "file_links", "link", "file link", PERMISSION, view))


def shown(call: Call, link: Stored) -> Document:
    """Return the link's fields now."""
    return {**view(link), "expired": has_ended(call, link)}


def has_ended(call: Call, link: Stored) -> bool:
    """Whether nobody gets anything by a link any more."""
    return bool(link["ends_at"] <= call.now)


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/file_links", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make a link to a file that may have one."""
    from strongroom.resources import files

    file = await files.load(call, params["file"], param="file")
    call.guard(file)
    return shown(call, make(call, file, params))


def make(call: Call, file: Stored, params: Document, *, root: str = "") -> Stored:
    """Stage a link to a file.

    Args:
        call: the request.
        file: the file, as it is or as it is staged.
        params: `expires_at` and `metadata`.
        root: the parameter that holds them, or empty.

    Raises:
        errors.InvalidRequest: files of that purpose have no links, or the link would end before it begins.
    """
    if not file_tables().purposes[file["purpose"]].linkable:
        raise errors.InvalidRequest(
            f"Files with the purpose {file['purpose']} cannot have file links.", param=root or "file"
        )
    expires_at = params.get("expires_at")
    _check_future(call, expires_at, f"{root}[expires_at]" if root else "expires_at")
    link_id = ids.new(FILE_LINK.prefix)
    doc: Document = {
        "id": link_id,
        "object": "file_link",
        "created": call.now,
        "expires_at": expires_at,
        "file": file.id,
        "livemode": call.caller.livemode,
        "metadata": merge_metadata({}, params.get("metadata")),
        "url": _address(call, link_id),
    }
    return call.insert(FILE_LINK, doc, object_id=link_id, file=file.id, ends_at=expires_at or NEVER)


def check_may_make(call: Call) -> None:
    """Refuse a restricted key that may write files, and no links to them."""
    if not call.caller.may(PERMISSION, "write"):
        raise call.caller.lacks(PERMISSION, "write")


def _check_future(call: Call, expires_at: int | None, param: str) -> None:
    if expires_at is not None and not call.now < expires_at < NEVER:
        raise errors.InvalidRequest("The expiration of a file link has to be in the future.", param=param)


def _address(call: Call, link_id: str) -> str:
    sealed = call.keyring.seal_document(ADDRESS, call.caller.account, link_id.encode())
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    mode = "live" if call.caller.livemode else "test"
    return f"{call.settings.base_url}/links/{call.caller.account}/{mode}/{text}"


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/file_links/{link}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, link: str) -> Document:
    """Show a link, ended or not."""
    return shown(call, await call.load(FILE_LINK, link, param="link", in_path=True))


@handles("GET /v1/file_links", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List links, newest first: of one file, or those that have ended or have not."""
    filters = [Filter("file", "eq", params["file"])] if "file" in params else []
    if "expired" in params:
        filters.append(Filter("ends_at", "lte" if params["expired"] else "gt", call.now))
    found, has_more = await call.page(FILE_LINK, params, filters)
    return Listing([shown(call, link) for link in found], has_more)


async def of_file(call: Call, file: str) -> Document:
    """Return the newest links of a file, as the file shows them."""
    found, has_more = await call.page(FILE_LINK, {"limit": SHOWN_MAX}, [Filter("file", "eq", file)])
    links = [shown(call, link) for link in found]
    return {"object": "list", "data": links, "has_more": has_more, "url": f"/v1/file_links?file={file}"}


# -- update -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/file_links/{link}", permission=PERMISSION)
async def update(call: Call, params: Document, *, link: str) -> Document:
    """Change when a link ends, or its metadata. One that has ended stays as it is."""
    stored = await call.load(FILE_LINK, link, param="link", in_path=True)
    if has_ended(call, stored):
        raise errors.InvalidRequest("This file link has expired, and cannot be updated any more.")
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    ends_at: int = stored["ends_at"]
    if "expires_at" in params:
        given = params["expires_at"]
        expires_at = call.now if given == NOW else given or None
        if given != NOW:
            _check_future(call, expires_at, "expires_at")
        doc["expires_at"], ends_at = expires_at, expires_at or NEVER
    return shown(call, call.change(stored, doc, ends_at=ends_at))


# -- for whoever follows one ------------------------------------------------------------------------------------------


def named(keyring: Keyring, account: str, text: str) -> str | None:
    """Return the id of the link whose address ends in `text`, or None if none does."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return keyring.open_document(ADDRESS, account, sealed).decode()
    except (SealBroken, binascii.Error, ValueError):
        return None
