"""Laws of metadata merging and of `previous_attributes`."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.resources.changes import changed_leaves, merge_metadata

keys = st.sampled_from("abcdef")
metadata = st.dictionaries(keys, st.text(min_size=1, max_size=3), max_size=6)
patches = st.dictionaries(keys, st.text(max_size=3), max_size=6)
documents = st.dictionaries(
    keys, st.none() | st.integers(0, 2) | st.dictionaries(keys, st.integers(0, 2), max_size=3), max_size=4
)


@given(metadata, patches)
def test_a_merge_sets_what_is_named_and_removes_what_is_emptied(old, patch):
    merged = merge_metadata(old, patch)
    for key in {*old, *patch}:
        wanted = patch.get(key, old.get(key))
        assert merged.get(key, "") == wanted


@given(metadata, patches)
def test_merging_twice_is_merging_once(old, patch):
    once = merge_metadata(old, patch)
    assert merge_metadata(once, patch) == once


@given(metadata)
def test_nothing_given_changes_nothing_and_an_empty_string_clears(old):
    assert merge_metadata(old, None) == merge_metadata(old, {}) == old
    assert merge_metadata(old, "") == {}


def restore(after, previous):
    """Put the old leaves back; a key that was new reads as null."""
    restored = dict(after)
    for key, value in previous.items():
        nested = isinstance(value, dict) and isinstance(after.get(key), dict)
        restored[key] = restore(after[key], value) if nested else value
    return restored


def without_nulls(document):
    return {
        key: without_nulls(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if value is not None
    }


@given(documents, documents)
def test_previous_attributes_lead_back_and_hold_nothing_that_stayed(before, after):
    previous = changed_leaves(before, after)
    assert without_nulls(restore(after, previous)) == without_nulls(before)
    assert changed_leaves(before, before) == {}
    for key in previous:
        assert before.get(key) != after.get(key)
