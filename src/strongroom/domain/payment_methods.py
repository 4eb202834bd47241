"""The five states of a PaymentMethod, and what each lets happen.

`fresh` was created and never used; `attached` belongs to a customer; `consumed` was used without being attached;
`detached` was taken from its customer; `orphaned` outlived its customer. From the last three there is no way back.
"""

from typing import Final

from strongroom import errors
from strongroom.catalog.method_shapes import AFTER_VERIFICATION, DIRECT, INTENT_ONLY, NEVER

FRESH: Final = "fresh"
ATTACHED: Final = "attached"
CONSUMED: Final = "consumed"
DETACHED: Final = "detached"
ORPHANED: Final = "orphaned"
STATES: Final = (FRESH, ATTACHED, CONSUMED, DETACHED, ORPHANED)

US_BANK_ACCOUNT: Final = "us_bank_account"
# What the column `object` says of rows that show as PaymentMethods; the older API's other bank accounts do not.
SHOWN: Final = ("payment_method", "card", "source", US_BANK_ACCOUNT)

ATTACH: Final = "attach"
DETACH: Final = "detach"
UPDATE: Final = "update"
USE: Final = "use"
"""A payment, or sharing with a connected account."""
ABANDON: Final = "abandon"
"""The customer is deleted."""
ACTIONS: Final = (ATTACH, DETACH, UPDATE, USE, ABANDON)

_USED_UP: Final = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
    "and may not be used again."
)
_NOT_SAVED: Final = "You must save this PaymentMethod to a customer before you can update it."
_NOT_ATTACHED: Final = (
    "The payment method you provided is not attached to a customer so detachment is impossible."
)
_TAKEN: Final = "The payment method you provided has already been attached to a customer."
_SPENT: Final = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)
_WITHOUT_CUSTOMER: Final = "The customer of this PaymentMethod was deleted. It may not be used again."
_NOT_HELD: Final = "The PaymentMethod belongs to no customer."

_NEXT: Final[dict[str, dict[str, str]]] = {
    ATTACH: {FRESH: ATTACHED},
    DETACH: {ATTACHED: DETACHED, ORPHANED: DETACHED},
    UPDATE: {ATTACHED: ATTACHED, ORPHANED: ORPHANED},
    USE: {FRESH: CONSUMED, ATTACHED: ATTACHED},
    ABANDON: {ATTACHED: ORPHANED},
}
"""Action, state: the state afterwards. That a PaymentMethod of a deleted customer can still be updated was observed; that it
can be detached is inferred."""

_REFUSALS: Final[dict[str, dict[str, str]]] = {
    ATTACH: {ATTACHED: _TAKEN, CONSUMED: _USED_UP, DETACHED: _USED_UP, ORPHANED: _TAKEN},
    DETACH: dict.fromkeys((FRESH, CONSUMED, DETACHED), _NOT_ATTACHED),
    UPDATE: dict.fromkeys((FRESH, CONSUMED, DETACHED), _NOT_SAVED),
    USE: {CONSUMED: _SPENT, DETACHED: _SPENT, ORPHANED: _WITHOUT_CUSTOMER},
    ABANDON: dict.fromkeys((FRESH, CONSUMED, DETACHED, ORPHANED), _NOT_HELD),
}
"""Action, state: why not. With `_NEXT` it holds every pair exactly once."""


def after(action: str, state: str, *, param: str | None = None) -> str:
    """Return the state that `action` leads to from `state`; `param` is what a refusal names.

    Raises:
        errors.InvalidRequest: 400 without a code: the state does not let it happen.
    """
    refusal = _REFUSALS[action].get(state)
    if refusal is not None:
        raise errors.InvalidRequest(refusal, param=param)
    return _NEXT[action][state]


def check_owner(owner: str | None, customer: str | None) -> None:
    """Refuse the use of a PaymentMethod saved to `owner` in a payment that names `customer`.

    Raises:
        errors.InvalidRequest: 400 without a code: another customer, or none.
    """
    if owner is None or owner == customer:
        return
    if customer is None:
        raise errors.InvalidRequest(
            f"The provided PaymentMethod belongs to the Customer {owner}. Please include the Customer in the `customer` "
            "parameter."
        )
    raise errors.InvalidRequest(
        f"The provided PaymentMethod belongs to the Customer {owner}, and can not be used with the Customer {customer}."
    )


_UNSAVABLE: Final = {
    NEVER: "PaymentMethods of type '{}' cannot be saved to customers.",
    INTENT_ONLY: "PaymentMethods of type '{}' cannot be saved to customers directly. Use a SetupIntent, or a PaymentIntent "
    "with `setup_future_usage`.",
    AFTER_VERIFICATION: "PaymentMethods of type '{}' must be verified before they can be attached to a customer.",
}


def check_savable(type_name: str, attach: str, *, verified: bool, through_intent: bool) -> None:
    """Refuse to save a PaymentMethod of a type that is not saved so.

    Args:
        type_name: its type.
        attach: what the type's page says of it.
        verified: whether somebody has shown that the bank account is the customer's.
        through_intent: whether a payment or a setup saves it, and not the merchant alone.

    Raises:
        errors.InvalidRequest: 400 without a code.
    """
    allowed = {
        DIRECT: True,
        AFTER_VERIFICATION: verified,
        INTENT_ONLY: through_intent,
        NEVER: False,
    }
    if not allowed[attach]:
        raise errors.InvalidRequest(_UNSAVABLE[attach].format(type_name))
