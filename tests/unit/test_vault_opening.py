"""A vault opens with the root key it was founded with or not at all, and keys are where they may be and nowhere else."""

import asyncio
import base64
import os
import stat
import subprocess
import sys
from itertools import pairwise

import pytest

from strongroom.clock import ManualClock
from strongroom.store.keystore import SqliteKeyStore
from strongroom.vault import EnvRootKey, FileRootKey, RootKeyError, SealBroken, Vault
from strongroom.vault import keys as keys_module
from strongroom.vault import vault as vault_module
from strongroom.vault.vault import AccountKeyMissing

NOW = 1_700_000_000
ROOT = bytes(range(32))
OTHER_ROOT = bytes(range(1, 33))


def root_key(material=ROOT):
    return EnvRootKey("ROOT", {"ROOT": material.hex()})


def with_vault(path, scene, root=None, clock=None):
    """Run `scene(vault, store)` on the vault whose key store is in the folder `path`."""

    async def run():
        store = SqliteKeyStore(path / "keys.db")
        try:
            vault = await Vault.open(root or root_key(), store, clock=clock or ManualClock(NOW))
            return await scene(vault, store)
        finally:
            await store.close()

    return asyncio.run(run())


async def everything(vault, store):
    """All that is in a key store."""
    return await store.founding(), await store.system_keys(), await store.account_keys("acct_1", False)


async def make_account(vault, store):
    await vault.keyring("acct_1", False)
    return await everything(vault, store)


# -- founding and opening -----------------------------------------------------------------------------------------


def test_an_empty_key_store_gets_every_system_key_in_both_modes(tmp_path):
    _, system, _ = with_vault(tmp_path, everything)
    assert [(owner, mode, version, state) for owner, mode, version, _, state, _, _ in system] == sorted(
        (purpose, mode, 1, "active")
        for purpose in (
            "wrap",
            "fingerprint",
            "search",
            "apikey-pepper",
            "secrets",
            "idempotency",
            "audit",
            "cookie",
        )
        for mode in (False, True)
    )
    assert len({key_id for _, _, _, key_id, _, _, _ in system}) == len(system)


def test_opening_again_changes_nothing_and_opens_what_was_sealed(tmp_path):
    async def seal(vault, store):
        keyring = await vault.keyring("acct_1", False)
        return keyring.seal_document("customers", "cus_1", b"plain"), await everything(vault, store)

    async def open_again(vault, store):
        keyring = await vault.keyring("acct_1", False)
        return keyring.open_document("customers", "cus_1", sealed), await everything(vault, store)

    sealed, before = with_vault(tmp_path, seal)
    assert with_vault(tmp_path, open_again) == (b"plain", before)


def test_another_root_key_is_refused_and_the_key_store_stays_as_it_was(tmp_path):
    before = with_vault(tmp_path, make_account)
    with pytest.raises(RootKeyError, match="made with another root key"):
        with_vault(tmp_path, everything, root=root_key(OTHER_ROOT))
    assert with_vault(tmp_path, everything) == before


def test_a_missing_root_key_file_is_not_made_anew_for_a_key_store_in_use(tmp_path):
    path = tmp_path / "root.key"
    before = with_vault(tmp_path, make_account, root=FileRootKey(path, create=True))
    kept = path.rename(tmp_path / "kept")
    with pytest.raises(RootKeyError, match="cannot be read"):
        with_vault(tmp_path, everything, root=FileRootKey(path, create=True))
    assert not path.exists()
    assert with_vault(tmp_path, everything, root=FileRootKey(kept)) == before


