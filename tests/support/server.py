"""A real server process on loopback, driven through the official SDK and, where bytes matter, through a bare socket."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import stripe

STRONGROOM = Path(sys.executable).with_name("strongroom")
ADDRESS = re.compile(r"Strongroom serves http://127\.0\.0\.1:([0-9]+)")


@dataclass
class Reply:
    """An answer as it was on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


@dataclass
class Server:
    """One `strongroom serve` and what it printed."""

    data_dir: Path
    database: str = "sqlite"
    options: tuple[str, ...] = ("--sandbox",)
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (str(STRONGROOM),)
    port: int = 0
    greeting: list[str] = field(default_factory=list)
    process: subprocess.Popen | None = None

    def start(self) -> Self:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self.log_path = self.data_dir.parent / f"{self.data_dir.name}.stderr"
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "serve", "--port", str(self.port), *self.storage, *self.options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.greeting = []
        for line in self.process.stdout:
            self.greeting.append(line.rstrip("\n"))
            if match := ADDRESS.match(line):
                self.port = int(match[1])
            if line == "Ready.\n":
                break
        else:
            self.process.wait()
            self.process.stdout.close()
            raise RuntimeError(f"the server did not start: {self.log_path.read_text()[-2000:]}")
        return self

    @property
    def storage(self) -> list[str]:
        return ["--data-dir", str(self.data_dir), "--database", self.database]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self if self.is_running else self.start()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self.stop()

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C would, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        return status

    def kill(self) -> None:
        """End it between two instructions."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def command(self, *words: str, typed: str = "") -> subprocess.CompletedProcess:
        """Run another `strongroom` command on the same data, with `typed` as its standard input."""
        return subprocess.run(
            [STRONGROOM, *words, *self.storage],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            input=typed,
        )

    def client(self, key: str, **options: Any) -> stripe.StripeClient:
        """Return an official client whose only difference is the base URL, of files as of the rest."""
        return stripe.StripeClient(
            key, base_addresses={"api": self.url, "files": self.url}, max_network_retries=0, **options
        )

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | bytes | Iterator[bytes] | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request over a connection of its own; `params` go into the query of a GET, else into the body.

        An iterator is sent chunk by chunk.
        """
        body = params if isinstance(params, (bytes, Iterator)) else urlencode(params or {}).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        if method == "GET" and body:
            path, body = f"{path}?{body.decode()}", b""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()
