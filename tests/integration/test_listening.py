"""`strongroom listen` beyond one account: connected accounts, several, moved clocks, and lists that go on and end."""

from contextlib import contextmanager

import pytest
import stripe as sdk

from strongroom.develop.api import Api
from strongroom.develop.listen import AGAIN, AT_ONCE, Feed, Following
from support.commands import Listening
from support.configurations import connected
from support.connect import CUSTOM, acting_on, eventually
from support.receiver import Receiver
from support.server import Server
from support.time import DAY, advance

__all__ = ["advance"]


@pytest.fixture
def api(server, secret_key):
    return Api(server.url, secret_key)


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as running:
        yield running


@pytest.fixture
def listening(server, secret_key, tmp_path):
    @contextmanager
    def run(*words):
        with Listening(
            tmp_path / "listen.out", ["--api-url", server.url, "--api-key", secret_key, *words]
        ) as one:
            one.until(lines=1)
            yield one

    return run


def types(found):
    return [event["type"] for event in found]


def test_connected_accounts_are_listened_to_and_forwarded_apart(stripe, receiver, listening):
    before = connected(stripe)
    words = ["--forward-to", receiver.url("/ok/own"), "--forward-connect-to", receiver.url("/ok/connect")]
    with listening(*words) as running:
        stripe.customers.create({"name": "own"})
        stripe.customers.create({"name": "theirs"}, acting_on(before))
        after = stripe.accounts.create(CUSTOM)
        stripe.customers.create({"name": "new"}, acting_on(after))
        own = eventually(lambda: receiver.received("/ok/own"), until=lambda found: found)
        theirs = eventually(lambda: receiver.received("/ok/connect"), until=lambda found: len(found) == 3)
        secret = running.secret

    assert [(one.event["type"], "account" in one.event) for one in own] == [("customer.created", False)]
    assert sorted((one.event["account"], one.event["type"]) for one in theirs) == sorted(
        [
            (before.id, "customer.created"),
            (after.id, "account.application.authorized"),
            (after.id, "customer.created"),
        ]
    )
    for one in theirs:
        assert sdk.Webhook.construct_event(one.body, one.headers["Stripe-Signature"], secret)


def test_with_connect_alone_all_go_to_one_place(stripe, receiver, listening):
    account = connected(stripe)
    with listening("--connect", "--forward-to", receiver.url("/ok")):
        stripe.customers.create({}, acting_on(account))
        (got,) = eventually(receiver.received, until=lambda found: found)
    assert got.event["account"] == account.id


def test_several_accounts_are_named(stripe, listening):
    one, other, third = (connected(stripe) for _ in range(3))
    with listening("--stripe-account", one.id, "--stripe-account", other.id) as running:
        stripe.customers.create({})
        for account in (third, other, one):
            stripe.customers.create({}, acting_on(account))
        lines = running.until(lines=3)
    assert sorted(line.rpartition(" ")[2] for line in lines[1:]) == sorted([one.id, other.id])


def test_an_account_that_is_let_go_of_is_followed_no_more_and_the_rest_are(stripe, api):
    gone, stays = connected(stripe), connected(stripe)
    following = Following(api, (), connect=True)
    stripe.accounts.delete(gone.id)
    stripe.customers.create({}, acting_on(stays))
    assert types(following.fresh()) == ["customer.created"]
    assert list(following._connected) == [stays.id]


def test_every_account_has_its_turn(stripe, api):
    accounts = [stripe.accounts.create(CUSTOM) for _ in range(AT_ONCE + 2)]
    following = Following(api, (), connect=True)
    for account in accounts:
        stripe.customers.create({}, acting_on(account))
    first, second = list(following.fresh()), list(following.fresh())
    assert len(first) == AT_ONCE
    assert {event["account"] for event in first + second} == {account.id for account in accounts}
    assert list(following.fresh()) == []


def test_a_clock_that_was_moved_hides_no_event(stripe, api, advance):
    feed = Feed(api, None)
    stripe.customers.create({"name": "before"})
    feed.skip()
    advance(seconds=3 * DAY)
    stripe.customers.create({"name": "after"})
    assert [event["data"]["object"]["name"] for event in feed.fresh()] == ["after"]
    assert feed.fresh() == []


@pytest.mark.parametrize("count", [AGAIN, 101, 250])
@pytest.mark.parametrize("before", [0, 1, AGAIN + 10])
def test_of_many_events_each_is_seen_once_in_order(stripe, api, before, count):
    customer = stripe.customers.create({}) if before else None
    for number in range(before - 1):
        stripe.customers.update(customer.id, {"name": f"old {number}"})
    feed = Feed(api, None)
    feed.skip()
    customer = customer or stripe.customers.create({})
    for number in range(count):
        stripe.customers.update(customer.id, {"name": f"new {number}"})
    names = [event["data"]["object"]["name"] for event in feed.fresh() if event["type"] == "customer.updated"]
    assert names == [f"new {number}" for number in range(count)]
    assert feed.fresh() == []


def test_a_list_that_was_emptied_is_begun_anew(tmp_path):
    """A server whose data was thrown away: what was seen is no cursor any more, and everything there is is new."""
    with Server(tmp_path / "one") as server:
        server.client("sk_test_a").v1.customers.create({})
        feed = Feed(Api(server.url, "sk_test_a"), None)
        feed.skip()
    with Server(tmp_path / "two") as server:
        server.client("sk_test_a").v1.customers.create({})
        feed._api = Api(server.url, "sk_test_a")
        assert types(feed.fresh()) == ["customer.created"]
        assert feed.fresh() == []
