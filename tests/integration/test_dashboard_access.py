"""Who comes into the dashboard and for how long, with a clock that the test moves, on both engines."""

import asyncio

import apsw
import asyncpg
import msgspec
import pytest

from strongroom import errors, limits
from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import audit, keys, people, sessions, sign_in
from strongroom.resources.audit import Actor, Entry
from strongroom.resources.check import check
from strongroom.resources.people import SignInRefused
from strongroom.secret import Secret
from strongroom.store import Rejected
from strongroom.vault import passwords, totp

NOW = 1_800_000_000
PASSWORD = "seven grey herons wait"
EMAIL = "ada@example.com"
ACTOR = Actor("test")


class Scene:
    """An open house with one account, a clock to move, and Ada, who owns it."""

    def __init__(self, house, clock, account):
        self.house, self.clock, self.account = house, clock, account
        self.seed = totp.new_seed()
        self.codes = []

    def code(self, steps=0):
        return Secret(totp.code_at(self.seed, self.clock.now() // 30 + steps))

    async def add_ada(self, *, with_factor=True):
        call = await people.call_on(self.house, self.account)
        person = await people.add_with_password(
            call, email=EMAIL, name="Ada", role="owner", password=Secret(PASSWORD)
        )
        if with_factor:
            self.codes, kept = await passwords.new_recovery_codes()
            people.enrol(call, person, self.seed, self.code(), kept)
            self.clock.advance(60)
        await self.house.store.commit(call.writes)
        return person

    async def ada(self):
        _, person = await people.find_by_email(self.house, EMAIL)
        return person

    async def sign_in(self, *, email=EMAIL, password=PASSWORD, code=None):
        return await sign_in.with_password(self.house, email, Secret(password), code or self.code(), ACTOR)

    async def actions(self):
        shown, _ = await audit.page(self.house, self.account)
        return [(one.entry.action, one.entry.outcome) for one in shown[::-1]]


@pytest.fixture(params=["sqlite", "postgres"])
def play(request, tmp_path, database_for):
    """Run `scene(Scene)` on an engine."""
    database = database_for(request.param)

    def run(scene):
        async def inside():
            clock = ManualClock(NOW)
            house = await open_house(Settings(tmp_path / "data", database), clock)
            try:
                return await scene(Scene(house, clock, await keys.create_account(house)))
            finally:
                await house.close()

        return asyncio.run(inside())

    run.database = database
    run.folder = tmp_path / "data"
    return run


def test_a_person_comes_in_with_password_and_code_and_the_code_is_used_up(play):
    async def scene(at):
        ada = await at.add_ada()
        assert (await at.sign_in()).id == ada.id
        with pytest.raises(SignInRefused):
            await at.sign_in()
        at.clock.advance(30)
        assert (await at.sign_in()).id == ada.id
        assert await at.actions() == [
            ("session.started", "done"),
            ("session.refused", "refused"),
            ("session.started", "done"),
        ]

    play(scene)


def test_every_wrong_way_in_is_refused_in_the_same_words(play):
    async def scene(at):
        await at.add_ada()
        for wrong in (
            {"email": "eve@example.com"},
            {"password": "another long password"},
            {"code": Secret("000000")},
            {"code": Secret("")},
        ):
            with pytest.raises(SignInRefused) as refusal:
                await at.sign_in(**wrong)
            assert refusal.value.body() == {"message": people.UNIFORM, "type": "invalid_request_error"}

    play(scene)


def test_failures_make_the_next_try_wait_twice_as_long_and_the_tenth_locks(play):
    async def scene(at):
        await at.add_ada()
        waits = []
        for _ in range(limits.SIGN_IN_FAILURES_MAX):
            with pytest.raises(SignInRefused):
                await at.sign_in(code=Secret("000000"))
            waits.append(max(0, (await at.ada()).doc["wait_until"] - at.clock.now()))
            at.clock.advance(waits[-1])
        assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 1800]

    play(scene)


def test_whoever_has_to_wait_is_refused_even_with_everything_right(play):
    async def scene(at):
        await at.add_ada()
        call, ada = await people.find_by_email(at.house, EMAIL)
        people.change(call, ada, failures=9, wait_until=at.clock.now() + 64)
        await at.house.store.commit(call.writes)
        with pytest.raises(SignInRefused):
            await at.sign_in()
        assert (await at.ada()).doc["failures"] == 9
        at.clock.advance(64)
        await at.sign_in()
        assert (await at.ada()).doc["failures"] == 0

    play(scene)


def test_an_address_that_fails_too_often_waits_whatever_name_it_tries():
    failures = sign_in.Failures()
    for _ in range(limits.SIGN_IN_ADDRESS_FAILURES_MAX):
        failures.check("192.0.2.1", NOW)
        failures.note("192.0.2.1", NOW)
    with pytest.raises(errors.RateLimited):
        failures.check("192.0.2.1", NOW)
    failures.check("192.0.2.2", NOW)
    failures.check("192.0.2.1", NOW + limits.SIGN_IN_ADDRESS_SECONDS)


def test_what_is_remembered_of_addresses_has_an_end():
    failures = sign_in.Failures()
    for number in range(limits.SIGN_IN_ADDRESSES_MAX + 100):
        failures.note(str(number), NOW)
    assert len(failures._counts) == limits.SIGN_IN_ADDRESSES_MAX


def test_a_recovery_code_lets_in_once(play):
    async def scene(at):
        ada = await at.add_ada()
        assert (await at.sign_in(code=Secret(at.codes[4]))).id == ada.id
        with pytest.raises(SignInRefused):
            await at.sign_in(code=Secret(at.codes[4]))
        assert sum(map(bool, (await at.ada()).doc["recovery"])) == 9

    play(scene)


def test_of_many_that_use_one_code_at_once_one_comes_in(play):
    async def scene(at):
        await at.add_ada()
        results = await asyncio.gather(*[at.sign_in() for _ in range(4)], return_exceptions=True)
        assert sum(not isinstance(result, BaseException) for result in results) == 1

    play(scene)


def test_somebody_without_access_does_not_come_in(play):
    async def scene(at):
        await at.add_ada()
        call, ada = await people.find_by_email(at.house, EMAIL)
        people.change(call, ada, disabled_at=NOW)
        await at.house.store.commit(call.writes)
        with pytest.raises(SignInRefused):
            await at.sign_in()

    play(scene)


def test_a_set_up_secret_works_once_and_for_three_days(play):
    async def scene(at):
        call = await people.call_on(at.house, at.account)
        invitation = await people.invite(call, email=EMAIL, name="", role="developer")
        await at.house.store.commit(call.writes)
        with pytest.raises(SignInRefused):
            await people.check_setup(at.house, EMAIL, Secret("0" * 32))
        at.clock.advance(limits.SETUP_SECONDS)
        call, person = await people.check_setup(at.house, EMAIL, Secret(invitation.secret))
        at.clock.advance(1)
        with pytest.raises(SignInRefused):
            await people.check_setup(at.house, EMAIL, Secret(invitation.secret))
        await people.set_password(call, person, Secret(PASSWORD))
        await at.house.store.commit(call.writes)
        with pytest.raises(SignInRefused):
            await people.check_setup(at.house, EMAIL, Secret(invitation.secret))

    play(scene)


def test_none_of_the_last_four_passwords_is_taken_again(play):
    async def scene(at):
        await at.add_ada()
        for word in ("second", "third", "fourth"):
            call, ada = await people.find_by_email(at.house, EMAIL)
            await people.set_password(call, ada, Secret(f"the {word} password here"))
            await at.house.store.commit(call.writes)
        call, ada = await people.find_by_email(at.house, EMAIL)
        with pytest.raises(errors.ParameterRefused, match="last 4"):
            await people.set_password(call, ada, Secret(PASSWORD))
        await people.set_password(call, ada, Secret("the fifth password here"))

    play(scene)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "nobody"}, "not an e-mail"),
        ({"email": " ADA@example.com"}, "has this e-mail address already"),
        ({"role": "king"}, "no such role"),
        ({"name": "x" * 101}, "at most 100"),
    ],
)
def test_a_person_that_cannot_be_is_not_added(play, fields, fault):
    async def scene(at):
        await at.add_ada()
        call = await people.call_on(at.house, at.account)
        given = {"email": "eve@example.com", "name": "Eve", "role": "analyst", **fields}
        with pytest.raises(errors.ParameterRefused, match=fault):
            await people.invite(call, **given)
        assert call.writes.inserts == []

    play(scene)


