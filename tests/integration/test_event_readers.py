"""Which events a restricted key sees: those that tell of what it may read."""

import pytest
import stripe as sdk

from support.data import refused
from support.server import Server


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A server that is no sandbox, where restricted keys are restricted."""
    with Server(tmp_path_factory.mktemp("readers") / "data", options=()) as running:
        yield running


@pytest.fixture(scope="module")
def owner(vault):
    key = next(line.strip() for line in vault.greeting if line.startswith("  sk_test_"))
    client = vault.client(key).v1
    customer = client.customers.create({"source": "tok_visa"})
    client.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})
    client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.setup_intents.create({"payment_method_types": ["card"]})
    return client


def reader(vault, *permissions):
    options = [word for permission in permissions for word in ("--permission", f"{permission}=read")]
    return vault.client(
        vault.command("keys", "create", "--kind", "restricted", *options).stdout.split()[1]
    ).v1


def types(client, **params):
    return {event.type for event in client.events.list({"limit": 100, **params}).data}


ALL = {
    "customer.created",
    "customer.source.created",
    "customer.tax_id.created",
    "payment_method.attached",
    "setup_intent.created",
}


@pytest.mark.parametrize(
    ("granted", "seen"),
    [
        (["customer"], {one for one in ALL if one.startswith("customer")}),
        (["payment_method"], {"payment_method.attached"}),
        (["payment_method", "setup_intent"], {"payment_method.attached", "setup_intent.created"}),
        ([], set()),
    ],
)
def test_a_key_sees_events_of_what_it_may_read(vault, owner, granted, seen):
    assert types(owner) >= ALL
    client = reader(vault, "event", *granted)
    assert types(client) == seen
    assert types(client, type="customer.*") == {one for one in seen if one.startswith("customer")}
    assert types(client, types=["payment_method.attached"]) == seen & {"payment_method.attached"}
    for event in owner.events.list({"limit": 100}).data:
        if event.type in seen:
            assert client.events.retrieve(event.id).id == event.id
        else:
            with refused(sdk.PermissionError, status=403, says="_read' permission"):
                client.events.retrieve(event.id)


def test_whoever_may_not_read_events_reads_none(vault, owner):
    with refused(sdk.PermissionError, status=403, says="'rak_event_read'"):
        reader(vault, "customer").events.list()
