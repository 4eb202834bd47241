"""Commands for whoever integrates: listen, trigger, events resend, webhooks roll; against a real server."""

import asyncio
import subprocess
from contextlib import contextmanager

import pytest
import stripe as sdk

from strongroom.catalog.triggers import trigger_table
from strongroom.config import Settings
from strongroom.develop import trigger
from strongroom.develop.api import Api, Refused
from strongroom.develop.listen import place_of
from strongroom.house import open_house
from strongroom.resources import audit, keys
from support.commands import Listening
from support.configurations import connected
from support.connect import acting_on, eventually
from support.data import event_types
from support.events import faults_of
from support.receiver import Receiver
from support.server import STRONGROOM, Server

TRIGGERS = sorted(trigger_table().values(), key=lambda one: one.event)


@pytest.fixture
def api(server, secret_key):
    return Api(server.url, secret_key)


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as running:
        yield running


def command(*words):
    return subprocess.run([STRONGROOM, *words], capture_output=True, text=True, timeout=60, check=False)


def to(server, key):
    return ["--api-url", server.url, "--api-key", key]


@contextmanager
def listening(tmp_path, *words):
    with Listening(tmp_path / "listen.out", words) as running:
        running.until(lines=1)
        yield running


# -- trigger ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", TRIGGERS, ids=lambda one: one.event)
def test_every_trigger_makes_its_event_happen(api, stripe, one):
    said = []
    told = trigger.run(api, one, {}, said.append)

    assert told["type"] == one.event
    assert len(said) == len(one.steps)
    where = {None, told.get("account")}
    every = [event for account in where for event in api.get("/v1/events", {"limit": "100"}, account)["data"]]
    assert {event["type"]: [*faults_of(event)] for event in every if [*faults_of(event)]} == {}


def test_the_command_says_what_it_does_and_which_event_came(server, secret_key, stripe):
    done = command("trigger", "payment_method.attached", *to(server, secret_key))

    event = stripe.events.list({"type": "payment_method.attached"}).data[0]
    assert done.stdout.splitlines() == [
        "Running fixture for: customer",
        "Running fixture for: payment_method",
        "Running fixture for: attachment",
        f"Trigger succeeded! payment_method.attached [{event.id}]",
    ]
    assert event_types(stripe) == ["customer.created", "payment_method.attached"]


def test_what_is_sent_can_be_overridden_by_step(server, secret_key, stripe):
    words = ["--override", "customer:email=a=b@example.com", "--override", "customer:metadata[order]=7"]
    assert command("trigger", "customer.created", *words, *to(server, secret_key)).returncode == 0

    customer = stripe.customers.list().data[0]
    assert (customer.email, customer.metadata.to_dict()) == ("a=b@example.com", {"order": "7"})


def test_refusals_are_one_line(server, secret_key):
    for words, says in (
        (["trigger", "customer.created", "--override", "x"], "--override takes STEP:PARAMETER=VALUE, not x"),
        (["trigger", "customer.created", "--override", "nope:a=b"], "customer.created has no step nope; there are customer"),
        (["trigger", "customer.created", "--override", "customer:emial=b"], "Received unknown parameter: emial (400, parameter_unknown)"),
    ):  # fmt: skip
        done = command(*words, *to(server, secret_key))
        assert (done.returncode, done.stdout.replace("Running fixture for: customer\n", "")) == (1, "")
        assert done.stderr == f"strongroom: {says}\n"
    nowhere = command("trigger", "customer.created", "--api-url", "http://127.0.0.1:1")
    assert nowhere.stderr.startswith(
        "strongroom: no Strongroom answers at http://127.0.0.1:1; start one with"
    )
    assert command("trigger", "nothing.happened").returncode == 2
    assert command("trigger", "--list").stdout.split() == [one.event for one in TRIGGERS]


