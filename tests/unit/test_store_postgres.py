"""What only the shared engine has: several processes, a network between, and a server that may be set up weakly."""

import asyncio
from typing import Any

import asyncpg
import pytest

from strongroom.errors import Unavailable
from strongroom.store import Rejected, Row, WriteSet, open_store
from strongroom.store.claims import every_row
from strongroom.store.postgres_connection import Connection, UnsafeServer, refuse_weak_server
from strongroom.store.postgres_sql import Batch, by_key_sql, versions_sql


@pytest.fixture(scope="module")
def shared_dsn(postgres):
    return postgres.fresh_database()


def event(row_id: str) -> Row:
    return Row(
        "events", "acct_1", False, row_id, 0, 0, {"created": 1, "type": "t", "object_id": "o"}, b"event"
    )


def customer(row_id: str, version: int = 0, doc: bytes = b"") -> Row:
    return Row("customers", "acct_1", False, row_id, version, 0, {"created": 1}, doc)


async def waiting_for_a_lock(watcher: Any) -> int:
    """Return the process id of the one backend that waits for a lock, once there is one."""
    while True:
        pid = await watcher.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if pid is not None:
            return int(pid)


def test_all_that_wait_together_are_one_transaction(shared_dsn):
    async def scene():
        store = await open_store(shared_dsn)
        watcher = await asyncpg.connect(shared_dsn)
        rows = [event(f"evt_one_{n}") for n in range(20)]
        await asyncio.gather(*[store.commit(WriteSet(inserts=[row])) for row in rows])
        count = await watcher.fetchval(
            "SELECT count(DISTINCT xmin::text) FROM events WHERE id LIKE 'evt_one_%'"
        )
        assert count == 1
        await watcher.close()
        await store.close()

    asyncio.run(scene())


def test_single_rows_that_are_asked_for_together_are_read_together(dsn):
    def key(number: int) -> Row:
        columns = {"mac": b"%d" % number, "kind": "sk", "prefix": "sk_test_", "last4": "0000", "created": 1}
        return Row("api_keys", "acct_1", False, f"key_{number}", 0, 0, columns, b"key")

    async def scene():
        store = await open_store(dsn)
        await store.commit(WriteSet(inserts=[key(n) for n in range(50)]))
        statements = []
        read = store._reading.read

        async def counted(sql, *values):
            statements.append(sql)
            return await read(sql, *values)

        store._reading.read = counted
        looks = [store.find("api_keys", "mac", b"%d" % n) for n in range(51)]
        gets = [store.get("api_keys", "acct_1", False, f"key_{n}") for n in range(51)]
        found = await asyncio.gather(*looks, *gets)
        expected = [*[f"key_{n}" for n in range(50)], None]
        assert [row and row.id for row in found] == expected * 2
        assert len(statements) == 2
        await store.close()

    asyncio.run(scene())


def test_a_loser_to_another_process_does_not_take_its_batch_with_it(shared_dsn):
    async def scene():
        ours, theirs = await open_store(shared_dsn), await open_store(shared_dsn)
        await theirs.commit(WriteSet(inserts=[event("evt_taken"), customer("cus_moved")]))
        await theirs.commit(WriteSet(changes=[customer("cus_moved", 1)]))
        sets = [
            WriteSet(inserts=[event("evt_good_1")]),
            WriteSet(inserts=[event("evt_lost_1"), event("evt_taken")]),
            WriteSet(inserts=[event("evt_lost_2")], changes=[customer("cus_moved", 1)]),
            WriteSet(inserts=[event("evt_good_2")]),
        ]
        results = await asyncio.gather(*map(ours.commit, sets), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), Rejected, Rejected, type(None)]
        assert (results[1].id, results[2].id) == ("evt_taken", "cus_moved")
        found = await ours.get_many(
            "events", "acct_1", False, [f"evt_{a}_{b}" for a in ("good", "lost") for b in (1, 2)]
        )
        assert sorted(found) == ["evt_good_1", "evt_good_2"]
        await ours.close()
        await theirs.close()

    asyncio.run(scene())


