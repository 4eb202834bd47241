"""What an intent says of its mandate is in the mandate: schedules, amounts, and what its reference begins with."""

import pytest

from support.actions import JENNY, answer, confirmed, key_of
from support.connect import eventually
from support.data import refused
from support.methods import params_of
from support.payments import AGREED, RETURN_URL


@pytest.fixture
def of(server, name):
    """Return a function that gives the client of an account that can be paid with a type."""
    return lambda kind: server.client(key_of(name, kind)).v1


def set_up(stripe, server, kind, options):
    intent = stripe.setup_intents.create(
        {
            "payment_method_types": [kind],
            "payment_method_data": params_of(kind, billing_details=JENNY),
            "payment_method_options": {kind: options},
            "mandate_data": AGREED,
            "return_url": RETURN_URL,
            "confirm": True,
        }
    )
    if intent.status == "requires_action":
        answer(server, intent, "complete")
    done = stripe.setup_intents.retrieve(intent.id)
    return stripe.mandates.retrieve(done.mandate).payment_method_details[kind].to_dict()


def test_a_canadian_debit_has_the_schedule_that_was_agreed_to(server, of):
    terms = {
        "payment_schedule": "combined",
        "interval_description": "the first of each month",
        "transaction_type": "business",
        "default_for": ["invoice"],
    }
    options = {"currency": "cad", "mandate_options": terms}
    assert set_up(of("acss_debit"), server, "acss_debit", options) == terms


def test_without_a_word_it_has_the_usual_one(server, of):
    shown = set_up(of("acss_debit"), server, "acss_debit", {"currency": "cad"})
    assert (shown["payment_schedule"], shown["transaction_type"]) == ("interval", "personal")


def test_a_paper_mandate_is_one(server, of):
    options = {"mandate_options": {"collection_method": "paper"}}
    assert set_up(of("us_bank_account"), server, "us_bank_account", options) == {"collection_method": "paper"}


def test_payto_has_its_amounts(server, of):
    options = {"mandate_options": {"amount": 5000, "amount_type": "fixed", "payment_schedule": "monthly"}}
    shown = set_up(of("payto"), server, "payto", options)
    assert (shown["amount"], shown["amount_type"], shown["payment_schedule"]) == (5000, "fixed", "monthly")


@pytest.mark.parametrize("kind", ["sepa_debit", "bacs_debit"])
def test_a_reference_begins_as_it_was_wished(server, of, kind):
    shown = set_up(of(kind), server, kind, {"mandate_options": {"reference_prefix": "ROSEN-"}})
    assert shown["reference"].startswith("ROSEN-")
    assert len(shown["reference"]) == 16


def test_so_does_that_of_a_payment(of):
    stripe = of("sepa_debit")
    options = {"sepa_debit": {"mandate_options": {"reference_prefix": "ROSEN/7"}}}
    intent = confirmed(stripe, "sepa_debit", payment_method_options=options)
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}),
        until=lambda seen: seen.latest_charge is not None,
    )
    mandate = stripe.mandates.retrieve(done.latest_charge.payment_method_details.sepa_debit.mandate)
    assert mandate.payment_method_details.sepa_debit.reference.startswith("ROSEN/7")


@pytest.mark.parametrize("prefix", ["rosen", "ROSENROSENROS", "DDIC1", "STRIPE-", "ROSEN*", "É"])
def test_other_beginnings_are_refused_and_nothing_is_made(of, prefix):
    stripe = of("sepa_debit")
    with refused(
        code="invalid_mandate_reference_prefix_format",
        param="payment_method_options[sepa_debit][mandate_options][reference_prefix]",
    ):
        stripe.setup_intents.create(
            {
                "payment_method_types": ["sepa_debit"],
                "payment_method_options": {"sepa_debit": {"mandate_options": {"reference_prefix": prefix}}},
            }
        )
    assert stripe.setup_intents.list().data == []
