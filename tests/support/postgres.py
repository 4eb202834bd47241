"""A throw-away PostgreSQL cluster, and the command that makes sure there is one to throw away.

Standard library only: `make test` runs this file with the interpreter it finds, before anything else is installed.
Every cluster lives in a folder of its own and is gone with it, so no test ever meets a server somebody else uses.
"""

import argparse
import contextlib
import itertools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OLDEST_VERSION = (
    15  # the first whose CREATE DATABASE needs no checkpoint, which is what makes a fresh one cheap
)
PROGRAMS = ("initdb", "postgres", "psql")
FOLDERS = (  # where packages put the programs, when not on the PATH: Debian, PGDG for RPM, Homebrew
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
HOW_TO_INSTALL = (
    f"PostgreSQL {OLDEST_VERSION} or newer was not found (looked for initdb, postgres and psql on the PATH and in "
    "/usr/lib/postgresql/*/bin). Install it, on Debian or Ubuntu with 'apt-get install postgresql', "
    "on macOS with 'brew install postgresql@17', then run this again. No server needs to be running."
)
SETTINGS = {  # durable as in production, small as in a test
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "logging_collector": "off",
}
# Waits for a word from us, or for our end, however sudden: then it stops the server whose folder it was given, and removes it.
GUARD = """read -r word && exit
pid_file=$1/data/postmaster.pid
kill -QUIT "$(head -n 1 "$pid_file")" && while [ -e "$pid_file" ]; do sleep 0.1; done
rm -rf "$1"
"""
START_SECONDS = 60.0
POLL_SECONDS = 0.01  # the postmaster announces readiness in a file only; pg_ctl polls it as well
SERVER_ACCOUNT = (
    "postgres"  # the operating system's user when we are root, whom initdb refuses; also the superuser
)


class PostgresUnavailableError(RuntimeError):
    """There is no usable PostgreSQL, or it did not start; the message says which and what to do."""


@cache
def bin_folder() -> Path:
    """The folder of the newest installed PostgreSQL.

    Raises:
        PostgresUnavailableError: None is new enough.
    """
    found = [(version, folder) for folder in _candidate_folders() if (version := _version_in(folder))]
    if not found or max(found)[0] < OLDEST_VERSION:
        raise PostgresUnavailableError(HOW_TO_INSTALL)
    return max(found)[1]


def _candidate_folders() -> Iterator[Path]:
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    for pattern in FOLDERS:
        yield from Path("/").glob(pattern.removeprefix("/"))


def _version_in(folder: Path) -> int:
    """The major version installed in `folder`; 0 when it lacks one of the programs we need."""
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return 0
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"(\d+)", said)
    return int(number[1]) if number else 0