def test_processes_racing_for_one_row_have_one_winner_a_round(shared_dsn):
    async def scene():
        stores = await asyncio.gather(*[open_store(shared_dsn) for _ in range(3)])
        await stores[0].commit(WriteSet(inserts=[customer("cus_race")]))
        for version in range(1, 11):
            writers = [
                store.commit(
                    WriteSet(
                        changes=[customer("cus_race", version, b"%d" % n)],
                        inserts=[event(f"evt_{version}_{n}")],
                    )
                )
                for n, store in enumerate(stores)
            ]
            results = await asyncio.gather(*writers, return_exceptions=True)
            assert sorted(type(result).__name__ for result in results) == ["NoneType", "Rejected", "Rejected"]
            winner = results.index(None)
            row = await stores[0].get("customers", "acct_1", False, "cus_race")
            assert (row.version, row.doc) == (version + 1, b"%d" % winner)
            events = await stores[0].get_many(
                "events", "acct_1", False, [f"evt_{version}_{n}" for n in range(3)]
            )
            assert list(events) == [f"evt_{version}_{winner}"]
        await asyncio.gather(*[store.close() for store in stores])

    asyncio.run(scene())


def test_a_guard_holds_its_row_until_the_commit(shared_dsn):
    """Whoever changes the row at the same time waits, and whoever guards it after a change is rejected."""

    async def scene():
        store, other = await open_store(shared_dsn), await asyncpg.connect(shared_dsn)
        watcher = await asyncpg.connect(shared_dsn)
        await store.commit(WriteSet(inserts=[customer("cus_held")]))
        change = other.transaction()
        await change.start()
        await other.execute("UPDATE customers SET version = 2 WHERE id = 'cus_held'")
        guarding = asyncio.create_task(
            store.commit(WriteSet(inserts=[event("evt_guarding")], guards=[customer("cus_held", 1)]))
        )
        await waiting_for_a_lock(watcher)
        await change.commit()
        with pytest.raises(Rejected, match="customers/cus_held"):
            await guarding
        assert await store.get("events", "acct_1", False, "evt_guarding") is None
        await asyncio.gather(other.close(), watcher.close(), store.close())

    asyncio.run(scene())


def test_processes_that_found_a_database_together_found_it_once(dsn):
    async def scene():
        stores = await asyncio.gather(*[open_store(dsn) for _ in range(4)])
        assert await stores[0].check() == []
        await asyncio.gather(*[store.close() for store in stores])

    asyncio.run(scene())


def test_a_write_whose_connection_breaks_is_unknown_and_never_sent_again(shared_dsn):
    async def scene():
        store, watcher = await open_store(shared_dsn), await asyncpg.connect(shared_dsn)
        blocker = await asyncpg.connect(shared_dsn)
        block = blocker.transaction()
        await block.start()
        await blocker.execute("LOCK TABLE events IN EXCLUSIVE MODE")
        tasks = [
            asyncio.create_task(store.commit(WriteSet(inserts=[event(f"evt_cut_{n}")]))) for n in range(2)
        ]
        pid = await waiting_for_a_lock(watcher)
        await watcher.execute("SELECT pg_terminate_backend($1)", pid)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [(isinstance(result, Unavailable), result.http_status) for result in results] == [
            (True, 503)
        ] * 2
        await block.rollback()
        # A write of our own flushes out whatever might still have been on its way.
        await store.commit(WriteSet(inserts=[event("evt_after_cut")]))
        found = await store.get_many("events", "acct_1", False, ["evt_cut_0", "evt_cut_1", "evt_after_cut"])
        assert list(found) == ["evt_after_cut"]
        await asyncio.gather(blocker.close(), watcher.close(), store.close())

    asyncio.run(scene())


