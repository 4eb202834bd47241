"""Whose a bank account is: which check counts, and what it makes the bank account owe."""

import pytest

from strongroom.domain.ownership import (
    FIELD,
    NOT_PROVED,
    check_of_number,
    has_failed,
    of_account,
    proved,
    requirements,
)
from strongroom.domain.verification import AT_ONCE, LATER, MATCH, MISMATCH, PENDING, Check

GOOD, SOON = Check(MATCH), Check(MATCH, LATER)
BAD, BAD_SOON = Check(MISMATCH, code=NOT_PROVED), Check(MISMATCH, LATER, code=NOT_PROVED)
NEVER = Check(PENDING, LATER)


@pytest.mark.parametrize(
    ("outcome", "found", "when"),
    [("ownership_verified_later", MATCH, LATER), ("ownership_needs_documents", MISMATCH, LATER)],
)
def test_two_published_numbers_begin_a_check(outcome, found, when):
    check = check_of_number(outcome)
    assert (check.outcome, check.when) == (found, when)


@pytest.mark.parametrize("outcome", [None, "paid", "no_account"])
def test_nobody_asks_about_any_other(outcome):
    assert check_of_number(outcome) is None


@pytest.mark.parametrize(
    ("own", "document", "counts"),
    [
        (None, None, None),
        (None, GOOD, None),
        (BAD, None, BAD),
        (BAD, GOOD, GOOD),
        (BAD, SOON, SOON),
        (GOOD, BAD, GOOD),
    ],
)
def test_the_accounts_document_makes_up_for_a_bank_account_that_lacks_its_own(own, document, counts):
    assert proved(own, document) == counts


@pytest.mark.parametrize(
    ("own", "banks", "shown"),
    [
        (None, [], None),
        (None, [GOOD, BAD], BAD),
        (None, [GOOD, SOON], SOON),
        (GOOD, [BAD], GOOD),
    ],
)
def test_the_account_shows_its_document_or_the_worst_of_its_bank_accounts(own, banks, shown):
    assert of_account(own, banks) == shown


@pytest.mark.parametrize(
    ("check", "checked", "due", "waiting"),
    [
        (None, False, [], []),
        (GOOD, False, [], []),
        (SOON, False, [], [FIELD]),
        (SOON, True, [], []),
        (BAD_SOON, False, [], [FIELD]),
        (BAD_SOON, True, [FIELD], []),
        (BAD, False, [FIELD], []),
        (NEVER, True, [], [FIELD]),
    ],
)
def test_what_a_bank_account_owes(check, checked, due, waiting):
    owed = requirements(check, checked=checked)
    assert (owed["currently_due"], owed["past_due"], owed["pending_verification"]) == (due, due, waiting)
    assert [one["requirement"] for one in owed["errors"]] == due
    assert has_failed(check, checked=checked) is bool(due)


def test_settling_is_for_good():
    assert SOON.settled() == Check(MATCH, AT_ONCE)
