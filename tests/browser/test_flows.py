"""What people do in the dashboard, in a real browser, and what the API says afterwards."""

import re

import pytest
from playwright.sync_api import expect
from stripe import AuthenticationError
from stripe import PermissionError as Forbidden

from support.pages import sign_in


def account(stripe, country="US", name="Harbour Bakery"):
    return stripe.accounts.create(
        {
            "country": country,
            "type": "express",
            "email": "a@example.com",
            "business_profile": {"name": name},
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        }
    )


def own(stripe, name="Default"):
    return next(one for one in stripe.payment_method_configurations.list().data if one.name == name)


def child(stripe, of):
    options = {"stripe_account": of}
    found = stripe.payment_method_configurations.list(options=options).data
    return next(one for one in found if one.parent is not None and one.is_default)


# -- coming and going -------------------------------------------------------------------------------------------------


def test_somebody_signs_in_looks_at_both_modes_and_signs_out(page, server, at):
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    page.get_by_role("link", name="Live mode").click()
    expect(page).to_have_url(f"{server.url}/dashboard/live")
    if page.get_by_role("button", name="Menu").is_visible():
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{server.url}/dashboard/signin")
    page.goto(at("/keys"))
    expect(page).to_have_url(re.compile("/dashboard/signin"))


def test_a_wrong_key_is_refused_in_words(open_page, server):
    page = open_page()
    page.goto(f"{server.url}/dashboard/signin")
    for wrong in ("pk_test_abc", "nonsense"):
        page.get_by_label("Secret key").fill(wrong)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("not the secret key of an account")


def test_after_signing_in_one_is_where_one_wanted_to_be(open_page, server, name, at):
    page = open_page()
    page.goto(at("/audit"))
    page.get_by_label("Secret key").fill(f"sk_test_{name}")
    page.keyboard.press("Enter")
    expect(page).to_have_url(at("/audit"))


# -- keys -------------------------------------------------------------------------------------------------------------


def made_key(page, at, *, label, kind="Secret", permissions=()):
    page.goto(at("/keys/new"))
    page.get_by_label("Name").fill(label)
    page.get_by_role("radio", name=kind).check()
    for permission, verb in permissions:
        page.get_by_label(permission, exact=True).select_option(verb)
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new key")
    return page.locator(".secret-line code").inner_text()


def test_a_key_is_shown_once_and_works(page, at, server):
    key = made_key(page, at, label="Backend")
    assert re.fullmatch(r"sk_test_[0-9A-Za-z]{38}", key)
    server.client(key).v1.customers.list()
    page.get_by_role("link", name="I have kept it").click()
    assert key not in page.content()
    row = page.get_by_role("row").filter(has_text="Backend")
    expect(row).to_contain_text(f"sk_test_…{key[-4:]}")


def test_a_restricted_key_may_do_what_was_chosen_until_that_is_changed(page, at, server):
    key = made_key(page, at, label="Reader", kind="Restricted", permissions=[("Customer", "read")])
    api = server.client(key).v1
    api.customers.list()
    with pytest.raises(Forbidden, match="rak_customer_write"):
        api.customers.create({})
    page.goto(at("/keys"))
    page.get_by_role("link", name="Manage Reader").click()
    page.get_by_label("Customer", exact=True).select_option("write")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The key was changed.")).to_be_visible()
    api.customers.create({})


def test_a_restricted_key_needs_a_permission(page, at):
    page.goto(at("/keys/new?kind=restricted"))
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("alert")).to_have_text("A restricted key needs at least one permission.")
    expect(page.get_by_role("radio", name="Restricted")).to_be_checked()


def test_a_key_is_rolled_and_the_old_one_ends_at_once_if_that_is_chosen(page, at, server):
    old = made_key(page, at, label="Backend")
    page.goto(at("/keys"))
    page.get_by_role("link", name="Manage Backend").click()
    page.get_by_label("This key still works for").select_option("0")
    page.get_by_role("button", name="Roll key").click()
    new = page.locator(".secret-line code").inner_text()
    server.client(new).v1.customers.list()
    with pytest.raises(AuthenticationError):
        server.client(old).v1.customers.list()


def test_a_key_is_revoked_after_a_question(page, at, server):
    key = made_key(page, at, label="Backend")
    page.goto(at("/keys"))
    page.get_by_role("link", name="Manage Backend").click()
    page.get_by_role("button", name="Revoke key…").click()
    dialog = page.get_by_role("dialog", name="Revoke Backend?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    server.client(key).v1.customers.list()
    page.get_by_role("button", name="Revoke key…").click()
    dialog.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("The key has ended.")).to_be_visible()
    with pytest.raises(AuthenticationError):
        server.client(key).v1.customers.list()


