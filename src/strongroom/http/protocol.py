"""One connection: what may arrive before there is a request, and how a connection ends.

uvicorn's protocol over httptools, with bounds on what a client can make us hold: bytes and seconds until a header
block is complete, bytes of one whole message, and bytes and seconds of whatever is still sent after our last word.
Nothing here reads a clock while a request is served: `sweep` looks at all connections once a second.
"""

import asyncio
import enum
from collections.abc import Callable, Collection
from itertools import chain
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from strongroom import errors, limits
from strongroom.http import answer as answers
from strongroom.http.exchange import Exchange
from strongroom.http.request import HEADER_BYTES_MAX, HEADERS_MAX
from strongroom.http.uploads import body_bytes_max

HEAD_BYTES_MAX: Final = 64 * 1024
HEAD_SECONDS_MAX: Final = 10
# A client that still sends when we close would get a reset instead of our answer, so we hear it out for a while: long
# enough for a file that is refused for its size.
LINGER_BYTES_MAX: Final = 32 * 1024 * 1024
LINGER_SECONDS_MAX: Final = 5

LOOK_SECONDS: Final = 1.0


class Phase(enum.Enum):
    """What we wait for, where the waiting has an end that nobody else sees to."""

    IDLE = enum.auto()
    HEAD = enum.auto()
    CLOSE = enum.auto()


