"""Both key stores: everything wrapped stays, and of several processes that race one wins."""

import asyncio
import os
import stat
from pathlib import Path

import apsw
import asyncpg
import pytest

from strongroom.clock import ManualClock
from strongroom.errors import Unavailable
from strongroom.store.keystore import KeyStoreDamaged, PostgresKeyStore, SqliteKeyStore, open_key_store
from strongroom.vault import AccountShredded, FileRootKey, Vault

NOW = 1_700_000_000
SYSTEM_KEY = ("wrap", True, 1, b"k" * 16, "active", b"wrapped-1", NOW)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path):
    """Where an empty key store is, in both engines' words; every test runs on each."""
    return request.getfixturevalue("dsn") if request.param == "postgres" else str(tmp_path / "keys.db")


def account_key(version=1, state="active", wrapped=b"wrapped", account="acct_1", livemode=False):
    return (account, livemode, version, b"i" * 16, state, wrapped, NOW)


async def on_stores(address, count, scene):
    """Run `scene` with `count` stores on one address, as that many processes would have."""
    stores = [await open_key_store(address) for _ in range(count)]
    try:
        return await scene(*stores)
    finally:
        for store in stores:
            await store.close()


def run(address, scene, count=1):
    return asyncio.run(on_stores(address, count, scene))


def test_what_is_founded_is_read_back_after_reopening(address):
    async def write(store):
        assert await store.founding() is None
        await store.found(b"instance", b"check", NOW, [SYSTEM_KEY])

    async def read(store):
        assert await store.founding() == (b"instance", b"check")
        assert await store.system_keys() == [SYSTEM_KEY]

    run(address, write)
    run(address, read)


def test_a_second_founding_changes_nothing(address):
    async def scene(store):
        await store.found(b"first", b"check", NOW, [SYSTEM_KEY])
        await store.found(b"second", b"other", NOW, [("wrap", True, 2, b"z" * 16, "pending", b"theirs", NOW)])
        assert await store.founding() == (b"first", b"check")
        assert await store.system_keys() == [SYSTEM_KEY]

    run(address, scene)


def test_of_many_that_found_at_once_all_of_one_is_kept_and_nothing_of_the_others(address):
    async def scene(*stores):
        await asyncio.gather(
            *[
                store.found(bytes([n]), b"check", NOW, [(*SYSTEM_KEY[:5], bytes([n]), NOW)])
                for n, store in enumerate(stores)
            ]
        )
        found = [(await store.founding(), await store.system_keys()) for store in stores]
        ((winner, _), ((*_, wrapped, _created),)) = found[0]
        assert wrapped == winner
        assert found == [found[0]] * len(stores)

    run(address, scene, count=6)


async def make_and_read(store, n):
    await store.add_account_key(account_key(wrapped=bytes([n])))
    return await store.account_keys("acct_1", False)


def test_of_many_that_make_an_accounts_first_key_one_wins_and_all_read_it(address):
    async def scene(*stores):
        read = await asyncio.gather(*[make_and_read(store, n) for n, store in enumerate(stores)])
        assert len(read[0]) == 1
        assert read == [read[0]] * len(stores)

    run(address, scene, count=8)


def test_a_store_that_lets_the_last_one_win_would_be_seen(tmp_path):
    """The control of the race above: whoever read before the overwriting seals with a key that is no more."""

    async def scene(*stores):
        for store in stores:
            store._sql["add"] = store._sql["add"].replace("INSERT INTO", "INSERT OR REPLACE INTO")
            store._sql["add"] = store._sql["add"].replace("ON CONFLICT DO NOTHING ", "")
        read = [await make_and_read(store, n) for n, store in enumerate(stores)]
        assert read != [read[0]] * len(stores)

    run(tmp_path / "keys.db", scene, count=2)


def test_accounts_and_modes_have_keys_of_their_own(address):
    async def scene(store):
        mine = account_key(wrapped=b"mine")
        await store.add_account_key(mine)
        await store.add_account_key(account_key(wrapped=b"live", livemode=True))
        await store.add_account_key(account_key(wrapped=b"other", account="acct_2"))
        assert await store.account_keys("acct_1", False) == [mine]
        assert await store.account_keys("acct_3", False) == []
        assert await store.system_keys() == []

    async def look(store):
        await store.found(b"instance", b"check", NOW, [])
        await scene(store)

    run(address, look)


def test_activating_moves_the_old_version_aside_and_only_once(address):
    async def scene(store):
        await store.add_account_key(account_key(1, "active"))
        await store.activate("acct_1", False, 2, "compromised")
        assert await store.account_keys("acct_1", False) == [account_key(1, "active")]
        await store.add_account_key(account_key(2, "pending"))
        await store.add_account_key(account_key(3, "pending"))
        await store.activate("acct_1", False, 2, "decrypt-only")
        await store.activate("acct_1", False, 2, "compromised")
        assert await store.account_keys("acct_1", False) == [
            account_key(1, "decrypt-only"),
            account_key(2, "active"),
        ]

    run(address, scene)


def test_a_destroyed_key_leaves_its_row_and_no_material(address):
    async def scene(store):
        await store.add_account_key(account_key(1, "active"))
        await store.add_account_key(account_key(2, "pending"))
        await store.add_account_key(account_key(account="acct_2"))
        await store.destroy("acct_1", False)
        assert await store.account_keys("acct_1", False) == [
            account_key(1, "destroyed", None),
            account_key(2, "destroyed", None),
        ]
        assert await store.account_keys("acct_2", False) == [account_key(account="acct_2")]

    run(address, scene)


