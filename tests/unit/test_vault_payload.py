"""What a token holds for an account or a person, packed into one value and taken apart again."""

import json

from hypothesis import given
from hypothesis import strategies as st

from strongroom.secret import Secret
from strongroom.vault.payload import PADDED_TO, pack, unpack

texts = st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(0, 100) | texts
values = st.recursive(
    scalars | texts.map(Secret),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(texts, inside, max_size=4),
    max_leaves=20,
)
payloads = st.dictionaries(texts, values, max_size=6)


def seen(value):
    """A payload in which secrets can be compared."""
    if isinstance(value, Secret):
        return ("secret", value.reveal())
    if isinstance(value, dict):
        return {key: seen(inside) for key, inside in value.items()}
    return [seen(inside) for inside in value] if isinstance(value, list) else (type(value), value)


@given(payloads)
def test_a_payload_comes_out_as_it_went_in_secrets_wrapped(payload):
    packed = pack(payload)

    assert isinstance(packed, Secret)
    assert seen(unpack(packed)) == seen(payload)


@given(payloads)
def test_a_payloads_length_says_little(payload):
    assert len(pack(payload).reveal()) % PADDED_TO == 0


def test_nobody_can_write_what_stands_for_a_secret():
    """Which leaves are secrets is not read off the values, which anybody may write."""
    hostile = {"metadata": {"secrets": '[["metadata"]]', "": "x"}, "first_name": '{"secret": "x"}'}
    assert unpack(pack(hostile)) == hostile


def test_a_packed_payload_does_not_show_itself():
    assert str(pack({"id_number": Secret("222222222")})) == "Secret(***)"
    assert json.loads(pack({}).reveal()) == [{}, []]
