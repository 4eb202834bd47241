"""Tax ids of customers: added, listed and taken away, with what an authority would say of them."""

import pytest

from support.data import event_types, refused


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({})


def test_a_tax_id_says_whose_it_is_and_that_nobody_could_be_asked(stripe, customer):
    made = stripe.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})

    assert made.to_dict() == {
        "id": made.id,
        "object": "tax_id",
        "country": "DE",
        "created": made.created,
        "customer": customer.id,
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer.id, "customer_account": None, "type": "customer"},
        "type": "eu_vat",
        "value": "DE123456789",
        "verification": {"status": "unavailable", "verified_address": None, "verified_name": None},
    }
    assert made.id.startswith("txi_")
    assert stripe.customers.tax_ids.retrieve(customer.id, made.id).to_dict() == made.to_dict()
    assert event_types(stripe, made.id) == ["customer.tax_id.created"]
    expanded = stripe.customers.tax_ids.retrieve(customer.id, made.id, {"expand": ["customer"]})
    assert expanded.customer.id == customer.id


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("ATU000000000", None),
        ("AT000000000", "verified"),
        ("AT111111111", "unverified"),
        ("AT222222222", "pending"),
    ],
)
def test_test_modes_numbers_come_to_what_is_published(stripe, customer, value, status):
    if status is None:
        with refused(code="tax_id_invalid", param="value"):
            stripe.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": value})
        return
    made = stripe.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": value})
    assert (made.country, made.verification.status) == ("AT", status)


def test_a_type_nobody_is_asked_about_has_no_verification(stripe, customer):
    made = stripe.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": "12-3456789"})
    assert (made.country, made.value, made.verification) == ("US", "12-3456789", None)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"value": "DE123456789"}, "parameter_missing", "type"),
        ({"type": "eu_vat"}, "parameter_missing", "value"),
        ({"type": "unknown", "value": "1"}, None, "type"),
        ({"type": "eu_vat", "value": "DE1"}, "tax_id_invalid", "value"),
        ({"type": "eu_vat", "value": "US123456789"}, "tax_id_invalid", "value"),
    ],
)
def test_a_wrong_tax_id_is_refused_by_field(post, stripe, customer, params, code, param):
    reply = post(f"/v1/customers/{customer.id}/tax_ids", params)

    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert stripe.customers.tax_ids.list(customer.id).data == []
    assert event_types(stripe) == ["customer.created"]


def test_tax_ids_are_listed_newest_first_and_shown_when_asked_for(stripe, customer):
    made = [
        stripe.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": f"12-345678{n}"}).id
        for n in (1, 2, 3)
    ]
    page = stripe.customers.tax_ids.list(customer.id, {"limit": 2})

    assert ([one.id for one in page.data], page.has_more) == (made[:0:-1], True)
    assert page.url == f"/v1/customers/{customer.id}/tax_ids"
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    shown = stripe.customers.retrieve(customer.id, {"expand": ["tax_ids"]}).tax_ids
    assert ([one.id for one in shown.data], shown.url) == (made[::-1], page.url)
    with refused(code="resource_missing", param="starting_after"):
        stripe.customers.tax_ids.list(customer.id, {"starting_after": "txi_nope"})


def test_a_deleted_tax_id_is_gone_and_its_event_says_what_it_was(stripe, customer):
    made = stripe.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": "12-3456789"})
    stub = stripe.customers.tax_ids.delete(customer.id, made.id)

    assert stub.to_dict() == {"id": made.id, "object": "tax_id", "deleted": True}
    assert stripe.customers.tax_ids.list(customer.id).data == []
    told = stripe.events.list({"type": "customer.tax_id.deleted"}).data
    assert [event.data.object["value"] for event in told] == ["12-3456789"]
    for again in (stripe.customers.tax_ids.delete, stripe.customers.tax_ids.retrieve):
        with refused(status=404, code="resource_missing", param="id", says=f"No such tax_id: '{made.id}'"):
            again(customer.id, made.id)


def test_a_customer_can_come_with_tax_ids(stripe):
    data = [{"type": "us_ein", "value": "12-3456789"}, {"type": "eu_vat", "value": "DE123456789"}]
    customer = stripe.customers.create({"tax_id_data": data, "expand": ["tax_ids"]})

    assert [one.type for one in customer.tax_ids.data] == ["eu_vat", "us_ein"]
    assert event_types(stripe) == ["customer.created", "customer.tax_id.created", "customer.tax_id.created"]
    assert stripe.customers.retrieve(customer.id, {"expand": ["tax_ids"]}).to_dict() == customer.to_dict()


def test_a_wrong_tax_id_makes_no_customer(stripe):
    data = [{"type": "us_ein", "value": "12-3456789"}, {"type": "eu_vat", "value": "nothing"}]
    with refused(code="tax_id_invalid", param="tax_id_data[1][value]"):
        stripe.customers.create({"source": "tok_visa", "tax_id_data": data})
    assert stripe.customers.list().data == []
    assert event_types(stripe) == []


def test_an_update_takes_no_tax_ids(stripe, customer):
    with refused(code="parameter_unknown", param="tax_id_data"):
        stripe.customers.update(customer.id, {"tax_id_data": [{"type": "us_ein", "value": "12-3456789"}]})


def test_tax_ids_are_found_under_their_own_customer_alone_and_end_with_it(stripe, customer):
    other = stripe.customers.create({})
    made = stripe.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": "12-3456789"})
    with refused(status=404, code="resource_missing", param="id"):
        stripe.customers.tax_ids.retrieve(other.id, made.id)
    stripe.customers.delete(customer.id)
    for attempt in (
        lambda: stripe.customers.tax_ids.list(customer.id),
        lambda: stripe.customers.tax_ids.retrieve(customer.id, made.id),
        lambda: stripe.customers.tax_ids.create(customer.id, {"type": "us_ein", "value": "12-3456789"}),
    ):
        with refused(status=404, code="resource_missing", param="customer"):
            attempt()
    assert event_types(stripe, made.id) == ["customer.tax_id.created"]
