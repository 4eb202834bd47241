"""What can be done with money that is only held: more held, more taken, taken in parts. Pure; amounts in minor units."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from strongroom.catalog.holds import FEATURES, holds

EXTENDED: Final = "extended_authorization"
INCREMENTAL: Final = "incremental_authorization"
MULTICAPTURE: Final = "multicapture"
OVERCAPTURE: Final = "overcapture"
IF_AVAILABLE: Final = "if_available"


def asked_for(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a merchant asks of a hold, in `payment_method_options` of its type."""
    return tuple(name for name in FEATURES if options.get(f"request_{name}") == IF_AVAILABLE)


def granted(asked: Sequence[str], network: str | None) -> tuple[str, ...]:
    """Return which of it a network has."""
    return tuple(name for name in asked if network in holds().networks[name])


def shown(grants: Sequence[str], amount: int) -> dict[str, Any]:
    """Return what a charge says of its hold of `amount`."""
    status = {name: {"status": "available" if name in grants else "unavailable"} for name in FEATURES}
    return {
        **status,
        EXTENDED: {"status": "enabled" if EXTENDED in grants else "disabled"},
        OVERCAPTURE: {"maximum_amount_capturable": most_of(grants, amount), **status[OVERCAPTURE]},
    }


def most_of(grants: Sequence[str], amount: int) -> int:
    """Return how much of a hold of `amount` can be taken."""
    if OVERCAPTURE not in grants:
        return amount
    return amount + amount * holds().limits["overcapture_percent"] // 100


def is_too_much_more(before: int, after: int) -> bool:
    """Whether no issuer lets a hold of `before` grow to `after` at once."""
    limits = holds().limits
    return after - before > max(limits["increment_least"], before * limits["increment_percent"] // 100)
