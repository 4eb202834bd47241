"""Money between accounts is neither made nor lost, whatever is paid, held, refunded, transferred, kept and given back.

A model of a few sums does the same; the server is asked after every step. The control is a server that loses a cent.
"""

import itertools
import os
import sys
from pathlib import Path

import pytest
import stripe as sdk
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from support import faulty
from support.connect import acting_on
from support.connect_money import DESTINATION, DIRECT, PLAIN, Books, Moved, Payment, Sent
from support.money import connected, sums
from support.payments import PAYMENT
from support.server import Server

_numbers = itertools.count()
AMOUNTS = st.integers(50, 1_000_000)
PARTS = st.fractions(0, 1, max_denominator=1000)
MORE_THAN_PARTS = st.fractions(0, 2, max_denominator=1000)


class Connect(RuleBasedStateMachine):
    """Moves money on `server`; every run has a platform and two connected accounts of its own."""

    server = None
    payments = Bundle("payments")
    transfers = Bundle("transfers")

    def __init__(self):
        super().__init__()
        self.stripe = self.server.client(f"sk_test_connect{os.getpid()}n{next(_numbers)}").v1
        self.accounts = [connected(self.stripe).id for _ in range(2)]
        self.books = Books()

    def options(self, payment):
        return acting_on(payment.account) if payment.kind == DIRECT else {}

    # -- payments -----------------------------------------------------------------------------------------------

    @rule(
        target=payments,
        amount=AMOUNTS,
        kind=st.sampled_from([PLAIN, DIRECT, DESTINATION, DESTINATION]),
        which=st.integers(0, 1),
        fee=st.none() | PARTS,
        part=st.none() | PARTS,
        is_taken=st.booleans(),
        waits=st.booleans(),
    )
    def pay(self, amount, kind, which, fee, part, is_taken, waits):
        account = None if kind == PLAIN else self.accounts[which]
        params = {
            **PAYMENT,
            "amount": amount,
            "payment_method": "pm_card_visa" if waits else "pm_card_bypassPending",
            "confirm": True,
            "capture_method": "automatic" if is_taken else "manual",
        }
        wanted_fee, wanted_part = 0, None
        if fee is not None and kind != PLAIN:
            params["application_fee_amount"] = wanted_fee = int(amount * fee)
        if kind == DESTINATION:
            params["transfer_data"] = {"destination": account}
            if fee is None and part is not None:
                params["transfer_data"]["amount"] = wanted_part = int(amount * part)
        payment = Payment(kind, amount, account, "", wanted_fee, wanted_part, waits)
        intent = self.stripe.payment_intents.create(params, self.options(payment))
        payment.intent = intent.id
        self.books.payments[intent.latest_charge] = payment
        if is_taken:
            payment.take(amount)
            self.look(intent.latest_charge)
        return intent.latest_charge

    def look(self, charge):
        """Note what the shares of a payment are called, and that there are no others."""
        known = self.books.payments[charge]
        shown = self.stripe.charges.retrieve(charge, {}, self.options(known)).to_dict()
        known.transfer_id, known.fee_id = shown.get("transfer"), shown["application_fee"]
        assert (known.transfer_id is None, known.fee_id is None) == (
            known.transfer is None,
            known.fee is None,
        )

    @rule(charge=payments, part=PARTS)
    def capture(self, charge, part):
        known = self.books.payments[charge]
        amount = max(1, int(known.amount * part))
        try:
            self.stripe.payment_intents.capture(
                known.intent, {"amount_to_capture": amount}, self.options(known)
            )
        except sdk.InvalidRequestError:
            assert known.captured is not None or known.is_gone
            return
        assert (known.captured, known.is_gone) == (None, False)
        known.take(amount)
        self.look(charge)

    @rule(charge=payments)
    def give_up(self, charge):
        known = self.books.payments[charge]
        try:
            self.stripe.payment_intents.cancel(known.intent, {}, self.options(known))
        except sdk.InvalidRequestError:
            assert known.captured is not None or known.is_gone
            return
        known.is_gone = True

    @rule(charge=payments, part=MORE_THAN_PARTS, reverse=st.booleans(), gives_fee=st.booleans())
    def refund(self, charge, part, reverse, gives_fee):
        known = self.books.payments[charge]
        amount = max(1, int(known.amount * part))
        fits = known.captured is not None and amount <= known.left
        if reverse:
            fits = fits and known.transfer is not None and known.transfer.amount > known.transfer.back
        if gives_fee:
            fits = fits and known.fee is not None
        params = {"charge": charge, "amount": amount}
        params |= {"reverse_transfer": True} if reverse else {}
        params |= {"refund_application_fee": True} if gives_fee else {}
        try:
            self.stripe.refunds.create(params, self.options(known))
        except sdk.InvalidRequestError:
            # A hold that is refunded as a whole is let go of.
            assert not fits
            return
        if known.captured is None:
            known.is_gone = True
            return
        assert fits
        known.refunded += amount
        if reverse:
            known.transfer.take_back(amount, known.captured)
        if gives_fee:
            known.fee.take_back(amount, known.captured)

    # -- transfers ----------------------------------------------------------------------------------------------

    @rule(target=transfers, part=MORE_THAN_PARTS, which=st.integers(0, 1))
    def transfer(self, part, which):
        available = sums(self.stripe)[0]
        amount = max(1, int(max(available, 100) * part))
        params = {"amount": amount, "currency": "usd", "destination": self.accounts[which]}
        try:
            made = self.stripe.transfers.create(params)
        except sdk.InvalidRequestError:
            assert amount > available
            return multiple()
        assert amount <= available
        self.books.sent[made.id] = Sent(Moved(amount), self.accounts[which], waits=False)
        return made.id

    @rule(target=transfers, charge=payments, part=MORE_THAN_PARTS, which=st.integers(0, 1))
    def transfer_of_a_charge(self, charge, part, which):
        known = self.books.payments[charge]
        if known.kind == DIRECT:
            return multiple()
        amount = max(1, int(known.amount * part))
        params = {
            "amount": amount,
            "currency": "usd",
            "destination": self.accounts[which],
            "source_transaction": charge,
        }
        try:
            made = self.stripe.transfers.create(params)
        except sdk.InvalidRequestError:
            assert amount > known.unpassed
            return multiple()
        assert amount <= known.unpassed
        self.books.sent[made.id] = Sent(Moved(amount), self.accounts[which], known.waits)
        known.passed_on.append(self.books.sent[made.id].moved)
        return made.id

    @rule(transfer=transfers, part=MORE_THAN_PARTS)
    def reverse(self, transfer, part):
        known = self.books.sent[transfer]
        amount = max(1, int(known.moved.amount * part))
        available = sums(self.stripe, known.account)[0]
        fits = amount <= known.moved.amount - known.moved.back and (known.waits or amount <= available)
        try:
            self.stripe.transfers.reversals.create(transfer, {"amount": amount})
        except sdk.InvalidRequestError:
            assert not fits
            return
        assert fits
        known.moved.back += amount

    @rule(charge=payments, part=MORE_THAN_PARTS)
    def reverse_a_payments_transfer(self, charge, part):
        """The account need not have it."""
        known = self.books.payments[charge]
        if known.transfer_id is None:
            return
        amount = max(1, int(known.transfer.amount * part))
        try:
            self.stripe.transfers.reversals.create(known.transfer_id, {"amount": amount})
        except sdk.InvalidRequestError:
            assert amount > known.transfer.amount - known.transfer.back
            return
        known.transfer.back += amount

    @rule(charge=payments, part=MORE_THAN_PARTS)
    def give_a_fee_back(self, charge, part):
        known = self.books.payments[charge]
        if known.fee_id is None:
            return
        amount = max(1, int(known.fee.amount * part))
        try:
            self.stripe.application_fees.refunds.create(known.fee_id, {"amount": amount})
        except sdk.InvalidRequestError:
            assert amount > known.fee.amount - known.fee.back
            return
        known.fee.back += amount

    # -- what has to be true ------------------------------------------------------------------------------------

    @invariant()
    def everybody_has_what_the_model_says(self):
        platform = sum(sums(self.stripe))
        accounts = [sum(sums(self.stripe, account)) for account in self.accounts]
        assert platform == self.books.of_platform()
        assert accounts == [self.books.of_account(account) for account in self.accounts]
        assert platform + sum(accounts) == self.books.of_all()

    @invariant()
    def transfers_and_fees_say_what_came_back(self):
        wanted = {one.transfer_id: one.transfer for one in self.books.payments.values() if one.transfer}
        wanted |= {name: one.moved for name, one in self.books.sent.items()}
        seen = {
            one.id: (one.amount, one.amount_reversed)
            for one in self.stripe.transfers.list({"limit": 100}).data
        }
        assert seen == {name: (one.amount, one.back) for name, one in wanted.items()}
        fees = {one.fee_id: (one.fee.amount, one.fee.back) for one in self.books.payments.values() if one.fee}
        shown = self.stripe.application_fees.list({"limit": 100}).data
        assert {one.id: (one.amount, one.amount_refunded) for one in shown} == fees


def play(server, **given):
    on_server = type("ConnectOnServer", (Connect,), {"server": server})
    run_state_machine_as_test(on_server, settings=settings(stateful_step_count=16, deadline=None, **given))


def test_money_between_accounts_is_neither_made_nor_lost(server):
    play(server, max_examples=10)


@pytest.mark.parametrize("fault", faulty.FAULTS)
def test_control_a_server_that_loses_a_cent_is_noticed(tmp_path, fault):
    program = (sys.executable, str(Path(faulty.__file__)), fault)
    with Server(tmp_path / "data", program=program) as server, pytest.raises(AssertionError):
        # What was found need not be made small.
        play(server, max_examples=100, phases=[Phase.generate], derandomize=True)
