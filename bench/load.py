"""The load generator: keep-alive HTTP/1.1 over raw sockets, in a process of its own, one JSON line as its result.

It must cost far less than the servers it measures, which share its machine: requests are bytes prepared in advance (only
the Idempotency-Key changes), answers are looked at just enough to know where they end and that they say 200.
Each connection has one request in flight and sends the next when the answer is complete, so `connections` is also the
number of requests in flight. The first answer that is not 200 ends the run with an error: a fast refusal is no result.
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import secrets
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import uvloop

API_KEY = "sk_test_bench"
CARD = {
    "number": "4242424242424242",
    "exp_month": "12",
    "exp_year": "2034",
    "cvc": "123",
    "name": "Jenny Rosen",
}
CARD |= {"address_line1": "510 Townsend St", "address_city": "San Francisco", "address_zip": "94103"}
INTENT = {"amount": "2000", "currency": "usd"}
CUSTOMER = {"name": "Jenny Rosen", "email": "jenny@example.com", "description": "A customer of the benchmark"}

FORMS = {  # what is created: its path, and its form as the official SDK sends it
    "create-token": ("/v1/tokens", {f"card[{name}]": value for name, value in CARD.items()}),
    "create-customer": ("/v1/customers", CUSTOMER | {"metadata[order]": "6735"}),
    "create-intent-named": ("/v1/payment_intents", INTENT | {"payment_method_types[0]": "card"}),
    "create-intent-dynamic": ("/v1/payment_intents", INTENT | {"automatic_payment_methods[enabled]": "true"}),
}
NAMED, DYNAMIC = "create-intent-named", "create-intent-dynamic"
OURS_ONLY = frozenset({NAMED, DYNAMIC})  # two ways of making the same intent, compared with each other
RETRIEVALS = {"retrieve-token": "/v1/tokens/"}
KINDS = (*FORMS, *RETRIEVALS)

CONTENT_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)")
# The object's own id, not that of a card inside it, whose prefix differs.
OBJECT_ID = re.compile(rb'"id": ?"((?:tok|cus)_\w+)"')


class LoadError(Exception):
    """The server answered something else than 200, or hung up."""


@dataclass(frozen=True)
class Result:
    """What one run measured, of the answers that arrived inside its window."""

    answers: int
    """All of them, also those before and after the window."""

    requests: int
    seconds: float
    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float
    """What the generator itself cost per request, so that a reader can tell whether it was in the way."""


class Run:
    """One run: what is left to send, until when, and what came back."""

    def __init__(
        self, requests: Iterator[bytes], connections: int, *, warmup: float, seconds: float, at_least: int = 0
    ) -> None:
        self.requests = requests
        self.open = connections
        self.at_least = at_least
        self.latencies = array("q")
        self.ids: list[bytes] | None = None
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.record_from = time.perf_counter_ns() + round(warmup * 1e9)
        self.deadline = self.record_from + round(seconds * 1e9)
        self.last_answer = self.record_from

    def answered(self, connection: "Connection", answer: bytes) -> None:
        """Record one complete answer and send the next request on the same connection."""
        now = time.perf_counter_ns()
        if answer[9:12] != b"200":
            self.fail(answer.decode(errors="replace")[:2000])
            return
        self.answers += 1
        goes_on = now < self.deadline or len(self.latencies) < self.at_least
        if goes_on and now >= self.record_from:
            self.latencies.append(now - connection.sent_at)
            self.last_answer = now
        if self.ids is not None and (found := OBJECT_ID.search(answer)):
            self.ids.append(found[1])
        connection.send(next(self.requests, b"") if goes_on else b"")

    def finished(self) -> None:
        """Count down the connections that have nothing left to send."""
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)

    def fail(self, reason: str) -> None:
        """End the run; the first reason is the one that is told."""
        if not self.done.done():
            self.done.set_exception(LoadError(reason))


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request in flight."""

    __slots__ = ("busy", "received", "run", "sent_at", "transport")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.received = b""
        self.sent_at = 0
        self.busy = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = cast("asyncio.WriteTransport", transport)  # uvloop's is one by its methods only
        self.send(next(self.run.requests, b""))

    def send(self, request: bytes) -> None:
        """Send `request` and start its clock; no request means that this connection is finished."""
        if request:
            self.sent_at = time.perf_counter_ns()
            self.transport.write(request)
        else:
            self.busy = False
            self.transport.close()
            self.run.finished()

    def data_received(self, data: bytes) -> None:
        """Put the answer together; servers may send head and body apart."""
        if self.received:
            data = self.received + data
        head = data.find(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(data, 0, head) if head > 0 else None
        if length and len(data) >= head + 4 + int(length[1]):
            self.received = b""
            self.run.answered(self, data)
            return
        self.received = data
        if head > 0 and not length:
            self.run.fail(f"an answer without Content-Length: {data[:200]!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that still waits for its answer has lost it."""
        if self.busy:
            self.run.fail(f"the server closed a connection before its answer was complete ({exc})")


def creations(kind: str, port: int) -> Iterator[bytes]:
    """Endless POST requests of one kind, no two with the same Idempotency-Key, in this run or another."""
    path, form = FORMS[kind]
    body = urlencode(form, safe="[]@").encode()
    typed = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    before = (_head("POST", path, port) + typed + f"Idempotency-Key: {secrets.token_hex(8)}-").encode()
    after = b"\r\n\r\n" + body
    for number in itertools.count():
        yield b"%b%d%b" % (before, number, after)


def retrievals(kind: str, port: int, ids: list[str]) -> Iterator[bytes]:
    """Endless GET requests for `ids`, in an order that is random and the same in every run."""
    shuffled = random.Random(1).sample(ids, len(ids))
    return itertools.cycle(
        [(_head("GET", RETRIEVALS[kind] + name, port) + "\r\n").encode() for name in shuffled]
    )


def _head(method: str, path: str, port: int) -> str:
    fields = {"Host": f"127.0.0.1:{port}", "Authorization": f"Bearer {API_KEY}", "Accept": "application/json"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\nUser-Agent: strongroom-bench\r\n{lines}"


def percentile(ordered: "array[int] | list[int]", share: float) -> int:
    """The smallest of the ascending values that at least `share` of them do not exceed (nearest rank)."""
    rank = -(
        -len(ordered) * round(share * 1000) // 1000
    )  # whole numbers: 0.99 * 100 is a little more than 99
    return ordered[max(rank, 1) - 1]


async def measure(options: argparse.Namespace) -> Result:
    """Send load as the options say, and sum up what came back.

    Raises:
        LoadError: An answer was not 200, a connection broke, or nothing arrived inside the window.
    """
    window = {"warmup": options.warmup, "seconds": options.seconds, "at_least": options.at_least}
    run = Run(_requests(options), options.connections, **window)
    run.ids = [] if options.harvest else None
    begun, cpu = time.perf_counter_ns(), time.process_time()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: run.fail(_described(context)))
    for _ in range(options.connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", options.port)
    await run.done
    spent = time.process_time() - cpu
    if run.ids is not None:
        options.harvest.write_bytes(b"\n".join(run.ids))
    if options.requests:
        return _summary(run, run.last_answer - begun, spent)
    return _summary(run, max(run.deadline, run.last_answer) - run.record_from, spent)


def _described(context: dict[str, Any]) -> str:
    """What went wrong inside a callback, which otherwise nobody would hear of."""
    return f"{context['message']}: {context.get('exception')!r}"


def _requests(options: argparse.Namespace) -> Iterator[bytes]:
    if options.kind in FORMS:
        return itertools.islice(creations(options.kind, options.port), options.requests)
    ids = options.targets.read_text().split()
    return itertools.islice(retrievals(options.kind, options.port, ids), options.requests)


def _summary(run: Run, nanoseconds: int, cpu_seconds: float) -> Result:
    if not run.latencies:
        raise LoadError("no answer arrived inside the window")
    count, ordered, seconds = len(run.latencies), sorted(run.latencies), nanoseconds / 1e9
    return Result(
        answers=run.answers,
        requests=count,
        seconds=seconds,
        per_second=count / seconds,
        p50_us=percentile(ordered, 0.5) / 1000,
        p99_us=percentile(ordered, 0.99) / 1000,
        cpu_us=cpu_seconds / run.answers * 1e6,
    )


def options_from(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=86_400.0, help="the length of the window")
    parser.add_argument(
        "--warmup", type=float, default=0.0, help="seconds before the window, sent but not counted"
    )
    parser.add_argument(
        "--at-least", type=int, default=0, help="make the window longer until so many are counted"
    )
    parser.add_argument("--requests", type=int, help="send this many and stop, instead of by the clock")
    parser.add_argument("--targets", type=Path, help="a file of ids to retrieve, one a line")
    parser.add_argument("--harvest", type=Path, help="where to write the ids of what was created")
    return parser.parse_args(arguments)


def main() -> None:
    """Run once and print the result as JSON."""
    try:
        result = uvloop.run(measure(options_from(sys.argv[1:])))
    except (LoadError, OSError) as refusal:
        sys.exit(f"load: {refusal}")
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
