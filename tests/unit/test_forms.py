"""The form dialect, by table."""

import pytest

from strongroom.errors import ApiError
from strongroom.http.forms import decode


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a", {"a": ""}),
        (b"a=", {"a": ""}),
        (b"a=b=c", {"a": "b=c"}),
        (b"&&a=1&", {"a": "1"}),
        (b"a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        (b"a%5Bb%5D=1", {"a": {"b": "1"}}),
        (b"a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        (b"a[1]=y&a[0]=x", {"a": {"1": "y", "0": "x"}}),
        (b"a[0]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        (b"a[1]=x&a[]=y", {"a": {"1": "x", "2": "y"}}),
        (b"i[][p]=1&i[][q]=2&i[][p]=3", {"i": {"0": {"p": "1", "q": "2"}, "1": {"p": "3"}}}),
        (b"i[][p][]=1&i[][p][]=2", {"i": {"0": {"p": {"0": "1", "1": "2"}}}}),
        (b"a=x+y%20z%2B", {"a": "x y z+"}),
        (b"a=%C3%A9&b=\xc3\xa9", {"a": "é", "b": "é"}),
        (b"a=%zz", {"a": "%zz"}),
        (b"a[b=1", {"a[b": "1"}),
        (b"a]b=1", {"a]b": "1"}),
        (b"[a]=1", {"[a]": "1"}),
        (b"a[b[c]]=1", {"a[b[c]]": "1"}),
    ],
)
def test_a_form_is_read_as_stripe_reads_it(source, tree):
    assert decode(source) == tree


def test_the_later_source_wins():
    assert decode(b"a=1&b=1", b"a=2") == {"a": "2", "b": "1"}


@pytest.mark.parametrize(
    "source",
    [
        b"\xff=1",
        b"a=%ff",
        b"a=%00",
        b"a%00=1",
        b"a=1&a[b]=2",
        b"a[b]=2&a=1",
        b"a" + b"[b]" * 16 + b"=1",
        b"a&" * 1001,
    ],
)
def test_what_cannot_be_read_is_refused(source):
    with pytest.raises(ApiError) as refusal:
        decode(source)
    assert refusal.value.http_status == 400
