"""One answer: status, headers, bytes. Which headers go with which answer is decided here and nowhere else."""

from dataclasses import dataclass, field

import msgspec

from strongroom.contract import contract
from strongroom.errors import ApiError, Overloaded

Headers = list[tuple[bytes, bytes]]

encode = msgspec.json.Encoder().encode

_ALWAYS: Headers = [
    (b"Cache-Control", b"no-cache, no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
]

# To a browser, the 401 included: it must be able to read why it was refused. Nobody else looks at them.
_TO_BROWSERS: Headers = [
    (b"Vary", b"Origin"),
    (b"Access-Control-Allow-Origin", b"*"),
    (b"Access-Control-Allow-Methods", b"GET, HEAD, PUT, PATCH, POST, DELETE"),
    (b"Access-Control-Expose-Headers", b"Request-Id, Stripe-Manage-Version, Stripe-Should-Retry"),
    (b"Access-Control-Max-Age", b"300"),
]

_REQUEST_HEADERS = (
    b"Authorization",
    b"Content-Type",
    b"Idempotency-Key",
    b"Stripe-Account",
    b"Stripe-Context",
    b"Stripe-Version",
    b"X-Stripe-Client-User-Agent",
    b"X-Stripe-Client-Telemetry",
)

_PREFLIGHT: Headers = [(b"Access-Control-Allow-Headers", b", ".join(_REQUEST_HEADERS))]


@dataclass(slots=True)
class Answer:
    """What goes back to the caller."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)
    content_type: bytes = b"application/json"

    def wire_headers(self, *, from_browser: bool) -> Headers:
        """Return all headers, the constant ones first; `from_browser`: the request named its origin."""
        length = (b"Content-Length", b"%d" % len(self.body))
        wire = [(b"Content-Type", self.content_type), *_ALWAYS, *self.headers, length]
        return wire + _TO_BROWSERS if from_browser else wire


def identify(answer: Answer, request_id: str) -> Answer:
    """Add what every answer past authentication carries."""
    answer.headers.append((b"Request-Id", request_id.encode()))
    answer.headers.append((b"Stripe-Version", contract().api_version.encode()))
    return answer


def of_error(error: ApiError) -> Answer:
    """Return the error as Stripe writes it."""
    answer = Answer(error.http_status, encode({"error": error.body()}))
    if error.http_status == 401:  # noqa: PLR2004 -- Unauthorized
        answer.headers.append((b"WWW-Authenticate", b'Bearer realm="Stripe"'))
    if error.should_retry is not None:
        answer.headers.append((b"Stripe-Should-Retry", b"true" if error.should_retry else b"false"))
    if isinstance(error, Overloaded):
        answer.headers.append((b"Retry-After", b"1"))
    return answer


def preflight() -> Answer:
    """Answer a browser that asks what it may send."""
    return Answer(200, b"{}", list(_PREFLIGHT))
