"""A sealed value opens where it was sealed and nowhere else, tells nothing by its length, and never shows."""

import asyncio
import copy
import itertools
import os
import pickle

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.clock import ManualClock
from strongroom.secret import Secret
from strongroom.store.keystore import SqliteKeyStore
from strongroom.vault import EnvRootKey, SealBroken, SealedRecord, Vault
from strongroom.vault import vault as vault_module

NOW = 1_700_000_000
CARD = "4242424242424242"

TABLES = ("customers", "events")
IDS = ("obj_1", "obj_2")
ACCOUNTS = ("acct_1", "acct_2")
MODES = (False, True)
KINDS = ("card", "bank")
DOCUMENT_PLACES = list(itertools.product(ACCOUNTS, MODES, TABLES, IDS))
RECORD_PLACES = list(itertools.product(ACCOUNTS, MODES, KINDS, IDS))


async def open_vault(path, clock=None):
    store = SqliteKeyStore(path / "keys.db")
    root = EnvRootKey("ROOT", {"ROOT": "11" * 32})
    return await Vault.open(root, store, clock=clock or ManualClock(NOW)), store


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    """The keyrings of two accounts in both modes."""

    async def make():
        vault, store = await open_vault(tmp_path_factory.mktemp("vault"))
        made = {place: await vault.keyring(*place) for place in itertools.product(ACCOUNTS, MODES)}
        await store.close()
        return made

    return asyncio.run(make())


@pytest.fixture
def ring(rings):
    return rings["acct_1", False]


class KeyringWithoutBinding:
    """The planted fault: one key for everything and no associated data."""

    cipher = AESGCM(bytes(32))

    def seal_document(self, table, object_id, plaintext):
        nonce = os.urandom(12)
        return nonce + self.cipher.encrypt(nonce, plaintext, b"")

    def open_document(self, table, object_id, sealed):
        return self.cipher.decrypt(sealed[:12], sealed[12:], b"")

    def seal_record(self, kind, record_id, plaintext):
        return SealedRecord(b"", self.seal_document(kind, record_id, plaintext.reveal().encode()))

    def open_record(self, kind, record_id, sealed):
        return Secret(self.open_document(kind, record_id, sealed.ciphertext).decode())


def documents_that_open_elsewhere(rings):
    """Seal a document in every place, try each in every other, and return the pairs that opened."""
    sealed = {
        (account, mode, table, row): rings[account, mode].seal_document(table, row, b"plain")
        for account, mode, table, row in DOCUMENT_PLACES
    }
    opened = []
    for source, (account, mode, table, row) in itertools.permutations(DOCUMENT_PLACES, 2):
        try:
            rings[account, mode].open_document(table, row, sealed[source])
        except SealBroken:
            continue
        opened.append((source, (account, mode, table, row)))
    return opened


def records_that_open_elsewhere(rings):
    """The same for records, and for records put together from the halves of two."""
    sealed = {
        (account, mode, kind, row): rings[account, mode].seal_record(kind, row, Secret(CARD))
        for account, mode, kind, row in RECORD_PLACES
    }
    opened = []
    for source, target in itertools.permutations(RECORD_PLACES, 2):
        account, mode, kind, row = target
        for pasted in (
            sealed[source],
            SealedRecord(sealed[target].wrapped_key, sealed[source].ciphertext),
            SealedRecord(sealed[source].wrapped_key, sealed[target].ciphertext),
        ):
            try:
                rings[account, mode].open_record(kind, row, pasted)
            except SealBroken:
                continue
            opened.append((source, target))
    return opened


def test_no_document_opens_in_another_place(rings):
    assert documents_that_open_elsewhere(rings) == []


def test_no_record_nor_half_of_one_opens_in_another_place(rings):
    assert records_that_open_elsewhere(rings) == []


def test_the_swap_tests_see_a_vault_that_binds_nothing():
    faulty = dict.fromkeys(itertools.product(ACCOUNTS, MODES), KeyringWithoutBinding())
    assert len(documents_that_open_elsewhere(faulty)) == len(DOCUMENT_PLACES) * (len(DOCUMENT_PLACES) - 1)
    assert len(records_that_open_elsewhere(faulty)) == 3 * len(RECORD_PLACES) * (len(RECORD_PLACES) - 1)


class _BoundToNothing:
    def to(self, where, field):
        return b""


