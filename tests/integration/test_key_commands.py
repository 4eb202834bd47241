"""What the key commands promise whoever runs them: keys stay ended, none is made by mistake, and none that is lost is replaced."""

import asyncio
import contextlib
import re
import sqlite3
from datetime import UTC, datetime, timedelta

import apsw
import asyncpg
import msgspec
import pytest
import stripe as sdk

from strongroom import errors, options
from strongroom.clock import ManualClock
from strongroom.http.auth import authenticate
from strongroom.resources import keys
from strongroom.resources.caller import KeyKind
from strongroom.store import Rejected, WriteSet
from strongroom.vault import SealBroken
from support.commands import NOW, call_with, in_house, new_key, said, usage_error
from support.data import refused
from support.server import Server


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, database_for):
    return database_for(request.param)


@pytest.fixture
def started(tmp_path, database):
    """A server that is no sandbox, and its first secret key."""
    with Server(tmp_path / "data", database, options=()) as server:
        yield server, next(line.strip() for line in server.greeting if line.startswith("  sk_test_"))


def created(server, *options):
    """Make a key and return its id and its text."""
    return server.command("keys", "create", *options).stdout.split()


def listed(server):
    """What `keys list` says of the end of each key, by its id."""
    lines = server.command("keys", "list").stdout.splitlines()
    return {line.split("  ")[0]: line.split("  ")[3] for line in lines}


async def plant_end(house, row, at):
    """Write an end into a key's row, whatever end it has already, and return the row."""
    columns = {**row.columns, "revoked_at": at}
    await house.store.commit(WriteSet(changes=[msgspec.structs.replace(row, columns=columns)]))
    return await keys.find_key(house, row.id)


# -- a key that has ended stays ended -----------------------------------------------------------------------------


def test_a_revoked_key_cannot_be_rolled_into_a_new_one(started):
    server, _ = started
    key_id, text = created(server)
    server.command("keys", "revoke", key_id)
    before = listed(server)

    assert said(server.command("keys", "roll", key_id)) == f"the key {key_id} has already ended"
    assert listed(server) == before
    assert before[key_id] == "ended"
    with refused(sdk.AuthenticationError, status=401, code="api_key_expired"):
        server.client(text).v1.customers.list()


def test_an_expired_key_cannot_be_rolled_either(tmp_path):
    clock = ManualClock(NOW)

    async def scene(house):
        _, row = await new_key(house, expires_at=NOW + 10)
        clock.advance(9)
        await keys.roll_key(house, row, old_ends_at=NOW + 3600)
        row = await keys.find_key(house, row.id)
        clock.advance(1)
        with pytest.raises(LookupError, match="has already ended"):
            await keys.roll_key(house, row, old_ends_at=NOW + 3600)
        assert len(await keys.list_keys(house)) == 2

    in_house(tmp_path, scene, clock)


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "at", "end"),
    [
        (None, None, 50, 50),
        (None, 40, 50, 40),
        (None, 60, 50, 50),
        (40, None, 50, 40),
        (60, None, 50, 50),
        (40, 60, 50, 40),
        (60, 40, 50, 40),
        (70, 60, 50, 50),
    ],
)
def test_an_end_only_ever_moves_closer(tmp_path, expires_at, revoked_at, at, end):
    def on(second):
        return None if second is None else NOW + second

    async def scene(house):
        _, row = await new_key(house, expires_at=on(expires_at))
        if revoked_at is not None:
            row = await plant_end(house, row, on(revoked_at))
        await keys.end_key(house, row, at=on(at))
        return keys.ends_at(await keys.find_key(house, row.id))

    assert in_house(tmp_path, scene) == on(end)


@pytest.mark.parametrize(("expires_at", "revoked_at"), [(10, 3600), (3600, 10)])
def test_the_earlier_of_two_ends_is_the_one_a_request_meets(tmp_path, expires_at, revoked_at):
    clock = ManualClock(NOW)

    async def scene(house):
        made, row = await new_key(house, expires_at=NOW + expires_at)
        await plant_end(house, row, NOW + revoked_at)
        clock.advance(9)
        assert (await authenticate(call_with(made.text), house)).account == row.account
        clock.advance(1)
        with pytest.raises(errors.Unauthenticated, match="Expired API Key") as refusal:
            await authenticate(call_with(made.text), house)
        assert refusal.value.code == "api_key_expired"

    in_house(tmp_path, scene, clock)


def test_a_roll_that_meets_a_revocation_makes_no_key(tmp_path, database):
    """The row was read before the key was revoked: neither half of the roll happens."""

    async def scene(house):
        _, row = await new_key(house)
        await keys.end_key(house, row, at=NOW)
        with pytest.raises(Rejected):
            await keys.roll_key(house, row, old_ends_at=NOW + 3600)
        (left,) = await keys.list_keys(house)
        assert keys.ends_at(left) == NOW

    in_house(tmp_path, scene, database=database)


def test_an_earlier_end_that_was_counted_on_must_still_be_there(tmp_path):
    async def scene(house):
        _, row = await new_key(house, expires_at=NOW + 10)
        await keys.end_key(house, row, at=NOW + 5)
        with pytest.raises(Rejected):
            await keys.roll_key(house, row, old_ends_at=NOW + 3600)
        assert len(await keys.list_keys(house)) == 1

    in_house(tmp_path, scene)


