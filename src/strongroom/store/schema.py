"""Which migrations a database has had, and which it lacks. Running them is the engines' business.

A migration is one file of SQL per engine, `0001_founding.sql`, frozen once released: its SHA-256 is kept in the
database beside its number, so that a file edited afterwards is noticed instead of silently differing.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from strongroom.errors import CannotServe
from strongroom.store.tables import TABLES, Index

FOLDER: Final = Path(__file__).parent / "migrations"


class SchemaError(CannotServe):
    """The database's schema is not the one this program works with."""


class SchemaTooNew(SchemaError):
    """A newer program has migrated the database; this one would misread it."""


class SchemaTooOld(SchemaError):
    """Migrations are missing; `strongroom migrate` applies them."""


class SchemaDiffers(SchemaError):
    """The database had a migration whose text is not ours."""


class Applied(NamedTuple):
    """A migration as a database remembers it."""

    number: int
    name: str
    sha256: str


class Migration(NamedTuple):
    """A migration as this program carries it. `name` is the file's, without `.sql`."""

    number: int
    name: str
    sql: str

    @property
    def applied(self) -> Applied:
        """What a database remembers once it has had this migration."""
        return Applied(self.number, self.name, hashlib.sha256(self.sql.encode()).hexdigest())


# Which of the migrations we know a database should have now, given those it has had.
Choose = Callable[[Sequence[Applied], Sequence[Migration]], list[Migration]]


def load(engine: str) -> list[Migration]:
    """Return the migrations of `sqlite` or `postgres` in order."""
    paths = sorted((FOLDER / engine).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(int(path.stem[:4]), path.stem, path.read_text("utf-8")) for path in paths]


def pending(applied: Sequence[Applied], known: Sequence[Migration]) -> list[Migration]:
    """Return the migrations a database still lacks.

    Args:
        applied: what it has had, by number.
        known: what this program carries, by number.

    Raises:
        SchemaTooNew: it has had more than this program knows.
        SchemaDiffers: it has had something else under a number we know.
    """
    if len(applied) > len(known):
        raise SchemaTooNew(
            f"The database has had migration {applied[-1].name}, which this version of Strongroom does not know. "
            "Please run the version that made it, or a newer one."
        )
    for had, migration in zip(applied, known, strict=False):
        if had != migration.applied:
            raise SchemaDiffers(f"The database had {had.name}, which is not our {migration.name} of today.")
    return list(known[len(applied) :])


def to_apply_when_opening(applied: Sequence[Applied], known: Sequence[Migration]) -> list[Migration]:
    """Return what to apply on opening: everything on an empty database, otherwise nothing.

    Raises:
        SchemaTooOld: the database is in use and lacks a migration, which its operator should run knowingly.
    """
    missing = pending(applied, known)
    if applied and missing:
        names = ", ".join(migration.name for migration in missing)
        raise SchemaTooOld(f"The database lacks {names}. Please make a backup, then run: strongroom migrate")
    return missing


class Shape(NamedTuple):
    """A table as it is: its columns with `(type, nullable)`, its indexes with whether each is unique."""

    columns: dict[str, tuple[str, bool]]
    indexes: dict[Index, bool]


def differences(wanted: dict[str, Shape], found: dict[str, Shape]) -> list[str]:
    """Return in which tables a database differs from `tables.py`, a sentence each."""
    problems = [f"the table {name} is missing" for name in sorted(wanted.keys() - found.keys())]
    problems += [f"the table {name} is not ours" for name in sorted(found.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name].columns != found[name].columns:
            problems.append(f"the columns of {name} are not those declared")
        if wanted[name].indexes != found[name].indexes:
            problems.append(f"the indexes of {name} are not those declared")
    return problems


def wanted_shapes(types: dict[str, str]) -> dict[str, Shape]:
    """Return every table of `tables.py` with its types in an engine's words (`types`: ours to the engine's)."""
    return {
        name: Shape(
            {column.name: (types[column.type], column.nullable) for column in table.stored},
            {Index(("account", "livemode", "id")): True}
            | {Index((column,)): True for column in table.unique}
            | dict.fromkeys(table.indexes, False),
        )
        for name, table in TABLES.items()
    }
