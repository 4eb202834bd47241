"""What the kernel knows about a process and its children: memory and CPU time. Linux only; elsewhere there are no figures."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def tree(pid: int) -> Iterator[int]:
    """Yield `pid` and every process below it."""
    yield pid
    for task in PROC.glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                yield from tree(int(child))


def pss_megabytes(pid: int) -> float:
    """Memory of the process tree in MB (10^6 bytes), pages that several processes share counted once; 0.0 if unknown."""
    return sum(_pss_kilobytes(each) for each in tree(pid)) * 1024 / 1e6


def _pss_kilobytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def cpu_seconds(pid: int) -> float:
    """CPU time the process tree has used, in seconds; the scheduler's own count, finer than the usual hundredths."""
    tasks = (task for each in tree(pid) for task in PROC.glob(f"{each}/task/*/schedstat"))
    return sum(_run_nanoseconds(task) for task in tasks) / 1e9


def _run_nanoseconds(task: Path) -> int:
    try:
        return int(task.read_text().split()[0])
    except (OSError, IndexError):
        return 0
