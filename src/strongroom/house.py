"""What one server process is made of: settings, clock, store and vault, opened and closed together."""

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from strongroom import errors, installation
from strongroom.account_clocks import AccountClocks
from strongroom.clock import Clock
from strongroom.config import Settings
from strongroom.errors import CannotServe
from strongroom.outbox import Outbox
from strongroom.store import Store, migrate, open_store, plan
from strongroom.store.keystore import open_key_store
from strongroom.store.opening import is_postgres
from strongroom.vault import EnvRootKey, FileRootKey, Keyring, KeyStore, RootKeyProvider, Vault

DATA_DIR_MODE: Final = 0o700
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
OUR_FILES: Final = ("root.key", "keys.db", "strongroom.db")
FATAL_STATUS: Final = 70

# What PostgreSQL says when it is opened, by the first characters of the SQLSTATE, in words that hold nothing of the
# address: a mistyped one may have the password where the name of a host or a database should be.
POSTGRES_SAYS: Final = {
    "28": "PostgreSQL does not accept the user and password",
    "3D": "PostgreSQL has no database of that name",
    "42501": "PostgreSQL does not let this user do what is needed",
    "53": "PostgreSQL has no room for another connection",
}


@dataclass(slots=True)
class House:
    """Everything a request needs that outlives it."""

    settings: Settings
    clock: Clock
    store: Store
    vault: Vault
    key_store: KeyStore
    clocks: AccountClocks
    staged: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when webhooks were committed that are to be delivered."""

    async def keyring(self, account: str, livemode: bool) -> Keyring:
        """Return the account's keys. In the sandbox they are made on first use.

        Raises:
            AccountKeyMissing: outside the sandbox, the account has none: they were lost, or it does not exist.
            AccountShredded: they were destroyed.
            SealBroken: they are damaged.
        """
        return self.vault.cached_keyring(account, livemode) or await self.vault.keyring(
            account, livemode, make=self.settings.sandbox
        )

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
        exclusive: False for a short visit beside a running server. A visit makes nothing that is not there.

    Raises:
        CannotServe: see its message.
    """
    if exclusive:
        make_data_dir(settings.data_dir)
    else:
        _refuse_absent_rows(settings)
        _refuse_absent_keys(settings)
    async with AsyncExitStack() as opened:
        key_store = await _opened_key_store(settings)
        opened.push_async_callback(key_store.close)
        if not exclusive and await key_store.founding() is None:
            raise CannotServe("the key store is empty; it is filled by the first `strongroom serve`")
        with _reaching("--database", store_url(settings)):
            store = await open_store(store_url(settings), exclusive=exclusive, fatal=_end)
        opened.push_async_callback(store.close)
        clock = clock or await installation.clock_of(store)
        await installation.refuse_lost_keys(store, key_store)
        vault = await Vault.open(root_key(settings), key_store, clock=clock)
        await installation.refuse_foreign_keys(store, vault, clock)
        clocks = AccountClocks(store, is_shared=not settings.is_sqlite)
        if settings.sandbox:
            await clocks.read()
        opened.pop_all()
    staged = asyncio.Event()
    outbox = Outbox(store, vault, clock, is_shared=not settings.is_sqlite, staged=staged.set)
    return House(settings, clock, outbox, vault, key_store, clocks, staged)


async def _opened_key_store(settings: Settings) -> KeyStore:
    option = "--key-database" if settings.key_database else "--database"
    with _reaching(option, key_store_url(settings)):
        return await open_key_store(key_store_url(settings))


async def plan_migrations(settings: Settings) -> list[str]:
    """Return the names of the migrations the database lacks, in order. Nothing is made."""
    _refuse_absent_rows(settings)
    with _reaching("--database", store_url(settings)):
        return await plan(store_url(settings))


async def apply_migrations(settings: Settings) -> list[str]:
    """Apply the migrations the database lacks, and return their names in order. A database that is not there is made."""
    make_data_dir(settings.data_dir)
    with _reaching("--database", store_url(settings)):
        return await migrate(store_url(settings))