def test_what_the_api_says_no_to_is_said_in_its_words(api):
    with pytest.raises(Refused, match=r"No such customer: 'cus_nope' \(404, resource_missing\)"):
        api.get("/v1/customers/cus_nope", {})


# -- listen -----------------------------------------------------------------------------------------------------------------


def test_events_are_printed_and_forwarded_signed_by_the_secret_that_was_printed(
    server, secret_key, stripe, receiver, tmp_path
):
    before = stripe.customers.create({})
    words = ["--forward-to", receiver.url("/ok"), *to(server, secret_key)]
    with listening(tmp_path, *words) as running:
        customer = stripe.customers.create({"name": "Jenny"})
        stripe.customers.delete(customer.id)
        lines = running.until(lines=5)
        first, second = receiver.received()

    assert lines[0].startswith("> Ready! You are using API version 2026-10-28.endive.")
    event = sdk.Webhook.construct_event(first.body, first.headers["Stripe-Signature"], running.secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert second.event["type"] == "customer.deleted"
    assert lines[1].endswith(f"  --> customer.created [{event.id}]")
    assert lines[2].endswith(f" <--  [200] POST {receiver.url('/ok')} [{event.id}]")
    assert before.id not in {one.event["data"]["object"]["id"] for one in (first, second)}


def test_the_secret_is_the_same_each_time_and_anothers_is_another(server, secret_key, tmp_path):
    printed = command("listen", "--print-secret", "--api-key", secret_key).stdout.strip()
    with listening(tmp_path, *to(server, secret_key)) as running:
        assert running.secret == printed
    assert command("listen", "--print-secret", "--api-key", f"{secret_key}x").stdout.strip() != printed


def test_only_what_is_asked_for_is_printed(server, secret_key, stripe, tmp_path):
    words = ["--events", "customer.deleted, customer.updated", *to(server, secret_key)]
    with listening(tmp_path, *words) as running:
        customer = stripe.customers.create({})
        stripe.customers.delete(customer.id)
        assert "--> customer.deleted [evt_" in running.until(lines=2)[1]
    assert "there is no event customer.gone" in command("listen", "--events", "customer.gone").stderr


def test_a_burst_is_neither_missed_nor_doubled_and_comes_in_order(
    server, secret_key, stripe, receiver, tmp_path
):
    words = ["--forward-to", receiver.url("/ok"), *to(server, secret_key)]
    with listening(tmp_path, *words) as running:
        made = [stripe.customers.create({}).id for _ in range(130)]
        running.until(lines=261)

    assert [one.event["data"]["object"]["id"] for one in receiver.received()] == made


def test_a_connected_account_is_listened_to_by_its_id(server, secret_key, stripe, receiver, tmp_path):
    account = connected(stripe)
    words = ["--stripe-account", account.id, "--events", "customer.created", *to(server, secret_key)]
    with listening(tmp_path, *words) as running:
        stripe.customers.create({})
        stripe.customers.create({}, acting_on(account))
        assert running.until(lines=2)[1].endswith(f"of {account.id}")


def test_a_receiver_that_is_away_and_one_that_refuses_are_said_to_be(
    server, secret_key, stripe, receiver, tmp_path
):
    words = ["--forward-to", receiver.url("/status/400"), *to(server, secret_key)]
    with listening(tmp_path, *words) as running:
        stripe.customers.create({})
        assert "<--  [400] POST" in running.until(lines=3)[2]
        receiver.process.kill()
        receiver.process.wait()
        stripe.customers.create({})
        assert "<--  [ERROR] POST" in running.until(lines=5)[4]


def test_a_server_that_restarts_is_waited_for(tmp_path):
    server = Server(tmp_path / "data").start()
    with listening(tmp_path, *to(server, "sk_test_restart")) as running:
        server.stop()
        assert running.until(lines=2)[1].endswith("waiting for it")
        with server.start():
            server.client("sk_test_restart").v1.customers.create({})
            assert "--> customer.created [evt_" in running.until(lines=3)[2]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("4242", "http://localhost:4242"),
        ("localhost:4242/webhook?a=b", "http://localhost:4242/webhook?a=b"),
        ("https://shop.example.com", "https://shop.example.com"),
    ],
)
def test_where_to_forward_to_may_be_said_in_short(text, url):
    assert place_of(text).url == url


