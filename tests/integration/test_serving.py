"""Starting, keys and the sandbox's rules: what a new user sees first."""

import os
import re
import subprocess

import pytest
import stripe as sdk

from support.data import VISA, refused
from support.server import ADDRESS, STRONGROOM, Server

KEY = re.compile(r"  ((?:sk|pk)_(?:test|live)_[0-9A-Za-z]{38})")


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request, tmp_path, database_for):
    """A server that is no sandbox, on an empty database."""
    with Server(tmp_path / "data", database_for(request.param), options=()) as server:
        yield server


def keys_in(server):
    return [match[1] for line in server.greeting if (match := KEY.fullmatch(line))]


def test_the_first_start_shows_four_keys_and_the_second_none(fresh):
    shown = keys_in(fresh)
    assert [key[:8] for key in shown] == ["sk_test_", "pk_test_", "sk_live_", "pk_live_"]
    created = fresh.client(shown[0]).v1.customers.create({"name": "A"})
    fresh.stop()
    fresh.start()

    assert keys_in(fresh) == []
    assert fresh.client(shown[0]).v1.customers.retrieve(created.id).name == "A"
    assert fresh.client(shown[1]).v1.tokens.create({"card": VISA}).livemode is False


def test_the_snippet_that_is_printed_does_what_it_says(fresh, capsys):
    snippet = "\n".join(line.strip() for line in fresh.greeting if line.startswith("  ") and "api" in line)
    assert snippet.count("\n") == 2
    with refused(code="token_already_used"):
        exec(snippet, {})
    printed = capsys.readouterr().out
    assert '"object": "payment_method"' in printed
    assert "used: True" in printed


def test_outside_the_sandbox_a_key_that_was_not_made_opens_nothing(fresh):
    with refused(sdk.AuthenticationError, status=401, says="Invalid API Key provided: sk_test_"):
        fresh.client("sk_test_anything").v1.customers.list()


def test_a_revoked_key_ends_at_once_and_a_rolled_one_later(fresh):
    made = fresh.command("keys", "create", "--name", "ci").stdout.split()
    client = fresh.client(made[1]).v1
    client.customers.list()
    rolled = fresh.command("keys", "roll", made[0], "--overlap-hours", "1").stdout.split()
    client.customers.list()
    fresh.client(rolled[1]).v1.customers.list()
    assert fresh.command("keys", "revoke", rolled[0]).stdout == f"{rolled[0]} has ended\n"

    with refused(
        sdk.AuthenticationError, status=401, code="api_key_expired", says="Expired API Key provided"
    ):
        fresh.client(rolled[1]).v1.customers.list()
    listed = fresh.command("keys", "list").stdout
    assert rolled[0] in listed
    assert made[1] not in listed


def test_a_restricted_key_does_what_it_was_given(fresh):
    made = fresh.command(
        "keys",
        "create",
        "--kind",
        "restricted",
        "--permission",
        "customer=write",
        "--permission",
        "event=read",
    )
    client = fresh.client(made.stdout.split()[1]).v1
    customer = client.customers.create({})

    assert client.customers.retrieve(customer.id).id == customer.id
    assert client.events.list().data[0].type == "customer.created"
    with refused(sdk.PermissionError, status=403, says="Having the 'rak_token_write' permission would allow"):
        client.tokens.create({"card": VISA})
    with refused(sdk.PermissionError, status=403, says="'rak_payment_method_read'"):
        client.payment_methods.retrieve("pm_nope")


def test_a_restricted_key_that_reads_configurations_does_not_write_them(fresh):
    made = fresh.command(
        "keys", "create", "--kind", "restricted", "--permission", "payment_method_configuration=read"
    )
    configurations = fresh.client(made.stdout.split()[1]).v1.payment_method_configurations
    (first,) = configurations.list().data

    assert configurations.retrieve(first.id).card.available is True
    lacks = "Having the 'rak_payment_method_configuration_write' permission would allow"
    with refused(sdk.PermissionError, status=403, says=lacks):
        configurations.create({})
    with refused(sdk.PermissionError, status=403, says=lacks):
        configurations.update(first.id, {"name": "Mine"})


def test_expansion_is_no_way_around_a_permission(fresh):
    secret = fresh.client(keys_in(fresh)[0]).v1
    customer = secret.customers.create({"payment_method": "pm_card_visa", "email": "secret@example.com"})
    (method,) = secret.customers.payment_methods.list(customer.id).data
    made = fresh.command("keys", "create", "--kind", "restricted", "--permission", "payment_method=read")
    limited = fresh.client(made.stdout.split()[1]).v1

    assert limited.payment_methods.retrieve(method.id).customer == customer.id
    with refused(sdk.PermissionError, status=403, says="'rak_customer_read'"):
        limited.payment_methods.retrieve(method.id, {"expand": ["customer"]})


