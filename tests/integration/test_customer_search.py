"""Searching customers: in Stripe's language, over sealed documents, at once, and never further than promised."""

import pytest

from strongroom import limits
from strongroom.errors import ParameterRefused
from strongroom.resources import customer_search, customers
from support.data import refused


@pytest.fixture
def found(stripe):
    """The names of the customers a query finds."""
    return lambda query, **rest: [one.name for one in stripe.customers.search({"query": query, **rest}).data]


@pytest.fixture
def people(stripe):
    for name, rest in (
        ("Ann", {"email": "Ann@Example.com", "metadata": {"order": "A-1"}}),
        (
            "Bob",
            {"email": "bob@example.com", "phone": "+15555550100", "metadata": {"order": "B-2", "vip": "Yes"}},
        ),
        ("Cyd", {"phone": "+49305550100", "metadata": {"vip": "no"}}),
    ):
        stripe.customers.create({"name": name, **rest})


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('email:"ann@example.com"', ["Ann"]),
        ("email:'BOB@EXAMPLE.COM'", ["Bob"]),
        ('email:"ann@example"', []),
        ('email~"@example"', ["Bob", "Ann"]),
        ("email:null", ["Cyd"]),
        ("-email:null", ["Bob", "Ann"]),
        ('-email:"bob@example.com"', ["Cyd", "Ann"]),
        ('name:"bob"', ["Bob"]),
        ('name~"Cyd"', ["Cyd"]),
        ('phone~"5550100"', ["Cyd", "Bob"]),
        ('metadata["order"]:"a-1"', ["Ann"]),
        ("metadata['vip']:'yes'", ["Bob"]),
        ('metadata["order"]:null', ["Cyd"]),
        ('-metadata["vip"]:null AND email~"example"', ["Bob"]),
        ('phone~"555" -name:"Bob"', ["Cyd"]),
        ('name:"Ann" OR metadata["vip"]:"no"', ["Cyd", "Ann"]),
        ('email:"ann@example.com" OR email:"bob@example.com"', ["Bob", "Ann"]),
        ('email:"ann@example.com" AND email:"bob@example.com"', []),
        ("created>1", ["Cyd", "Bob", "Ann"]),
        ("created<1", []),
        ('created>=1 AND created<"99999999999" AND name:"Ann"', ["Ann"]),
        ("created>99999999999 OR name:'Ann'", ["Ann"]),
    ],
)
def test_a_query_finds_what_it_says(found, people, query, names):
    assert found(query) == names


def test_a_result_is_an_envelope_of_its_own(stripe, people):
    result = stripe.customers.search({"query": 'name:"Ann"', "expand": ["data.default_source"]})

    assert {key: value for key, value in result.to_dict().items() if key != "data"} == {
        "object": "search_result",
        "has_more": False,
        "next_page": None,
        "url": "/v1/customers/search",
    }
    (ann,) = result.data
    assert ann.to_dict() == stripe.customers.retrieve(ann.id).to_dict()


def test_pages_go_on_where_the_last_one_ended(stripe, found, people):
    first = stripe.customers.search({"query": "created>1", "limit": 2})

    assert ([one.name for one in first.data], first.has_more) == (["Cyd", "Bob"], True)
    second = stripe.customers.search({"query": "created>1", "limit": 2, "page": first.next_page})
    assert ([one.name for one in second.data], second.has_more, second.next_page) == (["Ann"], False, None)
    assert [one.name for one in first.auto_paging_iter()] == ["Cyd", "Bob", "Ann"]
    for page in ("cus_nope", "Y3VzX25vcGU=", "é", "===="):
        with refused(param="page"):
            stripe.customers.search({"query": "created>1", "page": page})


def test_a_search_sees_changes_at_once_and_no_deleted_customers(stripe, found):
    customer = stripe.customers.create({"name": "A", "email": "a@example.com"})
    stripe.customers.update(customer.id, {"email": "B@example.com"})
    assert (found('email:"a@example.com"'), found('email:"b@example.com"')) == ([], ["A"])
    stripe.customers.update(customer.id, {"email": ""})
    assert (found('email:"b@example.com"'), found("email:null")) == ([], ["A"])
    stripe.customers.update(customer.id, {"email": "c@example.com"})
    stripe.customers.delete(customer.id)
    assert found('email:"c@example.com"') == found('name:"A"') == []


def test_a_search_stays_in_its_account_and_mode(server, live, name, found, people):
    other = server.client(f"sk_test_{name}other").v1
    for stranger in (live, other):
        assert stranger.customers.search({"query": 'email:"bob@example.com"'}).data == []
        assert stranger.customers.search({"query": 'name~"Bob"'}).data == []


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "query"),
        ({"query": "name"}, None, "query"),
        ({"query": 'name:"A" AND name:"B" OR name:"C"'}, None, "query"),
        ({"query": 'currency:"usd"'}, None, "query"),
        ({"query": "created>1", "limit": "101"}, "parameter_invalid_integer", "limit"),
        ({"query": "created>1", "starting_after": "cus_x"}, "parameter_unknown", "starting_after"),
    ],
)
def test_what_cannot_be_searched_is_refused(get, params, code, param):
    reply = get("/v1/customers/search", params)
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)


async def made(house, fresh, names):
    for name in names:
        call = fresh()
        await customers.create(call, {"name": name})
        await house.store.commit(call.writes)


def test_a_search_looks_no_further_than_promised_and_says_so(in_house, monkeypatch):
    """One page of the store is the least it looks at; the first two of three are as many as it may."""
    monkeypatch.setattr(limits, "SEARCHED_MAX", 200)

    async def scene(house, fresh):
        await made(house, fresh, ["oldest", *["other"] * 250, "newest"])
        with pytest.raises(ParameterRefused, match="200 newest") as refusal:
            await customer_search.search(fresh(), {"query": 'name:"oldest"'})
        assert refusal.value.param == "query"

        query = {"query": 'name:"newest" OR name:"oldest"'}
        first = await customer_search.search(fresh(), query)
        assert ([one["name"] for one in first.items], first.has_more) == (["newest"], True)
        second = await customer_search.search(fresh(), {**query, "page": first.next_page})
        assert [one["name"] for one in second.items] == ["oldest"]
        assert (second.has_more, second.next_page) == (False, None)

    in_house(scene)
