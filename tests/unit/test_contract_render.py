"""Answers are completed and ordered by the contract, and what does not fit it is found before it is sent."""

import pytest

from strongroom.contract import ContractBroken, contract, hide_from_publishable, renderer

CARD = {
    "id": "card_1", "object": "card", "brand": "Visa", "country": "US", "cvc_check": "unchecked", "exp_month": 12,
    "exp_year": 2030, "fingerprint": "f", "funding": "credit", "last4": "4242", "metadata": {}, "networks": {},
}  # fmt: skip
TOKEN = {
    "id": "tok_1",
    "type": "card",
    "used": False,
    "livemode": False,
    "created": 1,
    "object": "token",
    "card": CARD,
}
CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "balance": 0,
    "created": 1,
    "invoice_settings": {},
    "livemode": False,
    "metadata": {"z": "1", "a": "2"},
}
METHOD = {
    "id": "pm_1",
    "object": "payment_method",
    "billing_details": {"name": "Jenny"},
    "card": {
        "brand": "visa",
        "checks": {"cvc_check": "pass"},
        "exp_month": 1,
        "exp_year": 2030,
        "fingerprint": "f",
        "funding": "credit",
        "last4": "4242",
    },
    "created": 1,
    "livemode": False,
    "metadata": {"order": "1"},
    "type": "card",
}


def test_declared_nullable_fields_become_null_and_optional_ones_stay_out():
    shown = renderer("token")(TOKEN)
    assert list(shown) == ["id", "object", "card", "client_ip", "created", "livemode", "type", "used"]
    assert shown["client_ip"] is None
    assert list(shown["card"]) == [
        "id", "object", "address_city", "address_country", "address_line1", "address_line1_check", "address_line2",
        "address_state", "address_zip", "address_zip_check", "brand", "country", "cvc_check", "dynamic_last4", "exp_month",
        "exp_year", "fingerprint", "funding", "last4", "metadata", "name", "networks", "regulated_status",
        "tokenization_method", "wallet",
    ]  # fmt: skip
    assert shown["card"]["networks"] == {"preferred": None}
    assert shown["card"]["wallet"] is None


def test_optional_nullable_fields_are_null_if_the_operation_says_so():
    assert "redaction" not in renderer("token")(TOKEN)
    assert renderer("token")({**TOKEN, "redaction": None})["redaction"] is None
    assert list(renderer("token")({**TOKEN, "redaction": None}))[6] == "redaction"


def test_an_optional_field_that_is_never_null_stays_out_if_it_is_none():
    assert "card" not in renderer("token")({**TOKEN, "card": None})
    assert renderer("token")({**TOKEN, "card": None}) == renderer("token")(
        {key: value for key, value in TOKEN.items() if key != "card"}
    )


