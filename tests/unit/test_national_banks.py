"""Account and routing numbers that a country has rules for: each is held to them, in live mode alone where test mode has its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.banks import bank_tables
from strongroom.catalog.check_digits import clabe_ok
from strongroom.domain.banks import _NATIONAL, check_account
from strongroom.errors import InvalidRequest

CLABES = [
    "000000001234567897",
    "000000111111111117",
    "000000111111111133",
    "000000222222222224",
    "000000333333333331",
    "000000444444444448",
]


def taken(country, number, routing=None, *, livemode=True):
    return check_account(country, None, number, routing, livemode=livemode, param="bank_account").facts


def refused(country, number, routing=None, *, livemode=True):
    with pytest.raises(InvalidRequest) as refusal:
        taken(country, number, routing, livemode=livemode)
    assert number not in refusal.value.message
    return refusal.value.code


@pytest.mark.parametrize("number", CLABES)
def test_published_clabes_are_taken_in_test_mode_and_only_those(number):
    facts = taken("MX", number, livemode=False)
    assert (facts.country, facts.currency, facts.last4) == ("MX", "mxn", number[-4:])
    assert refused("MX", "002010077777777771", livemode=False) == "account_number_invalid"


def test_what_a_payout_to_a_clabe_comes_to():
    outcomes = [taken("MX", number, livemode=False).behaviour for number in CLABES]
    assert outcomes == [
        None,
        "no_account",
        "account_closed",
        "insufficient_funds",
        "debit_not_authorized",
        "invalid_currency",
    ]


@given(st.sampled_from([*CLABES, "002010077777777771"]), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_no_clabe(number, place, more):
    assert clabe_ok(number)
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert not clabe_ok(wrong)


@pytest.mark.parametrize(
    ("country", "number", "routing"),
    [
        ("MX", "002010077777777771", None),
        ("MX", "0020 1007 7777 7777 71", None),
        ("AR", "2850590940090418135201", None),
        ("NZ", "01-0902-0068389-00", None),
        ("GB", "12345678", "20-00-00"),
        ("AU", "123456", "062-000"),
        ("AU", "12345", "062000"),
        ("CA", "1234567", "00011-001"),
        ("IN", "123456789", "HDFC0004051"),
        ("JP", "0001234", "1100000"),
    ],
)
def test_a_good_live_account_is_taken(country, number, routing):
    assert taken(country, number, routing).country == country


@pytest.mark.parametrize(
    ("country", "number", "routing", "code"),
    [
        ("MX", "002010077777777772", None, "account_number_invalid"),
        ("MX", "00201007777777777", None, "account_number_invalid"),
        ("MX", "002010077777777٧71", None, "account_number_invalid"),
        ("AR", "2850590940090418135202", None, "account_number_invalid"),
        ("NZ", "01-0902-0068389-01x", None, "account_number_invalid"),
        ("NZ", "99-0902-0068389-00", None, "account_number_invalid"),
        ("GB", "1234567", "200000", "account_number_invalid"),
        ("GB", "12345678", "20-00-0", "routing_number_invalid"),
        ("GB", "12345678", "BARCGB22", "routing_number_invalid"),
        ("AU", "1234", "062000", "account_number_invalid"),
        ("AU", "123456", "62000", "routing_number_invalid"),
        ("CA", "123456", "00011001", "account_number_invalid"),
        ("CA", "1234567", "0011-001", "routing_number_invalid"),
        ("IN", "123456789", "HDFC1004051", "routing_number_invalid"),
        ("JP", "0001234", "110000", "routing_number_invalid"),
    ],
)
def test_one_that_cannot_be_is_refused_by_field(country, number, routing, code):
    assert refused(country, number, routing) == code


def test_every_published_routing_number_has_the_form_of_its_country():
    tables = bank_tables()
    for country in tables.countries.values():
        if country.routing_form is not None:
            for routing in tables.test_banks[country.country].routing:
                assert country.routing_form.fullmatch(routing.replace("-", "")), country.country


def test_every_form_of_its_own_has_somebody_who_knows_it():
    forms = {country.number for country in bank_tables().countries.values()}
    assert forms - {"aba", "iban", "local"} == _NATIONAL.keys()
