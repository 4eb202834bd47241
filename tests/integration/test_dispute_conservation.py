"""Disputes neither make money nor lose it: whatever is refunded, disputed, won and lost, the balance is the sum of it.

A model of a few lines does the same sums. What banks do by themselves is waited for within each step, so that the model
knows what has happened; that it may also happen at any other moment is what `strongroom check` is asked at the end.
"""

import itertools
import os
import sys
from fractions import Fraction

import pytest
import stripe as sdk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from support import faulty_disputes
from support.data import refused
from support.disputes import answered, disputes_of, when
from support.server import Server

_numbers = itertools.count()
AMOUNTS = st.integers(100, 100_000)
FEE = 1500
HELD = {"needs_response", "under_review", "lost"}


def fee(amount):
    return (amount * 290 + 5000) // 10_000 + 30


class Disputes(RuleBasedStateMachine):
    """Disputes money on `server`; every run has an account of its own."""

    server = None
    charges = Bundle("charges")

    def __init__(self):
        super().__init__()
        self.stripe = self.server.client(f"sk_test_disputes{os.getpid()}n{next(_numbers)}").v1
        self.model = {}
        """Charge → amount, refunded, and its disputes: id → [status, amount, how often money was taken, given back]."""

    @rule(
        target=charges,
        amount=AMOUNTS,
        card=st.sampled_from(["createDispute", "createDisputeInquiry", "createMultipleDisputes"]),
    )
    def charge(self, amount, card):
        made = self.stripe.charges.create({"amount": amount, "currency": "usd", "source": f"tok_{card}"})
        many = 2 if card == "createMultipleDisputes" else 1
        found = disputes_of(self.stripe, made, many)
        assert sum(one.amount for one in found) == amount
        self.model[made.id] = {
            "amount": amount,
            "refunded": 0,
            "disputes": {one.id: [one.status, one.amount, one.status in HELD, False] for one in found},
        }
        return made.id

    def held(self, charge):
        return sum(one[1] for one in self.model[charge]["disputes"].values() if one[0] in HELD)

    @rule(charge=charges, part=st.fractions(0, 1))
    def refund(self, charge, part):
        known = self.model[charge]
        left = known["amount"] - known["refunded"]
        amount = max(1, int(left * part))
        if not left or self.held(charge):
            with refused(code="charge_disputed" if left else "charge_already_refunded"):
                self.stripe.refunds.create({"charge": charge, "amount": amount})
            return
        self.stripe.refunds.create({"charge": charge, "amount": amount})
        known["refunded"] += amount
        if known["refunded"] == known["amount"]:
            for dispute, state in known["disputes"].items():
                if state[0].startswith("warning_"):
                    when(self.stripe, self.stripe.disputes.retrieve(dispute), "warning_closed")
                    state[0] = "warning_closed"

    @rule(
        charge=charges,
        text=st.sampled_from(["winning_evidence", "losing_evidence", "escalate_inquiry_evidence"]),
        number=st.integers(0, 1),
    )
    def answer(self, charge, text, number):
        known = self.model[charge]
        dispute, state = list(known["disputes"].items())[number % len(known["disputes"])]
        before = state[0]
        try:
            answered(self.stripe, self.stripe.disputes.retrieve(dispute), text)
        except sdk.InvalidRequestError:
            assert before in {"won", "lost", "warning_closed"}
            return
        after = {
            ("needs_response", "winning_evidence"): "won",
            ("needs_response", "losing_evidence"): "lost",
            ("under_review", "winning_evidence"): "won",
            ("under_review", "losing_evidence"): "lost",
            ("needs_response", "escalate_inquiry_evidence"): "under_review",
            ("under_review", "escalate_inquiry_evidence"): "under_review",
            ("warning_needs_response", "escalate_inquiry_evidence"): "needs_response",
        }.get((before, text), "warning_closed")
        seen = when(self.stripe, self.stripe.disputes.retrieve(dispute), after)
        state[0] = after
        if before.startswith("warning_") and after in HELD:
            state[1:3] = [known["amount"] - known["refunded"], True]
        state[3] = after == "won"
        assert seen.amount == state[1]

    @rule(charge=charges)
    def accept(self, charge):
        for dispute, state in self.model[charge]["disputes"].items():
            if state[0] == "needs_response":
                assert self.stripe.disputes.close(dispute).status == "lost"
                state[0] = "lost"

    @invariant()
    def the_balance_is_what_was_taken_less_what_others_have(self):
        moved = self.stripe.balance_transactions.list({"limit": 100}).data
        known = self.model.values()
        taken = [state for one in known for state in one["disputes"].values() if state[2]]
        held = sum(self.held(charge) for charge in self.model)
        assert (
            sum(one.amount for one in moved) == sum(one["amount"] - one["refunded"] for one in known) - held
        )
        assert sum(one.fee for one in moved) == sum(fee(one["amount"]) for one in known) + FEE * len(taken)
        assert sum(one.reporting_category == "dispute_reversal" for one in moved) == sum(
            state[3] for state in taken
        )


def test_disputes_neither_make_money_nor_lose_it(engine, request, tmp_path):
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(tmp_path / "data", database) as server:
        on_server = type("DisputesOnServer", (Disputes,), {"server": server})
        run_state_machine_as_test(
            on_server, settings=settings(max_examples=6, stateful_step_count=8, deadline=None)
        )
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("fault", faulty_disputes.FAULTS)
def test_a_planted_fault_is_noticed(tmp_path, fault):
    program = (sys.executable, faulty_disputes.__file__, fault)
    with Server(tmp_path / "data", program=program) as server:
        machine = type("DisputesOnServer", (Disputes,), {"server": server})()
        won, lost = machine.charge(amount=1000, card="createDispute"), machine.charge(500, "createDispute")
        machine.the_balance_is_what_was_taken_less_what_others_have()
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            refund_one_and_win_the_other(machine, lost, won)


def refund_one_and_win_the_other(machine, lost, won):
    machine.refund(charge=lost, part=Fraction(1))
    machine.answer(charge=won, text="winning_evidence", number=0)
    machine.the_balance_is_what_was_taken_less_what_others_have()
