"""Nobody guesses small deposits by asking many times at once; and the control: without the version guard, somebody could."""

import asyncio
import dataclasses

import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from support.scene import NOW, Scene

from .test_token_race_control import CheckThenUpdate

RACERS = 24
WAITING = {
    "payment_method_types[0]": "us_bank_account",
    "payment_method_data[type]": "us_bank_account",
    "payment_method_data[us_bank_account][account_number]": "000123456789",
    "payment_method_data[us_bank_account][routing_number]": "110000000",
    "payment_method_data[us_bank_account][account_holder_type]": "individual",
    "payment_method_data[billing_details][name]": "Jenny Rosen",
    "mandate_data[customer_acceptance][type]": "offline",
    "confirm": "true",
}
WRONG = {"amounts[0]": "1", "amounts[1]": "2"}
MISMATCH = "payment_method_microdeposit_verification_amounts_mismatch"


async def raced(data_dir, *, guarded):
    """Have every racer report wrong amounts at once, and return the code of each answer."""
    registry.load()
    house = await open_house(Settings(data_dir, sandbox=True, request_log=False), ManualClock(NOW))
    try:
        intent = await Scene(house).post("/v1/setup_intents", WAITING)
        racing = Scene(house if guarded else dataclasses.replace(house, store=CheckThenUpdate(house.store)))
        path = f"/v1/setup_intents/{intent['id']}/verify_microdeposits"
        answers = await asyncio.gather(
            *(racing.call("POST", path, WRONG, status=None) for _ in range(RACERS))
        )
        return [answer["error"]["code"] for answer in answers]
    finally:
        await house.close()


@pytest.mark.parametrize("guarded", [True, False])
def test_wrong_reports_are_counted_one_by_one(tmp_path, guarded):
    codes = asyncio.run(raced(tmp_path / "data", guarded=guarded))
    assert (codes.count(MISMATCH) <= 2) is guarded
    if guarded:
        assert codes.count("payment_method_microdeposit_verification_attempts_exceeded") == 1
        assert set(codes) <= {
            MISMATCH,
            "payment_method_microdeposit_verification_attempts_exceeded",
            "intent_invalid_state",
            "lock_timeout",
        }
