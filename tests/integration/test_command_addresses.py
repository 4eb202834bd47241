"""Addresses and networks on the command line: what is wrong is named, and no password is repeated."""

import re
import subprocess

import pytest

from support.commands import said, usage_error
from support.server import STRONGROOM, Server

SECRET = "hunter2hunter2"


@pytest.mark.parametrize("option", ["--database", "--key-database"])
@pytest.mark.parametrize(
    "address",
    [
        f"postgress://me:{SECRET}@localhost/rows",
        f"PostgreSQL://me:{SECRET}@localhost/rows",
        f"postgresql:/me:{SECRET}@localhost/rows",
        f"mysql://me:{SECRET}@localhost/rows",
        f"sqlite://me:{SECRET}@localhost/rows",
        f"sqlite3:{SECRET}",
        f"/{SECRET}/rows.db",
        "sqlite:",
        "sqlite://",
    ],
)
def test_a_mistyped_database_is_refused_and_not_repeated(tmp_path, option, address):
    result = subprocess.run(
        [STRONGROOM, "serve", option, address, "--data-dir", tmp_path / "data"],
        capture_output=True,
        text=True,
        check=False,
    )
    refusal = usage_error(result)
    assert refusal.startswith(f"Invalid value for '{option}'")
    assert refusal.endswith("it takes sqlite, sqlite:PATH, sqlite:///PATH or postgresql://…")
    assert SECRET not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("prefix", ["sqlite:", "sqlite://"])
def test_the_rows_and_the_keys_can_lie_where_one_wants(tmp_path, prefix):
    places = [tmp_path / "rows.db", tmp_path / "wrapped.db"]
    rows, wrapped = (f"{prefix}{place}" for place in places)
    options = ("--sandbox", "--key-database", wrapped)
    with Server(tmp_path / "data", rows, options=options) as server:
        server.client("sk_test_a").v1.customers.create({})
        assert server.command("check", "--key-database", wrapped).stdout == "0 faults\n"
    assert all(place.exists() for place in places)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["root.key"]


MISTAKES = {
    "password": (
        lambda dsn: re.sub(r":[0-9a-f]{32}@", f":{SECRET}@", dsn),
        "PostgreSQL does not accept the user and password",
    ),
    "database": (
        lambda dsn: dsn.rpartition("/")[0] + f"/{SECRET}",
        "PostgreSQL has no database of that name",
    ),
    "port": (
        lambda dsn: f"postgresql://me:{SECRET}@127.0.0.1:1/rows",
        "PostgreSQL does not answer (ConnectionRefusedError)",
    ),
    "host": (
        lambda dsn: f"postgresql://me:{SECRET}@nowhere.invalid/rows",
        "PostgreSQL does not answer (gaierror)",
    ),
    "slash": (
        lambda dsn: f"postgresql://me:x/{SECRET}@127.0.0.1/rows",
        "this is no address of PostgreSQL; in a password",
    ),
    "question mark": (
        lambda dsn: f"postgresql://me:x?{SECRET}@127.0.0.1/rows",
        "this is no address of PostgreSQL; in a password",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_postgres_that_cannot_be_used_is_a_line_without_the_password(tmp_path, dsn, mistake):
    spoil, sentence = MISTAKES[mistake]
    for command in (("check",), ("migrate", "--plan"), ("serve", "--port", "0")):
        refusal = said(Server(tmp_path / "data", spoil(dsn)).command(*command))
        assert refusal.startswith(f"--database: {sentence}")
        assert SECRET not in refusal


def test_a_key_database_that_cannot_be_used_is_named_as_such(tmp_path):
    address = f"postgresql://me:{SECRET}@127.0.0.1:1/keys"
    refusal = said(Server(tmp_path / "data").command("serve", "--port", "0", "--key-database", address))
    assert refusal == "--key-database: PostgreSQL does not answer (ConnectionRefusedError)"


def test_a_root_key_given_for_a_place_is_not_repeated(tmp_path):
    result = Server(tmp_path / "data").command("serve", "--port", "0", "--root-key", "00" * 32)
    assert said(result) == "--root-key names no provider; there are file, file:PATH[,PATH…] and env:NAME"


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("nonsense", "'nonsense' does not appear to be an IPv4 or IPv6 network"),
        ("10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("10.0.0.0/33", "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_a_trusted_proxy_that_is_no_network_is_refused(tmp_path, network, says):
    proxies = ("--trusted-proxy", "192.0.2.7", "--trusted-proxy", network)
    refusal = usage_error(Server(tmp_path / "data").command("serve", "--port", "0", *proxies))
    assert refusal.startswith(f"Invalid value for '--trusted-proxy': {says}; it takes a network")
    assert not (tmp_path / "data").exists()


def test_several_workers_say_what_they_do_not_share(tmp_path, database_for):
    line = (
        "strongroom: security codes stay in the process that took them in; a card that is validated by another one "
        "has cvc_check unavailable"
    )
    for workers, expected in (("2", [line]), ("1", [])):
        options = ("--sandbox", "--workers", workers)
        with Server(tmp_path / workers / "data", database_for("postgres"), options=options) as server:
            pass
        assert server.log_path.read_text().splitlines() == expected
