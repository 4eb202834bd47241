"""The five states of a PaymentMethod, and what each lets happen.

`fresh` was created and never used; `attached` belongs to a customer; `consumed` was used without being attached;
`detached` was taken from its customer; `orphaned` outlived its customer. From the last three there is no way back.
"""

from typing import Final

from strongroom import errors

FRESH: Final = "fresh"
ATTACHED: Final = "attached"
CONSUMED: Final = "consumed"
DETACHED: Final = "detached"
ORPHANED: Final = "orphaned"
STATES: Final = (FRESH, ATTACHED, CONSUMED, DETACHED, ORPHANED)

US_BANK_ACCOUNT: Final = "us_bank_account"
# What the column `object` says of rows that show as PaymentMethods; the older API's other bank accounts do not.
SHOWN: Final = ("payment_method", "card", US_BANK_ACCOUNT)

ATTACH: Final = "attach"
DETACH: Final = "detach"
UPDATE: Final = "update"

_USED_UP: Final = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
    "and may not be used again."
)
_NOT_SAVED: Final = "You must save this PaymentMethod to a customer before you can update it."
_NOT_ATTACHED: Final = (
    "The payment method you provided is not attached to a customer so detachment is impossible."
)
_TAKEN: Final = "The payment method you provided has already been attached to a customer."

# action → state → why not; a state that is absent allows the action. That a PaymentMethod of a deleted customer can
# still be updated was observed; that it can be detached is inferred.
_REFUSALS: Final[dict[str, dict[str, str]]] = {
    ATTACH: {ATTACHED: _TAKEN, CONSUMED: _USED_UP, DETACHED: _USED_UP, ORPHANED: _TAKEN},
    DETACH: {FRESH: _NOT_ATTACHED, CONSUMED: _NOT_ATTACHED, DETACHED: _NOT_ATTACHED},
    UPDATE: {FRESH: _NOT_SAVED, CONSUMED: _NOT_SAVED, DETACHED: _NOT_SAVED},
}


def check(action: str, state: str) -> None:
    """Raise `errors.InvalidRequest` (400, no code) unless `action` is allowed in `state`."""
    refusal = _REFUSALS[action].get(state)
    if refusal is not None:
        raise errors.InvalidRequest(refusal)
