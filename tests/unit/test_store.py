"""What both engines promise, said once and run on each."""

import asyncio
from typing import Any

import apsw
import asyncpg
import pytest

from strongroom.errors import Overloaded, Unavailable
from strongroom.store import Filter, Rejected, Row, Store, WriteSet, open_store
from strongroom.store.committer import Committer
from strongroom.store.tables import TABLES

ACCOUNT = "acct_1"
SAMPLES = {"text": "some text", "integer": 2**40, "blob": b"\x00\xff", "boolean": True}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def address(request, tmp_path_factory):
    if request.param == "sqlite":
        return str(tmp_path_factory.mktemp("store") / "store.db")
    return request.getfixturevalue("postgres").fresh_database()


@pytest.fixture(scope="module")
def opened(address):
    """One open store for this module, and the loop it lives in: opening takes longer than any of these tests."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(address, exclusive=False))
        runner.run(let_rows_go(address))
        yield runner, store
        runner.run(store.close())


@pytest.fixture
def play(opened):
    """Run a scene, a coroutine function taking an open and empty store."""
    runner, store = opened
    yield lambda scene: runner.run(scene(store))
    runner.run(empty(store))


async def let_rows_go(address: str) -> None:
    """Take the triggers off the one table whose rows stay: here every table is written to, and emptied after each test."""
    if address.startswith("postgresql"):
        wire = await asyncpg.connect(address)
        await wire.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        await wire.close()
    else:
        database = apsw.Connection(address.removeprefix("sqlite://"))
        database.execute("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened")
        database.close()


async def empty(store: Store) -> None:
    await store.commit(
        WriteSet(deletes=[row for table in TABLES for row in await store.scan(table, 0, 1_000)])
    )


def customer(row_id: str, doc: bytes = b"doc", account: str = ACCOUNT, **columns: Any) -> Row:
    return Row("customers", account, False, row_id, 0, 0, {"created": 1, **columns}, doc)


def event(row_id: str) -> Row:
    return Row(
        "events", ACCOUNT, False, row_id, 0, 0, {"created": 1, "type": "t", "object_id": "o"}, b"event"
    )


def api_key(row_id: str, mac: bytes) -> Row:
    columns = {"mac": mac, "kind": "secret", "prefix": "sk_test_", "last4": "abcd", "created": 1}
    return Row("api_keys", ACCOUNT, False, row_id, 0, 0, columns, b"")


def changed(row: Row, doc: bytes, version: int | None = None) -> Row:
    version = row.version if version is None else version
    return Row(row.table, row.account, row.livemode, row.id, version, row.seq, row.columns, doc)


async def stored(store: Store, row: Row) -> Row:
    await store.commit(WriteSet(inserts=[row]))
    return await read(store, row)


async def read(store: Store, row: Row) -> Row:
    found = await store.get(row.table, row.account, row.livemode, row.id)
    assert found is not None
    return found


async def outcomes(store: Store, *sets: WriteSet) -> list[Any]:
    return await asyncio.gather(*map(store.commit, sets), return_exceptions=True)


def kinds(results: list[Any]) -> list[type]:
    return [type(result) for result in results]


ACCEPTED = type(None)


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("livemode", [False, True])
@pytest.mark.parametrize("with_nulls", [False, True])
def test_a_row_of_every_table_comes_back_as_it_was_written(play, livemode, with_nulls):
    async def scene(store):
        for table in TABLES.values():
            columns = {c.name: None if c.nullable and with_nulls else SAMPLES[c.type] for c in table.columns}
            row = Row(table.name, ACCOUNT, livemode, "id_1", 0, 0, columns, bytes(range(256)))
            await store.commit(WriteSet(inserts=[row]))
            found = await read(store, row)
            assert (found.columns, found.doc, found.version) == (columns, row.doc, 1)
            assert (found.table, found.account, found.livemode, found.id) == (
                table.name,
                ACCOUNT,
                livemode,
                "id_1",
            )
            assert type(found.livemode) is bool
            assert found.seq > 0

    play(scene)


def test_a_nullable_column_may_be_left_out(play):
    async def scene(store):
        found = await stored(store, customer("cus_1"))
        assert found.columns == {
            "created": 1,
            "email_token": None,
            "deleted_at": None,
            "email_folded_token": None,
        }

    play(scene)


def test_a_row_is_found_only_under_its_own_account_and_mode(play):
    async def scene(store):
        await stored(store, customer("cus_1"))
        assert await store.get("customers", "acct_2", False, "cus_1") is None
        assert await store.get("customers", ACCOUNT, True, "cus_1") is None
        assert await store.get_many("customers", "acct_2", False, ["cus_1"]) == {}
        assert (await store.page("customers", "acct_2", False, limit=5)).rows == []

    play(scene)


def test_two_accounts_may_use_one_id(play):
    async def scene(store):
        await stored(store, customer("cus_1", b"ours"))
        await stored(store, customer("cus_1", b"theirs", account="acct_2"))
        found = await store.get("customers", "acct_2", False, "cus_1")
        assert found.doc == b"theirs"

    play(scene)


def test_many_rows_are_read_at_once_and_absent_ones_left_out(play):
    async def scene(store):
        await store.commit(WriteSet(inserts=[customer(f"cus_{n}") for n in range(4)]))
        found = await store.get_many("customers", ACCOUNT, False, ["cus_2", "cus_9", "cus_0", "cus_2"])
        assert {row_id: row.id for row_id, row in found.items()} == {"cus_2": "cus_2", "cus_0": "cus_0"}
        assert await store.get_many("customers", ACCOUNT, False, []) == {}

    play(scene)


def test_reads_that_wait_together_are_each_answered(play):
    async def scene(store):
        await store.commit(WriteSet(inserts=[customer(f"cus_{n}", b"%d" % n) for n in range(50)]))
        asked = [*range(60), 7]
        found = await asyncio.gather(*[store.get("customers", ACCOUNT, False, f"cus_{n}") for n in asked])
        assert [row and row.doc for row in found] == [b"%d" % n if n < 50 else None for n in asked]

    play(scene)


@pytest.mark.parametrize("row_id", ["", "nul\0", "\ud800", "x" * 100_000, "' OR 1=1 --"])
def test_an_id_nobody_could_have_is_simply_not_found(play, row_id):
    async def scene(store):
        assert await store.get("customers", ACCOUNT, False, row_id) is None
        assert await store.get_many("customers", ACCOUNT, False, [row_id]) == {}
        for op, value in (("eq", row_id), ("in", [row_id]), ("prefix", row_id + "x")):
            page = await store.page("customers", ACCOUNT, False, filters=[Filter("id", op, value)], limit=1)
            assert page == ([], False)

    play(scene)


def test_a_number_too_large_for_a_column_matches_nothing(play):
    async def scene(store):
        await stored(store, customer("cus_1"))
        page = await store.page(
            "customers", ACCOUNT, False, filters=[Filter("created", "eq", 10**30)], limit=1
        )
        assert page == ([], False)

    play(scene)


def test_find_looks_across_accounts_by_a_unique_column(play):
    async def scene(store):
        await stored(store, api_key("key_1", b"mac one"))
        found = await store.find("api_keys", "mac", b"mac one")
        assert found.id == "key_1"
        assert await store.find("api_keys", "mac", b"mac two") is None
        with pytest.raises(ValueError, match=r"api_keys\.kind is not unique"):
            await store.find("api_keys", "kind", "secret")

    play(scene)


def test_a_scan_walks_all_accounts_oldest_first(play):
    async def scene(store):
        for n in range(5):
            await stored(store, customer(f"cus_{n}", account=f"acct_{n}"))
        first = await store.scan("customers", 0, 3)
        rest = await store.scan("customers", first[-1].seq, 3)
        assert [row.id for row in first + rest] == [f"cus_{n}" for n in range(5)]

    play(scene)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"after": 1, "before": 2}, "not both"),
        ({"filters": [Filter("doc; DROP TABLE customers", "eq", 1)]}, "no column"),
        ({"filters": [Filter("doc", "eq", b"")]}, "no column"),
        ({"filters": [Filter("created", "!=", 1)]}, "no operator"),
    ],
)
def test_a_page_request_that_makes_no_sense_is_refused(play, arguments, said):
    async def scene(store):
        with pytest.raises(ValueError, match=said):
            await store.page("customers", ACCOUNT, False, limit=1, **arguments)

    play(scene)


def test_an_unknown_table_is_refused_everywhere(play):
    async def scene(store):
        for question in (
            store.get("nothing", ACCOUNT, False, "x"),
            store.get_many("nothing", ACCOUNT, False, ["x"]),
            store.find("nothing", "mac", b""),
            store.page("nothing", ACCOUNT, False, limit=1),
            store.scan("nothing", 0, 1),
        ):
            with pytest.raises(ValueError, match="no table 'nothing'"):
                await question

    play(scene)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_change_replaces_the_row_and_raises_its_version(play):
    async def scene(store):
        before = await stored(store, customer("cus_1", deleted_at=None))
        columns = {
            "created": 1,
            "email_token": b"token",
            "deleted_at": 9,
            "email_folded_token": b"folded",
        }
        new = Row("customers", ACCOUNT, False, "cus_1", 1, before.seq, columns, b"new")
        await store.commit(WriteSet(changes=[new]))
        after = await read(store, before)
        assert (after.doc, after.version, after.seq, after.columns) == (b"new", 2, before.seq, columns)

    play(scene)


def test_a_delete_removes_the_row_and_its_id_is_free_again(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        await store.commit(WriteSet(deletes=[row]))
        assert await store.get("customers", ACCOUNT, False, "cus_1") is None
        await stored(store, customer("cus_1"))

    play(scene)


def test_one_write_set_writes_many_tables(play):
    async def scene(store):
        one, two, three = [await stored(store, customer(f"cus_{n}")) for n in range(3)]
        await store.commit(
            WriteSet(
                inserts=[event("evt_1"), customer("cus_9")],
                changes=[changed(one, b"new")],
                deletes=[two],
                guards=[three],
            )
        )
        found = await store.get_many("customers", ACCOUNT, False, ["cus_0", "cus_1", "cus_2", "cus_9"])
        assert {row_id: (row.version, row.doc) for row_id, row in found.items()} == {
            "cus_0": (2, b"new"),
            "cus_2": (1, b"doc"),
            "cus_9": (1, b"doc"),
        }

    play(scene)


FAILING = {
    "insert of a taken id": lambda row: WriteSet(inserts=[event("evt_1"), customer("cus_1")]),
    "change of a moved version": lambda row: WriteSet(
        inserts=[event("evt_1")], changes=[changed(row, b"x", 7)]
    ),
    "change of a row that is gone": lambda row: WriteSet(
        inserts=[event("evt_1")],
        changes=[Row("customers", ACCOUNT, False, "cus_1x", 1, 1, row.columns, b"x")],
    ),
    "delete of a moved version": lambda row: WriteSet(
        inserts=[event("evt_1")], deletes=[changed(row, b"x", 7)]
    ),
    "guard of a moved version": lambda row: WriteSet(
        inserts=[event("evt_1")], guards=[changed(row, b"x", 7)]
    ),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("company", [0, 2])
def test_a_rejected_write_set_names_the_row_and_leaves_nothing(play, name, company):
    """`company`: how many good write sets share its batch; they are accepted."""

    async def scene(store):
        row = await stored(store, customer("cus_1"))
        good = [WriteSet(inserts=[event(f"evt_good_{n}")]) for n in range(company)]
        results = await outcomes(store, *good, FAILING[name](row))
        assert kinds(results) == [ACCEPTED] * company + [Rejected]
        assert results[-1].table == "customers"
        assert results[-1].id in {"cus_1", "cus_1x"}
        assert await store.get("events", ACCOUNT, False, "evt_1") is None
        assert await read(store, row) == row
        assert len(await store.scan("events", 0, 10)) == company

    play(scene)


@pytest.mark.parametrize("together", [False, True])
def test_a_unique_value_belongs_to_the_first(play, together):
    async def scene(store):
        first, second = WriteSet(inserts=[api_key("key_1", b"m")]), WriteSet(inserts=[api_key("key_2", b"m")])
        if together:
            results = await outcomes(store, first, second)
        else:
            results = [*await outcomes(store, first), *await outcomes(store, second)]
        assert kinds(results) == [ACCEPTED, Rejected]
        assert (results[1].table, results[1].id) == ("api_keys", "key_2")
        assert await store.get("api_keys", ACCOUNT, False, "key_2") is None

    play(scene)


def test_a_changed_row_may_keep_its_unique_value_but_not_take_another(play):
    async def scene(store):
        one, _ = await stored(store, api_key("key_1", b"1")), await stored(store, api_key("key_2", b"2"))
        await store.commit(WriteSet(changes=[changed(one, b"new")]))
        thief = await read(store, one)
        thief.columns["mac"] = b"2"
        with pytest.raises(Rejected, match="api_keys/key_1"):
            await store.commit(WriteSet(changes=[thief]))

    play(scene)


def test_of_two_in_one_batch_the_first_wins_and_the_loser_already_sees_it(play):
    """Otherwise the loser would run again from stale reads and lose again."""

    async def scene(store):
        async def second() -> bytes:
            with pytest.raises(Rejected):
                await store.commit(WriteSet(inserts=[customer("cus_1", b"second")]))
            return (await read(store, customer("cus_1"))).doc

        _, seen = await asyncio.gather(
            store.commit(WriteSet(inserts=[customer("cus_1", b"first")])), second()
        )
        assert seen == b"first"

    play(scene)


def test_guards_share_a_row_and_a_change_behind_them_still_succeeds(play):
    """Many may rely on one customer at once without starving the one who changes it."""

    async def scene(store):
        row = await stored(store, customer("cus_1"))
        guards = [WriteSet(inserts=[event(f"evt_{n}")], guards=[row]) for n in range(3)]
        results = await outcomes(store, *guards, WriteSet(changes=[changed(row, b"new")]))
        assert kinds(results) == [ACCEPTED] * 4
        assert (await read(store, row)).doc == b"new"

    play(scene)


def test_a_guard_behind_a_change_of_its_batch_is_rejected(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        late = WriteSet(inserts=[event("evt_1")], guards=[row])
        assert kinds(await outcomes(store, WriteSet(changes=[changed(row, b"new")]), late)) == [
            ACCEPTED,
            Rejected,
        ]
        assert await store.get("events", ACCOUNT, False, "evt_1") is None

    play(scene)


def test_a_row_may_be_guarded_and_changed_by_the_same_write_set(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        await store.commit(WriteSet(changes=[changed(row, b"new")], guards=[row]))
        assert (await read(store, row)).version == 2

    play(scene)


def test_64_tasks_racing_to_change_one_row_have_one_winner_a_round(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        for _ in range(3):
            results = await outcomes(store, *[WriteSet(changes=[changed(row, b"%d" % n)]) for n in range(64)])
            assert sorted(kinds(results).count(kind) for kind in (ACCEPTED, Rejected)) == [1, 63]
            after = await read(store, row)
            assert (after.version, after.doc) == (row.version + 1, b"%d" % results.index(None))
            row = after

    play(scene)


def test_64_tasks_that_run_again_when_rejected_all_get_through(play):
    async def scene(store):
        row = await stored(store, customer("cus_1", b"0"))

        async def add_one() -> None:
            while True:
                seen = await read(store, row)
                try:
                    return await store.commit(WriteSet(changes=[changed(seen, b"%d" % (int(seen.doc) + 1))]))
                except Rejected:
                    continue

        await asyncio.gather(*[add_one() for _ in range(64)])
        assert (await read(store, row)).doc == b"64"

    play(scene)


def malformed(row: Row) -> dict[str, WriteSet]:
    return {
        "no column shoe_size": WriteSet(inserts=[customer("cus_2", shoe_size=1)]),
        "needs a value for created": WriteSet(
            inserts=[Row("customers", ACCOUNT, False, "cus_2", 0, 0, {}, b"")]
        ),
        "written twice": WriteSet(changes=[row], deletes=[row]),
        "stored already": WriteSet(inserts=[row]),
        "cus_2 v0.* cannot be changed": WriteSet(changes=[customer("cus_2")]),
        "not stored yet": WriteSet(guards=[customer("cus_2")]),
        "no table": WriteSet(inserts=[Row("nothing", ACCOUNT, False, "x", 0, 0, {}, b"")]),
    }


@pytest.mark.parametrize("said", malformed(customer("cus_1")))
def test_a_malformed_write_set_is_refused_before_it_meets_others(play, said):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        with pytest.raises(ValueError, match=said):
            await store.commit(malformed(row)[said])
        assert [found.id for found in await store.scan("customers", 0, 9)] == ["cus_1"]

    play(scene)


def test_what_the_database_cannot_take_fails_alone(play):
    async def scene(store):
        bad = WriteSet(inserts=[event("evt_bad"), customer("cus_bad", doc="not bytes")])
        results = await outcomes(
            store, WriteSet(inserts=[event("evt_1")]), bad, WriteSet(inserts=[event("evt_2")])
        )
        assert kinds([results[0], results[2]]) == [ACCEPTED, ACCEPTED]
        assert isinstance(results[1], Exception)
        assert not isinstance(results[1], Rejected | Unavailable)
        assert [row.id for row in await store.scan("events", 0, 9)] == ["evt_1", "evt_2"]

    play(scene)


def test_an_empty_write_set_is_done_at_once(play):
    async def scene(store):
        await store.commit(WriteSet())

    play(scene)


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_past_the_limit_a_write_set_is_refused_at_once_and_the_others_proceed(play, monkeypatch):
    async def scene(store):
        monkeypatch.setattr(store, "_committer", Committer(store, waiting_max=3))
        sets = [WriteSet(inserts=[event(f"evt_{n}")]) for n in range(5)]
        assert kinds(await outcomes(store, *sets)) == [ACCEPTED] * 3 + [Overloaded] * 2
        assert [row.id for row in await store.scan("events", 0, 9)] == ["evt_0", "evt_1", "evt_2"]
        await store.commit(sets[4])

    play(scene)


def test_a_cancelled_waiter_leaves_its_write_set_whole(play):
    async def scene(store):
        task = asyncio.create_task(store.commit(WriteSet(inserts=[event("evt_1"), customer("cus_1")])))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.commit(WriteSet(inserts=[event("evt_2")]))
        assert [row.id for row in await store.scan("events", 0, 9)] == ["evt_1", "evt_2"]
        assert [row.id for row in await store.scan("customers", 0, 9)] == ["cus_1"]

    play(scene)


def test_a_cancelled_reader_does_not_take_others_with_it(play):
    async def scene(store):
        row = await stored(store, customer("cus_1"))
        first, second = [
            asyncio.create_task(store.get("customers", ACCOUNT, False, "cus_1")) for _ in range(2)
        ]
        await asyncio.sleep(0)
        first.cancel()
        assert await second == row

    play(scene)


def test_close_finishes_what_is_waiting_and_refuses_what_comes_later(play, address):
    async def scene(again) -> None:
        store = await open_store(address, exclusive=False)
        tasks = [asyncio.create_task(store.commit(WriteSet(inserts=[event(f"evt_{n}")]))) for n in range(9)]
        await asyncio.sleep(0)
        await store.close()
        assert await asyncio.gather(*tasks) == [None] * 9
        with pytest.raises(Unavailable):
            await store.commit(WriteSet(inserts=[event("evt_late")]))
        assert [row.id for row in await again.scan("events", 0, 99)] == [f"evt_{n}" for n in range(9)]

    play(scene)


def test_a_committer_torn_down_with_its_loop_leaves_nobody_waiting(play):
    async def scene(store):
        tasks = [asyncio.create_task(store.commit(WriteSet(inserts=[event(f"evt_{n}")]))) for n in range(9)]
        await asyncio.sleep(0)
        store._committer._worker.cancel()
        assert kinds(await asyncio.gather(*tasks, return_exceptions=True)) == [Unavailable] * 9

    play(scene)


def test_a_sound_database_has_no_faults(play):
    async def scene(store):
        await stored(store, customer("cus_1"))
        assert await store.check() == []

    play(scene)
