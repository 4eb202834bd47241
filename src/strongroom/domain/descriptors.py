"""What a cardholder reads on their statement. Pure."""

from typing import Final

LENGTH_MAX: Final = 22
SEPARATOR: Final = "* "


def calculated(*, account: str | None, prefix: str | None, own: str | None, suffix: str | None) -> str | None:
    """Return a card payment's descriptor in capitals, or None if nobody says anything.

    Args:
        account: the account's own descriptor.
        prefix: what the account begins with where a payment adds something.
        own: what the payment says instead of the account.
        suffix: what the payment adds.

    Source: Stripe's guide to statement descriptors; that what is too long is cut off at its end is inferred.
    """
    text = own or account
    if suffix and not own:
        start = prefix or account
        text = f"{start}{SEPARATOR}{suffix}" if start else suffix
    return text.upper()[:LENGTH_MAX] if text else None
