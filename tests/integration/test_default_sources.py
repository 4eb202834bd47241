"""A customer's default source: the first one, a chosen one, and the newest that is left when it goes."""

from support.data import event_types, refused
from support.sources import customer, sources

__all__ = ["customer", "sources"]


def test_when_the_default_goes_the_newest_that_is_left_takes_over(stripe, sources, customer):
    first, second, third = (
        sources.create(customer.id, {"source": source})
        for source in ("tok_visa", "btok_us_verified", "tok_mastercard")
    )

    def default():
        return stripe.customers.retrieve(customer.id).default_source

    assert sources.delete(customer.id, first.id).to_dict() == {
        "id": first.id,
        "object": "card",
        "deleted": True,
    }
    assert default() == third.id
    assert sources.delete(customer.id, second.id).object == "bank_account"
    assert default() == third.id
    sources.delete(customer.id, third.id)
    assert default() is None
    assert event_types(stripe, first.id) == ["customer.source.created", "customer.source.deleted"]
    with refused(status=404, code="resource_missing", param="id"):
        sources.delete(customer.id, third.id)


def test_a_card_detached_as_a_payment_method_is_no_source_any_more(stripe, sources, customer):
    bank = sources.create(customer.id, {"source": "btok_us_verified"})
    card = sources.create(customer.id, {"source": "tok_visa"})
    stripe.customers.update(
        customer.id,
        {"default_source": card.id, "invoice_settings": {"default_payment_method": card.id}},
    )
    stripe.payment_methods.detach(card.id)

    after = stripe.customers.retrieve(customer.id)
    assert (after.default_source, after.invoice_settings.default_payment_method) == (bank.id, None)
    assert [one.id for one in sources.list(customer.id).data] == [bank.id]
    assert event_types(stripe, card.id) == ["customer.source.created", "payment_method.detached"]


def test_a_deleted_card_is_no_default_payment_method_either(stripe, sources, customer):
    card = sources.create(customer.id, {"source": "tok_visa"})
    stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    sources.delete(customer.id, card.id)

    assert stripe.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.payment_methods.retrieve(card.id)


def test_a_default_is_one_of_the_customers_own_sources(stripe, sources, customer):
    sources.create(customer.id, {"source": "tok_visa"})
    bank = sources.create(customer.id, {"source": "btok_us_verified"})
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    other = stripe.customers.create({"source": "tok_visa"})

    chosen = stripe.customers.update(customer.id, {"default_source": bank.id, "expand": ["default_source"]})
    assert chosen.default_source.account_holder_name == "Jenny Rosen"
    for not_ours in (method.id, other.default_source):
        with refused(code="resource_missing", param="default_source"):
            stripe.customers.update(customer.id, {"default_source": not_ours})


def test_a_source_in_an_update_takes_the_place_of_a_bank_account(stripe, sources):
    customer = stripe.customers.create({"source": "btok_us_verified"})
    updated = stripe.customers.update(customer.id, {"source": "tok_visa"})

    assert [one.id for one in sources.list(customer.id).data] == [updated.default_source]
    assert event_types(stripe, customer.default_source) == [
        "customer.source.created",
        "customer.source.deleted",
    ]


def test_sources_that_are_asked_for_are_those_the_request_leaves(stripe):
    customer = stripe.customers.create({"source": "tok_visa", "expand": ["sources"]})
    assert [one.id for one in customer.sources.data] == [customer.default_source]
    updated = stripe.customers.update(customer.id, {"source": "btok_us_verified", "expand": ["sources"]})
    assert [(one.id, one.object) for one in updated.sources.data] == [
        (updated.default_source, "bank_account")
    ]


def test_the_sources_of_a_deleted_customer_are_gone(stripe, sources):
    customer = stripe.customers.create({"source": "btok_us_verified"})
    card = sources.create(customer.id, {"source": "tok_visa"})
    stripe.customers.delete(customer.id)

    for gone in (customer.default_source, card.id):
        with refused(status=404, code="resource_missing", param="payment_method"):
            stripe.payment_methods.retrieve(gone)
