"""What only the embedded engine has: settings, a lock file, a log of its own, and a disk that can fail under it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from strongroom.errors import Unavailable
from strongroom.store import Row, WriteSet, migrate, open_store, plan, sqlite, sqlite_file
from strongroom.store.sqlite import open_sqlite
from strongroom.store.sqlite_file import DatabaseInUse, UnsafeDatabase
from support.migrations import MIGRATIONS


class Disk(apsw.VFS):
    """The real file layer, with faults to plant in the write-ahead log."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: Exception | None = None
        self.failing = "sync"
        self.flushing = threading.Event()
        self.may_flush = threading.Event()
        self.may_flush.set()
        super().__init__(name, "")

    def xOpen(self, name, flags):  # noqa: N802 -- apsw calls it so
        return File(self, name, flags)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name, flags) -> None:
        self.disk = disk
        self.is_log = flags[0] & apsw.SQLITE_OPEN_WAL
        super().__init__("", name, flags)

    def _meet(self, step: str) -> None:
        if self.is_log and self.disk.failure is not None and self.disk.failing == step:
            raise self.disk.failure

    def xSync(self, flags):  # noqa: N802 -- apsw calls it so
        if self.is_log:
            self.disk.flushing.set()
            self.disk.may_flush.wait(10)
        self._meet("sync")
        return super().xSync(flags)

    def xWrite(self, data, offset):  # noqa: N802 -- apsw calls it so
        self._meet("write")
        return super().xWrite(data, offset)


@pytest.fixture
def disk(request):
    disk = Disk(request.node.name)
    yield disk
    disk.unregister()


def event(row_id: str, size: int = 5) -> Row:
    columns = {"created": 1, "type": "t", "object_id": "o"}
    return Row("events", "acct_1", False, row_id, 0, 0, columns, bytes(size))


def write(row_id: str, size: int = 5) -> WriteSet:
    return WriteSet(inserts=[event(row_id, size)])


async def event_ids(store) -> list[str]:
    return [row.id for row in await store.scan("events", 0, 999)]


# -- durable ----------------------------------------------------------------------------------------------------------


def test_every_connection_has_the_settings_that_make_commits_durable(tmp_path):
    async def scene():
        store = await open_sqlite(tmp_path / "store.db")
        for connection in (store._writer, store._reader, store._copier):
            found = {name: connection.execute(f"PRAGMA {name}").get for name, _ in sqlite_file.SETTINGS}
            assert found["journal_mode"] == "wal"
            assert found["synchronous"] == 2
            assert (found["secure_delete"], found["trusted_schema"], found["foreign_keys"]) == (1, 0, 1)
            assert (found["mmap_size"], found["wal_autocheckpoint"], found["fullfsync"]) == (0, 0, 1)
        assert store._reader.execute("PRAGMA query_only").get == 1
        await store.close()

    asyncio.run(scene())


def test_a_setting_that_does_not_take_effect_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "SETTINGS", (*sqlite_file.SETTINGS, ("page_size", 1_000)))
    with pytest.raises(UnsafeDatabase, match="page_size"):
        sqlite_file.connect(tmp_path / "store.db", "writer")


def test_nothing_is_answered_or_seen_before_the_log_is_flushed(tmp_path, disk):
    async def scene():
        store = await open_sqlite(tmp_path / "store.db", vfs=disk.name)
        disk.flushing.clear()
        disk.may_flush.clear()
        task = asyncio.create_task(store.commit(write("evt_1")))
        assert await asyncio.to_thread(disk.flushing.wait, 10)
        assert not task.done()
        assert await event_ids(store) == []
        disk.may_flush.set()
        await task
        assert await event_ids(store) == ["evt_1"]
        await store.close()

    asyncio.run(scene())


def test_while_one_batch_is_flushed_the_next_one_gathers(tmp_path, disk):
    async def scene():
        store = await open_sqlite(tmp_path / "store.db", vfs=disk.name)
        commits = []
        store._writer.set_commit_hook(lambda: bool(commits.append(1)))
        disk.flushing.clear()
        disk.may_flush.clear()
        tasks = [asyncio.create_task(store.commit(write("evt_0")))]
        assert await asyncio.to_thread(disk.flushing.wait, 10)
        tasks += [asyncio.create_task(store.commit(write(f"evt_{n}"))) for n in range(1, 50)]
        disk.may_flush.set()
        await asyncio.gather(*tasks)
        assert len(commits) == 2
        assert len(await event_ids(store)) == 50
        await store.close()

    asyncio.run(scene())


