"""What both engines promise to whoever writes, said once and run on each."""

import asyncio

import pytest

from strongroom.errors import Unavailable
from strongroom.store import Rejected, Row, WriteSet
from support.stores import ACCEPTED, ACCOUNT, api_key, changed, customer, event, kinds, outcomes, read, stored


def test_a_change_replaces_the_row_and_raises_its_version(play):
    async def scene(store):
        before = await stored(store, customer("cus_1", deleted_at=None))
        columns = {
            "created": 1,
            "email_token": b"token",
            "deleted_at": 9,
            "email_folded_token": b"folded",
            "test_clock": "clock_1",
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
