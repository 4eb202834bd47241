"""For any input: pages against a list, and write sets against some serial order of themselves."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.store import Filter, Rejected, Row, WriteSet, open_store, sqlite
from strongroom.store.committer import Outcome
from strongroom.store.sqlite import SqliteStore, open_sqlite

accounts = map("acct_{}".format, itertools.count())


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def opened(request, tmp_path_factory):
    """An open store and the loop it lives in. Every example has an account of its own in it."""
    if request.param == "sqlite":
        address = str(tmp_path_factory.mktemp("store") / "store.db")
    else:
        address = request.getfixturevalue("postgres").fresh_database()
    with asyncio.Runner() as runner:
        store = runner.run(open_store(address))
        yield runner, store
        runner.run(store.close())


# -- pages ------------------------------------------------------------------------------------------------------------

CUSTOMERS = [None, "cus_a", "cus_b"]
TYPES = ["card", "card_present", "Card", "sepa_debit", "ümlaut"]

filters = st.one_of(
    st.builds(
        Filter, st.just("created"), st.sampled_from(["eq", "gt", "gte", "lt", "lte"]), st.integers(0, 4)
    ),
    st.builds(Filter, st.just("customer"), st.just("eq"), st.sampled_from(["cus_a", "cus_b", "cus_c"])),
    st.builds(Filter, st.just("customer"), st.just("is_null"), st.booleans()),
    st.builds(
        Filter, st.just("type"), st.just("in"), st.lists(st.sampled_from([*TYPES, "other\0"]), max_size=3)
    ),
    st.builds(Filter, st.just("type"), st.just("prefix"), st.sampled_from(["", "card", "card_", "%", "ü"])),
    st.builds(Filter, st.just("type"), st.sampled_from(["gt", "lte"]), st.sampled_from(TYPES)),
)
listed = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(CUSTOMERS), st.sampled_from(TYPES), st.booleans()),
    max_size=12,
)


def satisfies(item: Filter, row: Row) -> bool:
    value, wanted = row.columns[item.column], item.value
    if item.op == "is_null":
        return (value is None) == wanted
    if value is None:
        return False
    if isinstance(value, str) and item.op in {"gt", "lte"}:
        value, wanted = value.encode(), wanted.encode()
    return {
        "eq": lambda: value == wanted,
        "in": lambda: value in wanted,
        "prefix": lambda: value.startswith(wanted),
        "gt": lambda: value > wanted,
        "gte": lambda: value >= wanted,
        "lt": lambda: value < wanted,
        "lte": lambda: value <= wanted,
    }[item.op]()


@settings(max_examples=60, deadline=None)
@given(
    listed,
    st.lists(filters, max_size=2),
    st.integers(1, 6),
    st.sampled_from(["none", "after", "before"]),
    st.integers(0, 12),
)
def test_a_page_is_the_same_stretch_of_a_list(opened, contents, conditions, limit, direction, cursor_place):
    runner, store = opened
    account = next(accounts)

    async def example() -> None:
        await store.commit(
            WriteSet(inserts=[payment_method(account, n, *fields) for n, fields in enumerate(contents)])
        )
        everything = await store.scan("payment_methods", 0, 100_000)
        ours = [row for row in everything if row.account == account and not row.livemode]
        newest_first = sorted(ours, key=lambda row: -row.seq)
        cursor = newest_first[cursor_place].seq if cursor_place < len(newest_first) else 10**12
        matching = [row for row in newest_first if all(satisfies(item, row) for item in conditions)]
        older = [row for row in matching if row.seq < cursor]
        newer = [row for row in matching if row.seq > cursor]
        expected, has_more, arguments = {
            "none": (matching[:limit], len(matching) > limit, {}),
            "after": (older[:limit], len(older) > limit, {"after": cursor}),
            "before": (newer[-limit:], len(newer) > limit, {"before": cursor}),
        }[direction]
        page = await store.page(
            "payment_methods", account, False, filters=conditions, limit=limit, **arguments
        )
        assert page == (expected, has_more)
        counted = await store.count("payment_methods", account, False, filters=conditions, limit=limit)
        assert counted == min(len(matching), limit)
        totals = await store.totals(
            "payment_methods",
            account,
            False,
            column="created",
            by="type",
            apart="customer",
            filters=conditions,
        )
        assert sorted(totals) == added_up(matching)

    runner.run(example())


def added_up(rows: Sequence[Row]) -> list[tuple[str, bool, int, int]]:
    """What `created` adds up to by type, apart for those with and without a customer."""
    sums: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        sums[row.columns["type"], row.columns["customer"] is not None] += row.columns["created"]
    return sorted((*key, total, 0) for key, total in sums.items())


def payment_method(
    account: str, n: int, created: int, customer: str | None, kind: str, livemode: bool
) -> Row:
    columns = {
        "created": created,
        "object": "payment_method",
        "type": kind,
        "customer": customer,
        "state": "ok",
    }
    return Row("payment_methods", account, livemode, f"pm_{n}", 0, 0, columns, b"%d" % n)


# -- write sets -------------------------------------------------------------------------------------------------------

KEYS = ["a", "b", "c"]
# For each key: what is done to it, and to which version: the current one, or one that is off by so much.
actions = st.dictionaries(
    st.sampled_from(KEYS),
    st.tuples(st.sampled_from(["insert", "change", "delete", "guard"]), st.sampled_from([0, 0, 0, 1])),
    min_size=1,
)
rounds = st.lists(st.lists(actions, min_size=1, max_size=4), min_size=1, max_size=5)

# What a database holds: each key's version and document.
State = dict[str, tuple[int, bytes]]


def write_set(account: str, wanted: dict[str, tuple[str, int]], state: State, mark: bytes) -> WriteSet:
    writes = WriteSet()
    lists = {
        "insert": writes.inserts,
        "change": writes.changes,
        "delete": writes.deletes,
        "guard": writes.guards,
    }
    for key, (action, off) in wanted.items():
        version = 0 if action == "insert" else state.get(key, (1, b""))[0] + off
        lists[action].append(Row("customers", account, False, key, version, 0, {"created": 1}, mark))
    return writes


def after(state: State, writes: WriteSet) -> State | None:
    """The model: what a write set, alone, makes of a state; None if it must be rejected."""
    result = dict(state)
    for row in writes.inserts:
        if row.id in state:
            return None
        result[row.id] = (1, row.doc)
    for row in (*writes.changes, *writes.deletes, *writes.guards):
        if state.get(row.id, (0, b""))[0] != row.version:
            return None
    for row in writes.changes:
        result[row.id] = (row.version + 1, row.doc)
    for row in writes.deletes:
        del result[row.id]
    return result


def in_some_order(state: State, accepted: Sequence[WriteSet]) -> list[State]:
    """Every state that the accepted write sets can lead to, one after the other in any order."""
    ends: list[State] = []
    for order in itertools.permutations(accepted):
        reached: State | None = state
        for writes in order:
            reached = None if reached is None else after(reached, writes)
        if reached is not None:
            ends.append(reached)
    return ends


async def read_state(store: Any, account: str) -> State:
    found = await store.get_many("customers", account, False, KEYS)
    return {key: (row.version, row.doc) for key, row in found.items()}


async def play(store: Any, account: str, history: list[list[dict[str, tuple[str, int]]]]) -> None:
    """Run rounds of write sets, those of a round at once, and hold every outcome to the model."""
    state: State = {}
    for number, wanted in enumerate(history):
        sets = [
            write_set(account, one, state, b"%d.%d" % (number, place)) for place, one in enumerate(wanted)
        ]
        outcomes = await asyncio.gather(*map(store.commit, sets), return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, Rejected) for outcome in outcomes)
        accepted = [writes for writes, outcome in zip(sets, outcomes, strict=True) if outcome is None]
        found = await read_state(store, account)
        assert found in in_some_order(state, accepted), "no serial order explains what is stored"
        if any(after(state, writes) is not None for writes in sets):
            assert accepted, "all were rejected though one could have won"
        if len(sets) == 1:
            assert bool(accepted) == (after(state, sets[0]) is not None)
        state = found


@settings(max_examples=60, deadline=None)
@given(rounds)
def test_accepted_write_sets_have_a_serial_order_and_rejected_ones_leave_nothing(opened, history):
    runner, store = opened
    runner.run(play(store, next(accounts), history))


# -- controls: the model catches stores that lie ----------------------------------------------------------------------

LOST_UPDATE = [[{"a": ("insert", 0)}], [{"a": ("change", 0)}], [{"a": ("change", 1)}]]
HALF_REJECTED = [[{"b": ("insert", 0)}], [{"a": ("insert", 0), "b": ("change", 1)}]]
STALE_GUARD = [[{"a": ("insert", 0)}], [{"a": ("guard", 1), "b": ("insert", 0)}]]


class LeavesHalves(SqliteStore):
    """A store that forgets to undo what a rejected write set had written."""

    async def apply(self, batch: Sequence[WriteSet]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self._write("BEGIN IMMEDIATE")
        for writes in batch:
            inserts_first = WriteSet(inserts=writes.inserts)
            rest = WriteSet(changes=writes.changes, deletes=writes.deletes, guards=writes.guards)
            outcomes.append(self._try(inserts_first) or self._try(rest))
        self._write("COMMIT")
        return outcomes


def without(field: str, planted: str) -> dict[str, Any]:
    statements = sqlite.STATEMENTS["customers"]
    sound = getattr(statements, field)
    changed = sound.replace(planted, " AND ? IS NOT NULL")
    assert changed != sound
    return sqlite.STATEMENTS | {"customers": statements._replace(**{field: changed})}


@pytest.mark.parametrize(
    ("fault", "history"),
    [
        ("no version guard on changes", LOST_UPDATE),
        ("no version check on guards", STALE_GUARD),
        ("rejected write sets leave halves", HALF_REJECTED),
    ],
)
def test_the_model_catches_a_planted_fault(tmp_path, monkeypatch, fault, history):
    async def scene() -> None:
        store = await open_sqlite(tmp_path / "store.db")
        await play(store, "acct_sound", history)
        if fault == "rejected write sets leave halves":
            store.__class__ = LeavesHalves
        else:
            field = "change" if "changes" in fault else "guard"
            monkeypatch.setattr(sqlite, "STATEMENTS", without(field, " AND version = ?"))
        with pytest.raises(AssertionError, match=r"no serial order|bool|assert"):
            await play(store, "acct_fault", history)
        await store.close()

    asyncio.run(scene())
