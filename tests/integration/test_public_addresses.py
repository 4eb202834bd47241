"""Addresses that are given to somebody else begin with where clients reach the server, and not with where it listens."""

import pytest

from support.connect import CUSTOM
from support.documents import png, upload_as
from support.onboarding import link
from support.server import Server

PUBLIC = "https://pay.example.test/vault"


@pytest.fixture(scope="module")
def stripe(tmp_path_factory):
    options = ("--sandbox", "--public-url", f"{PUBLIC}/")
    with Server(tmp_path_factory.mktemp("public") / "data", options=options) as server:
        client = server.client("sk_test_public").v1
        client.file = lambda: upload_as(server, "sk_test_public", png(), purpose="business_icon")
        yield client


def test_an_account_link_leads_to_the_public_address(stripe):
    account = stripe.accounts.create(CUSTOM)
    assert link(stripe, account).startswith(f"{PUBLIC}/connect/setup/{account.id}/test/")


def test_a_file_link_does(stripe):
    made = stripe.file_links.create({"file": stripe.file()})
    assert made.url.startswith(f"{PUBLIC}/links/acct_")
