"""What every command promises whoever runs it: nothing is made by looking, and the data directory is for its owner alone."""

import asyncio
import stat

import pytest

from strongroom.config import Settings
from strongroom.errors import CannotServe
from strongroom.house import make_data_dir, open_house
from support.commands import said
from support.migrations import MIGRATIONS
from support.server import Server


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, database_for):
    return database_for(request.param)


# -- looking makes nothing ----------------------------------------------------------------------------------------

LOOKING = [
    ("keys", "list"),
    ("keys", "create"),
    ("keys", "roll", "key_x"),
    ("keys", "revoke", "key_x"),
    ("events", "resend", "evt_x"),
    ("webhooks", "roll", "we_x"),
    ("check",),
    ("migrate", "--plan"),
]


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
@pytest.mark.parametrize("is_there", [False, True], ids=["no folder", "an empty folder"])
def test_a_command_in_the_wrong_place_makes_nothing(tmp_path, command, is_there):
    if is_there:
        (tmp_path / "data").mkdir()
    refusal = said(Server(tmp_path / "data").command(*command))
    assert refusal == f"there is no Strongroom in {tmp_path / 'data'}; say where with --data-dir"
    assert [path.name for path in tmp_path.rglob("*")] == (["data"] if is_there else [])


def test_a_command_beside_a_database_that_is_elsewhere_makes_nothing(tmp_path):
    server = Server(tmp_path / "data", f"sqlite:{tmp_path / 'rows.db'}")
    assert said(server.command("check")) == f"there is no Strongroom in {tmp_path}; say where with --database"
    assert list(tmp_path.iterdir()) == []


def test_a_command_makes_no_key_store_for_rows_that_have_lost_theirs(tmp_path):
    with Server(tmp_path / "data"):
        pass
    (tmp_path / "data" / "keys.db").rename(tmp_path / "kept")
    before = sorted((tmp_path / "data").iterdir())
    refusal = said(Server(tmp_path / "data").command("keys", "list"))
    assert refusal.startswith(f"there is no key store at {tmp_path / 'data' / 'keys.db'}: restore it")
    assert sorted((tmp_path / "data").iterdir()) == before


def test_a_command_founds_nothing_in_an_empty_postgres(tmp_path, dsn):
    for command in (("keys", "list"), ("check",)):
        refusal = said(Server(tmp_path / "data", dsn).command(*command))
        assert refusal.startswith("the key store is empty")
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_what_is_not_there(tmp_path, database):
    """The control of the tests above: whoever means to make it still can."""
    server = Server(tmp_path / "data", database, options=())
    assert server.command("migrate").stdout == "".join(f"{name}\n" for name in MIGRATIONS)
    assert server.command("migrate", "--plan").stdout == "nothing to do\n"
    with server:
        assert server.command("check").stdout == "0 faults\n"


def test_a_visit_is_refused_in_process_too(tmp_path):
    with pytest.raises(CannotServe, match="there is no Strongroom in"):
        asyncio.run(open_house(Settings(tmp_path / "data"), exclusive=False))
    assert list(tmp_path.iterdir()) == []


# -- who else can enter the data directory ------------------------------------------------------------------------


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o770, 0o701])
def test_a_data_directory_of_ours_is_closed_to_others(tmp_path, mode):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    with Server(folder) as server:
        assert mode_of(folder) == 0o700
        folder.chmod(mode)
        assert server.command("check").stdout == "0 faults\n"
        assert mode_of(folder) == 0o700


def test_a_directory_of_somebody_elses_files_is_left_as_it_is(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    folder.chmod(0o755)
    refusal = said(Server(folder).command("serve", "--port", "0"))
    assert refusal == (
        f"others can enter {folder}, and it may be theirs: give --data-dir a directory of its own, "
        f"or run: chmod 700 {folder}"
    )
    assert (mode_of(folder), [path.name for path in folder.iterdir()]) == (0o755, ["thesis.txt"])
    folder.chmod(0o700)
    make_data_dir(folder)
    assert mode_of(folder) == 0o700


def test_a_new_data_directory_is_for_its_owner_alone(tmp_path):
    make_data_dir(tmp_path / "new" / "data")
    assert mode_of(tmp_path / "new" / "data") == 0o700