DAMAGES = {
    "overwritten": "SET wrapped = zeroblob(84) WHERE owner = 'search' AND livemode = 1",
    "inactive": "SET state = 'decrypt-only' WHERE owner = 'wrap' AND livemode = 0",
    "copied from the other mode": "SET wrapped = (SELECT wrapped FROM keys WHERE owner = 'search' AND livemode = 1) "
    "WHERE owner = 'search' AND livemode = 0",
    "moved to another purpose": "SET owner = 'wrap', version = 9 WHERE owner = 'search' AND livemode = 0",
    "removed": "SET scope = 'account' WHERE owner = 'fingerprint' AND livemode = 0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_hierarchy_is_refused(tmp_path, damage):
    async def spoil(vault, store):
        store._connection.execute(
            "DROP INDEX keys_one_active"
        )  # whoever writes to the file is not held by it
        store._connection.execute(f"UPDATE keys {damage}")

    with_vault(tmp_path, spoil)
    with pytest.raises(SealBroken):
        with_vault(tmp_path, everything)


def test_every_key_is_wrapped_in_the_key_store(tmp_path):
    """The control: the unwrapped key, looked for in the same way, is found where it was put on purpose."""

    async def scene(vault, store):
        await vault.keyring("acct_1", False)
        materials = [bytes(key.material) for key in vault._system._opening.values()]
        assert len(materials) == 2 * len(keys_module.PURPOSES)
        files = b"".join(file.read_bytes() for file in tmp_path.glob("keys.db*"))
        assert [material for material in materials if material in files] == []
        await store.add_account_key(("acct_2", False, 1, b"i" * 16, "active", materials[0], NOW))
        files = b"".join(file.read_bytes() for file in tmp_path.glob("keys.db*"))
        assert materials[0] in files

    with_vault(tmp_path, scene)


def test_a_closed_vault_has_overwritten_its_system_keys(tmp_path):
    async def scene(vault, store):
        held = list(vault._system._opening.values())
        assert all(any(key.material) for key in held)
        vault.close()
        assert [bytes(key.material) for key in held] == [bytes(32)] * len(held)
        assert vault.cached_keyring("acct_1", False) is None

    with_vault(tmp_path, scene)


# -- keyrings in memory -------------------------------------------------------------------------------------------


def test_an_accounts_key_is_in_the_key_store_before_its_keyring_is_handed_out(tmp_path):
    async def scene(vault, store):
        assert vault.cached_keyring("acct_1", False) is None
        keyring = await vault.keyring("acct_1", False)
        other = SqliteKeyStore(tmp_path / "keys.db")
        ((account, livemode, version, key_id, state, _, created),) = await other.account_keys("acct_1", False)
        await other.close()
        assert (account, livemode, version, state, created) == ("acct_1", False, 1, "active", NOW)
        assert keyring.seal_document("customers", "cus_1", b"")[4:20] == key_id

    with_vault(tmp_path, scene)


def test_a_keyring_is_kept_ten_minutes(tmp_path):
    clock = ManualClock(NOW)

    async def scene(vault, store):
        keyring = await vault.keyring("acct_1", False)
        clock.advance(599)
        assert vault.cached_keyring("acct_1", False) is keyring
        assert await vault.keyring("acct_1", False) is keyring
        assert vault.cached_keyring("acct_1", True) is None
        clock.advance(1)
        assert vault.cached_keyring("acct_1", False) is None
        again = await vault.keyring("acct_1", False)
        assert again is not keyring
        sealed = keyring.seal_document("customers", "cus_1", b"plain")
        assert again.open_document("customers", "cus_1", sealed) == b"plain"

    with_vault(tmp_path, scene, clock=clock)


def test_no_more_keyrings_are_kept_than_fit_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(vault_module, "KEYRINGS_MAX", 3)

    async def scene(vault, store):
        for number in range(5):
            await vault.keyring(f"acct_{number}", False)
        kept = [vault.cached_keyring(f"acct_{number}", False) is not None for number in range(5)]
        assert kept == [False, False, True, True, True]

    with_vault(tmp_path, scene)
    assert vault_module.KEYRING_SECONDS == 600


def test_requests_that_want_a_new_account_at_once_get_one_keyring(tmp_path):
    async def scene(vault, store):
        rings = await asyncio.gather(*[vault.keyring("acct_1", False) for _ in range(20)])
        assert {id(ring) for ring in rings} == {id(rings[0])}
        assert len(await store.account_keys("acct_1", False)) == 1

    with_vault(tmp_path, scene)


def test_an_account_that_must_have_a_key_is_given_no_other(tmp_path):
    """The control: the same call, allowed to make one, does."""

    async def scene(vault, store):
        for _ in range(2):
            with pytest.raises(AccountKeyMissing, match="the live key of acct_1 is not in the key store"):
                await vault.keyring("acct_1", True, make=False)
        assert await store.account_keys("acct_1", True) == []
        assert vault.cached_keyring("acct_1", True) is None
        made = await vault.keyring("acct_1", True)
        assert await vault.keyring("acct_1", True, make=False) is made
        assert len(await store.account_keys("acct_1", True)) == 1

    with_vault(tmp_path, scene)
    assert issubclass(AccountKeyMissing, SealBroken)


# -- root keys ----------------------------------------------------------------------------------------------------


def test_a_new_root_key_file_is_32_random_bytes_for_its_owner_only(tmp_path):
    path = tmp_path / "root.key"
    before = os.umask(0)
    try:
        blob = FileRootKey(path, create=True).wrap(b"plain", {"purpose": "test"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert list(tmp_path.iterdir()) == [path]
    assert FileRootKey(path).unwrap(blob, {"purpose": "test"}) == b"plain"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666])
def test_a_root_key_file_others_can_get_at_is_refused(tmp_path, mode):
    path = tmp_path / "root.key"
    path.write_bytes(ROOT)
    path.chmod(mode)
    with pytest.raises(RootKeyError, match="chmod 600"):
        FileRootKey(path).wrap(b"plain", {})


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_root_key_file_of_another_length_is_refused(tmp_path, length):
    path = tmp_path / "root.key"
    path.touch(0o600)
    path.write_bytes(bytes(length))
    with pytest.raises(RootKeyError, match="exactly 32 bytes"):
        FileRootKey(path).wrap(b"plain", {})


def test_an_existing_root_key_file_is_never_replaced(tmp_path):
    path = tmp_path / "root.key"
    path.touch(0o600)
    path.write_bytes(ROOT)
    FileRootKey(path, create=True).wrap(b"plain", {})
    assert path.read_bytes() == ROOT


def test_shares_are_the_key_only_together(tmp_path):
    shares = [tmp_path / name for name in ("one", "two", "three")]
    blob = FileRootKey(*shares, create=True).wrap(b"plain", {})
    assert FileRootKey(*reversed(shares)).unwrap(blob, {}) == b"plain"
    for path in shares:
        with pytest.raises(SealBroken):
            FileRootKey(path).unwrap(blob, {})
        with pytest.raises(SealBroken):
            FileRootKey(*[other for other in shares if other != path]).unwrap(blob, {})


def test_the_key_is_the_exclusive_or_of_its_shares(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for path, share in (
        (one, OTHER_ROOT),
        (two, bytes(a ^ b for a, b in zip(ROOT, OTHER_ROOT, strict=True))),
    ):
        path.touch(0o600)
        path.write_bytes(share)
    assert root_key().unwrap(FileRootKey(one, two).wrap(b"plain", {}), {}) == b"plain"


def test_a_lost_share_is_not_replaced_by_a_new_one(tmp_path):
    shares = [tmp_path / "one", tmp_path / "two"]
    FileRootKey(*shares, create=True).wrap(b"plain", {})
    shares[1].unlink()
    with pytest.raises(RootKeyError, match="cannot be read"):
        FileRootKey(*shares, create=True).wrap(b"plain", {})
    assert not shares[1].exists()


@pytest.mark.parametrize(
    "text",
    [
        ROOT.hex(),
        ROOT.hex().upper(),
        base64.b64encode(ROOT).decode(),
        base64.b64encode(ROOT).decode().rstrip("="),
        f" {ROOT.hex()}\n",
    ],
)
def test_a_root_key_leaves_the_environment_when_it_is_read(monkeypatch, text):
    monkeypatch.setenv("STRONGROOM_TEST_ROOT", text)
    key = EnvRootKey("STRONGROOM_TEST_ROOT")
    assert "STRONGROOM_TEST_ROOT" not in os.environ
    assert key.unwrap(root_key().wrap(b"plain", {}), {}) == b"plain"
    with pytest.raises(RootKeyError, match="not set"):
        EnvRootKey("STRONGROOM_TEST_ROOT")


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "z" * 64, base64.b64encode(bytes(31)).decode()])
def test_an_environment_variable_that_holds_no_key_is_refused_and_gone_and_not_repeated(text):
    environment = {"ROOT": text}
    with pytest.raises(RootKeyError) as refusal:
        EnvRootKey("ROOT", environment)
    assert environment == {}
    assert not text or text not in str(refusal.value)


