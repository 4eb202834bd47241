"""What may stand in `source`, `payment_method` and `card[token]`, and what is refused by name."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused


def test_a_magic_payment_method_can_be_the_default_in_the_same_call(stripe):
    customer = stripe.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    (held,) = stripe.customers.payment_methods.list(customer.id).data
    assert customer.invoice_settings.default_payment_method == held.id


def test_a_refused_source_takes_the_payment_method_beside_it_back(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        stripe.customers.create({"payment_method": method.id, "source": "tok_chargeDeclined"})

    assert stripe.payment_methods.retrieve(method.id).customer is None
    assert event_types(stripe) == []


def test_the_network_a_holder_prefers_is_kept_beside_a_token(stripe):
    card = {"token": "tok_visa_cartesBancaires", "networks": {"preferred": "cartes_bancaires"}}
    shown = stripe.payment_methods.create({"type": "card", "card": card}).card
    assert (shown.networks.preferred, shown.display_brand) == ("cartes_bancaires", "cartes_bancaires")


def test_a_source_keeps_the_currency_of_its_token(stripe):
    token = stripe.tokens.create({"card": {**VISA, "number": "4000056655665556", "currency": "USD"}})
    customer = stripe.customers.create({"source": token.id, "expand": ["default_source"]})
    assert customer.default_source.currency == "usd"


def test_sources_are_listed_when_they_are_asked_for(stripe):
    customer = stripe.customers.create({"source": "tok_visa", "payment_method": "pm_card_mastercard"})
    plain = stripe.customers.retrieve(customer.id)
    asked = stripe.customers.retrieve(customer.id, {"expand": ["sources", "subscriptions", "tax_ids"]})

    assert "sources" not in plain
    assert [source.id for source in asked.sources.data] == [customer.default_source]
    assert (asked.sources.url, asked.sources.has_more) == (f"/v1/customers/{customer.id}/sources", False)
    assert asked.subscriptions.data == asked.tax_ids.data == []


def test_an_inline_card_is_a_source_and_its_faults_carry_its_name(post):
    inline = {f"source[{name}]": value for name, value in {"object": "card", **VISA}.items()}
    created = post("/v1/customers", {**inline, "source[metadata][a]": "b", "expand[]": "default_source"}).json

    assert created["default_source"]["metadata"] == {"a": "b"}
    del inline["source[exp_month]"]
    assert post("/v1/customers", inline).error["param"] == "source[exp_month]"
    wrapped = post("/v1/customers", {"source[object]": "card", "source[token]": "tok_visa"})
    assert wrapped.json["default_source"].startswith("card_")


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/customers", {"source": "tok_visa", "card": "tok_visa"}, "parameters_exclusive", "card"),
        ("/v1/customers", {"invoice_prefix": "x"}, None, "invoice_prefix"),
        (
            "/v1/customers",
            {
                f"invoice_settings[custom_fields][{n}][{key}]": "x"
                for n in range(5)
                for key in ("name", "value")
            },
            None,
            "invoice_settings[custom_fields]",
        ),
        (
            "/v1/payment_methods",
            {"type": "card", "card[token]": ""},
            "parameter_invalid_empty",
            "card[token]",
        ),
        ("/v1/payment_methods", {"type": "card", "card[token]": "btok_us_verified"}, None, "card[token]"),
        (
            "/v1/payment_methods",
            {"type": "card", "card[token]": "tok_visa", "sepa_debit[iban]": "DE89370400440532013000"},
            None,
            "sepa_debit",
        ),
        (
            "/v1/payment_methods",
            {"type": "card", "card[token]": "tok_visa", "billing_details[address][country]": "ZZ"},
            "country_code_invalid",
            "billing_details[address][country]",
        ),
        ("/v1/payment_methods/pm_nope/attach", {}, "parameter_missing", "customer"),
        (
            "/v1/payment_methods/pm_card_visa/attach",
            {"customer": "cus_x", "customer_account": "acct_x"},
            "parameters_exclusive",
            "customer_account",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_leaves_nothing(post, get, path, params, code, param):
    reply = post(path, params)

    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert get("/v1/customers").json["data"] == get("/v1/payment_methods").json["data"] == []


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("DELETE", "/v1/customers/cus_x/discount", {}),
    ],
)
def test_what_is_not_there_yet_is_not_answered_as_if_it_were(server, secret_key, method, path, params):
    reply = server.request(method, path, params, key=secret_key)
    assert (reply.status, reply.error["code"]) == (501, "strongroom_not_implemented")
