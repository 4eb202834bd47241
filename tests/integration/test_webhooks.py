"""Webhooks as their receivers see them: a real server, real receivers, the official client's own verification."""

import json
import os
import signal

import pytest
import stripe as sdk

from support.configurations import connected
from support.connect import COMPLETE, LATER, acting_on, eventually
from support.receiver import Receiver
from support.server import Server

RETRIES = "1,1,1"


@pytest.fixture(scope="session")
def server(engine, request, tmp_path_factory):
    """A server whose retries take seconds."""
    folder = tmp_path_factory.mktemp(f"webhooks-{engine}")
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(folder / "data", database, ("--sandbox", "--webhook-retries", RETRIES)) as running:
        yield running


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as running:
        yield running


@pytest.fixture
def subscribe(stripe, receiver):
    """Make an endpoint at a path of the receiver."""

    def make(path="/ok", *events, client=stripe, options=None, **params):
        return client.webhook_endpoints.create(
            {"url": receiver.url(path), "enabled_events": list(events) or ["*"], **params}, options
        )

    return make


def arrived(receiver, path=None, *, count=1):
    """Wait for `count` requests and return them; no more may have come."""
    seen = eventually(lambda: receiver.received(path), until=lambda found: len(found) >= count)
    assert len(seen) == count
    return seen


def delivered(client, event_type="*", options=None):
    """Wait until no endpoint is waited for, and return the newest event."""
    eventually(
        lambda: client.events.list({"delivery_success": False}, options).data, until=lambda found: not found
    )
    return client.events.list({"type": event_type}, options).data[0]


# -- what is sent ---------------------------------------------------------------------------------------------------------


def test_an_event_arrives_signed_and_as_the_api_shows_it(stripe, receiver, subscribe):
    endpoint = subscribe()
    customer = stripe.customers.create({"name": "Jenny"})

    (got,) = arrived(receiver)
    event = sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], endpoint.secret)
    shown = delivered(stripe)
    assert event.to_dict() == {**shown.to_dict(), "pending_webhooks": 1}
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert shown.pending_webhooks == 0
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert got.headers["User-Agent"].startswith("Stripe/1.0 (")
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert list(event.to_dict()) == list(shown.to_dict())


def test_what_verifies_by_one_endpoints_secret_does_not_by_anothers(stripe, receiver, subscribe):
    one, other = subscribe("/ok/1"), subscribe("/ok/2")
    stripe.customers.create({})

    (got,) = arrived(receiver, "/ok/1")
    header = got.headers["Stripe-Signature"]
    assert sdk.Webhook.construct_event(got.body, header, one.secret)
    with pytest.raises(sdk.SignatureVerificationError):
        sdk.Webhook.construct_event(got.body, header, other.secret)


def test_an_endpoint_is_told_of_what_it_asked_for_from_the_answer_on(stripe, receiver, subscribe):
    customer = stripe.customers.create({})
    subscribe("/ok/deleted", "customer.deleted")
    subscribe("/ok/both", "customer.deleted", "customer.updated")
    stripe.customers.update(customer.id, {"name": "x"})
    stripe.customers.delete(customer.id)

    assert [one.event["type"] for one in arrived(receiver, "/ok/deleted")] == ["customer.deleted"]
    both = arrived(receiver, "/ok/both", count=2)
    assert {one.event["type"] for one in both} == {"customer.updated", "customer.deleted"}


def test_pending_webhooks_fall_as_endpoints_acknowledge(stripe, receiver, subscribe):
    subscribe("/gate/first")
    subscribe("/gate/second")
    stripe.customers.create({})
    arrived(receiver, count=2)
    (event,) = stripe.events.list().data

    def pending():
        return stripe.events.retrieve(event.id).pending_webhooks

    assert (event.pending_webhooks, pending()) == (2, 2)
    assert [one.id for one in stripe.events.list({"delivery_success": False}).data] == [event.id]
    receiver.open_gate("first")
    eventually(pending, until=lambda left: left == 1)
    receiver.open_gate("second")
    eventually(pending, until=lambda left: left == 0)
    assert [one.id for one in stripe.events.list({"delivery_success": True}).data] == [event.id]
    assert {one.event["pending_webhooks"] for one in receiver.received()} == {2}


def test_a_request_without_events_and_a_refused_one_send_nothing(stripe, receiver, subscribe):
    subscribe()
    stripe.tokens.create({"pii": {"id_number": "000000000"}})
    with pytest.raises(sdk.InvalidRequestError):
        stripe.customers.create({"source": "tok_nope"})
    customer = stripe.customers.create({}, {"idempotency_key": "once"})
    stripe.customers.create({}, {"idempotency_key": "once"})
    stripe.customers.delete(customer.id)

    assert {one.event["type"] for one in arrived(receiver, count=2)} == {
        "customer.created",
        "customer.deleted",
    }