def test_the_audit_log_tells_all_of_it_and_its_chain_is_whole(page, at):
    made_key(page, at, label="Backend", kind="Restricted", permissions=[("Customer", "read")])
    page.goto(at("/audit"))
    rows = page.get_by_role("table", name="Audit log").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("api_key.created")
    expect(rows.nth(1)).to_contain_text("Customer: read")
    expect(rows.nth(2)).to_contain_text("session.started")
    page.get_by_role("button", name="Verify chain").click()
    expect(page.get_by_text("The chain is whole")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "strongroom-audit.jsonl"


# -- payment methods of the account -----------------------------------------------------------------------------------


def test_a_configuration_is_created_switched_renamed_made_default_and_archived(page, at, stripe):
    page.goto(at("/payment-methods"))
    page.get_by_role("button", name="Create a configuration").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Subscriptions")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_text("The configuration was created.")).to_be_visible()
    made = own(stripe, "Subscriptions")
    expect(page.get_by_role("main")).to_contain_text(made.id)

    page.get_by_label("Cards", exact=True).select_option("on")
    page.get_by_label("Klarna", exact=True).select_option("on")
    expect(page.get_by_text("2 unsaved")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The configuration was saved.")).to_be_visible()
    made = own(stripe, "Subscriptions")
    assert (made.card.display_preference.value, made.klarna.available, made.ideal.available) == (
        "on",
        True,
        False,
    )

    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog", name="Rename").get_by_label("Name").fill("Everything else")
    page.get_by_role("dialog", name="Rename").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Everything else")).to_be_visible()

    page.get_by_role("button", name="Make default").click()
    expect(page.get_by_text("New payments use this configuration")).to_be_visible()
    assert own(stripe, "Everything else").is_default
    first = own(stripe)
    assert not first.is_default
    expect(page.get_by_role("button", name="Archive")).to_be_disabled()

    page.goto(at(f"/payment-methods?configuration={first.id}"))
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archived", exact=True)).to_be_visible()
    assert own(stripe).active is False
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("The configuration was saved.")).to_be_visible()
    assert own(stripe).active is True


def test_a_wallet_without_cards_is_refused_and_nothing_changes(page, at, stripe):
    page.goto(at("/payment-methods"))
    page.get_by_label("Cards", exact=True).select_option("off")
    page.get_by_label("Klarna", exact=True).select_option("on")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Apple Pay and Google Pay require Card to be enabled.")
    expect(page.get_by_label("Klarna", exact=True)).to_have_value("on")
    found = own(stripe)
    assert (found.card.display_preference.value, found.klarna.display_preference.value) == ("on", "off")


def test_the_id_of_a_configuration_is_copied(open_page, server, name, at, stripe):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(at("/payment-methods"))
    page.get_by_label("Secret key").fill(f"sk_test_{name}")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy the configuration's id").click()
    expect(page.get_by_text("Copied").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == own(stripe).id


def test_a_method_is_found_by_typing(page, at):
    page.goto(at("/payment-methods"))
    page.get_by_label("Find a method").fill("kla")
    expect(page.get_by_label("Klarna", exact=True)).to_be_visible()
    expect(page.get_by_label("Cards", exact=True)).to_be_hidden()


# -- payment methods of connected accounts ----------------------------------------------------------------------------


def test_nothing_is_live_before_save_and_apply_and_then_all_of_it_is(page, at, stripe):
    shop = account(stripe)
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Klarna", exact=True).select_option("on_by_default")
    page.get_by_label("Affirm", exact=True).select_option("blocked")
    expect(page.get_by_role("region", name="Pending changes")).to_contain_text("2 pending")
    page.get_by_role("button", name="Review changes").click()
    dialog = page.get_by_role("dialog", name="Review changes")
    expect(dialog.get_by_role("listitem").filter(has_text="Klarna")).to_contain_text("On by default")
    expect(dialog.get_by_role("listitem").filter(has_text="Affirm")).to_contain_text("Blocked")
    expect(dialog).to_contain_text(shop.id)
    assert child(stripe, shop.id).klarna.display_preference.value == "off"

    dialog.get_by_role("link", name="Keep editing").click()
    expect(page.get_by_label("Affirm", exact=True)).to_have_value("blocked")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(page.get_by_text("The changes are live.")).to_be_visible()
    expect(page.get_by_role("region", name="Pending changes")).to_contain_text("0 pending")
    now = child(stripe, shop.id)
    assert (now.klarna.display_preference.value, now.klarna.display_preference.overridable) == ("on", True)
    assert (now.affirm.display_preference.value, now.affirm.display_preference.overridable) == ("off", False)


def test_edits_can_be_discarded(page, at):
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Klarna", exact=True).select_option("blocked")
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.get_by_role("region", name="Pending changes")).to_contain_text("1 pending")
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_text("The changes were discarded.")).to_be_visible()
    expect(page.get_by_label("Klarna", exact=True)).to_have_value("off_by_default")


