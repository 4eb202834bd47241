"""The vault: the only package that sees plaintext of card, bank and identity numbers, and the only one with keys.

It alone imports `cryptography` and calls `Secret.reveal`; a test reads the source for both. What crosses its boundary
is opaque either way: numbers come in wrapped in `Secret`, and out come sealed bytes, keyed hashes and facts such as a
brand and four last digits. Databases and logs only ever meet those.

    providers.py   where the root key is                    keys.py       system keys, founded once, checked at start
    vault.py       the open vault, keyrings in use          keyring.py    what one account does with its keys
    envelope.py    the sealed format and its binding        macs.py       keyed hashes, keys made from keys
    codes.py       security codes, in memory only           process.py    no core dumps
    randomness.py  what keys and nonces are made of
    documents.py   looks at uploaded documents              segments.py   seals them, 64 KiB at a time

Wrapped keys live in a key store of their own, apart from the data (`strongroom.store.keystore`).
"""

from strongroom.vault.codes import SecurityCodes
from strongroom.vault.envelope import SealBroken
from strongroom.vault.keyring import Keyring, SealedRecord
from strongroom.vault.keys import KeyRow, KeyStore
from strongroom.vault.process import harden_process
from strongroom.vault.providers import EnvRootKey, FileRootKey, RootKeyError, RootKeyProvider
from strongroom.vault.vault import AccountShredded, NewKeyring, RotationNotReady, Vault

__all__ = [
    "AccountShredded",
    "EnvRootKey",
    "FileRootKey",
    "KeyRow",
    "KeyStore",
    "Keyring",
    "NewKeyring",
    "RootKeyError",
    "RootKeyProvider",
    "RotationNotReady",
    "SealBroken",
    "SealedRecord",
    "SecurityCodes",
    "Vault",
    "harden_process",
]
