"""A model of money between a platform and its connected accounts: a few sums, for a state machine to compare a server with.

What a payment brings, what is refunded, transferred, kept and given back is written down by whoever moves it; where it
should have gone follows from that alone.
"""

from dataclasses import dataclass, field
from fractions import Fraction

PLAIN, DIRECT, DESTINATION = "plain", "direct", "destination"


def processing(amount):
    """What taking an amount by card costs."""
    return (amount * 290 + 5000) // 10_000 + 30


def half_up(exact):
    """The whole number nearest to a fraction, the greater one of two."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


@dataclass
class Moved:
    """An amount of which some came back: a transfer or a fee."""

    amount: int
    back: int = 0
    went_along: int = 0
    """Of how much of the payment the refunds took their part of it."""

    def take_back(self, part, taken):
        """Take back the part that goes with refunding `part` of `taken`, and return it."""
        self.went_along += part
        left = self.amount - self.back
        amount = left if self.went_along == taken else min(left, half_up(Fraction(self.amount * part, taken)))
        self.back += amount
        return amount


@dataclass
class Payment:
    """A payment of one kind, on the platform or on a connected account."""

    kind: str
    amount: int
    account: str | None
    """The connected account it is on, or passed on to."""
    intent: str
    wanted_fee: int = 0
    wanted_part: int | None = None
    waits: bool = False
    captured: int | None = None
    is_gone: bool = False
    refunded: int = 0
    transfer: Moved | None = None
    transfer_id: str | None = None
    fee: Moved | None = None
    fee_id: str | None = None
    passed_on: list = field(default_factory=list)
    """Transfers that name it as their source."""

    def take(self, amount):
        """Say where the money goes that is taken now."""
        self.captured = amount
        fee = min(self.wanted_fee, amount)
        if self.kind == DESTINATION:
            part = amount if self.wanted_part is None else min(self.wanted_part, amount)
            self.transfer = Moved(part) if part else None
            fee = min(fee, part)
        self.fee = Moved(fee) if fee else None

    @property
    def left(self):
        """How much can be refunded."""
        return 0 if self.captured is None else self.captured - self.refunded

    @property
    def unpassed(self):
        """How much of it no transfer has passed on."""
        own = [self.transfer] if self.transfer else []
        return (self.captured or 0) - sum(one.amount - one.back for one in [*own, *self.passed_on])


@dataclass
class Sent:
    """A transfer that no payment made."""

    moved: Moved
    account: str
    waits: bool


class Books:
    """What everybody should have."""

    def __init__(self):
        self.payments = {}
        self.sent = {}

    def of_platform(self):
        """What the platform has in all, in cents."""
        total = 0
        for one in self.payments.values():
            if one.captured is None:
                continue
            if one.kind != DIRECT:
                total += one.captured - processing(one.captured) - one.refunded
            if one.transfer:
                total -= one.transfer.amount - one.transfer.back
            if one.fee:
                total += one.fee.amount - one.fee.back
        return total - sum(one.moved.amount - one.moved.back for one in self.sent.values())

    def of_account(self, account):
        """What a connected account has in all, in cents."""
        total = 0
        for one in self.payments.values():
            if one.captured is None or one.account != account:
                continue
            if one.kind == DIRECT:
                total += one.captured - processing(one.captured) - one.refunded
            if one.transfer:
                total += one.transfer.amount - one.transfer.back
            if one.fee:
                total -= one.fee.amount - one.fee.back
        received = [one.moved for one in self.sent.values() if one.account == account]
        return total + sum(one.amount - one.back for one in received)

    def of_all(self):
        """What all have together: what was taken, less what was given back and what taking it cost."""
        taken = [one for one in self.payments.values() if one.captured is not None]
        return sum(one.captured - one.refunded - processing(one.captured) for one in taken)
