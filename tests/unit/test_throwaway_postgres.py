"""The PostgreSQL that tests run on: empty, durable, isolated, and back after a kill."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import postgres as throwaway


def _name(address):
    return address.rsplit("/", 1)[1]


def test_every_fresh_database_is_empty_and_its_own(postgres):
    first, second = _name(postgres.fresh_database()), _name(postgres.fresh_database())
    postgres.execute("CREATE TABLE note (text text)", first)
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert (postgres.execute(count, first), postgres.execute(count, second)) == ("1", "0")


def test_commits_wait_for_the_disk(postgres):
    settings = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')"
    assert postgres.execute(settings) == "on|on|on"


def test_what_was_committed_survives_kill_and_restart():
    """A cluster of its own: killing the shared one would break other tests' connections."""
    with throwaway.postgres_cluster() as cluster:
        name = _name(cluster.fresh_database())
        cluster.execute("CREATE TABLE note AS SELECT 'kept' AS text", name)
        first = cluster.pid
        cluster.kill()
        cluster.start()
        assert cluster.execute("SELECT text FROM note", name) == "kept"
        cluster.restart()
        assert cluster.execute("SELECT text FROM note", name) == "kept"
        assert cluster.pid != first
    assert not cluster.folder.exists()


def test_a_killed_test_run_leaves_no_server_behind():
    """SIGKILL runs no `finally`; a server per killed run would fill the machine."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from support.postgres import postgres_cluster\n"
        "with postgres_cluster() as cluster: print(cluster.port, cluster.folder, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(Path(throwaway.__file__).parents[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        port, folder = run.stdout.readline().split()
        assert Path(folder).is_dir()
        run.kill()
    deadline = time.monotonic() + 20
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.02)  # the guard is nobody's child any more: there is nothing to wait on
    assert not Path(folder).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)))


def test_without_postgresql_one_sentence_says_what_to_do():
    """In an interpreter of its own that finds no programs and is not root."""
    script = (
        "import os, sys; sys.path.insert(0, sys.argv.pop(1)); from support import postgres\n"
        "postgres.FOLDERS = (); os.environ['PATH'] = ''; os.geteuid = lambda: 1000; postgres.main()"
    )
    tests = str(Path(throwaway.__file__).parents[1])
    command = [sys.executable, "-c", script, tests, "--ensure-installed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt-get install postgresql" in done.stderr


def test_the_default_cluster_is_switched_off_once(tmp_path):
    settings = tmp_path / "createcluster.conf"
    settings.write_text("# Create a main cluster?\n#create_main_cluster = true\nstart_conf = 'auto'\n")
    for _ in range(2):
        throwaway._switch_default_cluster_off(settings)
    assert (
        settings.read_text() == "# Create a main cluster?\nstart_conf = 'auto'\ncreate_main_cluster = false\n"
    )
