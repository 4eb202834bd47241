"""`make bench`: Strongroom beside localstripe, as a Markdown table.

Absolute figures belong to one machine on one day; ratios within one run are what can be compared. So every round
measures all candidates in turn, in an order that changes from round to round, and the tables show medians.

On the *empty* store every measurement gets a server of its own, freshly started on no data; start-up and memory come
from those starts. The *full* store is filled through the API before the first round, and its servers then stay up.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import load
import servers
from servers import BenchError, Candidate, Server
from support.postgres import Cluster, PostgresUnavailableError, bin_folder, postgres_cluster
from table import BASELINE, Place, Results, Sample, footprint_table, number, ratio, throughput_table

EMPTY, FULL = "empty", "full"
CANDIDATES = ("sqlite", "postgres", "localstripe", "localstripe-memory")
FILLING_CONNECTIONS = 64
TARGETS_ON_EMPTY = 200  # tokens made before retrieval is measured on an "empty" store
ANSWERS_MIN = 20  # a window holds this many, however long it takes: fewer say nothing
PATIENCE_SECONDS = 600.0
PACKAGES = ("apsw", "asyncpg", "uvicorn", "uvloop", "httptools", "msgspec", "pydantic-core", "cryptography")


@dataclass(frozen=True)
class Plan:
    """What this run measures."""

    candidates: tuple[str, ...]
    stores: tuple[str, ...]
    kinds: tuple[str, ...]
    connections: tuple[int, ...]
    rounds: int
    seconds: float
    warmup: float
    objects: int

    def places(self, store: str) -> Iterator[Place]:
        """Every load of one store, in the order of the table."""
        for kind in self.kinds:
            for connections in self.connections:
                yield Place(store, kind, connections)


FULL_LENGTH = Plan(
    CANDIDATES, (EMPTY, FULL), load.KINDS, (1, 16, 64), rounds=3, seconds=2.0, warmup=0.3, objects=100_000
)
QUICK = Plan(CANDIDATES, (EMPTY, FULL), load.KINDS, (16,), rounds=1, seconds=1.0, warmup=0.2, objects=5_000)


class Bench:
    """One run of the benchmark: the folder with everybody's data, and what was measured so far."""

    def __init__(self, plan: Plan, candidates: list[Candidate], folder: Path) -> None:
        self.plan = plan
        self.candidates = candidates
        self.folder = folder
        self.results = Results({candidate.name: candidate.title for candidate in candidates})

    def measure(self) -> Results:
        """Go through the plan."""
        if EMPTY in self.plan.stores:
            self._measure_empty()
        if FULL in self.plan.stores:
            self._measure_full()
        return self.results

    def _measure_empty(self) -> None:
        for candidate in self.candidates:
            self.results.objects[EMPTY, candidate.name] = 0
        for turn, place, candidate in self._turns(EMPTY):
            say(
                f"round {turn + 1}: {place.store}, {place.kind}, {place.connections} connections, {candidate.title}"
            )
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            with self._running(candidate, folder, EMPTY) as server:
                self._measure_once(place, candidate, server, folder)
            shutil.rmtree(folder)

    def _measure_full(self) -> None:
        with contextlib.ExitStack() as stack:
            running = {}
            for candidate in self.candidates:
                folder = Path(tempfile.mkdtemp(dir=self.folder))
                self._fill(candidate, folder)
                server = stack.enter_context(self._running(candidate, folder, FULL))
                running[candidate.name] = (server, folder)
            for turn, place, candidate in self._turns(FULL):
                say(
                    f"round {turn + 1}: {place.store}, {place.kind}, {place.connections} connections, {candidate.title}"
                )
                self._measure_once(place, candidate, *running[candidate.name])

    def _turns(self, store: str) -> Iterator[tuple[int, Place, Candidate]]:
        """Every measurement on one store; who goes first changes with the round."""
        for turn in range(self.plan.rounds):
            for place in self.plan.places(store):
                shift = turn % len(self.candidates)
                for candidate in self.candidates[shift:] + self.candidates[:shift]:
                    if place.kind not in load.OURS_ONLY or not candidate.name.startswith(BASELINE):
                        yield turn, place, candidate

    @contextlib.contextmanager
    def _running(self, candidate: Candidate, folder: Path, store: str) -> Iterator[Server]:
        server = Server(candidate, folder)
        seen = self.results.footprint(store, candidate.name)
        seen.start_milliseconds.append(server.start_milliseconds)
        seen.pss_at_start.append(server.pss_megabytes)
        try:
            yield server
            seen.pss_after.append(server.pss_megabytes)
        finally:
            server.stop()

    def _measure_once(self, place: Place, candidate: Candidate, server: Server, folder: Path) -> None:
        window = [
            f"--seconds={self.plan.seconds}",
            f"--warmup={self.plan.warmup}",
            f"--at-least={ANSWERS_MIN}",
        ]
        if place.kind in load.RETRIEVALS:
            window += [f"--targets={_targets(server, folder)}"]
        before = server.cpu_seconds
        answer = send(place.kind, server, place.connections, *window)
        spent = (server.cpu_seconds - before) / answer["answers"] * 1e6
        sample = Sample(answer["per_second"], answer["p50_us"], answer["p99_us"], spent, answer["cpu_us"])
        self.results.add(place, candidate.name, sample)

    def _fill(self, candidate: Candidate, folder: Path) -> None:
        """Half tokens, half customers, through the API."""
        objects = round(self.plan.objects * candidate.objects_share)
        begun = time.monotonic()
        server = Server(candidate, folder, candidate.filler)
        try:
            half = f"--requests={objects // 2}"
            send("create-token", server, FILLING_CONNECTIONS, half, f"--harvest={folder / 'ids'}")
            send("create-customer", server, FILLING_CONNECTIONS, half)
        finally:
            server.stop()
        self.results.objects[FULL, candidate.name] = objects
        say(f"filled {candidate.title} with {objects:,} objects in {time.monotonic() - begun:.0f} s")


