"""A security code is read once, lives for minutes in memory, and is nowhere else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from strongroom import limits
from strongroom.clock import ManualClock
from strongroom.secret import Secret
from strongroom.vault import SecurityCodes
from strongroom.vault import codes as codes_module

NOW = 1_700_000_000


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def codes(clock):
    return SecurityCodes(clock)


def revealed(code):
    return None if code is None else code.reveal()


def test_a_second_reader_gets_nothing(codes):
    codes.put("tok_1", Secret("123"))
    assert codes.holds("tok_1")
    assert revealed(codes.take("tok_1")) == "123"
    assert codes.take("tok_1") is None
    assert not codes.holds("tok_1")
    assert len(codes) == 0


def winners(take):
    """How many of eight threads that ask at the same moment get the code."""
    start = Barrier(8)

    def ask(_):
        start.wait()
        return take("tok_1")

    with ThreadPoolExecutor(8) as threads:
        return sum(code is not None for code in threads.map(ask, range(8)))


def test_of_many_readers_at_once_one_gets_the_code(codes):
    for _ in range(100):
        codes.put("tok_1", Secret("123"))
        assert winners(codes.take) == 1


def test_a_memory_that_looks_before_it_takes_away_would_be_seen():
    """The control: looking and taking away as two steps, with all readers between them."""
    held = {"tok_1": Secret("123")}
    looked = Barrier(8)

    def look_then_take(owner):
        code = held.get(owner)
        looked.wait()
        held.pop(owner, None)
        return code

    assert winners(look_then_take) == 8


def test_a_code_lives_exactly_its_seconds(codes, clock):
    codes.put("tok_1", Secret("123"))
    clock.advance(limits.SECURITY_CODE_SECONDS - 1)
    assert codes.holds("tok_1")
    clock.advance(1)
    assert not codes.holds("tok_1")
    assert codes.take("tok_1") is None


def test_no_setting_makes_a_code_live_longer_than_an_hour(clock):
    codes = SecurityCodes(clock, seconds=100_000)
    codes.put("tok_1", Secret("123"))
    clock.advance(60 * 60)
    assert codes.take("tok_1") is None


def test_what_expired_leaves_memory_at_anybodys_next_use(codes, clock):
    codes.put("tok_1", Secret("123"))
    clock.advance(limits.SECURITY_CODE_SECONDS)
    codes.put("tok_2", Secret("456"))
    assert len(codes) == 1


def test_a_code_ends_by_elapsed_time_though_the_clock_was_set_back(clock):
    """The clock never runs backwards; set back a day, it stands still for a day. The code does not live that long."""
    passed = [1_000.0]
    codes = SecurityCodes(clock, elapsed=lambda: passed[0])
    codes.put("tok_1", Secret("123"))
    passed[0] += limits.SECURITY_CODE_SECONDS - 0.5
    assert codes.holds("tok_1")
    passed[0] += 0.5
    assert not codes.holds("tok_1")


def test_inside_an_event_loop_a_code_leaves_memory_without_anybody_asking(clock):
    async def scene():
        codes = SecurityCodes(clock, seconds=0)
        codes.put("tok_1", Secret("123"))
        assert len(codes) == 1
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(0.001, later.set)
        await later.wait()
        assert len(codes) == 0

    asyncio.run(scene())


def test_a_moved_code_belongs_to_the_new_owner_and_its_time_runs_on(codes, clock):
    codes.put("tok_1", Secret("123"))
    clock.advance(limits.SECURITY_CODE_SECONDS - 1)
    codes.move("tok_1", "pm_1")
    assert codes.take("tok_1") is None
    assert codes.holds("pm_1")
    clock.advance(1)
    assert codes.take("pm_1") is None


def test_moving_replaces_the_new_owners_code_and_moving_nothing_changes_nothing(codes):
    codes.put("tok_1", Secret("123"))
    codes.put("pm_1", Secret("456"))
    codes.move("tok_1", "pm_1")
    codes.move("tok_unknown", "pm_1")
    assert len(codes) == 1
    assert revealed(codes.take("pm_1")) == "123"


def test_moving_to_itself_keeps_the_code(codes):
    codes.put("pm_1", Secret("123"))
    codes.move("pm_1", "pm_1")
    assert revealed(codes.take("pm_1")) == "123"


def test_a_second_code_of_one_owner_replaces_the_first(codes):
    codes.put("tok_1", Secret("123"))
    codes.put("tok_1", Secret("456"))
    assert len(codes) == 1
    assert revealed(codes.take("tok_1")) == "456"


def test_memory_is_bounded_and_the_oldest_goes_first(clock):
    codes = SecurityCodes(clock, capacity=3)
    for number in range(5):
        codes.put(f"tok_{number}", Secret("123"))
    codes.put("tok_4", Secret("456"))  # a replacement needs no room
    assert len(codes) == 3
    assert [codes.holds(f"tok_{number}") for number in range(5)] == [False, False, True, True, True]


def test_taking_most_codes_again_leaves_nothing_behind(codes):
    for number in range(1_000):
        codes.put(f"tok_{number}", Secret("123"))
        codes.take(f"tok_{number}")
    assert (len(codes._held), len(codes._by_owner)) == (0, 0)


def test_nothing_of_a_code_shows(codes):
    codes.put("tok_1", Secret("9137"))
    (held,) = codes._held.values()
    assert "9137" not in repr(held)
    codes.clear()
    assert codes.take("tok_1") is None


def test_the_hard_cap_is_an_hour():
    assert codes_module.SECONDS_HARD_CAP == 3_600
    assert limits.SECURITY_CODE_SECONDS <= codes_module.SECONDS_HARD_CAP
