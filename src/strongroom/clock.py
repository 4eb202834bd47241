"""The one clock. Nothing else in Strongroom asks what time it is.

Seconds since 1970, UTC. `SystemClock` never runs backwards: a clock that was set back does not revive an expired
token, key or session. Intervals (leases, timeouts) use `time.monotonic` where they live.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time, in whole seconds since 1970 UTC."""

    def now(self) -> int:
        """Return the time, never less than any time returned before."""
        ...


class SystemClock:
    """The machine's clock, held at its highest value so far."""

    def __init__(self, high_water: int = 0) -> None:
        self.high_water = high_water

    def now(self) -> int:
        """Return the time in seconds since 1970 UTC."""
        second = int(time.time())
        self.high_water = max(self.high_water, second)
        return self.high_water


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, second: int) -> None:
        self.second = second

    def now(self) -> int:
        """Return the time that was set."""
        return self.second

    def advance(self, seconds: int) -> None:
        """Move forward by `seconds`."""
        self.second += seconds
