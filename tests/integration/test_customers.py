"""Customers: what is given is kept, what changes is told, what is deleted stays a stub."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused


def test_a_customer_of_nothing_has_every_field(stripe):
    customer = stripe.customers.create({})

    assert customer.id.startswith("cus_")
    assert len(customer.id) == len("cus_") + 14
    assert customer.to_dict() == {
        "id": customer.id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": customer.created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    assert event_types(stripe, customer.id) == ["customer.created"]


def test_what_is_given_is_what_is_kept(stripe):
    given = {
        "name": "Jenny Rosen",
        "email": "jenny@example.com",
        "phone": "+15555550100",
        "description": "A ☃ and a 🦊",
        "balance": -250,
        "address": {"line1": "510 Townsend St", "city": "San Francisco", "country": "US"},
        "shipping": {"name": "J", "address": {"line1": "2 Side St"}},
        "metadata": {"order": "6735", "κλειδί": "τιμή"},
        "preferred_locales": ["de", "en"],
        "tax_exempt": "reverse",
    }
    created = stripe.customers.create(given)
    kept = stripe.customers.retrieve(created.id).to_dict()

    assert kept == created.to_dict()
    empty = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    assert {key: kept[key] for key in given} == {
        **given,
        "address": {**empty, **given["address"]},
        "shipping": {"name": "J", "phone": None, "address": {**empty, "line1": "2 Side St"}},
    }


def test_an_update_changes_what_is_named_and_an_empty_string_clears(stripe):
    customer = stripe.customers.create(
        {"name": "A", "email": "a@example.com", "address": {"city": "Rome"}, "metadata": {"a": "1"}}
    )
    updated = stripe.customers.update(
        customer.id, {"name": "B", "email": "", "address": "", "metadata": {"b": "2"}}
    )

    assert (updated.name, updated.email, updated.address) == ("B", None, None)
    assert updated.metadata.to_dict() == {"a": "1", "b": "2"}
    told = stripe.events.list({"type": "customer.updated"}).data[0].data
    assert told.previous_attributes.to_dict()["name"] == "A"
    assert told.previous_attributes.to_dict()["metadata"] == {"b": None}
    assert "phone" not in told.previous_attributes


def test_an_update_that_changes_nothing_is_not_told(stripe):
    customer = stripe.customers.create({"name": "A"})
    stripe.customers.update(customer.id, {"name": "A"})
    assert event_types(stripe, customer.id) == ["customer.created"]


def test_fifty_keys_of_metadata_and_not_one_more(stripe):
    fifty = {f"k{number}": "v" for number in range(50)}
    customer = stripe.customers.create({"metadata": fifty})
    with refused(param="metadata"):
        stripe.customers.update(customer.id, {"metadata": {"one_more": "v"}})

    assert stripe.customers.retrieve(customer.id).metadata.to_dict() == fifty
    assert (
        len(
            stripe.customers.update(customer.id, {"metadata": {"one_more": "v", "k0": ""}}).metadata.to_dict()
        )
        == 50
    )


def test_a_first_payment_method_is_attached_but_not_the_default(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    customer = stripe.customers.create({"payment_method": method.id})

    assert customer.invoice_settings.default_payment_method is None
    assert stripe.payment_methods.retrieve(method.id).customer == customer.id
    assert event_types(stripe, method.id) == ["payment_method.attached"]


def test_a_first_payment_method_can_be_the_default_at_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    customer = stripe.customers.create(
        {"payment_method": method.id, "invoice_settings": {"default_payment_method": method.id}}
    )
    assert customer.invoice_settings.default_payment_method == method.id
    expanded = stripe.customers.retrieve(
        customer.id, {"expand": ["invoice_settings.default_payment_method.customer"]}
    )
    assert expanded.invoice_settings.default_payment_method.customer.id == customer.id


def test_a_default_that_is_not_attached_is_refused_and_makes_no_customer(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    with refused(code="resource_missing", param="invoice_settings[default_payment_method]"):
        stripe.customers.create({"invoice_settings": {"default_payment_method": method.id}})
    assert stripe.customers.list().data == []


def test_a_declined_payment_method_makes_no_customer_and_no_event(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        stripe.customers.create({"payment_method": "pm_card_visa_chargeDeclined"})
    assert stripe.customers.list().data == []
    assert event_types(stripe) == []


@pytest.mark.parametrize(
    ("token", "code", "param", "decline_code"),
    [
        ("tok_chargeDeclined", "card_declined", "", "generic_decline"),
        ("tok_visa_chargeDeclinedInsufficientFunds", "card_declined", "", "insufficient_funds"),
        ("tok_chargeDeclinedExpiredCard", "expired_card", "exp_month", None),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", "cvc", None),
        ("tok_chargeDeclinedProcessingError", "processing_error", "", None),
    ],
)
def test_a_declined_source_makes_no_customer(stripe, token, code, param, decline_code):
    with refused(sdk.CardError, status=402, code=code, param=param, decline_code=decline_code):
        stripe.customers.create({"source": token})
    assert stripe.customers.list().data == []


def test_a_source_becomes_the_default_and_keeps_the_tokens_card_id(stripe):
    token = stripe.tokens.create({"card": VISA})
    customer = stripe.customers.create({"source": token.id, "expand": ["default_source"]})

    card = customer.default_source
    assert (card.object, card.id, card.customer) == ("card", token.card.id, customer.id)
    assert (card.brand, card.last4, card.cvc_check) == ("Visa", "4242", "pass")
    as_method = stripe.payment_methods.retrieve(card.id)
    assert (as_method.object, as_method.id, as_method.customer) == ("payment_method", card.id, customer.id)
    assert [method.id for method in stripe.customers.payment_methods.list(customer.id)] == [card.id]


def test_a_new_source_takes_the_place_of_the_old_default(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    updated = stripe.customers.update(customer.id, {"source": "tok_mastercard"})

    assert updated.default_source != customer.default_source
    assert [method.id for method in stripe.customers.payment_methods.list(customer.id)] == [
        updated.default_source
    ]
    with refused(code="resource_missing", param="default_source"):
        stripe.customers.update(customer.id, {"default_source": customer.default_source})


def test_what_a_source_cannot_be(stripe):
    with refused(param="source", says="cannot use a PaymentMethod as a source"):
        stripe.customers.create({"source": "pm_card_visa"})
    with refused(code="resource_missing", param="source", says="No such token: 'tok_nope'"):
        stripe.customers.create({"source": "tok_nope"})
    customer = stripe.customers.create({})
    with refused(code="parameter_unknown", param="payment_method"):
        stripe.customers.update(customer.id, {"payment_method": "pm_card_visa"})


def test_a_list_is_newest_first_and_finds_an_email_to_the_letter(stripe):
    first = stripe.customers.create({"email": "a@example.com"})
    second = stripe.customers.create({"email": "A@example.com"})

    assert [customer.id for customer in stripe.customers.list().data] == [second.id, first.id]
    assert [customer.id for customer in stripe.customers.list({"email": "a@example.com"}).data] == [first.id]
    assert stripe.customers.list({"created": {"gt": second.created}}).data == []
    assert len(stripe.customers.list({"created": {"gte": first.created, "lte": second.created}}).data) == 2
    envelope = stripe.customers.list({"limit": 1})
    assert (envelope.object, envelope.url, envelope.has_more) == ("list", "/v1/customers", True)


def test_a_deleted_customer_is_a_stub_and_nothing_more(stripe):
    customer = stripe.customers.create({"name": "A"})
    stub = {"id": customer.id, "object": "customer", "deleted": True}

    assert stripe.customers.delete(customer.id).to_dict() == stub
    assert stripe.customers.retrieve(customer.id).to_dict() == stub
    assert stripe.customers.list().data == []
    for again in (
        lambda: stripe.customers.delete(customer.id),
        lambda: stripe.customers.update(customer.id, {"name": "B"}),
    ):
        with refused(
            status=404, code="resource_missing", param="id", says=f"No such customer: '{customer.id}'"
        ):
            again()
    told = stripe.events.list({"type": "customer.deleted"}).data[0]
    assert told.data.object["name"] == "A"


def test_the_payment_methods_of_a_deleted_customer_are_orphaned(stripe):
    customer = stripe.customers.create({})
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    stripe.customers.delete(customer.id)

    orphan = stripe.payment_methods.retrieve(method.id, {"expand": ["customer"]})
    assert orphan.customer.to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert event_types(stripe, method.id) == ["payment_method.attached"]
    assert stripe.payment_methods.update(method.id, {"metadata": {"a": "1"}}).metadata.to_dict() == {"a": "1"}
    with refused(says="has already been attached"):
        stripe.payment_methods.attach(method.id, {"customer": stripe.customers.create({}).id})
    with refused(status=404, code="resource_missing", param="customer"):
        stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})


def test_expansion_is_checked_by_type_before_anything_is_looked_up(stripe):
    customer = stripe.customers.create({})
    for expand, says in (
        (["bogus"], "This property cannot be expanded (bogus)."),
        (["invoice_settings.bogus"], "This property cannot be expanded (invoice_settings.bogus)."),
    ):
        with refused(says=says):
            stripe.customers.retrieve("cus_missing", {"expand": expand})
    with refused(says="You may want to try expanding 'data.default_source' instead."):
        stripe.customers.list({"expand": ["default_source"]})
    assert stripe.customers.list({"expand": ["data"]}).data[0].id == customer.id
    assert stripe.customers.retrieve(customer.id, {"expand": ["default_source"]}).default_source is None


def test_a_bad_expansion_on_create_creates_nothing(stripe):
    with refused(says="cannot be expanded"):
        stripe.customers.create({"name": "A", "expand": ["bogus"]})
    assert stripe.customers.list().data == []


def test_events_are_kept_as_they_were(stripe):
    customer = stripe.customers.create({"name": "A"})
    stripe.customers.update(customer.id, {"name": "B"})
    updated, created = stripe.events.list({"type": "customer.*"}).data

    assert (created.type, created.data.object["name"]) == ("customer.created", "A")
    assert (updated.type, updated.data.object["name"]) == ("customer.updated", "B")
    assert stripe.events.retrieve(created.id).to_dict() == created.to_dict()
    assert created.request.id.startswith("req_")
    assert created.request.idempotency_key is not None
    assert [event.id for event in stripe.events.list({"types": ["customer.created"]}).data] == [created.id]
    with refused(code="parameters_exclusive", param="types"):
        stripe.events.list({"type": "customer.*", "types": ["customer.created"]})
