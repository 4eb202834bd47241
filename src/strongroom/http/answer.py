"""One answer: status, headers, bytes. Which headers go with which answer is decided here and nowhere else."""

import re
from functools import cache
from http import HTTPStatus
from typing import Final

import msgspec

from strongroom.contract import contract
from strongroom.errors import ApiError, Overloaded

Headers = list[tuple[bytes, bytes]]

encode = msgspec.json.Encoder().encode

SHOULD_RETRY: Final = {
    None: b"",
    True: b"Stripe-Should-Retry: true\r\n",
    False: b"Stripe-Should-Retry: false\r\n",
}

_ALWAYS: Final = b"Cache-Control: no-cache, no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"

# To a browser, the 401 included: it must be able to read why it was refused. Nobody else looks at them.
_TO_BROWSERS: Final = (
    b"Vary: Origin\r\n"
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Allow-Methods: GET, HEAD, PUT, PATCH, POST, DELETE\r\n"
    b"Access-Control-Expose-Headers: Request-Id, Stripe-Manage-Version, Stripe-Should-Retry\r\n"
    b"Access-Control-Max-Age: 300\r\n"
)

_REQUEST_HEADERS: Final = (
    b"Authorization",
    b"Content-Type",
    b"Idempotency-Key",
    b"Stripe-Account",
    b"Stripe-Context",
    b"Stripe-Version",
    b"X-Stripe-Client-User-Agent",
    b"X-Stripe-Client-Telemetry",
)

_PREFLIGHT: Final[Headers] = [(b"Access-Control-Allow-Headers", b", ".join(_REQUEST_HEADERS))]

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Answer(msgspec.Struct):
    """What goes back to the caller."""

    status: int
    body: bytes
    headers: Headers = msgspec.field(default_factory=list)
    content_type: bytes = b"application/json"
    should_retry: bool | None = None
    """What a client that tries again by itself is told; None leaves it to the status."""
    idempotency_key: bytes | None = None

    def wire(self, first: bytes, *, from_browser: bool, keeps_alive: bool, with_body: bool = True) -> bytes:
        """Return the whole answer as it leaves, in one piece.

        Args:
            first: header lines to begin with, such as the date.
            from_browser: whether the request named its origin.
            keeps_alive: whether the connection stays open afterwards.
            with_body: False for the answer to a HEAD.
        """
        own = self.headers
        if self.idempotency_key is not None:
            own = [(b"Idempotency-Key", self.idempotency_key), *own]
        if _CONTROL.search(b"".join([value for _, value in own])):
            raise ValueError("a header holds a control character")
        return b"".join(
            (
                _status_line(self.status),
                first,
                b"Content-Type: %s\r\n" % self.content_type,
                _ALWAYS,
                *[b"%s: %s\r\n" % header for header in own],
                SHOULD_RETRY[self.should_retry],
                _TO_BROWSERS if from_browser else b"",
                b"" if keeps_alive else b"Connection: close\r\n",
                b"Content-Length: %d\r\n\r\n" % len(self.body),
                self.body if with_body else b"",
            )
        )

    def asgi_headers(self, *, from_browser: bool) -> Headers:
        """Return all headers as pairs, for an ASGI server that writes answers itself."""
        head = self.wire(b"", from_browser=from_browser, keeps_alive=True, with_body=False)
        return [
            (name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:-2])
        ]


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


@cache
def _version() -> bytes:
    return contract().api_version.encode()


def identify(answer: Answer, request_id: str) -> Answer:
    """Add what every answer past authentication carries."""
    answer.headers += ((b"Request-Id", request_id.encode()), (b"Stripe-Version", _version()))
    return answer


def of_error(error: ApiError) -> Answer:
    """Return the error as Stripe writes it."""
    body = encode({"error": error.body()})
    answer = Answer(error.http_status, body, should_retry=error.should_retry)
    if error.http_status == 401:  # noqa: PLR2004 -- Unauthorized
        answer.headers.append((b"WWW-Authenticate", b'Bearer realm="Stripe"'))
    if isinstance(error, Overloaded):
        answer.headers.append((b"Retry-After", b"1"))
    return answer


def preflight() -> Answer:
    """Answer a browser that asks what it may send."""
    return Answer(200, b"{}", list(_PREFLIGHT))
