"""Whatever is typed into a card or bank form, the answer is a card, an account or a refusal, and it holds no number."""

import random
import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from strongroom.catalog.banks import bank_tables
from strongroom.domain.banks import CheckedAccount, check_account
from strongroom.domain.cards import canonical, card_facts, check_card, check_expiry, luhn_ok
from strongroom.errors import CardError, InvalidRequest
from strongroom.secret import Secret
from strongroom.vault.cards import take_bank_account, take_card

NOW = 1_750_000_000
DIGITS = st.text(string.digits, min_size=1, max_size=24)
ANY_TEXT = st.text(max_size=40)
# Near misses: digits of all scripts, separators of all kinds.
CARD_LIKE = st.text(st.sampled_from("0123456789424200 -_.²４٤\t\n\x00+"), max_size=24)
NUMBERS = st.one_of(DIGITS, CARD_LIKE, ANY_TEXT)
PARTS = st.one_of(ANY_TEXT, st.text(string.digits, max_size=5))


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in string.digits if luhn_ok(digits + last))


@given(DIGITS)
def test_every_number_has_exactly_one_right_check_digit(digits):
    assert sum(luhn_ok(digits + last) for last in string.digits) == 1


@given(DIGITS, st.data())
def test_changing_one_digit_breaks_the_check_digit(digits, data):
    number = with_check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in string.digits if digit != number[place]]))
    assert not luhn_ok(number[:place] + other + number[place + 1 :])


@given(DIGITS, st.data())
def test_swapping_two_neighbours_breaks_the_check_digit_unless_they_are_0_and_9(digits, data):
    number = with_check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 2))
    first, second = number[place], number[place + 1]
    swapped = number[:place] + second + first + number[place + 2 :]
    assert luhn_ok(swapped) == (first == second or {first, second} == {"0", "9"})


def slow_luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@given(DIGITS)
def test_luhn_agrees_with_the_textbook(number):
    assert luhn_ok(number) == slow_luhn(number)


@given(NUMBERS)
def test_bringing_a_number_to_one_form_twice_changes_nothing_more(number):
    once = canonical(number)
    assert canonical(once) == once
    assert " " not in once
    assert "-" not in once


@given(DIGITS, st.randoms(use_true_random=False))
def test_separators_do_not_matter(digits, shuffle: random.Random):
    typed = "".join(digit + shuffle.choice(("", " ", "-", "  ")) for digit in digits)
    assert canonical(typed) == digits


@given(NUMBERS, PARTS, PARTS, st.one_of(st.none(), PARTS))
@example("4242424242424242", "٦", "2030", "123")
@example("4242424242424242", "12", "２０３０", "123")
@example("4242424242424242", "12", "2030", "１２３")
@settings(max_examples=300)
def test_any_text_is_a_card_or_a_card_error(number, month, year, cvc):
    """Nothing but CardError, and no run of the number in what it says or shows."""
    try:
        expiry = check_card(number, month, year, cvc, now=NOW)
    except CardError as refusal:
        assert_holds_nothing_of(refusal, number)
    else:
        assert canonical(number).isascii()
        assert canonical(number).isdigit()
        assert 1 <= expiry.month <= 12
        assert 2025 <= expiry.year <= 2075


def assert_holds_nothing_of(refusal: CardError, number: str) -> None:
    said = str(refusal.body()) + repr(refusal)
    assert not any(character.isdigit() for character in number) or len(number) < 6 or number not in said


@given(NUMBERS, PARTS, PARTS, st.one_of(st.none(), PARTS), st.booleans())
@settings(max_examples=200)
def test_the_vault_takes_exactly_what_the_rules_accept(number, month, year, cvc, livemode):
    def accepted(check) -> bool:
        try:
            check()
        except CardError as refusal:
            return refusal.members.get("decline_code") == "live_mode_test_card"
        return True

    code = None if cvc is None else Secret(cvc)
    assert accepted(lambda: check_card(number, month, year, cvc, now=NOW)) == accepted(
        lambda: take_card(Secret(number), month, year, code, livemode=livemode, now=NOW)
    )


