"""Two requests at once that must not both get their way, tried many times."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.data import VISA

ROUNDS = 25


@pytest.fixture
def at_once(server, secret_key):
    """Send several requests at the same moment and return their replies in order."""
    with ThreadPoolExecutor(8) as crowd:

        def send(*requests):
            return list(crowd.map(lambda request: server.request(*request, key=secret_key), requests))

        yield send


def test_no_card_stays_attached_to_a_customer_who_was_deleted_meanwhile(stripe, at_once):
    for _ in range(ROUNDS):
        customer = stripe.customers.create({})
        method = stripe.payment_methods.create({"type": "card", "card": VISA})
        attached, deleted = at_once(
            ("POST", f"/v1/payment_methods/{method.id}/attach", {"customer": customer.id}),
            ("DELETE", f"/v1/customers/{customer.id}"),
        )
        assert deleted.status == 200
        assert attached.status in {200, 404}
        if attached.status == 200:
            again = {"customer": stripe.customers.create({}).id}
            refusal = at_once(("POST", f"/v1/payment_methods/{method.id}/attach", again))[0]
            assert "already been attached" in refusal.error["message"]


def test_no_detached_card_is_anybodys_default(stripe, at_once):
    for _ in range(ROUNDS):
        customer = stripe.customers.create({"payment_method": "pm_card_visa"})
        (method,) = stripe.customers.payment_methods.list(customer.id).data
        default = {"invoice_settings[default_payment_method]": method.id}
        at_once(
            ("POST", f"/v1/customers/{customer.id}", default),
            ("POST", f"/v1/payment_methods/{method.id}/detach", {}),
        )
        settled = stripe.customers.retrieve(customer.id).invoice_settings.default_payment_method
        assert settled is None
        assert stripe.payment_methods.retrieve(method.id).customer is None


def test_of_two_customers_who_want_one_card_one_gets_it(stripe, at_once):
    for _ in range(ROUNDS):
        wanting = [stripe.customers.create({}).id for _ in range(2)]
        method = stripe.payment_methods.create({"type": "card", "card": VISA})
        path = f"/v1/payment_methods/{method.id}/attach"
        replies = at_once(*(("POST", path, {"customer": customer}) for customer in wanting))
        assert sorted(reply.status for reply in replies) == [200, 400]
        winner = wanting[[reply.status for reply in replies].index(200)]
        assert stripe.payment_methods.retrieve(method.id).customer == winner


def test_what_many_add_to_one_object_at_once_is_all_there(stripe, at_once):
    customer = stripe.customers.create({})
    path = f"/v1/customers/{customer.id}"
    replies = at_once(*(("POST", path, {f"metadata[k{number}]": "v"}) for number in range(4)))
    added = {f"k{number}" for number, reply in enumerate(replies) if reply.status == 200}
    assert set(stripe.customers.retrieve(customer.id).metadata.to_dict()) == added
    assert {reply.status for reply in replies} <= {200, 429}
