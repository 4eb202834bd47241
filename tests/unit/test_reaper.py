"""The reaper erases what is due and nothing younger, holds nobody up, and lets no race stop it."""

import asyncio
import dataclasses

import msgspec
import pytest

from strongroom import limits
from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.store import Row, WriteSet
from strongroom.workers.reaper import BATCH, EVERY_SECONDS, Reaper

NOW = 1_800_000_000
DAY = 24 * 3600
MONTH = 30 * DAY
ACCOUNT = "acct_reaped"


@pytest.fixture
def play(tmp_path):
    """Run a scene, a coroutine function taking an open house at `NOW`; its database is empty."""

    def run(scene):
        async def opened():
            house = await open_house(Settings(tmp_path / "data", sandbox=True), ManualClock(NOW))
            try:
                await scene(house)
            finally:
                await house.close()

        asyncio.run(opened())

    return run


# -- rows ---------------------------------------------------------------------------------------------------------------


def planted(table, row_id, **columns):
    return Row(table, ACCOUNT, False, row_id, 0, 0, columns, b"sealed")


def idempotency_row(row_id, created):
    return planted("idempotency_keys", row_id, created=created, request_mac=b"", status=200)


def event(row_id, created):
    return planted("events", row_id, created=created, type="t", object_id="o")


def record(row_id, created=NOW):
    return planted("records", row_id, created=created, kind="card", wrapped_key=b"")


def token(row_id, created, *, used=False, holds=None):
    used_at = created if used else None
    return planted(
        "tokens",
        row_id,
        created=created,
        kind="card",
        used_at=used_at,
        expires_at=created + DAY,
        record=holds,
    )


def method(row_id, *, holds, detached_at=None, state="detached"):
    return planted(
        "payment_methods",
        row_id,
        created=NOW - 2 * MONTH,
        object="payment_method",
        type="card",
        state=state,
        record=holds,
        detached_at=detached_at,
    )


async def plant(house, *rows):
    await house.store.commit(WriteSet(inserts=list(rows)))


async def ids_in(house, table):
    return [row.id for row in await house.store.scan(table, 0, 10_000)]


async def stored(house, table, row_id):
    return await house.store.get(table, ACCOUNT, False, row_id)


# -- stores that see, or meddle -----------------------------------------------------------------------------------------


class Watched:
    """The store, and how many rows each look at it returned."""

    def __init__(self, store):
        self._store = store
        self.scanned = []

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def scan(self, *args):
        rows = await self._store.scan(*args)
        self.scanned.append(len(rows))
        return rows


class Meddled:
    """The store, with somebody else who changes a row just before the first commit."""

    def __init__(self, store, row, **columns):
        self._store = store
        self._change = msgspec.structs.replace(row, columns={**row.columns, **columns})

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def commit(self, writes):
        change, self._change = self._change, None
        if change is not None:
            await self._store.commit(WriteSet(changes=[change]))
        await self._store.commit(writes)


# -- what is due --------------------------------------------------------------------------------------------------------


def test_how_long_things_live():
    """These are promises to operators; changing one is a decision."""
    assert limits.IDEMPOTENCY_SECONDS == limits.TOKEN_SECONDS == DAY
    assert limits.EVENT_SECONDS == limits.USED_TOKEN_SECONDS == limits.DETACHED_SECONDS == MONTH
    assert limits.CONFIRMATION_TOKEN_SECONDS == DAY // 2
    assert EVERY_SECONDS == 60


@pytest.mark.parametrize(
    ("make", "lifetime"),
    [
        (idempotency_row, DAY),
        (event, MONTH),
        (token, DAY),
        (lambda row_id, created: token(row_id, created, used=True), MONTH),
    ],
    ids=["idempotency rows", "events", "unused tokens", "used tokens"],
)
def test_a_row_goes_in_the_second_in_which_its_time_is_over_and_not_before(play, make, lifetime):
    async def scene(house):
        await plant(
            house, *[make(f"at_{offset}", NOW - lifetime + offset) for offset in (-DAY, -1, 0, 1, DAY - 1)]
        )
        table = make("any", 0).table
        reaper = Reaper(house)
        assert await reaper.reap() == 3
        assert await ids_in(house, table) == ["at_1", f"at_{DAY - 1}"]
        assert await reaper.reap() == 0
        house.clock.advance(1)
        assert await reaper.reap() == 1
        assert await ids_in(house, table) == [f"at_{DAY - 1}"]

    play(scene)


def test_an_unused_token_takes_its_value_along_and_a_used_one_leaves_it(play):
    async def scene(house):
        await plant(house, *map(record, ("rec_unused", "rec_used", "rec_ancient", "rec_young")))
        await plant(
            house,
            token("tok_ancient", NOW - MONTH, used=True, holds="rec_ancient"),
            token("tok_used", NOW - DAY, used=True, holds="rec_used"),
            token("tok_unused", NOW - DAY, holds="rec_unused"),
            token("tok_without_value", NOW - DAY),
            token("tok_value_gone", NOW - DAY, holds="rec_erased_before"),
            token("tok_young", NOW - DAY + 1, holds="rec_young"),
        )
        assert await Reaper(house).reap() == 4
        assert await ids_in(house, "tokens") == ["tok_used", "tok_young"]
        assert await ids_in(house, "records") == ["rec_used", "rec_ancient", "rec_young"]

    play(scene)


