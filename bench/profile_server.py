"""Where the time of a request goes: the functions of a loaded server by their own time, as a Markdown table.

cProfile makes Python code slower (about twice) and native code not at all, so read the shares, not the sums; the CPU
column of `bench/run.py` has the true total.
"""

import argparse
import contextlib
import pstats
import signal
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import servers
from load import KINDS
from run import send
from servers import BenchError, Candidate, Launch, Server
from support.postgres import postgres_cluster
from table import markdown, number

WARMUP_SECONDS = 0.5


@dataclass(frozen=True)
class Function:
    """One function's part of a request, in microseconds and calls."""

    where: str
    own_us: float
    whole_us: float
    calls: float


def profiled(candidate: Candidate, figures: Path) -> Candidate:
    """The same server, started so that it can be profiled."""
    start = Path(__file__).with_name("profiled_start.py")

    def launch(folder: Path, port: int) -> Launch:
        usual = candidate.launch(folder, port)
        return Launch([sys.executable, str(start), str(figures), *usual.command], usual.environment)

    return replace(candidate, launch=launch)


def record(server: Server, options: argparse.Namespace, folder: Path) -> int:
    """Profile `server` under load, and stop it.

    Returns:
        How many requests the figures cover.
    """
    kind = [f"--targets={folder / 'ids'}"] if options.kind.startswith("retrieve") else []
    send("create-token", server, options.connections, "--requests=200", f"--harvest={folder / 'ids'}")
    send(options.kind, server, options.connections, f"--seconds={WARMUP_SECONDS}", *kind)
    server.signal(signal.SIGUSR1)
    answers: int = send(options.kind, server, options.connections, f"--seconds={options.seconds}", *kind)[
        "answers"
    ]
    server.signal(signal.SIGUSR2)
    server.stop()
    return answers


def functions(figures: Path, answers: int) -> list[Function]:
    """What the profile says per request, the most expensive first."""
    rows = vars(pstats.Stats(str(figures)))["stats"].items()  # an attribute that its type does not declare
    found = [
        Function(_place(*where), own / answers * 1e6, whole / answers * 1e6, calls / answers)
        for where, (_, calls, own, whole, _) in rows
    ]
    return sorted(found, key=lambda function: -function.own_us)


def _place(file: str, line: int, name: str) -> str:
    """Where a function lives, as short as it can be found by; built-in ones have no file."""
    if file == "~":
        return name
    parts = Path(file).parts
    roots = [at for at, part in enumerate(parts) if part in {"site-packages", "src", "lib"}]
    return f"{'/'.join(parts[roots[-1] + 1 :] if roots else parts[-2:])}:{line} {name}"


def options_from(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Where the time of a request goes.")
    parser.add_argument("--kind", choices=KINDS, default="create-token")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--lines", type=int, default=40, help="how many functions to print")
    return parser.parse_args(arguments)


def main() -> None:
    """Start, load, print."""
    options = options_from(sys.argv[1:])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strongroom-profile-")))
        if options.database == "postgres":
            candidate = servers.strongroom_on_postgres(stack.enter_context(postgres_cluster()).fresh_database)
        else:
            candidate = servers.strongroom_on_sqlite()
        figures = folder / "figures"
        try:
            server = Server(profiled(candidate, figures), folder)
            stack.callback(server.stop)
            answers = record(server, options, folder)
        except BenchError as refusal:
            sys.exit(str(refusal))
        print(_report(functions(figures, answers), answers, options))


def _report(found: list[Function], answers: int, options: argparse.Namespace) -> str:
    total = sum(function.own_us for function in found)
    head = ("own µs", "share", "with callees µs", "calls", "function")
    rows = (
        (
            number(each.own_us),
            f"{each.own_us / total:.1%}",
            number(each.whole_us),
            number(each.calls),
            each.where,
        )
        for each in found[: options.lines]
    )
    title = f"{options.kind} on {options.database}, {options.connections} connections: {answers:,} requests"
    return (
        f"{title}, {total:.0f} µs each under the profiler; all figures per request.\n\n{markdown(head, rows)}"
    )


if __name__ == "__main__":
    main()
