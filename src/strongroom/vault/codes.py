"""Card security codes: in this process's memory, read once, gone after minutes. No table has a column for them.

A code belongs to the token or PaymentMethod whose first validation uses it. After a restart, an eviction or the end of
its time the check is "unavailable"; that is documented behaviour.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

import msgspec

from strongroom import limits
from strongroom.clock import Clock
from strongroom.secret import Secret

SECONDS_HARD_CAP: Final = 60 * 60
# About 100 bytes of memory each; at more, the oldest goes.
CODES_MAX: Final = 100_000


class _Held(msgspec.Struct):
    """A code, its owner, and when it ends: by the clock or by the time that passed, whichever says so first."""

    owner: str
    code: Secret[str]
    expires_at: int
    expires_after: float


class SecurityCodes:
    """Every security code there is. A second reader gets nothing."""

    __slots__ = (
        "_by_owner",
        "_capacity",
        "_clock",
        "_elapsed",
        "_held",
        "_lock",
        "_seconds",
        "_serial",
        "_waking",
    )

    def __init__(
        self,
        clock: Clock,
        *,
        seconds: int = limits.SECURITY_CODE_SECONDS,
        capacity: int = CODES_MAX,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with none.

        Args:
            clock: what tells the time.
            seconds: how long a code lives; an hour at most, whatever is said here.
            capacity: how many are held; one more pushes the oldest out.
            elapsed: seconds that have passed, whatever happens to the clock.
        """
        self._clock = clock
        self._elapsed = elapsed
        self._seconds = min(seconds, SECONDS_HARD_CAP)
        self._capacity = capacity
        self._held: OrderedDict[int, _Held] = OrderedDict()  # in order of arrival, which is that of expiry
        self._by_owner: dict[str, int] = {}
        self._serial = 0
        self._waking: asyncio.AbstractEventLoop | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, owner: str, code: Secret[str]) -> None:
        """Hold `code` for the token or PaymentMethod `owner`; an earlier one of the same owner is forgotten."""
        now, passed = self._clock.now(), self._elapsed()
        with self._lock:
            self._drop_expired(now, passed)
            self._pop(owner)
            if len(self._held) >= self._capacity:
                self._drop_oldest()
            self._serial += 1
            self._held[self._serial] = _Held(owner, code, now + self._seconds, passed + self._seconds)
            self._by_owner[owner] = self._serial
        if self._waking is None or self._waking.is_closed():
            self._wake_later()

    def take(self, owner: str) -> Secret[str] | None:
        """Return the code and forget it; None if there is none any more. Of several callers, one gets it."""
        with self._lock:
            self._drop_expired(self._clock.now(), self._elapsed())
            held = self._pop(owner)
        return None if held is None else held.code

    def holds(self, owner: str) -> bool:
        """Say whether there still is a code for `owner`, without touching it."""
        with self._lock:
            self._drop_expired(self._clock.now(), self._elapsed())
            return owner in self._by_owner

    def move(self, old_owner: str, new_owner: str) -> None:
        """Let a code follow the card to another object. Its time runs on; nothing happens if it is gone."""
        with self._lock:
            self._drop_expired(self._clock.now(), self._elapsed())
            serial = self._by_owner.pop(old_owner, None)
            if serial is None:
                return
            self._pop(new_owner)
            self._held[serial].owner = new_owner
            self._by_owner[new_owner] = serial

    def drop_expired(self) -> None:
        """Forget what has had its time. Happens by itself too, at every use and, inside an event loop, without any."""
        with self._lock:
            self._drop_expired(self._clock.now(), self._elapsed())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._by_owner.clear()

    def _pop(self, owner: str) -> _Held | None:
        serial = self._by_owner.pop(owner, None)
        return None if serial is None else self._held.pop(serial)

    def _drop_oldest(self) -> None:
        _, held = self._held.popitem(last=False)
        del self._by_owner[held.owner]

    def _drop_expired(self, now: int, passed: float) -> None:
        while self._held:
            oldest = next(iter(self._held.values()))
            if now < oldest.expires_at and passed < oldest.expires_after:
                return
            self._drop_oldest()

    def _wake_later(self) -> None:
        """Come back when the oldest code has had its time, even if nobody asks for one again."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._held:
            self._waking = loop
            oldest = next(iter(self._held.values()))
            loop.call_later(max(0.0, oldest.expires_after - self._elapsed()), self._wake)

    def _wake(self) -> None:
        self.drop_expired()
        self._waking = None
        self._wake_later()