def test_a_blob_unwraps_in_its_own_context_only():
    key, context = root_key(), {"purpose": "wrap", "mode": "live"}
    blob = key.wrap(b"plain", context)
    assert key.unwrap(blob, {"mode": "live", "purpose": "wrap"}) == b"plain"
    for other in (
        {},
        {"purpose": "wrap", "mode": "test"},
        {"purpose": "wrap"},
        {"purposewrap": "mode", "live": ""},
    ):
        with pytest.raises(SealBroken):
            key.unwrap(blob, other)


def test_a_description_names_the_place_and_nothing_of_the_key(tmp_path):
    assert root_key().describe() == "environment variable ROOT"
    assert (
        FileRootKey(tmp_path / "a", tmp_path / "b").describe() == f"file {tmp_path / 'a'} + {tmp_path / 'b'}"
    )


# -- the process --------------------------------------------------------------------------------------------------

HARDENED = """
import ctypes, resource
from strongroom.vault import harden_process
print(harden_process(), resource.getrlimit(resource.RLIMIT_CORE), harden_process())
"""
DUMPABLE = "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"


def test_a_hardened_process_leaves_no_core_and_is_not_dumpable():
    """In a process of its own: the tests should stay debuggable."""
    script = HARDENED + (DUMPABLE if sys.platform == "linux" else "print(0)")
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["True (0, 0) True", "0"]


def test_every_purpose_has_one_name():
    assert all(one != other for one, other in pairwise(sorted(keys_module.PURPOSES)))
