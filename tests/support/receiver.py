"""A process of its own that receives webhooks on loopback and writes down, line by line, what it got.

The path says how it behaves: `/ok`, `/status/500`, `/fail/2/x` (twice, then well), `/hang`, `/drip`, `/big`, `/redirect`,
`/reset`, `/garbage`, `/say/x` (answers `x`, with 500), `/slow` (half a second), `/gate/x` (answers once the file `x` is there).
"""

import contextlib
import json
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

LIFE_SECONDS = 300


class Received(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """The process, seen from a test."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        self.folder = folder
        self.certificate = certificate

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, __file__, str(self.folder), str(self.certificate or "")]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def url(self, path: str = "/ok", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}{path}"

    def open_gate(self, name: str) -> None:
        (self.folder / name).touch()

    def received(self, path: str | None = None) -> list[Received]:
        """Everything so far, in the order in which it came, at one path or at all."""
        try:
            lines = (self.folder / "received.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        every = [json.loads(line) for line in lines]
        return [
            Received(one["path"], one["headers"], one["body"].encode(), one["at"])
            for one in every
            if path in {None, one["path"]}
        ]


# -- in the process -------------------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[Counter[str]] = Counter()
    lock = threading.Lock()
    folder: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        line = {"path": self.path, "headers": dict(self.headers), "body": body.decode(), "at": time.time()}
        with self.lock:
            self.seen[self.path] += 1
            with (self.folder / "received.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
        behaviour, *rest = self.path.partition("?")[0].strip("/").split("/")
        getattr(self, f"on_{behaviour}")(*rest)

    def answer(self, status: int, body: bytes = b"thanks", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def on_ok(self, *_: str) -> None:
        self.answer(200)

    def on_status(self, status: str) -> None:
        self.answer(int(status), b"card 4242424242424242 refused")

    def on_fail(self, times: str, _: str) -> None:
        self.answer(500 if self.seen[self.path] <= int(times) else 200)

    def on_say(self, text: str) -> None:
        self.answer(500, text.encode())

    def on_hang(self, *_: str) -> None:
        time.sleep(LIFE_SECONDS)

    def on_slow(self, *_: str) -> None:
        time.sleep(0.5)
        self.answer(200)

    def on_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        for _ in range(LIFE_SECONDS):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(1)

    def on_big(self) -> None:
        self.answer(200, b"x" * 50_000_000)

    def on_redirect(self) -> None:
        self.answer(302, Location=f"http://127.0.0.1:{self.server.server_port}/ok")

    def on_reset(self) -> None:
        self.connection.close()

    def on_garbage(self) -> None:
        self.connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        self.connection.close()

    def on_gate(self, name: str) -> None:
        while not (self.folder / name).exists():
            time.sleep(0.02)
        self.answer(200)

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()


def serve(folder: str, certificate: str) -> None:
    Handler.folder = Path(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    # Bounded, whatever becomes of the test.
    threading.Timer(LIFE_SECONDS, server.shutdown).start()
    server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
