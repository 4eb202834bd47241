"""Passwords and recovery codes: argon2id, off the loop, a few at a time.

A check takes 64 MiB and a good part of a second; more than a few at once could exhaust the memory, so they wait.
"""

import asyncio
import functools
import secrets
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from strongroom import limits
from strongroom.catalog.passwords import common_passwords
from strongroom.secret import Secret

T = TypeVar("T")

_passwords: Final = PasswordHasher()
# A recovery code has 50 random bits and ten tries; it needs no slowness beyond argon2's own.
_codes: Final = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
_CODE_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_HALF: Final = 5
RECOVERY_CODES: Final = 10
# Fewer different characters than this make no password, however long.
_DIFFERENT_MIN: Final = 5
# A shorter name is in too many words.
_WORD_MIN: Final = 4


@functools.cache
def _turns(_: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    return asyncio.Semaphore(limits.PASSWORD_CHECKS_AT_ONCE)


async def _off_the_loop(work: Callable[..., T], *arguments: object) -> T:
    async with _turns(asyncio.get_running_loop()):
        return await asyncio.to_thread(work, *arguments)


def fault_of(password: Secret[str], *known: str) -> str | None:
    """Return why nobody should choose this password, in a sentence; None if there is nothing to say against it.

    Args:
        password: what was chosen.
        known: what everybody knows of its holder, such as the e-mail address.
    """
    plain = password.reveal()
    folded = plain.casefold()
    if len(plain) < limits.PASSWORD_LENGTH_MIN:
        return f"A password has at least {limits.PASSWORD_LENGTH_MIN} characters."
    if len(plain) > limits.PASSWORD_LENGTH_MAX:
        return f"A password has at most {limits.PASSWORD_LENGTH_MAX} characters."
    if folded in common_passwords() or len(set(folded)) < _DIFFERENT_MIN:
        return "This password is on every list of leaked ones. Please choose another."
    if any(len(word) >= _WORD_MIN and word.casefold() in folded for word in known):
        return "A password does not contain your name or e-mail address."
    return None


async def hash_password(password: Secret[str]) -> str:
    """Return what is kept of a password."""
    return await _off_the_loop(_passwords.hash, password.reveal())


async def password_holds(kept: str | None, password: Secret[str]) -> bool:
    """Whether a password is the one that was kept. With None, for nobody, it takes as long and does not hold."""
    return await _off_the_loop(_holds, _passwords, kept or _nobodys(), password.reveal()) and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password was hashed with weaker parameters than today's."""
    return _passwords.check_needs_rehash(kept)


def _holds(hasher: PasswordHasher, kept: str, plain: str) -> bool:
    try:
        return hasher.verify(kept, plain)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _nobodys() -> str:
    return _passwords.hash(secrets.token_hex())


async def new_recovery_codes() -> tuple[list[str], list[str]]:
    """Return ten codes to show once, and what is kept of each. A code begins with its place, so that one check is enough."""
    codes = [f"{place}-{_half()}-{_half()}" for place in range(RECOVERY_CODES)]
    return codes, await _off_the_loop(lambda: [_codes.hash(code) for code in codes])


def _half() -> str:
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_HALF))


async def recovery_code_place(kept: list[str], code: Secret[str]) -> int | None:
    """Return which of the kept codes this is, or None. A used one is kept as an empty string and matches nothing."""
    plain = code.reveal().strip().lower()
    if not plain[:1].isascii() or not plain[:1].isdigit() or plain[1:2] != "-":
        return None
    place = int(plain[0])
    if place >= len(kept) or not kept[place]:
        return None
    return place if await _off_the_loop(_holds, _codes, kept[place], plain) else None


def new_one_time_secret() -> tuple[Secret[str], str]:
    """Return a set-up secret and, as text, what to print of it."""
    text = "-".join(secrets.token_hex(4) for _ in range(4))
    return Secret(text), text


def new_session_secret() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)
