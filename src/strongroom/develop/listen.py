"""Events of an account as they happen: printed, and forwarded to a local server, signed as webhooks are.

They are read from the API's lists, again and again, so nothing is registered and nothing is left behind. On several
processes an event may appear in a list behind younger ones: the last few are always looked at once more, and what was seen
is known by its id. Their times are not looked at, for the clocks of test accounts can be moved.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http.client import HTTPException
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from strongroom.clock import SystemClock
from strongroom.develop.api import Api, Document, Refused, connection_to
from strongroom.domain.webhooks import wants
from strongroom.errors import CannotServe
from strongroom.secret import Secret
from strongroom.vault.signing import sign

EVERY_SECONDS: Final = 0.25
ACCOUNTS_EVERY_SECONDS: Final = 1.0
AT_ONCE: Final = 10
"""How many connected accounts are looked at each time: the rest have their turn the next."""
AGAIN: Final = 50
"""How many of the events that were seen are looked at again."""
PAGE: Final = 100
BAD_REQUEST: Final = 400

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
    """The events of one account that have not been seen yet."""

    def __init__(self, api: Api, account: str | None) -> None:
        self._api = api
        self.account = account
        """None: the key's own."""
        self._seen: deque[str] = deque(maxlen=AGAIN)

    def skip(self) -> None:
        """Look at what is there, as seen."""
        newest = self._page({"limit": str(AGAIN)})["data"]
        self._seen.extend(event["id"] for event in reversed(newest))

    def fresh(self) -> list[Document]:
        """Return what is new, oldest first.

        Raises:
            Refused: the account is connected no more.
        """
        try:
            found = list(self._later() if self._seen else self._all())
        except Refused as refusal:
            if refusal.status != BAD_REQUEST:
                raise
            # The list has forgotten what was seen, all of it: so there is nothing old in it.
            self._seen.clear()
            found = list(self._all())
        new = [event for event in found if event["id"] not in self._seen]
        self._seen.extend(event["id"] for event in new)
        return new

    def _later(self) -> Iterator[Document]:
        """Yield what is younger than the oldest that is remembered, oldest first."""
        cursor, has_more = self._seen[0], True
        while has_more:
            page = self._page({"limit": str(PAGE), "ending_before": cursor})
            yield from reversed(page["data"])
            has_more = page["has_more"]
            cursor = page["data"][0]["id"] if has_more else cursor

    def _all(self) -> Iterator[Document]:
        found: list[Document] = []
        params, has_more = {"limit": str(PAGE)}, True
        while has_more:
            page = self._page(params)
            found += page["data"]
            has_more = page["has_more"]
            params["starting_after"] = found[-1]["id"] if has_more else ""
        return reversed(found)

    def _page(self, params: dict[str, str]) -> Document:
        return self._api.get("/v1/events", params, self.account)


class Following:
    """Whose events are listened to: the key's own account or some connected to it, or it and all that are connected."""

    def __init__(self, api: Api, accounts: Sequence[str], *, connect: bool) -> None:
        """Begin with what happens from now on.

        Args:
            api: the server, used with a key.
            accounts: connected accounts; empty: the key's own.
            connect: whether all connected accounts are listened to besides, also those connected later.
        """
        self._api = api
        self._connect = connect
        self._own = [Feed(api, account) for account in accounts] or [Feed(api, None)]
        self._known = set(accounts)
        self._connected: dict[str, Feed] = {}
        self._look_at = 0.0
        for feed in [*self._own, *self._new_accounts()]:
            feed.skip()

    def fresh(self) -> Iterator[Document]:
        """Yield what is new, oldest first within an account."""
        for feed in self._own:
            yield from feed.fresh()
        for feed in self._new_accounts():
            yield from feed.fresh()
        for _ in range(min(AT_ONCE, len(self._connected))):
            yield from self._fresh_of(next(iter(self._connected)))

    def _fresh_of(self, account: str) -> list[Document]:
        """Return what is new of a connected account, whose turn then comes after that of all others."""
        feed = self._connected[account]
        try:
            found = feed.fresh()
        except Refused:
            # Connected no more.
            found = []
            del self._connected[account]
        else:
            self._connected[account] = self._connected.pop(account)
        return found

    def _new_accounts(self) -> list[Feed]:
        """Return feeds of the accounts that were connected since this was last asked, oldest first."""
        if not self._connect or time.monotonic() < self._look_at:
            return []
        new = {account: Feed(self._api, account) for account in self._unknown_accounts()}
        self._look_at = time.monotonic() + ACCOUNTS_EVERY_SECONDS
        self._known |= new.keys()
        self._connected |= new
        return list(new.values())

    def _unknown_accounts(self) -> list[str]:
        found: list[str] = []
        params, goes_on = {"limit": str(PAGE)}, True
        while goes_on:
            page = self._api.get("/v1/accounts", params)
            ids = [account["id"] for account in page["data"]]
            new = [account for account in ids if account not in self._known]
            found += new
            # They come newest first.
            goes_on = page["has_more"] and len(new) == len(ids)
            params["starting_after"] = ids[-1] if ids else ""
        return found[::-1]


class Listener:
    """Prints and forwards until stopped."""

    def __init__(
        self,
        following: Following,
        wanted: frozenset[str],
        places: tuple[Place | None, Place | None],
        secret: Secret[str],
        say: Say,
    ) -> None:
        """Begin.

        Args:
            following: whose events.
            wanted: of which types.
            places: where those of the account go, and those of accounts connected to it; None: nowhere.
            secret: what they are signed with.
            say: prints a line.
        """
        self._following = following
        self._wanted = wanted
        self._to, self._connect_to = places
        self._secret = secret
        self._say = say
        self._clock = SystemClock()

    def run(self) -> None:
        """Look for events until stopped. A server that is away is waited for."""
        is_there = True
        while True:
            try:
                for event in self._following.fresh():
                    self._handle(event)
                is_there = True
            except CannotServe as absent:
                if is_there:
                    self._say(f"{absent}; waiting for it")
                is_there = False
            time.sleep(EVERY_SECONDS)

    def _handle(self, event: Document) -> None:
        if not wants(self._wanted, event["type"]):
            return
        account = event.get("account")
        self._say(f"{self._now()}   --> {event['type']} [{event['id']}]{f' of {account}' if account else ''}")
        to = self._connect_to if account else self._to
        if to is not None:
            self._say(f"{self._now()}  <--  {self._forward(to, event)} [{event['id']}]")

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
