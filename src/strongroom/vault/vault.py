"""The open vault: system keys in memory, and a keyring for each account that is in use."""

import asyncio
import os
from collections import OrderedDict
from typing import Final, NamedTuple, Self

from strongroom.clock import Clock
from strongroom.vault import envelope, keys
from strongroom.vault.codes import SecurityCodes
from strongroom.vault.envelope import KEY_ID_LENGTH, KEY_LENGTH, SealBroken
from strongroom.vault.keyring import AccountKey, Keyring
from strongroom.vault.keys import KeyStore, StoredKey, SystemKeys
from strongroom.vault.macs import KeyedHash
from strongroom.vault.providers import RootKeyProvider

KEYRING_SECONDS: Final = 600
KEYRINGS_MAX: Final = 10_000
# A new version seals only after every process has read it. Twice the life of a keyring leaves room for clocks that differ.
ROTATION_WAIT_SECONDS: Final = 2 * KEYRING_SECONDS


class AccountShredded(Exception):
    """The account's key was destroyed. Nothing of it can be opened, and no new key is made in its place."""


class AccountKeyMissing(SealBroken):
    """The key store has no key for an account that must have one. What it sealed is lost unless the key is restored."""


class RotationNotReady(Exception):
    """There is no pending version, or not every process can know it yet."""


class _Cached(NamedTuple):
    keyring: Keyring
    expires: int


class NewKeyring(NamedTuple):
    """The keyring of an account that is being made. It is at hand at once, and durable once it is kept."""

    keyring: Keyring
    stored: StoredKey


