"""An upload as it arrives: `multipart/form-data`, read piece by piece within bounds of size, time and shape.

Only `POST /v1/files` takes one. Whoever calls is known before the first byte of the body is read. The fields beside the
file become a form like any other, so that the rules of forms hold for them; the file waits, wrapped up, beside it.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote_plus

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from strongroom import errors, limits
from strongroom.http.request import Receive, Request, int_or_zero
from strongroom.resources.uploaded import UploadedFile
from strongroom.secret import Secret

PATH: Final = "/v1/files"
FILE: Final = "file"
MULTIPART: Final = b"multipart/form-data"

# RFC 2046.
BOUNDARY_LENGTH_MAX: Final = 70

_FOLDERS: Final = re.compile(r".*[/\\]", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_upload(request: Request) -> bool:
    """Whether the request's body is an upload, and so is read here."""
    return (
        request.method == "POST"
        and request.path == PATH
        and _is_multipart(request.headers.get(b"content-type", b""))
    )


def body_bytes_max(method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return how large the body of a request with this head may be. `headers`: names in lower case."""
    if method != "POST" or path != PATH:
        return limits.BODY_BYTES_MAX
    is_file = any(name == b"content-type" and _is_multipart(value) for name, value in headers)
    return limits.UPLOAD_BYTES_MAX if is_file else limits.BODY_BYTES_MAX


def _is_multipart(content_type: bytes) -> bool:
    return content_type[: len(MULTIPART)].lower() == MULTIPART


def check_form(request: Request) -> None:
    """Refuse a file that is sent as an ordinary form.

    Raises:
        errors.ParameterRefused: there is a body, and it is none.
    """
    if request.method == "POST" and request.path == PATH and request.body:
        raise errors.ParameterRefused(
            "Files are uploaded as multipart/form-data, with a part named `file` that has a filename."
        )


class Uploads:
    """The uploads of one process, and how much of them is in memory."""

    def __init__(self) -> None:
        self._held = 0

    @asynccontextmanager
    async def received(self, request: Request, receive: Receive) -> AsyncIterator[None]:
        """Read an upload into `request.body` and `request.file`; both are gone when the block ends.

        Raises:
            errors.ParameterRefused: malformed (400), too large (413) or too slow (408).
            errors.Overloaded: the process holds too many uploads at this moment.
        """
        form = _Form(request)
        try:
            await self._read(form, receive)
            request.body, request.file = form.fields(), form.file
            yield
        finally:
            request.body, request.file = b"", None
            self._held -= form.size

    async def _read(self, form: "_Form", receive: Receive) -> None:
        try:
            async with asyncio.timeout(limits.UPLOAD_READ_SECONDS_MAX):
                while await self._read_piece(form, receive):
                    pass
        except TimeoutError:
            raise errors.ParameterRefused("The upload took too long to arrive.", status=408) from None
        form.end()

    async def _read_piece(self, form: "_Form", receive: Receive) -> bool:
        """Take in what arrives next, and say whether more is to come."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise errors.ParameterRefused("The request's body never arrived whole.")
        chunk = message.get("body", b"")
        self._held += len(chunk)
        form.take(chunk)
        if self._held > limits.UPLOADS_BYTES_MAX:
            raise errors.Overloaded
        return bool(message.get("more_body", False))


class _Part:
    """The part that is being read."""

    def __init__(self, segment: Any) -> None:
        self.name: str = segment.name or ""
        self.is_file = segment.filename is not None
        self.filename: str = segment.filename or ""
        self.media_type: str | None = segment.content_type
        self.pieces: list[bytes] = []
        self.digest = hashlib.sha256()
        self.size = 0
        self.bytes_max = limits.FILE_BYTES_MAX if self.is_file else limits.BODY_BYTES_MAX

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self.bytes_max:
            raise _too_large()
        self.pieces.append(bytes(piece))
        if self.is_file:
            self.digest.update(piece)


class _Form:
    """What has arrived of one multipart body."""

    def __init__(self, request: Request) -> None:
        if int_or_zero(request.header(b"content-length")) > limits.UPLOAD_BYTES_MAX:
            raise _too_large()
        self.size = 0
        self.file: UploadedFile | None = None
        self._parser = PushMultipartParser(
            _boundary(request),
            max_header_size=limits.PART_HEADER_BYTES_MAX,
            max_header_count=limits.PART_HEADERS_MAX,
            max_segment_count=limits.PARAMETERS_MAX + 1,
        )
        self._part: _Part | None = None
        self._fields: list[tuple[str, bytes]] = []
        self._fields_size = 0

    def take(self, chunk: bytes) -> None:
        """Take in the next piece of the body."""
        self.size += len(chunk)
        if self.size > limits.UPLOAD_BYTES_MAX:
            raise _too_large()
        if chunk:
            self._parse(chunk)

    def _parse(self, chunk: bytes) -> None:
        try:
            for event in self._parser.parse(chunk):
                self._on(event)
        except ParserLimitReached:
            raise errors.ParameterRefused(
                "The upload has too many parts, or a part with too many or too long headers."
            ) from None
        except MultipartError:
            raise _malformed() from None

    def _on(self, event: Any) -> None:
        if isinstance(event, MultipartSegment):
            self._part = self._begun(_Part(event))
        elif self._part is not None and event is not None:
            self._part.add(event)
        elif self._part is not None:
            self._finish(self._part)
            self._part = None

    def _begun(self, part: _Part) -> _Part:
        if "\0" in part.name or "\0" in part.filename:
            raise errors.ParameterRefused("The request holds a NUL character.")
        if part.is_file and part.name != FILE:
            raise errors.ParameterRefused(
                "Only the parameter `file` can be a file.", param=errors.echo(part.name)
            )
        if part.name == FILE and (self.file is not None or any(name == FILE for name, _ in self._fields)):
            raise errors.ParameterRefused("You can only upload one file at a time.", param=FILE)
        return part

    def _finish(self, part: _Part) -> None:
        content = b"".join(part.pieces)
        if not part.is_file:
            self._fields_size += len(part.name) + part.size
            if self._fields_size > limits.BODY_BYTES_MAX:
                raise _too_large()
            self._fields.append((part.name, content))
            return
        self.file = UploadedFile(
            Secret(content), part.size, part.digest.hexdigest(), _base_name(part.filename), part.media_type
        )

    def end(self) -> None:
        """Make sure that nothing is missing."""
        try:
            self._parser.close()
        except MultipartError:
            raise _malformed() from None

    def fields(self) -> bytes:
        """Return the fields beside the file as the body of an ordinary form."""
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in self._fields).encode()


def _boundary(request: Request) -> str:
    _, options = parse_options_header(request.header(b"content-type"))
    boundary: str = options.get("boundary", "")
    if not 0 < len(boundary) <= BOUNDARY_LENGTH_MAX:
        raise errors.ParameterRefused(
            "The Content-Type of an upload needs a boundary of 1 to 70 characters: multipart/form-data; boundary=…"
        )
    return boundary


def _base_name(filename: str) -> str | None:
    """Return a file's name without folders and without what no name should hold; None if nothing is left."""
    base = _CONTROL.sub("", _FOLDERS.sub("", filename)).strip()
    return base[-limits.FILENAME_LENGTH_MAX :] or None


def _malformed() -> errors.ParameterRefused:
    return errors.ParameterRefused("The request's body is not well-formed multipart/form-data.")


def _too_large() -> errors.ParameterRefused:
    return errors.ParameterRefused(
        f"The upload is too large; at most {limits.FILE_BYTES_MAX // 1024 // 1024} MiB are read.", status=413
    )
