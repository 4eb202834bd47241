"""Balances by currency: each is the sum of what was added to it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom import limits
from strongroom.domain.balances import currency_code, moved
from strongroom.errors import ParameterRefused

amounts = st.integers(-limits.BALANCE_MAX, limits.BALANCE_MAX)


@given(st.lists(st.tuples(st.sampled_from(["usd", "eur"]), amounts)))
def test_a_balance_is_the_sum_of_what_was_taken_and_stays_within_bounds(steps):
    kept, sums = {}, Counter()
    for currency, amount in steps:
        try:
            kept = moved(kept, currency, amount, param="amount")
        except ParameterRefused:
            assert abs(sums[currency] + amount) > limits.BALANCE_MAX
        else:
            sums[currency] += amount
    assert kept == {currency: sums[currency] for currency in kept}
    assert all(abs(balance) <= limits.BALANCE_MAX for balance in kept.values())


@given(st.text())
def test_a_currency_is_three_letters(text):
    if len(text) == 3 and text.isascii() and text.isalpha():
        assert currency_code(text) == text.lower()
    else:
        with pytest.raises(ParameterRefused):
            currency_code(text)
