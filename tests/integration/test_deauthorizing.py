"""Letting go of an account: the connection ends at once, and refusals are OAuth's own."""

import pytest
import stripe as sdk

from support.data import refused
from support.server import Server

DENIED = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}


def test_deauthorizing_ends_the_connection_at_once(server, stripe, secret_key):
    account = stripe.accounts.create({})

    def deauthorize(key=secret_key, **params):
        reply = server.request("POST", "/oauth/deauthorize", params, key=key)
        return reply.status, reply.json

    assert deauthorize(client_id="ca_1", stripe_user_id=account.id) == (200, {"stripe_user_id": account.id})
    with refused(**DENIED):
        stripe.accounts.retrieve(account.id)
    assert stripe.accounts.list().data == []
    status, again = deauthorize(client_id="ca_1", stripe_user_id=account.id)
    assert (status, again["error"]) == (401, "invalid_client")
    status, nothing = deauthorize(client_id="ca_1")
    assert (status, nothing["error"]) == (400, "invalid_request")
    assert deauthorize(key="nonsense", client_id="ca_1")[1]["error"] == "invalid_client"


def test_the_sdk_understands_a_refused_deauthorization(server, secret_key):
    client = sdk.StripeClient(
        secret_key, client_id="ca_1", base_addresses={"api": server.url, "connect": server.url}
    )

    with pytest.raises(sdk.oauth_error.InvalidClientError):
        client.oauth.deauthorize({"stripe_user_id": "acct_nope"})


def test_the_sdk_lets_go_of_an_account(server, secret_key, stripe):
    account = stripe.accounts.create({})
    client = sdk.StripeClient(
        secret_key, client_id="ca_1", base_addresses={"api": server.url, "connect": server.url}
    )

    assert client.oauth.deauthorize({"stripe_user_id": account.id}).stripe_user_id == account.id
    with refused(**DENIED):
        stripe.customers.list({}, {"stripe_account": account.id})


def test_outside_the_sandbox_the_application_is_the_platforms_own(tmp_path):
    with Server(tmp_path / "data", options=()) as alone:
        (key,) = [line.strip() for line in alone.greeting if line.strip().startswith("sk_test_")]
        client = alone.client(key).v1
        account = client.accounts.create({})

        def deauthorize(client_id):
            params = {"client_id": client_id, "stripe_user_id": account.id}
            return alone.request("POST", "/oauth/deauthorize", params, key=key).status

        assert deauthorize("ca_1") == 401
        own = client.accounts.retrieve_current().id
        assert deauthorize("ca_" + own.removeprefix("acct_")) == 200
        assert alone.command("check").stdout == "0 faults\n"