def test_whoever_is_too_late_is_told_to_try_again(tmp_path, capsys):
    async def scene(house):
        _, row = await new_key(house)
        await keys.end_key(house, row, at=NOW + 50)
        await keys.end_key(house, row, at=NOW + 40)

    with pytest.raises(SystemExit) as end:
        options.or_exit(lambda: in_house(tmp_path, scene))
    assert end.value.code == 1
    assert capsys.readouterr().err == "strongroom: somebody changed it at the same moment; try again\n"


def test_a_rolled_key_passes_on_what_it_allowed(started):
    server, _ = started
    old, _ = created(server, "--kind", "restricted", "--permission", "customer=read")
    _, text = server.command("keys", "roll", old).stdout.split()
    assert server.client(text).v1.customers.list().data == []
    with refused(sdk.PermissionError, status=403, says="'rak_customer_write'"):
        server.client(text).v1.customers.create({})


def test_the_list_says_when_each_key_ends(started):
    server, _ = started
    before = datetime.now(UTC).replace(microsecond=0)
    expiring, _ = created(server, "--expires-in-days", "2")
    rolled, _ = created(server)
    fresh, _ = server.command("keys", "roll", rolled, "--overlap-hours", "1").stdout.split()
    revoked, _ = created(server)
    server.command("keys", "revoke", revoked)
    after = datetime.now(UTC)

    ends = listed(server)
    assert (ends[fresh], ends[revoked]) == ("-", "ended")
    for key_id, left in ((expiring, timedelta(days=2)), (rolled, timedelta(hours=1))):
        end = datetime.strptime(ends[key_id], "ends %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert before <= end - left <= after


# -- whose keys are made ------------------------------------------------------------------------------------------


def test_no_key_is_made_for_an_account_that_is_not_there(started):
    server, _ = started
    before = listed(server)
    refusal = said(server.command("keys", "create", "--account", "acct_typo"))
    assert refusal == "there is no account acct_typo"
    assert listed(server) == before
    (account,) = {line.split("  ")[2] for line in server.command("keys", "list").stdout.splitlines()}
    _, text = created(server, "--account", account, "--mode", "live")
    assert server.client(text).v1.customers.list().data == []


def test_every_name_is_an_account_in_the_sandbox(tmp_path):
    async def scene(house):
        return await keys.create_key(house, "acct_anything", KeyKind.SECRET, livemode=False)

    assert in_house(tmp_path, scene, sandbox=True).text.startswith("sk_test_")


@pytest.mark.parametrize("kind", ["secret", "publishable"])
def test_permissions_are_for_restricted_keys(tmp_path, kind):
    result = Server(tmp_path / "data").command(
        "keys", "create", "--kind", kind, "--permission", "customer=read"
    )
    assert usage_error(result) == "--permission is for --kind restricted; what other keys may do is fixed"


# -- keys that were not made, and keys that were lost -------------------------------------------------------------


def test_a_mistyped_key_is_refused_without_asking_the_store(tmp_path):
    """The store is closed, so that a look-up would fail. The control: the key as it was made does look."""

    async def scene(house):
        made, _ = await new_key(house)
        assert (await authenticate(call_with(made.text), house)).masked_key.endswith(made.text[-4:])
        mistyped = made.text[:-1] + ("a" if made.text[-1] != "a" else "b")
        await house.store.close()
        with pytest.raises(errors.Unauthenticated, match="Invalid API Key provided"):
            await authenticate(call_with(mistyped), house)
        with pytest.raises(apsw.CursorClosedError):
            await authenticate(call_with(made.text), house)

    in_house(tmp_path, scene)


def test_a_sandbox_key_has_no_checksum_to_hold(tmp_path):
    async def scene(house):
        return (await authenticate(call_with("sk_test_" + "a" * 38), house)).kind

    assert in_house(tmp_path, scene, sandbox=True) is KeyKind.SECRET


def lose_account_keys(server):
    """Remove every account's keys from the key store, as a backup that is too old would."""
    if server.database == "sqlite":
        with contextlib.closing(sqlite3.connect(server.data_dir / "keys.db")) as connection:
            connection.execute("DELETE FROM keys WHERE scope = 'account'")
            connection.commit()
    else:
        asyncio.run(_execute(server.database, "DELETE FROM strongroom_keys.keys WHERE scope = 'account'"))


def count_account_keys(server):
    count = "SELECT count(*) FROM {}keys WHERE scope = 'account'"
    if server.database == "sqlite":
        with contextlib.closing(sqlite3.connect(server.data_dir / "keys.db")) as connection:
            return connection.execute(count.format("")).fetchone()[0]
    return asyncio.run(_execute(server.database, count.format("strongroom_keys.")))


async def _execute(dsn, statement):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_a_lost_account_key_is_reported_and_never_replaced(started):
    server, text = started
    server.client(text).v1.customers.create({})
    assert count_account_keys(server) == 2
    server.stop()
    lose_account_keys(server)
    server.start()

    for _ in range(2):
        with refused(sdk.APIError, status=500, says="Something went wrong on our side."):
            server.client(text).v1.customers.create({})
    assert "is not in the key store" in said(server.command("keys", "create"))
    checked = server.command("check")
    assert checked.returncode == 1
    assert re.search(r"the keys of acct_\w+ \(test\) are gone or damaged", checked.stdout)
    assert count_account_keys(server) == 0


def test_only_the_sandbox_makes_keys_on_first_use(tmp_path):
    """The control of the test above is the sandbox, where the same call makes them."""

    async def scene(house):
        return await house.keyring("acct_1", False)

    with pytest.raises(SealBroken, match="the test key of acct_1 is not in the key store"):
        in_house(tmp_path, scene)
    in_house(tmp_path, scene, sandbox=True)
    in_house(tmp_path, scene)
