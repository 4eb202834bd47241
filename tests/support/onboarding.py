"""The onboarding page as somebody without a browser uses it: its fields by name, and what is wrong with each."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

RETURN_URL = "https://platform.test/back?a=1"
REFRESH_URL = "https://platform.test/again"


class Page(HTMLParser):
    """Reads a page: its fields with what is in them, and the words of each that are marked as wrong."""

    def __init__(self, reply):
        super().__init__()
        self.status, self.text = reply.status, reply.body.decode()
        self.values, self.labels, self.faults = {}, {}, {}
        self._ids, self._said, self._inside = {}, {}, None
        self.feed(self.text)
        for field_id, name in self._ids.items():
            if f"{field_id}e" in self._said:
                self.faults[name] = self._said[f"{field_id}e"]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("input", "select", "textarea"):
            self._ids[given["id"]] = given["name"]
            is_on = given.get("type") != "checkbox" or "checked" in given
            self.values[given["name"]] = (given.get("value") or "") if is_on else ""
            self._inside = ("select", given["name"]) if tag == "select" else None
        elif tag == "option" and "selected" in given:
            self.values[self._inside[1]] = given["value"]
        elif tag == "p" and given.get("id"):
            self._inside = ("said", given["id"])

    def handle_data(self, data):
        if self._inside and self._inside[0] == "said":
            self._said[self._inside[1]] = self._said.get(self._inside[1], "") + data

    def handle_endtag(self, tag):
        if tag == "p":
            self._inside = None

    @property
    def title(self):
        return unescape(re.search("<title>(.*?)</title>", self.text).group(1))


class Visitor:
    """Somebody who follows an account link and fills pages in."""

    def __init__(self, server):
        self.server = server
        self.path = None

    def follow(self, url):
        """Follow a link and return where it leads."""
        reply = self.server.request("GET", urlsplit(url).path)
        where = reply.headers.get("Location", "")
        self.path = urlsplit(where).path
        return reply.status, where

    def look(self):
        return Page(self.server.request("GET", self.path))

    def send(self, fields):
        """Fill fields in; return where that leads, or the page that says what is wrong."""
        reply = self.server.request(
            "POST", self.path, urlencode(fields).encode(), headers={"User-Agent": "Browser/1"}
        )
        if reply.status != 303:
            return Page(reply)
        where = reply.headers["Location"]
        if "/connect/" in where:
            self.path = urlsplit(where).path
        return where


def link(stripe, account, **options):
    """Make an account link and return its address."""
    ask = {
        "account": account.id,
        "type": "account_onboarding",
        "return_url": RETURN_URL,
        "refresh_url": REFRESH_URL,
    }
    return stripe.account_links.create({**ask, **options}).url
