"""What an update does to a document, for any document and any update."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.resources.account_forms import leaves, merge

names = st.sampled_from("abcd")
scalars = st.one_of(
    st.text("xyz", max_size=2), st.integers(0, 3), st.booleans(), st.lists(st.text("x"), max_size=2)
)
hashes = st.recursive(
    st.dictionaries(names, scalars, max_size=3),
    lambda inside: st.dictionaries(names, st.one_of(scalars, inside), max_size=3),
    max_leaves=8,
)


def at(document, path):
    for name in path:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def paths(document, before=()):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from paths(value, (*before, name))
        else:
            yield (*before, name), value


@given(hashes, hashes)
def test_what_was_written_is_there_and_what_was_emptied_is_null(old, written):
    merged = merge(old, written)
    for path, value in paths(written):
        assert at(merged, path) == (None if value == "" else value)


@given(hashes, hashes)
def test_what_was_not_written_stays(old, written):
    merged = merge(old, written)
    for path, value in paths(old):
        on_the_way = [at(written, path[:depth]) for depth in range(1, len(path))]
        if at(written, path) is None and all(isinstance(one, dict | None) for one in on_the_way):
            assert at(merged, path) == value


@given(hashes, hashes)
def test_writing_twice_is_writing_once(old, written):
    once = merge(old, written)
    assert merge(once, written) == once


@given(hashes, hashes)
def test_neither_document_is_changed(old, written):
    copies = repr(old), repr(written)
    merge(old, written)
    assert (repr(old), repr(written)) == copies


def test_dates_and_documents_are_one_field_each():
    given_ = {
        "dob": {"day": 1, "month": 2, "year": 1903},
        "verification": {
            "document": {"back": "file_b", "front": "file_f"},
            "additional_document": {"back": "file_x"},
        },
        "address": {"line1": "a", "city": ""},
    }
    assert dict(leaves(given_, "company.")) == {
        "company.dob": "1903-02-01",
        "company.verification.document": "file_f",
        "company.verification.additional_document": "file_x",
        "company.address.line1": "a",
        "company.address.city": "",
    }
