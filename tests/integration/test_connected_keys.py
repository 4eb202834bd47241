"""A connected account with keys of its own: it is itself, no platform, and what it was is over when it is deleted."""

import re

import pytest
import stripe as sdk

from support.connect import BANK, COMPLETE, CUSTOM, acting_on
from support.data import refused
from support.server import Server

KEY = re.compile(r"  (sk_test_[0-9A-Za-z]{38})")


@pytest.fixture(scope="module")
def house(engine, request, tmp_path_factory):
    """A server that is no sandbox: only keys that were made open anything."""
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(tmp_path_factory.mktemp(f"own-{engine}") / "data", database, options=()) as running:
        yield running


@pytest.fixture
def platform(house):
    key = next(match[1] for line in house.greeting if (match := KEY.fullmatch(line)))
    return house.client(key).v1


@pytest.fixture
def account(platform):
    return platform.accounts.create(COMPLETE)


def own_key(house, account, kind="secret"):
    made = house.command("keys", "create", "--kind", kind, "--account", account.id).stdout
    return made.split()[-1]


@pytest.fixture
def itself(house, account):
    """The official client holding the account's own secret key."""
    return house.client(own_key(house, account)).v1


def test_it_sees_itself_as_an_account_does(account, itself):
    seen = itself.accounts.retrieve_current()
    assert seen.to_dict() == itself.accounts.retrieve(account.id).to_dict()
    assert (seen.id, seen.controller.to_dict()) == (account.id, {"type": "account"})
    assert seen.charges_enabled is True
    for hidden in ("requirements", "external_accounts", "individual", "metadata", "tos_acceptance", "groups"):
        assert hidden not in seen


def test_it_is_no_platform(itself, account):
    with refused(says="signed up for Connect"):
        itself.accounts.create(CUSTOM)
    assert itself.accounts.list().data == []
    with refused(says="own account"):
        itself.accounts.update(account.id, {"metadata": {"a": "1"}})


def test_it_reaches_nobody_elses_account(platform, itself):
    other = platform.accounts.create(CUSTOM)
    denied = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}
    for reach in (
        lambda: itself.accounts.retrieve(other.id),
        lambda: itself.customers.list({}, acting_on(other)),
        lambda: itself.accounts.persons.list(other.id),
        lambda: itself.account_links.create(
            {"account": other.id, "type": "account_onboarding", "return_url": "https://a.test", "refresh_url": "https://a.test"}
        ),
    ):  # fmt: skip
        with refused(**denied):
            reach()


def test_what_it_makes_is_what_its_platform_sees_there(platform, account, itself):
    customer = itself.customers.create({"source": "tok_visa"})
    assert platform.customers.retrieve(customer.id, {}, acting_on(account)).id == customer.id
    with refused(status=404, code="resource_missing", param="id"):
        platform.customers.retrieve(customer.id)


def test_a_token_it_makes_is_spent_by_its_platform_on_it_and_on_nobody_else(platform, account, itself):
    bank = {key: value for key, value in BANK.items() if key != "object"}
    token = itself.tokens.create({"bank_account": bank})
    other = platform.accounts.create(CUSTOM)
    with refused(code="resource_missing", param="external_account"):
        platform.accounts.external_accounts.create(other.id, {"external_account": token.id})

    made = platform.accounts.external_accounts.create(account.id, {"external_account": token.id})

    assert (made.id, itself.tokens.retrieve(token.id).used) == (token.bank_account.id, True)


def test_its_publishable_key_makes_tokens_and_reads_none(house, account):
    browser = house.client(own_key(house, account, "publishable")).v1
    token = browser.tokens.create({"pii": {"id_number": "000000000"}})
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.tokens.retrieve(token.id)


def test_its_keys_end_with_it(platform, account, itself):
    platform.accounts.delete(account.id)

    with refused(sdk.AuthenticationError, status=401, code="api_key_expired"):
        itself.tokens.create({"pii": {"id_number": "000000000"}})


def test_no_key_is_made_for_an_account_that_is_gone(house, platform, account):
    platform.accounts.delete(account.id)

    made = house.command("keys", "create", "--account", account.id)

    assert (made.returncode, made.stdout) == (1, "")
    assert f"there is no account {account.id}" in made.stderr
