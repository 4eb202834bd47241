"""Files: what may be uploaded for which purpose, how a type is known by its content, and the magic documents."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from strongroom import limits
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

DOWNLOADS: Final = ("anyone", "uploader", "nobody")

_TYPE: Final = {"mime": list, "extensions": list}
_TYPE_OPTIONAL: Final = {"starts": list, "member": str, "text": bool, "begins": list}
_PURPOSE: Final = {"types": list, "kib_max": int, "download": str, "publishable": bool}


class FileType(msgspec.Struct, frozen=True):
    """A type of file, by the name that stands in `type`."""

    name: str
    mime: tuple[str, ...]
    """The usual media type first."""
    extensions: tuple[str, ...]
    starts: tuple[bytes, ...] = ()
    """How such a file begins."""
    member: bytes = b""
    """The name of a file that a ZIP archive of this type holds; empty if it is no archive."""
    text: bool = False
    begins: tuple[str, ...] = ()
    """What the visible text of such a file begins with, if that is known."""


class FilePurpose(msgspec.Struct, frozen=True):
    """What a file may be uploaded for."""

    name: str
    types: tuple[FileType, ...]
    bytes_max: int
    seconds: int | None
    """How long such a file lives; None: for ever."""
    download: str
    """Who may have the bytes back: one of `DOWNLOADS`."""
    publishable: bool
    """Whether a publishable key may upload it."""
    linkable: bool
    """Whether there may be a link by which anybody has the bytes."""


class MagicFile(msgspec.Struct, frozen=True):
    """A document of test mode that was never uploaded."""

    name: str
    purpose: str
    outcome: str
    """How its check ends: `success`, or why it fails."""


class FileTables(msgspec.Struct, frozen=True):
    """All of files.toml, cross-checked."""

    types: Mapping[str, FileType]
    purposes: Mapping[str, FilePurpose]
    magic: Mapping[str, MagicFile]


def build(document: Document) -> FileTables:
    """Return the tables of files.toml.

    Raises:
        CatalogError: a malformed row, a type by which nothing is recognised, or a name that stands for nothing.
    """
    types = {name: _type(name, given) for name, given in document["types"].items()}
    claimed = [word for one in types.values() for word in (*one.mime, *one.extensions)]
    if len(set(claimed)) != len(claimed):
        raise CatalogError("files: a media type or an extension stands twice")
    purposes = {name: _purpose(name, given, types) for name, given in document["purposes"].items()}
    magic = {name: _magic(name, given, purposes) for name, given in document["magic"].items()}
    return FileTables(types, purposes, magic)


def _type(name: str, given: object) -> FileType:
    where = f"files: type {name}"
    said = row(where, given, _TYPE, _TYPE_OPTIONAL)
    if sum(word in said for word in ("starts", "member", "text")) != 1:
        raise CatalogError(f"{where}: it is known by exactly one of starts, member and text")
    if "begins" in said and "text" not in said:
        raise CatalogError(f"{where}: only text begins with something visible")
    return FileType(
        name,
        tuple(said["mime"]),
        tuple(said["extensions"]),
        tuple(bytes.fromhex(start) for start in said.get("starts", ())),
        said.get("member", "").encode(),
        said.get("text", False),
        tuple(said.get("begins", ())),
    )


def _purpose(name: str, given: object, types: Mapping[str, FileType]) -> FilePurpose:
    where = f"files: purpose {name}"
    said = row(where, given, _PURPOSE, {"days": int, "linkable": bool})
    bytes_max = said["kib_max"] * 1024
    if not 0 < bytes_max <= limits.FILE_BYTES_MAX:
        raise CatalogError(f"{where}: no upload is as large as kib_max")
    return FilePurpose(
        name,
        tuple(types[one_of(where, one, types)] for one in said["types"]),
        bytes_max,
        said["days"] * 24 * 3600 if "days" in said else None,
        one_of(where, said["download"], DOWNLOADS),
        said["publishable"],
        said.get("linkable", False),
    )


def _magic(name: str, given: object, purposes: Mapping[str, FilePurpose]) -> MagicFile:
    where = f"files: magic {name}"
    said = row(where, given, {"purpose": str, "outcome": str}, {})
    return MagicFile(name, one_of(where, said["purpose"], purposes), said["outcome"])


@cache
def file_tables() -> FileTables:
    """Return everything files.toml says."""
    return build(read("files"))


def magic_file(name: str) -> MagicFile | None:
    """Return the document that the magic `name` stands for, or None. Callers ask only in test mode."""
    return file_tables().magic.get(name)
