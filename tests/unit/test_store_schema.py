"""Migrations: founded once, frozen, and never guessed at."""

import asyncio

import apsw
import asyncpg
import pytest

from strongroom.store import SchemaDiffers, SchemaTooNew, SchemaTooOld, migrate, open_store, plan
from strongroom.store.schema import Migration, load, pending, to_apply_when_opening
from strongroom.store.tables import TABLES
from support.migrations import MIGRATIONS

FIRST, SECOND = Migration(1, "0001_founding", "CREATE"), Migration(2, "0002_more", "ALTER")


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path):
    return str(tmp_path / "store.db") if request.param == "sqlite" else request.getfixturevalue("dsn")


async def execute(address: str, sql: str) -> None:
    if address.startswith("postgresql"):
        connection = await asyncpg.connect(address)
        await connection.execute(sql)
        await connection.close()
    else:
        apsw.Connection(address).execute(sql)


async def opened_and_closed(address: str) -> None:
    await (await open_store(address)).close()


def test_the_first_opening_founds_the_tables_and_the_second_finds_them(address):
    async def scene():
        assert await plan(address) == MIGRATIONS
        await opened_and_closed(address)
        assert await plan(address) == []
        assert await migrate(address) == []
        await opened_and_closed(address)

    asyncio.run(scene())


def test_migrate_founds_an_empty_database_too(address):
    async def scene():
        assert await migrate(address) == MIGRATIONS
        store = await open_store(address)
        assert await store.check() == []
        await store.close()

    asyncio.run(scene())


def test_a_newer_schema_is_refused_by_everything(address):
    async def scene():
        await opened_and_closed(address)
        await execute(address, "INSERT INTO schema_migrations VALUES (99, '0099_from_the_future', 'x')")
        for attempt in (open_store, plan, migrate):
            with pytest.raises(SchemaTooNew, match="0099_from_the_future"):
                await attempt(address)

    asyncio.run(scene())


def test_a_migration_edited_after_its_release_is_noticed(address):
    async def scene():
        await opened_and_closed(address)
        await execute(address, "UPDATE schema_migrations SET sha256 = 'x' WHERE number = 1")
        with pytest.raises(SchemaDiffers, match="0001_founding"):
            await open_store(address)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("applied", "missing"),
    [([], [FIRST, SECOND]), ([FIRST], [SECOND]), ([FIRST, SECOND], [])],
)
def test_what_is_missing_is_what_comes_after(applied, missing):
    assert pending([migration.applied for migration in applied], [FIRST, SECOND]) == missing


def test_opening_founds_but_does_not_upgrade():
    """An upgrade is for an operator with a backup, not for whichever process happens to start first."""
    assert to_apply_when_opening([], [FIRST, SECOND]) == [FIRST, SECOND]
    assert to_apply_when_opening([FIRST.applied, SECOND.applied], [FIRST, SECOND]) == []
    with pytest.raises(SchemaTooOld, match=r"lacks 0002_more\..*strongroom migrate"):
        to_apply_when_opening([FIRST.applied], [FIRST, SECOND])


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_migrations_are_numbered_without_gaps(engine):
    assert [migration.name for migration in load(engine)] == MIGRATIONS
    assert [migration.number for migration in load(engine)] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DROP INDEX events_listed", "the indexes of events"),
        ("ALTER TABLE tokens DROP COLUMN kind", "the columns of tokens"),
        ("ALTER TABLE records RENAME TO strays", "the table records is missing"),
        ("CREATE TABLE strays (id TEXT)", "the table strays is not ours"),
        (
            "DROP INDEX payment_methods_by_customer; CREATE INDEX i ON payment_methods (customer)",
            "indexes of payment_methods",
        ),
    ],
)
def test_the_database_is_compared_with_the_declared_tables(address, damage, said):
    async def scene():
        store = await open_store(address)
        assert await store.check() == []
        await execute(address, damage)
        assert said in "; ".join(await store.check())
        await store.close()

    asyncio.run(scene())


def test_every_table_has_the_shared_columns_once():
    for table in TABLES.values():
        names = [column.name for column in table.stored]
        assert names[:5] == ["seq", "account", "livemode", "id", "version"]
        assert names[-1] == "doc"
        assert len(set(names)) == len(names)
