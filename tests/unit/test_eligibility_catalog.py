"""The facts about payment methods: complete, in step with the official SDK, and refused where they are malformed."""

import copy

import pytest

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.countries import country_table
from strongroom.catalog.eligibility import build, methods, shown_in
from strongroom.catalog.reading import CatalogError, read
from strongroom.contract import contract

HASHES = contract().shapes.hashes
ENUMS = contract().shapes.enums

# Not in `Account.capabilities`: previews, which a connected account cannot request.
PREVIEWS = {"alipay_payments", "paypal_payments", "wechat_pay_payments"}

# Keeping BLIK for later has a capability of its own, `blik_recurring_payments`; the published list says it cannot be kept.
NOT_KEPT_HERE = {"blik"}

# What a vendor's sample of a configuration in the US has.
SAMPLE = [
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "amazon_pay",
    "apple_pay",
    "bacs_debit",
    "bancontact",
    "blik",
    "card",
    "cartes_bancaires",
    "cashapp",
    "customer_balance",
    "eps",
    "giropay",
    "google_pay",
    "ideal",
    "klarna",
    "link",
    "multibanco",
    "p24",
    "sepa_debit",
    "sofort",
    "us_bank_account",
    "wechat_pay",
    "zip",
]


def keys_of(name):
    return {key.removesuffix("?") for key, kind in HASHES[name].items() if str(kind).startswith("#")}


def test_every_key_a_configuration_can_show_has_its_facts():
    shown = {name for name, one in methods().items() if one.status != "request_only"}

    assert shown == keys_of("PaymentMethodConfiguration")
    assert set(methods()) == keys_of("PaymentMethodConfigurationCreateParams")
    assert set(methods()) == keys_of("PaymentMethodConfigurationUpdateParams")


def test_what_can_be_excluded_is_what_the_sdk_lets_be_excluded():
    ours = {name for name, one in methods().items() if one.is_excludable and one.status != "request_only"}

    # Meal vouchers are request-only, and are no type of their own here.
    assert ours == set(ENUMS["SetupIntent.excluded_payment_method_types"])


def test_every_capability_is_one_an_account_can_have_or_a_preview():
    named = {c for one in methods().values() for c in (one.capability, *one.capability_in.values()) if c}
    known = {key.removesuffix("?") for key in HASHES["Account.Capabilities"]}

    assert named - known == PREVIEWS


def inside(kind):
    """The hash inside a type that may be cleared."""
    return HASHES[(kind if isinstance(kind, str) else kind[1])[1:]]


def options_of(method):
    kinds = HASHES["PaymentIntentCreateParamsPaymentMethodOptions"]
    return inside(kinds[f"{method}?"]) if f"{method}?" in kinds else None


def words(kind):
    """The words of an enum, wherever it is wrapped."""
    if isinstance(kind, list) and kind[0] == "enum":
        return set(kind[1:])
    if isinstance(kind, list) and kind[0] == "enum-of":
        return set(ENUMS[kind[1]])
    return {word for part in kind[1:] for word in words(part)} if isinstance(kind, list) else set()


OWN_TYPES = sorted(name for name, one in methods().items() if one.rides_on is None and options_of(name))


@pytest.mark.parametrize("name", OWN_TYPES)
def test_how_a_method_is_used_again_is_what_its_options_take(name):
    taken = words(options_of(name).get("setup_future_usage?", "str")) & {"on_session", "off_session"}

    assert methods()[name].reuse == (taken if name not in NOT_KEPT_HERE else set())


@pytest.mark.parametrize("name", OWN_TYPES)
def test_manual_capture_is_what_the_options_take(name):
    taken = words(options_of(name).get("capture_method?", "str"))

    assert methods()[name].manual_capture == ("manual" in taken)


def test_what_can_be_set_up_is_what_an_attempt_can_show():
    shown = {key.removesuffix("?") for key in HASHES["SetupAttempt.PaymentMethodDetails"]} & set(methods())
    ours = {name for name, one in methods().items() if one.setup and one.rides_on is None}

    assert ours == shown - NOT_KEPT_HERE


def test_the_sample_of_the_us_is_shown_there_and_what_belongs_elsewhere_is_not():
    shown = {one.type for one in shown_in("US")}

    assert shown >= set(SAMPLE)
    assert shown & {"paynow", "fpx", "oxxo", "konbini", "apple_pay_later", "fr_meal_voucher_conecs"} == set()


def test_only_cards_and_apple_pay_begin_switched_on():
    begin = {name for name, one in methods().items() if one.default == "on"}
    for_accounts = {name for name, one in methods().items() if one.parent_default == "on"}

    assert (begin, for_accounts) == ({"card", "apple_pay"}, {"card", "apple_pay", "google_pay"})


@pytest.mark.parametrize("name", sorted(methods()))
def test_every_method_is_somewhere_and_takes_some_money_there(name):
    one = methods()[name]

    assert one.countries
    assert one.shown_in >= one.countries
    assert any(one.currencies_in.get(country, True) for country in one.countries)
    assert set(one.amounts) <= (one.currencies or set(one.amounts))


@pytest.mark.parametrize(
    ("method", "change", "says"),
    [
        ("klarna", {"colour": "pink"}, "klarna: nobody knows what colour means"),
        ("klarna", {"capability": "klarna"}, "klarna: there is no klarna"),
        ("klarna", {"currencies": ["EUR"]}, "klarna: EUR is no currency"),
        ("klarna", {"amounts": {"eur": [10, 1]}}, "klarna: amounts from 10 to 1 are none"),
        ("klarna", {"amounts": {"eur": [-1]}}, "klarna: amounts from -1 to None are none"),
        ("klarna", {"amounts": {"eur": ["1"]}}, r"klarna: amounts are \[least\] or \[least, most\]"),
        ("klarna", {"amounts": {"eur": 5}}, r"klarna: amounts are \[least\] or \[least, most\]"),
        ("klarna", {"buyers": ["XX"]}, "klarna: there is no XX"),
        ("klarna", {"buyers": ["@moon"]}, "klarna: there is no @moon"),
        ("klarna", {"reuse": ["sometimes"]}, "klarna: there is no sometimes"),
        ("klarna", {"status": "asleep"}, "klarna: there is no asleep"),
        ("klarna", {"redirects": 1}, "klarna: redirects is not of type bool"),
        ("klarna", {"charges": ["odd"]}, "klarna: there is no odd"),
        ("klarna", {"default": "maybe"}, "klarna: there is no maybe"),
        ("apple_pay", {"rides_on": "cart"}, "apple_pay: there is no cart"),
        ("google_pay", {"needs": "cart"}, "google_pay: there is no cart"),
        ("alipay", {"countries": ["KP"]}, "alipay: there is no KP"),
        ("alipay", {"countries": []}, None),
    ],
)
def test_malformed_facts_stop_the_start(method, change, says):
    document = copy.deepcopy(read("eligibility"))
    document["methods"][method] |= change
    if says is None:
        assert build(document, account_tables(), country_table())[method].countries == frozenset()
        return
    with pytest.raises(CatalogError, match=says):
        build(document, account_tables(), country_table())


def test_a_method_nobody_says_where_stops_the_start():
    document = copy.deepcopy(read("eligibility"))
    del document["methods"]["klarna"]["capability"]

    with pytest.raises(CatalogError, match="klarna: neither countries nor a capability"):
        build(document, account_tables(), country_table())
