"""What is written into accounts and persons: how parameters change a document, and what of them is checked.

An update is a deep merge: hashes are merged, arrays and scalars replace, an empty string unsets.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from strongroom.domain.verification import Check, examine, kept
from strongroom.resources.call import Call
from strongroom.resources.kind import Document
from strongroom.secret import Secret

Checks = dict[str, Document]

# What a hash is checked as a whole: the parts of a date are no dates, and a document is its front.
DATES: Final = frozenset({"dob"})
DOCUMENTS: Final = frozenset({"document", "additional_document"})
FILE_SIDES: Final = ("front", "back")


def merge(old: Any, given: Any) -> Any:
    """Return `old` with `given` merged in."""
    if given == "":
        return None
    if not isinstance(given, dict):
        return given
    base = old if isinstance(old, dict) else {}
    return {**base, **{key: merge(base.get(key), value) for key, value in given.items()}}


def secrets_of(given: Document, names: Mapping[str, str]) -> tuple[Document, dict[str, Secret[str] | None]]:
    """Return the parameters without identity numbers, and those numbers by their field; None is one to forget.

    Args:
        given: the parameters of one hash.
        names: the parameters that hold such numbers → the field each is checked and kept as.
    """
    rest = {key: value for key, value in given.items() if key not in names}
    numbers = {names[key]: value or None for key, value in given.items() if key in names}
    return rest, numbers


def checks_of(call: Call, given: Document, old: Checks, prefix: str = "") -> Checks:
    """Return the checks of a subject once `given` has been written: those of what was written are made anew.

    Args:
        call: the request.
        given: the parameters of the subject, identity numbers left out.
        old: the checks until now, by field.
        prefix: what the fields of the subject begin with, such as `company.`.
    """
    checks = dict(old)
    for field, value in leaves(given, prefix):
        found = None
        if value:
            found = examine(field, value, livemode=call.caller.livemode, now=call.now)
        note(checks, field, found)
    return checks


def note(checks: Checks, field: str, found: Check | None) -> None:
    """Put what a field has come to among the checks; what was there before may stand."""
    before = checks.pop(field, None)
    stands = kept(field, None if before is None else Check(**before), found)
    if stands is not None:
        checks[field] = stands.as_document()


def leaves(given: Document, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields that could be checked, each with its text: dotted paths, dates and documents as one field each."""
    for key, value in given.items():
        field = prefix + key
        if key in DATES:
            yield field, _date(value)
        elif key in DOCUMENTS and isinstance(value, dict):
            sides = [value[side] for side in FILE_SIDES if value.get(side)]
            yield field, sides[0] if sides else ""
        elif isinstance(value, dict):
            yield from leaves(value, field + ".")
        elif isinstance(value, list):
            first = value[0] if value else ""
            if isinstance(first, str):
                yield field, first
        elif isinstance(value, str):
            yield field, value


def _date(value: Any) -> str:
    return f"{value['year']:04}-{value['month']:02}-{value['day']:02}" if isinstance(value, dict) else ""
