"""The documents that prove what was written: files that were uploaded, by the platform or under the account."""

from typing import Final

from strongroom.catalog.files import magic_file
from strongroom.resources.account_forms import DOCUMENTS, FILE_SIDES
from strongroom.resources.call import Call
from strongroom.resources.files import FILE, take_document
from strongroom.resources.kind import Document

OF_PERSONS: Final = ("identity_document", "additional_verification")
OF_COMPANIES: Final = ("additional_verification", "identity_document", "account_requirement")


async def with_files(
    call: Call, platform: Call | None, given: Document, *, purposes: tuple[str, ...], root: str
) -> Document:
    """Return the parameters of a person or company with its verification's files looked up; test names become files.

    Args:
        call: acts on the account.
        platform: the call that acts on the platform, if its files may be named as well.
        given: the parameters.
        purposes: what a file must have been uploaded for, any of these.
        root: the parameter that holds them, or empty.

    Raises:
        errors.InvalidRequest: no such file, or one for something else.
    """
    verification = given.get("verification")
    if not isinstance(verification, dict):
        return given
    path = f"{root}[verification]" if root else "verification"
    found = dict(verification)
    for name in sorted(DOCUMENTS & verification.keys()):
        found[name] = dict(verification[name])
        for side in FILE_SIDES:
            file_id = verification[name].get(side)
            if file_id:
                owner = await _owner(call, platform, file_id)
                param = f"{path}[{name}][{side}]"
                found[name][side] = (await take_document(owner, file_id, purposes=purposes, param=param)).id
    return {**given, "verification": found}


async def _owner(call: Call, platform: Call | None, file_id: str) -> Call:
    is_magic = not call.caller.livemode and magic_file(file_id) is not None
    if platform is None or is_magic or await call.find(FILE, file_id) is not None:
        return call
    return platform
