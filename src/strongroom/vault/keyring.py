"""What one account may do with its keys in one mode: seal, open, and make keyed hashes.

    account key (stored wrapped, versioned)
     ├─ document keys     one per row, derived from table and id whenever needed, never stored
     └─ wrapping key      wraps the random key that each vaulted record has of its own

Everything here is synchronous and touches no disk; a request does it several times.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.secret import Secret
from strongroom.vault import envelope
from strongroom.vault.envelope import KEY_LENGTH, Binding, SealBroken, encode, name, place
from strongroom.vault.keys import (
    ACTIVE,
    FINGERPRINT,
    IDEMPOTENCY,
    MODE_NAME,
    SEARCH,
    StoredKey,
    SystemKeys,
)
from strongroom.vault.macs import KeyedHash
from strongroom.vault.randomness import draw

RECORDS: Final = "records"
# A record's own key has neither id nor versions; its ciphertext names the account's key with the version nobody has.
OWN_KEY: Final = 0

# Plaintexts are filled up to a multiple of this many bytes, so that their length says nothing about the number.
PADDING: Final[Mapping[str, int]] = {"card": 32, "bank": 32, "id_number": 64}
PADDING_DEFAULT: Final = 256

_DOCUMENT_FIELD: Final = name("doc")
_DOCUMENT_INFO: Final = name("document")
_WRAPPING_INFO: Final = encode(b"wrap records")

# A request uses its own account's scope and perhaps its platform's.
_FINGERPRINT_SCOPES_MAX: Final = 8


class SealedRecord(NamedTuple):
    """A vaulted value as it is stored. Erasing it means erasing both parts."""

    wrapped_key: bytes
    ciphertext: bytes


class AccountKey:
    """One version of an account's key, as what it is good for; the key itself is not kept."""

    __slots__ = ("document", "documents", "header", "state", "version", "wrapped_key", "wrapping")

    def __init__(self, stored: StoredKey, material: bytes) -> None:
        self.version = stored.version
        self.state = stored.state
        self.header = envelope.header(stored.key_id, stored.version)
        self.documents = KeyedHash(material)
        self.wrapping = AESGCM(self.documents.expand(_WRAPPING_INFO))
        bound = (stored.owner, stored.livemode, stored.key_id, stored.version)
        self.document = Binding("document", *bound)
        self.wrapped_key = Binding("record-key", *bound)