def test_a_detached_card_loses_its_number_after_a_month_and_stays_as_it_was_otherwise(play):
    async def scene(house):
        kept = ("rec_young", "rec_attached", "rec_fresh")
        await plant(house, *map(record, ("rec_due", *kept)))
        await plant(
            house,
            method("pm_young", holds="rec_young", detached_at=NOW - MONTH + 1),
            method("pm_due", holds="rec_due", detached_at=NOW - MONTH),
            method("pm_orphan_detached", holds=None, detached_at=NOW - MONTH),
            method("pm_attached", holds="rec_attached", state="attached"),
            method("pm_fresh", holds="rec_fresh", state="fresh"),
        )
        before = await stored(house, "payment_methods", "pm_due")
        reaper = Reaper(house)
        assert await reaper.reap() == 2
        assert await ids_in(house, "records") == list(kept)
        after = await stored(house, "payment_methods", "pm_due")
        assert after.columns == {**before.columns, "record": None, "detached_at": None}
        assert after.doc == before.doc
        assert await reaper.reap() == 0
        house.clock.advance(1)
        assert await reaper.reap() == 1
        assert await ids_in(house, "records") == ["rec_attached", "rec_fresh"]

    play(scene)


def test_both_modes_and_all_accounts_are_reaped(play):
    async def scene(house):
        rows = [
            Row(row.table, account, livemode, row.id, 0, 0, row.columns, b"")
            for account in ("acct_1", "acct_2")
            for livemode in (False, True)
            for row in (
                record("rec_1"),
                token("tok_1", NOW - DAY, holds="rec_1"),
                record("rec_2"),
                method("pm_1", holds="rec_2", detached_at=NOW - MONTH),
            )
        ]
        await plant(house, *rows)
        assert await Reaper(house).reap() == 8
        assert await ids_in(house, "tokens") == await ids_in(house, "records") == []

    play(scene)


def test_a_key_used_anew_the_next_day_does_not_hold_up_those_after_it(play):
    """Its row is made young again where it stands, before older ones."""

    async def scene(house):
        await plant(house, idempotency_row("again", NOW - 3 * DAY), idempotency_row("old", NOW - 2 * DAY))
        again = await stored(house, "idempotency_keys", "again")
        renewed = msgspec.structs.replace(again, columns={**again.columns, "created": NOW})
        await house.store.commit(WriteSet(changes=[renewed]))
        assert await Reaper(house).reap() == 1
        assert await ids_in(house, "idempotency_keys") == ["again"]

    play(scene)


# -- many rows ----------------------------------------------------------------------------------------------------------

MANY = 10 * BATCH + 7


def test_more_than_a_batch_of_everything_goes_at_once(play):
    async def scene(house):
        numbers = range(2 * BATCH + 3)
        await plant(house, *[record(f"rec_{n}") for n in numbers], *[event(f"evt_{n}", 0) for n in numbers])
        await plant(house, *[token(f"tok_{n}", NOW - DAY, holds=f"rec_{n}") for n in numbers])
        await plant(house, *[record(f"rec_d{n}") for n in numbers])
        await plant(house, *[method(f"pm_{n}", holds=f"rec_d{n}", detached_at=n) for n in numbers])
        assert await Reaper(house).reap() == 3 * len(numbers)
        for table in ("events", "tokens", "records"):
            assert await ids_in(house, table) == []
        assert await house.store.scan_due("payment_methods", "detached_at", NOW, 1) == []

    play(scene)


def test_others_get_their_turn_between_two_batches(play):
    """Nothing is erased here, so that no waiting for the disk gives the loop away by itself."""

    async def scene(house):
        await plant(house, *[token(f"tok_{n}", NOW - DAY, used=True) for n in range(MANY)])
        watched = Watched(house.store)
        reaping = asyncio.create_task(Reaper(dataclasses.replace(house, store=watched)).reap())
        looks_per_turn, seen = [], 0
        while not reaping.done():
            await asyncio.sleep(0)
            looks_per_turn.append(len(watched.scanned) - seen)
            seen = len(watched.scanned)
        assert reaping.result() == 0
        assert sum(watched.scanned) >= MANY
        assert max(watched.scanned) <= BATCH
        # The tables before and after are looked at in the same turn as the first and the last batch.
        assert max(looks_per_turn) <= 4
        assert len(looks_per_turn) >= MANY // BATCH

    play(scene)


