"""Amounts of money: whole numbers of a currency's smallest unit, between the least and the most that can be charged."""

from strongroom.catalog.currencies import Currency, currencies
from strongroom.errors import InvalidRequest, ParameterRefused, echo


def currency_of(text: str, *, param: str = "currency") -> Currency:
    """Return the currency that a code in any case names.

    Raises:
        ParameterRefused: there is none, or it is not supported.
    """
    known = currencies().get(text.lower())
    if known is None:
        raise ParameterRefused(
            f"Invalid currency: {echo(text.lower())}. These currencies are supported: {', '.join(currencies())}",
            param=param,
        )
    return known


def check_amount(amount: int, currency: Currency, *, is_minimum_waived: bool = False) -> None:
    """Check that an amount can be charged.

    Args:
        amount: in the currency's smallest unit.
        currency: what it is an amount of.
        is_minimum_waived: whether only a method is accepted that has no least amount.

    Raises:
        ParameterRefused: it is not positive.
        InvalidRequest: `amount_too_small`, `amount_too_large`, or not a multiple of what the currency's amounts are.
    """
    if amount < 1:
        raise ParameterRefused(
            "This value must be greater than or equal to 1. The least that can be charged is "
            f"{written(currency.least, currency)}. To keep a payment method without charging it, use a SetupIntent.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount < currency.least and not is_minimum_waived:
        raise InvalidRequest(
            f"Amount must be at least {written(currency.least, currency)}",
            code="amount_too_small",
            param="amount",
        )
    if amount > currency.most:
        raise InvalidRequest(
            f"Amount must be no more than {_dollars(currency.most, currency)}",
            code="amount_too_large",
            param="amount",
        )
    if amount % currency.multiple:
        raise InvalidRequest(
            f"Amounts in {currency.code} must be divisible by {currency.multiple}.", param="amount"
        )


def written(amount: int, currency: Currency) -> str:
    """Return an amount as messages about limits say it: `$0.50 usd`, `50 jpy`."""
    return f"{_dollars(amount, currency)} {currency.code}"


def _dollars(amount: int, currency: Currency) -> str:
    """Return an amount with a sign if it is in dollars of the United States: others were never seen here."""
    number = _number(amount, currency)
    return f"${number}" if currency.code == "usd" else number


def figure(amount: int, currency: Currency) -> str:
    """Return an amount with its sign, as `$20.00`, `¥50`; without one with its code, `20.00 chf`."""
    number = _number(amount, currency)
    return f"{currency.sign}{number}" if currency.sign else f"{number} {currency.code}"


def _number(amount: int, currency: Currency) -> str:
    return f"{amount / 10**currency.decimals:,.{currency.decimals}f}"
