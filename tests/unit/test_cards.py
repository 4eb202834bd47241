"""What is wrong with a card is said in the documented order, words and place; what is right about it is described."""

from datetime import UTC, datetime

import pytest

from strongroom import catalog
from strongroom.domain.cards import (
    attach_outcome,
    canonical,
    card_facts,
    check_card,
    check_expiry,
    check_security_code,
    display_brand,
    legacy_brand,
    luhn_ok,
    preferred_network,
)
from strongroom.errors import CardError
from strongroom.secret import Secret
from strongroom.vault.cards import check_security_code as check_secret_code
from strongroom.vault.cards import take_card

NOW = int(datetime(2025, 6, 15, tzinfo=UTC).timestamp())
VISA = "4242424242424242"
AMEX = "378282246310005"

MESSAGES = {
    "invalid_number": "The card number is not a valid credit card number.",
    "incorrect_number": "Your card number is incorrect.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "invalid_cvc": "Your card's security code is invalid.",
}
PARAMS = {
    "invalid_number": "number",
    "incorrect_number": "number",
    "invalid_expiry_month": "exp_month",
    "invalid_expiry_year": "exp_year",
    "invalid_cvc": "cvc",
}


def refusal_of(number=VISA, month="12", year="2030", cvc="123") -> CardError:
    with pytest.raises(CardError) as caught:
        check_card(number, month, year, cvc, now=NOW)
    return caught.value


def assert_says(error: CardError, code: str) -> None:
    assert (error.http_status, error.body()) == (
        402,
        {
            "code": code,
            "doc_url": "https://stripe.com/docs/error-codes/" + code.replace("_", "-"),
            "message": MESSAGES[code],
            "param": PARAMS[code],
            "type": "card_error",
        },
    )


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["4242 4242 4242 4242", "4242-4242-4242-4242", " 4242424242424242 "])
def test_spaces_and_hyphens_in_a_number_are_tolerated(typed):
    assert canonical(typed) == VISA
    assert check_card(typed, "12", "2030", "123", now=NOW) == (12, 2030)


@pytest.mark.parametrize(
    "number",
    [
        "abcd",
        "",
        " ",
        "-",
        "42424242424",  # 11 digits
        "42424242424242424242",  # 20 digits
        "4242424242424242x",
        "4242_4242_4242_4242",
        "4242.4242.4242.4242",
        "4242\t4242\t4242\t4242",
        "+4242424242424242",
        "424242424242424²",
        "\uff14\uff12" * 8,  # full-width
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        "9999999999999995",  # no brand begins with a 9
        "424242424242424",  # Visa has no numbers of 15 digits
        "37828224631000",  # nor American Express of 14
        "4" * 5000,
    ],
)
def test_what_is_no_card_number_is_an_invalid_number(number):
    assert_says(refusal_of(number), "invalid_number")


@pytest.mark.parametrize("number", ["4242424242424241", "4000 0000 0000 0003", "378282246310006"])
def test_a_wrong_check_digit_is_an_incorrect_number(number):
    assert_says(refusal_of(number), "incorrect_number")


@pytest.mark.parametrize(
    ("number", "good"), [("79927398713", True), ("79927398710", False), ("0", True), ("18", True)]
)
def test_luhn(number, good):
    assert luhn_ok(number) is good


# -- expiry -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("month", ["0", "00", "13", "", "abc", "-1", "+1", "1.0", "001", "²", "１", " 1"])
def test_a_month_that_is_not_one_to_twelve_is_invalid(month):
    assert_says(refusal_of(month=month), "invalid_expiry_month")


@pytest.mark.parametrize(
    "year",
    [
        *("95", "24", "75"),  # 1995, 2024, and 1975: two digits never mean more than 49 years ahead
        *("2024", "2019", "1995", "0030", "2076", "9999"),
        *("", "5", "203", "20300", "abcd", "20e2", "２０３０", "203²", "+203", "2_30"),
    ],
)
def test_a_year_that_is_past_too_far_ahead_or_no_year_is_invalid(year):
    assert_says(refusal_of(year=year), "invalid_expiry_year")


