"""Keyed hashes about people: their sessions, their e-mail addresses, and the chain of the audit log.

Each has a key of its own, expanded from a value of the API keys' pepper that no API key can have.
"""

import hmac

from strongroom.vault.envelope import encode
from strongroom.vault.macs import KeyedHash
from strongroom.vault.vault import Vault

# Not shaped like a key, so that no key's MAC is ever equal to this root.
_ROOT = "the dashboard's people"


class PeopleKeys:
    """The keyed hashes of the dashboard."""

    __slots__ = ("_audit", "_emails", "_forms", "_sessions")

    def __init__(self, vault: Vault) -> None:
        root = KeyedHash(vault.api_key_mac(_ROOT))
        self._sessions = KeyedHash(root.expand(b"sessions"))
        self._forms = KeyedHash(root.expand(b"forms"))
        self._emails = KeyedHash(root.expand(b"emails"))
        self._audit = KeyedHash(root.expand(b"audit"))

    def session_mac(self, secret: str) -> bytes:
        """Return the 32 bytes under which a session is kept and found."""
        return self._sessions.digest(secret.encode())

    def email_mac(self, email: str) -> bytes:
        """Return the 32 bytes under which a person is found; letters' case and surrounding spaces do not count."""
        return self._emails.digest(email.strip().casefold().encode())

    def form_token(self, secret: str) -> str:
        """Return what every form of a session carries, so that no other page can send one."""
        return self._forms.digest(secret.encode()).hex()

    def form_token_holds(self, secret: str, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(self.form_token(secret).encode(), token.encode())

    def audit_mac(self, account: str, previous: bytes, entry: bytes) -> bytes:
        """Return the 32 bytes that bind an entry of an account's log to all before it."""
        return self._audit.digest(encode(account.encode(), previous, entry))
