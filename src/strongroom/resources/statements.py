"""What of an account stands on a cardholder's statement beside what a payment says itself."""

from strongroom.domain import descriptors
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.resources.kind import Document


async def descriptor_of(call: Call, charge: Document) -> str | None:
    """Return `calculated_statement_descriptor` of a card's charge: in the name of whom it is charged for."""
    merchant = charge["on_behalf_of"] or call.caller.account
    acting = call if merchant == call.caller.account else await call.on_account(merchant)
    account = await acting.find(ACCOUNT, merchant)
    settings: Document = {} if account is None else account.doc.get("settings") or {}
    return descriptors.calculated(
        account=(settings.get("payments") or {}).get("statement_descriptor"),
        prefix=(settings.get("card_payments") or {}).get("statement_descriptor_prefix"),
        own=charge["statement_descriptor"],
        suffix=charge["statement_descriptor_suffix"],
    )
