"""A browser, a sandbox server, and somebody who is signed in. The browser ends with each module: while it runs, its loop does."""

import itertools
import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from support import chromium
from support.pages import sign_in
from support.server import Server

_numbers = itertools.count()

WIDE = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
NARROW = {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}
TIMEOUT_MS = 20_000


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("browser") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def chrome():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chrome):
    """Return a function that opens an empty page; nothing on it may fail, call elsewhere or break the policy."""
    contexts, faults = [], []

    def start(**options):
        context = chrome.new_context(**{**WIDE, **options})
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(f"script: {fault}"))
        page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
        page.on(
            "request",
            lambda request: faults.append(f"went to {request.url}") if _is_foreign(request.url) else None,
        )
        contexts.append(context)
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(said):
    """A refused form is answered with a status that the browser's console repeats; that is no fault of the page."""
    return said.type == "error" and "Failed to load resource" not in said.text


def _is_foreign(url):
    return urlsplit(url).hostname not in {"127.0.0.1", None}


@pytest.fixture
def name():
    """The name of an account nobody else has."""
    return f"b{os.getpid()}n{next(_numbers)}"


@pytest.fixture
def stripe(server, name):
    return server.client(f"sk_test_{name}").v1


@pytest.fixture(params=["wide", "narrow"])
def page(request, open_page, server, name):
    """A page of somebody who has signed in with the account's key, on a large light screen and on a small dark one."""
    opened = open_page(**(WIDE if request.param == "wide" else NARROW))
    sign_in(opened, server, f"sk_test_{name}")
    return opened


@pytest.fixture
def at(server):
    """Return a function that makes an address of a path below the dashboard's test mode."""
    return lambda path: f"{server.url}/dashboard/test{path}"
