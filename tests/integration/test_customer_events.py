"""`customer.updated` tells what changed and nothing else: each field, each leaf, with its old value."""

import pytest

from support.data import event_types

EMPTY = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
BEFORE = {
    "address": {"line1": "1 Main St", "city": "Rome"},
    "balance": -100,
    "business_name": "Rosen Books",
    "description": "old",
    "email": "jenny@example.com",
    "individual_name": "Jenny",
    "invoice_prefix": "ROSEN",
    "invoice_settings": {"footer": "old", "custom_fields": [{"name": "PO", "value": "1"}]},
    "metadata": {"a": "1", "b": "2"},
    "name": "Jenny Rosen",
    "phone": "+15555550100",
    "preferred_locales": ["en", "de"],
    "shipping": {"name": "J", "address": {"line1": "2 Side St"}},
    "tax_exempt": "exempt",
}

# What is sent → the old values that the event tells of.
CHANGES = [
    ({"name": "Jane"}, {"name": "Jenny Rosen"}),
    ({"email": ""}, {"email": "jenny@example.com"}),
    ({"description": "new", "phone": ""}, {"description": "old", "phone": "+15555550100"}),
    ({"business_name": ""}, {"business_name": "Rosen Books"}),
    ({"individual_name": "Jane"}, {"individual_name": "Jenny"}),
    ({"address": {"line1": "1 Main St", "city": "Oslo"}}, {"address": {"city": "Rome"}}),
    ({"address": {"line2": "x"}}, {"address": {"city": "Rome", "line1": "1 Main St", "line2": None}}),
    ({"address": ""}, {"address": {**EMPTY, "line1": "1 Main St", "city": "Rome"}}),
    (
        {"shipping": {"name": "Jane", "address": {"line1": "2 Side St"}, "phone": "1"}},
        {"shipping": {"name": "J", "phone": None}},
    ),
    (
        {"shipping": ""},
        {"shipping": {"address": {**EMPTY, "line1": "2 Side St"}, "name": "J", "phone": None}},
    ),
    ({"metadata": {"a": "", "c": "3"}}, {"metadata": {"a": "1", "c": None}}),
    ({"metadata": ""}, {"metadata": {"a": "1", "b": "2"}}),
    ({"preferred_locales": ["en"]}, {"preferred_locales": ["en", "de"]}),
    ({"tax_exempt": ""}, {"tax_exempt": "exempt"}),
    ({"tax_exempt": "reverse"}, {"tax_exempt": "exempt"}),
    ({"balance": 50}, {"balance": -100}),
    ({"invoice_prefix": "JANE", "next_invoice_sequence": 7}, {"invoice_prefix": "ROSEN", "next_invoice_sequence": 1}),
    ({"invoice_settings": {"footer": "new"}}, {"invoice_settings": {"footer": "old"}}),
    (
        {"invoice_settings": {"custom_fields": ""}},
        {"invoice_settings": {"custom_fields": [{"name": "PO", "value": "1"}]}},
    ),
    (
        {"invoice_settings": {"rendering_options": {"amount_tax_display": "include_inclusive_tax"}}},
        {"invoice_settings": {"rendering_options": None}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "previous"), CHANGES, ids="-".join)
def test_an_update_tells_the_old_values_of_what_it_changed(stripe, sent, previous):
    customer = stripe.customers.create(BEFORE)
    updated = stripe.customers.update(customer.id, sent)

    (event,) = stripe.events.list({"type": "customer.updated"}).data
    assert event.data.previous_attributes.to_dict() == previous
    assert event.data.object.to_dict() == updated.to_dict()
    assert stripe.customers.retrieve(customer.id).to_dict() == updated.to_dict()


def test_what_stays_the_same_is_not_told(stripe):
    customer = stripe.customers.create(BEFORE)
    for name, value in BEFORE.items():
        stripe.customers.update(customer.id, {name: value})
    assert event_types(stripe) == ["customer.created"]


def test_names_that_are_not_set_are_not_shown(stripe):
    """They are neither of the fields every customer has, nor null."""
    plain = stripe.customers.create({}).to_dict()
    named = stripe.customers.create({"business_name": "B", "individual_name": "I"})
    assert {"business_name", "individual_name"}.isdisjoint(plain)
    assert (named.business_name, named.individual_name) == ("B", "I")
    cleared = stripe.customers.update(named.id, {"business_name": "", "individual_name": ""}).to_dict()
    assert {"business_name", "individual_name"}.isdisjoint(cleared)


def test_a_new_default_tells_the_old_one(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    other = stripe.customers.payment_sources.create(customer.id, {"source": "tok_mastercard"}).id
    stripe.customers.update(customer.id, {"default_source": other})
    stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": other}})
    later, first = stripe.events.list({"type": "customer.updated"}).data
    assert first.data.previous_attributes.to_dict() == {"default_source": customer.default_source}
    assert later.data.previous_attributes.to_dict() == {"invoice_settings": {"default_payment_method": None}}
