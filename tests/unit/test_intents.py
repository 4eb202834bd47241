"""Rules of intents: amounts, how types are chosen, what a status allows, and what is shown of options."""

import copy
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.currencies import build, currencies
from strongroom.catalog.intent_options import build as build_options
from strongroom.catalog.reading import CatalogError, read
from strongroom.contract import contract, fit
from strongroom.contract.render import _shape
from strongroom.contract.types import head, named
from strongroom.domain import intents
from strongroom.domain.amounts import check_amount, currency_of
from strongroom.domain.intents import Choosing
from strongroom.errors import InvalidRequest, ParameterRefused
from strongroom.resources.intent_parts import PAYMENT, SETUP, kept_options, shown_options

HASHES = contract().shapes.hashes
ENUMS = contract().shapes.enums


# -- amounts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(currencies()))
def test_the_least_and_the_most_of_each_currency_can_be_charged_and_nothing_beyond(code):
    currency = currencies()[code]
    least = -(-currency.least // currency.multiple) * currency.multiple
    most = currency.most // currency.multiple * currency.multiple

    check_amount(least, currency)
    check_amount(most, currency)
    for amount in (0, -1, currency.most + 1):
        with pytest.raises(InvalidRequest):
            check_amount(amount, currency)
    if currency.least > 1:
        with pytest.raises(InvalidRequest) as refusal:
            check_amount(currency.least - 1, currency)
        assert refusal.value.code == "amount_too_small"
        check_amount(currency.multiple, currency, is_minimum_waived=True)


@pytest.mark.parametrize(
    ("code", "amount", "says"),
    [
        ("usd", 1, "Amount must be at least $0.50 usd"),
        ("usd", 10**8, "Amount must be no more than $999,999.99"),
        ("jpy", 49, "Amount must be at least 50 jpy"),
        ("huf", 1, "Amount must be at least 175.00 huf"),
        ("inr", 10**9, "Amount must be no more than 9,999,999.99"),
        ("kwd", 1005, "Amounts in kwd must be divisible by 10."),
        ("isk", 150, "Amounts in isk must be divisible by 100."),
    ],
)
def test_a_refused_amount_is_told_as_people_say_it(code, amount, says):
    with pytest.raises(InvalidRequest) as refusal:
        check_amount(amount, currency_of(code))
    assert refusal.value.message == says
    assert refusal.value.param == "amount"


def test_a_currency_is_known_in_any_case_and_others_are_not():
    assert currency_of("EUR").code == "eur"
    for unknown in ("xxx", "", "eu", "euro"):
        with pytest.raises(ParameterRefused) as refusal:
            currency_of(unknown)
        assert refusal.value.param == "currency"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"supported": ["usd", "usd"]}, "stands twice"),
        ({"least": {"xxx": 1}}, "least: there is no xxx"),
        ({"most": {"usd": 1}}, "usd is malformed"),
        ({"multiples": {"usd": 0}}, "usd is malformed"),
        ({"least": {"usd": "1"}}, "usd is malformed"),
        ({"colour": {}}, "nobody knows what colour means"),
    ],
)
def test_malformed_currencies_stop_the_start(change, says):
    with pytest.raises(CatalogError, match=says):
        build({**copy.deepcopy(read("currencies")), **change})


def test_defaults_of_a_type_that_there_is_not_stop_the_start():
    with pytest.raises(CatalogError, match="there is no money"):
        build_options({"payment_intent": {"money": {}}, "setup_intent": {}})


# -- how types are chosen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, Choosing(None)),
        ({"automatic_payment_methods": {"enabled": True}}, Choosing(None)),
        (
            {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}},
            Choosing(None, "never"),
        ),
        ({"automatic_payment_methods": {"enabled": False}}, Choosing(("card",))),
        ({"payment_method_configuration": "pmc_1"}, Choosing(None)),
        ({"payment_method_types": ["link", "card", "link"]}, Choosing(("link", "card"))),
    ],
)
def test_what_is_sent_says_how_types_are_chosen(params, expected):
    assert intents.choosing_of(params) == expected


@pytest.mark.parametrize(
    ("automatic", "types", "params", "expected"),
    [
        ({"enabled": True, "allow_redirects": "never"}, ["card"], {"amount": 5}, Choosing(None, "never")),
        ({"enabled": True, "allow_redirects": "always"}, ["card"], {"payment_method_types": ["link"]}, Choosing(("link",))),
        (None, ["link"], {"amount": 5}, Choosing(("link",))),
        (None, ["link"], {"payment_method_types": ["card"]}, Choosing(("card",))),
    ],
)  # fmt: skip
def test_an_update_chooses_as_before_unless_it_names_types(automatic, types, params, expected):
    intent = {"automatic_payment_methods": automatic, "payment_method_types": types}

    assert intents.choosing_again(intent, params) == expected


