"""The one format of everything sealed, and what binds it to its place.

    magic "SR" | format 1 | algorithm 1 | key id 16 | key version 4 | nonce 12 | ciphertext | tag 16

AES-256-GCM with a random 96-bit nonce and the full tag. Nothing is negotiated: the algorithm byte exists so that a later
format needs no flag day. The associated data names the place; a ciphertext pasted into another place does not open.
Which keys there are, and who may use them, is not known here.
"""

import struct
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.vault.randomness import draw

MAGIC: Final = b"SR"
FORMAT: Final = 1
AES_256_GCM: Final = 1
KEY_LENGTH: Final = 32
KEY_ID_LENGTH: Final = 16
NONCE_LENGTH: Final = 12
TAG_LENGTH: Final = 16

_HEADER: Final = struct.Struct(f">2sBB{KEY_ID_LENGTH}sI")
HEADER_LENGTH: Final = _HEADER.size
_BODY: Final = HEADER_LENGTH + NONCE_LENGTH


class SealBroken(Exception):
    """A sealed value does not open where it was found: damaged, moved, or sealed by a key we do not have.

    Never the user's mistake: the record is to be quarantined, the answer is a 500 without detail.
    """


def encode(*parts: bytes) -> bytes:
    """Return `parts` joined, each behind its length in four bytes, so that no two lists look alike."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


@lru_cache(maxsize=1024)
def name(text: str) -> bytes:
    """Return a word of our own vocabulary (a table, a kind, a field) as one encoded part, remembered."""
    return encode(text.encode())


def place(table: str, object_id: str) -> bytes:
    """Return where a sealed value lives, as two encoded parts."""
    raw = object_id.encode()
    return name(table) + len(raw).to_bytes(4, "big") + raw


def header(key_id: bytes, version: int) -> bytes:
    """Return what every value sealed by this version of this key begins with."""
    return _HEADER.pack(MAGIC, FORMAT, AES_256_GCM, key_id, version)


class Binding:
    """The associated data of one key and purpose. Only the place and the field change from one seal to the next.

    In order: format, purpose, table, record id, field, account, mode, key id, key version.
    """

    __slots__ = ("_after", "_before")

    def __init__(self, purpose: str, account: str, livemode: bool, key_id: bytes, version: int) -> None:
        self._before = encode(bytes([FORMAT]), purpose.encode())
        mode = b"live" if livemode else b"test"
        self._after = encode(account.encode(), mode, key_id, version.to_bytes(4, "big"))

    def to(self, where: bytes, field: bytes) -> bytes:
        """Return the associated data for a place (from `place`) and a field (from `name`)."""
        return self._before + where + field + self._after


def seal(key: AESGCM, head: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Return `plaintext` sealed under `key`, whose `header` is `head`, so that it opens only where it is bound to."""
    return seal_with(draw(NONCE_LENGTH), key, head, plaintext, bound_to)


def seal_with(nonce: bytes, key: AESGCM, head: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Do what `seal` does with a nonce of the caller's, who answers for its being used once under this key."""
    return head + nonce + key.encrypt(nonce, plaintext, bound_to)


def unseal(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """Return what was sealed. The caller has chosen the key by `head_of`.

    Raises:
        SealBroken: it was not sealed by this key, for this place, or not in one piece.
    """
    try:
        return key.decrypt(sealed[HEADER_LENGTH:_BODY], sealed[_BODY:], bound_to)
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed value does not open in this place") from None


def head_of(sealed: bytes) -> bytes:
    """Return the header a sealed value begins with; not yet known to be one of ours."""
    return sealed[:HEADER_LENGTH]


def pad(raw: bytes, step: int) -> bytes:
    """Return `raw` with an end mark, filled up with zeros to a multiple of `step` bytes."""
    size = -(-(len(raw) + 1) // step) * step
    return (raw + b"\x80").ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given.

    Raises:
        SealBroken: there is no end mark.
    """
    raw = padded.rstrip(b"\0")
    if not raw.endswith(b"\x80"):
        raise SealBroken("a sealed value has no end mark")
    return raw[:-1]
