"""Whatever the official clients can encode, we read back unchanged; whatever anybody sends, we read in bounds."""

import contextlib
import time
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode

from strongroom.errors import ApiError
from strongroom.http.forms import decode

names = st.text(st.characters(exclude_characters="[]\0", codec="utf-8"), min_size=1, max_size=12)
values = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30)
trees = st.recursive(
    values,
    lambda inner: (
        st.dictionaries(names, inner, min_size=1, max_size=4) | st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


def as_read(tree):
    """How the decoder shows a tree: lists are dictionaries with decimal keys."""
    if isinstance(tree, list):
        return {str(index): as_read(item) for index, item in enumerate(tree)}
    return {key: as_read(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


@given(st.dictionaries(names, trees, max_size=6))
def test_what_the_official_client_writes_is_read_back(tree):
    written = urlencode(list(_api_encode(tree)))
    assert decode(written.encode()) == as_read(tree)


@given(st.binary(max_size=2000))
@settings(max_examples=500)
def test_any_bytes_are_read_or_refused(source):
    with contextlib.suppress(ApiError):
        assert isinstance(decode(source), dict)


@given(
    st.lists(
        st.sampled_from(
            [b"a[]=1", b"a[][b]=1", b"a[0]=1", b"a[b][]=2", b"a[9999]=3", b"b[][][]=x", b"a[][b][c][]=1"]
        ),
        max_size=1000,
    )
)
@settings(max_examples=30, deadline=None)
def test_no_mixture_of_brackets_takes_long(pairs):
    started = time.process_time()
    with contextlib.suppress(ApiError):
        decode(b"&".join(pairs))
    assert time.process_time() - started < 1
