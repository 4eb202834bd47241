"""Time-based one-time codes (RFC 6238): HMAC-SHA-1, six digits, thirty seconds, one step of tolerance on either side."""

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import quote

from strongroom.secret import Secret

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SEED_BYTES: Final = 20
TOLERANCE: Final = 1


def new_seed() -> str:
    """Return a fresh seed in base32, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()


def code_at(seed: str, counter: int) -> str:
    """Return the code of one step of thirty seconds."""
    digest = hmac.digest(base64.b32decode(seed), counter.to_bytes(8), "sha1")
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def accepted_counter(seed: str, code: Secret[str], *, now: int, last: int) -> int | None:
    """Return the step a code is of, or None.

    Args:
        seed: whose codes, in base32.
        code: what was typed.
        now: seconds since 1970.
        last: the step whose code was accepted last; it and all before it are used up.
    """
    typed = code.reveal().replace(" ", "").encode()
    today = now // STEP_SECONDS
    found = None
    for counter in range(today - TOLERANCE, today + TOLERANCE + 1):
        if hmac.compare_digest(code_at(seed, counter).encode(), typed) and counter > last:
            found = counter
    return found


def address(seed: str, *, issuer: str, name: str) -> str:
    """Return the `otpauth://` address that a QR code of the seed holds."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?secret={seed}&issuer={quote(issuer, safe='')}"
