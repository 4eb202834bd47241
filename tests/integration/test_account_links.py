"""Links to pages for the holders of accounts, and what the platform leaves to them from then on."""

from urllib.parse import urlsplit

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM, events_of
from support.data import refused

DENIED = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}


def test_once_a_link_was_made_the_holder_of_an_express_account_gives_the_rest(stripe):
    account = stripe.accounts.create({"type": "express", "business_type": "individual"})
    stripe.accounts.update(account.id, {"individual": {"first_name": "Jenny", "phone": "+14155550123"}})

    link = stripe.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "https://a.test",
            "return_url": "https://b.test",
        }
    )

    assert link.expires_at - link.created == 300
    assert link.url.startswith("http://127.0.0.1:")
    with refused(sdk.PermissionError, status=403, code="oauth_not_supported", says="'individual'"):
        stripe.accounts.update(account.id, {"individual": {"first_name": "Joan"}})
    seen = stripe.accounts.retrieve(account.id).individual
    assert seen.first_name == "Jenny"
    for hidden in ("address", "dob", "phone"):
        assert hidden not in seen


def test_an_account_link_of_a_foreign_account_is_refused(stripe):
    with refused(**DENIED):
        stripe.account_links.create(
            {"account": "acct_nope", "type": "account_onboarding", "refresh_url": "x", "return_url": "y"}
        )


def test_a_login_link_needs_the_express_dashboard_and_an_onboarded_account(stripe):
    for kind in ("custom", "express"):
        account = stripe.accounts.create({**CUSTOM, "type": kind})
        with refused(says="login link"):
            stripe.accounts.login_links.create(account.id)


# -- the pages --------------------------------------------------------------------------------------------------------


def express(stripe):
    given = {key: value for key, value in COMPLETE.items() if key != "tos_acceptance"}
    account = stripe.accounts.create({**given, "type": "express"})
    assert account.details_submitted is False
    return account


def setup_link(stripe, account, **urls):
    ask = {
        "account": account.id,
        "type": "account_onboarding",
        "return_url": "https://platform.test/back?a=1",
        "refresh_url": "https://platform.test/again",
    }
    return urlsplit(stripe.account_links.create({**ask, **urls}).url).path


def test_accepting_the_terms_on_the_page_finishes_the_onboarding(server, stripe):
    account = express(stripe)
    path = setup_link(stripe, account)

    page = server.request("GET", path)
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert account.id.encode() in page.body
    done = server.request("POST", path, headers={"User-Agent": "Browser/1"})

    assert (done.status, done.headers["Location"]) == (303, "https://platform.test/back?a=1")
    after = stripe.accounts.retrieve(account.id)
    assert (after.details_submitted, after.charges_enabled) == (True, True)
    assert after.tos_acceptance.ip == "127.0.0.1"
    assert after.tos_acceptance.user_agent == "Browser/1"
    assert [event.type for event in events_of(stripe, account)][-1] == "account.updated"
    assert server.request("POST", path).status == 303


def test_an_onboarded_account_has_a_login_link(server, stripe):
    account = express(stripe)
    server.request("POST", setup_link(stripe, account))

    path = urlsplit(stripe.accounts.login_links.create(account.id).url).path

    page = server.request("GET", path)
    assert page.status == 200
    assert b"Charges are on, payouts are on." in page.body
    assert server.request("POST", path.replace("/express/", "/setup/")).status == 404


def test_a_link_opens_its_own_account_alone(server, stripe):
    one, other = express(stripe), express(stripe)
    path = setup_link(stripe, one)

    for wrong in (path.replace(one.id, other.id), path[:-1], path.replace("/test/", "/live/"), path + "A"):
        assert server.request("POST", wrong).status == 404
    assert stripe.accounts.retrieve(other.id).details_submitted is False
    stripe.accounts.delete(one.id)
    assert server.request("GET", path).status == 404


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.test/\r\nSet-Cookie: a=b", "//evil.test"])
def test_a_return_url_that_is_no_web_address_is_not_followed(server, stripe, url):
    account = express(stripe)

    reply = server.request("POST", setup_link(stripe, account, return_url=url))

    assert reply.status == 200
    assert "Location" not in reply.headers
    assert "Set-Cookie" not in reply.headers
