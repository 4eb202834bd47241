"""Every published decline code, and what is said with it: the published table, line by line."""

import pytest

from strongroom.catalog.behaviours import decline_table, mistake_table

# decline code, the error's code, the field it is about, advice, the network's advice, the network's code
SAID = """
generic_decline          card_declined            -          try_again_later    -   01
insufficient_funds       card_declined            -          try_again_later    02  51
lost_card                card_declined            -          do_not_try_again   01  41
stolen_card              card_declined            -          do_not_try_again   01  43
card_velocity_exceeded   card_declined            -          try_again_later    02  61
expired_card             expired_card             exp_month  confirm_card_data  03  54
incorrect_cvc            incorrect_cvc            cvc        confirm_card_data  03  N7
processing_error         processing_error         -          try_again_later    -   06
fraudulent               card_declined            -          do_not_try_again   -   -
authentication_required  authentication_required  -          -                  -   -
incorrect_zip            incorrect_zip            address_zip  -                -   -
"""
PLAIN = [
    "approve_with_id",
    "call_issuer",
    "card_not_supported",
    "currency_not_supported",
    "do_not_honor",
    "do_not_try_again",
    "duplicate_transaction",
    "incorrect_pin",
    "invalid_account",
    "invalid_amount",
    "invalid_pin",
    "issuer_not_available",
    "merchant_blacklist",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pickup_card",
    "pin_try_exceeded",
    "reenter_transaction",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
]
ROWS = [[None if word == "-" else word for word in line.split()] for line in SAID.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_is_said_with_a_decline(row):
    decline_code, *said = row
    known = decline_table()[decline_code]
    assert [
        known.code,
        known.param,
        known.advice_code,
        known.network_advice_code,
        known.network_decline_code,
    ] == said


@pytest.mark.parametrize(
    ("code", "param"),
    [
        ("incorrect_number", "number"),
        ("invalid_number", "number"),
        ("invalid_cvc", "cvc"),
        ("invalid_expiry_month", "exp_month"),
        ("invalid_expiry_year", "exp_year"),
    ],
)
def test_what_is_typed_wrong_is_no_decline(code, param):
    assert (mistake_table()[code].code, mistake_table()[code].param) == (code, param)
    assert code not in decline_table()


@pytest.mark.parametrize("decline_code", PLAIN)
def test_the_rest_is_a_declined_card(decline_code):
    assert decline_table()[decline_code].code == "card_declined"


def test_a_lost_or_stolen_card_is_never_told_of():
    messages = {decline_table()[code].message for code in ("generic_decline", "lost_card", "stolen_card")}
    assert messages == {"Your card was declined."}
