"""Laws of sums: nothing is lost in rounding, and nobody is given more than there was."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from strongroom.domain.money import DAY_SECONDS, Price, available_on, rounded, share

AMOUNTS = st.integers(1, 10**14)


def test_fees_as_seen_on_the_wire():
    assert [Price(290, 30).fee(amount) for amount in (2900, 2000)] == [114, 88]


@given(st.integers(0, 10**18), AMOUNTS)
def test_rounding_is_half_up(numerator, denominator):
    quotient = rounded(numerator, denominator)
    assert -denominator <= 2 * (numerator - quotient * denominator) < denominator


@given(AMOUNTS, AMOUNTS, st.lists(AMOUNTS, max_size=8))
def test_parts_of_a_fee_are_the_whole_fee_once_all_was_returned(total, whole, cuts):
    bounds = sorted({0, total, *[cut % total for cut in cuts]})
    given_so_far = 0
    for begin, end in itertools.pairwise(bounds):
        part = share(whole, end - begin, total, given_before=given_so_far, is_last=end == total)
        assert 0 <= part <= whole - given_so_far
        given_so_far += part
    assert given_so_far == whole


@given(st.integers(0, 2**40), st.integers(1, 30))
def test_money_waits_whole_days_until_a_midnight(now, days):
    then = available_on(now, days)
    assert then % DAY_SECONDS == 0
    assert (days - 1) * DAY_SECONDS < then - now <= days * DAY_SECONDS
