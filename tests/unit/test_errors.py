"""What an error may repeat of what was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import Overloaded, echo
from strongroom.http import answer

NUMBER = "4242424242424242"


@pytest.mark.parametrize(
    "text",
    [NUMBER, "4242 4242 4242 4242", "4242-4242-4242-4242", "4242_4242_4242_4242", "4242  4242  4242  4242",
     "４２４２４２４２４２４２４２４２", f"key {NUMBER} end", f"cus_{NUMBER}"],
)  # fmt: skip
def test_a_card_number_is_starred_however_it_is_written(text):
    assert not any(character.isdigit() for character in echo(text))


@pytest.mark.parametrize(
    "text", ["pm_card_visa", "cus_0rFo2YabcdEFGH", "٤٢", "12.5", "+5", "ﬁne", "2026-06-24"]
)
def test_what_is_no_number_is_repeated_as_it_was_sent(text):
    assert echo(text) == text


@given(st.text(max_size=400))
def test_no_echo_is_long_or_holds_a_long_run_of_digits(text):
    shown = echo(text)
    assert len(shown) <= 201 * 18  # one character can normalise to eighteen
    run = 0
    for character in shown:
        run = run + 1 if character.isdecimal() else 0
        assert run < 9


def test_an_overload_says_when_to_come_back():
    shed = answer.of_error(Overloaded())
    assert shed.status == 503
    head = shed.wire(b"", from_browser=False, keeps_alive=True).split(b"\r\n")
    assert {b"Retry-After: 1", b"Stripe-Should-Retry: true"} <= set(head)