def test_reads_survive_a_server_that_drops_every_connection(shared_dsn):
    async def scene():
        store = await open_store(shared_dsn)
        await store.commit(WriteSet(inserts=[customer("cus_reader")]))
        watcher = await asyncpg.connect(shared_dsn)
        await watcher.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await watcher.close()
        assert (await store.get("customers", "acct_1", False, "cus_reader")).id == "cus_reader"
        assert (await store.page("customers", "acct_1", False, limit=1)).has_more in {True, False}
        await store.close()

    asyncio.run(scene())


def test_a_batch_that_lost_to_a_deadlock_is_sent_again(shared_dsn):
    """The server undid it, so sending it again is safe; nobody above needs to know."""

    async def scene():
        store, other = await open_store(shared_dsn), await asyncpg.connect(shared_dsn)
        watcher = await asyncpg.connect(shared_dsn)
        await store.commit(WriteSet(inserts=[customer("cus_dead_1"), event("evt_dead_1")]))
        rival = other.transaction()
        await rival.start()
        await other.execute("SET LOCAL deadlock_timeout = '1h'")
        await other.execute("SELECT 1 FROM events WHERE id = 'evt_dead_1' FOR UPDATE")
        first = Row("events", "acct_1", False, "evt_dead_1", 1, 0, event("").columns, b"new")
        task = asyncio.create_task(store.commit(WriteSet(changes=[customer("cus_dead_1", 1, b"new"), first])))
        await waiting_for_a_lock(watcher)
        # Our statement holds the customer and waits for the event; now the rival waits for the customer.
        await other.execute("SELECT 1 FROM customers WHERE id = 'cus_dead_1' FOR UPDATE")
        await rival.rollback()
        await task
        assert (await store.get("customers", "acct_1", False, "cus_dead_1")).doc == b"new"
        await asyncio.gather(other.close(), watcher.close(), store.close())

    asyncio.run(scene())


GOOD = (150_004, "on", "on", "on")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((149_999, "on", "on", "on"), "15 or newer"),
        ((150_004, "off", "on", "on"), "fsync"),
        ((150_004, "on", "off", "on"), "full_page_writes"),
        ((150_004, "on", "on", "off"), "synchronous_commit"),
    ],
)
def test_a_server_that_could_lose_what_it_acknowledged_is_refused(settings, said):
    refuse_weak_server(*GOOD)
    with pytest.raises(UnsafeServer, match=said):
        refuse_weak_server(*settings)


def test_a_database_set_to_lose_commits_is_refused_when_opened(postgres, dsn):
    name = dsn.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UnsafeServer, match="synchronous_commit"):
        asyncio.run(open_store(dsn))


def test_a_server_that_is_not_there_is_unavailable(monkeypatch):
    monkeypatch.setattr("strongroom.store.postgres_connection.RECONNECT_SECONDS_MAX", 0.1)
    with pytest.raises(Unavailable):
        asyncio.run(open_store("postgresql://nobody:nothing@127.0.0.1:1/none"))


def statements() -> dict[str, tuple[str, list[Any]]]:
    old = customer("cus_1", 1)
    writes = WriteSet(changes=[old], guards=[customer("cus_2", 1)], deletes=[customer("cus_3", 1)])
    batch = Batch([writes])
    keys = list(zip(*[(row.account, row.livemode, row.id) for row in every_row(writes)], strict=True))
    return {
        "batch": (batch.sql, batch.arrays),
        "by key": (by_key_sql("customers"), keys),
        "versions": (versions_sql("customers"), keys),
    }


@pytest.mark.parametrize("name", statements())
def test_rows_are_found_by_index_even_when_planned_for_an_empty_table(shared_dsn, name):
    """A plan made while a table was empty stays prepared while the table grows."""

    async def scene():
        await (await open_store(shared_dsn)).close()
        connection = Connection(shared_dsn)
        sql, values = statements()[name]
        lines = [line for (line,) in await connection.fetch(f"EXPLAIN {sql}", *values)]
        assert not [line for line in lines if "Seq Scan" in line]
        assert [line for line in lines if "customers_account_livemode_id_key" in line]
        await connection.close()

    asyncio.run(scene())
