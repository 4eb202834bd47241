"""The events of every flow, in the order in which they come.

One row a flow: what happens before is made first and does not count; what is listed is all that follows.
"""

from dataclasses import dataclass, field

import pytest
import stripe as sdk

from support.connect import eventually
from support.events import faults_of
from support.payments import AGREED, NO_REDIRECTS, PAYMENT, answer

WEEK = 7 * 24 * 3600
INTENT = ["payment_intent.created"]
PAID = ["charge.succeeded", "payment_intent.succeeded"]
REFUSED = ["charge.failed", "payment_intent.payment_failed"]


@dataclass
class Shop:
    """Somebody who sells, and what they have made so far."""

    server: object
    key: str
    stripe: object = None
    made: dict = field(default_factory=dict)

    def __post_init__(self):
        self.stripe = self.server.client(self.key).v1

    def customer(self):
        self.made["customer"] = self.stripe.customers.create().id
        return {"customer": self.made["customer"]}

    def intend(self, method="pm_card_visa", **params):
        """Make an intent and confirm it; a refusal is one of the outcomes."""
        try:
            params = {**PAYMENT, "capture_method": "automatic", "payment_method": method, **params}
            return self.stripe.payment_intents.create({**params, "confirm": True})
        except sdk.CardError as refusal:
            return refusal

    def debit(self, end):
        return self.stripe.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method_types": ["us_bank_account"],
                "payment_method": f"pm_usBankAccount_{end}",
                "mandate_data": AGREED,
                "confirm": True,
            }
        )

    def set_up(self, method="pm_card_visa", **params):
        try:
            return self.stripe.setup_intents.create(
                {**NO_REDIRECTS, "payment_method": method, "confirm": True, **params}
            )
        except sdk.CardError as refusal:
            return refusal

    def charge(self, end):
        return self.stripe.charges.create({"amount": 2000, "currency": "usd", "source": f"tok_{end}"})

    def wait(self, seconds):
        self.server.request("POST", "/v1/test_helpers/clock/advance", {"seconds": seconds}, key=self.key)

    def types(self):
        events = self.stripe.events.list({"limit": 100}).data
        return [one.type for one in reversed(events)]


def hold(shop, **params):
    return shop.intend(capture_method="manual", **params)


def challenged(shop):
    return shop.intend("pm_card_threeDSecure2Required")


def paid(shop):
    return shop.intend()