def test_keys_without_a_founding_are_refused_rather_than_founded_again(address):
    async def scene(store):
        await store.add_account_key(account_key())
        with pytest.raises(KeyStoreDamaged):
            await store.founding()

    run(address, scene)


def test_two_vaults_that_meet_an_empty_store_at_once_open_each_others_seals(address, tmp_path):
    async def scene(*stores):
        clock = ManualClock(NOW)
        vaults = await asyncio.gather(
            *[
                Vault.open(FileRootKey(tmp_path / "root.key", create=True), store, clock=clock)
                for store in stores
            ]
        )
        rings = await asyncio.gather(*[vault.keyring("acct_1", False) for vault in vaults])
        assert len({vault.instance for vault in vaults}) == 1
        for sealing in rings:
            sealed = sealing.seal_document("customers", "cus_1", b"plain")
            assert [ring.open_document("customers", "cus_1", sealed) for ring in rings] == [b"plain"] * len(
                rings
            )

    run(address, scene, count=4)


def test_a_shredded_accounts_vault_makes_no_new_key(address, tmp_path):
    async def scene(store):
        vault = await Vault.open(
            FileRootKey(tmp_path / "root.key", create=True), store, clock=ManualClock(NOW)
        )
        await vault.keyring("acct_1", False)
        await vault.shred("acct_1", False)
        with pytest.raises(AccountShredded):
            await vault.keyring("acct_1", False)
        assert [row[4:6] for row in await store.account_keys("acct_1", False)] == [("destroyed", None)]

    run(address, scene)


# -- what only one engine has -------------------------------------------------------------------------------------


def test_the_sqlite_files_are_their_owners_only(tmp_path):
    async def scene(store):
        await store.add_account_key(account_key())
        files = [path for path in tmp_path.iterdir() if path.name.startswith("keys.db")]
        assert {path.name for path in files} >= {"keys.db", "keys.db-wal"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}

    before = os.umask(0)
    try:
        run(tmp_path / "keys.db", scene)
    finally:
        os.umask(before)


def occurrences(folder: Path, needle: bytes) -> int:
    return sum(path.read_bytes().count(needle) for path in folder.iterdir())


def test_destroyed_material_is_nowhere_in_the_sqlite_files(tmp_path):
    material = os.urandom(60)

    async def scene(store):
        await store.add_account_key(account_key(wrapped=material))
        assert occurrences(tmp_path, material) > 0  # the search would see it
        await store.destroy("acct_1", False)
        assert occurrences(tmp_path, material) == 0

    run(tmp_path / "keys.db", scene)


def test_the_schema_itself_allows_one_active_version(tmp_path):
    async def scene(store):
        await store.add_account_key(account_key(1, "active"))

    run(tmp_path / "keys.db", scene)
    database = apsw.Connection(str(tmp_path / "keys.db"))
    with pytest.raises(apsw.ConstraintError):
        database.execute(
            "INSERT INTO keys SELECT scope, owner, livemode, 2, key_id, state, wrapped, created FROM keys"
        )
    database.close()


@pytest.mark.parametrize("schema", ["keys; DROP", 'a"b', "Upper", "", "a.b"])
def test_a_schema_name_that_would_need_quoting_is_refused(schema):
    with pytest.raises(ValueError, match="cannot be the name of a schema"):
        PostgresKeyStore("postgresql://localhost/none", schema)


def test_a_lost_connection_is_made_again(dsn):
    async def scene(store):
        await store.add_account_key(account_key())
        other = await asyncpg.connect(dsn)
        ended = await other.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await other.close()
        assert ended == 1
        assert await store.account_keys("acct_1", False) == [account_key()]

    run(dsn, scene)


def test_a_server_that_does_not_answer_is_unavailable():
    with pytest.raises(Unavailable) as refusal:
        asyncio.run(open_key_store("postgresql://nobody@127.0.0.1:1/none"))
    assert refusal.value.http_status == 503


def test_a_role_that_may_create_nothing_can_use_what_is_there(dsn):
    async def scene():
        await (await open_key_store(dsn)).close()
        admin = await asyncpg.connect(dsn)
        await admin.execute(
            "DROP ROLE IF EXISTS keeper; CREATE ROLE keeper LOGIN PASSWORD 'keeper'; "
            "GRANT USAGE ON SCHEMA strongroom_keys TO keeper; "
            "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA strongroom_keys TO keeper"
        )
        place = dsn.partition("@")[2]
        store = await open_key_store(f"postgresql://keeper:keeper@{place}")
        await store.add_account_key(account_key())
        assert await store.account_keys("acct_1", False) == [account_key()]
        await store.close()
        await admin.execute("DROP OWNED BY keeper; DROP ROLE keeper")
        await admin.close()

    asyncio.run(scene())


def test_the_sqlite_store_flushes_every_commit(tmp_path):
    async def scene(store):
        assert isinstance(store, SqliteKeyStore)
        assert store._connection.execute("PRAGMA synchronous").get == 2
        assert store._connection.execute("PRAGMA secure_delete").get == 1
        assert store._connection.execute("PRAGMA journal_mode").get == "wal"

    run(tmp_path / "keys.db", scene)
