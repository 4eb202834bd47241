"""`expand[]=total_count`: how many there are on all pages of a list or a search together."""

from urllib.parse import urlsplit

import pytest

from strongroom import limits
from strongroom.resources import customers
from support.connect import CUSTOM

PERSON = {"first_name": "Jenny", "relationship[director]": "true"}


def total(get, path, **params):
    reply = get(path, {"expand[]": "total_count", **params})
    assert reply.status == 200, reply.json
    return reply.json["total_count"]


def test_a_total_counts_all_pages_and_only_what_the_filters_let_through(stripe, get):
    for number in range(4):
        stripe.customers.create({"email": "jenny@example.com" if number else "rosen@example.com"})
    stripe.customers.delete(stripe.customers.list().data[0].id)

    assert total(get, "/v1/customers") == 3
    assert total(get, "/v1/customers", limit="1") == 3
    assert total(get, "/v1/customers", starting_after=stripe.customers.list().data[1].id) == 3
    assert total(get, "/v1/customers", email="jenny@example.com") == 2
    assert total(get, "/v1/customers", **{"created[gt]": "9999999999"}) == 0


def test_a_total_is_there_only_when_it_is_asked_for(stripe, get):
    stripe.customers.create()
    assert "total_count" not in get("/v1/customers").json
    assert get("/v1/customers", {"expand[]": "total_count"}).json.keys() == {
        "object",
        "data",
        "has_more",
        "total_count",
        "url",
    }
    whole = stripe.customers.list({"expand": ["total_count", "data.sources"]})
    assert (whole.total_count, whole.data[0].sources.total_count) == (1, 0)


def test_nobody_is_counted_among_the_customers_of_another(server, name, stripe, get):
    server.client(f"sk_test_{name}b").v1.customers.create()
    assert total(get, "/v1/customers") == 0


def test_a_search_counts_what_it_finds_on_all_its_pages(stripe, get):
    for number in range(3):
        stripe.customers.create({"name": f"Jenny {number}", "metadata": {"even": str(number % 2 == 0)}})
    path = "/v1/customers/search"
    assert total(get, path, query='name~"Jenny"', limit="1") == 3
    assert total(get, path, query='metadata["even"]:"True"', limit="1") == 2
    assert total(get, path, query='name~"Rosen"') == 0


@pytest.mark.parametrize(
    "path",
    [
        "/v1/balance_transactions?payout=po_1",
        "/v1/events",
        "/v1/payment_methods",
        "/v1/webhook_endpoints",
        "/v1/accounts",
    ],
)
def test_lists_of_every_making_have_a_total(get, path):
    asked = urlsplit(path)
    params = dict([asked.query.split("=")]) if asked.query else {}
    assert total(get, asked.path, **params) == 0


def test_lists_that_are_made_of_parts_count_the_whole(stripe, get, post):
    account = stripe.accounts.create({**CUSTOM, "business_type": "company"})
    for _ in range(2):
        assert post(f"/v1/accounts/{account.id}/persons", PERSON).status == 200
    assert total(get, f"/v1/accounts/{account.id}/persons", limit="1") == 2
    assert total(get, "/v1/accounts") == 1
    configurations = stripe.payment_method_configurations.list().data
    path = "/v1/payment_method_configurations"
    assert total(get, path, limit="1") == len(configurations) >= 1


def test_a_list_inside_says_how_many_there_are_once_the_request_is_done(stripe):
    customer = stripe.customers.create({"source": "tok_visa", "expand": ["sources"]})
    assert customer.sources.total_count == 1
    stripe.customers.payment_sources.create(customer.id, {"source": "tok_mastercard"})
    replaced = stripe.customers.update(customer.id, {"source": "tok_amex", "expand": ["sources"]})
    assert (replaced.sources.total_count, len(replaced.sources.data)) == (2, 2)


def test_counting_stops_somewhere(in_house, monkeypatch):
    monkeypatch.setattr(limits, "COUNTED_MAX", 2)

    async def scene(house, fresh):
        for _ in range(3):
            call = fresh()
            await customers.create(call, {})
            await house.store.commit(call.writes)
        listing = await customers.list_all(fresh(), {"limit": 1})
        assert (len(listing.items), listing.has_more, await listing.total()) == (1, True, 2)

    in_house(scene)
