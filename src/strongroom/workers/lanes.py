"""One lane per endpoint, so that none waits for another: how many are under way, how many wait, and when to give it a rest.

Here are only numbers; times are seconds of a monotonic clock, and come from whoever asks.
"""

from typing import Final

WIDTH: Final = 8
"""How many are sent to one endpoint at once."""
WAIT_SECONDS_MAX: Final = 5.0
"""How long what was taken in hand may wait for its turn."""
TAKEN_MAX: Final = 500
PACE_AT_FIRST: Final = 0.25
SMOOTHING: Final = 0.2

FAILURES_MAX: Final = 5
"""After as many in a row an endpoint is given a rest; then one is tried, and after every further failure the rest is longer."""
REST_SECONDS: Final = 5.0
REST_SECONDS_MAX: Final = 60.0


class Lane:
    """What one process knows of one endpoint."""

    def __init__(self) -> None:
        self.running = 0
        self.waiting = 0
        self.has_more = False
        """Whether something due was left where it is, for want of room."""
        self._pace = PACE_AT_FIRST
        self._failures = 0
        self._rests_until = 0.0
        self._spread = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way and nothing waits."""
        return self.running == self.waiting == 0

    @property
    def _is_failing(self) -> bool:
        return self._failures >= FAILURES_MAX

    @property
    def width(self) -> int:
        """How many may be under way at once: one, to try it, while it fails."""
        return 1 if self._is_failing else WIDTH

    def is_resting(self, now: float) -> bool:
        """Whether nothing is sent to it for now."""
        return now < self._rests_until

    def room(self, now: float) -> int:
        """Return how many more can be taken in hand and still be sent in time."""
        if self.is_resting(now):
            return 0
        in_time = int(WAIT_SECONDS_MAX / self._pace * WIDTH / 2)
        most = 1 if self._is_failing else min(max(in_time, WIDTH), TAKEN_MAX)
        return max(0, most - self.running - self.waiting)

    def later(self, now: float) -> float:
        """Return a time at which one that cannot be taken now may come again; each is given another, at the lane's pace."""
        start = max(now + 1, self._rests_until, self._spread)
        self._spread = start + self._pace / WIDTH
        return start

    def ended(self, *, is_well: bool, seconds: float, now: float) -> None:
        """Learn from an attempt that took `seconds`."""
        self._pace += SMOOTHING * (max(seconds, 0.001) - self._pace)
        if is_well:
            self._failures, self._rests_until = 0, 0.0
            return
        self._failures += 1
        if self._is_failing:
            rest = REST_SECONDS * 2.0 ** (self._failures - FAILURES_MAX)
            self._rests_until = now + min(rest, REST_SECONDS_MAX)
