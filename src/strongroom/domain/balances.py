"""What a customer owes or is owed, by currency: negative amounts are the customer's credit. Pure."""

from collections.abc import Mapping
from typing import Final

from strongroom import limits
from strongroom.errors import ParameterRefused, echo

# In which a balance is kept that was set without saying one: nothing here knows an account's own currency.
DEFAULT_CURRENCY: Final = "usd"
_LETTERS: Final = 3


def currency_code(given: str) -> str:
    """Return a currency in lower case.

    Raises:
        ParameterRefused: it is not three letters.
    """
    if not (len(given) == _LETTERS and given.isascii() and given.isalpha()):
        raise ParameterRefused(
            f"Invalid currency: {echo(given)}. It must be a three-letter ISO code.", param="currency"
        )
    return given.lower()


def moved(balances: Mapping[str, int], currency: str, amount: int, *, param: str) -> dict[str, int]:
    """Return the balances after `amount`, in the smallest unit of `currency`, was added.

    Raises:
        ParameterRefused: the balance would have more than twelve digits; it names `param`.
    """
    balance = balances.get(currency, 0) + amount
    if abs(balance) > limits.BALANCE_MAX:
        raise ParameterRefused(
            f"A balance can be at most {limits.BALANCE_MAX}, in either direction.", param=param
        )
    return {**balances, currency: balance}
