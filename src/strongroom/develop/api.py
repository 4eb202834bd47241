"""A small client of our own API: forms out, JSON in, one connection a request."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from strongroom.errors import CannotServe

SECONDS_MAX: Final = 40
OK: Final = 200
BOUNDARY: Final = "strongroom-develop"

Document = dict[str, Any]


class Refused(ValueError):
    """What the API said no to, in its own words."""

    def __init__(self, status: int, error: Document) -> None:
        super().__init__(
            f"{error.get('message', 'no message')} ({status}, {error.get('code') or error.get('type')})"
        )
        self.status = status


def connection_to(scheme: str, host: str, port: int | None) -> HTTPConnection:
    """Return a connection that is not opened yet."""
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    return kind(host, port, timeout=SECONDS_MAX)


class Api:
    """The API of one server, used with one key."""

    def __init__(self, base: str, key: str) -> None:
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{base} is no address of a server; it takes one such as http://127.0.0.1:12111")
        self._base = base
        self._where = parts.scheme, parts.hostname, parts.port
        self._key = key

    def get(self, path: str, params: Mapping[str, str], account: str | None = None) -> Document:
        """Return what a GET is answered.

        Raises:
            Refused: the API said no.
            CannotServe: nobody answers.
        """
        return self._send("GET", f"{path}?{urlencode(params)}", b"", {}, account)

    def call(self, method: str, path: str, params: Mapping[str, str], account: str | None = None) -> Document:
        """Return what a request with a form is answered. Raises as `get`."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send(method, path, urlencode(params).encode(), form, account)

    def upload(self, path: str, params: Mapping[str, str], filename: str, content: bytes) -> Document:
        """Return what an upload is answered. Raises as `get`."""
        disposition = "Content-Disposition: form-data; name="
        parts = [f'{disposition}"{name}"\r\n\r\n{value}'.encode() for name, value in params.items()]
        parts.append(f'{disposition}"file"; filename="{filename}"\r\n\r\n'.encode() + content)
        edge = f"--{BOUNDARY}".encode()
        body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
        return self._send(
            "POST", path, body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, None
        )

    def _send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], account: str | None
    ) -> Document:
        sent = {**headers, "Authorization": f"Bearer {self._key}"}
        if account is not None:
            sent["Stripe-Account"] = account
        connection = connection_to(*self._where)
        try:
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            answer: Document = json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            raise CannotServe(
                f"no Strongroom answers at {self._base}; start one with: strongroom serve --sandbox"
            ) from None
        finally:
            connection.close()
        if response.status != OK:
            raise Refused(response.status, answer.get("error", {}))
        return answer
