"""Requests against the contract: what is right becomes typed values, what is wrong one error in Stripe's words."""

import json

import pytest

from strongroom import errors
from strongroom.contract import contract
from strongroom.contract.refusals import Refusals
from strongroom.secret import Secret

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
PAYMENT = {"amount": "1000", "currency": "usd"}


def validate(key, tree):
    return contract().operations[key].validate(tree)


def refusal(key, tree):
    with pytest.raises(errors.ParameterRefused) as caught:
        validate(key, tree)
    return caught.value


def plain(value):
    """The typed tree with its secrets opened, to compare with."""
    if isinstance(value, Secret):
        return ("secret", value.reveal())
    if isinstance(value, dict):
        return {key: plain(inside) for key, inside in value.items()}
    return [plain(inside) for inside in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("key", "tree", "typed"),
    [
        (
            "POST /v1/tokens",
            {"card": CARD},
            {
                "card": {
                    "number": ("secret", "4242424242424242"),
                    "exp_month": "12",
                    "exp_year": "2030",
                    "cvc": ("secret", "123"),
                }
            },
        ),
        ("POST /v1/tokens", {"card": "card_1", "customer": "cus_1"}, {"card": "card_1", "customer": "cus_1"}),
        (
            "POST /v1/tokens",
            {"card": {**CARD, "cvc": ""}},
            {
                "card": plain(
                    {"number": Secret("4242424242424242"), "exp_month": "12", "exp_year": "2030", "cvc": ""}
                )
            },
        ),
        (
            "POST /v1/tokens",
            {"pii": {"personal_id_number": "1"}},
            {"pii": {"personal_id_number": ("secret", "1")}},
        ),
        ("POST /v1/tokens", {"cvc_update": {"cvc": "123"}}, {"cvc_update": {"cvc": ("secret", "123")}}),
        (
            "POST /v1/payment_intents",
            {**PAYMENT, "confirm": "true"},
            {"amount": 1000, "currency": "usd", "confirm": True},
        ),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "-0012"}, {"amount": -12, "currency": "usd"}),
        (
            "POST /v1/payment_intents",
            {**PAYMENT, "payment_method_data": {"type": "card", "card": {"number": "1", "exp_month": "x"}}},
            {
                "amount": 1000,
                "currency": "usd",
                "payment_method_data": {
                    "card": {"number": ("secret", "1"), "exp_month": "x"},
                    "type": "card",
                },
            },
        ),
        (
            "POST /v1/payment_methods",
            {"type": "card", "card": {"exp_month": "13", "exp_year": "95", "number": "1"}},
            {"card": {"number": ("secret", "1"), "exp_month": "13", "exp_year": "95"}, "type": "card"},
        ),
        (
            "POST /v1/payment_methods",
            {"type": "sepa_debit", "sepa_debit": {"iban": "DE89"}},
            {"sepa_debit": {"iban": ("secret", "DE89")}, "type": "sepa_debit"},
        ),
        ("POST /v1/customers", {"source": "tok_1", "card": "tok_2"}, {"source": "tok_1", "card": "tok_2"}),
        (
            "POST /v1/customers",
            {"source": {"object": "card", "number": "1"}},
            {"source": {"object": "card", "number": ("secret", "1")}},
        ),
        (
            "POST /v1/customers",
            {"metadata": "", "shipping": "", "address": "", "name": "", "email": "", "tax_exempt": ""},
            {"metadata": "", "shipping": "", "address": "", "name": "", "email": "", "tax_exempt": ""},
        ),
        (
            "POST /v1/customers",
            {"metadata": {"a": "", "b": "é" * 500}},
            {"metadata": {"a": "", "b": "é" * 500}},
        ),
        (
            "POST /v1/customers",
            {"preferred_locales": {"10": "c", "2": "b", "0": "a"}},
            {"preferred_locales": ["a", "b", "c"]},
        ),
        ("POST /v1/customers", {"balance": "-5", "validate": "false"}, {"balance": -5, "validate": False}),
        (
            "GET /v1/customers",
            {"limit": "100", "created": {"gte": "5", "lt": "9"}},
            {"created": {"gte": 5, "lt": 9}, "limit": 100},
        ),
        (
            "GET /v1/customers",
            {"created": "5", "email": "not checked"},
            {"created": 5, "email": "not checked"},
        ),
        (
            "POST /v1/accounts/{account}/external_accounts",
            {
                "external_account": {
                    "object": "bank_account",
                    "country": "US",
                    "account_number": "000123456789",
                }
            },
            {
                "external_account": {
                    "account_number": ("secret", "000123456789"),
                    "country": "US",
                    "object": "bank_account",
                }
            },
        ),
        (
            "POST /v1/accounts",
            {"settings": {"payouts": {"schedule": {"delay_days": "minimum"}}}},
            {"settings": {"payouts": {"schedule": {"delay_days": "minimum"}}}},
        ),
        (
            "POST /v1/accounts",
            {"settings": {"payouts": {"schedule": {"delay_days": "4"}}}},
            {"settings": {"payouts": {"schedule": {"delay_days": 4}}}},
        ),
        (
            "GET /v1/payment_method_configurations",
            {"application": "", "active": "true"},
            {"active": True, "application": ""},
        ),
    ],
)
def test_what_is_right_becomes_typed_values(key, tree, typed):
    assert plain(validate(key, tree)) == typed


