"""Which methods are offered and why not: each step of the chain by itself, and the examples the reference gives."""

import pytest
from msgspec.structs import replace

from strongroom.catalog.eligibility import methods
from strongroom.domain.charges import Shape
from strongroom.domain.configurations import Choice
from strongroom.domain.eligibility import CHAIN, Ask, Options, capability_status, types_of, verdict, verdicts

ALL = methods()
EVERYTHING = {
    name: "active"
    for one in ALL.values()
    for name in (one.capability, *one.capability_in.values())
    if name is not None
}


def ask(country="DE", on=(), **rest):
    choices = {name: Choice(True, None, "on", "on") for name in on} if on else None
    return Ask(country, EVERYTHING, choices, **rest)


def types(*on, **rest):
    return types_of(verdicts(ALL.values(), ask(on=on, **rest)))


def codes(name, asked):
    return [reason.code for reason in verdict(ALL[name], asked).reasons]


# -- the examples of the reference ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "on", "rest", "expected"),
    [
        (36, ("apple_pay", "card"), {"currency": "eur"}, ["card"]),
        (37, ("ideal",), {"currency": "usd"}, []),
        (38, ("ideal",), {"currency": "eur", "capture_method": "manual"}, []),
        (39, ("card", "klarna"), {"country": "US", "currency": "usd", "redirects": False}, ["card"]),
        (
            40,
            ("card", "affirm", "ideal"),
            {"currency": "eur", "setup_future_usage": "off_session"},
            ["card", "ideal"],
        ),
        (41, ("card",), {"currency": "eur", "excluded": frozenset({"card"})}, []),
        (43, ("card",), {"currency": "eur", "excluded": frozenset({"zip"})}, ["card"]),
        (44, ("card", "sepa_debit"), {"currency": "eur", "amount": 1_000_000}, ["card", "sepa_debit"]),
        (44, ("card", "sepa_debit"), {"currency": "eur", "amount": 1_000_001}, ["card"]),
        (45, ("konbini",), {"country": "JP", "currency": "jpy", "amount": 100}, []),
        (45, ("konbini",), {"country": "JP", "currency": "jpy", "amount": 120}, ["konbini"]),
        (45, ("konbini",), {"country": "JP", "currency": "jpy", "amount": 300_000}, ["konbini"]),
        (45, ("konbini",), {"country": "JP", "currency": "jpy", "amount": 300_001}, []),
        (
            49,
            ("card", "oxxo", "us_bank_account"),
            {"country": "US", "is_setup": True},
            ["card", "us_bank_account"],
        ),
        (50, ("card", "ideal"), {"currency": "usd"}, ["card"]),
    ],
)
def test_examples_of_the_reference(number, on, rest, expected):
    assert types(*on, **rest) == expected, f"edge case {number}"


def test_excluding_card_takes_along_what_rides_on_it():
    decided = verdicts(ALL.values(), ask(on=("card", "apple_pay"), excluded=frozenset({"card"})))

    assert types_of(decided) == []
    assert [reason.code for reason in decided["apple_pay"].reasons] == ["excluded", "carrier"]


def test_card_comes_first_and_nothing_twice():
    on = ("affirm", "apple_pay", "card", "cartes_bancaires", "google_pay", "klarna", "acss_debit")

    assert types(*on, country="US", currency="usd", amount=10_000) == [
        "card",
        "acss_debit",
        "affirm",
        "klarna",
    ]


# -- each step by itself -------------------------------------------------------------------------------------------------

OFF = Choice(available=False, overridable=None, preference="off", value="off")
BLOCKED = Choice(available=False, overridable=False, preference="on", value="off")
US = Ask("US", EVERYTHING)


