"""The one way out: a POST to a host that anybody may have named.

The name is looked up once, every address is checked, and the connection goes to a checked address, under the original name
for TLS and `Host`. There are no redirects, no proxies, no cookies, and no connection is used twice. The answer is read as
far as it is looked at. The bytes of HTTP are parsed as the server's are, by httptools.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Final

import httptools
import msgspec

from strongroom import limits
from strongroom.domain.addresses import Address, why_refused
from strongroom.domain.webhooks import Reach, Target, address_in

LOOKUPS_MAX: Final = 32
ADDRESSES_MAX: Final = 3
CHUNK: Final = 4_096

Lookup = Callable[[str], Awaitable[Sequence[Address]]]


class CannotPost(Exception):
    """Nothing was answered; the message says why, in words of ours that hold nothing of the host."""


class Answer(msgspec.Struct):
    """What came back."""

    status: int = 0
    body: bytes = b""
    """The beginning of it."""


# -- names --------------------------------------------------------------------------------------------------------------------


class Names:
    """Looks hosts up, each only once at a time, in threads of its own: a name server that is silent holds up nobody else."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Task[Sequence[Address]]] = {}
        self._room = asyncio.Semaphore(LOOKUPS_MAX)

    async def __call__(self, host: str) -> Sequence[Address]:
        """Return the addresses of a host.

        Raises:
            OSError: it has none, or nobody says.
        """
        asked = self._asked.get(host)
        if asked is None:
            asked = self._asked[host] = asyncio.create_task(self._ask(host))
            asked.add_done_callback(lambda done: self._answered(host, done))
        return await asyncio.shield(asked)

    def _answered(self, host: str, done: "asyncio.Task[Sequence[Address]]") -> None:
        del self._asked[host]
        # Whoever asked may be gone; then nobody is left to hear of it.
        _ = done.cancelled() or done.exception()

    async def _ask(self, host: str) -> Sequence[Address]:
        async with self._room:
            return await _in_daemon_thread(lambda: _addresses(host))


def _addresses(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(str(where[0])) for *_, where in found]


async def _in_daemon_thread(work: Callable[[], list[Address]]) -> list[Address]:
    """Run `work` in a thread that is not waited for when the process ends."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[Address]] = loop.create_future()

    def settle(value: list[Address] | None, failure: OSError | None) -> None:
        if future.done():
            return
        if failure is not None:
            future.set_exception(failure)
        else:
            future.set_result(value or [])

    def run() -> None:
        value, failure = None, None
        try:
            value = work()
        except (OSError, ValueError) as fault:
            failure = OSError(str(fault))
        # The loop may have ended meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=run, daemon=True).start()
    return await future


# -- connections --------------------------------------------------------------------------------------------------------------


async def post(
    target: Target, headers: dict[str, str], body: bytes, *, reach: Reach, look_up: Lookup
) -> Answer:
    """Send a body and return what is answered, within the time there is.

    Args:
        target: where to.
        headers: besides Host, Content-Length and Connection.
        body: what is sent.
        reach: which networks are allowed.
        look_up: gives a host's addresses.

    Raises:
        CannotPost: see its message.
    """
    answer = Answer()
    try:
        async with asyncio.timeout(limits.WEBHOOK_SECONDS_MAX):
            addresses = await _checked(target, reach, look_up)
            await _exchange(target, addresses, _request(target, headers, body), answer)
    except TimeoutError:
        # An answer that drips has said what counts when its status is there.
        if not answer.status:
            raise CannotPost("timed out") from None
    except (ssl.SSLError, ValueError):
        # A ValueError: the host's name is none that TLS knows.
        raise CannotPost("no TLS connection could be made") from None
    except OSError:
        if not answer.status:
            raise CannotPost("no connection, or one that broke off") from None
    if not answer.status:
        raise CannotPost("no answer, or one that is no HTTP")
    return answer


async def _checked(target: Target, reach: Reach, look_up: Lookup) -> Sequence[Address]:
    """Return the addresses of a host, all of them checked."""
    literal = address_in(target.host)
    try:
        addresses = [literal] if literal is not None else await look_up(target.host)
    except OSError:
        raise CannotPost("the host cannot be looked up") from None
    if not addresses:
        raise CannotPost("the host has no address")
    for address in addresses:
        reason = why_refused(address, reach.networks)
        if reason is not None:
            raise CannotPost(f"the host has an address that is not allowed ({reason})")
    return addresses


def _request(target: Target, headers: dict[str, str], body: bytes) -> bytes:
    fields = {
        "Host": target.authority,
        **headers,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"POST {target.path} HTTP/1.1", *[f"{name}: {value}" for name, value in fields.items()], "", ""]
    return "\r\n".join(lines).encode("ascii") + body


async def _exchange(target: Target, addresses: Sequence[Address], request: bytes, answer: Answer) -> None:
    reader, writer = await _connected(target, addresses[:ADDRESSES_MAX])
    try:
        writer.write(request)
        await writer.drain()
        await _read(reader, answer)
    finally:
        writer.transport.abort()


async def _connected(
    target: Target, addresses: Sequence[Address]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    tls = await _tls() if target.secure else None
    name = target.host if target.secure else None
    seconds = limits.WEBHOOK_CONNECT_SECONDS_MAX / len(addresses)
    failure: OSError = TimeoutError()
    for address in addresses:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.open_connection(str(address), target.port, ssl=tls, server_hostname=name)
        except OSError as fault:
            failure = fault
    raise failure


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _tls() -> ssl.SSLContext:
    """Return what the system trusts; reading it takes a while, the first time."""
    return await asyncio.to_thread(_trust)


class _Reading:
    """What the parser reports."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.is_complete = False
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        # 1xx only says that there is more to come.
        self.answer.status = status if status >= 200 else 0  # noqa: PLR2004 -- the first that is an answer

    def on_body(self, piece: bytes) -> None:
        room = limits.WEBHOOK_ANSWER_SHOWN_MAX - len(self.answer.body)
        self.answer.body += piece[: max(0, room)]

    def on_message_complete(self) -> None:
        self.is_complete = self.answer.status > 0


async def _read(reader: asyncio.StreamReader, answer: Answer) -> None:
    """Read an answer until it is complete, ends, or is longer than anybody looks at."""
    reading, taken = _Reading(answer), 0
    while not reading.is_complete and taken < limits.WEBHOOK_ANSWER_BYTES_MAX:
        data = await reader.read(CHUNK)
        if not data:
            return
        taken += len(data)
        try:
            reading.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return