def test_what_stays_is_read_once_and_not_every_minute(play):
    async def scene(house):
        await plant(house, *[token(f"tok_{n}", NOW - DAY, used=True) for n in range(MANY)])
        watched = Watched(house.store)
        reaper = Reaper(dataclasses.replace(house, store=watched))
        await reaper.reap()
        watched.scanned.clear()
        await plant(house, token("tok_late", NOW - DAY), token("tok_young", NOW))
        assert await reaper.reap() == 1
        # Two look at the first young used token, one at what came since.
        assert sum(watched.scanned) <= BATCH + 2
        assert "tok_late" not in await ids_in(house, "tokens")

    play(scene)


def test_a_number_that_sqlite_gives_out_again_hides_nobody_from_the_reaper(play):
    """Once the last rows of a table are gone, new ones begin again below the place that was remembered."""

    async def scene(house):
        reaper = Reaper(house)
        await plant(house, *[token(f"tok_{n}", NOW - DAY, used=True) for n in range(5)])
        assert await reaper.reap() == 0
        house.clock.advance(MONTH)
        assert await reaper.reap() == 5
        await plant(house, token("tok_new", house.clock.now()))
        (new,) = await house.store.scan("tokens", 0, 9)
        assert new.seq == 1
        house.clock.advance(DAY)
        assert await reaper.reap() == 1
        assert await ids_in(house, "tokens") == []

    play(scene)


def test_a_number_given_out_again_to_another_row_is_not_taken_for_the_remembered_one(play):
    async def scene(house):
        reaper = Reaper(house)
        await plant(house, *[token(f"tok_{n}", NOW - DAY, used=True) for n in range(3)])
        assert await reaper.reap() == 0
        await house.store.commit(WriteSet(deletes=await house.store.scan("tokens", 0, 9)))
        await plant(house, *[token(f"tok_new_{n}", NOW - DAY) for n in range(3)])
        assert await reaper.reap() == 3
        assert await ids_in(house, "tokens") == []

    play(scene)


# -- races --------------------------------------------------------------------------------------------------------------


def test_a_token_spent_at_the_last_moment_keeps_its_value_and_the_others_go(play):
    async def scene(house):
        await plant(house, *[record(f"rec_{n}") for n in range(5)])
        await plant(house, *[token(f"tok_{n}", NOW - DAY, holds=f"rec_{n}") for n in range(5)])
        spent = await stored(house, "tokens", "tok_2")
        meddled = dataclasses.replace(house, store=Meddled(house.store, spent, used_at=NOW))
        assert await Reaper(meddled).reap() == 4
        assert await ids_in(house, "tokens") == ["tok_2"]
        assert await ids_in(house, "records") == ["rec_2"]

    play(scene)


def test_a_row_that_was_changed_meanwhile_is_tried_again_though_later_ones_stay(play):
    async def scene(house):
        await plant(
            house,
            token("tok_changed", NOW - DAY),
            *[token(f"tok_used_{n}", NOW - DAY, used=True) for n in range(2 * BATCH)],
            token("tok_after", NOW - DAY),
        )
        changed = await stored(house, "tokens", "tok_changed")
        reaper = Reaper(dataclasses.replace(house, store=Meddled(house.store, changed)))
        assert await reaper.reap() == 1
        assert await stored(house, "tokens", "tok_changed") is not None
        assert await stored(house, "tokens", "tok_after") is None
        assert await reaper.reap() == 1
        assert await stored(house, "tokens", "tok_changed") is None

    play(scene)


def test_a_detached_card_that_was_changed_meanwhile_is_read_again(play):
    async def scene(house):
        await plant(house, *[record(f"rec_{n}") for n in range(3)])
        await plant(house, *[method(f"pm_{n}", holds=f"rec_{n}", detached_at=n) for n in range(3)])
        changed = await stored(house, "payment_methods", "pm_1")
        meddled = dataclasses.replace(house, store=Meddled(house.store, changed, allow_redisplay="always"))
        assert await Reaper(meddled).reap() == 3
        assert await ids_in(house, "records") == []
        after = await stored(house, "payment_methods", "pm_1")
        assert (after.columns["allow_redisplay"], after.columns["record"]) == ("always", None)

    play(scene)


def test_a_change_that_comes_back_every_time_ends_the_pass_and_not_the_process(play):
    class Stubborn(Meddled):
        async def commit(self, writes):
            now = await self._store.get("payment_methods", ACCOUNT, False, "pm_1")
            await self._store.commit(WriteSet(changes=[now]))
            await self._store.commit(writes)

    async def scene(house):
        await plant(house, record("rec_1"), method("pm_1", holds="rec_1", detached_at=0))
        one = await stored(house, "payment_methods", "pm_1")
        stubborn = dataclasses.replace(house, store=Stubborn(house.store, one))
        assert await Reaper(stubborn).reap() == 0
        assert await Reaper(house).reap() == 1

    play(scene)


def test_two_reapers_at_once_erase_each_row_once(play):
    async def scene(house):
        await plant(house, *[event(f"evt_{n}", 0) for n in range(2 * BATCH)])
        went = await asyncio.gather(Reaper(house).reap(), Reaper(house).reap())
        assert sum(went) == 2 * BATCH
        assert await ids_in(house, "events") == []

    play(scene)
