"""The onboarding page in a browser: usable by whoever reads it, by keyboard, at every size, and accessible."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SIZES = {"wide": ((1440, 900), "light"), "narrow": ((360, 780), "dark")}
ACCOUNT = {
    "type": "express",
    "country": "US",
    "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
}
GIVEN = {
    "Website": "https://accessible.stripe.com",
    "First name": "Jenny",
    "Last name": "Rosen",
    "E-mail address": "jenny@example.com",
    "Phone number": "0000000000",
    "Day": "1",
    "Month": "1",
    "Year": "1902",
    "Street and number": "address_full_match",
    "Postal code": "94107",
    "City": "San Francisco",
    "State": "CA",
    "Last four digits": "2222",
    "Routing number": "110000000",
    "Account number": "000123456789",
}


@pytest.fixture(params=sorted(SIZES))
def page(request, open_page):
    (width, height), scheme = SIZES[request.param]
    return open_page(viewport={"width": width, "height": height}, color_scheme=scheme)


def link(stripe, server, account, **options):
    """A link whose platform is the server itself, so that nothing of the test leaves it."""
    urls = {"return_url": f"{server.url}/healthz?returned", "refresh_url": f"{server.url}/healthz?again"}
    return stripe.account_links.create(
        {"account": account.id, "type": "account_onboarding", **urls, **options}
    ).url


def field(page, label):
    """The field beside a label, which may go on with `(optional)`."""
    return page.get_by_label(re.compile(rf"^{re.escape(label)}"))


def faults(page):
    """What is wrong with how the page looks and reads."""
    found = [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"moderate", "serious", "critical"}
    ]
    width, size = page.evaluate("document.documentElement.scrollWidth"), page.viewport_size["width"]
    return found + ([("wider than the screen", width)] if width > size else [])


def test_an_individual_is_led_through_and_returned(page, stripe, server):
    account = stripe.accounts.create(ACCOUNT)
    page.goto(link(stripe, server, account))
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your account")
    assert faults(page) == []
    field(page, "Type of business").select_option("individual")
    field(page, "Category").select_option("5734")
    field(page, "Website").fill("https://accessible.stripe.com")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="You", exact=True)).to_be_visible()
    assert faults(page) == []
    for label, value in GIVEN.items():
        if label != "Website":
            field(page, label).fill(value)
    page.get_by_label("I accept the terms of service").check()
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url("**/healthz?returned")
    after = stripe.accounts.retrieve(account.id)
    assert (after.charges_enabled, after.payouts_enabled) == (True, True)


def test_what_is_wrong_is_said_beside_the_field_and_above_the_form(page, stripe, server):
    account = stripe.accounts.create({**ACCOUNT, "business_type": "individual"})
    page.goto(link(stripe, server, account))
    field(page, "Category").select_option("5734")
    for label, value in {**GIVEN, "Postal code": "nowhere", "Year": "2999"}.items():
        field(page, label).fill(value)
    page.get_by_role("button", name="Continue").click()

    summary = page.get_by_role("alert")
    expect(summary.get_by_role("listitem")).to_have_count(3)
    assert faults(page) == []
    wrong = field(page, "Postal code")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_accessible_description(re.compile("not a postal code"))
    expect(wrong).to_have_value("nowhere")
    expect(field(page, "Account number")).to_have_value("")
    expect(field(page, "First name")).to_have_value("Jenny")
    summary.get_by_role("link", name="Postal code").press("Enter")
    expect(wrong).to_be_focused()


def test_the_page_is_filled_in_by_keyboard(page, stripe, server):
    account = stripe.accounts.create({**ACCOUNT, "business_type": "individual"})
    page.goto(link(stripe, server, account))

    page.keyboard.press("Tab")
    expect(field(page, "Category")).to_be_focused()
    page.keyboard.press("B")
    expect(field(page, "Category")).to_have_value("5942")
    page.keyboard.press("Tab")
    page.keyboard.type("https://accessible.stripe.com")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(field(page, "Website")).to_have_value("https://accessible.stripe.com")


def test_a_link_opens_once_and_leaving_leads_back(page, stripe, server):
    account = stripe.accounts.create(ACCOUNT)
    url = link(stripe, server, account)
    page.goto(url)
    page.get_by_role("link", name="Leave and finish later").click()
    page.wait_for_url("**/healthz?returned")

    page.goto(url)

    page.wait_for_url("**/healthz?again")


HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"


def test_hostile_values_are_text(page, stripe, server):
    account = stripe.accounts.create(
        {
            **ACCOUNT,
            "type": "custom",
            "business_type": "individual",
            "individual": {"first_name": HOSTILE, "last_name": HOSTILE},
        }
    )
    page.goto(link(stripe, server, account, type="account_update"))

    expect(field(page, "First name")).to_have_value(HOSTILE)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field(page, "First name")).to_have_value(HOSTILE)
    assert faults(page) == []
