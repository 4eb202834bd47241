"""What both engines promise to whoever reads, said once and run on each."""

import asyncio

import pytest

from strongroom.store import Filter, Row, WriteSet
from strongroom.store.tables import TABLES
from support.stores import ACCOUNT, api_key, customer, read, stored

SAMPLES = {"text": "some text", "integer": 2**40, "blob": b"\x00\xff", "boolean": True}


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
            "test_clock": None,
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
        beyond = [Filter("created", "eq", 10**30)]
        assert await store.count("customers", ACCOUNT, False, filters=beyond, limit=1) == 0

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


def delivery(row_id, endpoint, account=ACCOUNT):
    columns = {
        "created": 1,
        "event": "evt_1",
        "endpoint": endpoint,
        "endpoint_account": ACCOUNT,
        "attempts": 0,
    }
    return Row("webhook_deliveries", account, False, row_id, 0, 0, columns, b"doc")


def test_rows_that_share_a_value_are_gathered_from_all_accounts_newest_first(play):
    async def scene(store):
        for number in range(4):
            await stored(store, delivery(f"whd_{number}", "we_1", account=f"acct_{number % 2}"))
        await stored(store, delivery("whd_other", "we_2"))

        async def gathered(value, **more):
            found = await store.gather("webhook_deliveries", "endpoint", value, **{"limit": 9, **more})
            return [row.id for row in found]

        newest = await store.gather("webhook_deliveries", "endpoint", "we_1", limit=2)
        assert [row.id for row in newest] == ["whd_3", "whd_2"]
        assert await gathered("we_1", after=newest[-1].seq) == ["whd_1", "whd_0"]
        assert await gathered("we_1", after=0) == []
        assert await gathered("we_3") == []
        assert await gathered("we_\0") == []
        with pytest.raises(ValueError, match="nothing gathers"):
            await store.gather("webhook_deliveries", "event", "evt_1", limit=1)

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


def test_counting_looks_at_one_account_and_mode_and_stops_at_its_limit(play):
    async def scene(store):
        in_live_mode = Row("customers", ACCOUNT, True, "cus_2", 0, 0, {"created": 1}, b"")
        others = [customer("cus_1", account="acct_2"), in_live_mode]
        await store.commit(WriteSet(inserts=[customer(f"cus_{n}") for n in range(3, 8)] + others))
        counted = [await store.count("customers", ACCOUNT, False, limit=limit) for limit in (1, 4, 9)]
        assert counted == [1, 4, 5]
        with pytest.raises(ValueError, match="no column"):
            await store.count("customers", ACCOUNT, False, filters=[Filter("doc", "eq", b"")], limit=1)

    play(scene)


def test_an_unknown_table_is_refused_everywhere(play):
    async def scene(store):
        for question in (
            store.get("nothing", ACCOUNT, False, "x"),
            store.get_many("nothing", ACCOUNT, False, ["x"]),
            store.find("nothing", "mac", b""),
            store.page("nothing", ACCOUNT, False, limit=1),
            store.count("nothing", ACCOUNT, False, limit=1),
            store.totals("nothing", ACCOUNT, False, column="created", by="id", apart="id"),
            store.scan("nothing", 0, 1),
        ):
            with pytest.raises(ValueError, match="no table 'nothing'"):
                await question

    play(scene)


def test_a_sound_database_has_no_faults(play):
    async def scene(store):
        await stored(store, customer("cus_1"))
        assert await store.check() == []

    play(scene)


def test_totals_tell_how_many_rows_lack_the_column_and_ask_only_for_columns_there_are(play):
    async def scene(store):
        def task(number, kind, due_at):
            columns = {"created": number, "kind": kind, "due_at": due_at}
            return Row("tasks", ACCOUNT, False, f"task_{number}", 0, 0, columns, b"")

        rows = [task(1, "a", 10), task(2, "a", None), task(3, "a", 30), task(4, "b", None)]
        await store.commit(WriteSet(inserts=rows))

        async def totals(**columns):
            return sorted(await store.totals("tasks", ACCOUNT, False, **columns))

        assert await totals(column="due_at", by="kind", apart="due_at") == [
            ("a", False, 0, 1),
            ("a", True, 40, 0),
            ("b", False, 0, 1),
        ]
        assert await totals(column="due_at", by="kind", apart="created") == [
            ("a", True, 40, 1),
            ("b", True, 0, 1),
        ]
        assert await totals(
            column="created", by="kind", apart="due_at", filters=[Filter("due_at", "lt", 30)]
        ) == [("a", True, 1, 0)]
        assert (
            await totals(column="created", by="kind", apart="kind", filters=[Filter("kind", "eq", "\0")])
            == []
        )
        for wrong in ({"column": "doc"}, {"by": "seq"}, {"apart": "nothing"}):
            with pytest.raises(ValueError, match="has no column"):
                await totals(**{"column": "created", "by": "kind", "apart": "due_at", **wrong})

    play(scene)
