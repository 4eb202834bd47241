"""Files that an account is given: documents that prove what is said of it, and those its settings name.

Documents are kept beside the account and never shown; what they come to stands under `documents.<kind>.files` in the
requirements. The files of settings are shown by their ids.
"""

from typing import Final

from strongroom import errors
from strongroom.domain.facts import dig
from strongroom.resources import documents
from strongroom.resources.account_parts import PERSON, Whole
from strongroom.resources.call import Call
from strongroom.resources.kind import Document

# Setting → what its file must have been uploaded for.
OF_SETTINGS: Final = {
    "branding.icon": ("business_icon",),
    "branding.logo": ("business_logo",),
    "paypay_payments.site.restricted.payment_flow_file": documents.OF_REQUIREMENTS,
}
LISTS_OF_SETTINGS: Final = {"paypay_payments.additional_files": documents.OF_REQUIREMENTS}


async def take(whole: Whole, platform: Call, given: Document) -> Document:
    """Take the `documents` of an account in, and return them as their checks see them.

    Raises:
        errors.InvalidRequest: no such file or signer (`resource_missing`), or a file that was uploaded for something else.
    """
    for kind, document in given.items():
        await _check_signer(whole, kind, (document.get("signer") or {}).get("person"))
    kept, seen = await documents.take_lists(whole.call, platform, given)
    whole.note(documents={**whole.private.get("documents", {}), **kept})
    return seen


async def _check_signer(whole: Whole, kind: str, person: str | None) -> None:
    """Whoever signed a document is one of the account's persons."""
    if person and person not in whole.living_persons():
        raise await whole.call.missing(PERSON, person, param=f"documents[{kind}][signer][person]")


async def take_settings(whole: Whole, platform: Call, settings: Document) -> Document:
    """Return settings with the ids of their files as they are kept, and without what is never kept.

    Raises:
        errors.InvalidRequest: as `take`; a site's password that is empty (`parameter_invalid_empty`).
    """
    found = settings
    for path, purposes in OF_SETTINGS.items():
        file_id = dig(settings, path)
        if file_id:
            param = _param(path)
            kept = await documents.take_one(whole.call, platform, file_id, purposes=purposes, param=param)
            found = _replaced(found, path, kept)
    for path, purposes in LISTS_OF_SETTINGS.items():
        files = [
            await documents.take_one(
                whole.call, platform, file_id, purposes=purposes, param=f"{_param(path)}[{number}]"
            )
            for number, file_id in enumerate(dig(settings, path) or []) if file_id
        ]  # fmt: skip
        if files or dig(settings, path) is not None:
            found = _replaced(found, path, files)
    return _without_password(found)


def _without_password(settings: Document) -> Document:
    """Of the password of a site that is being built, only that there is one is kept: nobody here would enter it."""
    path = "paypay_payments.site.in_development"
    site = dig(settings, path)
    if site is None or "password" not in site:
        return settings
    if not site["password"]:
        raise errors.parameter_empty(_param(f"{path}.password"))
    rest = {name: value for name, value in site.items() if name != "password"}
    return _replaced(settings, path, {**rest, "password_provided": True})


def _param(path: str) -> str:
    return "settings" + "".join(f"[{name}]" for name in path.split("."))


def _replaced(document: Document, path: str, value: object) -> Document:
    """Return a document with another value at a dotted path; the hashes on the way are there."""
    head, _, rest = path.partition(".")
    return {**document, head: _replaced(document[head], rest, value) if rest else value}