class Vault:
    """Everything the rest of Strongroom may ask of cryptography. Made by `open`."""

    codes: SecurityCodes
    """Card security codes, in memory only."""
    instance: bytes
    """Names the key store this vault was founded with, so that a database can remember which one it belongs to."""

    def __init__(self, instance: bytes, system: SystemKeys, store: KeyStore, clock: Clock) -> None:
        self.instance = instance
        self.codes = SecurityCodes(clock)
        self._system = system
        self._store = store
        self._clock = clock
        self._peppers = {mode: system.hash(keys.API_KEY_PEPPER, mode) for mode in keys.MODES}
        self._keyrings: OrderedDict[tuple[str, bool], _Cached] = OrderedDict()
        self._loading = asyncio.Lock()

    @classmethod
    async def open(cls, root: RootKeyProvider, keystore: KeyStore, *, clock: Clock) -> Self:
        """Open the vault. An empty key store is founded; any other must have been founded with this root key.

        Raises:
            RootKeyError: the root key cannot be had, or is another one. The key store is as it was.
            SealBroken: the key store is damaged.
        """
        instance, system = await keys.open_hierarchy(root, keystore, clock.now())
        return cls(instance, system, keystore, clock)

    def close(self) -> None:
        """Forget every key and code. The key store stays open; it belongs to whoever opened it."""
        self.codes.clear()
        self._keyrings.clear()
        self._peppers.clear()
        self._system.wipe()

    # -- keyrings ---------------------------------------------------------------------------------------------------

    def cached_keyring(self, account: str, livemode: bool) -> Keyring | None:
        """Return an account's keyring if it is at hand: the way of nearly every request."""
        cached = self._keyrings.get((account, livemode))
        if cached is None or cached.expires <= self._clock.now():
            return None
        return cached.keyring

    async def keyring(self, account: str, livemode: bool, *, make: bool = True) -> Keyring:
        """Return an account's keyring; a new account's key is durable before anything is sealed with it.

        Args:
            account: whose.
            livemode: in which mode.
            make: whether an account without a key is a new one, and is given its first. False where an account that has
                none must have lost it: a second key would hide the loss, and open nothing that is there.

        Raises:
            AccountKeyMissing: it has no key, and none was to be made.
            AccountShredded: its key was destroyed.
            SealBroken: its key in the key store is damaged, or another account's.
        """
        async with self._loading:
            return self.cached_keyring(account, livemode) or await self._load(account, livemode, make=make)

    async def _load(self, account: str, livemode: bool, *, make: bool) -> Keyring:
        # The time is taken before the keys are read: a keyring never outlives what it was read from by more than this.
        expires = self._clock.now() + KEYRING_SECONDS
        stored = await self._stored(account, livemode)
        if not stored and not make:
            raise AccountKeyMissing(
                f"the {keys.MODE_NAME[livemode]} key of {account} is not in the key store"
            )
        if not stored:
            await self._store.add_account_key(
                self._new_key(account, livemode, 1, os.urandom(KEY_ID_LENGTH), keys.ACTIVE)
            )
            stored = await self._stored(account, livemode)
        keyring = self._assemble(account, livemode, stored)
        self._remember(account, livemode, _Cached(keyring, expires))
        return keyring

    async def _stored(self, account: str, livemode: bool) -> list[StoredKey]:
        return [StoredKey(*row) for row in await self._store.account_keys(account, livemode)]

    def _new_key(self, account: str, livemode: bool, version: int, key_id: bytes, state: str) -> StoredKey:
        material = os.urandom(KEY_LENGTH)
        wrapped = self._system.wrap(account, livemode, _place(key_id, version), material)
        return StoredKey(account, livemode, version, key_id, state, wrapped, self._clock.now())

    def _assemble(self, account: str, livemode: bool, stored: list[StoredKey]) -> Keyring:
        usable = [(key, key.wrapped) for key in stored if key.wrapped is not None]
        if not usable:
            raise AccountShredded(f"the {keys.MODE_NAME[livemode]} key of {account} was destroyed")
        if not any(key.state == keys.ACTIVE for key, _ in usable):
            raise SealBroken(f"no {keys.MODE_NAME[livemode]} key of {account} is active")
        versions = []
        for key, wrapped in usable:
            # Under the asked-for account, not the row's: a row that was moved to another account does not open.
            material = self._system.unwrap(account, livemode, _place(key.key_id, key.version), wrapped)
            versions.append(AccountKey(key, material))
        return Keyring(self._system, account, livemode, versions, usable[0][0].key_id)

    def _remember(self, account: str, livemode: bool, cached: _Cached) -> None:
        self.forget(account, livemode)
        while len(self._keyrings) >= KEYRINGS_MAX:
            self._keyrings.popitem(last=False)
        self._keyrings[account, livemode] = cached

    def forget(self, account: str, livemode: bool) -> None:
        """Drop a keyring from memory; the next request reads it from the key store."""
        self._keyrings.pop((account, livemode), None)

    # -- the keys of an account that is being made ------------------------------------------------------------------

    def new_keyring(self, account: str, livemode: bool) -> NewKeyring:
        """Return a keyring for an account that is not there yet. It is in memory alone until `keep`."""
        expires = self._clock.now() + KEYRING_SECONDS
        stored = self._new_key(account, livemode, 1, os.urandom(KEY_ID_LENGTH), keys.ACTIVE)
        keyring = self._assemble(account, livemode, [stored])
        self._remember(account, livemode, _Cached(keyring, expires))
        return NewKeyring(keyring, stored)

    async def keep(self, new: NewKeyring) -> None:
        """Make a new account's key durable: before anything that is sealed with it is."""
        await self._store.add_account_key(new.stored)

    async def abandon(self, new: NewKeyring) -> None:
        """Remove the key of an account that did not come to be after all."""
        keyring = new.keyring
        self.forget(keyring.account, keyring.livemode)
        await self._store.remove_account_key(keyring.account, keyring.livemode, new.stored.key_id)

    # -- the life of an account's key -------------------------------------------------------------------------------

    async def begin_rotation(self, account: str, livemode: bool) -> int:
        """Make the next version of an account's key, pending: it opens at once and seals after `finish_rotation`.

        Returns:
            The pending version's number; the one that was already pending if there is one.
        """
        await self.keyring(account, livemode)
        stored = await self._stored(account, livemode)
        newest = stored[-1]
        if newest.state != keys.PENDING:
            fresh = self._new_key(account, livemode, newest.version + 1, newest.key_id, keys.PENDING)
            await self._store.add_account_key(fresh)
        self.forget(account, livemode)
        return (await self._stored(account, livemode))[-1].version

    async def finish_rotation(self, account: str, livemode: bool, *, compromised: bool = False) -> None:
        """Seal with the pending version from now on; the version until now only opens.

        Args:
            account: whose key.
            livemode: in which mode.
            compromised: whether the version until now is known to others, so that what it sealed must be sealed anew.

        Raises:
            RotationNotReady: it was not begun, or less than `ROTATION_WAIT_SECONDS` ago.
        """
        pending = [key for key in await self._stored(account, livemode) if key.state == keys.PENDING]
        if not pending:
            raise RotationNotReady(f"no rotation of the key of {account} was begun")
        if self._clock.now() < pending[0].created + ROTATION_WAIT_SECONDS:
            raise RotationNotReady(f"the pending key of {account} is not known to every process yet")
        old_state = keys.COMPROMISED if compromised else keys.DECRYPT_ONLY
        await self._store.activate(account, livemode, pending[0].version, old_state)
        self.forget(account, livemode)

    async def shred(self, account: str, livemode: bool) -> None:
        """Destroy an account's key: nothing it sealed opens again, once other processes' keyrings have had their time."""
        await self._store.destroy(account, livemode)
        self.forget(account, livemode)

    # -- keyed hashes that belong to no account ---------------------------------------------------------------------

    def api_key_mac(self, key: str) -> bytes:
        """Return the 32 bytes under which an API key is kept and found; its prefix says which mode's pepper is used."""
        return self._pepper(key).digest(key.encode())

    def _pepper(self, key: str) -> KeyedHash:
        return self._peppers[key[2:8] == "_live_"]


def _place(key_id: bytes, version: int) -> bytes:
    return envelope.place("account_keys", f"{key_id.hex()}.{version}")
