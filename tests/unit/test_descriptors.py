"""What stands on a cardholder's statement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.domain.descriptors import LENGTH_MAX, calculated


@pytest.mark.parametrize(
    ("account", "prefix", "own", "suffix", "read"),
    [
        (None, None, None, None, None),
        ("Rosen Books", None, None, None, "ROSEN BOOKS"),
        ("Rosen Books", "Rosen", None, None, "ROSEN BOOKS"),
        ("Rosen Books", "Rosen", None, "Order 7", "ROSEN* ORDER 7"),
        ("Rosen Books", None, None, "Order 7", "ROSEN BOOKS* ORDER 7"),
        (None, None, None, "Order 7", "ORDER 7"),
        ("Rosen Books", "Rosen", "Own words", "Order 7", "OWN WORDS"),
        ("Rosen Books", "Rosen", None, "An order of many books", "ROSEN* AN ORDER OF MAN"),
    ],
)
def test_who_says_what(account, prefix, own, suffix, read):
    assert calculated(account=account, prefix=prefix, own=own, suffix=suffix) == read


TEXTS = st.none() | st.text(st.characters(codec="ascii"), max_size=30)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_it_fits_and_shouts(account, prefix, own, suffix):
    text = calculated(account=account, prefix=prefix, own=own, suffix=suffix)
    assert text is None or (0 < len(text) <= LENGTH_MAX and text == text.upper())
    assert (text is None) is not any((account, own, suffix))
