"""The people who may use an account's dashboard: who they are, what they may do, and what they sign in with.

A person belongs to one account and to both of its modes. The row is found by a keyed hash of the e-mail address; all
else, hashes of passwords and the seed of the one-time codes included, is in the sealed document.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.domain.roles import ROLES
from strongroom.house import House
from strongroom.resources.audit import home_mode
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.secret import Secret
from strongroom.vault import passwords, totp
from strongroom.vault.people import PeopleKeys

TABLE: Final = "users"
PEOPLE_MAX: Final = 100
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}", re.ASCII)


def view(person: Stored) -> Document:
    """Return what may be shown of a person."""
    return {name: person.doc[name] for name in ("id", "email", "name", "role")}


PERSON: Final = Kind("user", TABLE, "usr", "user", "user", view)

UNIFORM: Final = "That is not right. Check the e-mail address, the password and the code, and try again."


class SignInRefused(errors.ApiError):
    """The same words whatever was wrong, so that nobody learns who has access."""

    status = 401

    def __init__(self) -> None:
        super().__init__(UNIFORM)


async def call_on(house: House, account: str, origin: Origin | None = None) -> Call:
    """Return a call on the partition in which an account's people are."""
    livemode = await home_mode(house, account)
    keyring = await house.keyring(account, livemode)
    caller = Caller(account, livemode, KeyKind.SECRET, account, "")
    return Call(house, caller, origin or Origin(None, None, None, ""), keyring)


# -- reading ----------------------------------------------------------------------------------------------------------


async def find_by_email(house: House, email: str) -> tuple[Call, Stored] | None:
    """Return the person with this e-mail address, and a call on their account; None if there is none."""
    row = await house.store.find(TABLE, "email_mac", PeopleKeys(house.vault).email_mac(email))
    if row is None:
        return None
    call = await call_on(house, row.account)
    return call, call.open(row)


async def list_all(call: Call) -> list[Stored]:
    """Return everybody, in the order in which they were added."""
    found, _ = await call.page(PERSON, {"limit": PEOPLE_MAX})
    return found[::-1]


# -- adding and changing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person who was just added, and the secret with which they set themselves up, shown once."""

    person: Stored
    secret: str


async def invite(call: Call, *, email: str, name: str, role: str) -> Invitation:
    """Stage a person who has to choose a password with a one-time secret.

    Raises:
        errors.ParameterRefused: the address is none or is taken, the name is too long, or there is no such role.
    """
    doc = await _new(call, email=email, name=name, role=role)
    secret, shown = passwords.new_one_time_secret()
    doc["setup"] = await passwords.hash_password(secret)
    doc["setup_ends_at"] = call.now + limits.SETUP_SECONDS
    return Invitation(_insert(call, doc), shown)


async def add_with_password(call: Call, *, email: str, name: str, role: str, password: Secret[str]) -> Stored:
    """Stage a person who has a password already, and no second factor yet.

    Raises:
        errors.ParameterRefused: as `invite`, or the password is not acceptable.
    """
    doc = await _new(call, email=email, name=name, role=role)
    return _insert(call, await _with_password(doc, password))


async def _new(call: Call, *, email: str, name: str, role: str) -> Document:
    email = email.strip()
    if _EMAIL.fullmatch(email) is None:
        raise errors.ParameterRefused("That is not an e-mail address.", param="email")
    if len(name) > limits.NAME_LENGTH_MAX:
        raise errors.ParameterRefused(
            f"A name has at most {limits.NAME_LENGTH_MAX} characters.", param="name"
        )
    if role not in ROLES:
        raise errors.ParameterRefused("There is no such role.", param="role")
    if await call.store.find(TABLE, "email_mac", PeopleKeys(call.vault).email_mac(email)) is not None:
        raise errors.ParameterRefused("Somebody has this e-mail address already.", param="email")
    return {**_BLANK, "id": ids.new("usr"), "email": email, "name": name.strip(), "role": role}


