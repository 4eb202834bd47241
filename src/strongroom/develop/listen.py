"""Events of an account as they happen: printed, and forwarded to a local server, signed as webhooks are.

They are read from the API's list, again and again, so nothing is registered and nothing is left behind. On several
processes an event may appear in the list behind younger ones: the last minute is always looked at as a whole, and what was
seen is known by its id.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from http.client import HTTPException
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from strongroom.clock import SystemClock
from strongroom.develop.api import Api, Document, connection_to
from strongroom.errors import CannotServe
from strongroom.secret import Secret
from strongroom.vault.signing import sign

EVERY_SECONDS: Final = 0.25
WINDOW_SECONDS: Final = 60
PAGE: Final = 100
EVERYTHING: Final = "*"

Say = Callable[[str], None]


class Place(NamedTuple):
    """Where events are forwarded to."""

    scheme: str
    host: str
    port: int | None
    path: str
    url: str


def place_of(text: str) -> Place:
    """Return where `--forward-to` leads: a URL, or `localhost:4242/webhook`, or a port.

    Raises:
        ValueError: nowhere.
    """
    url = f"localhost:{text}" if text.isascii() and text.isdigit() else text
    url = url if "://" in url else f"http://{url}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text} is no address to forward to; it takes one such as localhost:4242/webhook")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, parts.hostname, parts.port, path, url)


class Feed:
    """The events of an account that have not been seen yet."""

    def __init__(self, api: Api, account: str | None) -> None:
        self._api = api
        self._account = account
        self._seen: dict[str, int] = {}
        self._newest = 0

    def skip(self) -> None:
        """Look at what is there, as seen."""
        newest = self._api.get("/v1/events", {"limit": "1"}, self._account)["data"]
        self._newest = newest[0]["created"] if newest else 0
        self.fresh()

    def fresh(self) -> list[Document]:
        """Return what is new, oldest first."""
        found = [event for event in self._window() if event["id"] not in self._seen]
        self._seen |= {event["id"]: event["created"] for event in found}
        self._newest = max([self._newest, *[event["created"] for event in found]])
        self._seen = {one: at for one, at in self._seen.items() if at >= self._since}
        return found[::-1]

    @property
    def _since(self) -> int:
        return max(0, self._newest - WINDOW_SECONDS)

    def _window(self) -> Iterator[Document]:
        """Yield the events of the last minute, newest first, up to a whole page of nothing new."""
        params = {"limit": str(PAGE), "created[gte]": str(self._since)}
        while True:
            page = self._api.get("/v1/events", params, self._account)
            yield from page["data"]
            if not page["has_more"] or all(event["id"] in self._seen for event in page["data"]):
                return
            params["starting_after"] = page["data"][-1]["id"]


class Listener:
    """Prints and forwards until stopped."""

    def __init__(
        self, feed: Feed, wanted: frozenset[str], to: Place | None, secret: Secret[str], say: Say
    ) -> None:
        self._feed = feed
        self._wanted = wanted
        self._to = to
        self._secret = secret
        self._say = say
        self._clock = SystemClock()

    def run(self) -> None:
        """Look for events until stopped. A server that is away is waited for."""
        is_there = True
        while True:
            try:
                for event in self._feed.fresh():
                    self._handle(event)
                is_there = True
            except CannotServe as absent:
                if is_there:
                    self._say(f"{absent}; waiting for it")
                is_there = False
            time.sleep(EVERY_SECONDS)

    def _handle(self, event: Document) -> None:
        if EVERYTHING not in self._wanted and event["type"] not in self._wanted:
            return
        of = f" of {event['account']}" if "account" in event else ""
        self._say(f"{self._now()}   --> {event['type']} [{event['id']}]{of}")
        if self._to is not None:
            self._say(f"{self._now()}  <--  {self._forward(self._to, event)} [{event['id']}]")

    def _now(self) -> str:
        return f"{datetime.fromtimestamp(self._clock.now()).astimezone():%Y-%m-%d %H:%M:%S}"

    def _forward(self, to: Place, event: Document) -> str:
        """Send an event, and return in a few words what came of it."""
        body = json.dumps({**event, "pending_webhooks": 1}, indent=2, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (Strongroom)",
            "Stripe-Signature": sign(self._secret, body, now=self._clock.now()),
        }
        connection = connection_to(to.scheme, to.host, to.port)
        try:
            connection.request("POST", to.path, body, headers)
            return f"[{connection.getresponse().status}] POST {to.url}"
        except (OSError, HTTPException) as failure:
            return f"[ERROR] POST {to.url}: {type(failure).__name__}"
        finally:
            connection.close()
