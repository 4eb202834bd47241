"""Keyed hashes depend on everything they should, and on nothing else."""

import asyncio
import itertools

import pytest

from strongroom.clock import ManualClock
from strongroom.secret import Secret
from strongroom.store.keystore import SqliteKeyStore
from strongroom.vault import EnvRootKey, Vault
from strongroom.vault.macs import KeyedHash

NOW = 1_700_000_000
CARD = "4242424242424242"


def open_vaults(path):
    """Open the vault in `path`; return it with the keyrings of two accounts in both modes."""

    async def make():
        store = SqliteKeyStore(path / "keys.db")
        vault = await Vault.open(EnvRootKey("ROOT", {"ROOT": "11" * 32}), store, clock=ManualClock(NOW))
        places = list(itertools.product(("acct_1", "acct_2"), (False, True)))
        rings = {place: await vault.keyring(*place) for place in places}
        await store.close()
        return vault, rings

    return asyncio.run(make())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vault")


@pytest.fixture(scope="module")
def opened(folder):
    return open_vaults(folder)


def all_different(macs):
    return len(set(macs)) == len(macs)


def test_a_fingerprint_depends_on_mode_scope_kind_and_number(opened):
    _, rings = opened
    macs = [
        rings["acct_1", mode].fingerprint_mac(kind, Secret(number), scope)
        for mode in (False, True)
        for scope in ("acct_1", "acct_2")
        for kind in ("card", "bank")
        for number in (CARD, "5555555555554444")
    ]
    assert all_different(macs)
    assert {len(mac) for mac in macs} == {32}


def test_accounts_of_one_family_share_fingerprints(opened):
    _, rings = opened
    one, other = (
        rings[account, False].fingerprint_mac("card", Secret(CARD), "acct_1")
        for account in ("acct_1", "acct_2")
    )
    assert one == other


def test_a_keyring_remembers_few_scopes_and_still_answers_alike(opened):
    _, rings = opened
    ring = rings["acct_1", False]
    first = ring.fingerprint_mac("card", Secret(CARD), "acct_1")
    others = [ring.fingerprint_mac("card", Secret(CARD), f"acct_x{n}") for n in range(50)]
    assert all_different([first, *others])
    assert len(ring._fingerprints) <= 8
    assert ring.fingerprint_mac("card", Secret(CARD), "acct_1") == first


def test_a_kind_and_a_number_do_not_run_together(opened):
    _, rings = opened
    ring = rings["acct_1", False]
    assert ring.fingerprint_mac("card4", Secret("2"), "a") != ring.fingerprint_mac("card", Secret("42"), "a")
    assert ring.search_token("ab", "c") != ring.search_token("a", "bc")


@pytest.mark.parametrize(
    "mac",
    [
        lambda ring: ring.search_token("customer.email", "a@example.com"),
        lambda ring: ring.request_mac(b"a@example.com"),
        lambda ring: ring.idempotency_mac("a@example.com"),
    ],
    ids=["search", "request", "idempotency"],
)
def test_a_mac_is_of_one_account_and_mode(opened, mac):
    _, rings = opened
    assert all_different([mac(ring) for ring in rings.values()])


def test_no_two_purposes_hash_the_same_text_alike(opened):
    vault, rings = opened
    ring = rings["acct_1", False]
    text = "same"
    assert all_different(
        [
            ring.request_mac(text.encode()),
            bytes.fromhex(ring.idempotency_mac(text)),
            ring.search_token("same", text),
            ring.fingerprint_mac("same", Secret(text), "same"),
            vault.api_key_mac(text),
        ]
    )


def test_an_api_keys_mac_is_under_its_modes_pepper(opened):
    vault, _ = opened
    assert all_different(
        [vault.api_key_mac(key) for key in ("sk_test_a", "sk_live_a", "pk_test_a", "rk_live_a")]
    )
    peppers = vault._system
    assert vault.api_key_mac("sk_live_a") == peppers.hash("apikey-pepper", True).digest(b"sk_live_a")
    assert vault.api_key_mac("sk_test_a") == peppers.hash("apikey-pepper", False).digest(b"sk_test_a")


def test_all_macs_are_the_same_after_a_restart(opened, folder):
    vault, rings = opened
    again, rings_again = open_vaults(folder)
    assert again.api_key_mac("sk_test_a") == vault.api_key_mac("sk_test_a")
    for place, ring in rings.items():
        other = rings_again[place]
        assert other.search_token("customer.email", "a") == ring.search_token("customer.email", "a")
        assert other.idempotency_mac("a") == ring.idempotency_mac("a")
        assert other.request_mac(b"a") == ring.request_mac(b"a")
        assert other.fingerprint_mac("card", Secret(CARD), "s") == ring.fingerprint_mac(
            "card", Secret(CARD), "s"
        )


def test_another_installation_has_other_macs(opened, tmp_path):
    """The keys are random, not made from the root key: nobody can compute fingerprints in advance."""
    vault, rings = opened
    stranger, strange_rings = open_vaults(tmp_path)
    assert stranger.instance != vault.instance
    assert stranger.api_key_mac("sk_test_a") != vault.api_key_mac("sk_test_a")
    mine, theirs = (
        r["acct_1", False].fingerprint_mac("card", Secret(CARD), "s") for r in (rings, strange_rings)
    )
    assert mine != theirs


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        KeyedHash(bytes(31))
