"""Disputes' rules: every status and action, and the data behind them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog import disputes as tables
from strongroom.catalog.reading import CatalogError, read
from strongroom.domain import disputes as rules
from strongroom.domain.disputes import CLOSED, HOLDS_MONEY, NEXT, Action, Status

CELLS = list(itertools.product(Status, Action))


def test_every_cell_is_decided_or_not_allowed():
    for status, action in CELLS:
        if (status, action) in NEXT:
            assert rules.decide(status, action) is NEXT[status, action]
        else:
            with pytest.raises(rules.NotAllowed):
                rules.decide(status, action)


def test_what_is_closed_stays_closed_and_every_status_can_end():
    assert not [cell for cell in NEXT if cell[0] in CLOSED]
    reached = set(CLOSED)
    for _ in Status:
        reached |= {status for (status, _), after in NEXT.items() if after in reached}
    assert reached == set(Status)


def test_money_comes_back_only_when_it_is_won():
    """Leaving a status that holds money means winning, and only an escalation takes money later than at first."""
    for (status, action), after in NEXT.items():
        if status in HOLDS_MONEY and after not in HOLDS_MONEY:
            assert (action, after) == (Action.WIN, Status.WON)
        if status not in HOLDS_MONEY and after in HOLDS_MONEY:
            assert action is Action.ESCALATE


@given(st.integers(0, 10**12), st.integers(1, 5))
def test_shares_are_the_whole_and_differ_by_one_at_most(amount, parts):
    shares = rules.shares(amount, parts)
    assert sum(shares) == amount
    assert all(shares)
    assert len(shares) == min(parts, amount)
    assert not shares or max(shares) - min(shares) <= 1


def test_every_magic_evidence_is_an_action():
    assert {Action(action) for action in tables.dispute_tables().evidence.values()} == {
        Action.WIN,
        Action.LOSE,
        Action.ESCALATE,
    }


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("fraudulent", {"reason": "fraudulent", "case": "nope"}),
        ("fraudulent", {"reason": "fraudulent", "case": "inquiry", "warning": "misc"}),
        ("fraudulent", {}),
        ("fraudulent", {"reason": "fraudulent", "case": "inquiry", "enhanced": {"visa": "nope"}}),
        ("fraudulent", {"reason": "fraudulent", "case": "inquiry", "color": "red"}),
        ("nope", {"reason": "fraudulent", "case": "inquiry"}),
    ],
)
def test_a_mistake_in_the_data_stops_the_start(name, row):
    document = read("disputes")
    used = set(document["kinds"])
    with pytest.raises(CatalogError):
        tables.build({**document, "kinds": {**document["kinds"], name: row}}, used)
