"""iDEAL and Bancontact cannot be kept: the account behind them is, as a SEPA debit with its mandate."""

import pytest

from support.actions import JENNY, answer, confirmed
from support.connect import eventually
from support.data import event_types
from support.payments import AGREED, RETURN_URL

KINDS = {"ideal": "5264", "bancontact": "7061"}


def keeping(stripe, kind, **params):
    return stripe.setup_intents.create(
        {
            "payment_method_types": [kind],
            "payment_method_data": {"type": kind, "billing_details": JENNY},
            "return_url": RETURN_URL,
            "confirm": True,
            **params,
        }
    )


def debited(stripe, method, customer, mandate):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["sepa_debit"],
            "payment_method": method,
            "customer": customer,
            "mandate": mandate,
            "off_session": True,
            "confirm": True,
        }
    )
    return eventually(
        lambda: stripe.payment_intents.retrieve(intent.id), until=lambda seen: seen.status != "processing"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_setting_one_up_leaves_an_account_that_can_be_debited(server, stripe, kind):
    customer = stripe.customers.create().id
    intent = keeping(stripe, kind, customer=customer, mandate_data=AGREED)
    answer(server, intent, "complete")
    done = stripe.setup_intents.retrieve(
        intent.id, {"expand": [f"latest_attempt.payment_method_details.{kind}.generated_sepa_debit"]}
    )
    details = done.latest_attempt.payment_method_details[kind]
    kept = details.generated_sepa_debit
    assert (done.status, done.payment_method, done.mandate) == ("succeeded", intent.payment_method, None)
    assert (kept.type, kept.customer, kept.sepa_debit.last4) == ("sepa_debit", customer, KINDS[kind])
    assert details.iban_last4 == KINDS[kind]
    origin = kept.sepa_debit.generated_from
    assert (origin.charge, origin.setup_attempt) == (None, done.latest_attempt.id)
    assert kept.billing_details.name == "Jenny Rosen"
    mandate = stripe.mandates.retrieve(details.generated_sepa_debit_mandate)
    assert (mandate.payment_method, mandate.type, mandate.status) == (kept.id, "multi_use", "active")
    assert mandate.customer_acceptance.type == "offline"
    assert debited(stripe, kept.id, customer, mandate.id).status == "succeeded"
    (one,) = stripe.customers.payment_methods.list(customer).data
    assert one.id == kept.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_payment_that_keeps_it_leaves_it_as_well(server, stripe, kind):
    customer = stripe.customers.create().id
    intent = confirmed(stripe, kind, customer=customer, setup_future_usage="off_session")
    answer(server, intent, "complete")
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    details = paid.latest_charge.payment_method_details[kind]
    kept = stripe.payment_methods.retrieve(details.generated_sepa_debit)
    assert (kept.type, kept.customer) == ("sepa_debit", customer)
    assert kept.sepa_debit.generated_from.charge == paid.latest_charge.id
    assert details.iban_last4 == KINDS[kind]
    assert debited(stripe, kept.id, customer, details.generated_sepa_debit_mandate).status == "succeeded"
    assert event_types(stripe)[1:6] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_method.attached",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_without_a_customer_it_can_be_attached_afterwards(server, stripe):
    intent = keeping(stripe, "ideal")
    answer(server, intent, "complete")
    (attempt,) = stripe.setup_attempts.list({"setup_intent": intent.id}).data
    kept = stripe.payment_methods.retrieve(attempt.payment_method_details.ideal.generated_sepa_debit)
    assert kept.customer is None
    customer = stripe.customers.create().id
    assert stripe.payment_methods.attach(kept.id, {"customer": customer}).customer == customer


def test_a_payment_that_keeps_nothing_leaves_nothing(server, stripe):
    intent = confirmed(stripe, "ideal")
    answer(server, intent, "complete")
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    details = paid.latest_charge.payment_method_details.ideal
    assert (details.generated_sepa_debit, details.generated_sepa_debit_mandate) == (None, None)
    assert [one.type for one in stripe.payment_methods.list().data if one.type == "sepa_debit"] == []


def test_a_setup_that_fails_leaves_nothing(server, stripe):
    intent = keeping(stripe, "ideal", customer=stripe.customers.create().id)
    answer(server, intent, "fail")
    (attempt,) = stripe.setup_attempts.list({"setup_intent": intent.id}).data
    assert attempt.payment_method_details.ideal.generated_sepa_debit is None
    assert "payment_method.attached" not in event_types(stripe)
