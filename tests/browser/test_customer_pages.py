"""The pages on which customers answer: what each shows, that it is accessible and in bounds, and where it leads."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.actions import WHERE, confirmed, key_of, page_of
from support.connect import eventually
from support.payments import AGREED

PAGES = {
    "card": "Confirm your payment",
    "ideal": "iDEAL",
    "payto": "PayTo",
    "boleto": "Boleto",
    "konbini": "Konbini",
    "pix": "Pix",
    "us_bank_account": "Verify your bank account",
    "acss_debit": "Verify your bank account",
}
LOOKS = [
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark"},
]
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}\"'</script>"


@pytest.fixture
def paying(server, name):
    return lambda kind: server.client(key_of(name, kind)).v1


@pytest.fixture
def shop(server):
    """Where customers come back to: the server's own page that says nothing of them."""
    return f"{server.url}/healthz?cart=7#top"


def faults(page, width):
    found = [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([("wider than the screen", wide)] if wide > width else [])


def came_back(page):
    page.wait_for_url(re.compile("/healthz"))
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow"])
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_says_what_it_is_about_and_is_accessible(open_page, paying, kind, look):
    intent = confirmed(paying(kind), kind, description=HOSTILE)
    page = open_page(**look)
    page.goto(page_of(intent))
    expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[kind])
    _, currency, _ = WHERE[kind]
    expect(page.get_by_role("main")).to_contain_text(currency.upper())
    assert page.locator("script, img").count() == 0
    assert intent.client_secret not in page.content()
    assert faults(page, look["viewport"]["width"]) == []


def test_a_planted_fault_is_found(open_page, paying):
    page = open_page()
    page.goto(page_of(confirmed(paying("us_bank_account"), "us_bank_account")))
    page.evaluate(
        "document.querySelector('label').remove(); document.querySelector('input').placeholder = ''"
    )
    page.evaluate("document.querySelector('main').style.minWidth = '2000px'")
    assert [fault[0] for fault in faults(page, 1440)] == ["label", "wider than the screen"]


def test_the_challenge_names_merchant_amount_and_card(open_page, paying, shop):
    stripe = paying("card")
    intent = confirmed(stripe, "card", return_url=shop, description="Two tickets")
    page = open_page()
    page.goto(page_of(intent))
    for said in ("20.00 USD", "Visa •••• 3220", "Two tickets"):
        expect(page.get_by_role("main")).to_contain_text(said)
    page.get_by_role("button", name="Complete authentication").click()
    assert came_back(page) == {
        "cart": "7",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }
    assert urlsplit(page.url).fragment == "top"
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    ("kind", "button", "result"),
    [
        ("card", "Fail authentication", "failed"),
        ("ideal", "Authorize test payment", "succeeded"),
        ("ideal", "Fail test payment", "failed"),
        ("ideal", "Let it expire", "failed"),
        ("boleto", "Pay at the counter", "pending"),
        ("pix", "Scan and pay", "succeeded"),
        ("payto", "Decline in the app", "failed"),
    ],
)
def test_every_button_leads_back_and_says_how_it_went(open_page, paying, shop, kind, button, result):
    intent = confirmed(paying(kind), kind, return_url=shop)
    page = open_page()
    page.goto(page_of(intent))
    page.get_by_role("button", name=button).click()
    assert came_back(page)["redirect_status"] == result


def test_a_setup_says_that_it_saves(open_page, paying, shop):
    stripe = paying("card")
    intent = stripe.setup_intents.create(
        {
            "payment_method": "pm_card_threeDSecure2Required",
            "payment_method_types": ["card"],
            "return_url": shop,
            "confirm": True,
        }
    )
    page = open_page()
    page.goto(page_of(intent))
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that your card may be kept")
    page.get_by_role("button", name="Complete authentication").click()
    assert came_back(page) == {
        "cart": "7",
        "setup_intent": intent.id,
        "setup_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }


def test_a_code_is_asked_for_until_it_is_right(open_page, paying):
    stripe = paying("us_bank_account")
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method_data": {
                "type": "us_bank_account",
                "us_bank_account": {
                    "account_number": "000123456789",
                    "routing_number": "110000000",
                    "account_holder_type": "individual",
                },
                "billing_details": {"name": "Jenny Rosen"},
            },
            "mandate_data": AGREED,
            "confirm": True,
        }
    )
    page = open_page()
    page.goto(page_of(intent))
    page.get_by_label("Code").fill("SM00ZZ")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("You have 9 verification attempts remaining.")
    assert faults(page, 1440) == []
    page.get_by_label("Code").fill("SM11AA")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    assert faults(page, 1440) == []
    assert stripe.payment_intents.retrieve(intent.id).status in {"processing", "succeeded"}
    page.goto(page_of(intent))
    expect(page.get_by_role("heading", level=1)).to_have_text("This link leads nowhere")


