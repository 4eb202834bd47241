"""A sealed document opens whole and in its place, or not at all."""

import itertools

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.secret import Secret
from strongroom.vault import SealBroken
from strongroom.vault.segments import SEGMENT_BYTES, FileSeal, new_file_key, segments_of

PLACES = list(itertools.product(("acct_1", "acct_2"), (False, True), ("file_1", "file_2")))


def content_of(size):
    return bytes(number % 251 for number in range(251)) * (size // 251) + bytes(size % 251)


def sealed(size, place=PLACES[0], key=None):
    seal = FileSeal(*place, key or new_file_key())
    return seal, list(seal.seal(Secret(content_of(size))))


def opened(seal, segments):
    """Read a file as it is read: the last segment there is must be the file's last."""
    last = len(segments) - 1
    return b"".join(seal.open(at, one, is_last=at == last) for at, one in enumerate(segments))


@pytest.mark.parametrize(
    "size", [1, 2, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES, 200_000]
)
def test_what_was_sealed_opens(size):
    seal, segments = sealed(size)
    assert len(segments) == segments_of(size)
    assert opened(seal, segments) == content_of(size)


def test_no_other_sequence_of_the_segments_opens():
    """Every way to reorder, drop, double or cut off: all sequences of up to five of a file's four segments."""
    seal, segments = sealed(3 * SEGMENT_BYTES + 1)
    sequences = itertools.chain.from_iterable(
        itertools.product(range(4), repeat=length) for length in range(1, 6)
    )
    opens = []
    for sequence in sequences:
        try:
            opened(seal, [segments[at] for at in sequence])
        except SealBroken:
            continue
        opens.append(sequence)
    assert opens == [(0, 1, 2, 3)]


def test_a_segment_opens_in_no_other_place_even_under_its_own_key():
    key = new_file_key()
    for here, there in itertools.permutations(PLACES, 2):
        _, segments = sealed(10, here, key)
        with pytest.raises(SealBroken):
            FileSeal(*there, key).open(0, segments[0], is_last=True)


def test_a_segment_of_another_file_does_not_open():
    """Two files of one account have keys of their own, and the second's segment is not taken for the first's."""
    seal, _ = sealed(10)
    _, others = sealed(10)
    with pytest.raises(SealBroken):
        seal.open(0, others[0], is_last=True)


def test_the_control_without_binding_lets_a_segment_move():
    """What the tests above would miss if the place were not bound: the same key opens it anywhere."""
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    moved = cipher.encrypt(nonce, b"a passport", None)
    assert cipher.decrypt(nonce, moved, None) == b"a passport"


def test_any_flipped_bit_is_noticed():
    seal, (segment,) = sealed(3)
    for at, bit in itertools.product(range(len(segment)), range(8)):
        damaged = bytearray(segment)
        damaged[at] ^= 1 << bit
        with pytest.raises(SealBroken):
            seal.open(0, bytes(damaged), is_last=True)


def test_no_nonce_is_used_twice_under_a_key():
    _, segments = sealed(5 * SEGMENT_BYTES)
    assert len({segment[24:36] for segment in segments}) == 5


@pytest.mark.parametrize("key", ["", "zz", "00" * 54, "00" * 56, "é"])
def test_what_is_no_file_key_is_refused(key):
    with pytest.raises(SealBroken):
        FileSeal(*PLACES[0], Secret(key))


def test_keys_differ_and_do_not_show():
    one, other = new_file_key(), new_file_key()
    assert one.reveal() != other.reveal()
    assert one.reveal() not in repr(one)
