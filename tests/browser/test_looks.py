"""Every page at both sizes and in both colour schemes: accessible, in bounds, quiet about hostile names, usable by keyboard."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.pages import sign_in

PATHS = (
    "",
    "/keys",
    "/keys/new?kind=restricted",
    "/audit",
    "/people",
    "/security",
    "/payment-methods",
    "/payment-methods/connected",
    "/payment-methods/connected/{parent}/klarna",
    "/payment-methods/connected?configuration={parent}&review=1",
    "/accounts",
    "/accounts/{account}",
    "/accounts/{nobody}",
    "/review",
    "/review?currency=eur&amount=1099",
    "/webhooks",
    "/webhooks/new",
    "/webhooks/{endpoint}",
    "/webhooks/{endpoint}/edit",
    "/events",
    "/events/{event}",
    "/domains",
)
LOOKS = list(itertools.product(((1440, 900), (360, 780)), ("light", "dark")))
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}\"'</script><script>alert(2)</script>\u202eevil"


@pytest.fixture
def world(stripe, name, server):
    """An account with something hostile on every page, and where to find it."""
    shop = stripe.accounts.create(
        {
            "country": "US",
            "type": "express",
            "email": "a@example.com",
            "business_profile": {"name": HOSTILE},
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        }
    )
    stripe.payment_method_configurations.create({"name": HOSTILE})
    endpoint = stripe.webhook_endpoints.create(
        {"url": "http://localhost:9/", "enabled_events": ["customer.created"], "description": HOSTILE}
    )
    stripe.payment_method_domains.create({"domain_name": "a-rather-long-name-of-a-host.shop.invalid"})
    stripe.customers.create({"name": HOSTILE})
    (event,) = stripe.events.list().data
    return {"account": shop.id, "nobody": "acct_nobody", "endpoint": endpoint.id, "event": event.id}


def parent_of(page, at):
    page.goto(at("/payment-methods/connected"))
    return page.get_by_label("Configuration", exact=True).input_value()


def drafted(page, at):
    """Something that waits to be reviewed, so that the dialog is there to be looked at."""
    parent = parent_of(page, at)
    page.get_by_label("Klarna", exact=True).select_option("on_by_default")
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.get_by_role("region", name="Pending changes")).to_contain_text("1 pending")
    return parent


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_accessible_and_within_its_bounds(open_page, server, name, at, world, size, scheme):
    page = open_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.goto(at(""))
    faults = [*seen(page, "sign-in", size)]
    sign_in(page, server, f"sk_test_{name}")
    made_hostile_key(page, at)
    places = {**world, "parent": drafted(page, at)}
    for path in PATHS:
        page.goto(at(path.format(**places)))
        faults += seen(page, path, size)
    assert faults == []


def test_a_planted_fault_is_found(open_page, server):
    page = open_page()
    page.goto(f"{server.url}/dashboard/signin")
    page.evaluate("document.documentElement.lang = ''")
    page.evaluate("document.querySelector('main').style.width = '2000px'")
    assert [fault[1] for fault in seen(page, "planted", (1440, 900))] == [
        "html-has-lang",
        "wider than the screen",
    ]


def seen(page, path, size):
    """Yield what is wrong with a page: serious faults of accessibility, and anything that sticks out to the right."""
    found = Axe().run(page).response["violations"]
    for one in found:
        if one["impact"] in {"serious", "critical"}:
            yield path, one["id"], [node["html"][:120] for node in one["nodes"][:3]]
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > size[0]:
        yield path, "wider than the screen", width


def made_hostile_key(page, at):
    page.goto(at("/keys/new"))
    page.get_by_label("Name").fill(HOSTILE)
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new key")


def test_hostile_names_are_text_wherever_they_are_shown(page, at, world):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    made_hostile_key(page, at)
    page.goto(at("/payment-methods/connected"))
    page.get_by_role("button", name="Add new configuration").click()
    page.get_by_role("dialog").get_by_label("Name").fill(HOSTILE)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    for path, role in (
        ("/keys", "cell"),
        ("/accounts", "cell"),
        ("/accounts/{account}", "heading"),
        ("/webhooks", "cell"),
        ("/webhooks/{endpoint}", "heading"),
    ):
        page.goto(at(path.format(**world)))
        expect(page.get_by_role(role, name=HOSTILE).first).to_be_visible()
    page.goto(at("/payment-methods"))
    expect(page.get_by_label("Configuration", exact=True)).to_contain_text(HOSTILE)
    assert page.locator("img, script:not([src])").count() == 0
    assert dialogs == []


@pytest.mark.parametrize(
    "path", ["/review?currency=<script>alert(1)</script>", "/keys?done=<b>x</b>", "/accounts/<b>x<%2Fb>"]
)
def test_hostile_addresses_are_text_too(page, at, path):
    page.goto(at(path))
    assert page.locator("main b, main script, script:not([src])").count() == 0


def test_everything_is_reached_by_keyboard_alone(open_page, server, name):
    page = open_page()
    page.goto(f"{server.url}/dashboard/signin")
    page.keyboard.type(f"sk_test_{name}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    tab_to(page, "API keys")
    page.keyboard.press("Enter")
    tab_to(page, "Create key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Create a test key")
    tab_to(page, "", "input#name")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Publishable")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new key")


def test_a_dialog_is_opened_left_and_remembers_where_one_was(page, at):
    page.goto(at("/payment-methods"))
    opener = page.get_by_role("button", name="Rename")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Rename")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def tab_to(page, words, selector="a, button"):
    """Press Tab until what has these words has the focus, and see that it shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        now = page.locator(":focus")
        if (
            now.count()
            and now.evaluate("(one, wanted) => one.matches(wanted)", selector)
            and words in now.inner_text()
        ):
            assert now.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
            return
    raise AssertionError(f"{words or selector} is not reached by Tab")
