"""What people sign in with: passwords, one-time codes, recovery codes, roles."""

import asyncio
import itertools

import pytest

from strongroom.domain.roles import ROLES, Act, keys_act, may, may_give
from strongroom.secret import Secret
from strongroom.vault import passwords, totp

# The seed of RFC 6238, appendix B: "12345678901234567890" in base32; its codes, cut to six digits.
RFC_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
}


@pytest.mark.parametrize(("second", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(second, code):
    assert totp.code_at(RFC_SEED, second // 30) == code


def test_a_code_is_good_a_step_early_and_a_step_late_and_no_further():
    code = Secret(totp.code_at(RFC_SEED, 1000))
    accepted = [totp.accepted_counter(RFC_SEED, code, now=step * 30, last=0) for step in range(997, 1004)]
    assert accepted == [None, None, 1000, 1000, 1000, None, None]


def test_a_code_and_all_before_it_are_used_up():
    now = 1000 * 30
    for counter, last in itertools.product((999, 1000, 1001), (998, 999, 1000, 1001)):
        code = Secret(totp.code_at(RFC_SEED, counter))
        expected = counter if counter > last else None
        assert totp.accepted_counter(RFC_SEED, code, now=now, last=last) == expected


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "２８７０８２", "287082\0", " "])
def test_what_is_no_code_is_not_accepted(typed):
    assert totp.accepted_counter(RFC_SEED, Secret(typed), now=59, last=0) is None


def test_a_code_may_be_typed_with_a_space_in_it():
    assert totp.accepted_counter(RFC_SEED, Secret("287 082"), now=59, last=0) == 1


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("eleven char", "at least 12 characters"),
        ("x" * 201, "at most 200 characters"),
        ("Password1234", "every list of leaked ones"),
        ("abababababababab", "every list of leaked ones"),
        ("lovelace is my name", "your name or e-mail"),
        ("ada.l in the clouds", "your name or e-mail"),
    ],
)
def test_a_password_that_nobody_should_choose_is_refused_with_its_reason(password, fault):
    assert fault in passwords.fault_of(Secret(password), "ada.l", "Lovelace")


def test_a_good_password_is_accepted():
    assert passwords.fault_of(Secret("seven grey herons wait"), "ada", "Lovelace") is None


def test_a_password_holds_for_itself_alone_and_never_for_nobody():
    async def scene():
        kept = await passwords.hash_password(Secret("seven grey herons wait"))
        assert "herons" not in kept
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert await passwords.password_holds(kept, Secret("seven grey herons wait"))
        assert not await passwords.password_holds(kept, Secret("seven grey herons waits"))
        assert not await passwords.password_holds(None, Secret("seven grey herons wait"))
        assert not await passwords.password_holds("no hash", Secret("seven grey herons wait"))

    asyncio.run(scene())


def test_a_recovery_code_is_found_by_its_place_and_a_used_one_is_not_found():
    async def scene():
        codes, kept = await passwords.new_recovery_codes()
        assert len(set(codes)) == 10
        assert await passwords.recovery_code_place(kept, Secret(f" {codes[7].upper()} ")) == 7
        used = [*kept[:7], "", *kept[8:]]
        assert await passwords.recovery_code_place(used, Secret(codes[7])) is None
        moved = "3" + codes[7][1:]
        for wrong in ("", "7", "7-", "x-aaaaa-bbbbb", moved, "٣-aaaaa-bbbbb"):
            assert await passwords.recovery_code_place(kept, Secret(wrong)) is None

    asyncio.run(scene())


# -- roles ------------------------------------------------------------------------------------------------------------

EVERYTHING = {
    "read",
    "test_keys",
    "live_keys",
    "test_webhooks",
    "live_webhooks",
    "methods",
    "audit",
    "people",
}
MAY = {
    "owner": EVERYTHING,
    "administrator": EVERYTHING,
    "developer": {"read", "test_keys", "test_webhooks", "methods"},
    "analyst": {"read"},
    "support": {"read"},
    "auditor": {"read", "audit"},
}


def test_each_role_may_do_what_it_says_and_nothing_else():
    assert {role: {act.value for act in Act if may(role, act)} for role in ROLES} == MAY
    assert not any(may("nobody", act) for act in Act)


def test_live_keys_are_not_for_whoever_may_make_test_keys():
    assert [keys_act(livemode=mode) for mode in (False, True)] == [Act.TEST_KEYS, Act.LIVE_KEYS]


def test_only_owners_make_and_unmake_owners():
    everybody = set(ROLES)
    for giver, role, held in itertools.product(everybody, everybody, everybody):
        allowed = giver == "owner" or (giver == "administrator" and "owner" not in {role, held})
        assert may_give(giver, role, held) == allowed
    assert not may_give("owner", "king")