# -- trying again -----------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_with_the_same_bytes_and_a_fresh_signature(stripe, receiver, subscribe):
    endpoint = subscribe("/fail/2/x")
    stripe.customers.create({})

    got = arrived(receiver, count=3)
    delivered(stripe)
    assert len({one.body for one in got}) == 1
    times = [int(one.headers["Stripe-Signature"].split(",")[0].removeprefix("t=")) for one in got]
    assert times == sorted(set(times))
    for one, signed_at in zip(got, times, strict=True):
        assert abs(one.at - signed_at) < 5
        assert sdk.Webhook.construct_event(one.body, one.headers["Stripe-Signature"], endpoint.secret)


@pytest.mark.parametrize("path", ["/status/500", "/status/404", "/redirect", "/reset", "/garbage"])
def test_whatever_is_no_2xx_is_tried_as_often_as_scheduled_and_then_given_up(
    stripe, receiver, subscribe, path
):
    subscribe(path)
    subscribe("/ok/after", "customer.deleted")
    customer = stripe.customers.create({})

    eventually(lambda: receiver.received(path), until=lambda found: len(found) == 4)
    stripe.customers.delete(customer.id)
    arrived(receiver, "/ok/after")
    assert [one.event["type"] for one in receiver.received(path)[:4]] == ["customer.created"] * 4
    assert receiver.received("/ok") == []
    event = stripe.events.list({"type": "customer.created"}).data[0]
    assert event.pending_webhooks == 1
    assert event.id in [one.id for one in stripe.events.list({"delivery_success": False}).data]


@pytest.mark.parametrize("path", ["/status/204", "/drip", "/big"])
def test_any_2xx_is_success_however_the_answer_goes_on(stripe, receiver, subscribe, path):
    subscribe(path)
    stripe.customers.create({})

    delivered(stripe)
    assert len(receiver.received()) == 1


def test_a_hanging_endpoint_holds_up_no_other(stripe, receiver, subscribe):
    subscribe("/hang")
    subscribe("/ok")
    for _ in range(30):
        stripe.customers.create({})

    got = eventually(lambda: receiver.received("/ok"), until=lambda found: len(found) == 30)
    hanging = receiver.received("/hang")
    assert len(hanging) <= 8
    assert max(one.at for one in got) - min(one.at for one in hanging) < 9


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_an_endpoint_that_is_switched_off_or_gone_is_told_no_more(stripe, receiver, subscribe, how):
    endpoint = subscribe("/status/503")
    subscribe("/ok")
    stripe.customers.create({})
    arrived(receiver, "/ok")
    eventually(lambda: receiver.received("/status/503"), until=lambda found: found)
    if how == "disabled":
        stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})
    else:
        stripe.webhook_endpoints.delete(endpoint.id)
    until_then = len(receiver.received("/status/503"))
    stripe.customers.create({})
    arrived(receiver, "/ok", count=2)

    left = {"disabled": 1, "deleted": 0}[how]
    first = stripe.events.list().data[1]
    if not left:
        eventually(lambda: stripe.events.retrieve(first.id).pending_webhooks, until=lambda seen: seen == 0)
    # One may have been under way.
    assert len(receiver.received("/status/503")) <= until_then + 1
    assert stripe.events.retrieve(first.id).pending_webhooks == left
    assert stripe.events.list().data[0].pending_webhooks == 0


def test_one_that_is_switched_on_again_gets_what_happens_from_then_on(stripe, receiver, subscribe):
    endpoint = subscribe(disabled_first := "/ok")
    stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})
    stripe.customers.create({"name": "missed"})
    stripe.webhook_endpoints.update(endpoint.id, {"disabled": False})
    stripe.customers.create({"name": "seen"})

    (got,) = arrived(receiver, disabled_first)
    assert got.event["data"]["object"]["name"] == "seen"


# -- connected accounts -------------------------------------------------------------------------------------------------------


def test_events_of_a_connected_account_go_to_its_own_endpoints_and_to_the_platforms_connect_endpoints(
    stripe, receiver, subscribe
):
    subscribe("/ok/platform", "customer.created")
    subscribe("/ok/connect", "customer.created", connect=True)
    account = connected(stripe)
    subscribe("/ok/own", "customer.created", options=acting_on(account))
    stripe.customers.create({"name": "theirs"}, acting_on(account))
    stripe.customers.create({"name": "mine"})

    (mine,) = arrived(receiver, "/ok/platform")
    (theirs,) = arrived(receiver, "/ok/connect")
    (own,) = arrived(receiver, "/ok/own")
    assert (mine.event["data"]["object"]["name"], "account" in mine.event) == ("mine", False)
    assert (theirs.event["data"]["object"]["name"], theirs.event["account"]) == ("theirs", account.id)
    assert (own.event["id"], "account" in own.event) == (theirs.event["id"], False)
    assert own.event["pending_webhooks"] == theirs.event["pending_webhooks"] == 2


