"""Method and path to operation and ids: static segments win, ids are decoded once, anything odd is no route."""

import pytest

from strongroom.contract import contract


def found(method, path):
    route = contract().route(method, path)
    return None if route is None else (route[0].key, route[1])


@pytest.mark.parametrize(
    ("method", "path", "key", "ids"),
    [
        ("POST", "/v1/tokens", "POST /v1/tokens", {}),
        ("GET", "/v1/customers/search", "GET /v1/customers/search", {}),
        ("GET", "/v1/customers/cus_1", "GET /v1/customers/{customer}", {"customer": "cus_1"}),
        ("GET", "/v1/customers/cus%5F1", "GET /v1/customers/{customer}", {"customer": "cus_1"}),
        ("GET", "/v1/customers/a%252Fb", "GET /v1/customers/{customer}", {"customer": "a%2Fb"}),
        ("GET", "/v1/customers/a+b", "GET /v1/customers/{customer}", {"customer": "a b"}),
        ("GET", "/v1/events/evt_1", "GET /v1/events/{id}", {"id": "evt_1"}),
        (
            "POST",
            "/v1/payment_methods/pm_1/attach",
            "POST /v1/payment_methods/{payment_method}/attach",
            {"payment_method": "pm_1"},
        ),
        (
            "DELETE",
            "/v1/customers/cus_1/sources/card_1",
            "DELETE /v1/customers/{customer}/sources/{id}",
            {"customer": "cus_1", "id": "card_1"},
        ),
        (
            "GET",
            "/v1/application_fees/fee_1/refunds/fr_1",
            "GET /v1/application_fees/{fee}/refunds/{id}",
            {"fee": "fee_1", "id": "fr_1"},
        ),
        (
            "GET",
            "/v1/application_fees/fee_1/refunds",
            "GET /v1/application_fees/{id}/refunds",
            {"id": "fee_1"},
        ),
        ("GET", "/v1/customers/" + "a" * 255, "GET /v1/customers/{customer}", {"customer": "a" * 255}),
    ],
)
def test_a_path_names_its_operation(method, path, key, ids):
    assert found(method, path) == (key, ids)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customer"),
        ("PUT", "/v1/customers"),
        ("get", "/v1/customers"),
        ("GET", "/v1/customers/"),
        ("GET", "/v1//customers"),
        ("GET", "/v1/customers/cus_1/"),
        ("GET", "/v1/customers/cus_1/nothing"),
        ("GET", "/v1/customers/" + "a" * 256),
        ("GET", "/v1/customers/%00"),
        ("GET", "/v1/customers/%FF"),
        ("GET", "/v1/customers/" + "x/" * 5000),
        ("GET", "/v1"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/v2/core/events"),
    ],
)
def test_anything_else_is_no_route(method, path):
    assert found(method, path) is None


def test_every_operation_is_found_at_its_own_path():
    for key in contract().operations:
        method, _, template = key.partition(" ")
        route = contract().route(method, template.replace("{", "x_").replace("}", ""))
        assert route is not None
        assert route[0].key == key
        assert all(value == f"x_{name}" for name, value in route[1].items())


def test_the_version_is_the_sdk_s():
    assert contract().api_version == "2026-10-28.endive"
