"""Sums of money in whole minor units: fees, shares, and what is left. Nothing here is ever a float."""

from typing import Final

import msgspec

BASIS_POINTS: Final = 10_000
DAY_SECONDS: Final = 24 * 3600


class Price(msgspec.Struct, frozen=True):
    """What processing a payment costs: a share in basis points and a fixed sum in minor units."""

    basis_points: int
    fixed: int

    def fee(self, amount: int) -> int:
        """Return the fee of a payment; its share is rounded half up, as seen on the wire (2900 → 114)."""
        return rounded(amount * self.basis_points, BASIS_POINTS) + self.fixed


def rounded(numerator: int, denominator: int) -> int:
    """Return the quotient of two non-negative numbers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(whole: int, part: int, total: int, *, given_before: int = 0, is_last: bool = False) -> int:
    """Return the part of `whole` that goes with `part` of `total`.

    Rounded half up, never more than what is left; whatever completes the total takes all of that (inferred).

    Args:
        whole: what is divided, such as a fee.
        part: how much of `total` moves now, such as a refund.
        total: what `whole` belongs to, such as a charge.
        given_before: how much of `whole` earlier parts have taken.
        is_last: whether nothing of `total` is left afterwards.
    """
    left = whole - given_before
    return left if is_last else min(left, rounded(whole * part, total))


def available_on(now: int, days: int) -> int:
    """Return the midnight, UTC, at which money taken now can be paid out: `days` after the one before.

    Args:
        now: seconds since 1970.
        days: how long it is held.
    """
    return (now // DAY_SECONDS + days) * DAY_SECONDS
