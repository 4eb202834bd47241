"""An account that is refused was never there: no row, no key, no token spent, nothing half-made."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import asyncpg
import pytest
import stripe as sdk

from support.connect import BANK, COMPLETE, CUSTOM, INDIVIDUAL, LATER
from support.data import refused

TABLE = "strongroom_keys.keys"


def account_keys(server):
    """How many keys of accounts the key store holds."""
    if server.database == "sqlite":
        path = Path(server.data_dir) / "keys.db"
        with apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY) as database:
            return database.execute("SELECT count(*) FROM keys WHERE scope = 'account'").fetchone()[0]
    return asyncio.run(_in_postgres(server.database))


async def _in_postgres(address):
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(f"SELECT count(*) FROM {TABLE} WHERE scope = 'account'")
    finally:
        await connection.close()


@pytest.fixture
def platform(stripe):
    """The platform once it has keys of its own."""
    stripe.customers.create({})
    return stripe


def test_a_new_account_has_a_key_and_a_refused_one_none(server, platform):
    before = account_keys(server)
    platform.accounts.create(CUSTOM)
    assert account_keys(server) == before + 1

    for given in (
        {**CUSTOM, "individual": {"first_name": "A"}},
        {**CUSTOM, "account_token": "ct_nope"},
        {**CUSTOM, "external_account": "btok_nope"},
        {**COMPLETE, "individual": {**INDIVIDUAL, "id_number": "12"}},
        {**CUSTOM, "country": "TR"},
        {**CUSTOM, "capabilities": {"transfers": {"requested": True}}},
        {**CUSTOM, "documents": {"proof_of_address": {"files": ["file_nope"]}}},
    ):
        with pytest.raises(sdk.InvalidRequestError):
            platform.accounts.create(given)

    assert account_keys(server) == before + 1
    assert len(platform.accounts.list().data) == 1


def test_what_a_refused_account_was_given_is_as_it_was(server, platform):
    bank = platform.tokens.create({"bank_account": {k: v for k, v in BANK.items() if k != "object"}})
    number = platform.tokens.create({"pii": {"id_number": "222222222"}})
    given = {
        **COMPLETE,
        "external_account": bank.id,
        "individual": {**LATER, "id_number": number.id, "email": "nobody@@"},
    }
    with refused(code="email_invalid", param="individual[email]"):
        platform.accounts.create(given)
    wrong = {**given, "individual": {**LATER, "id_number": number.id, "address": {"postal_code": "x"}}}
    with refused(code="postal_code_invalid", param="individual[address][postal_code]"):
        platform.accounts.create(wrong)
    with refused(code="resource_missing", param="documents[proof_of_address][files][0]"):
        documents = {"proof_of_address": {"files": ["file_nope"]}}
        good = {**given, "individual": {**LATER, "id_number": number.id}}
        platform.accounts.create({**good, "documents": documents})

    assert [platform.tokens.retrieve(one.id).used for one in (bank, number)] == [False, False]
    account = platform.accounts.create(good)
    assert [platform.tokens.retrieve(one.id).used for one in (bank, number)] == [True, True]
    assert account.external_accounts.data[0].id == bank.bank_account.id


def test_of_many_that_spend_one_token_one_account_is_made_with_one_key(server, platform):
    bank = platform.tokens.create({"bank_account": {k: v for k, v in BANK.items() if k != "object"}})
    before = account_keys(server)

    def make(_):
        try:
            return platform.accounts.create({**CUSTOM, "external_account": bank.id}).id
        except sdk.InvalidRequestError as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as crowd:
        seen = list(crowd.map(make, range(8)))

    made = [one for one in seen if one.startswith("acct_")]
    assert len(made) == 1
    assert {one for one in seen if one not in made} == {"token_already_used"}
    assert account_keys(server) == before + 1
    assert [one.id for one in platform.accounts.list().data] == made
