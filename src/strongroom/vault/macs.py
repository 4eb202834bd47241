"""Keyed hashing: HMAC-SHA-256, and keys made from keys with it (HKDF-SHA-256, the Expand step).

A key that hashes often is kept as its two half-fed SHA-256 states. Copying those takes half the time of a whole
`hmac.digest` (1.0 against 2.2 microseconds), and a request needs half a dozen.
"""

import hashlib
from typing import Final

from strongroom.vault.envelope import KEY_LENGTH

_BLOCK_LENGTH: Final = 64
_INNER: Final = bytes(value ^ 0x36 for value in range(256))
_OUTER: Final = bytes(value ^ 0x5C for value in range(256))
_FIRST_BLOCK: Final = b"\x01"


class KeyedHash:
    """HMAC-SHA-256 under one 32-byte key."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes | bytearray) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError(f"a key has {KEY_LENGTH} bytes, not {len(key)}")
        block = bytes(key).ljust(_BLOCK_LENGTH, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def digest(self, data: bytes) -> bytes:
        """Return the 32-byte HMAC of `data`."""
        inner = self._inner.copy()
        inner.update(data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def expand(self, info: bytes) -> bytes:
        """Return the 32-byte key that HKDF-SHA-256-Expand makes from this one for `info`."""
        return self.digest(info + _FIRST_BLOCK)