def test_the_associated_data_binds_also_where_the_keys_would_be_equal(ring):
    """Both halves bind by themselves: the row's own key, and the associated data under one and the same key."""
    sealed = ring.seal_record("card", "rec_1", Secret(CARD))
    with pytest.raises(SealBroken):
        ring.open_record("bank", "rec_1", sealed)  # same key of the account, other kind
    with pytest.raises(SealBroken):
        ring.rewrap_record("card", "rec_2", sealed)

    unbound = copy.copy(ring)  # the control: the same keys, with nothing bound
    active = copy.copy(ring._active)
    active.wrapped_key = _BoundToNothing()
    unbound._active, unbound._versions = active, {active.header: active}
    unbound._record = _BoundToNothing()
    loose = unbound.seal_record("card", "rec_1", Secret(CARD))
    assert unbound.open_record("bank", "rec_9", loose).reveal() == CARD


def test_a_row_moved_together_with_its_account_key_does_not_open(tmp_path):
    """Whoever writes the key store too gains nothing by giving one account's key to another."""

    async def scene():
        vault, store = await open_vault(tmp_path)
        await vault.keyring("acct_1", False)
        ((_, *rest),) = await store.account_keys("acct_1", False)
        await store.add_account_key(("acct_2", *rest))
        with pytest.raises(SealBroken):
            await vault.keyring("acct_2", False)
        await store.close()

    asyncio.run(scene())


def test_the_envelope_is_laid_out_as_written_down(ring):
    sealed = ring.seal_document("customers", "cus_1", b"plain")
    assert sealed[:4] == b"SR\x01\x01"
    assert sealed[20:24] == b"\0\0\0\x01"
    assert len(sealed) == 2 + 1 + 1 + 16 + 4 + 12 + len(b"plain") + 16
    other = ring.seal_document("events", "evt_1", b"plain")
    assert other[4:20] == sealed[4:20]  # one key id for the account
    assert other[24:36] != sealed[24:36]  # a nonce of its own
    record = ring.seal_record("card", "rec_1", Secret(CARD))
    assert record.wrapped_key[:24] == sealed[:24]
    assert record.ciphertext[:24] == sealed[:20] + b"\0\0\0\0"


def test_every_flipped_bit_and_every_cut_is_noticed(ring):
    sealed = ring.seal_document("customers", "cus_1", b"plain")
    for position, bit in itertools.product(range(len(sealed)), range(8)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1 << bit
        with pytest.raises(SealBroken):
            ring.open_document("customers", "cus_1", bytes(damaged))
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            ring.open_document("customers", "cus_1", sealed[:length])


@pytest.mark.parametrize(
    ("kind", "values", "padded"),
    [
        ("card", ["4" * 12, "4" * 16, "4" * 19], 32),
        ("bank", ["1", "1" * 31], 32),
        ("bank", ["1" * 32, "1" * 63], 64),
        ("id_number", ["1" * 4, "1" * 9, "1" * 63], 64),
        ("payload", ["", "x" * 255], 256),
        ("payload", ["x" * 256, "é" * 255], 512),
    ],
)
def test_a_length_says_nothing(ring, kind, values, padded):
    for value in values:
        sealed = ring.seal_record(kind, "rec_1", Secret(value))
        assert len(sealed.ciphertext) == 36 + padded + 16
        assert len(sealed.wrapped_key) == 36 + 32 + 16
        assert ring.open_record(kind, "rec_1", sealed).reveal() == value


def test_the_same_number_twice_has_nothing_in_common_but_the_header(ring):
    one, other = (ring.seal_record("card", "rec_1", Secret(CARD)) for _ in range(2))
    assert one.ciphertext[24:] != other.ciphertext[24:]
    swapped = SealedRecord(one.wrapped_key, other.ciphertext)
    with pytest.raises(SealBroken):
        ring.open_record("card", "rec_1", swapped)


def test_a_secret_comes_out_as_a_secret_and_never_shows(ring):
    secret = ring.open_record("card", "rec_1", ring.seal_record("card", "rec_1", Secret(CARD)))
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", repr([secret]), "%s" % secret]  # noqa: UP031
    assert [text for text in shown if CARD in text] == []
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="copied or pickled"):
            copying(secret)


