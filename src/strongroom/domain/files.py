"""What a file is, by its content. What a client calls it counts for nothing, except that it must not say otherwise."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from strongroom import errors
from strongroom.catalog.files import FilePurpose, FileType

_ZIP: Final = b"PK\x03\x04"
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What a client says that does not know: no claim to hold it to.
_NO_CLAIM: Final = frozenset({"", "application/octet-stream"})


def check_file(
    content: bytes,
    purpose: FilePurpose,
    types: Mapping[str, FileType],
    *,
    filename: str | None,
    declared: str | None,
) -> FileType:
    """Return the type of a file, known by its content and allowed for its purpose.

    Args:
        content: all of it.
        purpose: what it was uploaded for.
        types: all types there are, by name.
        filename: what the client calls it.
        declared: the media type the client gave it, without parameters.

    Raises:
        ParameterRefused: empty, too large, of another type, or not what its name or media type says; `param` is `file`.
    """
    if not content:
        raise _refused("The file is empty.")
    if len(content) > purpose.bytes_max:
        raise _refused(
            f"The file is too large. Files with the purpose {purpose.name} can have up to {purpose.bytes_max // 1024} KiB."
        )
    found = _by_signature(content, types.values()) or _by_text(content, purpose, filename)
    if found is None or found not in purpose.types:
        accepted = ", ".join(sorted(one.mime[0] for one in purpose.types))
        raise _refused(
            "We don't currently support that file type. Try uploading a file with one of the following mimetypes: "
            f"{accepted}."
        )
    if _claims(filename, declared, types.values()) - {found.name}:
        raise _refused(
            f"The file's content is of type {found.mime[0]}, but its name or its Content-Type says something else."
        )
    return found


def _refused(message: str) -> errors.ParameterRefused:
    return errors.ParameterRefused(message, param="file")


def _by_signature(content: bytes, types: Iterable[FileType]) -> FileType | None:
    for one in types:
        if one.starts and content.startswith(one.starts):
            return one
        if one.member and content.startswith(_ZIP) and one.member in content:
            return one
    return None


def _by_text(content: bytes, purpose: FilePurpose, filename: str | None) -> FileType | None:
    """Texts look alike: of those that are allowed and fit, the one its name speaks for, else the first."""
    candidates = [one for one in purpose.types if one.text]
    if not candidates or _CONTROL.search(content):
        return None
    try:
        visible = content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        return None
    fitting = [one for one in candidates if not one.begins or visible.startswith(one.begins)]
    named = [one for one in fitting if _extension(filename) in one.extensions]
    return next(iter([*named, *fitting]), None)


def _claims(filename: str | None, declared: str | None, types: Iterable[FileType]) -> set[str]:
    """Return the names of the types that the client says it is; what nobody knows says nothing."""
    extension, media_type = _extension(filename), (declared or "").lower()
    return {
        one.name
        for one in types
        if extension in one.extensions or (media_type not in _NO_CLAIM and media_type in one.mime)
    }


def _extension(filename: str | None) -> str:
    return (filename or "").rpartition(".")[2].lower() if "." in (filename or "") else ""
