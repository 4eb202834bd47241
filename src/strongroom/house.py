"""What one server process is made of: settings, clock, store and vault, opened and closed together."""

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from strongroom import installation
from strongroom.clock import Clock
from strongroom.config import Settings
from strongroom.store import Store, open_store
from strongroom.store.keystore import open_key_store
from strongroom.vault import EnvRootKey, FileRootKey, Keyring, KeyStore, RootKeyProvider, Vault

DATA_DIR_MODE = 0o700
FATAL_STATUS = 70


@dataclass(slots=True)
class House:
    """Everything a request needs that outlives it."""

    settings: Settings
    clock: Clock
    store: Store
    vault: Vault
    key_store: KeyStore

    async def keyring(self, account: str, livemode: bool) -> Keyring:
        """Return the account's keys, made on first use."""
        return self.vault.cached_keyring(account, livemode) or await self.vault.keyring(account, livemode)

    async def close(self) -> None:
        """Finish what was accepted, then let go of the files and connections."""
        await self.store.close()
        await self.key_store.close()
        self.vault.close()


async def open_house(settings: Settings, clock: Clock | None = None, *, exclusive: bool = True) -> House:
    """Open the data directory, the key store, the vault and the store, or refuse with a word on why not.

    Args:
        settings: what the operator wants.
        clock: what tells the time; None: the machine's.
        exclusive: False for a short visit beside a running server.
    """
    make_data_dir(settings.data_dir)
    async with AsyncExitStack() as opened:
        key_store = await open_key_store(key_store_url(settings))
        opened.push_async_callback(key_store.close)
        store = await open_store(store_url(settings), exclusive=exclusive, fatal=_end)
        opened.push_async_callback(store.close)
        clock = clock or await installation.clock_of(store)
        await installation.refuse_lost_keys(store, key_store)
        vault = await Vault.open(root_key(settings), key_store, clock=clock)
        await installation.refuse_foreign_keys(store, vault, clock)
        opened.pop_all()
    return House(settings, clock, store, vault, key_store)


def _end(_: BaseException) -> None:
    """A flush failed: what it held may or may not be there, and only a restart can tell."""
    os.write(2, b'{"fatal":"a commit failed on the medium; the process ends"}\n')
    os._exit(FATAL_STATUS)


def make_data_dir(path: Path) -> None:
    """Make the data directory with nobody else let in."""
    path.mkdir(parents=True, exist_ok=True, mode=DATA_DIR_MODE)


def store_url(settings: Settings) -> str:
    """Return where the rows live, as the store names it."""
    return f"sqlite:///{settings.database_path.absolute()}" if settings.is_sqlite else settings.database


def key_store_url(settings: Settings) -> str:
    """Return where the wrapped keys live: apart from the rows."""
    if settings.key_database:
        return settings.key_database
    return (
        f"sqlite:///{settings.data_dir.absolute() / 'keys.db'}" if settings.is_sqlite else settings.database
    )


def root_key(settings: Settings) -> RootKeyProvider:
    """Return the provider of the root key; a missing key file is made on the very first start only."""
    kind, _, where = settings.root_key.partition(":")
    if kind == "env":
        return EnvRootKey(where or "STRONGROOM_ROOT_KEY")
    if kind != "file":
        raise ValueError(f"unknown root key provider {kind!r}; there are file and env")
    if where:
        return FileRootKey(*(Path(part) for part in where.split(",")))
    return FileRootKey(settings.data_dir / "root.key", create=True)
