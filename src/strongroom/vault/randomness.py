"""Random bytes for keys and nonces: drawn from the operating system some at a time, each given out once.

Every draw is a system call, and an occasion for the interpreter to be handed over to another thread, which costs far
more than the call. What lies ready here is in the same memory as the keys that are in use, and protected like them.
"""

import os
from typing import Final

_SIZE: Final = 4096


class _Pool:
    """Random bytes, cut up from front to back."""

    __slots__ = ("_at", "_drawn")

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """Give out nothing of what is left."""
        self._drawn = b""
        self._at = 0

    def draw(self, length: int) -> bytes:
        """Return bytes that nobody was given before."""
        at = self._at
        end = at + length
        if end > len(self._drawn):
            self._drawn = os.urandom(max(_SIZE, length))
            at, end = 0, length
        self._at = end
        return self._drawn[at:end]


_pool = _Pool()
# A forked process would give out the same bytes as its parent.
os.register_at_fork(after_in_child=_pool.empty)

draw = _pool.draw
