"""Money is neither made nor lost: whatever is charged, held, captured, released, refunded and disputed, the balance is
their sum.

A model of a few lines does the same sums; the server is asked after every step.
"""

import itertools
import os

import stripe as sdk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from support.payments import PAYMENT

_numbers = itertools.count()
AMOUNTS = st.integers(50, 1_000_000)
PARTS = st.fractions(0, 1)


def fee(amount):
    return (amount * 290 + 5000) // 10_000 + 30


class Money(RuleBasedStateMachine):
    """Moves money on `server`; every run has an account of its own."""

    server = None
    charges = Bundle("charges")

    def __init__(self):
        super().__init__()
        self.stripe = self.server.client(f"sk_test_money{os.getpid()}n{next(_numbers)}").v1
        self.model = {}
        """Charge → amount, captured (None: held or gone), refunded, intent."""

    def remember(self, charge, amount, captured, intent=None):
        self.model[charge] = {
            "amount": amount,
            "captured": captured,
            "refunded": 0,
            "held": captured is None,
            "intent": intent,
        }
        return charge

    @rule(target=charges, amount=AMOUNTS, is_taken=st.booleans())
    def charge(self, amount, is_taken):
        made = self.stripe.charges.create(
            {"amount": amount, "currency": "usd", "source": "tok_bypassPending", "capture": is_taken}
        )
        return self.remember(made.id, amount, amount if is_taken else None)

    @rule(target=charges, amount=AMOUNTS, is_taken=st.booleans())
    def pay(self, amount, is_taken):
        intent = self.stripe.payment_intents.create(
            {
                **PAYMENT,
                "amount": amount,
                "payment_method": "pm_card_bypassPending",
                "confirm": True,
                "capture_method": "automatic" if is_taken else "manual",
            }
        )
        return self.remember(intent.latest_charge, amount, amount if is_taken else None, intent.id)

    @rule(source=st.sampled_from(["tok_chargeDeclined", "tok_radarBlock"]), amount=AMOUNTS)
    def decline(self, source, amount):
        try:
            self.stripe.charges.create({"amount": amount, "currency": "usd", "source": source})
        except sdk.CardError:
            return
        raise AssertionError("it was charged")

    @rule(charge=charges, part=PARTS)
    def capture(self, charge, part):
        known = self.model[charge]
        amount = max(1, int(known["amount"] * part))
        try:
            if known["intent"] is None:
                self.stripe.charges.capture(charge, {"amount": amount})
            else:
                self.stripe.payment_intents.capture(known["intent"], {"amount_to_capture": amount})
        except sdk.InvalidRequestError:
            assert not known["held"]
            return
        assert known["held"]
        known |= {"captured": amount, "held": False, "refunded": known["amount"] - amount}

    @rule(charge=charges)
    def give_up(self, charge):
        known = self.model[charge]
        if known["intent"] is None:
            return
        try:
            self.stripe.payment_intents.cancel(known["intent"])
        except sdk.InvalidRequestError:
            assert not known["held"]
            return
        assert known["held"]
        known |= {"held": False, "refunded": known["amount"]}

    @rule(charge=charges, part=st.fractions(0, 2))
    def refund(self, charge, part):
        known = self.model[charge]
        amount = max(1, int(known["amount"] * part))
        left = known["amount"] - known["refunded"]
        is_whole_hold = known["held"] and amount == left and known["intent"] is None
        fits = amount <= left and (known["captured"] is not None or is_whole_hold)
        try:
            self.stripe.refunds.create({"charge": charge, "amount": amount})
        except sdk.InvalidRequestError:
            assert not fits
            return
        assert fits
        known["refunded"] += amount
        if known["captured"] is None:
            known["held"] = False

    @invariant()
    def every_charge_is_as_the_model_has_it(self):
        seen = {one.id: one for one in self.stripe.charges.list({"limit": 100}).data}
        for charge, known in self.model.items():
            shown = seen[charge]
            assert (shown.amount_captured, shown.amount_refunded) == (
                known["captured"] or 0,
                known["refunded"],
            )
            assert shown.refunded is (known["refunded"] == known["amount"])

    @invariant()
    def the_balance_is_what_was_taken_less_what_was_given_back_and_the_fees(self):
        taken = [one["captured"] for one in self.model.values() if one["captured"] is not None]
        given = sum(
            known["refunded"] - (known["amount"] - known["captured"])
            for known in self.model.values()
            if known["captured"] is not None
        )
        moved = self.stripe.balance_transactions.list({"limit": 100}).data
        assert sum(one.amount for one in moved) == sum(taken) - given
        assert all(one.net == one.amount - one.fee for one in moved)
        assert sum(one.fee for one in moved) == sum(map(fee, taken))
        balance = self.stripe.balance.retrieve()
        assert balance.available[0].amount == sum(one.net for one in moved)
        assert balance.pending[0].amount == 0


def test_money_is_neither_made_nor_lost(server):
    on_server = type("MoneyOnServer", (Money,), {"server": server})
    run_state_machine_as_test(
        on_server, settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
