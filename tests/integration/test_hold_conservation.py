"""Money is neither made nor lost by what can be done with a hold: growing, taken in parts and beyond it, ended by time.

A model of a few lines does the same sums; the server is asked after every step.
"""

import itertools
import os

import stripe as sdk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support.payments import pay
from support.time import ADVANCE, DAY, WEEK

_numbers = itertools.count()
FEATURES = ("incremental_authorization", "multicapture", "overcapture")
ASKS = {f"request_{name}": "if_available" for name in FEATURES}
PERCENT_MORE = 15
LEAST_MORE = 50_000


class Hold(RuleBasedStateMachine):
    """What becomes of one hold on `server`; every run has an account of its own."""

    server = None

    @initialize(amount=st.integers(50, 5_000))
    def hold(self, amount):
        self.key = f"sk_test_hold{os.getpid()}n{next(_numbers)}"
        self.stripe = self.server.client(self.key).v1
        made = pay(
            self.stripe,
            "pm_card_bypassPending",
            amount=amount,
            capture_method="manual",
            payment_method_options={"card": ASKS},
        )
        self.intent, self.charge = made.id, made.latest_charge
        self.amount, self.parts, self.given, self.age = amount, [], 0, 0
        self.status = "requires_capture"

    @property
    def is_held(self):
        return self.status == "requires_capture"

    @property
    def taken(self):
        return sum(self.parts)

    def tries(self, fits, call):
        """Do it; it is refused exactly if it does not fit. Return whether it was done."""
        try:
            call()
        except (sdk.InvalidRequestError, sdk.CardError):
            assert not fits
        else:
            assert fits
        return fits

    @rule(more=st.integers(-5, 70_000))
    def grow(self, more):
        wanted = self.amount + more
        fits = self.is_held and 0 < more <= max(LEAST_MORE, 5 * self.amount) and wanted >= 50
        if self.tries(
            fits, lambda: self.stripe.payment_intents.increment_authorization(self.intent, {"amount": wanted})
        ):
            self.amount = wanted

    @rule(part=st.fractions(0, 1.3), is_final=st.booleans())
    def take(self, part, is_final):
        part = int(self.amount * part)
        most = self.amount + self.amount * PERCENT_MORE // 100 - self.taken
        fits = self.is_held and part <= most and (part > 0 or (is_final and self.taken > 0))
        sent = {"amount_to_capture": part, "final_capture": is_final}
        if self.tries(fits, lambda: self.stripe.payment_intents.capture(self.intent, sent)):
            self.parts += [part] if part else []
            self.status = "succeeded" if is_final else self.status

    @rule()
    def give_up(self):
        fits = self.is_held and not self.taken
        if self.tries(fits, lambda: self.stripe.payment_intents.cancel(self.intent)):
            self.status = "canceled"

    @precondition(lambda self: self.status == "succeeded")
    @rule(part=st.fractions(0, 1.5))
    def give_back(self, part):
        amount = max(1, int(self.taken * part))
        fits = amount <= self.taken - self.given
        if self.tries(fits, lambda: self.stripe.refunds.create({"charge": self.charge, "amount": amount})):
            self.given += amount

    @rule(days=st.integers(1, 4))
    def wait(self, days):
        reply = self.server.request("POST", ADVANCE, {"seconds": days * DAY}, key=self.key)
        assert reply.status == 200
        self.age += days * DAY
        if self.is_held and self.age >= WEEK:
            self.status = "succeeded" if self.taken else "canceled"

    @invariant()
    def the_intent_is_as_the_model_has_it(self):
        seen = self.stripe.payment_intents.retrieve(self.intent)
        capturable = max(0, self.amount - self.taken) if self.is_held else 0
        assert (seen.status, seen.amount, seen.amount_received, seen.amount_capturable) == (
            self.status,
            self.amount,
            self.taken,
            capturable,
        )

    @invariant()
    def the_charge_is_as_the_model_has_it(self):
        seen = self.stripe.charges.retrieve(self.charge)
        whole = max(self.amount, self.taken)
        gone = 0 if self.is_held else whole - self.taken
        assert (seen.amount, seen.amount_captured, seen.amount_refunded) == (
            whole,
            self.taken,
            gone + self.given,
        )
        assert seen.captured is (self.status == "succeeded")

    @invariant()
    def the_balance_is_what_was_taken_less_what_was_given_back(self):
        moved = self.stripe.balance_transactions.list({"limit": 100}).data
        assert sorted(one.amount for one in moved if one.type == "charge") == sorted(self.parts)
        assert sum(one.amount for one in moved) == self.taken - self.given


def test_a_hold_is_taken_given_back_or_let_go_of_to_the_last_unit(server):
    on_server = type("HoldOnServer", (Hold,), {"server": server})
    run_state_machine_as_test(
        on_server, settings=settings(max_examples=12, stateful_step_count=10, deadline=None)
    )
