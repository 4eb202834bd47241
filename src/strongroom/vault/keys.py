"""Wrapped keys as the key store holds them, and the system keys that open all the others.

Under the root key stands one system key per purpose and mode; under the system key "wrap" of a mode stands one key per
account. Test and live share nothing below the root. Every key has numbered versions, exactly one of them active; an
old version goes on opening what it sealed until it is destroyed.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.vault import envelope
from strongroom.vault.envelope import KEY_ID_LENGTH, KEY_LENGTH, Binding, SealBroken
from strongroom.vault.macs import KeyedHash
from strongroom.vault.providers import RootKeyError, RootKeyProvider

PENDING: Final = "pending"
"""Opens, does not seal yet: every process must know it before the first one seals with it."""
ACTIVE: Final = "active"
DECRYPT_ONLY: Final = "decrypt-only"
COMPROMISED: Final = "compromised"
"""Opens, so that what it sealed can be sealed anew."""
DESTROYED: Final = "destroyed"
"""Its material is gone, the row remains: the key must not be made again."""

WRAP: Final = "wrap"
FINGERPRINT: Final = "fingerprint"
SEARCH: Final = "search"
API_KEY_PEPPER: Final = "apikey-pepper"
IDEMPOTENCY: Final = "idempotency"

# All are made when the key store is founded, those nothing uses yet too: a key missing later is then always damage.
PURPOSES: Final = (WRAP, FINGERPRINT, SEARCH, API_KEY_PEPPER, "secrets", IDEMPOTENCY, "audit", "cookie")
MODES: Final = (False, True)
MODE_NAME: Final = {False: "test", True: "live"}

_CHECK: Final = b"strongroom key check, format 1"
_INSTANCE_LENGTH: Final = 16


class StoredKey(NamedTuple):
    """One version of a wrapped key. `owner` is a purpose or an account, `created` seconds since 1970 UTC."""

    owner: str
    livemode: bool
    version: int
    key_id: bytes
    state: str
    wrapped: bytes | None
    """None once destroyed."""
    created: int


KeyRow = tuple[str, bool, int, bytes, str, bytes | None, int]
"""A `StoredKey` as the key store, which does not know the vault, hands it over."""


class KeyStore(Protocol):
    """Keeps wrapped keys, apart from the data they protect. Everything is durable when it returns.

    Several processes may use one store at once; every method may safely be called again.
    """

    async def found(
        self, instance: bytes, key_check: bytes, created: int, system_keys: Sequence[KeyRow]
    ) -> None:
        """Fill an empty store, all or nothing; leave any other as it is."""
        ...

    async def founding(self) -> tuple[bytes, bytes] | None:
        """Return the instance id and the key check; None if the store is empty.

        Raises:
            Exception: there are keys, but no founding: the store is damaged.
        """
        ...

    async def system_keys(self) -> list[KeyRow]:
        """Return every version of every system key."""
        ...

    async def account_keys(self, account: str, livemode: bool) -> list[KeyRow]:
        """Return every version of an account's key, oldest first."""
        ...

    async def add_account_key(self, key: KeyRow) -> None:
        """Keep a new version, unless this version exists or another is already in the same state."""
        ...

    async def activate(self, account: str, livemode: bool, version: int, old_state: str) -> None:
        """Make a pending version the active one, and the active one `old_state`; nothing if it is not pending."""
        ...

    async def destroy(self, account: str, livemode: bool) -> None:
        """Overwrite the material of every version of an account's key."""
        ...

    async def remove_account_key(self, account: str, livemode: bool, key_id: bytes) -> None:
        """Remove a key of an account that never came to be."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


class SystemKey:
    """One version of a system key, unwrapped."""

    __slots__ = ("key_id", "material", "version")

    def __init__(self, stored: StoredKey, material: bytes) -> None:
        self.key_id = stored.key_id
        self.version = stored.version
        self.material = bytearray(material)

    def wipe(self) -> None:
        """Overwrite the material."""
        self.material[:] = bytes(len(self.material))


class SystemKeys:
    """All system keys of an open vault. Their material is in byte arrays that `wipe` overwrites."""

    def __init__(self, active: dict[tuple[str, bool], SystemKey], opening: dict[bytes, SystemKey]) -> None:
        self._active = active
        self._opening = opening

    def hash(self, purpose: str, livemode: bool) -> KeyedHash:
        """Return keyed hashing under the active key of a purpose."""
        return KeyedHash(self._active[purpose, livemode].material)

    def wrap(self, account: str, livemode: bool, place: bytes, material: bytes) -> bytes:
        """Return an account's key wrapped; `place` says which version of it."""
        key = self._active[WRAP, livemode]
        head = envelope.header(key.key_id, key.version)
        return envelope.seal(_cipher(key), head, material, _account_binding(key, account, livemode, place))

    def unwrap(self, account: str, livemode: bool, place: bytes, wrapped: bytes) -> bytes:
        """Return an account's key.

        Raises:
            SealBroken: it was not wrapped here, for this account and mode.
        """
        key = self._opening.get(envelope.head_of(wrapped))
        if key is None:
            raise SealBroken("an account's key is wrapped by a system key we do not have")
        return envelope.unseal(_cipher(key), wrapped, _account_binding(key, account, livemode, place))

    def wipe(self) -> None:
        """Overwrite every key. The vault is closed."""
        for key in [*self._opening.values(), *self._active.values()]:
            key.wipe()


