"""A customer's cash is neither made nor lost, whatever is sent, paid, given up and given back; and not in a crowd either."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import stripe as sdk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from support.cash import ask, cash_of, fund, moves_of

_numbers = itertools.count()
AMOUNTS = st.integers(50, 5_000)
RACERS = 32


class Cash(RuleBasedStateMachine):
    """Moves the cash of one customer on `server`; every run has an account of its own."""

    server = None
    intents = Bundle("intents")

    def __init__(self):
        super().__init__()
        self.stripe = self.server.client(f"sk_test_cash{os.getpid()}n{next(_numbers)}").v1
        self.customer = self.stripe.customers.create({}).id
        self.sent = 0
        self.amounts = {}
        self.refunded = {}

    @rule(amount=AMOUNTS)
    def send(self, amount):
        fund(self.stripe, self.customer, amount)
        self.sent += amount

    @rule(is_automatic=st.booleans())
    def choose(self, is_automatic):
        mode = "automatic" if is_automatic else "manual"
        self.stripe.customers.cash_balance.update(self.customer, {"settings": {"reconciliation_mode": mode}})

    @rule(target=intents, amount=AMOUNTS)
    def ask_for(self, amount):
        made = ask(self.stripe, self.customer, amount)
        self.amounts[made.id], self.refunded[made.id] = amount, 0
        return made.id

    @rule(intent=intents, amount=st.none() | AMOUNTS)
    def apply(self, intent, amount):
        try:
            self.stripe.payment_intents.apply_customer_balance(
                intent, {} if amount is None else {"amount": amount}
            )
        except sdk.InvalidRequestError:
            return

    @rule(intent=intents)
    def give_up(self, intent):
        is_paid = self.stripe.payment_intents.retrieve(intent).status in {"succeeded", "canceled"}
        try:
            self.stripe.payment_intents.cancel(intent)
        except sdk.InvalidRequestError:
            assert is_paid
            return
        assert not is_paid

    @rule(intent=intents, amount=AMOUNTS)
    def give_back(self, intent, amount):
        try:
            self.stripe.refunds.create({"payment_intent": intent, "amount": amount})
        except sdk.InvalidRequestError:
            return
        self.refunded[intent] += amount

    @invariant()
    def what_was_sent_is_there_or_in_payments(self):
        inside = 0
        for intent in self.stripe.payment_intents.list({"limit": 100}).data:
            amount = self.amounts[intent.id]
            if intent.status == "succeeded":
                inside += amount - self.refunded[intent.id]
            elif intent.status == "requires_action":
                left = intent.next_action.display_bank_transfer_instructions.amount_remaining
                assert 0 < left <= amount
                inside += amount - left
        held = cash_of(self.stripe, self.customer).get("usd", 0)
        assert held >= 0
        assert held + inside == self.sent
        moves = moves_of(self.stripe, self.customer)
        assert list(itertools.accumulate(net for _, net, _ in moves)) == [after for _, _, after in moves]


def test_cash_is_neither_made_nor_lost(server):
    on_server = type("CashOnServer", (Cash,), {"server": server})
    run_state_machine_as_test(
        on_server, settings=settings(max_examples=10, stateful_step_count=12, deadline=None)
    )


def test_many_transfers_at_once_pay_one_payment_once(stripe):
    customer = stripe.customers.create({}).id
    intent = ask(stripe, customer, 1000)

    def send(_):
        try:
            fund(stripe, customer, 100)
        except sdk.RateLimitError:
            return 0
        return 100

    with ThreadPoolExecutor(RACERS) as crowd:
        sent = sum(crowd.map(send, range(RACERS)))
    if sent < 1000:
        fund(stripe, customer, 1000 - sent)
        sent = 1000
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    assert len(stripe.charges.list({"payment_intent": intent.id}).data) == 1
    assert cash_of(stripe, customer).get("usd", 0) == sent - 1000


def test_many_payments_at_once_share_what_is_there(stripe):
    customer = stripe.customers.create({}).id
    fund(stripe, customer, 1000)

    def pay(_):
        try:
            return ask(stripe, customer, 100, error_on_requires_action=True).status
        except (sdk.InvalidRequestError, sdk.RateLimitError):
            return "refused"

    with ThreadPoolExecutor(RACERS) as crowd:
        paid = list(crowd.map(pay, range(RACERS))).count("succeeded")
    assert 0 < paid <= 10
    assert cash_of(stripe, customer).get("usd", 0) == 1000 - paid * 100
    assert len(stripe.charges.list({"customer": customer, "limit": 100}).data) == paid
