"""Refunds of debits that are still with the bank: counted at once, done when the money has come, given up when it has not."""

import pytest

from support.actions import answer, confirmed, key_of
from support.connect import eventually
from support.data import event_types, refused
from support.payments import AGREED

AMOUNT = 2000


def debit(stripe, end):
    return stripe.payment_intents.create(
        {
            "amount": AMOUNT,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method": f"pm_usBankAccount_{end}",
            "mandate_data": AGREED,
            "confirm": True,
        }
    )


def when(stripe, refund, status):
    return eventually(lambda: stripe.refunds.retrieve(refund.id), until=lambda one: one.status == status)


def test_a_refund_waits_for_its_payment(stripe):
    intent = debit(stripe, "success")
    refund = stripe.refunds.create(
        {"payment_intent": intent.id, "amount": 500, "metadata": {"a": "b"}, "reason": "duplicate"}
    )

    assert refund.id.startswith("pyr_")
    assert (refund.status, refund.pending_reason) == ("pending", "charge_pending")
    assert (refund.balance_transaction, refund.reason) == (None, "duplicate")
    assert refund.metadata.to_dict() == {"a": "b"}
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert (charge.status, charge.amount_refunded, charge.refunded) == ("pending", 500, False)
    assert stripe.balance_transactions.list().data == []

    done = when(stripe, refund, "succeeded")
    assert "pending_reason" not in done
    moved = {one.id: (one.type, one.amount) for one in stripe.balance_transactions.list().data}
    assert moved[done.balance_transaction] == ("payment_refund", -500)
    assert sorted(moved.values()) == [("payment", AMOUNT), ("payment_refund", -500)]
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    assert event_types(stripe, refund.id) == ["refund.created", "refund.updated", "charge.refund.updated"]
    assert stripe.refunds.create({"charge": charge.id}).amount == 1500


def test_no_more_waits_than_was_paid(stripe):
    intent = debit(stripe, "success")
    first, second = [
        stripe.refunds.create({"payment_intent": intent.id, "amount": amount}) for amount in (1500, 500)
    ]
    assert stripe.charges.retrieve(intent.latest_charge).refunded
    with refused(code="charge_already_refunded"):
        stripe.refunds.create({"payment_intent": intent.id, "amount": 1})
    for refund in (first, second):
        when(stripe, refund, "succeeded")
    assert sum(one.amount for one in stripe.balance_transactions.list().data) == 0


def test_what_never_came_is_not_given_back(stripe):
    intent = debit(stripe, "noAccount")
    refund = stripe.refunds.create({"payment_intent": intent.id})
    failed = when(stripe, refund, "failed")

    assert (failed.failure_reason, failed.balance_transaction) == ("declined", None)
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert (charge.status, charge.amount_refunded, charge.refunded) == ("failed", 0, False)
    assert stripe.balance_transactions.list().data == []
    assert event_types(stripe, refund.id) == ["refund.created", "refund.failed", "charge.refund.updated"]


def test_what_is_given_back_before_it_came_is_not_disputed(stripe):
    intent = debit(stripe, "dispute")
    when(stripe, stripe.refunds.create({"payment_intent": intent.id}), "succeeded")
    assert not stripe.charges.retrieve(intent.latest_charge).disputed


def test_the_oldest_way_waits_too(stripe, post):
    intent = debit(stripe, "success")
    reply = post(f"/v1/charges/{intent.latest_charge}/refund")
    assert (reply.json["object"], reply.json["refunded"], reply.json["status"]) == ("charge", True, "pending")
    (refund,) = stripe.refunds.list().data
    when(stripe, refund, "succeeded")


@pytest.mark.parametrize("kind", ["boleto", "oxxo"])
def test_some_ways_to_pay_give_nothing_back(server, name, kind):
    stripe = server.client(key_of(name, kind)).v1
    intent = confirmed(stripe, kind)
    answer(server, intent, "complete")
    (charge,) = eventually(
        lambda: stripe.charges.list({"payment_intent": intent.id}).data,
        until=lambda seen: seen and seen[0].status == "succeeded",
    )
    with refused(param="charge", says="gives nothing back"):
        stripe.refunds.create({"charge": charge.id})
    assert stripe.refunds.list().data == []