def test_a_standard_error_nobody_reads_stops_nothing(tmp_path):
    reading, writing = os.pipe()
    command = [STRONGROOM, "serve", "--sandbox", "--port", "0", "--data-dir", tmp_path / "data"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writing, text=True) as process:
        os.close(writing)
        os.close(reading)
        address = next(match[1] for line in process.stdout if (match := ADDRESS.match(line)))
        server = Server(tmp_path / "data", port=int(address))
        replies = [server.request("POST", "/v1/customers", {}, key="sk_test_a") for _ in range(3)]
        process.terminate()
        assert [reply.status for reply in replies] == [200, 200, 200]


def test_a_live_account_may_be_allowed_to_send_numbers(tmp_path):
    with Server(tmp_path / "data", options=("--sandbox", "--raw-card-data", "on")) as server:
        token = server.client("sk_live_vault").v1.tokens.create(
            {"card": {**VISA, "number": "4111111111111111"}}
        )
    assert (token.livemode, token.card.last4) == (True, "1111")


def test_raw_numbers_can_be_refused_in_test_mode_too(tmp_path):
    with Server(tmp_path / "data", options=("--sandbox", "--raw-card-data", "off")) as server:
        with refused(sdk.CardError, status=402, says="unsafe"):
            server.client("sk_test_strict").v1.payment_methods.create({"type": "card", "card": VISA})
        assert server.client("pk_test_strict").v1.tokens.create({"card": VISA}).used is False


def test_sandbox_accounts_are_worlds_of_their_own(tmp_path):
    with Server(tmp_path / "data") as server:
        here, there = (server.client(f"sk_test_{name}").v1 for name in ("here", "there"))
        customer = here.customers.create({})
        with refused(status=404, code="resource_missing", param="id"):
            there.customers.retrieve(customer.id)
        assert server.client("rk_test_here").v1.customers.retrieve(customer.id).id == customer.id


def test_list_limits_can_be_moved_into_range(tmp_path):
    with Server(tmp_path / "data", options=("--sandbox", "--clamp-list-limits")) as server:
        client = server.client("sk_test_clamp").v1
        for _ in range(2):
            client.customers.create({})
        assert len(client.customers.list({"limit": 0}).data) == 1
        assert len(client.customers.list({"limit": 1000}).data) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--workers", "2"), "SQLite is served by one process"),
        (("--sandbox", "--host", "0.0.0.0"), "loopback only"),
        (("--database", "postgresql://nobody@127.0.0.1:1/none"), "strongroom: "),
    ],
)
def test_a_server_that_cannot_start_says_why_in_a_line(tmp_path, options, says):
    server = Server(tmp_path / "data", options=options)
    with pytest.raises(RuntimeError, match="did not start") as failure:
        server.start()
    assert says in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_two_servers_never_share_a_database(tmp_path):
    with Server(tmp_path / "data"), pytest.raises(RuntimeError, match="did not start") as failure:
        Server(tmp_path / "data").start()
    assert "Traceback" not in str(failure.value)


def test_another_root_key_is_refused(tmp_path):
    with Server(tmp_path / "data") as server:
        server.client("sk_test_a").v1.customers.create({})
    (tmp_path / "data" / "root.key").write_bytes(bytes(range(32)))
    with pytest.raises(RuntimeError, match="did not start"):
        Server(tmp_path / "data").start()


def test_a_lost_key_store_is_not_replaced_by_a_new_one(tmp_path):
    with Server(tmp_path / "data") as server:
        server.client("sk_test_a").v1.customers.create({})
    (tmp_path / "data" / "keys.db").rename(tmp_path / "keys.db")
    with pytest.raises(RuntimeError, match="the key store is empty"):
        Server(tmp_path / "data").start()
    (tmp_path / "keys.db").rename(tmp_path / "data" / "keys.db")
    with Server(tmp_path / "data") as server:
        assert len(server.client("sk_test_a").v1.customers.list().data) == 1


def test_a_key_store_of_another_database_is_refused(tmp_path):
    for folder in ("one", "other"):
        with Server(tmp_path / folder / "data"):
            pass
    for name in ("keys.db", "root.key"):
        (tmp_path / "other" / "data" / name).replace(tmp_path / "one" / "data" / name)
    with pytest.raises(RuntimeError, match="not the one this database was sealed with"):
        Server(tmp_path / "one" / "data").start()


def test_a_migration_has_nothing_to_do_on_a_new_database(tmp_path):
    with Server(tmp_path / "data"):
        pass
    assert Server(tmp_path / "data").command("migrate").stdout == "nothing to do\n"
