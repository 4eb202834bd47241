"""Documents that accounts and persons are given: found, fit for their purpose, and as their checks see them.

A document belongs to the account or to its platform. A published test name becomes a file of the account's own, as seen
on the wire; how its check ends goes by the name, wherever the file is sent again.
"""

from collections.abc import Iterator
from typing import Final

from strongroom.catalog import magic_file
from strongroom.resources.call import Call
from strongroom.resources.files import FILE, outcome_of, take_document
from strongroom.resources.kind import Document, Stored

OF_PERSONS: Final = ("identity_document",)
OF_COMPANIES: Final = ("additional_verification",)
OF_REQUIREMENTS: Final = ("account_requirement",)

SUCCESS: Final = "success"
RELATIONSHIP: Final = "file_relationship_document_"


async def take_verification(
    call: Call, platform: Call | None, given: Document, *, purposes: tuple[str, ...], root: str
) -> tuple[Document, Document]:
    """Take the documents of `verification` in.

    Args:
        call: acts on the account.
        platform: the call that acts on the platform, if its files may be used as well.
        given: the parameters of a person or a company.
        purposes: what a document must have been uploaded for.
        root: the parameter that holds them, for the `param` of errors, or empty.

    Returns:
        The parameters with the ids that are kept and shown, and the same as their checks see them.

    Raises:
        errors.InvalidRequest: no such file (`resource_missing`), or one that was uploaded for something else.
    """
    verification = given.get("verification")
    if not isinstance(verification, dict):
        return given, dict(given)
    kept = {name: dict(document) for name, document in verification.items() if isinstance(document, dict)}
    seen = {name: dict(document) for name, document in kept.items()}
    for name, side, file_id in _sides(verification):
        param = _bracketed(root, "verification", name, side)
        file = await _take(call, platform, file_id, purposes=purposes, param=param)
        kept[name][side] = file.id
        seen[name][side] = _as_checked(file, "identity")
    return {**given, "verification": kept}, {**given, "verification": seen}


def _sides(verification: Document) -> Iterator[tuple[str, str, str]]:
    """Yield each side of each document that names a file; an empty one takes the file back."""
    for name, document in verification.items():
        for side, file_id in document.items():
            if file_id:
                yield name, side, file_id


async def take_lists(call: Call, platform: Call | None, given: Document) -> tuple[Document, Document]:
    """Take the `documents` of a person, an account or an external account in.

    Returns:
        Kind → the ids of its files, and the parameter as its checks see it: what speaks against a subject comes first.

    Raises:
        errors.InvalidRequest: as `take_verification`.
    """
    kept: dict[str, list[str]] = {}
    seen: Document = {}
    for name, document in given.items():
        if "files" not in document:
            continue
        files = [
            await _take(
                call, platform, file_id, purposes=OF_REQUIREMENTS,
                param=_bracketed("", "documents", name, "files", str(number)),
            )
            for number, file_id in enumerate(document["files"]) if file_id
        ]  # fmt: skip
        kept[name] = [file.id for file in files]
        looked_at = [_as_checked(file, "relationship") for file in files]
        seen[name] = {"files": sorted(looked_at, key=_speaks_for)}
    return kept, seen


def _speaks_for(seen: str) -> bool:
    """Whether a document, as its check sees it, is none of those that fail; a real one is believed as well."""
    return not seen.startswith(RELATIONSHIP) or seen == f"{RELATIONSHIP}{SUCCESS}"


async def take_one(
    call: Call, platform: Call | None, file_id: str, *, purposes: tuple[str, ...], param: str
) -> str:
    """Return the id under which a file that a parameter names is kept and shown.

    Raises:
        errors.InvalidRequest: as `take_verification`.
    """
    return (await _take(call, platform, file_id, purposes=purposes, param=param)).id


async def _take(
    call: Call, platform: Call | None, file_id: str, *, purposes: tuple[str, ...], param: str
) -> Stored:
    owner = await _owner_of(call, platform, file_id)
    return await take_document(owner, file_id, purposes=purposes, param=param)


async def _owner_of(call: Call, platform: Call | None, file_id: str) -> Call:
    is_magic = not call.caller.livemode and magic_file(file_id) is not None
    if platform is None or is_magic or await call.find(FILE, file_id) is not None:
        return call
    return platform


def _as_checked(file: Stored, family: str) -> str:
    """Return what a document's check goes by: the test name that ends as this one does, or its id."""
    outcome = outcome_of(file)
    if outcome is None:
        return file.id
    if family == "identity":
        outcome = outcome if outcome == SUCCESS else "failure"
    elif outcome == "failure":
        outcome = "invalid"
    return f"file_{family}_document_{outcome}"


def _bracketed(root: str, *names: str) -> str:
    head, *rest = (root, *names) if root else names
    return head + "".join(f"[{name}]" for name in rest)