# -- sessions ---------------------------------------------------------------------------------------------------------


async def begun(at, holder="usr_1"):
    call = await people.call_on(at.house, at.account)
    secret, session = sessions.begin(call, holder, factor_at=at.clock.now())
    await at.house.store.commit(call.writes)
    return secret, session


def test_a_session_ends_fifteen_minutes_after_its_last_use(play):
    async def scene(at):
        secret, session = await begun(at)
        for _ in range(4):
            at.clock.advance(limits.SESSION_IDLE_SECONDS - 1)
            assert (await sessions.find(at.house, secret)).id == session.id
        at.clock.advance(limits.SESSION_IDLE_SECONDS)
        assert await sessions.find(at.house, secret) is None

    play(scene)


def test_a_session_ends_after_twelve_hours_however_it_is_used(play):
    async def scene(at):
        secret, _ = await begun(at)
        for _ in range(12 * 6 - 1):
            at.clock.advance(600)
            assert await sessions.find(at.house, secret) is not None
        at.clock.advance(600)
        assert await sessions.find(at.house, secret) is None

    play(scene)


def test_using_a_session_is_written_down_at_most_once_a_minute(play):
    async def scene(at):
        secret, _ = await begun(at)
        versions = []
        for _ in range(4):
            at.clock.advance(30)
            versions.append((await sessions.find(at.house, secret)).row.version)
        assert versions == [1, 2, 2, 3]

    play(scene)


