"""For any text, name and number: what is sealed opens, what is hashed is the standard's hash, and lists do not run together."""

import asyncio
import hmac
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import assume, given
from hypothesis import strategies as st

from strongroom.clock import ManualClock
from strongroom.secret import Secret
from strongroom.store.keystore import SqliteKeyStore
from strongroom.vault import EnvRootKey, SealBroken, SecurityCodes, Vault, envelope
from strongroom.vault.macs import KeyedHash

KEYS = st.binary(min_size=32, max_size=32)
NAMES = st.text(max_size=40)
PLACES = st.tuples(NAMES, NAMES)


def make_ring():
    async def make():
        with TemporaryDirectory() as folder:
            store = SqliteKeyStore(Path(folder) / "keys.db")
            vault = await Vault.open(EnvRootKey("ROOT", {"ROOT": "11" * 32}), store, clock=ManualClock(1))
            ring = await vault.keyring("acct_1", False)
            await store.close()
            return ring

    return asyncio.run(make())


@pytest.fixture(scope="module")
def ring():
    return make_ring()


@given(place=PLACES, plaintext=st.binary(max_size=2_000))
def test_documents_round_trip(ring, place, plaintext):
    assert ring.open_document(*place, ring.seal_document(*place, plaintext)) == plaintext


@given(place=PLACES, other=PLACES, plaintext=st.binary(max_size=100))
def test_a_document_opens_in_no_other_place(ring, place, other, plaintext):
    assume(place != other)
    sealed = ring.seal_document(*place, plaintext)
    with pytest.raises(SealBroken):
        ring.open_document(*other, sealed)


@given(
    kind=st.sampled_from(["card", "bank", "id_number", "payload"]) | NAMES,
    record=NAMES,
    text=st.text(max_size=600),
)
def test_records_round_trip_and_rewrap(ring, kind, record, text):
    sealed = ring.seal_record(kind, record, Secret(text))
    assert ring.open_record(kind, record, sealed).reveal() == text
    rewrapped = ring.rewrap_record(kind, record, sealed)
    assert rewrapped.wrapped_key != sealed.wrapped_key
    assert ring.open_record(kind, record, rewrapped).reveal() == text


@given(noise=st.binary(max_size=200), keep=st.integers(min_value=0, max_value=60))
def test_no_noise_opens(ring, noise, keep):
    """Also noise that begins like one of ours."""
    whole = ring.seal_document("t", "i", b"plain")
    sealed = whole[:keep] + noise
    assume(sealed != whole)
    with pytest.raises(SealBroken):
        ring.open_document("t", "i", sealed)


@given(raw=st.binary(max_size=300), step=st.sampled_from([32, 64, 256]))
def test_padding_is_a_whole_number_of_steps_and_comes_off(raw, step):
    padded = envelope.pad(raw, step)
    assert len(padded) % step == 0
    assert len(padded) - len(raw) <= step
    assert envelope.unpad(padded) == raw


@given(one=st.lists(st.binary(max_size=8), max_size=5), other=st.lists(st.binary(max_size=8), max_size=5))
def test_two_lists_are_encoded_alike_only_if_they_are_alike(one, other):
    assert (envelope.encode(*one) == envelope.encode(*other)) == (one == other)


def test_joining_with_a_delimiter_would_be_seen():
    """The control of the law above."""
    one, other = (b"acct", b"1|live"), (b"acct|1", b"live")
    assert b"|".join(one) == b"|".join(other)
    assert envelope.encode(*one) != envelope.encode(*other)


@given(key=KEYS, data=st.binary(max_size=300))
def test_keyed_hashing_is_hmac_sha_256(key, data):
    assert KeyedHash(key).digest(data) == hmac.digest(key, data, "sha256")
    assert KeyedHash(bytearray(key)).digest(data) == hmac.digest(key, data, "sha256")


@given(key=KEYS, info=st.binary(max_size=300))
def test_expanding_is_hkdf_expand_with_sha_256(key, info):
    assert KeyedHash(key).expand(info) == HKDFExpand(SHA256(), 32, info).derive(key)


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from("abc"), st.text("0123456789", min_size=3, max_size=4)),
            st.tuples(st.just("take"), st.sampled_from("abc")),
            st.tuples(st.just("move"), st.sampled_from("abc"), st.sampled_from("abc")),
            st.tuples(st.just("wait"), st.integers(min_value=1, max_value=6)),
        ),
        max_size=40,
    )
)
def test_security_codes_behave_like_a_small_table_with_times(steps):
    clock = ManualClock(1_000)
    codes = SecurityCodes(clock, seconds=10)
    table = {}
    for name, *values in steps:
        table = {owner: held for owner, held in table.items() if held[1] > clock.now()}
        if name == "put":
            codes.put(values[0], Secret(values[1]))
            table[values[0]] = (values[1], clock.now() + 10)
        elif name == "take":
            code = codes.take(values[0])
            assert (code and code.reveal()) == table.pop(values[0], (None,))[0]
        elif name == "move":
            codes.move(*values)
            if values[0] in table:
                table[values[1]] = table.pop(values[0])
        else:
            clock.advance(values[0])
    codes.drop_expired()
    assert len(codes) == sum(ends > clock.now() for _, ends in table.values())
