"""What can be expanded is decided by type, before anything is looked up."""

import pytest

from strongroom import errors
from strongroom.contract import contract, expandable


def check(key, *paths):
    contract().operations[key].check_expand(list(paths))


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("GET /v1/customers/{customer}", "default_source"),
        ("GET /v1/customers/{customer}", "default_source.customer"),
        ("GET /v1/customers/{customer}", "invoice_settings.default_payment_method"),
        ("GET /v1/customers/{customer}", "invoice_settings"),
        ("GET /v1/customers/{customer}", "sources"),
        ("GET /v1/customers/{customer}", "sources.data.customer"),
        ("GET /v1/customers/{customer}", "tax"),
        ("GET /v1/customers/{customer}", "cash_balance"),
        ("GET /v1/customers/{customer}", "test_clock"),
        ("GET /v1/customers", "data"),
        ("GET /v1/customers", "data.default_source"),
        ("GET /v1/customers", "total_count"),
        ("GET /v1/customers/search", "total_count"),
        ("POST /v1/payment_intents", "latest_charge.balance_transaction.source"),
        ("GET /v1/payment_intents", "data.latest_charge.balance_transaction.source"),
        ("GET /v1/charges/{charge}", "refunds.data.balance_transaction"),
        ("GET /v1/balance_transactions/{id}", "source.payment_intent"),
        ("POST /v1/tokens", "card.customer"),
        ("POST /v1/payment_methods/{payment_method}/attach", "customer"),
        ("POST /v1/customers/{customer}/sources", "customer"),
    ],
)
def test_what_can_be_expanded(key, path):
    check(key, path, path)


HINT = " You may want to try expanding 'data.{}' instead."


@pytest.mark.parametrize(
    ("key", "path", "prefix", "hint"),
    [
        ("GET /v1/customers/{customer}", "foo", "foo", ""),
        ("GET /v1/customers/{customer}", "email", "email", ""),
        ("GET /v1/customers/{customer}", "address", "address", ""),
        ("GET /v1/customers/{customer}", "metadata", "metadata", ""),
        ("GET /v1/customers/{customer}", "data", "data", ""),
        ("GET /v1/customers/{customer}", "", "", ""),
        ("GET /v1/customers/{customer}", "default_source.", "default_source.", ""),
        ("GET /v1/customers/{customer}", "default_source.foo.bar", "default_source.foo", ""),
        ("POST /v1/payment_intents", "latest_charge.b.c", "latest_charge.b", ""),
        ("GET /v1/customers", "customer", "customer", HINT.format("customer")),
        ("GET /v1/customers", "default_source.foo", "default_source", HINT.format("default_source.foo")),
        ("GET /v1/customers", "data.foo", "data.foo", ""),
        ("GET /v1/customers", "url", "url", HINT.format("url")),
        ("DELETE /v1/customers/{customer}", "sources", "sources", ""),
        ("POST /v1/tokens", "4242424242424242", "****************", ""),
    ],
)
def test_what_cannot_names_the_whole_failing_prefix(key, path, prefix, hint):
    with pytest.raises(errors.ParameterRefused) as caught:
        check(key, path)
    assert caught.value.message == f"This property cannot be expanded ({prefix}).{hint}"
    assert (caught.value.code, caught.value.param) == (None, None)


def test_five_levels_are_too_many_and_the_error_has_no_page():
    path = "data.latest_charge.balance_transaction.source.charge"
    with pytest.raises(errors.ParameterRefused) as caught:
        check("GET /v1/payment_intents", path)
    assert caught.value.body() == {
        "code": "property_expansion_max_depth",
        "message": f"You cannot expand more than 4 levels of a property. Property: {path}",
        "type": "invalid_request_error",
    }


def test_there_is_an_end_to_what_one_request_may_expand():
    check("GET /v1/customers/{customer}", *["sources"] * 20)
    with pytest.raises(errors.ParameterRefused, match="more than 20"):
        check("GET /v1/customers/{customer}", *["sources"] * 21)


@pytest.mark.parametrize(
    ("type_name", "field", "targets"),
    [
        ("payment_method", "customer", ("customer",)),
        ("customer", "default_source", ("account", "bank_account", "card", "source")),
        ("customer", "invoice_settings.default_payment_method", ("payment_method",)),
        ("payment_intent", "latest_charge", ("charge",)),
        ("customer", "email", ()),
        ("customer", "foo", ()),
        ("customer", "sources", ()),
        ("nothing", "foo", ()),
    ],
)
def test_the_types_a_reference_points_to(type_name, field, targets):
    assert expandable(type_name, field) == targets
