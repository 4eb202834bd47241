"""Lanes and schedules: how many at once, how long to rest, when to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.domain.webhooks import JITTER, LIVE_RETRIES, TEST_RETRIES, wait_after, wants
from strongroom.workers.lanes import (
    FAILURES_MAX,
    REST_SECONDS,
    REST_SECONDS_MAX,
    TAKEN_MAX,
    WIDTH,
    Lane,
)

DAY = 24 * 3600


def failed(lane, times, now=0.0):
    for _ in range(times):
        lane.ended(is_well=False, seconds=0.1, now=now)


def test_a_fast_endpoint_is_given_much_and_a_slow_one_no_more_than_it_takes_in_time():
    fast, slow = Lane(), Lane()
    for _ in range(50):
        fast.ended(is_well=True, seconds=0.002, now=0)
        slow.ended(is_well=True, seconds=9, now=0)

    assert fast.room(0) == TAKEN_MAX
    assert slow.room(0) == WIDTH


def test_what_is_in_hand_takes_room():
    lane = Lane()
    whole = lane.room(0)
    lane.running, lane.waiting = 3, 4

    assert lane.room(0) == whole - 7
    lane.waiting = whole
    assert lane.room(0) == 0


def test_an_endpoint_that_fails_is_given_longer_and_longer_rests_and_one_try_after_each():
    lane = Lane()
    failed(lane, FAILURES_MAX - 1)
    assert (lane.is_resting(0), lane.width) == (False, WIDTH)

    rests = []
    for _ in range(6):
        failed(lane, 1)
        rests.append(lane._rests_until)
        assert (lane.room(0), lane.room(lane._rests_until), lane.width) == (0, 1, 1)
    assert rests == [min(REST_SECONDS * 2**number, REST_SECONDS_MAX) for number in range(6)]

    lane.ended(is_well=True, seconds=0.1, now=0)
    assert (lane.is_resting(0), lane.width) == (False, WIDTH)
    assert lane.room(0) > 1


@given(st.integers(1, 300))
def test_what_is_put_off_comes_back_spread_at_the_lanes_pace(count):
    lane = Lane()
    times = [lane.later(100.0) for _ in range(count)]

    assert times[0] == 101.0
    assert times == sorted(times)
    assert times[-1] - times[0] <= count * 0.25 / WIDTH + 0.001


def test_nothing_is_put_off_to_a_time_when_the_endpoint_rests():
    lane = Lane()
    failed(lane, FAILURES_MAX)

    assert lane.later(0.0) == REST_SECONDS


# -- when to try again ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retries", "attempts", "most"), [(LIVE_RETRIES, 11, 3 * DAY), (TEST_RETRIES, 3, 0.5 * DAY)]
)
def test_the_schedules_end_within_what_is_documented(retries, attempts, most):
    waits = [wait_after(made, retries, 0.5) for made in range(1, attempts)]

    assert waits == list(retries)
    assert wait_after(attempts, retries, 0.5) is None
    assert sum(waits) < most


@given(st.sampled_from([LIVE_RETRIES, TEST_RETRIES]), st.floats(0, 1), st.data())
def test_chance_moves_a_wait_by_at_most_a_fifth(retries, draw, data):
    attempts = data.draw(st.integers(1, len(retries)))
    planned = retries[attempts - 1]

    assert planned * (1 - JITTER) - 1 <= wait_after(attempts, retries, draw) <= planned * (1 + JITTER) + 1


def test_a_star_means_every_event():
    assert wants({"*"}, "customer.created")
    assert wants({"a", "customer.created"}, "customer.created")
    assert not wants({"customer.updated"}, "customer.created")
