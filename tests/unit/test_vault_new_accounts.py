"""The key of an account that is being made: at hand at once, durable when it is kept, gone when it is not to be."""

import asyncio

import pytest

from strongroom.clock import ManualClock
from strongroom.store.keystore import open_key_store
from strongroom.vault import EnvRootKey, Vault
from strongroom.vault.vault import AccountKeyMissing

NOW = 1_700_000_000
WHOSE = ("acct_new", False)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path):
    return request.getfixturevalue("dsn") if request.param == "postgres" else str(tmp_path / "keys.db")


def run(address, scene):
    async def opened():
        store = await open_key_store(address)
        try:
            root = EnvRootKey("ROOT", {"ROOT": bytes(range(32)).hex()})
            await scene(lambda: Vault.open(root, store, clock=ManualClock(NOW)), store)
        finally:
            await store.close()

    asyncio.run(opened())


def test_a_kept_key_opens_what_it_sealed_in_another_process(address):
    async def scene(open_vault, store):
        new = (await open_vault()).new_keyring(*WHOSE)
        sealed = new.keyring.seal_document("accounts", "acct_new", b"something")
        assert await store.account_keys(*WHOSE) == []
        vault = await open_vault()
        await vault.keep(new)
        read = await vault.keyring(*WHOSE, make=False)
        assert read.open_document("accounts", "acct_new", sealed) == b"something"

    run(address, scene)


def test_a_key_that_is_not_kept_is_at_hand_here_alone(address):
    async def scene(open_vault, store):
        vault = await open_vault()
        new = vault.new_keyring(*WHOSE)
        assert vault.cached_keyring(*WHOSE) is new.keyring
        with pytest.raises(AccountKeyMissing):
            await (await open_vault()).keyring(*WHOSE, make=False)
        assert await store.account_keys(*WHOSE) == []

    run(address, scene)


def test_an_abandoned_key_is_nowhere_and_nobody_elses_is_touched(address):
    async def scene(open_vault, store):
        vault = await open_vault()
        other = await vault.keyring("acct_other", False)
        new = vault.new_keyring(*WHOSE)
        await vault.keep(new)
        await vault.abandon(new)
        assert await store.account_keys(*WHOSE) == []
        assert vault.cached_keyring(*WHOSE) is None
        assert vault.cached_keyring("acct_other", False) is other
        assert len(await store.account_keys("acct_other", False)) == 1

    run(address, scene)


def test_another_key_of_the_same_name_stays(address):
    """Ids are drawn at random; if one were drawn twice, the first account's key is not the second's to remove."""

    async def scene(open_vault, store):
        vault = await open_vault()
        first = await vault.keyring(*WHOSE)
        before = await store.account_keys(*WHOSE)
        new = vault.new_keyring(*WHOSE)
        await vault.keep(new)
        await vault.abandon(new)
        assert await store.account_keys(*WHOSE) == before
        sealed = first.seal_document("accounts", "acct_new", b"something")
        again = await vault.keyring(*WHOSE, make=False)
        assert again.open_document("accounts", "acct_new", sealed) == b"something"

    run(address, scene)
