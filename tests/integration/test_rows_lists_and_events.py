"""Row by row: what can be expanded, how pages follow each other, and what is told of what happened."""

import pytest

from support.data import VISA, refused

# -- expansion --------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(stripe):
    """A PaymentMethod saved to a customer whose default it is."""
    customer = stripe.customers.create({"source": "tok_visa"})
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    return method


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        (
            "customer.default_source.foo",
            None,
            "This property cannot be expanded (customer.default_source.foo).",
        ),
        ("customer.foo.default_source", None, "This property cannot be expanded (customer.foo)."),
        ("metadata", None, "This property cannot be expanded (metadata)."),
        ("a.b.c.d.e", "property_expansion_max_depth", "Property: a.b.c.d.e"),
        (
            "customer.default_source.customer.default_source.customer",
            "property_expansion_max_depth",
            "more than 4 levels",
        ),
    ],
)
def test_an_expansion_that_leads_nowhere_names_the_prefix_that_fails(stripe, saved, path, code, says):
    with refused(code=code, says=says) as caught:
        stripe.payment_methods.retrieve(saved.id, {"expand": [path]})
    assert "doc_url" not in caught.value.json_body["error"]


def test_data_counts_as_a_level_of_a_list(stripe, saved):
    deepest = "data.customer.default_source.customer"
    assert (
        stripe.payment_methods.list({"expand": [deepest], "limit": 1})
        .data[0]
        .customer.default_source.customer.id
    )
    with refused(code="property_expansion_max_depth"):
        stripe.payment_methods.list({"expand": [f"{deepest}.default_source"]})


def test_overlapping_expansions_are_one_and_references_back_stay_ids(stripe, saved):
    paths = ["customer", "customer", "customer.invoice_settings.default_payment_method"]
    shown = stripe.payment_methods.retrieve(saved.id, {"expand": paths})

    assert shown.customer.invoice_settings.default_payment_method.id == saved.id
    assert shown.customer.invoice_settings.default_payment_method.customer == shown.customer.id
    assert isinstance(shown.customer.default_source, str)


def test_a_change_can_be_answered_expanded(stripe, saved):
    updated = stripe.payment_methods.update(saved.id, {"metadata": {"a": "1"}, "expand": ["customer"]})
    detached = stripe.payment_methods.detach(saved.id, {"expand": ["customer"]})
    assert (updated.customer.object, detached.customer) == ("customer", None)


# -- lists ------------------------------------------------------------------------------------------------------------


def test_pages_of_one_second_are_stable_in_both_directions(stripe):
    made = [stripe.customers.create({}).id for _ in range(12)]
    newest_first = made[::-1]

    assert [one.id for one in stripe.customers.list().data] == newest_first[:10]
    assert [one.id for one in stripe.customers.list({"limit": 5}).auto_paging_iter()] == newest_first
    backwards = stripe.customers.list({"limit": 5, "ending_before": made[0]})
    assert [one.id for one in backwards.auto_paging_iter()] == made[1:]


def test_a_cursor_of_another_type_or_account_is_missing(stripe, server, name):
    foreign = server.client(f"sk_test_{name}other").v1.customers.create({})
    for cursor in ("cus_nope", "pm_nope", foreign.id):
        with refused(code="resource_missing", param="ending_before", says=f"No such customer: '{cursor}'"):
            stripe.customers.list({"ending_before": cursor})


# -- events -----------------------------------------------------------------------------------------------------------


def test_an_event_to_the_letter(post, get):
    made = post("/v1/customers", {}, Idempotency_Key="the-key")
    event = get("/v1/events").json["data"][0]

    assert event["id"].startswith("evt_1")
    assert len(event["id"]) == len("evt_") + 24
    assert event == {
        "id": event["id"],
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": event["created"],
        "data": {"object": made.json},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": made.headers["Request-Id"], "idempotency_key": "the-key"},
        "type": "customer.created",
    }


@pytest.mark.parametrize(
    "key",
    [
        "7c1f6a52-1234-4567-8901-234567890123",
        "stripe-node-retry-0B9c6d1e-1111-4222-8333-444455556666",
        "x" * 255,
        "order 12345678",
    ],
)
def test_an_event_names_the_key_as_it_was_sent(post, get, key):
    post("/v1/customers", {}, Idempotency_Key=key)
    assert get("/v1/events").json["data"][0]["request"]["idempotency_key"] == key


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("card 4242424242424242", f"card {'*' * 16}"),
        ("42424242-4242-4242-8242-424242424242", "*" * 36),
        (
            "4242424242424242 7c1f6a52-1234-4567-8901-234567890123",
            f"{'*' * 16} 7c1f6a52-1234-4567-8901-234567890123",
        ),
    ],
)
def test_what_may_be_a_number_in_a_key_is_not_in_the_event(post, get, key, told):
    post("/v1/customers", {}, Idempotency_Key=key)
    assert get("/v1/events").json["data"][0]["request"]["idempotency_key"] == told


def test_the_events_of_one_request_name_one_request(stripe, get):
    stripe.customers.create({"payment_method": "pm_card_visa", "source": "tok_visa"})
    events = get("/v1/events").json["data"]

    assert {event["type"] for event in events} == {
        "customer.created", "customer.source.created", "payment_method.attached"}  # fmt: skip
    assert len({event["request"]["id"] for event in events}) == 1
    assert all("previous_attributes" not in event["data"] for event in events)


def test_previous_attributes_hold_changed_leaves_whole_lists_and_nulls_for_what_is_new(stripe):
    before = {
        "preferred_locales": ["de", "en"],
        "metadata": {"kept": "1", "changed": "1", "gone": "1"},
        "shipping": {"name": "J", "address": {"city": "Rome", "line1": "x"}},
    }
    after = {
        "preferred_locales": ["de"],
        "metadata": {"changed": "2", "gone": "", "new": "1"},
        "shipping": {"name": "J", "address": {"city": "Oslo", "line1": "x"}},
        "address": {"city": "Oslo"},
    }
    customer = stripe.customers.create(before)
    stripe.customers.update(customer.id, after)
    told = stripe.events.list({"type": "customer.updated"}).data[0].data

    assert told.previous_attributes.to_dict() == {
        "address": None,
        "metadata": {"changed": "1", "gone": "1", "new": None},
        "preferred_locales": ["de", "en"],
        "shipping": {"address": {"city": "Rome"}},
    }
    assert told.object["address"]["city"] == "Oslo"


def test_reading_minting_and_making_tokens_tell_nothing(stripe):
    stripe.tokens.create({"card": VISA})
    stripe.tokens.retrieve("tok_visa")
    stripe.payment_methods.retrieve("pm_card_visa")
    assert stripe.events.list().data == []


def test_events_are_filtered_by_time_and_type_and_by_at_most_twenty_types(stripe, live):
    stripe.customers.create({})
    event = stripe.events.list().data[0]

    assert stripe.events.list({"created": {"gt": event.created}}).data == []
    assert [one.id for one in stripe.events.list({"created": event.created}).data] == [event.id]
    assert stripe.events.list({"type": "payment_method.*"}).data == []
    twenty = ["customer.created", *(f"customer.x{number}" for number in range(19))]
    assert len(stripe.events.list({"types": twenty}).data) == 1
    with refused(param="types"):
        stripe.events.list({"types": [*twenty, "customer.deleted"]})
    assert live.events.list().data == []