def test_hashes_are_completed_at_every_depth_and_maps_keep_their_order():
    shown = renderer("customer")({**CUSTOMER, "shipping": {"address": {"city": "Paris"}, "name": "J"}})
    assert shown["invoice_settings"] == dict.fromkeys(
        ("custom_fields", "default_payment_method", "footer", "rendering_options")
    )
    assert shown["shipping"] == {
        "address": {
            "city": "Paris",
            "country": None,
            "line1": None,
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "name": "J",
    }
    assert list(shown["metadata"]) == ["z", "a"]


def test_lists_of_hashes_are_completed():
    custom = {"custom_fields": [{"name": "a", "value": "b"}], "rendering_options": {"template": "t"}}
    shown = renderer("customer")({**CUSTOMER, "invoice_settings": custom})["invoice_settings"]
    assert shown["custom_fields"] == [{"name": "a", "value": "b"}]
    assert shown["rendering_options"] == {"amount_tax_display": None, "template": "t"}
    with pytest.raises(ContractBroken, match="CustomField lacks"):
        renderer("customer")({**CUSTOMER, "invoice_settings": {"custom_fields": [{"name": "a"}]}})


def test_what_was_given_stays_as_it_is():
    given = {**METHOD, "card": dict(METHOD["card"])}
    renderer("payment_method")(given)
    assert given == METHOD


def test_a_reference_stays_an_id_until_it_is_expanded():
    method = {**METHOD, "customer": "cus_1"}
    assert renderer("payment_method")(method)["customer"] == "cus_1"
    expanded = renderer("payment_method")({**method, "customer": CUSTOMER})["customer"]
    assert expanded == renderer("customer")(CUSTOMER)
    stub = {"deleted": True, "object": "customer", "id": "cus_1"}
    shown = renderer("payment_method")({**method, "customer": stub})["customer"]
    assert list(shown.items()) == [("id", "cus_1"), ("object", "customer"), ("deleted", True)]


def test_lists_searches_and_stubs():
    page = {"url": "/v1/customers", "has_more": False, "data": [CUSTOMER], "object": "list"}
    shown = renderer("list:customer")(page)
    assert list(shown) == ["object", "data", "has_more", "url"]
    assert shown["data"] == [renderer("customer")(CUSTOMER)]
    found = renderer("search:customer")({**page, "object": "search_result"})
    assert list(found) == ["object", "data", "has_more", "next_page", "url"]
    assert (
        renderer("customer")({**CUSTOMER, "sources": {**page, "data": [CARD]}})["sources"]["data"][0]["name"]
        is None
    )
    stub = {"deleted": True, "id": "cus_1", "object": "customer"}
    assert renderer("deleted:customer")(stub) == renderer("customer")(stub) == stub


def test_alternatives_are_told_apart_by_their_object():
    assert renderer("bank_account|card")(CARD) == renderer("card")(CARD)
    shown = renderer("deleted:bank_account|card")(
        {"id": "ba_1", "object": "bank_account", "deleted": True, "currency": None}
    )
    assert shown["currency"] is None
    with pytest.raises(ContractBroken, match="none of its objects"):
        renderer("bank_account|card")(TOKEN)


@pytest.mark.parametrize(
    ("type_name", "document", "complaint"),
    [
        ("token", {**TOKEN, "foo": "4242424242424242"}, r"token has no \['foo'\]"),
        ("token", {**TOKEN, "card": {**CARD, "number": "4242424242424242"}}, r"card has no \['number'\]"),
        ("token", {**TOKEN, "used": None}, r"token lacks \['used'\]"),
        ("token", {key: value for key, value in TOKEN.items() if key != "used"}, r"token lacks \['used'\]"),
        ("token", {**TOKEN, "card": "card_1"}, "card must be a hash"),
        ("token", "tok_1", "token must be a hash"),
        ("customer", {**CUSTOMER, "default_source": TOKEN}, "none of its objects"),
        ("payment_method", {**METHOD, "customer": TOKEN}, "customer has no"),
        ("list:customer", {"object": "list", "data": [], "url": "/v1/customers"}, "has_more"),
        ("deleted:customer", {"object": "customer", "id": "cus_1"}, r"lacks \['deleted'\]"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_ours_to_find_and_names_no_value(
    type_name, document, complaint
):
    with pytest.raises(ContractBroken, match=complaint) as caught:
        renderer(type_name)(document)
    assert "4242" not in str(caught.value)


def test_there_is_no_renderer_for_what_is_no_resource():
    for name in ("nothing", "deleted:token", "list:nothing"):
        with pytest.raises(ContractBroken):
            renderer(name)({})


def test_every_resource_and_every_answer_has_a_renderer_that_knows_what_is_missing():
    types = {operation.returns for operation in contract().operations.values()} - {"any"}
    for name in types | set(contract().shapes.resources):
        with pytest.raises(ContractBroken):
            renderer(name)({"surely_not": 1})


def test_a_browser_does_not_see_the_merchants_side_of_a_payment_method():
    whole = renderer("payment_method")(METHOD)
    shown = hide_from_publishable("payment_method", whole)
    assert set(whole) - set(shown) == {"metadata"}
    assert set(whole["card"]) - set(shown["card"]) == {"fingerprint"}
    assert shown["card"]["checks"] == {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": None,
    }
    assert whole["card"]["checks"]["cvc_check"] == "pass"


def test_a_browser_does_not_see_the_fingerprint_in_a_token():
    shown = hide_from_publishable("token", renderer("token")(TOKEN))
    assert {"fingerprint", "metadata"}.isdisjoint(shown["card"])
    assert shown["card"]["last4"] == "4242"


def test_a_browser_sees_an_intent_trimmed_and_so_the_method_inside():
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "customer": "cus_1",
        "metadata": {"a": "b"},
        "payment_method": renderer("payment_method")(METHOD),
        "status": "succeeded",
    }
    shown = hide_from_publishable("payment_intent", intent)
    assert set(shown) == {"id", "object", "payment_method", "status"}
    assert "metadata" not in shown["payment_method"]


CASH_BALANCE = {
    "object": "cash_balance",
    "customer": "cus_1",
    "livemode": False,
    "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
}


def test_types_without_a_rule_are_shown_whole():
    whole = renderer("cash_balance")(CASH_BALANCE)
    assert hide_from_publishable("cash_balance", whole) is whole
