"""Payment method domains in a real browser, and what the API says afterwards."""

from playwright.sync_api import expect


def registered(page, at, name):
    page.goto(at("/domains"))
    page.get_by_label("Domain", exact=True).fill(name)
    page.get_by_role("button", name="Register").click()


def test_a_domain_is_registered_looked_at_and_switched_off_and_on(page, at, stripe):
    registered(page, at, "Shop.Example.com")
    expect(page.get_by_text("The domain is registered.")).to_be_visible()
    (made,) = stripe.payment_method_domains.list().data
    assert (made.domain_name, made.enabled) == ("shop.example.com", True)
    row = page.get_by_role("table", name="Domains").get_by_role("row").filter(has_text="shop.example.com")
    expect(row.get_by_text("Active", exact=True)).to_have_count(6)
    page.get_by_role("button", name="Validate shop.example.com").click()
    expect(page.get_by_text("The domain was looked at again.")).to_be_visible()
    page.get_by_role("button", name="Switch off shop.example.com").click()
    expect(row.get_by_text("Switched off")).to_be_visible()
    assert stripe.payment_method_domains.retrieve(made.id).enabled is False
    page.get_by_role("button", name="Switch on shop.example.com").click()
    expect(page.get_by_text("The domain is switched on.")).to_be_visible()
    assert stripe.payment_method_domains.retrieve(made.id).enabled is True

    registered(page, at, "shop.example.com")
    assert len(stripe.payment_method_domains.list().data) == 1
    page.goto(at("/audit"))
    for action, times in (("created", 1), ("validated", 1), ("disabled", 1), ("enabled", 1)):
        expect(page.get_by_text(f"payment_method_domain.{action}")).to_have_count(times)


def test_what_a_wallet_has_against_a_domain_is_said(page, at):
    registered(page, at, "shop.invalid")
    row = page.get_by_role("table", name="Domains").get_by_role("row").filter(has_text="shop.invalid")
    expect(row.get_by_text("Inactive", exact=True)).to_have_count(1)
    row.get_by_text("Why Apple Pay is inactive").click()
    expect(row).to_contain_text("apple-developer-merchantid-domain-association")


def test_what_is_no_domain_is_refused_and_kept_in_the_form(page, at, stripe):
    registered(page, at, "https://shop.example.com")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Domain", exact=True)).to_have_value("https://shop.example.com")
    assert stripe.payment_method_domains.list().data == []