class Keyring:
    """The keys of one account in one mode."""

    __slots__ = (
        "_active",
        "_fingerprint_root",
        "_fingerprints",
        "_idempotency",
        "_record",
        "_record_header",
        "_requests",
        "_search",
        "_versions",
        "account",
        "livemode",
    )

    def __init__(
        self, system: SystemKeys, account: str, livemode: bool, versions: Sequence[AccountKey], key_id: bytes
    ) -> None:
        """Bind the keys.

        Args:
            system: the vault's system keys, of which those for keyed hashes are used.
            account: whose keys these are.
            livemode: the mode they are for.
            versions: the versions of the account's key that may open; exactly one of them is active.
            key_id: the id they share, 16 bytes.
        """
        self.account = account
        self.livemode = livemode
        self._versions = {key.header: key for key in versions}
        (self._active,) = (key for key in versions if key.state == ACTIVE)
        self._record = Binding("record", account, livemode, key_id, OWN_KEY)
        self._record_header = envelope.header(key_id, OWN_KEY)
        whose = (account.encode(), MODE_NAME[livemode].encode())
        self._search = KeyedHash(system.hash(SEARCH, livemode).expand(encode(*whose)))
        idempotency = system.hash(IDEMPOTENCY, livemode)
        self._idempotency = KeyedHash(idempotency.expand(encode(b"key", *whose)))
        self._requests = KeyedHash(idempotency.expand(encode(b"request", *whose)))
        self._fingerprint_root = system.hash(FINGERPRINT, livemode)
        self._fingerprints: dict[str, KeyedHash] = {}

    # -- documents: one per row, T2 ---------------------------------------------------------------------------------

    def seal_document(self, table: str, object_id: str, plaintext: bytes) -> bytes:
        """Return a row's document sealed for this table, row, account and mode."""
        key, where = self._active, place(table, object_id)
        cipher = AESGCM(key.documents.expand(_DOCUMENT_INFO + where))
        return envelope.seal(cipher, key.header, plaintext, key.document.to(where, _DOCUMENT_FIELD))

    def open_document(self, table: str, object_id: str, sealed: bytes) -> bytes:
        """Return a row's document.

        Raises:
            SealBroken: it is damaged, or belongs to another row, table, account or mode.
        """
        key, where = self._version_of(sealed), place(table, object_id)
        cipher = AESGCM(key.documents.expand(_DOCUMENT_INFO + where))
        return envelope.unseal(cipher, sealed, key.document.to(where, _DOCUMENT_FIELD))

    # -- records: one per vaulted number, T1 ------------------------------------------------------------------------

    def seal_record(self, kind: str, record_id: str, plaintext: Secret[str]) -> SealedRecord:
        """Return a vaulted value sealed under a fresh key of its own.

        Args:
            kind: `card`, `bank`, `id_number`, or any other; the value's length is hidden accordingly.
            record_id: where it will be kept.
            plaintext: the value.
        """
        own_key = draw(KEY_LENGTH)
        where, field = place(RECORDS, record_id), name(kind)
        padded = envelope.pad(plaintext.reveal().encode(), PADDING.get(kind, PADDING_DEFAULT))
        ciphertext = envelope.seal(
            AESGCM(own_key), self._record_header, padded, self._record.to(where, field)
        )
        return SealedRecord(self._wrap(own_key, where, field), ciphertext)

    def open_record(self, kind: str, record_id: str, sealed: SealedRecord) -> Secret[str]:
        """Return a vaulted value.

        Raises:
            SealBroken: it is damaged, or belongs to another record, kind, account or mode.
        """
        where, field = place(RECORDS, record_id), name(kind)
        if envelope.head_of(sealed.ciphertext) != self._record_header:
            raise SealBroken("a record is not sealed by a key of this account and mode")
        own_key = self._unwrap(sealed.wrapped_key, where, field)
        padded = envelope.unseal(AESGCM(own_key), sealed.ciphertext, self._record.to(where, field))
        return Secret(envelope.unpad(padded).decode())

    def rewrap_record(self, kind: str, record_id: str, sealed: SealedRecord) -> SealedRecord:
        """Return a record with its key wrapped by the active version; the ciphertext is not touched.

        Raises:
            SealBroken: the wrapped key does not open here.
        """
        where, field = place(RECORDS, record_id), name(kind)
        own_key = self._unwrap(sealed.wrapped_key, where, field)
        return SealedRecord(self._wrap(own_key, where, field), sealed.ciphertext)

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a sealed document, or a record's wrapped key, is under the active version of the account's key."""
        return envelope.head_of(sealed) == self._active.header

    def _wrap(self, own_key: bytes, where: bytes, field: bytes) -> bytes:
        key = self._active
        return envelope.seal(key.wrapping, key.header, own_key, key.wrapped_key.to(where, field))

    def _unwrap(self, wrapped: bytes, where: bytes, field: bytes) -> bytes:
        key = self._version_of(wrapped)
        return envelope.unseal(key.wrapping, wrapped, key.wrapped_key.to(where, field))

    def _version_of(self, sealed: bytes) -> AccountKey:
        key = self._versions.get(envelope.head_of(sealed))
        if key is None:
            raise SealBroken("a value is not sealed by a key of this account and mode")
        return key

    # -- keyed hashes -----------------------------------------------------------------------------------------------

    def fingerprint_mac(self, kind: str, canonical: Secret[str], scope: str) -> bytes:
        """Return the 32 bytes by which a number is known again.

        Args:
            kind: `card`, `bank`, …
            canonical: the number in the one spelling it is compared in.
            scope: the account family within which equal numbers are equal.
        """
        return self._fingerprint_hash(scope).digest(name(kind) + encode(canonical.reveal().encode()))

    def _fingerprint_hash(self, scope: str) -> KeyedHash:
        known = self._fingerprints.get(scope)
        if known is not None:
            return known
        if len(self._fingerprints) >= _FINGERPRINT_SCOPES_MAX:
            self._fingerprints.clear()
        made = self._fingerprints[scope] = KeyedHash(self._fingerprint_root.expand(encode(scope.encode())))
        return made

    def search_token(self, field: str, value: str) -> bytes:
        """Return the 32 bytes under which a field's value is found by equality, in this account and mode only."""
        return self._search.digest(name(field) + encode(value.encode()))

    def request_mac(self, data: bytes) -> bytes:
        """Return the 32 bytes that tell whether two requests under one idempotency key are the same."""
        return self._requests.digest(data)

    def idempotency_mac(self, key: str) -> str:
        """Return, in hexadecimal, the row id under which an idempotency key is kept; clients write anything into keys."""
        return self._idempotency.digest(key.encode()).hex()