def _targets(server: Server, folder: Path) -> Path:
    """The file of tokens to retrieve; a store that has none gets a few."""
    targets = folder / "ids"
    if not targets.exists():
        send("create-token", server, 16, f"--requests={TARGETS_ON_EMPTY}", f"--harvest={targets}")
    return targets


def send(kind: str, server: Server, connections: int, *arguments: str) -> dict[str, Any]:
    """Run the load generator in a process of its own.

    Returns:
        What it measured, the fields of `load.Result`.

    Raises:
        BenchError: The server answered something else than 200.
    """
    script = str(Path(load.__file__))
    command = [
        sys.executable,
        script,
        kind,
        f"--port={server.port}",
        f"--connections={connections}",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    if done.returncode:
        raise BenchError(
            f"{kind} on {server.title}: {done.stderr.strip()}\nThe server's log ends:\n{server.log_tail()}"
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def say(progress: str) -> None:
    """Progress goes to standard error, so that the table can be redirected."""
    print(progress, file=sys.stderr, flush=True)


# -- the environment ------------------------------------------------------------------------------------------------------


def environment(folder: Path, plan: Plan) -> str:
    """One line that says where the figures were made."""
    parts = [
        f"{os.cpu_count()} × {_cpu()}",
        f"{platform.system()} {platform.release()}, data on {_file_system(folder)}",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"Strongroom {version('strongroom')} ({', '.join(f'{name} {version(name)}' for name in PACKAGES)})",
    ]
    if "postgres" in plan.candidates:
        said = subprocess.run(
            [str(bin_folder() / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
        parts.append(said.stdout.strip())
    if any(name.startswith(BASELINE) for name in plan.candidates):
        parts.append(f"localstripe {servers.localstripe_version()}")
    return "; ".join(parts)


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _file_system(folder: Path) -> str:
    """The kind of file system `folder` is on: on tmpfs an fsync costs nothing, and the figures say nothing."""
    with contextlib.suppress(OSError):
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
        under = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
        return max(under)[1]
    return "an unknown file system"


# -- the command line -----------------------------------------------------------------------------------------------------


def plan_from(arguments: list[str]) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Strongroom beside localstripe, as a Markdown table.")
    names = (*CANDIDATES, EMPTY, FULL, *load.KINDS)
    parser.add_argument(
        "--quick", action="store_true", help="one short round at 16 connections, 5,000 objects"
    )
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 3)")
    parser.add_argument("--seconds", type=float, help="how long each measurement lasts (default 2)")
    parser.add_argument(
        "--connections", type=int, action="append", help="how many connections; may be repeated"
    )
    parser.add_argument("--objects", type=int, help="how many objects the full store holds (default 100,000)")
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        help="a server, store or request to stay with; may be repeated",
    )
    given = parser.parse_args(arguments)
    base = QUICK if given.quick else FULL_LENGTH
    only = given.only or []
    return Plan(
        candidates=_kept(base.candidates, only),
        stores=_kept(base.stores, only),
        kinds=_kept(base.kinds, only),
        connections=tuple(given.connections or base.connections),
        rounds=given.rounds or base.rounds,
        seconds=given.seconds or base.seconds,
        warmup=base.warmup,
        objects=given.objects or base.objects,
    )


def _kept(names: tuple[str, ...], only: list[str]) -> tuple[str, ...]:
    """Those of `names` that were asked for; all of them when `only` speaks of other things."""
    return tuple(name for name in names if name in only) or names


def candidates_of(plan: Plan, stack: contextlib.ExitStack) -> list[Candidate]:
    """Make ready what the plan's candidates need, PostgreSQL and localstripe, and return them."""
    if any(name.startswith(BASELINE) for name in plan.candidates):
        servers.install_localstripe()
    cluster: Cluster | None = (
        stack.enter_context(postgres_cluster()) if "postgres" in plan.candidates else None
    )
    makers: dict[str, Callable[[], Candidate]] = {
        "sqlite": servers.strongroom_on_sqlite,
        "postgres": lambda: servers.strongroom_on_postgres(cluster.fresh_database if cluster else str),
        "localstripe": servers.localstripe,
        "localstripe-memory": servers.localstripe_in_memory,
    }
    return [makers[name]() for name in plan.candidates]


def report(results: Results, plan: Plan, where: str) -> str:
    """Everything as Markdown."""
    parts = [
        where,
        f"{plan.rounds} round(s) of {plan.seconds:g} s, medians; {BASELINE} fsyncs nothing, Strongroom every commit.",
    ]
    for store in plan.stores:
        parts += [f"### {store.capitalize()} store", throughput_table(results, store)]
    every = (sample for samples in results.samples.values() for sample in samples)
    fastest = max(every, key=lambda sample: sample.per_second)
    parts += dynamic_costs(results)
    notes = (
        "Memory is that of the server's own processes, without PostgreSQL's. "
        "The load generator shared the machine; at its fastest it used "
        f"{fastest.load_cpu_us:.0f} µs of CPU per request, kernel included."
    )
    parts += ["### Start-up and memory", footprint_table(results), notes]
    return "\n\n".join(parts)


def dynamic_costs(results: Results) -> list[str]:
    """What it costs to have an intent's methods chosen: one sentence per server and load, ratios within a round."""
    said = []
    for place, name in results.samples:
        if place.kind == load.DYNAMIC:
            named = results.samples.get((replace(place, kind=load.NAMED), name), [])
            times = ratio(named, results.samples[place, name])
            where = f"{results.titles[name]}, {place.store} store, {place.connections} connections"
            said += (
                [f"Intents with dynamic methods cost {number(times)} × those that name them ({where})."]
                if times
                else []
            )
    return said


def main() -> None:
    """Measure and print."""
    plan = plan_from(sys.argv[1:])
    try:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strongroom-bench-")))
            candidates = candidates_of(plan, stack)
            results = Bench(plan, candidates, folder).measure()
            print(report(results, plan, environment(folder, plan)))
    except (BenchError, PostgresUnavailableError) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
