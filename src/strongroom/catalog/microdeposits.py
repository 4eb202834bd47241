"""What test mode makes of the amounts that somebody reports of the two small deposits to a bank account."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from strongroom.catalog.reading import CatalogError, Document, read, row

PAIR: Final = 2
VERIFIED: Final = "verified"
ATTEMPTS_EXCEEDED: Final = "attempts_exceeded"
TIMED_OUT: Final = "timed_out"


@dataclass(frozen=True, slots=True)
class Microdeposits:
    """The published answers."""

    attempts_max: int
    """How many wrong pairs an account may have."""
    answers: dict[tuple[int, ...], str]
    """Amounts in ascending order → `verified`, `attempts_exceeded` or `timed_out`."""


def build(document: Document) -> Microdeposits:
    """Return the answers of microdeposits.toml.

    Raises:
        CatalogError: something unknown, a pair that is none, or one pair for two answers.
    """
    columns = row("microdeposits", document, {"attempts_max": int, "answers": dict}, {})
    names = (VERIFIED, ATTEMPTS_EXCEEDED, TIMED_OUT)
    given = row("microdeposits: answers", columns["answers"], dict.fromkeys(names, list), {})
    answers = {tuple(sorted(amounts)): name for name, amounts in given.items()}
    if len(answers) != len(given) or any(len(pair) != PAIR for pair in answers):
        raise CatalogError("microdeposits: each answer is a pair of its own")
    return Microdeposits(columns["attempts_max"], answers)


@cache
def microdeposits() -> Microdeposits:
    """Return the answers, read and checked on first use."""
    return build(read("microdeposits"))
