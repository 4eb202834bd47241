"""What `strongroom check` knows of holds: an intent that can be captured has a charge that holds as much."""

from typing import Any, Final

import msgspec

from strongroom.domain import intents
from strongroom.house import House
from strongroom.resources.cards import PRIVATE
from strongroom.store import Row
from strongroom.vault import Keyring

CHARGES: Final = "charges"


async def hold_faults(house: House, keyring: Keyring, row: Row) -> list[str]:
    """Return what is wrong with what an intent holds, a few words each."""
    intent = _opened(keyring, row)
    status = intent["status"]
    charge_id = intent.get("latest_charge")
    if status not in {intents.REQUIRES_CAPTURE, intents.CANCELED} or charge_id is None:
        return []
    found = await house.store.get(CHARGES, row.account, row.livemode, charge_id)
    if found is None:
        return ["names a charge that is not there"]
    charge = _opened(keyring, found)
    is_held = charge["paid"] and not charge["captured"] and not charge[PRIVATE]["released"]
    if status == intents.CANCELED:
        return ["was given up, and its charge still holds money"] if is_held else []
    if not is_held:
        return ["can be captured, and its charge holds nothing"]
    left = charge["amount"] - charge["amount_captured"]
    if (intent["amount_capturable"], intent["amount_received"]) != (max(0, left), charge["amount_captured"]):
        return ["can be captured by another sum than its charge holds"]
    return []


def _opened(keyring: Keyring, row: Row) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.msgpack.decode(keyring.open_document(row.table, row.id, row.doc))
    return document
