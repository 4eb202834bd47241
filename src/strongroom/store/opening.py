"""From an address to an open store, and the migrations of one. Only the engine that is asked for is imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from strongroom.store.rows import Store

POSTGRES_SCHEMES: Final = ("postgresql://", "postgres://")
SQLITE_SCHEME: Final = "sqlite://"


def is_postgres(address: str | Path) -> bool:
    """Whether an address leads to PostgreSQL."""
    return str(address).startswith(POSTGRES_SCHEMES)


def sqlite_path(address: str | Path) -> Path:
    """Return the file an address means: a path, or one behind `sqlite://`, as in `sqlite:///var/lib/strongroom.db`."""
    return Path(str(address).removeprefix(SQLITE_SCHEME))


async def open_store(
    address: str | Path, *, exclusive: bool = True, fatal: Callable[[BaseException], None] | None = None
) -> Store:
    """Open the store at `address`; an empty database is given its tables.

    Args:
        address: `postgresql://…`, `sqlite:///path`, or a path.
        exclusive: SQLite only: whether no other server may have it. False for a short writer, such as a command that
            makes a key beside a running server.
        fatal: called once when a commit has failed on the medium. No write is taken from then on, and the process
            should end: only a restart, which reads back what is durable, can tell what that commit did.

    Raises:
        SchemaTooNew: a newer program has migrated it.
        SchemaTooOld: it lacks migrations; see `migrate`.
        SchemaDiffers: it had a migration that is not ours.
        UnsafeDatabase: the database, or where it lies, cannot promise that what is committed stays.
        DatabaseInUse: another server has the SQLite file.
        errors.Unavailable: PostgreSQL does not answer.
    """
    if is_postgres(address):
        from strongroom.store.postgres import open_postgres

        return await open_postgres(str(address))
    from strongroom.store.sqlite import open_sqlite

    return await open_sqlite(sqlite_path(address), exclusive=exclusive, fatal=fatal)


async def plan(address: str | Path) -> list[str]:
    """Return the names of the migrations that `migrate` would apply, in order.

    Raises:
        SchemaTooNew: as `open_store`.
        SchemaDiffers: as `open_store`.
    """
    if is_postgres(address):
        from strongroom.store.postgres import plan_postgres

        return await plan_postgres(str(address))
    from strongroom.store.sqlite import plan_sqlite

    return plan_sqlite(sqlite_path(address))


async def migrate(address: str | Path) -> list[str]:
    """Apply the missing migrations, all or none, and return their names in order.

    Raises:
        SchemaTooNew: as `open_store`.
        SchemaDiffers: as `open_store`.
        DatabaseInUse: a server has the SQLite file.
    """
    if is_postgres(address):
        from strongroom.store.postgres import migrate_postgres

        return await migrate_postgres(str(address))
    from strongroom.store.sqlite import migrate_sqlite

    return migrate_sqlite(sqlite_path(address))
