"""The dashboard over a bare connection, as a browser would send it, cookies and forms included but nothing run."""

import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from support.server import Reply, Server

TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


class Visitor:
    """Somebody with a cookie jar."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Reply:
        return self._send("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], *, token: str | None = None, **headers: str) -> Reply:
        """Send a form as one of our own pages would; `headers` may say otherwise."""
        sent = {**({} if token is None else {"token": token}), **fields}
        return self._send("POST", path, sent, {"Sec-Fetch-Site": "same-origin", **headers})

    def _send(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None if fields is None else urlencode(fields).encode()
        reply = self.server.request(method, path, body, headers=sent)
        for name, morsel in SimpleCookie(reply.headers.get("Set-Cookie", "")).items():
            self.cookies[name] = morsel.value
        return reply

    def token(self, path: str) -> str:
        """The token in the forms of a page."""
        found = TOKEN.search(self.get(path).body.decode())
        assert found is not None, path
        return found[1]

    def sign_in_with_key(self, key: str) -> Reply:
        return self.post("/dashboard/signin", {"key": key})


def sign_in(page: Any, server: Server, key: str) -> None:
    """Sign a browser's page in with an account's key, as the sandbox allows."""
    page.goto(f"{server.url}/dashboard")
    page.get_by_label("Secret key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/dashboard/(test|live)"))