@pytest.mark.parametrize(
    ("month", "year", "expiry"),
    [
        ("6", "2025", (6, 2025)),  # the current month is still good
        ("06", "25", (6, 2025)),
        ("1", "30", (1, 2030)),
        ("12", "74", (12, 2074)),
        ("12", "2075", (12, 2075)),
    ],
)
def test_a_good_expiry_comes_back_as_numbers(month, year, expiry):
    assert check_expiry(month, year, now=NOW) == expiry


def test_a_month_of_this_year_that_is_past_is_an_invalid_month():
    assert_says(refusal_of(month="5", year="2025"), "invalid_expiry_month")
    assert_says(refusal_of(month="05", year="25"), "invalid_expiry_month")


def test_two_digit_years_cross_into_the_next_century():
    new_year_2098 = int(datetime(2098, 1, 1, tzinfo=UTC).timestamp())
    assert check_expiry("1", "05", now=new_year_2098) == (1, 2105)
    assert check_expiry("1", "98", now=new_year_2098) == (1, 2098)
    with pytest.raises(CardError):
        check_expiry("1", "97", now=new_year_2098)


def test_a_card_expires_with_its_month_and_not_a_second_earlier():
    july = int(datetime(2025, 7, 1, tzinfo=UTC).timestamp())
    assert check_expiry("6", "2025", now=july - 1) == (6, 2025)
    with pytest.raises(CardError):
        check_expiry("6", "2025", now=july)


# -- security codes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "cvc"),
    [
        (VISA, "99"),
        (VISA, "1234"),
        (VISA, "12345"),
        (VISA, "12a"),
        (VISA, "12²"),
        (VISA, " 123"),
        (AMEX, "123"),
    ],
)
def test_a_security_code_of_another_length_or_with_other_characters_is_invalid(number, cvc):
    assert_says(refusal_of(number, cvc=cvc), "invalid_cvc")


@pytest.mark.parametrize(
    ("number", "cvc"), [(VISA, "123"), (VISA, None), (VISA, ""), (AMEX, "1234"), (AMEX, None)]
)
def test_a_fitting_security_code_or_none_is_accepted(number, cvc):
    assert check_card(number, "12", "2030", cvc, now=NOW) == (12, 2030)


@pytest.mark.parametrize(
    ("code", "good"), [("123", True), ("1234", True), ("12", False), ("12345", False), ("", False)]
)
def test_a_security_code_without_its_card_has_three_or_four_digits(code, good):
    if good:
        check_security_code(code)
        check_secret_code(Secret(code))
        return
    with pytest.raises(CardError) as caught:
        check_secret_code(Secret(code))
    assert_says(caught.value, "invalid_cvc")


# -- the order --------------------------------------------------------------------------------------------------------

# Everything is wrong at first; each row mends what the row before complained of.
LADDER = [
    ({"number": "abcd", "month": "13", "year": "95", "cvc": "99"}, "invalid_number"),
    ({"number": "4242424242424241", "month": "13", "year": "95", "cvc": "99"}, "incorrect_number"),
    ({"number": VISA, "month": "13", "year": "95", "cvc": "99"}, "invalid_expiry_month"),
    ({"number": VISA, "month": "1", "year": "95", "cvc": "99"}, "invalid_expiry_year"),
    ({"number": VISA, "month": "1", "year": "2025", "cvc": "99"}, "invalid_expiry_month"),
    ({"number": VISA, "month": "1", "year": "2026", "cvc": "99"}, "invalid_cvc"),
]


@pytest.mark.parametrize(("typed", "code"), LADDER, ids=[code for _, code in LADDER])
def test_the_first_failure_in_the_documented_order_is_the_one_that_is_told(typed, code):
    assert_says(refusal_of(**typed), code)


def test_a_test_number_in_live_mode_is_told_last():
    with pytest.raises(CardError) as caught:
        take_card(Secret(VISA), "12", "2030", Secret("99"), livemode=True, now=NOW)
    assert_says(caught.value, "invalid_cvc")


# -- taking a card ----------------------------------------------------------------------------------------------------