FLOWS = {
    "an intent alone": (None, lambda shop, _: shop.stripe.payment_intents.create(PAYMENT), INTENT),
    "paid": (None, lambda shop, _: shop.intend(), INTENT + PAID),
    "paid, and booked a moment later": (
        None,
        lambda shop, _: shop.intend(capture_method="automatic_async"),
        [*INTENT, *PAID, "charge.updated"],
    ),
    "paid and kept": (
        lambda shop: shop.customer(),
        lambda shop, who: shop.intend(setup_future_usage="off_session", **who),
        [*INTENT, "charge.succeeded", "payment_method.attached", "payment_intent.succeeded"],
    ),
    "held": (
        None,
        lambda shop, _: hold(shop),
        [*INTENT, "charge.succeeded", "payment_intent.amount_capturable_updated"],
    ),
    "taken": (
        hold,
        lambda shop, held: shop.stripe.payment_intents.capture(held.id),
        ["charge.captured", "payment_intent.succeeded"],
    ),
    "taken in part": (
        hold,
        lambda shop, held: shop.stripe.payment_intents.capture(held.id, {"amount_to_capture": 500}),
        ["charge.captured", "payment_intent.succeeded"],
    ),
    "declined": (None, lambda shop, _: shop.intend("pm_card_chargeDeclined"), INTENT + REFUSED),
    "stopped before the network": (
        None,
        lambda shop, _: shop.intend("pm_card_threeDSecure2Required", off_session=True),
        [*INTENT, "payment_intent.payment_failed"],
    ),
    "asked": (None, lambda shop, _: challenged(shop), [*INTENT, "payment_intent.requires_action"]),
    "asked, and passed": (challenged, lambda shop, it: answer(shop.server, it, "complete"), PAID),
    "asked, and failed": (
        challenged,
        lambda shop, it: answer(shop.server, it, "fail"),
        ["payment_intent.payment_failed"],
    ),
    "asked, passed and declined": (
        lambda shop: shop.intend("pm_card_threeDSecureRequiredChargeDeclined"),
        lambda shop, it: answer(shop.server, it, "complete"),
        REFUSED,
    ),
    "debited": (
        None,
        lambda shop, _: shop.debit("success"),
        [*INTENT, "payment_intent.processing", "charge.pending", *PAID],
    ),
    "not debited": (
        None,
        lambda shop, _: shop.debit("insufficientFunds"),
        [*INTENT, "payment_intent.processing", "charge.pending", *REFUSED],
    ),
    "an account that is closed": (
        None,
        lambda shop, _: shop.debit("accountClosed"),
        [
            *INTENT,
            "payment_intent.processing",
            "charge.pending",
            "charge.failed",
            "mandate.updated",
            "payment_intent.payment_failed",
        ],
    ),
    "given up": (
        lambda shop: shop.stripe.payment_intents.create(PAYMENT),
        lambda shop, it: shop.stripe.payment_intents.cancel(it.id),
        ["payment_intent.canceled"],
    ),
    "a hold given up": (
        hold,
        lambda shop, held: shop.stripe.payment_intents.cancel(held.id),
        ["payment_intent.canceled", "refund.created", "charge.refunded"],
    ),
    "a hold that ends": (
        hold,
        lambda shop, _: shop.wait(WEEK),
        ["refund.created", "charge.expired", "payment_intent.canceled"],
    ),
    "an intent changed": (
        lambda shop: shop.stripe.payment_intents.create(PAYMENT),
        lambda shop, it: shop.stripe.payment_intents.update(it.id, {"amount": 3000, "metadata": {"a": "b"}}),
        [],
    ),
    "a setup changed": (
        lambda shop: shop.stripe.setup_intents.create(),
        lambda shop, it: shop.stripe.setup_intents.update(it.id, {"description": "D"}),
        [],
    ),
    "given back": (
        paid,
        lambda shop, it: shop.stripe.refunds.create({"payment_intent": it.id}),
        ["refund.created", "charge.refunded"],
    ),
    "given back in time": (
        lambda shop: shop.charge("pendingRefund"),
        lambda shop, it: shop.stripe.refunds.create({"charge": it.id}),
        ["refund.created", "charge.refunded", "refund.updated", "charge.refund.updated"],
    ),
    "given back in vain": (
        lambda shop: shop.charge("refundFail"),
        lambda shop, it: shop.stripe.refunds.create({"charge": it.id}),
        ["refund.created", "charge.refunded", "refund.failed", "charge.refund.updated"],
    ),
    "set up": (None, lambda shop, _: shop.set_up(), ["setup_intent.created", "setup_intent.succeeded"]),
    "set up and kept": (
        lambda shop: shop.customer(),
        lambda shop, who: shop.set_up(**who),
        ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"],
    ),
    "a setup declined": (
        None,
        lambda shop, _: shop.set_up("pm_card_chargeDeclined"),
        ["setup_intent.created", "setup_intent.setup_failed"],
    ),
    "a setup asked": (
        None,
        lambda shop, _: shop.set_up("pm_card_threeDSecure2Required"),
        ["setup_intent.created", "setup_intent.requires_action"],
    ),
    "a setup asked, and failed": (
        lambda shop: shop.set_up("pm_card_threeDSecure2Required"),
        lambda shop, it: answer(shop.server, it, "fail"),
        ["setup_intent.setup_failed"],
    ),
    "a setup given up": (
        lambda shop: shop.stripe.setup_intents.create(),
        lambda shop, it: shop.stripe.setup_intents.cancel(it.id),
        ["setup_intent.canceled"],
    ),
    "charged alone": (None, lambda shop, _: shop.charge("visa"), ["charge.succeeded"]),
    "disputed": (
        None,
        lambda shop, _: shop.charge("createDispute"),
        ["charge.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn"],
    ),
    "inquired": (
        None,
        lambda shop, _: shop.charge("createDisputeInquiry"),
        ["charge.succeeded", "charge.dispute.created"],
    ),
    "warned": (
        None,
        lambda shop, _: shop.charge("createIssuerFraudRecord"),
        ["charge.succeeded", "radar.early_fraud_warning.created"],
    ),
}
# Told beside these flows, and not theirs.
ASIDE = {"customer.created", "balance.available"}


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_tells_what_it_says_in_this_order(server, secret_key, flow):
    before, do, expected = FLOWS[flow]
    shop = Shop(server, secret_key)
    made = None if before is None else before(shop)
    known = len(shop.types())
    do(shop, made)

    def told():
        return [one for one in shop.types()[known:] if one not in ASIDE]

    assert eventually(told, until=lambda seen: len(seen) >= len(expected)) == expected
    every = [event.to_dict() for event in shop.stripe.events.list({"limit": 100}).data]
    assert {event["type"]: [*faults_of(event)] for event in every if [*faults_of(event)]} == {}