def test_a_session_that_was_ended_is_gone_and_others_stay(play):
    async def scene(at):
        own, session = await begun(at)
        other, _ = await begun(at)
        foreign, _ = await begun(at, "usr_2")
        call = await people.call_on(at.house, at.account)
        await sessions.end_all(call, "usr_1", but=session.id)
        await at.house.store.commit(call.writes)
        found = [await sessions.find(at.house, secret) is not None for secret in (own, other, foreign)]
        assert found == [True, False, True]

    play(scene)


def test_the_secret_of_a_session_is_in_no_row(play):
    async def scene(at):
        secret, session = await begun(at)
        assert secret.encode() not in session.row.doc
        assert secret.encode() not in msgspec.msgpack.encode(session.doc)
        assert len(session.row.columns["mac"]) == 32

    play(scene)


# -- the audit log ----------------------------------------------------------------------------------------------------


def test_entries_are_numbered_and_follow_from_each_other(play):
    async def scene(at):
        for number in range(5):
            await audit.append(at.house, at.account, ACTOR, Entry("thing.done", str(number)))
        shown, more = await audit.page(at.house, at.account, limit=3)
        assert [(one.number, one.entry.object, one.holds) for one in shown] == [
            (5, "4", True),
            (4, "3", True),
            (3, "2", True),
        ]
        assert more
        rest, more = await audit.page(at.house, at.account, before=3, limit=3)
        assert [one.number for one in rest] == [2, 1]
        assert not more
        assert await check(at.house) == []

    play(scene)


def test_a_log_without_entries_is_an_empty_page_and_whole(play):
    async def scene(at):
        assert await audit.page(at.house, at.account) == ([], False)
        assert await audit.faults(at.house, at.account) == []

    play(scene)


def test_of_two_entries_at_the_same_moment_one_is_rejected_with_its_change(play):
    async def scene(at):
        results = await asyncio.gather(
            *[audit.append(at.house, at.account, ACTOR, Entry("thing.done")) for _ in range(4)],
            return_exceptions=True,
        )
        went = [result for result in results if result is None]
        assert all(isinstance(result, Rejected) for result in results if result is not None)
        shown, _ = await audit.page(at.house, at.account)
        assert len(shown) == len(went) > 0
        assert await audit.faults(at.house, at.account) == []

    play(scene)


async def tampered(database, folder, sql):
    """Change the log behind its triggers, as somebody with the database in their hands could."""
    off = "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened"
    await executed(
        database, folder, off if database == "sqlite" else "ALTER TABLE audit DISABLE TRIGGER USER"
    )
    await executed(database, folder, sql)


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("DELETE FROM audit WHERE id = 'aud_000000000000002'", [3]),
        ("UPDATE audit SET mac = (SELECT mac FROM audit WHERE id = 'aud_000000000000001') WHERE id = 'aud_000000000000002'", [3, 2]),
        ("DELETE FROM audit WHERE id = 'aud_000000000000001'", [2]),
    ],
)  # fmt: skip
def test_an_entry_that_is_altered_or_missing_shows(play, sql, broken):
    async def scene(at):
        for number in range(4):
            await audit.append(at.house, at.account, ACTOR, Entry("thing.done", str(number)))
        await tampered(play.database, play.folder, sql)
        assert await audit.faults(at.house, at.account) == [
            f"audit entry {number} of {at.account} does not follow from the one before it"
            for number in broken
        ]
        assert (await check(at.house))[-len(broken) :] == await audit.faults(at.house, at.account)

    play(scene)


async def executed(database, folder, sql):
    if database == "sqlite":
        connection = apsw.Connection(str(folder / "strongroom.db"))
        connection.execute(sql)
        return
    wire = await asyncpg.connect(database)
    try:
        await wire.execute(sql)
    finally:
        await wire.close()


@pytest.mark.parametrize("sql", ["UPDATE audit SET created = 0", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_log(play, sql):
    async def scene(at):
        await audit.append(at.house, at.account, ACTOR, Entry("thing.done"))
        with pytest.raises((apsw.ConstraintError, asyncpg.RaiseError), match="only grows"):
            await executed(play.database, play.folder, sql)

    play(scene)


def test_what_the_command_line_does_to_keys_is_in_the_log(play):
    async def scene(at):
        new = await keys.create_key(at.house, at.account, keys.KeyKind.SECRET, livemode=False)
        row = await keys.find_key(at.house, new.id)
        rolled = await keys.roll_key(at.house, row, old_ends_at=at.clock.now() + 60)
        await keys.end_key(at.house, await keys.find_key(at.house, rolled.id), at=at.clock.now())
        shown, _ = await audit.page(at.house, at.account)
        assert [(one.actor.name, one.entry.action, one.entry.object) for one in shown[::-1]] == [
            ("command line", "api_key.created", new.id),
            ("command line", "api_key.rolled", new.id),
            ("command line", "api_key.revoked", rolled.id),
        ]
        assert shown[1].entry.details == {"successor": rolled.id}

    play(scene)
