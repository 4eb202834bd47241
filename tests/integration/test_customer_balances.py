"""What a customer owes: a balance that is the sum of its transactions; cash that never comes; where taxes are paid."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.data import event_types, refused


@pytest.fixture
def transactions(stripe):
    return stripe.customers.balance_transactions


# -- balance transactions ---------------------------------------------------------------------------------------------


def test_a_transaction_moves_the_balance_and_says_where_it_ends(stripe, transactions):
    customer = stripe.customers.create({})
    first = transactions.create(
        customer.id,
        {"amount": -500, "currency": "EUR", "description": "A gift", "metadata": {"a": "b"}},
    )
    second = transactions.create(customer.id, {"amount": 200, "currency": "eur"})

    assert first.to_dict() == {
        "id": first.id,
        "object": "customer_balance_transaction",
        "amount": -500,
        "checkout_session": None,
        "created": first.created,
        "credit_note": None,
        "currency": "eur",
        "customer": customer.id,
        "customer_account": None,
        "description": "A gift",
        "ending_balance": -500,
        "invoice": None,
        "livemode": False,
        "metadata": {"a": "b"},
        "type": "adjustment",
    }
    assert first.id.startswith("cbtxn_")
    assert second.ending_balance == -300
    after = stripe.customers.retrieve(customer.id, {"expand": ["invoice_credit_balance"]})
    assert (after.balance, after.currency) == (-300, "eur")
    assert after.invoice_credit_balance.to_dict() == {"eur": 300}
    told = stripe.events.list({"type": "customer.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in reversed(told)] == [
        {"balance": 0, "currency": None},
        {"balance": -500},
    ]


def test_each_currency_has_a_chain_of_its_own(stripe, transactions):
    customer = stripe.customers.create({})
    transactions.create(customer.id, {"amount": 100, "currency": "usd"})
    other = transactions.create(customer.id, {"amount": -70, "currency": "jpy"})

    after = stripe.customers.retrieve(customer.id, {"expand": ["invoice_credit_balance"]})
    assert (other.ending_balance, after.balance, after.currency) == (-70, 100, "usd")
    assert after.invoice_credit_balance.to_dict() == {"usd": -100, "jpy": 70}


def test_a_balance_that_is_set_is_a_transaction_too(stripe, transactions):
    customer = stripe.customers.create({"balance": -250})
    stripe.customers.update(customer.id, {"balance": 100})
    stripe.customers.update(customer.id, {"balance": 100})

    listed = transactions.list(customer.id)
    assert [(one.type, one.amount, one.ending_balance, one.currency) for one in listed.data] == [
        ("adjustment", 350, 100, "usd"),
        ("initial", -250, -250, "usd"),
    ]
    assert (listed.url, listed.has_more) == (f"/v1/customers/{customer.id}/balance_transactions", False)
    assert event_types(stripe, customer.id) == ["customer.created", "customer.updated"]
    assert transactions.list(stripe.customers.create({}).id).data == []


def test_transactions_are_listed_newest_first_and_page_by_page(stripe, transactions):
    customer = stripe.customers.create({})
    made = [transactions.create(customer.id, {"amount": n, "currency": "usd"}).id for n in (1, 2, 3)]

    page = transactions.list(customer.id, {"limit": 1})
    assert ([one.id for one in page.data], page.has_more) == (made[2:], True)
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    assert transactions.list(customer.id, {"created": {"lt": 5}}).data == []
    assert transactions.list(customer.id, {"invoice": "in_x"}).data == []
    with refused(code="resource_missing", param="starting_after"):
        transactions.list(customer.id, {"starting_after": "cbtxn_nope"})


def test_a_transaction_keeps_its_amount_and_can_be_described(stripe, transactions, post):
    customer = stripe.customers.create({})
    made = transactions.create(customer.id, {"amount": 1, "currency": "usd", "description": "A"})
    changed = transactions.update(customer.id, made.id, {"description": "", "metadata": {"a": "b"}})

    assert (changed.description, changed.metadata.to_dict(), changed.amount) == (None, {"a": "b"}, 1)
    assert transactions.retrieve(customer.id, made.id).to_dict() == changed.to_dict()
    reply = post(f"/v1/customers/{customer.id}/balance_transactions/{made.id}", {"amount": "2"})
    assert (reply.status, reply.error["code"]) == (400, "parameter_unknown")
    expanded = transactions.retrieve(customer.id, made.id, {"expand": ["customer"]})
    assert expanded.customer.balance == 1


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "1"}, "parameter_missing", "currency"),
        ({"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1", "currency": "dollars"}, None, "currency"),
        ({"amount": "1000000000000", "currency": "usd"}, None, "amount"),
    ],
)
def test_a_wrong_transaction_moves_nothing(stripe, post, params, code, param):
    customer = stripe.customers.create({})
    reply = post(f"/v1/customers/{customer.id}/balance_transactions", params)

    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert stripe.customers.retrieve(customer.id).balance == 0
    assert event_types(stripe, customer.id) == ["customer.created"]


def test_a_balance_has_twelve_digits_at_most(stripe):
    with refused(param="balance"):
        stripe.customers.create({"balance": 1_000_000_000_000})
    assert stripe.customers.list().data == []


def test_transactions_made_at_once_add_up(stripe, transactions, server, secret_key):
    customer = stripe.customers.create({})
    path = f"/v1/customers/{customer.id}/balance_transactions"

    def add(_):
        return server.request("POST", path, {"amount": "1", "currency": "usd"}, key=secret_key).status

    with ThreadPoolExecutor(4) as crowd:
        statuses = list(crowd.map(add, range(12)))
    made = statuses.count(200)

    assert set(statuses) <= {200, 429}
    assert made >= 1
    assert [one.ending_balance for one in transactions.list(customer.id, {"limit": 100}).data] == list(
        range(made, 0, -1)
    )
    assert stripe.customers.retrieve(customer.id).balance == made


def test_a_transaction_is_found_under_its_own_customer_alone(stripe, transactions):
    customer, other = stripe.customers.create({"balance": 1}), stripe.customers.create({})
    (made,) = transactions.list(customer.id).data
    with refused(status=404, code="resource_missing", param="transaction"):
        transactions.retrieve(other.id, made.id)
    stripe.customers.delete(customer.id)
    for attempt in (
        lambda: transactions.list(customer.id),
        lambda: transactions.create(customer.id, {"amount": 1, "currency": "usd"}),
        lambda: transactions.retrieve(customer.id, made.id),
    ):
        with refused(status=404, code="resource_missing", param="customer"):
            attempt()


# -- cash balance -----------------------------------------------------------------------------------------------------


def test_a_cash_balance_has_settings_and_nothing_in_it(stripe):
    customer = stripe.customers.create({})
    cash = stripe.customers.cash_balance.retrieve(customer.id)
    assert cash.to_dict() == {
        "object": "cash_balance",
        "available": None,
        "customer": customer.id,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }
    manual = stripe.customers.cash_balance.update(
        customer.id, {"settings": {"reconciliation_mode": "manual"}}
    )
    assert manual.settings.to_dict() == {"reconciliation_mode": "manual", "using_merchant_default": False}
    shown = stripe.customers.retrieve(customer.id, {"expand": ["cash_balance"]})
    assert shown.cash_balance.to_dict() == manual.to_dict()
    assert "cash_balance" not in stripe.customers.retrieve(customer.id)
    back = stripe.customers.cash_balance.update(
        customer.id, {"settings": {"reconciliation_mode": "merchant_default"}}
    )
    assert back.to_dict() == cash.to_dict()
    assert event_types(stripe, customer.id) == ["customer.created"]


def test_the_settings_of_a_cash_balance_can_come_with_the_customer(stripe):
    customer = stripe.customers.create(
        {"cash_balance": {"settings": {"reconciliation_mode": "manual"}}, "expand": ["cash_balance"]}
    )
    assert customer.cash_balance.settings.reconciliation_mode == "manual"
    stripe.customers.delete(customer.id)
    with refused(status=404, code="resource_missing", param="customer"):
        stripe.customers.cash_balance.retrieve(customer.id)


# -- tax --------------------------------------------------------------------------------------------------------------

NEW_YORK = {"country": "US", "state": "NY", "postal_code": "10001"}


@pytest.mark.parametrize(
    ("given", "location"),
    [
        (
            {"address": NEW_YORK},
            {"country": "US", "source": "billing_address", "state": "NY"},
        ),
        (
            {"address": NEW_YORK, "shipping": {"name": "J", "address": {"country": "FR"}}},
            {"country": "FR", "source": "shipping_destination", "state": None},
        ),
        ({"address": {"country": "US"}}, None),
        ({"address": {"country": "ZZ"}}, None),
        ({"tax": {"ip_address": "203.0.113.7"}}, None),
        ({}, None),
    ],
)
def test_where_a_customer_pays_taxes_is_what_the_addresses_say(stripe, given, location):
    customer = stripe.customers.create({**given, "expand": ["tax"]})

    assert customer.tax.to_dict() == {
        "automatic_tax": "not_collecting" if location else "unrecognized_location",
        "ip_address": given.get("tax", {}).get("ip_address"),
        "location": location,
        "provider": "stripe",
    }
    assert "tax" not in stripe.customers.retrieve(customer.id)


def test_the_default_payment_method_may_say_where(stripe):
    customer = stripe.customers.create({})
    billing = {"address": {"country": "DE"}}
    method = stripe.payment_methods.create(
        {"type": "card", "card": {"token": "tok_visa"}, "billing_details": billing}
    )
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    updated = stripe.customers.update(
        customer.id,
        {
            "invoice_settings": {"default_payment_method": method.id},
            "tax": {"validate_location": "immediately"},
            "expand": ["tax"],
        },
    )
    assert updated.tax.location.to_dict() == {"country": "DE", "source": "payment_method", "state": None}


def test_a_location_that_must_be_known_and_is_not_makes_no_customer(stripe):
    with refused(code="customer_tax_location_invalid"):
        stripe.customers.create({"name": "A", "tax": {"validate_location": "immediately"}})
    assert stripe.customers.list().data == []
    customer = stripe.customers.create({"address": NEW_YORK, "tax": {"validate_location": "immediately"}})
    with refused(code="customer_tax_location_invalid"):
        stripe.customers.update(
            customer.id, {"address": {"country": "ZZ"}, "tax": {"validate_location": "immediately"}}
        )
    assert stripe.customers.retrieve(customer.id).address.country == "US"


def test_an_ip_address_is_checked_kept_and_cleared(stripe, post):
    customer = stripe.customers.create({"tax": {"ip_address": "2001:db8::7"}, "expand": ["tax"]})
    assert customer.tax.ip_address == "2001:db8::7"
    with refused(param="tax[ip_address]"):
        stripe.customers.update(customer.id, {"tax": {"ip_address": "somewhere"}})
    cleared = post(f"/v1/customers/{customer.id}", {"tax[ip_address]": "", "expand[]": "tax"}).json
    assert cleared["tax"]["ip_address"] is None
