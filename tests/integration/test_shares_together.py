"""Payments with shares beside everything else: many at once, customers who are asked, browsers, other modes, webhooks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import acting_on, eventually
from support.data import refused
from support.money import booked, connected, funded, sums
from support.payments import PAYMENT, RETURN_URL, answer

AT_ONCE = {
    **PAYMENT,
    "payment_method": "pm_card_bypassPending",
    "confirm": True,
    "capture_method": "automatic",
}
FEE = 88
"""What processing 20.00 costs."""


@pytest.fixture
def account(stripe):
    return connected(stripe)


@pytest.fixture
def paid(stripe, account):
    """The charge of a payment of 20.00 that was passed on, less 3.00."""
    intent = stripe.payment_intents.create(
        {**AT_ONCE, "transfer_data": {"destination": account.id}, "application_fee_amount": 300}
    )
    return stripe.charges.retrieve(intent.latest_charge)


def at_once(*works):
    """Do all at the same moment; return what was refused, as codes."""

    def attempt(work):
        try:
            work()
        except sdk.StripeError as refusal:
            return refusal.code or refusal.http_status
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return [one for one in pool.map(attempt, works) if one is not None]


def test_reversals_and_refunds_at_once_take_no_more_than_was_passed_on(
    server, secret_key, stripe, account, paid
):
    def client():
        return server.client(secret_key).v1

    at_once(
        *[lambda: client().transfers.reversals.create(paid.transfer, {"amount": 700})] * 3,
        *[lambda: client().refunds.create({"charge": paid.id, "amount": 700, "reverse_transfer": True})] * 3,
        *[lambda: client().application_fees.refunds.create(paid.application_fee, {"amount": 110})] * 3,
    )
    transfer = stripe.transfers.retrieve(paid.transfer)
    fee = stripe.application_fees.retrieve(paid.application_fee)
    refunded = stripe.charges.retrieve(paid.id).amount_refunded
    taken_back = sum(one.amount for one in transfer.reversals.data)
    assert transfer.amount_reversed == taken_back <= 2000
    assert (fee.amount_refunded, refunded % 700) == (220, 0)
    assert sums(stripe) == (2000 - FEE - refunded - 2000 + taken_back + 300 - 220, 0)
    assert sums(stripe, account) == (2000 - 300 - taken_back + 220, 0)


PARTS = {
    **AT_ONCE,
    "capture_method": "manual",
    "payment_method_options": {"card": {"request_multicapture": "if_available"}},
}


def test_a_fee_can_be_taken_of_the_last_part_alone(stripe, account):
    held = stripe.payment_intents.create(PARTS, acting_on(account))
    part = {"amount_to_capture": 500, "final_capture": False}
    stripe.payment_intents.capture(held.id, part, acting_on(account))
    assert stripe.application_fees.list().data == []
    stripe.payment_intents.capture(held.id, {"application_fee_amount": 100}, acting_on(account))
    assert [one.amount for one in stripe.application_fees.list()] == [100]
    assert sums(stripe) == (100, 0)


def test_what_was_captured_in_parts_is_no_source(stripe, account):
    held = stripe.payment_intents.create(PARTS)
    source = {"currency": "usd", "destination": account.id, "source_transaction": held.latest_charge}
    stripe.payment_intents.capture(held.id, {"amount_to_capture": 500, "final_capture": False})
    with refused(param="source_transaction"):
        stripe.transfers.create({"amount": 100, **source})
    stripe.payment_intents.capture(held.id)
    with refused(param="source_transaction", says="captured more than once"):
        stripe.transfers.create({"amount": 100, **source})
    assert stripe.transfers.list().data == []


def test_captures_at_once_pass_on_once(server, secret_key, stripe, account):
    intent = stripe.payment_intents.create(
        {**AT_ONCE, "capture_method": "manual", "transfer_data": {"destination": account.id}}
    )
    at_once(*[lambda: server.client(secret_key).v1.payment_intents.capture(intent.id)] * 4)
    assert [one.amount for one in stripe.transfers.list()] == [2000]
    assert booked(stripe, account) == [("payment", 2000)]


@pytest.mark.parametrize("outcome", ["complete", "fail"])
def test_a_payment_is_passed_on_when_its_customer_has_agreed(stripe, server, account, outcome):
    intent = stripe.payment_intents.create(
        {
            **PAYMENT,
            "payment_method": "pm_card_threeDSecure2Required",
            "capture_method": "automatic",
            "confirm": True,
            "return_url": RETURN_URL,
            "transfer_data": {"destination": account.id},
            "application_fee_amount": 300,
        }
    )
    assert (intent.status, stripe.transfers.list().data) == ("requires_action", [])
    answer(server, intent, outcome)
    wanted = [2000] if outcome == "complete" else []
    assert [one.amount for one in stripe.transfers.list()] == wanted
    assert sum(sums(stripe, account)) == sum(wanted) * 17 // 20


def test_the_money_of_an_account_that_was_let_go_of_meanwhile_stays(stripe, server, account):
    """Nobody is paid who is not connected any more; the customer has paid all the same."""
    intent = stripe.payment_intents.create(
        {
            **PAYMENT,
            "payment_method": "pm_card_threeDSecure2Required",
            "capture_method": "automatic",
            "confirm": True,
            "return_url": RETURN_URL,
            "transfer_data": {"destination": account.id},
            "application_fee_amount": 300,
        }
    )
    stripe.accounts.delete(account.id)
    answer(server, intent, "complete")
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    assert (stripe.transfers.list().data, stripe.application_fees.list().data) == ([], [])
    assert sums(stripe) == (0, 2000 - FEE)
    with refused(code="charge_invalid_parameter", param="reverse_transfer"):
        stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})


def test_a_fee_is_taken_away_again_before_anybody_pays(stripe, account):
    intent = stripe.payment_intents.create(
        {**PAYMENT, "transfer_data": {"destination": account.id}, "application_fee_amount": 300}
    )
    cleared = stripe.payment_intents.update(intent.id, {"application_fee_amount": ""})
    assert cleared.application_fee_amount is None
    part = stripe.payment_intents.update(intent.id, {"transfer_data": {"amount": 500}})
    assert part.transfer_data.amount == 500
    with refused(code="parameters_exclusive", param="transfer_data[amount]"):
        stripe.payment_intents.update(intent.id, {"application_fee_amount": 5})
    with refused(param="transfer_data[amount]"):
        stripe.payment_intents.update(intent.id, {"amount": 499})


def test_a_fee_of_nothing_is_none(stripe, account):
    intent = stripe.payment_intents.create(
        {**AT_ONCE, "transfer_data": {"destination": account.id}, "application_fee_amount": 0}
    )
    assert stripe.charges.retrieve(intent.latest_charge).application_fee is None
    assert (stripe.application_fees.list().data, sums(stripe, account)) == ([], (2000, 0))


def test_an_account_s_own_platform_alone_sees_its_transfers(server, stripe, account, paid, name):
    other = server.client(f"sk_test_{name}other").v1
    with refused(status=404, code="resource_missing", param="transfer"):
        other.transfers.retrieve(paid.transfer)
    with refused(status=404, code="resource_missing", param="id"):
        other.application_fees.retrieve(paid.application_fee)
    with refused(status=404, code="resource_missing", param="id"):
        other.transfers.reversals.create(paid.transfer)
    assert stripe.transfers.retrieve(paid.transfer).amount_reversed == 0


def test_what_moves_in_test_mode_is_not_there_in_live_mode(stripe, live, account, paid):
    for look in (
        lambda: live.transfers.retrieve(paid.transfer),
        lambda: live.application_fees.retrieve(paid.application_fee),
    ):
        with pytest.raises(sdk.InvalidRequestError, match="exists in test mode"):
            look()
    assert live.transfers.list().data == []


def test_a_charge_names_its_transfer_and_the_transfer_its_payment(stripe, account, paid):
    shown = stripe.payment_intents.retrieve(
        paid.payment_intent,
        {"expand": ["latest_charge.transfer.destination_payment.balance_transaction"]},
    )
    transfer = shown.latest_charge.transfer
    assert transfer.destination_payment.balance_transaction.net == 1700
    (listed,) = stripe.transfers.list({"expand": ["data.destination_payment"]}).data
    assert listed.destination_payment.id == transfer.destination_payment.id
    received = stripe.charges.retrieve(
        transfer.destination_payment.id, {"expand": ["balance_transaction.source"]}, acting_on(account)
    )
    assert received.balance_transaction.source.id == received.id


def test_nobody_sees_into_an_account_that_was_let_go_of(stripe, account):
    funded(stripe)
    made = stripe.transfers.create({"amount": 100, "currency": "usd", "destination": account.id})
    stripe.accounts.delete(account.id)
    shown = stripe.transfers.retrieve(made.id, {"expand": ["destination_payment"]})
    assert shown.destination_payment == made.destination_payment


def test_shares_of_two_currencies_do_not_mix(stripe, account):
    funded(stripe, 10_000)
    funded(stripe, 10_000, "eur")
    made = stripe.transfers.create({"amount": 9_000, "currency": "eur", "destination": account.id})
    with refused(code="balance_insufficient"):
        stripe.transfers.create({"amount": 9_000, "currency": "eur", "destination": account.id})
    balance = stripe.balance.retrieve({}, acting_on(account))
    assert {one.currency: one.amount for one in balance.available} == {"usd": 0, "eur": 9_000}
    stripe.transfers.reversals.create(made.id)
    own = {one.currency: one.amount for one in stripe.balance.retrieve().available}
    assert own == {"usd": 10_000 - 320, "eur": 10_000 - 320}


def test_waiting_money_becomes_available_on_both_sides_together(server, secret_key, stripe, account):
    charge = stripe.charges.create(
        {
            "amount": 2000,
            "currency": "usd",
            "source": "tok_visa",
            "transfer_data": {"destination": account.id},
            "application_fee_amount": 300,
        }
    )
    assert (sums(stripe), sums(stripe, account)) == ((0, 300 - FEE), (0, 1700))
    server.request("POST", "/v1/test_helpers/clock/advance", {"seconds": str(4 * 24 * 3600)}, key=secret_key)
    eventually(lambda: sums(stripe), until=lambda seen: seen == (300 - FEE, 0))
    assert stripe.charges.retrieve(charge.id).transfer is not None


def test_a_refund_of_what_was_received_is_named_too(stripe, account, paid):
    reversal = stripe.transfers.reversals.create(
        paid.transfer,
        {"amount": 100, "expand": ["transfer", "balance_transaction.source"]},
    )
    assert (reversal.transfer.id, reversal.balance_transaction.source.id) == (paid.transfer, reversal.id)
    taken = stripe.balance_transactions.list(
        {"type": "payment_refund", "expand": ["data.source"]}, acting_on(account)
    ).data[0]
    assert (taken.source.object, taken.source.amount) == ("refund", 100)
