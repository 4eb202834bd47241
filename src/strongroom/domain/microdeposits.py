"""What becomes of a bank account when somebody says how much the two small deposits to it were. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from strongroom.catalog.microdeposits import ATTEMPTS_EXCEEDED, PAIR, TIMED_OUT, VERIFIED, microdeposits
from strongroom.errors import InvalidRequest, ParameterRefused

__all__ = ["Verdict", "check_pair", "is_final", "judge", "refusal"]


class Verdict(StrEnum):
    """What the amounts come to."""

    RIGHT = "right"
    WRONG = "wrong"
    """Not these; there may be another try."""
    EXCEEDED = "exceeded"
    """Wrong once too often."""
    TIMED_OUT = "timed_out"
    """Right or wrong, it is too late."""


_ANSWERS = {VERIFIED: Verdict.RIGHT, ATTEMPTS_EXCEEDED: Verdict.EXCEEDED, TIMED_OUT: Verdict.TIMED_OUT}
_WORDS = {
    Verdict.WRONG: "The amounts provided do not match the amounts that were sent to the bank account.",
    Verdict.EXCEEDED: "You have exceeded the number of allowed verification attempts for this bank account.",
    Verdict.TIMED_OUT: "The time in which this bank account could be verified is over.",
}


def check_pair(amounts: Sequence[int]) -> None:
    """Raise `ParameterRefused` unless there are two amounts."""
    if len(amounts) != PAIR:
        raise ParameterRefused(f"You must pass exactly {PAIR} amounts.", param="amounts")


def judge(amounts: Sequence[int], wrong_before: int) -> Verdict:
    """Return what the amounts come to.

    Args:
        amounts: as reported, in any order, in the smallest unit of the currency.
        wrong_before: how many wrong pairs there were.
    """
    rules = microdeposits()
    if wrong_before >= rules.attempts_max:
        return Verdict.EXCEEDED
    return _ANSWERS.get(rules.answers.get(tuple(sorted(amounts)), ""), Verdict.WRONG)


def is_final(verdict: Verdict, wrong_before: int) -> bool:
    """Whether a verdict other than `RIGHT` leaves no further try."""
    return verdict is not Verdict.WRONG or wrong_before + 1 >= microdeposits().attempts_max


def refusal(verdict: Verdict) -> InvalidRequest:
    """Return the answer to amounts that were not right: 402, as clients have recorded it for wrong amounts."""
    return InvalidRequest(_WORDS[verdict], status=402, code="bank_account_verification_failed")
