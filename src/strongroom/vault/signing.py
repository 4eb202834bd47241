"""Where webhooks are signed. An endpoint's secrets are kept together in one record: one, or two while it is rolled."""

import hmac
import json
from collections.abc import Iterable
from typing import Final

from strongroom import ids
from strongroom.secret import Secret
from strongroom.vault.keyring import Keyring, SealedRecord

KIND: Final = "webhook_secrets"
PREFIX: Final = "whsec_"
RANDOM_LENGTH: Final = 32

_Held = list[tuple[str, int | None]]
"""Each secret and when it ends, in seconds since 1970; None: it does not."""


def new_secret() -> str:
    """Return a signing secret that nobody was given before, to be shown once."""
    return PREFIX + ids.random_base62(RANDOM_LENGTH)


def listening_secret(api_key: str) -> Secret[str]:
    """Return what `strongroom listen` signs with: always the same for a key, so that it can stay in a developer's settings."""
    return Secret(PREFIX + hmac.digest(api_key.encode(), b"strongroom listen", "sha256").hex())


def shown(secret: Secret[str]) -> str:
    """Return a signing secret as it is told to the receiver."""
    return secret.reveal()


def seal_secret(keyring: Keyring, record_id: str, secret: str) -> SealedRecord:
    """Return the record of an endpoint's first secret."""
    return _seal(keyring, record_id, [(secret, None)])


def _seal(keyring: Keyring, record_id: str, held: _Held) -> SealedRecord:
    return keyring.seal_record(KIND, record_id, Secret(json.dumps(held)))


def _open(keyring: Keyring, record_id: str, sealed: SealedRecord) -> _Held:
    return [(text, ends) for text, ends in json.loads(keyring.open_record(KIND, record_id, sealed).reveal())]


def roll_secret(
    keyring: Keyring, old: tuple[str, SealedRecord], record_id: str, secret: str, *, old_ends_at: int
) -> SealedRecord:
    """Return the record in which `secret` is the newest and the one until now ends at `old_ends_at`.

    Raises:
        SealBroken: the old record does not open.
    """
    until_now = _open(keyring, *old)[0][0]
    return _seal(keyring, record_id, [(secret, None), (until_now, old_ends_at)])


def signature(keyring: Keyring, record_id: str, sealed: SealedRecord, body: bytes, *, now: int) -> str:
    """Return the `Stripe-Signature` of a body: the time, and a `v1` by each secret that has not ended.

    Raises:
        SealBroken: the record does not open.
    """
    held = _open(keyring, record_id, sealed)
    return _header((text for text, ends in held if ends is None or ends > now), body, now)


def sign(secret: Secret[str], body: bytes, *, now: int) -> str:
    """Return the `Stripe-Signature` of a body by one secret."""
    return _header([secret.reveal()], body, now)


def _header(secrets: Iterable[str], body: bytes, now: int) -> str:
    # The whole text is the key, `whsec_` included: that is how every client verifies it.
    signed = b"%d.%b" % (now, body)
    by_each = [f"v1={hmac.digest(text.encode(), signed, 'sha256').hex()}" for text in secrets]
    return ",".join([f"t={now}", *by_each])
