"""What the reported amounts come to: the published answers, and nothing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.microdeposits import build, microdeposits
from strongroom.catalog.reading import CatalogError
from strongroom.domain.microdeposits import Verdict, is_final, judge, refusal

PUBLISHED = {(32, 45): Verdict.RIGHT, (10, 11): Verdict.EXCEEDED, (40, 41): Verdict.TIMED_OUT}
ANSWERS = {"verified": [1, 2], "attempts_exceeded": [3, 4], "timed_out": [5, 6]}


@given(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), st.integers(0, 2))
def test_the_order_of_the_amounts_says_nothing_and_unpublished_ones_are_wrong(pair, wrong_before):
    verdict = judge(pair, wrong_before)
    assert verdict is judge(pair[::-1], wrong_before)
    assert verdict is PUBLISHED.get(tuple(sorted(pair)), Verdict.WRONG)


@given(st.tuples(st.integers(), st.integers()), st.integers(3))
def test_after_the_last_try_even_the_right_amounts_are_too_late(pair, wrong_before):
    assert judge(pair, wrong_before) is Verdict.EXCEEDED


def test_the_third_wrong_pair_is_the_last():
    assert [is_final(Verdict.WRONG, before) for before in range(3)] == [False, False, True]
    assert is_final(Verdict.TIMED_OUT, 0)


def test_a_refusal_is_the_one_clients_have_recorded():
    said = refusal(Verdict.WRONG)
    assert (said.http_status, said.type, said.code) == (
        402,
        "invalid_request_error",
        "bank_account_verification_failed",
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"answers": {**ANSWERS, "verified": [1]}},
        {"answers": {**ANSWERS, "verified": [4, 3]}},
        {"answers": {**ANSWERS, "late": [7, 8]}},
        {"answers": {"verified": [1, 2]}},
        {"attempts_max": "3"},
    ],
)
def test_a_mistake_in_the_table_is_found_when_it_is_read(damage):
    assert build({"attempts_max": 3, "answers": ANSWERS}).attempts_max == microdeposits().attempts_max
    with pytest.raises(CatalogError, match="microdeposits"):
        build({"attempts_max": 3, "answers": ANSWERS, **damage})