class _Outlet:
    """The transport as uvicorn uses it. `close` and, once that has begun, the rest is the protocol's to decide."""

    __slots__ = ("close", "get_extra_info", "is_closing", "pause_reading", "resume_reading", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.close = close
        self.get_extra_info = transport.get_extra_info
        self.is_closing: Callable[[], bool] = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.write: Callable[[bytes], object] = transport.write

    def shut(self) -> None:
        """Be closing from now on, and write nothing more."""
        self.is_closing = lambda: True
        self.write = len


class _Trailers(list[tuple[bytes, bytes]]):
    """Where fields after a chunked body go: nowhere. Merged into the headers, one could replace the key of a request."""

    def append(self, item: tuple[bytes, bytes], /) -> None:
        """Forget it."""


_TRAILERS: Final = _Trailers()


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to everything."""

    # What may still arrive until the next thing has to be complete: a header block, then the message.
    _allowance = HEAD_BYTES_MAX
    # How large the body of this message may be.
    _body_max = limits.BODY_BYTES_MAX
    _in_head = True
    # Whether what arrives is thrown away, because this connection only waits for its end.
    _deaf = False
    _keeps_alive = True
    _phase: Phase | None = None
    _phase_seen_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin; uvicorn gets a transport that closes the way we want."""
        self._raw = transport
        self._outlet = _Outlet(transport, self._close)
        super().connection_made(cast("asyncio.Transport", self._outlet))

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and refuse what is more than anybody needs to send."""
        if self._deaf:
            return self._discard(len(data))
        self._allowance -= len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data, upgrade)
        except httptools.HttpParserError:
            self._refuse(400, "The request is not well-formed HTTP/1.1.")
        if self._allowance < 0 and not self._deaf:
            self._refuse_size()
        return None

    def _discard(self, size: int) -> None:
        self._allowance -= size
        if self._allowance < 0:
            self._raw.abort()

    def _refuse_size(self) -> None:
        if self._in_head:
            return self._refuse(431, "The request's headers are too large.")
        return self._refuse(413, "The request's body is too large.")

    # -- what the parser finds --------------------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        """Start the request. Until its body is there, an answer to it is the last one on this connection."""
        if self.parser.should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        used = HEAD_BYTES_MAX - self._allowance
        # The comparison in front keeps the exact one, which visits every header, off the usual request's way.
        suspect = used > limits.URL_BYTES_MAX or len(self.headers) > HEADERS_MAX
        self.scope["small"] = not suspect  # type: ignore[typeddict-unknown-key] # an extension of ours
        self._begin_exchange()
        self._in_head = False
        self._phase = None
        self._body_max = body_bytes_max(self.scope["method"], self.scope["path"], self.headers)
        self._allowance = self._message_max - used
        self._keeps_alive = self.cycle.keep_alive and not (suspect and self._is_oversized())
        self.cycle.keep_alive = False
        self.headers = _TRAILERS

    def _begin_exchange(self) -> None:
        """Start the request whose head is complete, or have it wait for those before it on this connection."""
        version = self.parser.get_http_version()
        self._describe(version)
        earlier = self._last
        self.cycle = Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if earlier is None or earlier.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin to answer. The request knows its task, so that nobody has to ask the loop for it."""
        task = self.loop.create_task(cycle.run_asgi(app))
        cycle.scope["task"] = task  # type: ignore[typeddict-unknown-key] # an extension of ours
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _describe(self, version: str) -> None:
        """Put the request line into the scope."""
        url, scope = self.url, self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        if url.startswith(b"/") and b"#" not in url and url.isascii():
            path, _, query = url.partition(b"?")
        else:
            parsed = httptools.parse_url(url)
            path, query = parsed.path, parsed.query or b""
        scope["raw_path"] = path
        scope["path"] = path.decode("ascii")
        scope["query_string"] = query

    @property
    def _message_max(self) -> int:
        """Twice the largest body: room for what chunking adds, and for no trailer of any size."""
        return HEAD_BYTES_MAX + 2 * self._body_max

    def _is_oversized(self) -> bool:
        """Whether the application will refuse this head for its size."""
        return (
            len(self.url) > limits.URL_BYTES_MAX
            or len(self.headers) > HEADERS_MAX
            or sum(map(len, chain.from_iterable(self.headers))) > HEADER_BYTES_MAX
        )

    def on_message_complete(self) -> None:
        """Let the connection be used again, unless the answer was faster or the body larger than is accepted."""
        if self._in_head:
            return
        super().on_message_complete()
        small = self._message_max - self._allowance <= self._body_max
        if small and not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps_alive
        self._in_head = True
        self._allowance = HEAD_BYTES_MAX

    def on_response_complete(self) -> None:
        """Go on with what waits on this connection. How long it may be idle is seen to by `look`."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _go_on_without_upgrade(self, data: bytes, upgrade: httptools.HttpParserUpgrade) -> None:
        """Parse again a head that asks for another protocol, without that wish, and then what followed it.

        The parser leaves out the body of such a request, and would take it for the next request.
        """
        rest = memoryview(data)
        try:
            while True:
                if self.scope["method"] == "CONNECT":
                    return self._refuse(400, "This server is no proxy.")
                rest = rest[upgrade.args[0] :]
                head = self._head_without_upgrade()
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
                self.parser.feed_data(head)
                try:
                    return self.parser.feed_data(rest)
                except httptools.HttpParserUpgrade as another:
                    upgrade = another
        except httptools.HttpParserError:
            return self._refuse(400, "The request is not well-formed HTTP/1.1.")

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.scope["method"].encode(), self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    # -- the end ----------------------------------------------------------------------------------------------------

    def _refuse(self, status: int, message: str) -> None:
        """Say what was wrong if it is its turn to be said, and end the connection."""
        self._deaf = True
        self._allowance = LINGER_BYTES_MAX
        if self._is_answering() and self._in_head:
            # What came before is still being answered. Its answer is the last one, and closes the connection.
            self.cycle.keep_alive = False
            return
        if not self._is_answering() or not (self.pipeline or self.cycle.response_started):
            self.transport.write(self._refusal(status, message))
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._close()

    @property
    def _last(self) -> RequestResponseCycle | None:
        """The last request whose head is complete; uvicorn's own attribute is none before the first, whatever its type says."""
        return self.cycle

    def _is_answering(self) -> bool:
        return self._last is not None and not self._last.response_complete

    def _refusal(self, status: int, message: str) -> bytes:
        answer = answers.of_error(errors.ParameterRefused(message, status=status))
        first = b"".join([b"%s: %s\r\n" % header for header in self.server_state.default_headers])
        return answer.wire(first, from_browser=False, keeps_alive=False)

    def _close(self) -> None:
        """Close; if the client may still be sending, say first that we have nothing to add, and wait a little."""
        if self._raw.is_closing() or self.transport.is_closing() or (self._in_head and not self._deaf):
            self._raw.close()
            return
        self._deaf = True
        self._allowance = LINGER_BYTES_MAX
        self._outlet.shut()
        self.flow.resume_reading()
        self._raw.write_eof()

    def shutdown(self) -> None:
        """End as soon as what was accepted is answered."""
        self._keeps_alive = False
        super().shutdown()

    # -- time -------------------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """End the connection if it has waited too long at `now`, in seconds of the monotonic clock."""
        phase = self._phase_now()
        if phase is not self._phase or phase is None:
            self._phase, self._phase_seen_at = phase, now
        elif phase is Phase.HEAD and now - self._phase_seen_at >= HEAD_SECONDS_MAX:
            self._refuse(408, "The request's headers took too long to arrive.")
        elif phase is Phase.IDLE and now - self._phase_seen_at >= self.timeout_keep_alive:
            self._raw.close()
        elif phase is Phase.CLOSE and now - self._phase_seen_at >= LINGER_SECONDS_MAX:
            self._raw.abort()

    def _phase_now(self) -> Phase | None:
        if self.transport.is_closing():
            return Phase.CLOSE
        if self._is_answering():
            return None
        # A scope that is not the last request's belongs to one that has begun in the packet where that one ended.
        begun = self.scope is not (None if self._last is None else self._last.scope)
        if begun or self._allowance != HEAD_BYTES_MAX:
            return Phase.HEAD
        return Phase.IDLE


async def sweep(connections: Collection[Any]) -> None:
    """End connections whose time is over, until cancelled. `connections`: uvicorn's, which come and go."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = loop.time()
        for connection in list(connections):
            connection.look(now)
