"""What a debit that its bank has refused leaves behind: what the customer had agreed to has ended, and the account is blocked.

Which test account ends its mandate is on the pages of the catalogue, which failure blocks an account in failure_codes.toml.
"""

from typing import Final

from strongroom import errors
from strongroom.catalog.failures import block_of
from strongroom.catalog.method_pages import outcome_table
from strongroom.domain.payment_methods import US_BANK_ACCOUNT
from strongroom.resources import mandates
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Stored

STATUS: Final = "status_details"


async def note(call: Call, charge: Stored, method: Stored) -> Stored:
    """Stage what the failure of `charge` comes to, and return the PaymentMethod as it is then."""
    await _end_mandate(call, charge, method)
    blocked = block_of(charge.doc["failure_code"])
    if method["type"] != US_BANK_ACCOUNT or blocked is None:
        return method
    details = {**method.doc[US_BANK_ACCOUNT], STATUS: {"blocked": dict(blocked)}}
    return call.change(method, {**method.doc, US_BANK_ACCOUNT: details})


async def _end_mandate(call: Call, charge: Stored, method: Stored) -> None:
    outcome = outcome_table().get(method.doc[PRIVATE]["behaviour"] or "")
    agreed = charge.doc["payment_method_details"].get(method["type"], {}).get("mandate")
    if agreed is None or outcome is None or outcome.mandate != mandates.INACTIVE:
        return
    mandate = await call.find(mandates.MANDATE, agreed)
    if mandate is not None:
        mandates.set_status(call, mandate, mandates.INACTIVE)


def check_not_blocked(method: Stored) -> None:
    """Refuse to debit an account that is blocked.

    Raises:
        errors.InvalidRequest: `payment_method_bank_account_blocked`.
    """
    if (method.doc.get(US_BANK_ACCOUNT, {}).get(STATUS) or {}).get("blocked"):
        raise errors.InvalidRequest(
            "This bank account is blocked, because a debit of it has failed. It can not be debited again.",
            code="payment_method_bank_account_blocked",
        )
