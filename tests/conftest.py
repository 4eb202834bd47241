"""Fixtures every kind of test may ask for."""

from collections.abc import Callable, Iterator

import pytest

from support.postgres import Cluster, postgres_cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run, started when the first test wants it."""
    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture
def dsn(postgres: Cluster) -> str:
    """The address of an empty PostgreSQL database of the test's own."""
    return postgres.fresh_database()


@pytest.fixture
def database_for(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return a function that gives an engine a new, empty database; PostgreSQL starts only if it is asked for."""

    def give(engine: str) -> str:
        if engine == "sqlite":
            return "sqlite"
        cluster: Cluster = request.getfixturevalue("postgres")
        return cluster.fresh_database()

    return give
