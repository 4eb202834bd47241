"""Signatures of webhooks, verified by the official client."""

import asyncio
import time

import pytest
import stripe as sdk

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.secret import Secret
from strongroom.vault import SealBroken, SealedRecord
from strongroom.vault.signing import new_secret, roll_secret, seal_secret, sign, signature

BODY = b'{"id":"evt_1","object":"event"}'


@pytest.fixture
def keyring(tmp_path):
    async def opened():
        house = await open_house(Settings(tmp_path / "data", sandbox=True), ManualClock(1_800_000_000))
        try:
            return await house.keyring("acct_1", False), await house.keyring("acct_2", False)
        finally:
            await house.close()

    return asyncio.run(opened())


def verified(header, secret, body=BODY):
    return sdk.Webhook.construct_event(body, header, secret)


def test_the_official_client_takes_a_signature_by_its_own_secret_and_by_no_other():
    now, secret, other = int(time.time()), new_secret(), new_secret()
    header = sign(Secret(secret), BODY, now=now)

    assert header.startswith(f"t={now},v1=")
    assert verified(header, secret).id == "evt_1"
    with pytest.raises(sdk.SignatureVerificationError):
        verified(header, other)
    with pytest.raises(sdk.SignatureVerificationError):
        verified(header, secret, BODY + b" ")
    with pytest.raises(sdk.SignatureVerificationError):
        verified(sign(Secret(secret), BODY, now=now - 301), secret)


def test_while_a_secret_is_rolled_both_sign_and_afterwards_only_the_new_one(keyring):
    keys, _ = keyring
    now, old, new = int(time.time()), new_secret(), new_secret()
    first = seal_secret(keys, "rec_1", old)
    rolled = roll_secret(keys, ("rec_1", first), "rec_2", new, old_ends_at=now + 60)

    during = signature(keys, "rec_2", rolled, BODY, now=now)
    assert during.count("v1=") == 2
    assert verified(during, old).id == verified(during, new).id == "evt_1"
    after = signature(keys, "rec_2", rolled, BODY, now=now + 60)
    assert after.count("v1=") == 1
    assert verified(after, new).id == "evt_1"


def test_a_secret_opens_only_in_its_own_place(keyring):
    keys, others = keyring
    sealed = seal_secret(keys, "rec_1", new_secret())

    for holder, record in ((keys, "rec_2"), (others, "rec_1")):
        with pytest.raises(SealBroken):
            signature(holder, record, SealedRecord(*sealed), BODY, now=1)
