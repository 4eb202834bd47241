"""Where customers can be sent, and that what is added takes nothing away."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from strongroom.domain.return_urls import as_header, scheme_of, with_query


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("https://shop.example/r", "https"),
        ("HTTP://127.0.0.1:3000", "http"),
        ("shop-app://paid", "shop-app"),
        ("com.shop.app:/done", "com.shop.app"),
        ("https://", None),
        ("//shop.example", None),
        ("/r", None),
        ("shop", None),
        ("", None),
        ("javascript:alert(1)", None),
        ("JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("https://shop.example/\x00", None),
        ("https://shop.example/a b", None),
        ("https://shop.example/\u2028", None),
        ("https://[::1", None),
    ],
)
def test_an_address_customers_can_be_sent_to_has_a_scheme(url, scheme):
    assert scheme_of(url) == scheme


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whoever_can_be_sent_somewhere_finds_a_header_that_holds_it(tail):
    url = f"https://shop.example/{tail}"
    assume(scheme_of(url) is not None)
    header = as_header(with_query(url, {"payment_intent": "pi_1"}))
    assert header.isascii()
    assert all(0x20 < byte < 0x7F for byte in header)
    assert header.startswith(b"https://shop.example/")


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "x y"])), max_size=3),
    st.sampled_from(["", "#", "#top"]),
)
def test_what_is_added_takes_nothing_away(query, fragment):
    url = "https://shop.example/r" + (f"?{urlencode(query)}" if query else "") + fragment
    after = urlsplit(with_query(url, {"payment_intent": "pi_1", "redirect_status": "failed"}))
    added = [("payment_intent", "pi_1"), ("redirect_status", "failed")]
    assert parse_qsl(after.query, keep_blank_values=True) == [*query, *added]
    assert f"#{after.fragment}" == (fragment or "#")
