"""The eyes of the tests that look at events: each fault, planted, is seen."""

import pytest

from strongroom.contract import contract, renderer
from support.events import faults_of

CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "balance": 0,
    "created": 1,
    "invoice_settings": {},
    "livemode": False,
    "metadata": {"a": "1"},
    "name": "new",
}


def event(**changes):
    whole = {
        "id": "evt_1",
        "object": "event",
        "api_version": contract().api_version,
        "created": 1,
        "data": {
            "object": renderer("customer")(CUSTOMER),
            "previous_attributes": {"name": "old"},
        },
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": "req_1", "idempotency_key": "key"},
        "type": "customer.updated",
    }
    return {**whole, **changes}


def data(previous=None, **fields):
    told = {**event()["data"]["object"], **fields}
    return {"object": told} if previous is None else {"object": told, "previous_attributes": previous}


def test_a_whole_event_has_no_faults():
    assert [*faults_of(event())] == []
    assert [*faults_of(event(account="acct_1"))] == []
    assert [*faults_of(event(request={"id": None, "idempotency_key": None}))] == []
    assert [*faults_of(event(data=data({"metadata": {"a": "0"}, "email": "old@example.com"})))] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"type": "customer.cretaed"}, "nobody knows its type"),
        ({"context": None}, "its fields are"),
        ({"api_version": "2020-08-27"}, "another version"),
        ({"data": data({"name": "new"})}, "previous_attributes[name] has not changed"),
        ({"data": data({"metadata": {"a": "1"}})}, "previous_attributes[metadata][a] has not changed"),
        ({"data": data({"metadata": {}})}, "previous_attributes[metadata] is empty"),
        ({"data": data({})}, "nothing has changed"),
        ({"data": data()}, "nothing says what has changed"),
        ({"data": {**data({"name": "old"}), "more": 1}}, "more in its data"),
        ({"request": {"id": None, "idempotency_key": "key"}}, "its request is"),
        ({"request": {"id": "req_1"}}, "its request is"),
    ],
)
def test_a_planted_fault_is_seen(changes, says):
    (fault,) = faults_of(event(**changes))
    assert fault.startswith(says)


def test_an_object_that_lacks_a_field_is_seen():
    told = {name: value for name, value in event()["data"]["object"].items() if name != "email"}
    assert [*faults_of(event(data={"object": told, "previous_attributes": {"name": "old"}}))] == [
        "its object is not rendered in full"
    ]
