"""Opening a SQLite file so that nothing acknowledged can be lost: library version, file system, lock, settings."""

import fcntl
import os
from pathlib import Path
from typing import IO, Any, Final, Literal

import apsw

from strongroom.errors import CannotServe
from strongroom.store.schema import Applied, Choose, Migration, Shape, load
from strongroom.store.tables import Index

# Older libraries can corrupt a WAL database with two connections when one resets the log; the fix was ported back to
# two older lines, and 3.52.0 was withdrawn.
FIXED_SINCE: Final = (3, 51, 3)
BACKPORTS: Final = {(3, 50): 7, (3, 44): 6}
WITHDRAWN: Final = {(3, 52, 0)}

# Locks and shared memory do not work, or not reliably, across these.
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "afs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.glusterfs",
    }
)

BUSY_MILLISECONDS: Final = 5_000

# In this order. Each is read back after it was set; a library built to ignore one is refused.
SETTINGS: Final[tuple[tuple[str, str | int], ...]] = (
    ("journal_mode", "wal"),
    ("synchronous", 2),  # FULL: a commit returns after the log was flushed
    ("fullfsync", 1),  # macOS: flushed means on the medium
    ("checkpoint_fullfsync", 1),
    ("foreign_keys", 1),
    ("secure_delete", 1),
    ("trusted_schema", 0),
    ("mmap_size", 0),  # a failing disk must be an error, not a signal
    ("wal_autocheckpoint", 0),  # checkpoints happen off the commit path
    ("cache_size", -16_384),
    ("temp_store", 2),
)

HISTORY: Final = (
    "CREATE TABLE IF NOT EXISTS schema_migrations "
    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT"
)

# How `tables.py`'s types are called here.
TYPES: Final = {"text": "TEXT", "integer": "INTEGER", "blob": "BLOB", "boolean": "INTEGER"}

Role = Literal["writer", "reader"]


class UnsafeDatabase(CannotServe):
    """Opening this database could lose or corrupt what was acknowledged."""


class DatabaseInUse(CannotServe):
    """Another process serves this database."""


def refuse_library(version: str) -> None:
    """Refuse a SQLite that can corrupt a write-ahead log.

    Raises:
        UnsafeDatabase: `version`, such as `3.51.2`, is one of them.
    """
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    number = (major, minor, patch)
    fixed = number >= FIXED_SINCE or patch >= BACKPORTS.get((major, minor), patch + 1)
    if number in WITHDRAWN or not fixed:
        raise UnsafeDatabase(f"SQLite {version} can corrupt its write-ahead log; 3.51.3 or newer is needed.")


def refuse_network_file_system(path: Path, mounts: str) -> None:
    """Refuse a path on a network file system.

    Args:
        path: the database, absolute, symbolic links resolved.
        mounts: what `/proc/mounts` says.

    Raises:
        UnsafeDatabase: it is on one.
    """
    points = [(_unescaped(fields[1]), fields[2]) for fields in map(str.split, mounts.splitlines())]
    over = [
        (len(point), order, kind) for order, (point, kind) in enumerate(points) if path.is_relative_to(point)
    ]
    # The longest mount point is the path's; of several mounts on one point the last is the one that shows.
    kind = max(over)[2] if over else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise UnsafeDatabase(f"{path} is on a {kind} file system, where SQLite cannot keep its promises.")


def _unescaped(mount_point: str) -> str:
    return mount_point.replace("\\040", " ")


def refuse_where_unsafe(path: Path) -> None:
    """Refuse to open `path` with this library on this file system.

    Raises:
        UnsafeDatabase: either is unsafe.
    """
    refuse_library(apsw.sqlite_lib_version())
    mounts = Path("/proc/mounts")
    if mounts.exists():
        refuse_network_file_system(path.resolve(), mounts.read_text("utf-8", errors="replace"))


def lock(path: Path) -> IO[str]:
    """Take the database for this process until the returned file is closed.

    Raises:
        DatabaseInUse: another process has it.
    """
    held = _private(path.with_name(path.name + ".lock")).open("r+", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = held.read(20).strip()
        held.close()
        raise DatabaseInUse(f"{path} is in use by process {holder or 'unknown'}.") from None
    held.truncate()
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def _private(path: Path) -> Path:
    """Make sure the file exists, readable by its owner only if it is new."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return path


def connect(path: Path, role: Role, vfs: str | None = None) -> apsw.Connection:
    """Open a connection with the settings above, verified.

    Raises:
        UnsafeDatabase: a setting did not take effect.
    """
    writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    _private(path)
    connection = apsw.Connection(str(path), flags=writing, vfs=vfs)
    connection.set_busy_timeout(BUSY_MILLISECONDS)
    for name, value in SETTINGS:
        connection.execute(f"PRAGMA {name} = {value}")
        if (found := connection.execute(f"PRAGMA {name}").get) != value:
            connection.close()
            raise UnsafeDatabase(f"SQLite keeps {name} at {found!r} instead of {value!r}.")
    if role == "reader":
        connection.execute("PRAGMA query_only = 1")
    return connection


def _all(connection: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """Return all rows; apsw's own type for a value is a union nobody can use."""
    return connection.execute(sql, values).fetchall()


def history(connection: apsw.Connection) -> list[Applied]:
    """Return the migrations this database has had."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get:
        return []
    rows = _all(connection, "SELECT number, name, sha256 FROM schema_migrations ORDER BY number")
    return [Applied(*row) for row in rows]


def migrate(connection: apsw.Connection, choose: Choose) -> list[Migration]:
    """Run the migrations that `choose` finds missing, all or none, and return them.

    Raises:
        schema.SchemaError: as `choose`.
    """
    known = load("sqlite")
    if not choose(history(connection), known):
        return []
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again now that nobody else can answer it: another process may have been faster.
        missing = choose(history(connection), known)
        connection.execute(HISTORY)
        for migration in missing:
            connection.execute(migration.sql)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", migration.applied)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return missing


def faults(connection: apsw.Connection) -> list[str]:
    """Return what SQLite finds wrong with the file, a line each."""
    broken = [str(line) for (line,) in _all(connection, "PRAGMA integrity_check") if line != "ok"]
    dangling = _all(connection, "PRAGMA foreign_key_check")
    return broken + [f"a reference from {table}, row {seq}, leads nowhere" for table, seq, *_ in dangling]


def shapes(connection: apsw.Connection) -> dict[str, Shape]:
    """Return the tables of this database as they are."""
    names = _all(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'schema_migrations'",
    )
    return {name: Shape(_columns(connection, name), _indexes(connection, name)) for (name,) in names}


def _columns(connection: apsw.Connection, table: str) -> dict[str, tuple[str, bool]]:
    found = _all(connection, 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (table,))
    return {name: (kind, not (required or primary)) for name, kind, required, primary in found}


def _indexes(connection: apsw.Connection, table: str) -> dict[Index, bool]:
    """Return the indexes; a list's index ends with the row's number by itself here, which elsewhere is `seq`."""
    found: dict[Index, bool] = {}
    for name, unique in _all(connection, 'SELECT name, "unique" FROM pragma_index_list(?)', (table,)):
        info = _all(connection, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,))
        ((sql,),) = _all(connection, "SELECT sql FROM sqlite_schema WHERE name = ?", (name,))
        _, _, condition = (sql or "").partition(" WHERE ")
        columns = tuple(column for (column,) in info) + (() if unique else ("seq",))
        found[Index(columns, condition.removesuffix(" IS NOT NULL") or None)] = bool(unique)
    return found