def test_a_failure_carries_nothing_of_what_was_sealed(ring):
    sealed = ring.seal_document("customers", "cus_1", CARD.encode())
    with pytest.raises(SealBroken) as failure:
        ring.open_document("customers", "cus_2", sealed)
    assert str(failure.value) == "a sealed value does not open in this place"
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


# -- rotation -----------------------------------------------------------------------------------------------------


def rotate(scene, tmp_path):
    """Run `scene(vault, clock)` on an open vault."""

    async def run():
        clock = ManualClock(NOW)
        vault, store = await open_vault(tmp_path, clock)
        await scene(vault, clock)
        await store.close()

    asyncio.run(run())


def test_after_a_rotation_old_seals_open_and_new_ones_are_under_the_new_version(tmp_path):
    async def scene(vault, clock):
        before = await vault.keyring("acct_1", False)
        document = before.seal_document("customers", "cus_1", b"plain")
        record = before.seal_record("card", "rec_1", Secret(CARD))

        assert await vault.begin_rotation("acct_1", False) == 2
        clock.advance(vault_module.ROTATION_WAIT_SECONDS)
        await vault.finish_rotation("acct_1", False)
        after = await vault.keyring("acct_1", False)

        assert after.open_document("customers", "cus_1", document) == b"plain"
        assert after.open_record("card", "rec_1", record).reveal() == CARD
        assert [after.is_current(document), after.is_current(record.wrapped_key)] == [False, False]
        assert after.is_current(after.seal_document("customers", "cus_1", b"plain"))

        rewrapped = after.rewrap_record("card", "rec_1", record)
        assert after.is_current(rewrapped.wrapped_key)
        assert rewrapped.ciphertext == record.ciphertext
        assert after.open_record("card", "rec_1", rewrapped).reveal() == CARD

    rotate(scene, tmp_path)


def test_a_pending_version_opens_but_does_not_seal(tmp_path):
    """A process that has not heard of the switch yet must be able to read what another one seals after it."""

    async def scene(vault, clock):
        await vault.begin_rotation("acct_1", False)
        not_yet_told = await vault.keyring("acct_1", False)
        assert not_yet_told.seal_document("customers", "cus_1", b"")[20:24] == b"\0\0\0\x01"
        clock.advance(vault_module.ROTATION_WAIT_SECONDS)
        await vault.finish_rotation("acct_1", False)
        sealed = (await vault.keyring("acct_1", False)).seal_document("customers", "cus_1", b"plain")
        assert sealed[20:24] == b"\0\0\0\x02"
        assert not_yet_told.open_document("customers", "cus_1", sealed) == b"plain"

    rotate(scene, tmp_path)


def test_a_rotation_does_not_finish_before_every_process_can_know_it(tmp_path):
    async def scene(vault, clock):
        with pytest.raises(vault_module.RotationNotReady):
            await vault.finish_rotation("acct_1", False)
        await vault.begin_rotation("acct_1", False)
        clock.advance(vault_module.ROTATION_WAIT_SECONDS - 1)
        with pytest.raises(vault_module.RotationNotReady):
            await vault.finish_rotation("acct_1", False)
        assert await vault.begin_rotation("acct_1", False) == 2  # begun once, however often it is asked for
        clock.advance(1)
        await vault.finish_rotation("acct_1", False, compromised=True)
        with pytest.raises(vault_module.RotationNotReady):
            await vault.finish_rotation("acct_1", False)
        states = [row[4] for row in await vault._store.account_keys("acct_1", False)]
        assert states == ["compromised", "active"]

    rotate(scene, tmp_path)


def test_what_was_rotated_opens_after_a_restart(tmp_path):
    sealed = {}

    async def first(vault, clock):
        sealed["old"] = (await vault.keyring("acct_1", True)).seal_document("customers", "cus_1", b"old")
        await vault.begin_rotation("acct_1", True)
        clock.advance(vault_module.ROTATION_WAIT_SECONDS)
        await vault.finish_rotation("acct_1", True)
        sealed["new"] = (await vault.keyring("acct_1", True)).seal_document("customers", "cus_1", b"new")

    async def second(vault, clock):
        keyring = await vault.keyring("acct_1", True)
        assert keyring.open_document("customers", "cus_1", sealed["old"]) == b"old"
        assert keyring.open_document("customers", "cus_1", sealed["new"]) == b"new"

    rotate(first, tmp_path)
    rotate(second, tmp_path)
