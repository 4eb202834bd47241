"""Bank accounts that are charged as cards once were, by `POST /v1/charges`: what they must be, and what the charge says."""

from typing import Final

from strongroom import errors
from strongroom.contract import fit
from strongroom.resources import acquiring, payment_methods, sources
from strongroom.resources.kind import Document, Stored

ACH_DEBIT: Final = "ach_debit"
"""What a charge calls them: older than `us_bank_account`."""
BANK_ACCOUNT: Final = "bank_account"


def not_a_customers() -> errors.InvalidRequest:
    """Return the refusal of an account that nobody has shown to be theirs: it belongs to no customer."""
    return errors.InvalidRequest(
        "A bank account can only be charged once it belongs to a customer and was verified. Create a customer with it first.",
        code="bank_account_unverified",
        param="source",
    )


def check(account: Stored, params: Document, currency: str) -> None:
    """Refuse what a customer's bank account cannot be charged.

    Args:
        account: the customer's source.
        params: the request's.
        currency: of the charge, in small letters.

    Raises:
        errors.InvalidRequest: it is not verified, not of the United States, of another currency, or was to be held.
    """
    shown = sources.view_bank(account)
    if not acquiring.is_verified(account):
        raise errors.InvalidRequest(
            f"The bank account {account.id} must be verified before it can be charged.",
            code="bank_account_unverified",
            param="source",
        )
    if shown["country"] != sources.AMERICAN:
        raise errors.InvalidRequest(
            f"Bank accounts of {shown['country']} cannot be charged, only those of {sources.AMERICAN}.",
            param="source",
        )
    if shown["currency"] != currency:
        raise errors.InvalidRequest(
            f"A bank account in {shown['currency']} cannot be charged in {currency}.", param="currency"
        )
    if params.get("capture") is False:
        raise errors.InvalidRequest(
            "The money of a bank account cannot be held, only taken.", param="capture"
        )


def source_of(method: Stored) -> Document:
    """Return the older object that a charge made alone shows: a card, a bank account, or a source."""
    older = (*sources.BANKS, *sources.OBJECTS)
    return sources.view(method) if method["object"] in older else payment_methods.as_source(method)


def is_bank(source: Document | None) -> bool:
    """Whether a charge was made by an older bank account."""
    return source is not None and source["object"] == BANK_ACCOUNT


def details_of(source: Document) -> Document:
    """Return `payment_method_details` of a charge of an older bank account."""
    return {"type": ACH_DEBIT, ACH_DEBIT: fit("Charge.PaymentMethodDetails.AchDebit", source)}
