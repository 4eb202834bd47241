"""Who is told of what, and when, where that is not as one would think: clocks that were moved, types one has to ask for."""

import pytest

from strongroom.contract import contract
from strongroom.domain.webhooks import FOR_THE_APPLICATION, OPT_IN, wants
from support.connect import CUSTOM, acting_on, eventually
from support.receiver import Receiver
from support.time import DAY, advance

__all__ = ["advance"]


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as running:
        yield running


def test_what_happens_under_a_moved_clock_is_sent_at_once(stripe, receiver, advance):
    """An event is as old as its account says; when it is sent is the machine's business."""
    stripe.webhook_endpoints.create({"url": receiver.url("/ok"), "enabled_events": ["*"]})
    advance(seconds=30 * DAY)
    stripe.customers.create({})
    (got,) = eventually(receiver.received, until=lambda found: found)
    (event,) = stripe.events.list().data
    assert (got.event["id"], got.event["created"]) == (event.id, event.created)
    eventually(lambda: stripe.events.retrieve(event.id).pending_webhooks, until=lambda left: left == 0)


def test_types_that_have_to_be_asked_for_are_not_among_all():
    known = set(contract().shapes.enums["Event.type"])
    assert known >= OPT_IN | FOR_THE_APPLICATION
    assert {one for one in known if not wants({"*"}, one)} == OPT_IN
    for one in OPT_IN:
        assert wants({one}, one)
        assert wants({"*", one}, one)
        assert not wants({"customer.created"}, one)


def test_only_the_platform_is_told_that_it_was_authorized_and_let_go_of(server, secret_key, stripe, receiver):
    stripe.webhook_endpoints.create(
        {"url": receiver.url("/ok/connect"), "enabled_events": ["*"], "connect": True}
    )
    account = stripe.accounts.create(CUSTOM)
    stripe.webhook_endpoints.create(
        {"url": receiver.url("/ok/account"), "enabled_events": ["*"]}, acting_on(account)
    )
    stripe.customers.create({}, acting_on(account))
    left = {"client_id": "ca_1", "stripe_user_id": account.id}
    assert server.request("POST", "/oauth/deauthorize", left, key=secret_key).status == 200

    told = eventually(lambda: receiver.received("/ok/connect"), until=lambda found: len(found) == 3)
    assert {one.event["type"] for one in told} == {*FOR_THE_APPLICATION, "customer.created"}
    own = eventually(lambda: receiver.received("/ok/account"), until=lambda found: found)
    assert [one.event["type"] for one in own] == ["customer.created"]


def test_to_a_platform_an_event_says_whose_it_is_and_to_the_account_it_does_not(server, stripe, name):
    account = stripe.accounts.create(CUSTOM)
    stripe.customers.create({}, acting_on(account))
    stripe.customers.create({})
    listed = stripe.events.list({"type": "customer.created"}, acting_on(account)).data
    (event,) = listed
    assert event.account == account.id
    assert stripe.events.retrieve(event.id, options=acting_on(account)).account == account.id
    (own,) = stripe.events.list({"type": "customer.created"}).data
    assert "account" not in own.to_dict()
