"""Webhook endpoints and events in a real browser, with a receiver that people's endpoints lead to."""

import re

import pytest
import stripe as sdk
from playwright.sync_api import expect

from support.connect import eventually
from support.receiver import Receiver


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with Receiver(tmp_path_factory.mktemp("receiver")) as running:
        yield running


@pytest.fixture
def path(name):
    """A path of the receiver that nobody else's events come to."""
    return f"/ok/{name}"


def added(page, at, url, *, description="Shop", events=()):
    """Add an endpoint and return its secret."""
    page.goto(at("/webhooks/new"))
    page.get_by_label("Address").fill(url)
    page.get_by_label("Description").fill(description)
    if events:
        page.get_by_role("radio", name="Chosen events").check()
    for event in events:
        page.get_by_label(event, exact=True).check()
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The signing secret")
    return page.locator(".secret-line code").inner_text()


def arrived(receiver, path, *, count=1):
    return eventually(lambda: receiver.received(path), until=lambda found: len(found) == count)


def test_an_endpoint_is_added_and_what_it_is_told_is_shown_and_sent_again(page, at, stripe, receiver, path):
    secret = added(page, at, receiver.url(path))
    page.get_by_role("link", name="I have kept it").click()
    assert secret not in page.content()
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()

    stripe.customers.create({"name": "Jenny"})
    (got,) = arrived(receiver, path)
    event = sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], secret)
    eventually(lambda: stripe.events.retrieve(event.id).pending_webhooks, until=lambda left: left == 0)

    page.reload()
    row = page.get_by_role("table", name="Deliveries").get_by_role("row").filter(has_text=event.id)
    expect(row).to_contain_text("Delivered")
    row.get_by_text("HTTP 200", exact=True).click()
    expect(row.get_by_role("list", name="Attempts, newest first")).to_contain_text("thanks")
    row.get_by_role("button", name=f"Send {event.id} again").click()
    expect(page.get_by_text("The event is sent again.")).to_be_visible()
    first, again = arrived(receiver, path, count=2)
    assert first.event["id"] == again.event["id"]

    page.get_by_role("link", name="customer.created").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("customer.created")
    expect(page.get_by_role("table", name="Deliveries").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("region", name="As the API shows it")).to_contain_text('"name": "Jenny"')
    page.get_by_label("Send it to").select_option(label="Shop")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("The event is sent again.")).to_be_visible()
    arrived(receiver, path, count=3)


def test_only_chosen_events_are_sent_and_what_was_chosen_can_be_changed(page, at, stripe, receiver, path):
    page.goto(at("/webhooks/new"))
    choices = page.get_by_role("group", name="Events to choose from")
    expect(choices).to_be_hidden()
    page.get_by_role("radio", name="Chosen events").check()
    page.get_by_label("Find an event").fill("customer.tax")
    expect(choices.get_by_role("checkbox").locator("visible=true")).to_have_count(3)

    added(page, at, receiver.url(path), events=("customer.created", "customer.deleted"))
    (made,) = stripe.webhook_endpoints.list().data
    assert made.enabled_events == ["customer.created", "customer.deleted"]
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_text("2 events").click()
    expect(page.get_by_role("main")).to_contain_text("customer.deleted")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("customer.created", exact=True)).to_be_checked()
    page.get_by_label("customer.created", exact=True).uncheck()
    page.get_by_label("Address").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("URL")
    page.get_by_label("Address").fill(receiver.url(path))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The endpoint was changed.")).to_be_visible()
    assert stripe.webhook_endpoints.retrieve(made.id).enabled_events == ["customer.deleted"]


def test_an_endpoint_is_switched_off_and_on_rolled_and_deleted(page, at, stripe, receiver, path):
    old = added(page, at, receiver.url(path))
    (made,) = stripe.webhook_endpoints.list().data
    page.goto(at("/webhooks"))
    page.get_by_role("link", name="Shop").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("The endpoint is switched off.")).to_be_visible()
    assert stripe.webhook_endpoints.retrieve(made.id).status == "disabled"
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("What it missed is not sent by itself.")).to_be_visible()

    page.get_by_label("The old secret still signs for").select_option("12 hours")
    page.get_by_role("button", name="Roll secret").click()
    expect(page.get_by_text("For 12 hours the old secret signs as well")).to_be_visible()
    new = page.locator(".secret-line code").inner_text()
    assert re.fullmatch(r"whsec_[0-9A-Za-z]{32}", new)
    stripe.customers.create({})
    (got,) = arrived(receiver, path)
    for secret in (old, new):
        assert sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], secret)

    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Delete endpoint…").click()
    dialog = page.get_by_role("dialog", name="Delete Shop?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Delete endpoint…").click()
    dialog.get_by_role("button", name="Delete endpoint").click()
    expect(page.get_by_text("The endpoint was deleted.")).to_be_visible()
    assert stripe.webhook_endpoints.list().data == []
    page.goto(at("/audit"))
    for action in ("created", "disabled", "enabled", "rolled", "deleted"):
        expect(page.get_by_text(f"webhook_endpoint.{action}")).to_be_visible()


def test_a_failing_endpoint_says_what_it_answered_and_when_it_is_tried_again(page, at, stripe, receiver):
    added(page, at, receiver.url("/status/503"), description="")
    stripe.customers.create({})
    (event,) = stripe.events.list().data
    (made,) = stripe.webhook_endpoints.list().data

    def look():
        page.goto(at(f"/webhooks/{made.id}"))
        return page.get_by_role("main").inner_text()

    eventually(look, until=lambda text: "HTTP 503" in text)
    row = page.get_by_role("table", name="Deliveries").get_by_role("row").filter(has_text=event.id)
    expect(row).to_contain_text("next try")
    row.locator("summary").click()
    expect(row).to_contain_text("card **************** refused")
    expect(page.get_by_text("Nothing has come through since")).to_be_visible()
    page.goto(at("/events?state=undelivered"))
    expect(page.get_by_role("row").filter(has_text=event.id)).to_contain_text("1 not delivered")


def test_events_are_found_by_type_and_account_and_paged(page, at, stripe):
    shop = stripe.accounts.create(
        {
            "country": "US",
            "type": "express",
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        }
    )
    customer = stripe.customers.create({})
    for number in range(51):
        stripe.customers.update(customer.id, {"name": str(number)})
    page.goto(at("/events"))
    table = page.get_by_role("table", name="Events")
    expect(table.get_by_role("row")).to_have_count(51)
    page.get_by_role("link", name="Older").click()
    expect(table.get_by_role("row")).to_have_count(3)
    page.get_by_role("link", name="Newest").click()
    page.get_by_label("Type").fill("customer.created")
    page.get_by_role("button", name="Show").click()
    expect(table.get_by_role("row")).to_have_count(2)
    page.get_by_label("Type").fill("")
    page.get_by_label("Connected account").fill(shop.id)
    page.get_by_role("button", name="Show").click()
    table.get_by_role("link", name="account.application.authorized").click()
    expect(page.get_by_role("link", name=shop.id)).to_be_visible()
    page.goto(at("/events?account=acct_nobody"))
    expect(page.get_by_role("alert")).to_have_text("There is no such account.")
