"""What is reported of small deposits comes to the published answers, and nothing in between."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.microdeposits import AMOUNTS, DESCRIPTOR_CODE, build, microdeposits
from strongroom.catalog.reading import CatalogError, read
from strongroom.domain.microdeposits import (
    Report,
    Verdict,
    arrival_date,
    intent_refusal,
    is_final,
    judge,
    refusal,
    tries_left,
)
from strongroom.resources.method_pages import PAGES

PUBLISHED = {
    (32, 45): Verdict.RIGHT,
    (10, 11): Verdict.EXCEEDED,
    (40, 41): Verdict.TIMED_OUT,
    "SM11AA": Verdict.RIGHT,
    "SM33CC": Verdict.EXCEEDED,
    "SM44DD": Verdict.TIMED_OUT,
}
CODE = "payment_method_microdeposit_verification_{}"


def amounts(*pair):
    return Report(AMOUNTS, list(pair))


@given(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), st.integers(0, 2))
def test_the_order_of_the_amounts_says_nothing_and_unpublished_ones_are_wrong(pair, wrong_before):
    verdict = judge(amounts(*pair), wrong_before)
    assert verdict is judge(amounts(*pair[::-1]), wrong_before)
    assert verdict is PUBLISHED.get(tuple(sorted(pair)), Verdict.WRONG)


@given(st.one_of(st.text(), st.sampled_from([*map(str, PUBLISHED), "sm11aa"])), st.integers(0, 9))
def test_a_code_is_the_same_in_capitals_and_unpublished_ones_are_wrong(code, wrong_before):
    verdict = judge(Report(DESCRIPTOR_CODE, code), wrong_before)
    assert verdict is PUBLISHED.get(code.upper(), Verdict.WRONG)


@given(st.tuples(st.integers(), st.integers()), st.integers(3))
def test_after_the_last_try_even_the_right_amounts_are_too_late(pair, wrong_before):
    assert judge(amounts(*pair), wrong_before) is Verdict.EXCEEDED


def test_a_type_may_know_fewer_answers():
    assert judge(amounts(40, 41), 0, type_name="us_bank_account") is Verdict.TIMED_OUT
    assert judge(amounts(40, 41), 0, type_name="acss_debit") is Verdict.WRONG


def test_the_last_wrong_report_of_a_kind_is_final():
    assert [is_final(Verdict.WRONG, before) for before in range(3)] == [False, False, True]
    assert [tries_left(DESCRIPTOR_CODE, before) for before in (0, 8, 9, 99)] == [9, 1, 0, 0]
    assert is_final(Verdict.TIMED_OUT, 0)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ((2026, 11, 25, 23, 59), (2026, 11, 27)),
        ((2026, 11, 26), (2026, 11, 30)),
        ((2026, 11, 29), (2026, 12, 1)),
    ],
)
def test_deposits_arrive_on_working_days(sent, arrives):
    seconds = int(datetime(*sent, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(arrival_date(seconds), UTC) == datetime(*arrives, tzinfo=UTC)


def test_every_type_that_waits_for_deposits_has_its_rail():
    waiting = {name for name, page in PAGES.items() if "verify_with_microdeposits" in page.flow.next_actions}
    assert microdeposits().types.keys() == waiting


def test_a_refusal_of_the_older_api_is_the_one_clients_have_recorded():
    said = refusal(Verdict.WRONG)
    assert (said.http_status, said.type, said.code) == (
        402,
        "invalid_request_error",
        "bank_account_verification_failed",
    )


@pytest.mark.parametrize(
    ("verdict", "kind", "name"),
    [
        (Verdict.WRONG, AMOUNTS, "amounts_mismatch"),
        (Verdict.WRONG, DESCRIPTOR_CODE, "descriptor_code_mismatch"),
        (Verdict.EXCEEDED, AMOUNTS, "attempts_exceeded"),
    ],
)
def test_an_intent_refuses_with_the_code_of_what_was_wrong(verdict, kind, name):
    said = intent_refusal(verdict, kind, 2)
    assert (said.http_status, said.type, said.code) == (400, "invalid_request_error", CODE.format(name))


def damaged(kind, **changes):
    document = read("microdeposits")
    document["reports"][kind] = {**document["reports"][kind], **changes}
    return document


@pytest.mark.parametrize(
    "damage",
    [
        damaged(AMOUNTS, verified=[1]),
        damaged(AMOUNTS, verified=[11, 10]),
        damaged(AMOUNTS, late=[7, 8]),
        damaged(AMOUNTS, attempts_max="3"),
        damaged(DESCRIPTOR_CODE, verified="sm33cc"),
        {**read("microdeposits"), "types": {"acss_debit": {"takes": [], "without": []}}},
        {**read("microdeposits"), "types": {"acss_debit": {"takes": ["guesses"], "without": []}}},
        {**read("microdeposits"), "types": {"acss_debit": {"takes": ["amounts"], "without": ["late"]}}},
        {"reports": {}},
    ],
)
def test_a_mistake_in_the_table_is_found_when_it_is_read(damage):
    assert build(read("microdeposits")) == microdeposits()
    with pytest.raises(CatalogError, match="microdeposits"):
        build(damage)
