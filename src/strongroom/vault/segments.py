"""Documents sealed in segments of 64 KiB, each a value of its own in the one format of everything sealed.

Every file has a random key of its own, which is vaulted like a card number: as a record, wrapped by the account's key.
Erasing that record erases the file. A nonce is the key's random prefix, the segment's number, and whether it is the
last one; the associated data says the same and names the file, its account and its mode. So segments that were
reordered, dropped, doubled, cut off at the end, or moved to another file, account or mode do not open.
"""

import os
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.secret import Secret
from strongroom.vault import envelope
from strongroom.vault.envelope import (
    HEADER_LENGTH,
    KEY_ID_LENGTH,
    KEY_LENGTH,
    NONCE_LENGTH,
    Binding,
    SealBroken,
)

SEGMENT_BYTES: Final = 64 * 1024
RECORD_KIND: Final = "file_key"
"""The kind of record a file's key is kept as."""

_TABLE: Final = "file_segments"
_PURPOSE: Final = "file-segment"
# A file's key has one version: it is never used for anything but this file, once.
_VERSION: Final = 1
_NUMBER_LENGTH: Final = 4
_PREFIX_LENGTH: Final = NONCE_LENGTH - _NUMBER_LENGTH - 1
_MATERIAL_LENGTH: Final = KEY_LENGTH + KEY_ID_LENGTH + _PREFIX_LENGTH


def segments_of(size: int) -> int:
    """Return in how many segments `size` bytes are sealed."""
    return -(-size // SEGMENT_BYTES)


def new_file_key() -> Secret[str]:
    """Return a new file's key, its id and the prefix of its nonces, as one value to be vaulted."""
    return Secret(os.urandom(_MATERIAL_LENGTH).hex())


def _material(key: Secret[str]) -> bytes:
    try:
        material = bytes.fromhex(key.reveal())
    except ValueError:
        material = b""
    if len(material) != _MATERIAL_LENGTH:
        raise SealBroken("what should be a file's key is none")
    return material


class FileSeal:
    """Seals and opens the segments of one file."""

    __slots__ = ("_binding", "_cipher", "_header", "_prefix", "_where")

    def __init__(self, account: str, livemode: bool, file_id: str, key: Secret[str]) -> None:
        """Bind a key from `new_file_key` to the one file it is for.

        Raises:
            SealBroken: the value is no such key.
        """
        material = _material(key)
        key_id = material[KEY_LENGTH:-_PREFIX_LENGTH]
        self._cipher = AESGCM(material[:KEY_LENGTH])
        self._prefix = material[-_PREFIX_LENGTH:]
        self._header = envelope.header(key_id, _VERSION)
        self._binding = Binding(_PURPOSE, account, livemode, key_id, _VERSION)
        self._where = envelope.place(_TABLE, file_id)

    def seal(self, content: Secret[bytes]) -> Iterator[bytes]:
        """Yield the sealed segments of a whole file, in order. A key seals one file, once."""
        plain = memoryview(content.reveal())
        count = segments_of(len(plain))
        for number in range(count):
            nonce, bound_to = self._tied(number, is_last=number == count - 1)
            segment = bytes(plain[number * SEGMENT_BYTES : (number + 1) * SEGMENT_BYTES])
            yield envelope.seal_with(nonce, self._cipher, self._header, segment, bound_to)

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        """Return the bytes of one segment.

        Args:
            number: its place in the file, from 0.
            sealed: the segment as it was stored.
            is_last: whether the file ends with it.

        Raises:
            SealBroken: it is damaged, or is not this segment of this file.
        """
        nonce, bound_to = self._tied(number, is_last=is_last)
        if sealed[: HEADER_LENGTH + NONCE_LENGTH] != self._header + nonce:
            raise SealBroken("a segment is not in its place")
        return envelope.unseal(self._cipher, sealed, bound_to)

    def _tied(self, number: int, *, is_last: bool) -> tuple[bytes, bytes]:
        """Return the nonce and the associated data of a segment."""
        place = number.to_bytes(_NUMBER_LENGTH, "big") + bytes([is_last])
        return self._prefix + place, self._binding.to(self._where, envelope.encode(place))