@contextmanager
def _reaching(option: str, address: str) -> Iterator[None]:
    """Say why PostgreSQL cannot be used in a sentence that holds nothing of its address."""
    try:
        yield
    except Exception as failure:
        said = postgres_says(failure) if is_postgres(address) else None
        if said is None:
            raise
        raise CannotServe(f"{option}: {said}") from None


def postgres_says(failure: Exception) -> str | None:
    """Return what went wrong on the way to PostgreSQL, in our words; None if it is nothing of the kind."""
    if isinstance(failure, (errors.Unavailable, OSError)):
        return f"PostgreSQL does not answer ({type(failure.__cause__ or failure).__name__})"
    if isinstance(failure, ValueError):
        return "this is no address of PostgreSQL; in a password, characters such as / ? # @ are written as %2F %3F %23 %40"
    if not type(failure).__module__.startswith("asyncpg."):
        return None
    state = getattr(failure, "sqlstate", None) or ""
    known = [sentence for start, sentence in POSTGRES_SAYS.items() if state.startswith(start)]
    return known[0] if known else f"PostgreSQL refuses ({type(failure).__name__} {state}".rstrip() + ")"


def _end(_: BaseException) -> None:
    """A flush failed: what it held may or may not be there, and only a restart can tell."""
    os.write(2, b'{"fatal":"a commit failed on the medium; the process ends"}\n')
    os._exit(FATAL_STATUS)


def make_data_dir(path: Path) -> None:
    """Make the data directory with nobody else let in, or close the one that is there to others.

    Raises:
        CannotServe: others can enter it, and it is not ours alone to close.
    """
    path.mkdir(parents=True, exist_ok=True, mode=DATA_DIR_MODE)
    status = path.stat()
    if not status.st_mode & OTHERS:
        return
    if status.st_uid != os.geteuid() or not _is_for_us(path):
        raise CannotServe(
            f"others can enter {path}, and it may be theirs: give --data-dir a directory of its own, or run: chmod 700 {path}"
        )
    path.chmod(DATA_DIR_MODE)


def _is_for_us(folder: Path) -> bool:
    """Whether the folder is empty, or holds a file of ours that nobody else has put there."""
    ours = [folder / name for name in OUR_FILES]
    return not any(folder.iterdir()) or any(
        path.exists() and path.stat().st_uid == os.geteuid() for path in ours
    )


def _refuse_absent_rows(settings: Settings) -> None:
    """Refuse to look into an SQLite database that is not there, before a single file of it is made.

    Raises:
        CannotServe: it is not there.
    """
    if settings.is_sqlite and not settings.database_path.exists():
        option = "--data-dir" if settings.database == "sqlite" else "--database"
        raise CannotServe(
            f"there is no Strongroom in {settings.database_path.parent}; say where with {option}"
        )
    if settings.data_dir.exists():
        make_data_dir(settings.data_dir)


def _refuse_absent_keys(settings: Settings) -> None:
    """Refuse to look for keys in an SQLite file that is not there.

    Raises:
        CannotServe: it is not there.
    """
    path = settings.key_database_path
    if path is not None and not path.exists():
        raise CannotServe(
            f"there is no key store at {path}: restore it; if this is new, `strongroom serve` makes it"
        )


def store_url(settings: Settings) -> str:
    """Return where the rows live, as the store names it."""
    return _sqlite_url(settings.database_path) if settings.is_sqlite else settings.database


def key_store_url(settings: Settings) -> str:
    """Return where the wrapped keys live: apart from the rows."""
    path = settings.key_database_path
    return settings.key_database or settings.database if path is None else _sqlite_url(path)


def _sqlite_url(path: Path) -> str:
    return f"sqlite://{path.absolute()}"


def root_key(settings: Settings) -> RootKeyProvider:
    """Return the provider of the root key; a missing key file is made on the very first start only."""
    kind, _, where = settings.root_key.partition(":")
    if kind == "env":
        return EnvRootKey(where or "STRONGROOM_ROOT_KEY")
    if kind != "file":
        # Not repeated: it may be the key itself.
        raise CannotServe("--root-key names no provider; there are file, file:PATH[,PATH…] and env:NAME")
    if where:
        return FileRootKey(*(Path(part) for part in where.split(",")))
    return FileRootKey(settings.data_dir / "root.key", create=True)
