"""Signing in: a password and a code for people, the secret key of an account in the sandbox.

Whatever is wrong, the answer and the work are the same. Failures make the next try wait, twice as long each time; the
tenth locks for half an hour. An address that fails too often waits whatever names it tries.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from strongroom import errors, limits
from strongroom.house import House
from strongroom.resources import audit, caller, people
from strongroom.resources.audit import Actor, Entry
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.keys import ends_at
from strongroom.resources.kind import Document, Stored
from strongroom.secret import Secret
from strongroom.store import Rejected
from strongroom.vault import passwords


class Failures:
    """How often each address has failed lately, in one process. What was longest ago is forgotten first."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def check(self, address: str | None, now: int) -> None:
        """Refuse an address that has failed too often.

        Raises:
            errors.RateLimited: it has.
        """
        count, since = self._counts.get(address or "", (0, now))
        if count >= limits.SIGN_IN_ADDRESS_FAILURES_MAX and now < since + limits.SIGN_IN_ADDRESS_SECONDS:
            raise errors.RateLimited("Too many failed attempts from here. Try again in ten minutes.")

    def note(self, address: str | None, now: int) -> None:
        """Remember one more failure."""
        count, since = self._counts.pop(address or "", (0, now))
        if now >= since + limits.SIGN_IN_ADDRESS_SECONDS:
            count, since = 0, now
        self._counts[address or ""] = count + 1, since
        if len(self._counts) > limits.SIGN_IN_ADDRESSES_MAX:
            self._counts.popitem(last=False)


async def with_password(
    house: House, email: str, password: Secret[str], code: Secret[str], actor: Actor
) -> Stored:
    """Return who signs in. Their failures are forgotten, the code is used up, and the log has it.

    A person without a second factor has to make one before anything else; see `factor_missing`.

    Raises:
        people.SignInRefused: for every reason in the same words.
    """
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        found = await people.find_by_email(house, email)
        kept = None if found is None else found[1].doc["password"]
        holds = await passwords.password_holds(kept, password)
        if found is None:
            raise people.SignInRefused
        call, person = found
        fields = await _judged(call, person, code, holds=holds)
        try:
            return await _settled(house, call, person, fields, actor)
        except Rejected:
            continue
    raise audit.busy()


async def _judged(call: Call, person: Stored, code: Secret[str], *, holds: bool) -> Document | None:
    """Return what changes when a person comes in, or None if they do not."""
    doc = person.doc
    if not holds or doc["disabled_at"] is not None or call.now < doc["wait_until"]:
        return None
    if factor_missing(person):
        return {}
    return await people.show_factor(person, code, call.now)


async def _settled(house: House, call: Call, person: Stored, fields: Document | None, actor: Actor) -> Stored:
    named = Actor(person.doc["email"], actor.ip, actor.request)
    if fields is None:
        changed = people.change(call, person, **_failed(person.doc, call.now))
        await audit.commit(
            house,
            call.caller.account,
            call.writes,
            named,
            Entry("session.refused", person.id, outcome="refused"),
        )
        raise people.SignInRefused
    changed = people.change(call, person, **fields, failures=0, wait_until=0)
    await audit.commit(house, call.caller.account, call.writes, named, Entry("session.started", person.id))
    return changed


def _failed(doc: Document, now: int) -> Document:
    """Return a failure's mark. A try that comes too early counts, but does not prolong the wait."""
    if now < doc["wait_until"]:
        return {"failures": doc["failures"]}
    failures = doc["failures"] + 1
    if failures >= limits.SIGN_IN_FAILURES_MAX:
        return {"failures": 0, "wait_until": now + limits.SIGN_IN_LOCK_SECONDS}
    excess = failures - limits.SIGN_IN_FREE_FAILURES
    return {"failures": failures, "wait_until": now + 2**excess if excess > 0 else 0}


def factor_missing(person: Stored) -> bool:
    """Whether a person has not set up a second factor yet."""
    return person.doc["seed"] is None


class KeyHolder(NamedTuple):
    """Whoever signs in with a key: the account and mode it opens, and what it looks like."""

    account: str
    livemode: bool
    masked: str
    country: str


_WRONG_KEY: Final = "That is not the secret key of an account here: it begins with sk_test_ or sk_live_."


async def with_key(house: House, key: str) -> KeyHolder:
    """Return what a secret key opens. Only the sandbox lets keys in: there they are no secrets.

    Raises:
        errors.InvalidRequest: it is no secret key, or has ended.
    """
    shape = caller.parse(key)
    if not house.settings.sandbox or shape is None or shape.kind is not KeyKind.SECRET:
        raise errors.InvalidRequest(_WRONG_KEY, param="key")
    row = await house.store.find("api_keys", "mac", house.vault.api_key_mac(key))
    if row is None:
        account = caller.sandbox_account(shape.name)
        return KeyHolder(account, shape.livemode, caller.mask(key), caller.sandbox_country(shape.name))
    end = ends_at(row)
    if end is not None and end <= house.clock.now():
        raise errors.InvalidRequest("This key has ended.", param="key")
    return KeyHolder(row.account, row.livemode, caller.mask(key), "US")


async def confirm(house: House, person: Stored, code: Secret[str], actor: Actor) -> None:
    """Use up a code to show that a person is still who they are.

    Raises:
        people.SignInRefused: it is not theirs, or was used, or they have to wait.
    """
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = await people.call_on(house, person.row.account)
        fresh = await call.load(people.PERSON, person.id, param="user")
        fields = await _judged(call, fresh, code, holds=True)
        people.change(call, fresh, **(_failed(fresh.doc, call.now) if fields is None else fields))
        entry = Entry("session.confirmed", person.id, outcome="refused" if fields is None else "done")
        try:
            await audit.commit(house, call.caller.account, call.writes, actor, entry)
        except Rejected:
            continue
        if fields is None:
            raise people.SignInRefused
        return
    raise audit.busy()