@given(st.integers(0, 2**33), st.integers(0, 99), st.integers(1, 12))
def test_a_two_digit_year_means_what_the_four_digit_year_of_its_window_means(now, year, month):
    """Of the 100 years around now, exactly one ends in these digits; both spellings share its fate."""

    def outcome(spelling: str) -> object:
        try:
            return check_expiry(str(month), spelling, now=now)
        except CardError as refusal:
            return refusal.code

    this_year = 1970 + int(now // 31_556_952)
    window = [full for full in range(this_year - 52, this_year + 52) if full % 100 == year]
    assert outcome(f"{year:02}") in {outcome(str(full)) for full in window}


@given(DIGITS)
def test_facts_depend_on_nothing_but_the_number_and_show_only_its_end(number):
    facts = card_facts(number)
    assert facts == card_facts(number)
    assert facts is None or facts.last4 == number[-4:]


COUNTRIES = st.one_of(
    st.sampled_from(["US", "DE", "GB", "FR", "CA", "SA", "us", "XX", "", "ﬁ", "AF"]), ANY_TEXT
)
ACCOUNT_LIKE = st.one_of(
    NUMBERS,
    st.sampled_from(
        ["000123456789", "DE89370400440532013000", "FR89370400440532013000", "de89 3704 0044 0532 0130 00"]
    ),
    st.text(string.ascii_letters + string.digits, max_size=36),
)
ROUTINGS = st.one_of(st.none(), st.just("110000000"), st.just("108800"), PARTS)


def answer(country, currency, number, routing, *, livemode) -> CheckedAccount | InvalidRequest:
    try:
        return check_account(country, currency, number, routing, livemode=livemode, param="bank_account")
    except InvalidRequest as refusal:
        return refusal


CURRENCIES = st.one_of(st.none(), st.sampled_from(["usd", "EUR", "gbp"]), ANY_TEXT)


@given(COUNTRIES, CURRENCIES, ACCOUNT_LIKE, ROUTINGS, st.booleans())
@settings(max_examples=300)
def test_any_text_is_a_bank_account_or_an_invalid_request(country, currency, number, routing, livemode):
    result = answer(country, currency, number, routing, livemode=livemode)
    if isinstance(result, InvalidRequest):
        assert result.http_status == 400
    else:
        assert result.canonical.endswith(result.facts.last4)
        assert result.canonical not in repr(result)


@given(
    st.sampled_from(["US", "DE", "GB", "SA", "XX"]),
    st.one_of(
        st.text(string.digits, min_size=6, max_size=30),
        st.text(string.ascii_uppercase + string.digits, min_size=9),
    ),
    ROUTINGS,
    st.booleans(),
)
def test_a_refused_bank_account_number_is_not_repeated(country, number, routing, livemode):
    """The one number an error may hold is the test number it suggests."""
    result = answer(country, None, number, routing, livemode=livemode)
    if isinstance(result, InvalidRequest):
        accepted = bank_tables().test_banks.get(country)
        suggestion = accepted.suggestion if accepted else "none"
        assert number not in str(result.body()).replace(suggestion, "")


LOCAL = st.tuples(
    st.sampled_from(["BR", "HK", "ID", "SG"]),
    st.text(string.digits, min_size=1, max_size=11),
    st.text(string.digits, min_size=3, max_size=18),
)


@given(LOCAL, LOCAL)
def test_two_accounts_have_one_canonical_text_only_if_they_are_the_same(one, other):
    """Control for the separator: without it, ("12", "345") and ("123", "45") would run together."""

    def canonical_of(account) -> str:
        country, routing, number = account
        taken = take_bank_account(
            country=country,
            currency=None,
            account_number=Secret(number),
            routing_number=Secret(routing),
            livemode=True,
        )
        return taken.canonical.reveal()

    assert (canonical_of(one) == canonical_of(other)) == (one == other)