# -- what a status allows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ENUMS["PaymentIntent.status"])
def test_every_status_of_a_payment_intent_can_be_canceled_or_not(status):
    assert (intents.cannot_cancel(status) is None) == (status not in {"canceled", "succeeded"})


@pytest.mark.parametrize("status", ENUMS["SetupIntent.status"])
def test_every_status_of_a_setup_intent_can_be_canceled_or_not(status):
    assert (intents.cannot_cancel_setup(status) is None) == status.startswith("requires_")


@pytest.mark.parametrize(
    ("field", "status"),
    list(
        itertools.product(
            ("amount", "currency", "payment_method", "metadata", "description", "shipping"),
            ENUMS["PaymentIntent.status"],
        )
    ),
)
def test_what_may_be_updated_in_which_status(field, status):
    is_note = field in {"metadata", "description", "shipping"}
    is_open = status in {"requires_payment_method", "requires_confirmation", "requires_action"}

    assert (intents.cannot_update(field, status) is None) == (is_note or is_open)
    assert (intents.cannot_update_setup(field, status) is None) == (is_note or is_open)


# -- options ---------------------------------------------------------------------------------------------------------------


SCALARS = {"int": 7, "bool": True, "float": 1.5, "str": "text", "map": {"a": "b"}}
NAMED = {"reference_prefix": "SHOP-"}
COMPOUND = {
    "#": lambda kind: {
        name: NAMED.get(name) or sample(inside) for name, inside, _ in named(HASHES[kind[1:]])
    },
    "clear": lambda kind: sample(kind[1]),
    "or": lambda kind: sample(kind[1]),
    "enum": lambda kind: kind[1],
    "enum-of": lambda kind: ENUMS[kind[1]][0],
    "list": lambda kind: [sample(kind[1])],
}


def sample(kind):
    """A value that parameters of a type may have, every field of every hash given."""
    made = COMPOUND.get(head(kind))
    return SCALARS[head(kind)] if made is None else made(kind)


INTENTS = [
    (words, name)
    for words in (PAYMENT, SETUP)
    for name, _, _ in named(HASHES[f"{words.name}CreateParamsPaymentMethodOptions"])
]


@pytest.mark.parametrize(("words", "name"), INTENTS)
def test_whatever_options_are_sent_an_answer_has_room_for_what_is_shown(words, name):
    kind = HASHES[f"{words.name}CreateParamsPaymentMethodOptions"][f"{name}?"]
    kept = kept_options(words, {}, {name: sample(kind)})

    shown = shown_options(words, [name], kept)

    shape = contract().shapes.resources[words.type][1:]
    options = HASHES[shape]["payment_method_options"][1][1:]
    _shape(options)(copy.deepcopy(shown))
    assert "cvc_token" not in str(shown)


def test_every_type_a_payment_can_have_has_an_entry():
    types = [name for name, _, _ in named(HASHES["PaymentIntent.PaymentMethodOptions"])]
    shown = shown_options(PAYMENT, types, {})
    assert set(shown) == set(types)
    rendered = _shape("PaymentIntent.PaymentMethodOptions")(shown)
    assert rendered["klarna"] == {"preferred_locale": None}
    assert rendered["afterpay_clearpay"] == {"reference": None}
    assert rendered["wechat_pay"] == {"app_id": None, "client": None}
    assert rendered["link"] == {"persistent_token": None}
    assert rendered["alipay"] == {}


def test_fitting_drops_what_has_no_room_and_what_is_empty():
    given = {"capture_method": "", "cvc_token": "cvctok_1", "network": "visa", "moto": True}

    assert fit("PaymentIntent.PaymentMethodOptions.Card", given) == {"network": "visa"}


@given(
    st.dictionaries(
        st.sampled_from(["capture_method", "network", "cvc_token"]), st.sampled_from(["", "manual", "visa"])
    )
)
def test_fitting_twice_is_fitting_once(given_options):
    once = fit("PaymentIntent.PaymentMethodOptions.Card", given_options)

    assert fit("PaymentIntent.PaymentMethodOptions.Card", once) == once
