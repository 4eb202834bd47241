"""What stays of connected accounts: records where they belong while they live, nothing once they are deleted."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.config import Settings
from strongroom.house import open_house
from support.connect import BANK, COMPLETE, CUSTOM, INDIVIDUAL, acting_on
from support.server import Server

TABLES = ("records", "persons", "external_accounts")


@pytest.fixture
def alone(engine, tmp_path, request):
    """A server of this test's own."""
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(tmp_path / "data", database) as running:
        yield running


def rows(server):
    """How many rows of each table there are, by account. The server has stopped."""

    async def read():
        house = await open_house(Settings(server.data_dir, server.database))
        try:
            return {
                table: sorted(row.account for row in await house.store.scan(table, 0, 100))
                for table in TABLES
            }
        finally:
            await house.close()

    return asyncio.run(read())


def test_numbers_are_kept_with_their_account_and_go_with_it(alone):
    platform = alone.client("sk_test_rest").v1
    bank = platform.tokens.create({"bank_account": {k: v for k, v in BANK.items() if k != "object"}})
    pii = platform.tokens.create({"pii": {"id_number": "222222222"}})
    individual = {**INDIVIDUAL, "id_number": pii.id}
    stays, goes = (
        platform.accounts.create({**COMPLETE, "external_account": given, "individual": individual_})
        for given, individual_ in ((bank.id, individual), (BANK, INDIVIDUAL))
    )
    assert alone.command("check").stdout == "0 faults\n"

    platform.accounts.delete(goes.id)

    assert alone.command("check").stdout == "0 faults\n"
    alone.stop()
    assert rows(alone) == {
        "records": [stays.id, stays.id],
        "persons": [stays.id],
        "external_accounts": [stays.id],
    }


def test_replacing_what_is_vaulted_erases_what_was(alone):
    platform = alone.client("sk_test_rest").v1
    account = platform.accounts.create(COMPLETE)
    for _ in range(3):
        platform.accounts.update(
            account.id, {"individual": {"id_number": "000000000"}, "external_account": BANK}
        )
    platform.accounts.update(account.id, {"individual": {"id_number": ""}, "external_account": ""})
    alone.stop()

    assert rows(alone) == {"records": [], "persons": [account.id], "external_accounts": []}


def test_of_updates_at_once_none_is_lost(stripe, post):
    account = stripe.accounts.create(CUSTOM)

    def write(number):
        reply = post(f"/v1/accounts/{account.id}", {f"metadata[k{number}]": "v"})
        return number, reply.status, reply.json.get("error", {}).get("code")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(16)))

    assert {answer[1:] for answer in answers} <= {(200, None), (429, "lock_timeout")}
    written = [number for number, status, _ in answers if status == 200]
    assert written
    assert set(stripe.accounts.retrieve(account.id).metadata.to_dict()) == {
        f"k{number}" for number in written
    }


def test_a_token_that_many_accounts_want_at_once_goes_to_one(stripe, post):
    accounts = [stripe.accounts.create(CUSTOM).id for _ in range(6)]
    token = stripe.tokens.create({"bank_account": {k: v for k, v in BANK.items() if k != "object"}})

    def take(account):
        reply = post(f"/v1/accounts/{account}", {"external_account": token.id})
        return reply.status, reply.json.get("error", {}).get("code")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(take, accounts))

    assert sorted(answers) == [(200, None), *[(400, "token_already_used")] * 5]
    held = [len(stripe.accounts.external_accounts.list(account).data) for account in accounts]
    assert sorted(held) == [0, 0, 0, 0, 0, 1]


def test_a_creation_is_done_once_under_its_key(stripe):
    options = {"idempotency_key": "make-one"}

    first = stripe.accounts.create(COMPLETE, options)
    again = stripe.accounts.create(COMPLETE, options)

    assert again.to_dict() == first.to_dict()
    assert len(stripe.accounts.list().data) == 1


def test_a_connected_account_has_no_key_of_its_own(alone):
    platform = alone.client("sk_test_rest").v1
    account = platform.accounts.create({})

    assert account.id not in alone.command("keys", "list").stdout
    assert platform.customers.list({}, acting_on(account)).data == []
