"""What a charge, a refund and a balance transaction look like, key by key, as far as it was seen on the wire."""

import pytest
import stripe as sdk

from support.connect import eventually
from support.payments import AGREED, PAYMENT, pay
from support.time import DAY

NOBODY = {
    "address": dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"]),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
APPROVED = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "seller_message": "Payment complete.",
    "type": "authorized",
}
# Present whatever is charged, and null for want of a reason to say anything.
NULLS = [
    "application",
    "application_fee",
    "application_fee_amount",
    "calculated_statement_descriptor",
    "customer",
    "description",
    "dispute",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_email",
    "receipt_number",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
]
ABSENT = ["refunds", "transfer", "invoice", "presentment_details", "level3", "authorization_code"]


def body(charge):
    """A charge without what is made up anew each time, and without what is always the same."""
    whole = charge.to_dict()
    assert [name for name in NULLS if whole.pop(name) is not None] == []
    assert [name for name in ABSENT if name in whole] == []
    assert 0 <= whole["outcome"].pop("risk_score") < 100
    assert whole.pop("billing_details") == NOBODY or whole["payment_method_details"]["type"] != "card"
    assert (whole.pop("object"), whole.pop("livemode"), whole.pop("metadata")) == ("charge", False, {})
    assert (whole.pop("fraud_details"), whole.pop("radar_options"), whole.pop("disputed")) == ({}, {}, False)
    made_up = ["created", "id", "payment_intent", "payment_method", "payment_method_details", "receipt_url"]
    for name in made_up:
        whole.pop(name)
    return whole


def test_a_charge_that_was_paid(stripe):
    charge = pay(stripe, capture_method="automatic", expand=["latest_charge"]).latest_charge
    assert list(charge.to_dict())[:2] == ["id", "object"]
    assert list(charge.to_dict())[2:] == sorted(list(charge.to_dict())[2:])
    assert charge.balance_transaction.startswith("txn_")
    assert charge.receipt_url.startswith("http")
    assert {**body(charge), "balance_transaction": None} == {
        "amount": 2000,
        "amount_captured": 2000,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": True,
        "currency": "usd",
        "failure_code": None,
        "failure_message": None,
        "outcome": APPROVED,
        "paid": True,
        "refunded": False,
        "status": "succeeded",
    }


def test_the_card_that_was_charged(stripe):
    charge = pay(stripe, expand=["latest_charge"]).latest_charge
    card = charge.payment_method_details.to_dict()["card"]
    for name in ("authorization_code", "fingerprint", "network_transaction_id", "exp_month", "exp_year"):
        assert card.pop(name)
    unavailable = {"status": "unavailable"}
    assert card == {
        "amount_authorized": 2000,
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "electronic_commerce_indicator": None,
        "extended_authorization": {"status": "disabled"},
        "funding": "credit",
        "incremental_authorization": unavailable,
        "installments": None,
        "last4": "4242",
        "mandate": None,
        "multicapture": unavailable,
        "network": "visa",
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": 2000, **unavailable},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def test_a_charge_that_was_declined(stripe):
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclinedInsufficientFunds")
    (charge,) = stripe.charges.list().data
    assert charge.receipt_url is None
    assert body(charge) == {
        "amount": 2000,
        "amount_captured": 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": False,
        "currency": "usd",
        "failure_code": "card_declined",
        "failure_message": "Your card has insufficient funds.",
        "outcome": {
            **APPROVED,
            "advice_code": "try_again_later",
            "network_advice_code": "02",
            "network_decline_code": "51",
            "network_status": "declined_by_network",
            "reason": "insufficient_funds",
            "seller_message": "The bank returned the decline code `insufficient_funds`.",
            "type": "issuer_declined",
        },
        "paid": False,
        "refunded": False,
        "status": "failed",
    }


def test_a_charge_that_was_stopped(stripe):
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_radarBlock")
    (charge,) = stripe.charges.list().data
    assert body(charge)["outcome"] == {
        **APPROVED,
        "network_status": "not_sent_to_network",
        "reason": "highest_risk_level",
        "risk_level": "highest",
        "seller_message": "Stripe blocked this payment as too risky.",
        "type": "blocked",
    }


def test_a_debit_that_is_under_way(stripe):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["sepa_debit"],
            "payment_method": "pm_success_de",
            "mandate_data": AGREED,
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )
    charge = intent.latest_charge
    assert (charge.id[:3], charge.receipt_url, intent.amount_received) == ("py_", None, 0)
    assert charge.billing_details.name == "Jenny Rosen"
    assert body(charge) == {
        "amount": 2000,
        "amount_captured": 2000,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": True,
        "currency": "eur",
        "failure_code": None,
        "failure_message": None,
        "outcome": APPROVED,
        "paid": False,
        "refunded": False,
        "status": "pending",
    }
    details = charge.payment_method_details.sepa_debit
    assert (details.last4, details.country, details.bank_code) == ("3000", "DE", "37040044")
    assert details.mandate.startswith("mandate_")


def test_a_refund(stripe):
    intent = pay(stripe)
    refund = stripe.refunds.create({"payment_intent": intent.id, "amount": 700}).to_dict()
    assert refund.pop("id").startswith("re_")
    assert refund.pop("balance_transaction").startswith("txn_")
    assert refund.pop("created")
    assert refund == {
        "object": "refund",
        "amount": 700,
        "charge": intent.latest_charge,
        "currency": "usd",
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": intent.id,
        "payment_method": intent.payment_method,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def test_a_balance_transaction(stripe):
    intent = pay(stripe, capture_method="automatic", description="Seven", amount=2900)
    (money,) = stripe.balance_transactions.list().data
    shown = money.to_dict()
    assert shown.pop("id").startswith("txn_")
    assert (shown.pop("available_on") % DAY, shown.pop("created") > 0) == (0, True)
    assert shown == {
        "object": "balance_transaction",
        "amount": 2900,
        "balance_type": "payments",
        "currency": "usd",
        "description": "Seven",
        "exchange_rate": None,
        "fee": 114,
        "fee_details": [
            {
                "amount": 114,
                "application": None,
                "currency": "usd",
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": 2786,
        "reporting_category": "charge",
        "source": intent.latest_charge,
        "status": "pending",
        "type": "charge",
    }


def test_what_an_intent_says_is_copied_when_it_is_charged(stripe):
    customer = stripe.customers.create()
    shipping = {"name": "Jenny", "address": {"line1": "1 Main St", "country": "US"}}
    intent = stripe.payment_intents.create(
        {
            **PAYMENT,
            "customer": customer.id,
            "description": "Seven",
            "metadata": {"order": "7"},
            "receipt_email": "jenny@example.com",
            "shipping": shipping,
            "transfer_group": "G",
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    stripe.payment_intents.update(intent.id, {"metadata": {"order": "8"}, "description": "Eight"})
    charge = eventually(
        lambda: stripe.charges.retrieve(intent.latest_charge), until=lambda one: one.balance_transaction
    )
    assert (charge.customer, charge.description, charge.metadata.to_dict()) == (
        customer.id,
        "Seven",
        {"order": "7"},
    )
    assert (charge.receipt_email, charge.transfer_group, charge.shipping.name) == (
        "jenny@example.com",
        "G",
        "Jenny",
    )
