"""Counters for Prometheus in its text format: requests by route and status, and how long they took.

Labels are bounded by the contract's routes; no account, id or parameter ever becomes one.
"""

from collections import defaultdict
from typing import Final

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """What one process has answered since it started."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._buckets = [0] * (len(_BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests[route, status] += 1
        self._seconds += seconds
        for index, bound in enumerate(_BUCKETS):
            if seconds <= bound:
                self._buckets[index] += 1
                return
        self._buckets[-1] += 1

    def render(self) -> bytes:
        """Return the exposition text."""
        lines = ["# TYPE strongroom_requests_total counter"]
        for (route, status), number in sorted(self._requests.items()):
            lines.append(f'strongroom_requests_total{{route="{route}",status="{status}"}} {number}')
        lines.append("# TYPE strongroom_request_seconds histogram")
        total = 0
        for bound, number in zip((*map(str, _BUCKETS), "+Inf"), self._buckets, strict=True):
            total += number
            lines.append(f'strongroom_request_seconds_bucket{{le="{bound}"}} {total}')
        lines += [
            f"strongroom_request_seconds_sum {self._seconds:.6f}",
            f"strongroom_request_seconds_count {total}",
        ]
        return ("\n".join(lines) + "\n").encode()