def test_a_platform_hears_of_an_account_from_its_first_event_to_its_leaving_and_nothing_after(
    stripe, server, secret_key, receiver, subscribe
):
    subscribe("/ok", "account.application.authorized", "account.application.deauthorized", connect=True)
    account = connected(stripe)
    params = {"client_id": "ca_x", "stripe_user_id": account.id}
    assert server.request("POST", "/oauth/deauthorize", params, key=secret_key).status == 200

    got = arrived(receiver, count=2)
    told = sorted((one.event["type"], one.event["account"]) for one in got)
    assert told == [
        ("account.application.authorized", account.id),
        ("account.application.deauthorized", account.id),
    ]


def test_what_happens_by_itself_is_told_too(stripe, receiver, subscribe):
    subscribe("/ok", "account.updated", connect=True)
    account = stripe.accounts.create({**COMPLETE, "individual": LATER})

    got = eventually(receiver.received, until=lambda found: found)
    assert (got[-1].event["account"], got[-1].event["request"]) == (
        account.id,
        {"id": None, "idempotency_key": None},
    )


def test_modes_are_worlds_of_their_own(stripe, live, receiver, subscribe):
    subscribe("/ok")
    live.customers.create({})
    stripe.customers.create({})

    (got,) = arrived(receiver)
    assert got.event["livemode"] is False


# -- faults -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_between_sending_and_writing_down_it_is_sent_again_and_nothing_is_lost(
    tmp_path, database_for, kind, receiver
):
    server = Server(tmp_path / "data", database_for(kind), ("--sandbox",)).start()
    stripe = server.client("sk_test_killed").v1
    stripe.webhook_endpoints.create({"url": receiver.url("/gate/killed"), "enabled_events": ["*"]})
    made = [stripe.customers.create({}).id for _ in range(5)]
    arrived(receiver, count=5)
    server.kill()
    receiver.open_gate("killed")

    with server.start():
        got = eventually(receiver.received, until=lambda found: len(found) >= 10, seconds=60)
        delivered(server.client("sk_test_killed").v1)
    assert sorted(one.event["data"]["object"]["id"] for one in got) == sorted(made * 2)
    assert len({one.body for one in got}) == 5
    assert server.command("check").stdout == "0 faults\n"


def test_several_processes_share_the_work_and_send_everything_once(tmp_path, database_for, receiver):
    options = ("--sandbox", "--workers", "3")
    with Server(tmp_path / "data", database_for("postgres"), options) as server:
        stripe = server.client("sk_test_shared").v1
        stripe.webhook_endpoints.create({"url": receiver.url("/slow"), "enabled_events": ["*"]})
        stripe.webhook_endpoints.create({"url": receiver.url("/ok"), "enabled_events": ["*"]})
        made = [stripe.customers.create({}).id for _ in range(60)]
        delivered(stripe)

    for path in ("/slow", "/ok"):
        ids = [one.event["data"]["object"]["id"] for one in receiver.received(path)]
        assert sorted(ids) == sorted(made)


def test_a_new_endpoint_is_known_to_every_process_when_its_answer_is_there(tmp_path, database_for, receiver):
    options = ("--sandbox", "--workers", "3")
    with Server(tmp_path / "data", database_for("postgres"), options) as server:
        made = []
        for number in range(5):
            stripe = server.client(f"sk_test_known{number}").v1
            for _ in range(6):
                stripe.customers.create({})
            stripe.webhook_endpoints.create({"url": receiver.url(), "enabled_events": ["*"]})
            made += [stripe.customers.create({}).id for _ in range(12)]
        got = eventually(receiver.received, until=lambda found: len(found) >= len(made))

    assert sorted(one.event["data"]["object"]["id"] for one in got) == sorted(made)


def test_a_server_that_is_asked_to_stop_writes_down_what_it_has_sent(tmp_path, receiver):
    with Server(tmp_path / "data") as server:
        stripe = server.client("sk_test_stopped").v1
        stripe.webhook_endpoints.create({"url": receiver.url("/slow"), "enabled_events": ["*"]})
        stripe.customers.create({})
        arrived(receiver)
        assert server.stop() == 0
    with server.start():
        delivered(server.client("sk_test_stopped").v1)
    assert len(receiver.received()) == 1


def test_an_endpoint_that_is_not_there_is_found_when_it_comes_back(tmp_path, stripe):
    with Receiver(tmp_path / "first") as gone:
        endpoint = stripe.webhook_endpoints.create({"url": gone.url(), "enabled_events": ["*"]})
        os.kill(gone.process.pid, signal.SIGKILL)
        gone.process.wait()
        stripe.customers.create({})
        (event,) = stripe.events.list().data
        assert event.pending_webhooks == 1
    with Receiver(tmp_path / "second") as back:
        stripe.webhook_endpoints.update(endpoint.id, {"url": back.url()})
        (got,) = arrived(back)
    assert json.loads(got.body)["id"] == event.id