def take(number: str, *, cvc: str | None = "123", livemode: bool = False):
    return take_card(
        Secret(number), 12, "30", None if cvc is None else Secret(cvc), livemode=livemode, now=NOW
    )


def test_taking_a_card_describes_it_and_keeps_the_number_wrapped():
    taken = take("4000 0582 6000 0005")
    assert (taken.exp_month, taken.exp_year, taken.cvc_given) == (12, 2030, True)
    assert (taken.facts.brand, taken.facts.funding, taken.facts.country, taken.facts.last4) == (
        "visa",
        "debit",
        "GB",
        "0005",
    )
    assert taken.canonical.reveal() == "4000058260000005"
    assert "400005826" not in repr(taken)


def test_no_security_code_and_an_empty_one_are_the_same():
    assert not take(VISA, cvc=None).cvc_given
    assert not take(VISA, cvc="").cvc_given


@pytest.mark.parametrize("number", [VISA, "4000000000000002", "4000052500000008", "6205500000000000004"])
def test_a_known_test_number_is_declined_in_live_mode(number):
    with pytest.raises(CardError) as caught:
        take(number, livemode=True)
    assert (caught.value.http_status, caught.value.body()) == (
        402,
        {
            "code": "card_declined",
            "decline_code": "live_mode_test_card",
            "doc_url": "https://stripe.com/docs/error-codes/card-declined",
            "message": "Your card was declined. Your request was in live mode, but used a known test card.",
            "param": "",
            "type": "card_error",
        },
    )


def test_any_other_good_number_is_taken_in_both_modes():
    for livemode in (True, False):
        facts = take("4111111111111111", livemode=livemode).facts
        assert (facts.brand, facts.funding, facts.country, facts.is_test_number) == (
            "visa",
            "unknown",
            None,
            False,
        )


@pytest.mark.parametrize(
    "number", ["4000000000000002", "4000000000009995", "4000000000000069", "4000000000000119"]
)
def test_a_number_that_declines_later_is_taken_without_complaint(number):
    assert take(number).facts.behaviour is not None


def test_every_magic_card_can_be_taken():
    tables = [catalog.cards.card_tables().tokens, catalog.cards.card_tables().payment_methods]
    for name in {name for table in tables for name in table}:
        magic = catalog.magic_token(name) or catalog.magic_payment_method(name)
        details = magic.details(NOW)
        taken = take_card(**details, livemode=False, now=NOW)
        assert (taken.exp_month, taken.exp_year, taken.cvc_given) == (6, 2026, True), name
        assert taken.facts.behaviour == magic.number.behaviour, name


def test_the_published_number_with_the_wrong_check_digit_is_reached_by_its_name_alone():
    details = catalog.magic_token("tok_visa_credit_ae").details(NOW)
    facts = take_card(**details, livemode=False, now=NOW).facts
    assert (facts.last4, facts.country, facts.funding, facts.is_test_number) == ("0006", "AE", "credit", True)
    with pytest.raises(CardError) as caught:
        take("4000007840000006")
    assert_says(caught.value, "incorrect_number")


# -- attaching --------------------------------------------------------------------------------------------------------