def test_what_is_no_address_is_refused():
    for text in ("ftp://x", "http://", ""):
        with pytest.raises(ValueError, match="no address to forward to"):
            place_of(text)


# -- resend and roll, beside a running server -------------------------------------------------------------------------------


def test_an_event_is_sent_again_by_the_running_server(server, stripe, receiver):
    one = stripe.webhook_endpoints.create({"url": receiver.url("/ok/1"), "enabled_events": ["*"]})
    other = stripe.webhook_endpoints.create(
        {"url": receiver.url("/ok/2"), "enabled_events": ["file.created"]}
    )
    stripe.customers.create({})
    eventually(receiver.received, until=lambda found: len(found) == 1)
    (event,) = stripe.events.list().data

    assert server.command("events", "resend", event.id).stdout == f"{event.id} is sent again to 1 endpoint\n"
    again = eventually(lambda: receiver.received("/ok/1"), until=lambda found: len(found) == 2)
    for got in again:
        assert (
            sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], one.secret).id == event.id
        )
    words = ("events", "resend", event.id, "--webhook-endpoint", other.id)
    assert server.command(*words).returncode == 0
    eventually(lambda: receiver.received("/ok/2"), until=lambda found: len(found) == 1)
    eventually(lambda: stripe.events.retrieve(event.id).pending_webhooks, until=lambda left: left == 0)
    missing = server.command("events", "resend", "evt_nope")
    assert (missing.returncode, missing.stderr) == (1, "strongroom: no event has the id evt_nope\n")


def test_while_a_secret_is_rolled_both_are_good_and_without_overlap_only_the_new_one(
    server, stripe, receiver
):
    old = stripe.webhook_endpoints.create({"url": receiver.url("/ok"), "enabled_events": ["*"]})
    done = server.command("webhooks", "roll", old.id)
    endpoint, new = done.stdout.split()
    stripe.customers.create({})
    (got,) = eventually(receiver.received, until=lambda found: found)

    assert endpoint == old.id
    for secret in (old.secret, new):
        assert sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], secret)
    newest = server.command("webhooks", "roll", old.id, "--overlap-hours", "0").stdout.split()[1]
    stripe.customers.create({})
    got = eventually(receiver.received, until=lambda found: len(found) == 2)[1]
    assert sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], newest)
    for secret in (old.secret, new):
        with pytest.raises(sdk.SignatureVerificationError):
            sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], secret)
    assert server.command("check").stdout == "0 faults\n"


def test_in_a_vault_both_are_in_the_log_of_who_did_what(tmp_path):
    with Server(tmp_path / "data", options=()) as server:
        key = next(line.strip() for line in server.greeting if line.strip().startswith("sk_test_"))
        stripe = server.client(key).v1
        params = {"url": "https://shop.example.com/", "enabled_events": ["*"]}
        endpoint = stripe.webhook_endpoints.create(params)
        stripe.customers.create({})
        (event,) = stripe.events.list().data
        assert server.command("webhooks", "roll", endpoint.id).returncode == 0
        assert server.command("events", "resend", event.id).returncode == 0
        assert server.command("check").stdout == "0 faults\n"

    async def entries():
        house = await open_house(Settings(tmp_path / "data"))
        try:
            (account,) = await keys.accounts(house)
            shown, _ = await audit.page(house, account)
            return [(one.entry.action, one.entry.object, one.actor.name) for one in shown[:2]]
        finally:
            await house.close()

    assert asyncio.run(entries()) == [
        ("event.resent", event.id, "command line"),
        ("webhook_endpoint.rolled", endpoint.id, "command line"),
    ]