def test_a_killed_process_leaves_a_sound_file_with_all_it_acknowledged(tmp_path):
    path = tmp_path / "store.db"
    program = """
import asyncio, sys
from strongroom.store import Row, WriteSet, open_store

async def main():
    store = await open_store(sys.argv[1])
    async def client(client_number):
        for n in range(100_000):
            row_id = f"evt_{client_number}_{n}"
            columns = {"created": 1, "type": "t", "object_id": "o"}
            await store.commit(WriteSet(inserts=[Row("events", "acct_1", False, row_id, 0, 0, columns, bytes(999))]))
            print(row_id, flush=True)
    await asyncio.gather(*map(client, range(8)))

asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        acknowledged = [next(process.stdout).strip() for _ in range(500)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]

    async def scene():
        store = await open_store(path)
        assert await store.check() == []
        assert len(acknowledged) >= 500
        assert set(acknowledged) == set(await store.get_many("events", "acct_1", False, acknowledged))
        await store.close()

    asyncio.run(scene())


# -- when the disk fails ----------------------------------------------------------------------------------------------


def test_a_commit_that_fails_on_the_medium_ends_all_writing(tmp_path, disk):
    """After a failed flush the next one may succeed without having happened: only a restart can tell what is there."""

    async def scene():
        fatal = []
        store = await open_sqlite(tmp_path / "store.db", fatal=fatal.append, vfs=disk.name)
        await store.commit(write("evt_before"))
        disk.failure = apsw.IOError("planted")
        first = [store.commit(write(f"evt_{n}")) for n in range(3)]
        results = await asyncio.gather(*first, return_exceptions=True)
        assert [type(result) for result in results] == [Unavailable] * 3
        assert len({id(result) for result in results}) == 3
        assert len(fatal) == 1
        disk.failure = None
        with pytest.raises(Unavailable):
            await store.commit(write("evt_after"))
        assert "evt_before" in await event_ids(store)
        await store.close()

    asyncio.run(scene())
    assert asyncio.run(checked(tmp_path / "store.db")) == []


async def checked(path: Path) -> list[str]:
    store = await open_store(path)
    try:
        return await store.check()
    finally:
        await store.close()


@pytest.mark.parametrize("company", [1, 3])
def test_a_full_disk_refuses_writes_until_there_is_room(tmp_path, disk, company):
    async def scene():
        fatal = []
        store = await open_sqlite(tmp_path / "store.db", fatal=fatal.append, vfs=disk.name)
        disk.failing, disk.failure = "write", apsw.FullError("planted")
        sets = [store.commit(write(f"evt_{n}")) for n in range(company)]
        results = await asyncio.gather(*sets, return_exceptions=True)
        assert [(type(result), result.http_status) for result in results] == [(Unavailable, 503)] * company
        assert await event_ids(store) == []
        disk.failure = None
        await store.commit(write("evt_1"))
        assert await event_ids(store) == ["evt_1"]
        assert fatal == []
        await store.close()

    asyncio.run(scene())


def test_damage_in_the_file_is_found_by_check(tmp_path):
    path = tmp_path / "store.db"

    async def fill():
        store = await open_store(path)
        await asyncio.gather(*[store.commit(write(f"evt_{n}", 3_000)) for n in range(50)])
        await store.close()

    asyncio.run(fill())
    assert asyncio.run(checked(path)) == []
    damaged = apsw.Connection(str(path))
    damaged.execute(
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 5 WHERE name = 'events_listed'"
    )
    damaged.close()
    assert asyncio.run(checked(path)) != []


# -- one server a file ------------------------------------------------------------------------------------------------


def test_two_servers_never_share_a_file(tmp_path):
    path = tmp_path / "store.db"

    async def scene():
        store = await open_store(path)
        with pytest.raises(DatabaseInUse, match=f"process {os.getpid()}"):
            await open_store(path)
        with pytest.raises(DatabaseInUse):
            await migrate(path)
        await store.close()
        await (await open_store(path)).close()

    asyncio.run(scene())


def test_a_command_may_write_beside_a_running_server(tmp_path):
    path = tmp_path / "store.db"

    async def scene():
        server = await open_store(path)
        command = await open_store(path, exclusive=False)
        await command.commit(write("evt_command"))
        await server.commit(write("evt_server"))
        await command.close()
        assert await event_ids(server) == ["evt_command", "evt_server"]
        await server.close()

    asyncio.run(scene())


def test_the_loop_runs_on_while_another_process_holds_the_file(tmp_path):
    path = tmp_path / "store.db"

    async def scene():
        store = await open_store(path)
        command = apsw.Connection(str(path))
        command.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(store.commit(write("evt_1")))
        for _ in range(100):
            await asyncio.sleep(0)
        assert await event_ids(store) == []
        command.execute("ROLLBACK")
        await task
        assert await event_ids(store) == ["evt_1"]
        command.close()
        await store.close()

    asyncio.run(scene())


def test_commands_that_found_a_file_together_found_it_once(tmp_path):
    path = tmp_path / "store.db"

    def found() -> None:
        async def scene():
            await (await open_store(path, exclusive=False)).close()

        asyncio.run(scene())

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(found) for _ in range(4)]:
            done.result()
    assert asyncio.run(checked(path)) == []


def test_closing_twice_is_closing_once(tmp_path):
    async def scene():
        store = await open_store(tmp_path / "store.db")
        await store.close()
        await store.close()

    asyncio.run(scene())


def test_a_new_file_is_readable_by_its_owner_only(tmp_path):
    async def scene():
        store = await open_store(f"sqlite://{tmp_path}/store.db")
        await store.commit(write("evt_1"))
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
        names = ["store.db", "store.db-shm", "store.db-wal", "store.db.lock"]
        assert modes == dict.fromkeys(names, "0o600")
        await store.close()

    asyncio.run(scene())


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("3.40.1", False), ("3.44.5", False), ("3.44.6", True), ("3.45.9", False), ("3.50.6", False),
        ("3.50.7", True), ("3.51.2", False), ("3.51.3", True), ("3.52.0", False), ("3.52.1", True),
        ("3.53.0", True), ("4.0.0", True),
    ],
)  # fmt: skip
def test_a_library_that_can_corrupt_its_log_is_refused(version, good):
    if good:
        sqlite_file.refuse_library(version)
    else:
        with pytest.raises(UnsafeDatabase, match=version):
            sqlite_file.refuse_library(version)


MOUNTS = """/dev/vda / ext4 rw 0 0
server:/export /mnt/share nfs4 rw 0 0
/dev/vdb /mnt/share/local ext4 rw 0 0
//server/share /mnt/with\\040space cifs rw 0 0
me@server: /home/me/far fuse.sshfs rw 0 0
server:/b /over nfs rw 0 0
/dev/vdc /over xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/store.db", None),
        ("/mnt/share/store.db", "nfs4"),
        ("/mnt/shared/store.db", None),
        ("/mnt/share/local/store.db", None),
        ("/mnt/with space/store.db", "cifs"),
        ("/home/me/far/away/store.db", "fuse.sshfs"),
        ("/over/store.db", None),
    ],
)
def test_a_network_file_system_is_refused(path, kind):
    if kind is None:
        sqlite_file.refuse_network_file_system(Path(path), MOUNTS)
    else:
        with pytest.raises(UnsafeDatabase, match=kind):
            sqlite_file.refuse_network_file_system(Path(path), MOUNTS)