def _cipher(key: SystemKey) -> AESGCM:
    return AESGCM(key.material)


def _account_binding(key: SystemKey, account: str, livemode: bool, place: bytes) -> bytes:
    return Binding("account-key", account, livemode, key.key_id, key.version).to(
        place, envelope.name("material")
    )


async def open_hierarchy(root: RootKeyProvider, store: KeyStore, now: int) -> tuple[bytes, SystemKeys]:
    """Return the instance id and the system keys; an empty store is founded first.

    Of several processes that meet an empty store, one founds and all use what it founded.

    Raises:
        RootKeyError: the root key cannot be had, or is not the one the store was founded with. Nothing was changed.
        SealBroken: a wrapped system key is damaged, or missing.
    """
    founding = await store.founding()
    if founding is None:
        await _found(root, store, now)
        founding = await store.founding()
        assert founding is not None, "a key store that was just founded is not empty"
    instance, key_check = founding
    _check(root, instance, key_check)
    stored = [StoredKey(*row) for row in await store.system_keys()]
    return instance, _unwrap_all(root, instance, stored)


async def _found(root: RootKeyProvider, store: KeyStore, now: int) -> None:
    instance = os.urandom(_INSTANCE_LENGTH)
    keys = [
        _new_system_key(root, instance, purpose, livemode, now) for purpose in PURPOSES for livemode in MODES
    ]
    await store.found(instance, root.wrap(_CHECK, _check_context(instance)), now, keys)


def _new_system_key(
    root: RootKeyProvider, instance: bytes, purpose: str, livemode: bool, now: int
) -> StoredKey:
    fresh = StoredKey(purpose, livemode, 1, os.urandom(KEY_ID_LENGTH), ACTIVE, None, now)
    return fresh._replace(wrapped=root.wrap(os.urandom(KEY_LENGTH), _context(instance, fresh)))


def _context(instance: bytes, key: StoredKey) -> Mapping[str, str]:
    return {
        "instance": instance.hex(),
        "purpose": key.owner,
        "mode": MODE_NAME[key.livemode],
        "key": key.key_id.hex(),
        "version": str(key.version),
    }


def _check_context(instance: bytes) -> Mapping[str, str]:
    return {"instance": instance.hex(), "purpose": "key check"}


def _check(root: RootKeyProvider, instance: bytes, key_check: bytes) -> None:
    try:
        matches = root.unwrap(key_check, _check_context(instance)) == _CHECK
    except SealBroken:
        matches = False
    if not matches:
        raise RootKeyError(
            f"This key store was made with another root key than the one in {root.describe()}. "
            "Nothing was changed; please give the server the root key it was first started with."
        )


def _unwrap_all(root: RootKeyProvider, instance: bytes, stored: Sequence[StoredKey]) -> SystemKeys:
    active: dict[tuple[str, bool], SystemKey] = {}
    opening: dict[bytes, SystemKey] = {}
    for row in stored:
        if row.wrapped is None:
            continue
        key = SystemKey(row, root.unwrap(row.wrapped, _context(instance, row)))
        opening[envelope.header(key.key_id, key.version)] = key
        if row.state == ACTIVE:
            active[row.owner, row.livemode] = key
    _refuse_gaps(active)
    return SystemKeys(active, opening)


def _refuse_gaps(active: Mapping[tuple[str, bool], SystemKey]) -> None:
    for purpose in PURPOSES:
        for livemode in MODES:
            if (purpose, livemode) not in active:
                raise SealBroken(f"the key store lacks its {MODE_NAME[livemode]} {purpose} key")
