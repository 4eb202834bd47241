"""Where the root key is: a file, several files that must come together, or the environment.

The root key only ever wraps the dozen system keys of the key store. It is never written there, and losing it loses
everything it protects; there is no way around that, by design.
"""

import base64
import binascii
import contextlib
import os
import re
import stat
from collections.abc import Mapping, MutableMapping
from functools import reduce
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.errors import CannotServe
from strongroom.vault import envelope
from strongroom.vault.envelope import KEY_LENGTH
from strongroom.vault.macs import KeyedHash

_VERSION: Final = 1
_PRIVATE: Final = 0o600
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_HEXADECIMAL: Final = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_LENGTH}}}")


class RootKeyError(CannotServe):
    """The root key cannot be had, or is not the one this key store was made with. Nothing may be served."""


class RootKeyProvider(Protocol):
    """What keeps the root key and wraps the system keys with it."""

    def wrap(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """Return `plaintext` wrapped so that only the same `context` unwraps it."""
        ...

    def unwrap(self, blob: bytes, context: Mapping[str, str]) -> bytes:
        """Return what was wrapped.

        Raises:
            RootKeyError: the key cannot be had.
            SealBroken: this key, or this context, did not wrap it.
        """
        ...

    def describe(self) -> str:
        """Return where the key is, for the operator; never anything about its value."""
        ...


class _LocalRootKey:
    """Wraps with a key held by this process."""

    def __init__(self, material: bytes | bytearray) -> None:
        self._cipher = AESGCM(bytes(material))
        identity = KeyedHash(material).expand(b"strongroom root key id")[: envelope.KEY_ID_LENGTH]
        self._header = envelope.header(identity, _VERSION)

    def wrap(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        return envelope.seal(self._cipher, self._header, plaintext, _bound_to(context))

    def unwrap(self, blob: bytes, context: Mapping[str, str]) -> bytes:
        if envelope.head_of(blob) != self._header:
            raise envelope.SealBroken("another root key wrapped this")
        return envelope.unseal(self._cipher, blob, _bound_to(context))


def _bound_to(context: Mapping[str, str]) -> bytes:
    words = [word for item in sorted(context.items()) for word in item]
    return envelope.encode(b"root", *[word.encode() for word in words])


class FileRootKey:
    """A root key in a file of 32 random bytes, or in several whose exclusive-or it is (each useless without the others).

    The files are read on first use, which is when the vault opens.
    """

    def __init__(self, *paths: Path, create: bool = False) -> None:
        """Name the files.

        Args:
            paths: one file, or all the shares.
            create: make them, mode 0600, when something is first *wrapped* and none of them exists. Unwrapping never
                makes a key: a key store that is in use needs the key it has.
        """
        if not paths:
            raise ValueError("a root key needs at least one file")
        self._paths = paths
        self._create = create
        self._key: _LocalRootKey | None = None

    def wrap(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """Wrap under the key in the files, which are made first if that was asked for."""
        if self._create and not any(path.exists() for path in self._paths):
            for path in self._paths:
                _write_new_share(path)
        return self._loaded().wrap(plaintext, context)

    def unwrap(self, blob: bytes, context: Mapping[str, str]) -> bytes:
        """Unwrap with the key in the files."""
        return self._loaded().unwrap(blob, context)

    def describe(self) -> str:
        """Return the files' names."""
        return "file " + " + ".join(str(path) for path in self._paths)

    def _loaded(self) -> _LocalRootKey:
        if self._key is None:
            self._key = _LocalRootKey(reduce(_exclusive_or, map(_read_share, self._paths)))
        return self._key


def _exclusive_or(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _read_share(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            share = file.read(KEY_LENGTH + 1)
    except OSError as error:
        raise RootKeyError(f"The root key file {path} cannot be read: {error.strerror}.") from None
    if status.st_mode & _OTHERS:
        raise RootKeyError(
            f"The root key file {path} is open to others than its owner. Please run: chmod 600 {path}"
        )
    if len(share) != KEY_LENGTH:
        raise RootKeyError(f"The root key file {path} does not hold exactly {KEY_LENGTH} bytes.")
    return share


def _write_new_share(path: Path) -> None:
    """Make the file whole or not at all; of several processes at once, the first one's stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class EnvRootKey:
    """A root key in an environment variable: 32 bytes in hexadecimal or base64. Gone from the environment once read."""

    def __init__(self, variable: str, environment: MutableMapping[str, str] = os.environ) -> None:
        """Take the key out of the environment.

        Raises:
            RootKeyError: the variable is missing, or holds something else.
        """
        self._variable = variable
        text = environment.pop(variable, None)
        if text is None:
            raise RootKeyError(
                f"The environment variable {variable} does not hold a root key; it is not set."
            )
        self._key = _LocalRootKey(_decoded(text.strip(), variable))

    def wrap(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """Wrap under the key."""
        return self._key.wrap(plaintext, context)

    def unwrap(self, blob: bytes, context: Mapping[str, str]) -> bytes:
        """Unwrap with the key."""
        return self._key.unwrap(blob, context)

    def describe(self) -> str:
        """Return the variable's name."""
        return f"environment variable {self._variable}"


def _decoded(text: str, variable: str) -> bytes:
    if _HEXADECIMAL.fullmatch(text):
        return bytes.fromhex(text)
    with contextlib.suppress(binascii.Error, ValueError):
        material = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        if len(material) == KEY_LENGTH:
            return material
    raise RootKeyError(
        f"The environment variable {variable} does not hold {KEY_LENGTH} bytes in hexadecimal or base64."
    )
