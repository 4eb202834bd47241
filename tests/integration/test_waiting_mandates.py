"""Bacs mandates, which their banks accept some time later."""

import pytest

from support.actions import JENNY, confirmed, key_of
from support.connect import eventually
from support.methods import params_of
from support.payments import AGREED

KIND = "bacs_debit"
REFUSES = {"account_number": "00033333", "sort_code": "108800"}
ENDS_IT = {"account_number": "33333335", "sort_code": "108800"}


@pytest.fixture
def stripe(server, name):
    return server.client(key_of(name, KIND)).v1


def set_up(stripe, **details):
    data = params_of(KIND, billing_details=JENNY, **({KIND: details} if details else {}))
    return stripe.setup_intents.create(
        {
            "customer": stripe.customers.create({}).id,
            "payment_method_types": [KIND],
            "payment_method_data": data,
            "mandate_data": AGREED,
            "confirm": True,
            "expand": ["mandate"],
        }
    )


def standing(mandate):
    return mandate.status, mandate.payment_method_details[KIND].network_status


def settled(stripe, mandate):
    return eventually(lambda: stripe.mandates.retrieve(mandate), until=lambda seen: seen.status != "pending")


def updates(stripe):
    return stripe.events.list({"type": "mandate.updated"}).data


def test_a_mandate_is_pending_and_then_active(stripe):
    intent = set_up(stripe)
    assert (intent.status, *standing(intent.mandate)) == ("succeeded", "pending", "pending")
    assert standing(settled(stripe, intent.mandate.id)) == ("active", "accepted")
    (told,) = updates(stripe)
    assert told.data.previous_attributes.to_dict() == {
        "payment_method_details": {KIND: {"network_status": "pending"}},
        "status": "pending",
    }
    assert (told.data.object.status, told.request.id) == ("active", None)


def test_a_payment_makes_one_as_well(stripe):
    intent = confirmed(stripe, KIND, expand=["latest_charge"])
    mandate = intent.latest_charge.payment_method_details[KIND].mandate
    assert standing(settled(stripe, mandate)) == ("active", "accepted")


def test_a_payment_does_not_wait_for_it(stripe):
    setup = set_up(stripe)
    paid = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "gbp",
            "customer": setup.customer,
            "payment_method": setup.payment_method,
            "payment_method_types": [KIND],
            "mandate": setup.mandate.id,
            "confirm": True,
        }
    )
    done = eventually(
        lambda: stripe.payment_intents.retrieve(paid.id), until=lambda seen: seen.status != "processing"
    )
    assert done.status == "succeeded"


def test_one_that_is_refused_stays_so(stripe):
    refused, other = set_up(stripe, **REFUSES), set_up(stripe)
    settled(stripe, other.mandate.id)
    assert standing(refused.mandate) == ("inactive", "refused")
    assert standing(stripe.mandates.retrieve(refused.mandate.id)) == ("inactive", "refused")
    assert [one.data.object.id for one in updates(stripe)] == [other.mandate.id]


def test_one_that_a_debit_ended_is_not_accepted_any_more(stripe):
    intent = confirmed(
        stripe, KIND, payment_method_data=params_of(KIND, billing_details=JENNY, **{KIND: ENDS_IT})
    )
    failed = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}),
        until=lambda seen: seen.status == "requires_payment_method",
    )
    mandate = failed.latest_charge.payment_method_details[KIND].mandate
    other = set_up(stripe)
    settled(stripe, other.mandate.id)
    ended = eventually(
        lambda: stripe.mandates.retrieve(mandate), until=lambda seen: seen.status == "inactive"
    )
    assert standing(ended) == ("inactive", "refused")
