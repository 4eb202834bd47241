"""What becomes of a bank account when somebody reports what they saw of the small deposits to it. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from strongroom.catalog.microdeposits import (
    AMOUNTS,
    ATTEMPTS_EXCEEDED,
    DESCRIPTOR_CODE,
    PAIR,
    TIMED_OUT,
    VERIFIED,
    as_key,
    microdeposits,
)
from strongroom.errors import InvalidRequest, ParameterRefused, parameter_missing, parameters_exclusive

__all__ = [
    "Report",
    "Verdict",
    "arrival_date",
    "check_pair",
    "intent_refusal",
    "is_final",
    "judge",
    "refusal",
    "report_of",
    "tries_left",
]

_CODE = "payment_method_microdeposit_verification_{}"
_SATURDAY = 5


class Report(NamedTuple):
    """What somebody says they saw."""

    kind: str
    """`amounts` or `descriptor_code`."""
    said: list[int] | str


class Verdict(StrEnum):
    """What a report comes to."""

    RIGHT = "right"
    WRONG = "wrong"
    """Not this; there may be another try."""
    EXCEEDED = "exceeded"
    """Wrong once too often."""
    TIMED_OUT = "timed_out"
    """Right or wrong, it is too late."""


_ANSWERS = {VERIFIED: Verdict.RIGHT, ATTEMPTS_EXCEEDED: Verdict.EXCEEDED, TIMED_OUT: Verdict.TIMED_OUT}
_WRONG = {
    AMOUNTS: "The amounts provided do not match the amounts that were sent to the bank account.",
    DESCRIPTOR_CODE: "The descriptor code provided does not match the one that was sent to the bank account.",
}
_WORDS = {
    Verdict.WRONG: _WRONG[AMOUNTS],
    Verdict.EXCEEDED: "You have exceeded the number of allowed verification attempts for this bank account.",
    Verdict.TIMED_OUT: "The time in which this bank account could be verified is over.",
}


def arrival_date(now: int) -> int:
    """Return when deposits that are sent `now` show on a statement, in seconds: a midnight (UTC) some working days on."""
    day = datetime.fromtimestamp(now, UTC).date()
    left = microdeposits().arrival_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return int(datetime.combine(day, time(), UTC).timestamp())


# -- what was said ----------------------------------------------------------------------------------------------------


def check_pair(amounts: Sequence[int]) -> None:
    """Raise `ParameterRefused` unless there are two amounts."""
    if len(amounts) != PAIR:
        raise ParameterRefused(f"You must pass exactly {PAIR} amounts.", param="amounts")


def report_of(params: dict[str, Any]) -> Report:
    """Return what the parameters of an intent's verification say.

    Raises:
        InvalidRequest: nothing, too much, or amounts that are not two.
    """
    given = [Report(kind, params[kind]) for kind in (AMOUNTS, DESCRIPTOR_CODE) if kind in params]
    if not given:
        raise parameter_missing(AMOUNTS)
    if len(given) > 1:
        raise parameters_exclusive(AMOUNTS, DESCRIPTOR_CODE)
    report = given[0]
    if report.kind == AMOUNTS and len(report.said) != PAIR:
        raise InvalidRequest(
            f"You must pass exactly {PAIR} amounts.", code=_CODE.format("amounts_invalid"), param=AMOUNTS
        )
    return report


# -- what comes of it -------------------------------------------------------------------------------------------------


def judge(report: Report, wrong_before: int, *, type_name: str | None = None) -> Verdict:
    """Return what a report comes to.

    Args:
        report: amounts in the smallest unit of the currency and in any order, or a code.
        wrong_before: how many wrong ones of its kind there were.
        type_name: of which type the account is, where that matters.
    """
    rules = microdeposits()
    of_kind = rules.reports[report.kind]
    if wrong_before >= of_kind.attempts_max:
        return Verdict.EXCEEDED
    answer = of_kind.answers.get(as_key(report.said), "")
    if type_name is not None and answer in rules.types[type_name].without:
        return Verdict.WRONG
    return _ANSWERS.get(answer, Verdict.WRONG)


def tries_left(kind: str, wrong_before: int) -> int:
    """Return how many tries are left after one more wrong report."""
    return max(microdeposits().reports[kind].attempts_max - wrong_before - 1, 0)


def is_final(verdict: Verdict, wrong_before: int, kind: str = AMOUNTS) -> bool:
    """Whether a verdict other than `RIGHT` leaves no further try."""
    return verdict is not Verdict.WRONG or tries_left(kind, wrong_before) == 0


def refusal(verdict: Verdict) -> InvalidRequest:
    """Return the answer to amounts of a customer's older bank account that were not right: 402, as clients have recorded it."""
    return InvalidRequest(_WORDS[verdict], status=402, code="bank_account_verification_failed")


def intent_refusal(verdict: Verdict, kind: str = AMOUNTS, left: int = 0) -> InvalidRequest:
    """Return why an intent does not go on.

    Args:
        verdict: `WRONG` or `EXCEEDED`.
        kind: what was reported.
        left: how many tries are left.
    """
    if verdict is Verdict.WRONG:
        tries = "1 verification attempt" if left == 1 else f"{left} verification attempts"
        return InvalidRequest(
            f"{_WRONG[kind]} You have {tries} remaining.", code=_CODE.format(f"{kind}_mismatch")
        )
    return InvalidRequest(_WORDS[verdict], code=_CODE.format("attempts_exceeded"))
