"""A bank account as it comes in: checked and vaulted, and described as the API shows it."""

from dataclasses import dataclass

from strongroom import ids
from strongroom.resources.call import Call
from strongroom.resources.fingerprints import fingerprint
from strongroom.resources.kind import Document
from strongroom.vault.cards import take_bank_account

KIND = "bank"
"""What the record of a bank account's number is called."""


@dataclass(frozen=True, slots=True)
class BankMaterial:
    """A bank account that was just taken in, or taken out of a token."""

    shown: Document
    """The `bank_account` object of a token."""
    record: str
    """Where the vault keeps the numbers."""
    behaviour: str | None
    """What a payout to it comes to in the sandbox: a name in the catalogue."""


async def take_in(call: Call, details: Document, *, param: str) -> BankMaterial:
    """Check a bank account, vault its numbers, and describe it.

    Args:
        call: the request; its write set receives the vaulted record.
        details: `country`, `account_number` and the rest, as typed; secrets still wrapped.
        param: the parameter that holds the account, for the `param` of errors.

    Raises:
        errors.InvalidRequest: the first thing wrong.
    """
    taken = take_bank_account(
        country=details["country"],
        currency=details.get("currency"),
        account_number=details.get("account_number") or None,
        routing_number=details.get("routing_number"),
        livemode=call.caller.livemode,
        param=param,
    )
    record = ids.new("rec")
    call.stage_record(record, KIND, call.keyring.seal_record(KIND, record, taken.canonical))
    shown: Document = {
        "id": ids.new("ba"),
        "object": "bank_account",
        "account_holder_name": details.get("account_holder_name") or None,
        "account_holder_type": details.get("account_holder_type") or None,
        "account_type": details.get("account_type") or None,
        "bank_name": taken.facts.bank_name,
        "country": taken.facts.country,
        "currency": taken.facts.currency,
        "fingerprint": await fingerprint(call, KIND, taken.canonical),
        "last4": taken.facts.last4,
        "routing_number": taken.facts.routing_number,
        "status": "new",
    }
    return BankMaterial(shown, record, taken.facts.behaviour)
