"""What a key may expand, said before anything is done."""

import pytest
import stripe as sdk

from support.data import refused
from support.payments import NO_REDIRECTS, PAYMENT
from support.server import Server

CONFIRM = {**PAYMENT, "payment_method": "pm_card_visa", "confirm": True}


@pytest.fixture
def limited(tmp_path):
    """A server, a secret key of it, and a restricted key that may make payments and see nothing else."""
    with Server(tmp_path / "data", options=()) as server:
        secret = next(
            word for line in server.greeting for word in line.split() if word.startswith("sk_test_")
        )
        words = [f"--permission={name}=write" for name in ("payment_intent", "payment_method")]
        made = server.command("keys", "create", "--kind", "restricted", *words)
        yield server.client(secret).v1, server.client(made.stdout.split()[1]).v1


def test_what_a_restricted_key_may_not_read_is_refused_before_money_moves(limited):
    """Said afterwards, it would leave a payment that was made and never answered."""
    secret, client = limited
    with refused(sdk.PermissionError, status=403, says="'rak_charge_read'"):
        client.payment_intents.create({**CONFIRM, "expand": ["latest_charge"]})
    assert secret.payment_intents.list().data == []
    assert secret.charges.list().data == []

    intent = client.payment_intents.create({**CONFIRM, "expand": ["payment_method"]})
    assert (intent.status, intent.payment_method.card.last4) == ("succeeded", "4242")
    with refused(sdk.PermissionError, status=403, says="'rak_customer_read'"):
        client.payment_intents.retrieve(intent.id, {"expand": ["payment_method.customer"]})


@pytest.mark.parametrize(
    "what", ["latest_charge", "customer", "payment_method.customer", "latest_charge.balance_transaction"]
)
def test_a_browser_expands_the_payment_method_and_nothing_else(stripe, get, post, publishable_key, what):
    customer = stripe.customers.create({"email": "secret@example.com"}).id
    saved = stripe.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intent = stripe.payment_intents.create({**PAYMENT, "customer": customer, "payment_method": saved})
    secret = {"client_secret": intent.client_secret}
    path = f"/v1/payment_intents/{intent.id}"

    shown = get(path, {**secret, "expand[0]": "payment_method"}, key=publishable_key)
    assert shown.json["payment_method"]["id"] == saved
    for reply in (
        get(path, {**secret, "expand[0]": what}, key=publishable_key),
        post(f"{path}/confirm", {**secret, "expand[0]": what}, key=publishable_key),
    ):
        assert (reply.status, reply.error["code"]) == (403, "secret_key_required")
        assert b"secret@example.com" not in reply.body
    assert stripe.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


def test_a_browser_expands_the_payment_method_of_a_setup(stripe, get, publishable_key):
    intent = stripe.setup_intents.create({**NO_REDIRECTS, "payment_method": "pm_card_visa"})
    params = {"client_secret": intent.client_secret, "expand[0]": "payment_method"}
    shown = get(f"/v1/setup_intents/{intent.id}", params, key=publishable_key).json["payment_method"]
    assert "fingerprint" not in shown["card"]
    params["expand[0]"] = "latest_attempt"
    reply = get(f"/v1/setup_intents/{intent.id}", params, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


def test_a_phone_expands_what_is_its_customers(stripe, get):
    customer = stripe.customers.create({}).id
    stripe.payment_methods.attach("pm_card_visa", {"customer": customer})
    key = stripe.ephemeral_keys.create({"customer": customer}, {"stripe_version": "2024-06-20"}).secret
    for what, status in (("data.customer", 200), ("data.sepa_debit.generated_from.charge", 403)):
        reply = get("/v1/payment_methods", {"customer": customer, "expand[0]": what}, key=key)
        assert reply.status == status, reply.body