DECLINED = "Your card was declined."
ATTACH = [
    ("4000000000000002", "card_declined", "generic_decline", "", DECLINED),
    ("4000000000009995", "card_declined", "insufficient_funds", "", "Your card has insufficient funds."),
    ("4000000000009987", "card_declined", "lost_card", "", DECLINED),
    ("4000000000009979", "card_declined", "stolen_card", "", DECLINED),
    (
        "4000000000006975",
        "card_declined",
        "card_velocity_exceeded",
        "",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    ("4000000000000069", "expired_card", None, "exp_month", "Your card has expired."),
    ("4000000000000127", "incorrect_cvc", None, "cvc", "Your card's security code is incorrect."),
    (
        "4000000000000119",
        "processing_error",
        None,
        "",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
]


def validated(number: str, *, cvc=True, postal=True, line1=True):
    behaviour = card_facts(number).behaviour
    return attach_outcome(behaviour, cvc_given=cvc, zip_given=postal, line1_given=line1)


@pytest.mark.parametrize(
    ("number", "code", "decline_code", "param", "message"), ATTACH, ids=lambda value: str(value)[-4:]
)
def test_a_declining_card_is_refused_when_it_is_attached(number, code, decline_code, param, message):
    refusal = validated(number).refusal
    body = refusal.body()
    assert refusal.http_status == 402
    assert (body["code"], body.get("decline_code"), body["param"], body["message"]) == (
        code,
        decline_code,
        param,
        message,
    )


def test_a_live_number_in_test_mode_is_refused_when_it_is_attached():
    refusal = attach_outcome(
        "test_mode_live_card", cvc_given=True, zip_given=False, line1_given=False
    ).refusal
    assert (refusal.code, refusal.members["decline_code"], refusal.param) == (
        "card_declined",
        "test_mode_live_card",
        "",
    )


def test_a_security_code_can_only_be_incorrect_if_there_was_one():
    assert validated("4000000000000127", cvc=False).refusal is None


def test_no_other_card_is_refused_when_it_is_attached():
    refused = {row[0] for row in ATTACH}
    for number in catalog.cards.card_tables().test_cards:
        assert (validated(number).refusal is not None) == (number in refused), number


CVC, LINE1, POSTAL = "cvc_check", "address_line1_check", "address_postal_code_check"


@pytest.mark.parametrize(
    ("number", "cvc", "line1", "postal"),
    [
        (VISA, "pass", "pass", "pass"),
        ("4000000000000101", "fail", "pass", "pass"),
        ("4000000000000036", "pass", "pass", "fail"),
        ("4000000000000028", "pass", "fail", "pass"),
        ("4000000000000010", "pass", "fail", "fail"),
        ("4000000000000044", "pass", "unavailable", "unavailable"),
        ("4000058400307872", "fail", "pass", "pass"),
        ("4000058400306072", "pass", "pass", "fail"),
    ],
)
def test_checks_come_out_as_published_and_only_of_what_was_given(number, cvc, line1, postal):
    outcome = validated(number)
    assert outcome.refusal is None
    assert outcome.checks == {CVC: cvc, LINE1: line1, POSTAL: postal}
    assert validated(number, postal=False, line1=False).checks == {CVC: cvc}
    assert validated(number, cvc=False, line1=False).checks == {POSTAL: postal}
    assert validated(number, cvc=False, postal=False).checks == {LINE1: line1}
    assert validated(number, cvc=False, postal=False, line1=False).checks == {}


# -- brands and networks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brand", "legacy", "display"),
    [
        ("visa", "Visa", "visa"),
        ("mastercard", "MasterCard", "mastercard"),
        ("amex", "American Express", "american_express"),
        ("discover", "Discover", "discover"),
        ("diners", "Diners Club", "diners_club"),
        ("jcb", "JCB", "jcb"),
        ("unionpay", "UnionPay", "union_pay"),
        ("cartes_bancaires", "Cartes Bancaires", "cartes_bancaires"),
        ("eftpos_au", "Eftpos Australia", "eftpos_australia"),
        ("interac", "Interac", "interac"),
        ("unknown", "Unknown", "other"),
        ("link", "Link", "other"),
    ],
)
def test_a_brand_has_three_spellings(brand, legacy, display):
    assert (legacy_brand(brand), display_brand(brand, None, (brand,))) == (legacy, display)


def test_a_preference_the_card_does_not_have_is_kept_as_such_and_shows_nothing():
    co_branded, plain = ("cartes_bancaires", "visa"), ("visa",)
    assert preferred_network("cartes_bancaires", co_branded) == "cartes_bancaires"
    assert display_brand("visa", "cartes_bancaires", co_branded) == "cartes_bancaires"
    assert preferred_network("cartes_bancaires", plain) == "invalid_preference"
    assert preferred_network("invalid_preference", plain) == "invalid_preference"
    assert display_brand("visa", "invalid_preference", plain) == "visa"
    assert display_brand("visa", None, co_branded) == "visa"
