"""One request as it arrived, and its body read within bounds of size and time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from itertools import chain
from typing import Any

import msgspec

from strongroom import errors, limits
from strongroom.config import Settings
from strongroom.http.deadlines import Deadlines
from strongroom.resources.uploaded import UploadedFile

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

HEADERS_MAX = 64
HEADER_BYTES_MAX = 16 * 1024

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_NOTHING = frozenset({None, b"", b"0"})


class Request(msgspec.Struct):
    """Method, path, query and headers, as sent."""

    method: str
    path: str
    """Still percent-encoded, so that an id may hold a slash."""
    query: bytes
    headers: dict[bytes, bytes]
    """By lower-case name; read them with `header`."""
    client_ip: str | None
    is_secure: bool
    """Whether it came over TLS, or from this machine."""
    request_id: str = ""
    body: bytes = b""
    file: UploadedFile | None = None
    """The file of an upload, whose other parameters are in `body`."""
    route: str = ""
    """The operation's key, once it is known; all that the log says of the path."""
    account: str | None = None
    error_code: str | None = None

    def header(self, name: bytes) -> str:
        """Return a header's value decoded as Latin-1, empty if it was not sent."""
        value = self.headers.get(name)
        return "" if value is None else value.decode("latin-1")


def from_scope(scope: Scope, settings: Settings) -> Request:
    """Read an ASGI scope."""
    headers = dict(scope["headers"])
    peer = scope["client"][0] if scope.get("client") else None
    secure = scope["scheme"] == "https" or settings.allow_plain_http
    if settings.trusted_proxies and _is_trusted(peer, settings):
        client_ip = _client_behind(headers.get(b"x-forwarded-for", b""), settings) or peer
        secure = secure or headers.get(b"x-forwarded-proto") == b"https"
    else:
        client_ip = peer
        secure = secure or peer is None or peer in _LOOPBACK
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"],
        headers=headers,
        client_ip=client_ip,
        is_secure=secure,
    )


def _is_trusted(peer: str | None, settings: Settings) -> bool:
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    return any(address in network for network in settings.trusted_proxies)


def _client_behind(forwarded_for: bytes, settings: Settings) -> str | None:
    """The nearest address that is no trusted proxy; what is not an address ends the chain, for anybody may have sent it."""
    for hop in reversed(forwarded_for.decode("latin-1").split(",")):
        try:
            address = str(ip_address(hop.strip()))
        except ValueError:
            return None
        if not _is_trusted(address, settings):
            return address
    return None


def check_size(request: Request, scope: Scope) -> None:
    """Refuse a URL or header block that is larger than any honest one; `scope["small"]` says that this one is not."""
    if scope.get("small"):
        return
    if len(request.path) + len(request.query) > limits.URL_BYTES_MAX:
        raise errors.ParameterRefused("The URL is too long.", status=414)
    headers = scope["headers"]
    if len(headers) > HEADERS_MAX or sum(map(len, chain.from_iterable(headers))) > HEADER_BYTES_MAX:
        raise errors.ParameterRefused("The request's headers are too large.", status=431)


async def read_body(scope: Scope, receive: Receive, request: Request, deadlines: Deadlines) -> bytes:
    """Return the whole body; `scope["body"]` is it, where it came in one piece with the head.

    Raises:
        errors.ParameterRefused: more than 1 MiB (413), or slower than `deadlines` allows (408).
    """
    whole: bytes | None = scope.get("body")
    if whole is not None and len(whole) <= limits.BODY_BYTES_MAX:
        return whole
    announced = request.headers.get(b"content-length")
    if announced is not None and int_or_zero(announced.decode("latin-1")) > limits.BODY_BYTES_MAX:
        raise _too_large()
    if announced in _NOTHING and b"transfer-encoding" not in request.headers:
        return b""
    task = deadlines.begin()
    try:
        return await _read_all(receive)
    except asyncio.CancelledError:
        if deadlines.end(task):
            raise
        raise errors.ParameterRefused("The request's body took too long to arrive.", status=408) from None
    finally:
        deadlines.end(task)


async def _read_all(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise errors.ParameterRefused("The request's body never arrived whole.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limits.BODY_BYTES_MAX:
            raise _too_large()
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large() -> errors.ApiError:
    return errors.ParameterRefused(
        f"The request's body is too large; at most {limits.BODY_BYTES_MAX // 1024} KiB are read.", status=413
    )


def int_or_zero(text: str) -> int:
    """Return a header's number; a malformed one counts as none, and the server's parser has its own word on it."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 -- digits of any sane length