_BLANK: Final[Document] = {
    "password": None,
    "passwords": [],
    "setup": None,
    "setup_ends_at": None,
    "seed": None,
    "counter": 0,
    "recovery": [],
    "failures": 0,
    "wait_until": 0,
    "disabled_at": None,
}


def _insert(call: Call, doc: Document) -> Stored:
    mac = PeopleKeys(call.vault).email_mac(doc["email"])
    return call.insert(PERSON, doc, object_id=doc["id"], email_mac=mac)


def change(call: Call, person: Stored, **fields: Any) -> Stored:
    """Stage a change of some fields of a person."""
    return call.change(person, {**person.doc, **fields})


async def reset(call: Call, person: Stored) -> Invitation:
    """Stage that a person has to set themselves up anew: no password and no factor of theirs works any more."""
    secret, shown = passwords.new_one_time_secret()
    fields = {
        **_BLANK,
        "passwords": person.doc["passwords"],
        "disabled_at": person.doc["disabled_at"],
        "setup": await passwords.hash_password(secret),
        "setup_ends_at": call.now + limits.SETUP_SECONDS,
    }
    return Invitation(change(call, person, **fields), shown)


# -- passwords --------------------------------------------------------------------------------------------------------


async def _with_password(doc: Document, password: Secret[str]) -> Document:
    """Return the document with a new password in it.

    Raises:
        errors.ParameterRefused: it is too short, too common, or one of the last four.
    """
    fault = passwords.fault_of(password, doc["email"].partition("@")[0], doc["name"])
    if fault is not None:
        raise errors.ParameterRefused(fault, param="password")
    for kept in doc["passwords"]:
        if await passwords.password_holds(kept, password):
            raise errors.ParameterRefused(
                f"This is one of your last {limits.PASSWORDS_REMEMBERED} passwords.", param="password"
            )
    kept = await passwords.hash_password(password)
    remembered = [kept, *doc["passwords"]][: limits.PASSWORDS_REMEMBERED]
    return {**doc, "password": kept, "passwords": remembered, "setup": None, "setup_ends_at": None}


async def set_password(call: Call, person: Stored, password: Secret[str]) -> Stored:
    """Stage a new password.

    Raises:
        errors.ParameterRefused: it is not acceptable.
    """
    return call.change(person, await _with_password(person.doc, password))


async def check_setup(house: House, email: str, secret: Secret[str]) -> tuple[Call, Stored]:
    """Return whom a one-time secret sets up.

    Raises:
        SignInRefused: nobody, or no longer.
    """
    found = await find_by_email(house, email)
    doc = found[1].doc if found is not None else _BLANK
    holds = await passwords.password_holds(doc["setup"], secret)
    if found is None or not holds or doc["disabled_at"] is not None or doc["setup_ends_at"] < found[0].now:
        raise SignInRefused
    return found


# -- the second factor ------------------------------------------------------------------------------------------------


def enrol(call: Call, person: Stored, seed: str, code: Secret[str], kept_codes: list[str]) -> Stored:
    """Stage a second factor, once its first code shows that the app has it.

    Raises:
        errors.ParameterRefused: the code is not the app's.
    """
    counter = totp.accepted_counter(seed, code, now=call.now, last=0)
    if counter is None:
        raise errors.ParameterRefused("That is not the code the app shows now.", param="code")
    return change(call, person, seed=seed, counter=counter, recovery=kept_codes, failures=0, wait_until=0)


async def show_factor(person: Stored, code: Secret[str], now: int) -> Document | None:
    """Return which fields change when this one-time or recovery code is used, or None if it is neither."""
    doc = person.doc
    if doc["seed"] is None:
        return None
    counter = totp.accepted_counter(doc["seed"], code, now=now, last=doc["counter"])
    if counter is not None:
        return {"counter": counter}
    place = await passwords.recovery_code_place(doc["recovery"], code)
    if place is None:
        return None
    return {"recovery": [*doc["recovery"][:place], "", *doc["recovery"][place + 1 :]]}