class Cluster:
    """One running PostgreSQL server with a data folder, a port and a password of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.port = _free_port()
        self._data = folder / "data"
        self._numbers = itertools.count(1)
        # A superuser without a password could be used by anybody on the machine to run programs as our user.
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        assert self._process is not None, "the cluster is not running"
        return self._process.pid

    def create(self) -> None:
        """Fill the data folder; `start` comes next."""
        password_file = self.folder / "password"
        password_file.write_text(self._password)
        self._own(self.folder, password_file)
        arguments = [
            "--pgdata",
            str(self._data),
            "--username",
            SERVER_ACCOUNT,
            "--pwfile",
            str(password_file),
        ]
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        with self.log.open("ab") as log:
            if self._spawn("initdb", *arguments, *options, log=log.fileno()).wait():
                raise PostgresUnavailableError(f"initdb failed:\n{self.log_text()}")

    def start(self) -> None:
        """Start the server and return once it takes connections.

        Raises:
            PostgresUnavailableError: It went away again, or was not ready in a minute; the message ends with its log.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self._started(deadline):
            # After `kill` the last backend may outlive its postmaster by an instant; the new one then refuses.
            if (
                "pre-existing shared memory block" not in self.log_text()[-2000:]
                or time.monotonic() > deadline
            ):
                raise PostgresUnavailableError(f"PostgreSQL did not start:\n{self.log_text()[-4000:]}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Shut down at once, as a crash does: nothing is flushed that was not durable before."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill the postmaster; its backends follow by themselves. `start` recovers from the log."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Break every connection, recover, and take connections again on the same port."""
        self.stop()
        self.start()

    def fresh_database(self) -> str:
        """Create an empty database that nobody else will be given.

        Returns:
            Its address, `postgresql://user:password@127.0.0.1:port/name`.
        """
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, database: str) -> str:
        """The address of one database of this cluster."""
        return f"postgresql://{SERVER_ACCOUNT}:{self._password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = SERVER_ACCOUNT) -> str:
        """Run one statement as superuser outside any test's own connections.

        Returns:
            The rows, one a line, columns separated by `|`.
        """
        command = [str(bin_folder() / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        command += ["--set", "ON_ERROR_STOP=1", "--command", statement]
        done = subprocess.run(
            command, env=self._client(database), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return str(done.stdout).strip()

    def dump(self, address: str) -> bytes:
        """Everything a database holds, as the text `pg_dump` writes; bytes appear in hexadecimal."""
        program = bin_folder() / "pg_dump"
        return subprocess.run([program, address], check=True, capture_output=True).stdout

    def log_text(self) -> str:
        """What the server has logged so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _client(self, database: str) -> dict[str, str]:
        """The environment that leads psql to this cluster; on its command line everybody could read the password."""
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": database}
        return os.environ | place | {"PGUSER": SERVER_ACCOUNT, "PGPASSWORD": self._password}

    def _started(self, deadline: float) -> bool:
        settings = [f"--{name}={value}" for name, value in self._settings().items()]
        with self.log.open("ab") as log:
            self._process = self._spawn("postgres", "-D", str(self._data), *settings, log=log.fileno())
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._ready():
                return True
            time.sleep(POLL_SECONDS)
        self._end(signal.SIGQUIT)
        return False

    def _settings(self) -> dict[str, str]:
        return SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.folder)}

    def _ready(self) -> bool:
        """Whether the postmaster we started has written that it takes connections (line 8 of its pid file)."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait()
        self._process = None

    def _spawn(self, program: str, *arguments: str, log: int) -> "subprocess.Popen[bytes]":
        """Start a program as the right user, in a session of its own so that Ctrl-C reaches only the tests."""
        account = SERVER_ACCOUNT if os.geteuid() == 0 else None
        return subprocess.Popen(
            [bin_folder() / program, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            start_new_session=True,
        )

    @staticmethod
    def _own(*paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, SERVER_ACCOUNT, SERVER_ACCOUNT)


@contextlib.contextmanager
def postgres_cluster() -> Iterator[Cluster]:
    """A running cluster, stopped and removed on the way out.

    Raises:
        PostgresUnavailableError: PostgreSQL is not installed or does not start.
    """
    # Directly under /tmp: a socket's path may have about a hundred characters, and TMPDIR is sometimes longer than that.
    with (
        tempfile.TemporaryDirectory(
            prefix="strongroom-postgres-", dir="/tmp", ignore_cleanup_errors=True
        ) as folder,
        _guard(Path(folder)),
    ):
        cluster = Cluster(Path(folder))
        cluster.create()
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextlib.contextmanager
def _guard(folder: Path) -> Iterator[None]:
    """See to it that nothing stays behind of a test run that was killed."""
    command = ["/bin/sh", "-c", GUARD, "guard", str(folder)]
    quiet = subprocess.DEVNULL
    # In a session of its own, so that what kills the tests with their process group spares it.
    guard = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        guard.communicate(b"done\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ensure_installed() -> None:
    """Install PostgreSQL where that is ours to do (root, on Debian or Ubuntu), unless it is there.

    Raises:
        PostgresUnavailableError: It is not there and we may not or can not install it.
    """
    with contextlib.suppress(PostgresUnavailableError):
        bin_folder()
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise PostgresUnavailableError(HOW_TO_INSTALL)
    print("== installing PostgreSQL with apt-get")
    _apt_get("update")
    _apt_get("install", "postgresql-common")
    _switch_default_cluster_off(Path("/etc/postgresql-common/createcluster.conf"))
    _apt_get("install", "postgresql")
    bin_folder()


def _apt_get(action: str, *packages: str) -> None:
    # confold: our own line in createcluster.conf must not make dpkg ask which version to keep.
    options = ["-qq", "--yes", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    command = ["apt-get", *options, action, *packages]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PostgresUnavailableError(
            f"'{' '.join(command)}' failed: {done.stderr.strip()}\n{HOW_TO_INSTALL}"
        )


def _switch_default_cluster_off(settings: Path) -> None:
    """Tell Debian's packaging not to create and start a server on port 5432; nobody asked for one."""
    line = "create_main_cluster = false\n"
    before = settings.read_text() if settings.exists() else ""
    settings.write_text(re.sub(r"(?m)^#?\s*create_main_cluster\b.*\n?", "", before) + line)


def main() -> None:
    """Run `--ensure-installed` from the command line."""
    parser = argparse.ArgumentParser(description="PostgreSQL for the tests.")
    parser.add_argument(
        "--ensure-installed", action="store_true", required=True, help="install it if it is missing"
    )
    parser.parse_args()
    try:
        ensure_installed()
    except PostgresUnavailableError as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