# -- the log ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart_pages", [200, 1_000_000])
def test_under_constant_writing_the_log_is_begun_anew(tmp_path, monkeypatch, restart_pages):
    """With the limit out of reach, the second case, the same writing makes it far longer."""
    monkeypatch.setattr(sqlite, "RESTART_PAGES", restart_pages)
    path = tmp_path / "store.db"

    async def scene():
        store = await open_store(path)

        async def client(number):
            for n in range(25):
                await store.commit(write(f"evt_{number}_{n}", 20_000))

        await asyncio.gather(*map(client, range(8)))
        longest = path.with_name("store.db-wal").stat().st_size // 4_096
        assert (longest < 400) == (restart_pages == 200)
        assert len(await event_ids(store)) == 200
        await store.close()

    asyncio.run(scene())


def test_the_log_is_copied_back_while_writing_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 20)
    path = tmp_path / "store.db"

    async def scene():
        store = await open_store(path)
        for n in range(20):
            await store.commit(write(f"evt_{n}", 20_000))
        await store._copying
        assert path.stat().st_size > 100_000
        await store.close()

    asyncio.run(scene())


def test_an_idle_plan_leaves_no_file_behind(tmp_path):
    path = tmp_path / "store.db"
    assert asyncio.run(plan(path)) == MIGRATIONS
    assert list(tmp_path.iterdir()) == []