def test_two_amounts_are_asked_for_in_canada(open_page, paying, shop):
    stripe = paying("acss_debit")
    intent = confirmed(stripe, "acss_debit", return_url=shop)
    page = open_page()
    page.goto(page_of(intent))
    page.get_by_label("First amount").fill("32")
    page.get_by_label("Second amount").fill("45")
    page.get_by_role("button", name="Verify").click()
    assert came_back(page)["redirect_status"] == "pending"


def test_an_account_is_verified_without_a_report(open_page, paying, shop):
    intent = confirmed(paying("us_bank_account"), "us_bank_account", return_url=shop)
    page = open_page()
    page.goto(page_of(intent))
    page.get_by_text("Say what happens instead").click()
    page.get_by_role("button", name="Verify without asking").click()
    assert came_back(page)["redirect_status"] == "pending"


def test_it_is_answered_by_keyboard_alone(open_page, paying, shop):
    intent = confirmed(paying("ideal"), "ideal", return_url=shop)
    page = open_page()
    page.goto(page_of(intent))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Authorize test payment")).to_be_focused()
    page.keyboard.press("Enter")
    assert came_back(page)["redirect_status"] == "succeeded"


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow"])
def test_papers_are_accessible(open_page, paying, look):
    stripe = paying("sepa_debit")
    intent = confirmed(stripe, "sepa_debit", description=HOSTILE)
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}),
        until=lambda seen: seen.status == "succeeded",
    )
    charge = done.latest_charge
    mandate = stripe.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
    page = open_page(**look)
    for address, heading in (
        (charge.receipt_url, "Receipt"),
        (mandate.payment_method_details.sepa_debit.url, "SEPA Direct Debit"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.locator("script, img").count() == 0
        assert faults(page, look["viewport"]["width"]) == []


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow"])
def test_a_bank_transfer_says_where_to_send_the_money(open_page, stripe, shop, look):
    intent = stripe.payment_intents.create(
        {
            "amount": 123450,
            "currency": "usd",
            "customer": stripe.customers.create({"name": "Jenny Rosen"}).id,
            "payment_method_types": ["customer_balance"],
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": {
                "customer_balance": {
                    "funding_type": "bank_transfer",
                    "bank_transfer": {"type": "us_bank_transfer"},
                }
            },
            "return_url": shop,
            "confirm": True,
        }
    )
    told = intent.next_action.display_bank_transfer_instructions.to_dict()
    page = open_page(**look)
    page.goto(page_of(intent))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bank transfers")
    expect(page.get_by_role("main")).to_contain_text("1,234.50 USD")
    for address in told["financial_addresses"]:
        expect(page.get_by_role("main")).to_contain_text(address[address["type"]]["account_number"])
    assert faults(page, look["viewport"]["width"]) == []
    page.get_by_role("button", name="Send the money").click()
    assert came_back(page)["redirect_status"] == "succeeded"
    assert stripe.payment_intents.retrieve(intent.id).amount_received == 123450


def test_the_policy_lets_an_app_be_come_back_to(chrome, paying):
    """A browser without the app only tries; it would not if the policy held it back."""
    stripe = paying("ideal")
    intent = confirmed(stripe, "ideal", return_url="shop-app://paid")
    page, said = chrome.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_of(intent))
    with page.expect_request(lambda request: request.url.startswith("shop-app://paid?payment_intent=")):
        page.get_by_role("button", name="Authorize test payment").click(no_wait_after=True)
    assert said == []
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    page.close()