EMPTY = "parameter_invalid_empty"
INTEGER = "parameter_invalid_integer"
UNKNOWN = "parameter_unknown"
MISSING = "parameter_missing"


@pytest.mark.parametrize(
    ("key", "tree", "param", "code", "message"),
    [
        # Unknown names come first, all of them in one message.
        ("POST /v1/customers", {"foo": "1"}, "foo", UNKNOWN, "Received unknown parameter: foo"),
        ("GET /v1/customers", {"foo": "1"}, "foo", UNKNOWN, "Received unknown parameter: foo"),
        ("DELETE /v1/customers/{customer}", {"expand": {"0": "x"}}, "expand", UNKNOWN, "Received unknown parameter: expand"),
        ("POST /v1/tokens", {"card": {"foo": "1"}}, "card[foo]", UNKNOWN, "Received unknown parameter: card[foo]"),
        ("POST /v1/tokens", {"card": {"foo": "1"}, "bar": "2", "pii": "x"}, "card[foo]", UNKNOWN, "Received unknown parameters: card[foo], bar"),
        ("POST /v1/tokens", {"card": {"0": "1"}}, "card[0]", UNKNOWN, "Received unknown parameter: card[0]"),
        ("POST /v1/tokens", {"metadata": {"a": "1"}}, "metadata", UNKNOWN, "Received unknown parameter: metadata"),
        ("POST /v1/customers/{customer}", {"payment_method": "pm_1"}, "payment_method", UNKNOWN, "Received unknown parameter: payment_method"),
        ("POST /v1/tokens", {"4242424242424242": ""}, "****************", UNKNOWN, "Received unknown parameter: ****************"),
        # Then types and what is missing, in the order of the schema.
        ("POST /v1/payment_intents", {}, "amount", MISSING, "Missing required param: amount."),
        ("POST /v1/payment_intents", {"amount": "1"}, "currency", MISSING, "Missing required param: currency."),
        ("POST /v1/payment_intents", {"amount": "x"}, "amount", INTEGER, "Invalid integer: x"),
        ("POST /v1/tokens", {"card": {"cvc": "1"}}, "card[number]", MISSING, "Missing required param: card[number]."),
        ("POST /v1/tokens", {"card": {"number": "1"}}, "card[exp_month]", MISSING, "Missing required param: card[exp_month]."),
        ("POST /v1/customers", {"tax_id_data": {"3": {"type": "eu_vat"}}}, "tax_id_data[3][value]", MISSING, "Missing required param: tax_id_data[3][value]."),
        # Integers.
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "12.5"}, "amount", INTEGER, "Invalid integer: 12.5"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "+1"}, "amount", INTEGER, "Invalid integer: +1"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "1_0"}, "amount", INTEGER, "Invalid integer: 1_0"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": " 1"}, "amount", INTEGER, "Invalid integer:  1"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "1\n"}, "amount", INTEGER, "Invalid integer: 1\n"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "٣"}, "amount", INTEGER, "Invalid integer: ٣"),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": "1" * 19}, "amount", INTEGER, "Invalid integer: " + "*" * 19),
        ("POST /v1/payment_intents", {**PAYMENT, "amount": {"0": "1"}}, "amount", INTEGER, 'Invalid integer: {"0":"1"}'),
        ("GET /v1/customers", {"limit": "0"}, "limit", INTEGER, "This value must be greater than or equal to 1."),
        ("GET /v1/customers", {"limit": "-3"}, "limit", INTEGER, "This value must be greater than or equal to 1."),
        ("GET /v1/customers", {"limit": "101"}, "limit", INTEGER, "This value must be less than or equal to 100."),
        ("GET /v1/customers", {"limit": "--5"}, "limit", INTEGER, "Invalid integer: --5"),
        ("GET /v1/customers", {"created": "x"}, "created", INTEGER, "Invalid integer: x"),
        ("GET /v1/customers", {"created": {"gte": "x"}}, "created[gte]", INTEGER, "Invalid integer: x"),
        ("GET /v1/customers", {"created": {"eq": "1"}}, "created[eq]", UNKNOWN, "Received unknown parameter: created[eq]"),
        # Booleans and enums.
        ("POST /v1/payment_intents", {**PAYMENT, "confirm": "yes"}, "confirm", None, "Invalid boolean: yes"),
        ("POST /v1/payment_intents", {**PAYMENT, "confirm": "1"}, "confirm", None, "Invalid boolean: 1"),
        ("POST /v1/payment_intents", {**PAYMENT, "confirm": "True"}, "confirm", None, "Invalid boolean: True"),
        ("POST /v1/payment_intents", {**PAYMENT, "capture_method": "x"}, "capture_method", None, "Invalid capture_method: must be one of automatic, automatic_async, or manual"),
        ("POST /v1/payment_intents", {**PAYMENT, "capture_method": {"0": "x"}}, "capture_method", None, "Invalid capture_method: must be one of automatic, automatic_async, or manual"),
        ("POST /v1/tokens", {"account": {"business_type": "x"}}, "account[business_type]", None, "Invalid business_type: must be one of company, government_entity, individual, or non_profit"),
        ("POST /v1/customers", {"source": {"object": "x"}}, "source[object]", None, "Invalid object: must be one of bank_account or card"),
        ("POST /v1/payment_intents", {**PAYMENT, "payment_method_options": {"card": {"setup_future_usage": "x"}}}, "payment_method_options[card][setup_future_usage]", None, "Invalid setup_future_usage: must be one of none, off_session, or on_session"),
        # Forms.
        ("POST /v1/customers", {"name": {"0": "a"}}, "name", None, 'Invalid string: {"0":"a"}'),
        ("POST /v1/customers", {"name": {"a": {"b": 'say "x"'}, "c": "d"}}, "name", None, 'Invalid string: {"a":{"b":"say \\"x\\""},"c":"d"}'),
        ("POST /v1/customers", {"metadata": "abc"}, "metadata", None, "Invalid object"),
        ("POST /v1/customers", {"invoice_settings": "abc"}, "invoice_settings", None, "Invalid object"),
        ("POST /v1/customers", {"preferred_locales": "de"}, "preferred_locales", None, "Invalid array"),
        ("POST /v1/customers", {"preferred_locales": {"x": "de"}}, "preferred_locales", None, "Invalid array"),
        ("POST /v1/customers", {"preferred_locales": {"9" * 5000: "de"}}, "preferred_locales", None, "Invalid array"),
        ("POST /v1/customers", {"preferred_locales": {"٣": "de"}}, "preferred_locales", None, "Invalid array"),
        ("POST /v1/customers", {"preferred_locales": {str(n): "de" for n in range(1001)}}, "preferred_locales", None, "Invalid array: at most 1000 items can be passed"),
        ("POST /v1/customers", {"preferred_locales": {"7": {"a": "b"}}}, "preferred_locales[7]", None, 'Invalid string: {"a":"b"}'),
        # Empty and blank.
        ("POST /v1/customers", {"balance": ""}, "balance", EMPTY, None),
        ("POST /v1/customers", {"validate": ""}, "validate", EMPTY, None),
        ("POST /v1/customers", {"invoice_settings": ""}, "invoice_settings", EMPTY, None),
        ("POST /v1/customers", {"preferred_locales": ""}, "preferred_locales", EMPTY, None),
        ("POST /v1/payment_intents", {**PAYMENT, "capture_method": ""}, "capture_method", EMPTY, None),
        ("POST /v1/payment_intents", {**PAYMENT, "currency": ""}, "currency", EMPTY, None),
        ("POST /v1/tokens", {"card": {**CARD, "number": ""}}, "card[number]", EMPTY, None),
        ("GET /v1/customers", {"email": ""}, "email", EMPTY, None),
        ("GET /v1/payment_methods", {"customer": ""}, "customer", EMPTY, None),
        ("POST /v1/payment_intents", {**PAYMENT, "currency": " \t "}, "currency", "parameter_invalid_string_blank", None),
        # Lengths and formats.
        ("POST /v1/customers", {"description": "a" * 5001}, "description", None, "Invalid string: " + "a" * 200 + "…; must be at most 5000 characters"),
        ("POST /v1/customers", {"name": "a" * 257}, "name", None, "Invalid string: " + "a" * 200 + "…; must be at most 256 characters"),
        ("POST /v1/customers", {"phone": "a" * 21}, "phone", None, "Invalid string: " + "a" * 21 + "; must be at most 20 characters"),
        ("POST /v1/customers", {"email": "a@" + "b" * 511}, "email", None, "Invalid string: a@" + "b" * 198 + "…; must be at most 512 characters"),
        ("POST /v1/customers", {"email": "nobody"}, "email", "email_invalid", "Invalid email address: nobody"),
        ("POST /v1/customers", {"email": "a b@c"}, "email", "email_invalid", "Invalid email address: a b@c"),
        # Metadata.
        ("POST /v1/customers", {"metadata": {"a": "v" * 501}}, "metadata[a]", None, "Metadata values can have up to 500 characters, but you passed in a value that is 501 characters. Invalid value: " + "v" * 200 + "…"),
        ("POST /v1/customers", {"metadata": {"k" * 41: "v"}}, "metadata", None, "Metadata keys can have up to 40 characters, but you passed in a key that is 41 characters. Invalid key: " + "k" * 41),
        ("POST /v1/customers", {"metadata": {"a[b": "v"}}, "metadata", None, "Metadata keys cannot be empty and cannot contain square brackets."),
        ("POST /v1/customers", {"metadata": {"": "v"}}, "metadata", None, "Metadata keys cannot be empty and cannot contain square brackets."),
        ("POST /v1/customers", {"metadata": {"a": {"b": "c"}}}, "metadata[a]", None, 'Invalid string: {"b":"c"}'),
        ("POST /v1/customers", {"metadata": {str(n): "v" for n in range(51)}}, "metadata", None, "Metadata can have up to 50 keys, but you passed in 51."),
        # Secret leaves: their path, never what was sent.
        ("POST /v1/tokens", {"card": {**CARD, "number": {"0": "4242"}}}, "card[number]", None, "Invalid string"),
        ("POST /v1/tokens", {"card": {**CARD, "cvc": "7" * 5001}}, "card[cvc]", None, "Invalid string; must be at most 5000 characters"),
        ("POST /v1/tokens", {"customer": {"card": {"cvc": "123", "x": "4242 4242 4242 4242"}}}, "customer", None, 'Invalid string: {"card":{"cvc":"***","x":"*******************"}}'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_error(key, tree, param, code, message):
    error = refusal(key, tree)
    assert (error.param, error.code) == (param, code)
    assert error.http_status == 400
    assert error.is_about_parameters
    if message is None:
        assert f"'{param}'" in error.message
    else:
        assert error.message == message


def test_a_refusal_carries_no_trace_of_the_exception_that_held_the_input():
    error = refusal("POST /v1/tokens", {"card": {**CARD, "exp_year": {"a": "b"}}})
    assert error.__context__ is None
    assert error.__cause__ is None


def test_text_keeps_its_meaning_beside_the_limits():
    for text in ("a" * 5000, "é" * 5000, "€uro\n"):
        assert validate("POST /v1/customers", {"description": text}) == {"description": text}


def test_every_operation_compiles_and_knows_its_own_required_parameters():
    for operation in contract().operations.values():
        try:
            assert operation.validate({}) == {}
        except errors.ParameterRefused as error:
            assert error.code == MISSING  # noqa: PT017 -- which of the two it is differs between operations


def secret_paths(kind, prefix=""):
    """(path, where) of every secret leaf below a type of parameters."""
    shapes = contract().shapes.hashes
    if isinstance(kind, list):
        for member in kind[1:] if kind[0] in ("or", "clear", "list") else ():
            yield from secret_paths(member, prefix)
    elif kind.startswith("#"):
        for name, inside in shapes[kind[1:]].items():
            path = f"{prefix}.{name.removesuffix('?')}"
            if isinstance(inside, list) and isinstance(inside[-1], dict) and "secret" in inside[-1]:
                yield path[1:]
            yield from secret_paths(inside, path)


def test_the_secret_leaves_are_those_of_the_security_design():
    token = set(secret_paths(contract().operations["POST /v1/tokens"].params))
    assert token == {
        "account.company.registration_number", "account.company.tax_id", "account.company.vat_id",
        "account.individual.id_number", "account.individual.id_number_secondary",
        "account.individual.ssn_last_4", "bank_account.account_number", "card.cvc", "card.number", "cvc_update.cvc",
        "person.id_number", "person.id_number_secondary", "person.ssn_last_4", "pii.id_number", "pii.personal_id_number",
    }  # fmt: skip
    intent = set(secret_paths(contract().operations["POST /v1/payment_intents"].params))
    assert intent == {
        f"payment_method_data.{leaf}"
        for leaf in (
            "acss_debit.account_number", "au_becs_debit.account_number", "bacs_debit.account_number", "billing_details.tax_id",
            "boleto.tax_id", "card.cvc", "card.number", "nz_bank_account.account_number", "payto.account_number", "payto.pay_id",
            "sepa_debit.iban", "us_bank_account.account_number",
        )
    }  # fmt: skip


def test_a_secret_leaf_that_lost_its_mark_would_be_shown():
    """Control: the refusals rest on the mark in the contract, and the tests above would see it gone."""
    shapes = contract().shapes
    params = contract().operations["POST /v1/tokens"].params
    hashes = {name: dict(fields) for name, fields in shapes.hashes.items()}
    hashes["TokenCreateParamsCard"]["number"] = "str"
    tree = {"card": {"number": {"0": "4242"}}}
    found = [{"type": "string_type", "loc": ("card", 0, "number"), "input": None}]
    blind = Refusals(hashes, shapes.enums).refusal(params, found, tree)
    assert "4242" in json.dumps(blind.body())
    assert "4242" not in json.dumps(shapes.refusals.refusal(params, found, tree).body())