@pytest.mark.parametrize(
    ("code", "method", "asked", "words"),
    [
        ("discontinued", "giropay", ask(), "giropay is no longer offered."),
        (
            "blocked",
            "klarna",
            replace(US, choices={"klarna": BLOCKED}),
            "The platform has blocked Klarna for this account.",
        ),
        (
            "switched_off",
            "klarna",
            replace(US, choices={"klarna": OFF}),
            "Klarna is switched off in the configuration.",
        ),
        ("switched_off", "klarna", replace(US, choices={}), "Klarna is switched off in the configuration."),
        (
            "capability",
            "klarna",
            replace(US, capabilities={"klarna_payments": "pending"}),
            "The capability klarna_payments of the account is pending.",
        ),
        (
            "capability",
            "klarna",
            replace(US, capabilities={}),
            "The capability klarna_payments of the account is unrequested.",
        ),
        (
            "platform_capability",
            "affirm",
            replace(US, platform_capabilities={}),
            "The platform needs the capability affirm_payments as well.",
        ),
        ("country", "paynow", US, "Accounts in US cannot accept PayNow."),
        (
            "currency",
            "ideal",
            replace(US, currency="usd"),
            "iDEAL does not take usd from accounts in US.",
        ),
        (
            "amount_too_small",
            "affirm",
            replace(US, currency="usd", amount=3499),
            "The amount is below the least that Affirm takes.",
        ),
        (
            "amount_too_large",
            "affirm",
            replace(US, currency="usd", amount=3_000_001),
            "The amount is above the most that Affirm takes.",
        ),
        (
            "setup_future_usage",
            "affirm",
            replace(US, setup_future_usage="off_session"),
            "Affirm cannot be kept for use off-session.",
        ),
        (
            "capture_method",
            "us_bank_account",
            replace(US, capture_method="manual"),
            "ACH Direct Debit cannot be authorised first and captured later.",
        ),
        (
            "redirect",
            "klarna",
            replace(US, redirects=False),
            "Klarna sends the buyer elsewhere, which is not allowed here.",
        ),
        (
            "excluded",
            "klarna",
            replace(US, excluded=frozenset({"klarna"})),
            "Klarna is excluded by the request.",
        ),
        (
            "allowed",
            "klarna",
            replace(US, allowed=frozenset({"card"})),
            "Klarna is not among the types that the request allows.",
        ),
        (
            "on_behalf_of",
            "customer_balance",
            replace(US, is_on_behalf=True),
            "Bank transfers cannot be charged on behalf of another account.",
        ),
        (
            "charge_type",
            "alipay",
            replace(US, shape=Shape.DIRECT),
            "Alipay does not support charges of the type direct.",
        ),
        (
            "surface",
            "acss_debit",
            replace(US, surface="subscription"),
            "Pre-authorized debit (Canada) is not shown on pages in subscription mode.",
        ),
        ("setup", "affirm", replace(US, is_setup=True), "Affirm cannot be set up without a payment."),
        ("customer", "customer_balance", replace(US, has_customer=False), "Bank transfers needs a customer."),
        (
            "buyer_country",
            "klarna",
            replace(US, buyer_country="DE"),
            "Klarna is not for buyers in DE.",
        ),
    ],
)
def test_each_reason_alone_with_its_words(code, method, asked, words):
    reasons = verdict(ALL[method], asked).reasons

    assert [(reason.code, reason.words) for reason in reasons] == [(code, words)]


def test_every_step_of_the_chain_has_such_a_test():
    marks = test_each_reason_alone_with_its_words.pytestmark
    tested = {row[0] for mark in marks for row in mark.args[1]}

    assert tested == {code for code, _, _ in CHAIN}


def test_every_reason_is_told_in_the_order_of_the_chain():
    asked = ask("US", currency="usd", amount=1, capture_method="manual", redirects=False, is_setup=False)

    assert codes("konbini", asked) == ["country", "currency", "capture_method"]
    assert codes("affirm", asked) == ["amount_too_small", "redirect"]


# -- what payment_method_options say of one type -------------------------------------------------------------------------


def test_a_type_can_be_left_out_of_what_is_kept():
    kept = {"setup_future_usage": "off_session", "currency": "usd", "country": "US"}

    assert types("card", "affirm", **kept) == ["card"]
    assert types("card", "affirm", **kept, options={"affirm": Options("none")}) == ["card", "affirm"]


def test_manual_capture_of_cards_alone_leaves_the_rest():
    manual = {"card": Options(capture_method="manual")}

    assert types("card", "ideal", currency="eur", options=manual) == ["card", "ideal"]
    assert types("card", "ideal", currency="eur", capture_method="manual") == ["card"]


def test_what_is_said_of_cards_is_said_of_their_wallets():
    asked = ask(options={"card": Options("off_session")}, on=("apple_pay",))

    assert asked.reuse(ALL["apple_pay"]) == "off_session"
    assert asked.reuse(ALL["klarna"]) is None


# -- capabilities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capabilities", "currency", "status"),
    [
        ({"bank_transfer_payments": "active"}, None, "active"),
        ({"us_bank_transfer_payments": "active"}, None, "active"),
        ({"us_bank_transfer_payments": "active"}, "usd", "active"),
        ({"us_bank_transfer_payments": "active"}, "eur", "unrequested"),
        (
            {"us_bank_transfer_payments": "inactive", "sepa_bank_transfer_payments": "pending"},
            None,
            "pending",
        ),
        ({"us_bank_transfer_payments": "inactive"}, "usd", "inactive"),
        ({}, "usd", "unrequested"),
    ],
)
def test_bank_transfers_have_a_capability_for_each_currency(capabilities, currency, status):
    assert capability_status(ALL["customer_balance"], capabilities, currency) == status


@pytest.mark.parametrize("name", ["apple_pay", "google_pay", "card"])
def test_wallets_need_what_cards_need(name):
    assert capability_status(ALL[name], {"card_payments": "active"}) == "active"


def test_a_capability_of_both_sides_is_not_asked_where_there_is_one_side():
    assert codes("affirm", replace(US, platform_capabilities=None)) == []
    assert codes("affirm", replace(US, platform_capabilities={"affirm_payments": "active"})) == []
    assert codes("klarna", replace(US, platform_capabilities={})) == []


# -- buyers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "merchant", "buyer", "is_offered"),
    [
        ("klarna", "DE", "FR", True),
        ("klarna", "DE", "GB", True),
        ("klarna", "DE", "US", False),
        ("klarna", "US", "US", True),
        ("klarna", "US", "DE", False),
        ("affirm", "US", "CA", False),
        ("blik", "DE", "PL", True),
        ("blik", "DE", "DE", False),
        ("card", "US", "IN", True),
    ],
)
def test_where_the_buyer_may_be(method, merchant, buyer, is_offered):
    assert verdict(ALL[method], ask(merchant, buyer_country=buyer)).is_offered is is_offered
