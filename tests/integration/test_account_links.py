"""Links to pages for the holders of accounts, and what the platform leaves to them from then on."""

from urllib.parse import urlsplit

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM
from support.data import refused
from support.onboarding import RETURN_URL, Visitor, link

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


@pytest.mark.parametrize("name", ["refresh_url", "return_url"])
@pytest.mark.parametrize("control", ["\x01", "\x1c", "\x7f"])
def test_an_address_that_no_header_can_hold_is_refused(stripe, name, control):
    account = stripe.accounts.create(CUSTOM)
    with refused(status=400, code="url_invalid", param=name):
        link(stripe, account, **{name: f"https://platform.test/{control}"})


def test_an_address_beyond_ascii_is_followed_as_a_header_holds_it(server, stripe):
    account = stripe.accounts.create(CUSTOM)
    url = link(stripe, account, refresh_url="https://platform.test/\u00e9\u2028?a=%20")
    visitor = Visitor(server)
    visitor.follow(url)
    assert visitor.follow(url) == (303, "https://platform.test/%C3%A9%E2%80%A8?a=%20")


def test_a_login_link_needs_the_express_dashboard_and_an_onboarded_account(stripe):
    for kind in ("custom", "express"):
        account = stripe.accounts.create({**CUSTOM, "type": kind})
        with refused(says="login link"):
            stripe.accounts.login_links.create(account.id)


# -- the page of a login link -----------------------------------------------------------------------------------------


def onboarded(server, stripe):
    """An Express account whose holder has accepted the terms, which was all that was missing."""
    given = {key: value for key, value in COMPLETE.items() if key != "tos_acceptance"}
    account = stripe.accounts.create({**given, "type": "express"})
    visitor = Visitor(server)
    visitor.follow(link(stripe, account))
    assert visitor.send({"tos_acceptance": "true"}) == RETURN_URL
    return account


def test_an_onboarded_account_has_a_login_link(server, stripe):
    account = onboarded(server, stripe)

    path = urlsplit(stripe.accounts.login_links.create(account.id).url).path

    page = server.request("GET", path)
    assert page.status == 200
    assert b"Charges are on, payouts are on." in page.body
    for wrong in (path.replace("/express/", "/setup/"), path.replace("/express/", "/onboarding/")):
        assert server.request("GET", wrong).status == 404