def test_account_customization_can_be_taken_away(page, at, stripe):
    shop = account(stripe)
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Account customization").uncheck()
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_role("dialog")).to_contain_text("Account customization")
    page.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(page.get_by_text("The changes are live.")).to_be_visible()
    assert child(stripe, shop.id).card.display_preference.overridable is False


def test_what_somebody_else_changed_meanwhile_has_to_be_reviewed_again(
    page, at, open_page, server, name, stripe
):
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Klarna", exact=True).select_option("blocked")
    page.get_by_role("button", name="Review changes").click()
    other = open_page()
    sign_in(other, server, f"sk_test_{name}")
    other.goto(at("/payment-methods/connected"))
    other.get_by_label("Affirm", exact=True).select_option("blocked")
    other.get_by_role("button", name="Review changes").click()
    other.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(other.get_by_text("The changes are live.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(page.get_by_role("alert")).to_contain_text("changed by somebody else")


def test_countries_and_single_accounts_have_overrides_of_their_own(page, at, stripe):
    french, german = account(stripe, "FR"), account(stripe, "DE")
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Cards", exact=True).select_option("on_by_default")
    page.get_by_role("link", name="Details of Bancontact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bancontact")
    page.get_by_label("Account", exact=True).select_option(german.id)
    page.get_by_label("Is", exact=True).select_option("on")
    page.get_by_role("button", name="Keep override as draft").click()
    page.goto(at("/payment-methods/connected"))
    page.get_by_role("link", name="Details of Cartes Bancaires").click()
    page.get_by_role("checkbox", name="France").check()
    page.get_by_role("button", name="Keep countries as draft").click()
    page.get_by_role("link", name="Review changes").click()
    dialog = page.get_by_role("dialog", name="Review changes")
    expect(dialog).to_contain_text(f"Bancontact for {german.id}")
    expect(dialog).to_contain_text("Cartes Bancaires for FR")
    dialog.get_by_role("button", name="Save and apply").click()
    expect(page.get_by_text("The changes are live.")).to_be_visible()
    assert child(stripe, german.id).bancontact.display_preference.value == "on"
    assert child(stripe, french.id).bancontact.display_preference.value == "off"


def test_every_account_is_in_one_bucket_with_a_reason(page, at, stripe):
    account(stripe, "US")
    account(stripe, "DE")
    page.goto(at("/payment-methods/connected"))
    page.get_by_role("link", name="Details of Affirm").click()
    counts = {
        bucket: int(page.get_by_role("heading", name=re.compile(f"^{bucket}")).locator(".count").inner_text())
        for bucket in ("Enabled", "Eligible", "Missing info", "Ineligible")
    }
    assert counts == {"Enabled": 0, "Eligible": 0, "Missing info": 1, "Ineligible": 1}
    expect(page.get_by_text("Accounts in DE cannot accept Affirm.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export accounts").click()
    assert download.value.suggested_filename == "affirm-accounts.csv"


def test_a_new_parent_gives_every_account_a_child(page, at, stripe):
    shop = account(stripe)
    page.goto(at("/payment-methods/connected"))
    page.get_by_role("button", name="Add new configuration").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Marketplace")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Marketplace")).to_be_visible()
    found = stripe.payment_method_configurations.list(options={"stripe_account": shop.id}).data
    assert "Marketplace" in {one.name for one in found if one.parent}


# -- one account, and the review tool -----------------------------------------------------------------------------------


def test_an_account_shows_what_a_parent_comes_to_on_it(page, at, stripe):
    shop = account(stripe)
    page.goto(at("/accounts"))
    page.get_by_role("link", name=shop.id).click()
    row = page.get_by_role("row").filter(has=page.get_by_label("Override of Klarna", exact=True))
    expect(row).to_contain_text("Off by default")
    expect(row).to_contain_text("It is off by default.")
    row.get_by_label("Override of Klarna", exact=True).select_option("on")
    row.get_by_role("button", name="Keep the override of Klarna as draft").click()
    expect(page.get_by_role("region", name="Pending changes")).to_contain_text("1 pending")
    page.get_by_role("link", name="Review changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(page.get_by_text("The changes are live.")).to_be_visible()
    assert child(stripe, shop.id).klarna.display_preference.value == "on"


def test_a_capability_is_requested_from_the_account_page(page, at, stripe):
    shop = account(stripe)
    page.goto(at(f"/accounts/{shop.id}"))
    page.get_by_role("button", name="Request klarna_payments for Klarna").click()
    expect(page.get_by_role("button", name="Request klarna_payments for Klarna")).to_have_count(0)
    assert "klarna_payments" in stripe.accounts.retrieve(shop.id).capabilities


def test_a_connected_account_sees_its_own_children_and_changes_what_is_not_blocked(
    page, at, stripe, open_page, server
):
    shop = account(stripe)
    page.goto(at("/payment-methods/connected"))
    page.get_by_label("Affirm", exact=True).select_option("blocked")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Save and apply").click()
    expect(page.get_by_text("The changes are live.")).to_be_visible()
    key = server.command("keys", "create", "--account", shop.id).stdout.split()[1]
    theirs = open_page()
    sign_in(theirs, server, key)
    theirs.goto(at(f"/payment-methods?configuration={child(stripe, shop.id).id}"))
    expect(theirs.get_by_label("Affirm", exact=True)).to_have_count(0)
    theirs.get_by_label("Klarna", exact=True).select_option("on")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_text("The configuration was saved.")).to_be_visible()
    now = child(stripe, shop.id)
    assert (now.klarna.display_preference.preference, now.klarna.display_preference.value) == ("on", "on")


def test_the_review_tool_says_why(page, at):
    page.goto(at("/review"))
    page.get_by_label("Amount").fill("1099")
    page.get_by_label("Currency").fill("eur")
    page.get_by_role("button", name="Review", exact=True).click()
    table = page.get_by_role("table", name="Verdicts")
    rows = {
        name: table.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
        for name in ("Cards", "Klarna", "ACH Direct Debit")
    }
    expect(rows["Cards"]).to_contain_text("Offered")
    expect(rows["Klarna"]).to_contain_text("Klarna is switched off in the configuration.")
    expect(rows["ACH Direct Debit"]).to_contain_text("ACH Direct Debit does not take eur")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("Amount", "-5", "An amount is a whole number"),
        ("Currency", "euros", "That is no currency."),
        ("Buyer's country", "Germany", "That is no buyer country."),
        ("Configuration", "pmc_nobody", "No such payment_method_configuration"),
    ],
)
def test_what_cannot_be_meant_is_said_by_the_review_tool(page, at, field, value, said):
    page.goto(at("/review"))
    page.get_by_label("Amount").fill("1099")
    page.get_by_label(field, exact=True).fill(value)
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_an_account_that_is_not_connected_is_refused_by_the_review_tool(page, at):
    page.goto(at("/review?account=acct_nobody"))
    expect(page.get_by_role("alert")).to_contain_text("does not have access to account 'acct_nobody'")


@pytest.mark.parametrize(
    ("kind", "money"), [("payment_intents", {"amount": 1099, "currency": "eur"}), ("setup_intents", {})]
)
def test_the_review_tool_looks_at_an_intent_that_exists(page, at, stripe, kind, money):
    intent = getattr(stripe, kind).create(money)
    page.goto(at("/review"))
    page.get_by_text("Connect, or an intent that exists").click()
    page.get_by_label("Intent", exact=True).fill(intent.id)
    page.get_by_role("button", name="Review", exact=True).click()
    answer = page.get_by_role("region", name="What would be offered")
    assert answer.locator("dd").last.locator("code").all_inner_texts() == intent.payment_method_types
    expect(answer).to_contain_text(intent.payment_method_configuration_details.id)


def test_the_review_tool_knows_for_whom_a_platform_charges(page, at, stripe):
    shop = account(stripe, "DE")
    page.goto(at(f"/review?amount=1099&currency=eur&on_behalf_of={shop.id}&destination={shop.id}"))
    answer = page.get_by_role("region", name="What would be offered")
    expect(answer).to_contain_text(f"{shop.id} in DE")
    expect(answer).to_contain_text(child(stripe, shop.id).id)
