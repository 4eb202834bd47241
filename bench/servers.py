"""The candidates of the benchmark: how each is started, how it is filled, how it is stopped.

A candidate keeps its data in the folder it is started on: the same folder again means the same data.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import processes
from load import API_KEY

ROOT = Path(__file__).resolve().parent.parent

# The throw-away PostgreSQL is the tests'; whoever imports this module may import `support.postgres` after it.
sys.path.insert(0, str(ROOT / "tests"))

LOCALSTRIPE = "localstripe==1.15.10"
LOCALSTRIPE_SHARE = 1 / 20  # 5,000 objects where others hold 100,000; there it writes a handful a second
BENCH_VENV = ROOT / ".venv-bench"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.002  # the resolution of the start-up time


class BenchError(Exception):
    """A candidate did not do what it must before it can be measured; the message shows what it logged."""


@dataclass(frozen=True)
class Launch:
    """One way to start a server: its command, and what the environment adds (a password is no argument)."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Candidate:
    """A server to be measured."""

    name: str
    title: str
    ready: str
    """The path that answers 200 once it serves."""

    launch: Callable[[Path, int], Launch]
    objects_share: float = 1.0
    """How full its full store is beside the others', when filling it as much would take hours."""

    filler: Callable[[Path, int], Launch] | None = None
    """How it is started to be filled, when its usual way is too slow for that."""


class Server:
    """A running candidate."""

    def __init__(
        self, candidate: Candidate, folder: Path, launch: Callable[[Path, int], Launch] | None = None
    ) -> None:
        self.title = candidate.title
        self.port = free_port()
        self._log = folder / "server.log"
        how = (launch or candidate.launch)(folder, self.port)
        begun = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                how.command,
                cwd=folder,
                env=os.environ | how.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(candidate.ready, begun + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.start_milliseconds = (time.monotonic() - begun) * 1000

    @property
    def pss_megabytes(self) -> float:
        """Memory of all its processes, in MB."""
        return processes.pss_megabytes(self._process.pid)

    @property
    def cpu_seconds(self) -> float:
        """CPU time all its processes have used."""
        return processes.cpu_seconds(self._process.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """Ask it to stop, and make it when it does not."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self) -> str:
        """The last it said."""
        return self._log.read_text(errors="replace")[-3000:]

    def _wait_until_ready(self, path: str, deadline: float) -> None:
        while not self._answers(path):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{self.title} did not start:\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {API_KEY}"})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def strongroom_command(folder: Path, port: int) -> list[str]:
    """Start Strongroom the way its README says, on data of its own."""
    program = Path(sys.executable).parent / "strongroom"
    return [str(program), "serve", "--sandbox", "--port", str(port), "--data-dir", str(folder / "data")]


def strongroom_on_sqlite() -> Candidate:
    """Strongroom with its embedded database."""
    return Candidate(
        "sqlite",
        "Strongroom, SQLite",
        "/healthz",
        lambda folder, port: Launch(strongroom_command(folder, port), {"STRONGROOM_DATABASE": "sqlite"}),
    )


def strongroom_on_postgres(fresh_database: Callable[[], str]) -> Candidate:
    """Strongroom on PostgreSQL, every folder with a database of its own."""
    addresses: dict[Path, str] = {}

    def launch(folder: Path, port: int) -> Launch:
        address = addresses.get(folder) or addresses.setdefault(folder, fresh_database())
        return Launch(strongroom_command(folder, port), {"STRONGROOM_DATABASE": address})

    return Candidate("postgres", "Strongroom, PostgreSQL", "/healthz", launch)


def localstripe() -> Candidate:
    """Localstripe as it ships. Its writes cost more the more it holds, so it gets few, and while in memory."""
    return Candidate(
        "localstripe",
        "localstripe",
        "/v1/customers",
        _localstripe_launch,
        objects_share=LOCALSTRIPE_SHARE,
        filler=_localstripe_in_memory,
    )


def localstripe_in_memory() -> Candidate:
    """Localstripe without its disk writes: nothing it has acknowledged would survive."""
    return Candidate(
        "localstripe-memory",
        "localstripe, disk writes off",
        "/v1/customers",
        _localstripe_in_memory,
        objects_share=LOCALSTRIPE_SHARE,
    )


def _localstripe_launch(folder: Path, port: int) -> Launch:
    script = Path(__file__).with_name("localstripe_server.py")
    places = ["--port", str(port), "--store", str(folder / "localstripe.pickle")]
    return Launch([str(BENCH_VENV / "bin" / "python"), str(script), *places], {})


def _localstripe_in_memory(folder: Path, port: int) -> Launch:
    usual = _localstripe_launch(folder, port)
    return Launch([*usual.command, "--memory-only"], usual.environment)


def localstripe_version() -> str:
    """The version in the benchmark's own environment; empty when it is not installed."""
    ask = "import importlib.metadata as m; print(m.version('localstripe'))"
    try:
        command = [str(BENCH_VENV / "bin" / "python"), "-c", ask]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def install_localstripe() -> None:
    """Make `.venv-bench` with localstripe in it, unless it is there. Its licence (GPL) stays out of our own environment."""
    if localstripe_version() == LOCALSTRIPE.partition("==")[2]:
        return
    print(f"== installing {LOCALSTRIPE} into {BENCH_VENV.name}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(BENCH_VENV)], check=True)
    quiet = ["--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [str(BENCH_VENV / "bin" / "python"), "-m", "pip", *quiet, "install", LOCALSTRIPE], check=True
    )
