"""The table of pages and endings, how long customers have, and the numbers they are given."""

import re
from datetime import UTC, datetime

import pytest

from strongroom.catalog.customer_pages import COMPLETE, Alone, build, customer_pages
from strongroom.catalog.next_actions import build as build_actions
from strongroom.catalog.reading import CatalogError, read
from strongroom.contract import contract
from strongroom.customer_pages.asked import lines_of
from strongroom.domain import qr_codes
from strongroom.domain.customer_actions import expires_at, made_up
from strongroom.resources.method_pages import PAGES

NOW = int(datetime(2026, 11, 25, 12, 30, tzinfo=UTC).timestamp())


def test_every_type_whose_customer_is_asked_has_a_page():
    for name, page in PAGES.items():
        if page.flow.confirmation != "immediate" or name == "card":
            assert customer_pages().of_type(name).endings[COMPLETE].words


def test_every_reason_has_a_code_of_the_api():
    known = set(contract().shapes.enums["Reader.Action.ApiError.code"])
    for reason in customer_pages().reasons.values():
        assert set(reason.codes.values()) <= known


@pytest.mark.parametrize(
    ("kind", "email", "said"),
    [
        ("boleto", "succeed_immediately@example.com", Alone("complete", None)),
        ("oxxo", "expire_immediately@example.com", Alone("expire", None)),
        ("oxxo", "a.expire_with_delay@example.com", Alone("expire", 180)),
        ("oxxo", "a.expire_with_delay.b@example.com", Alone("complete", 180)),
        ("oxxo", "a@succeed_immediately", Alone("complete", 180)),
        ("oxxo", "a.fill_never@example.com", None),
        ("oxxo", None, None),
        ("card", "succeed_immediately@example.com", None),
    ],
)
def test_what_happens_by_itself(kind, email, said):
    assert customer_pages().by_itself(kind, "any", {"email": email, "phone": None}) == said
    nobody = {"email": None, "phone": None}
    assert customer_pages().by_itself("blik", "blik_authorize", nobody) == Alone("complete", None)


def test_a_telephone_number_says_it_of_the_type_that_heeds_it():
    def by_itself(kind, phone):
        return customer_pages().by_itself(kind, "any", {"email": None, "phone": phone})

    assert by_itself("mb_way", "+351 911 111 114") == Alone("refuse", None)
    assert by_itself("mb_way", "+351911111119") is None
    assert by_itself("oxxo", "+351911111114") is None


def damaged(*path, value):
    document = read("customer_pages")
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    "damage",
    [
        damaged("pages", "qr", "for", value=["qr", "redirect"]),
        damaged("pages", "qr", "for", value=["pigeon"]),
        damaged("pages", "qr", "fail", value={"words": "Fail"}),
        damaged("pages", "qr", "fail", value={"why": "bad_luck"}),
        damaged("pages", "qr", "succeed", value="Yes"),
        damaged("reasons", "expired", value={"message": "Too late."}),
        damaged("by_itself", "actions", value={"pigeon": "complete"}),
        damaged("by_itself", "mail", value={"at_once": {"outcome": "succeed"}}),
        damaged("by_itself", "mail", value={"at_once": {"outcome": "complete", "after": "a while"}}),
        damaged("by_itself", "phone", value={"mb_way": {"+351": "ring"}}),
        damaged("by_itself", "phone", value={"pigeon": {}}),
    ],
)
def test_a_mistake_in_the_pages_is_found_when_they_are_read(damage):
    with pytest.raises(CatalogError, match="customer_pages"):
        build(damage)


@pytest.mark.parametrize(
    "damage",
    [
        {"seconds": {}, "days": {}, "limits": {}, "clients": {}, "numbers": {}},
        {"seconds": {"default": 1, "pigeon": 1}, "days": {}, "limits": {}, "clients": {}, "numbers": {}},
        {"seconds": {"default": 1}, "days": {"boleto": "3"}, "limits": {}, "clients": {}, "numbers": {}},
        {"seconds": {"default": 1}, "days": {}, "limits": {}, "clients": {}, "numbers": {"number": 3}},
        {"seconds": {"default": 1}, "days": {}},
        {"seconds": {"default": 1}, "days": {}, "limits": {"pigeon": {}}, "clients": {}, "numbers": {}},
        {
            "seconds": {"default": 1},
            "days": {},
            "limits": {"pix": {"expires": [1, 2]}},
            "clients": {},
            "numbers": {},
        },
        {
            "seconds": {"default": 1},
            "days": {},
            "limits": {"pix": {"expires_at": [2, 1]}},
            "clients": {},
            "numbers": {},
        },
        {
            "seconds": {"default": 1},
            "days": {},
            "limits": {"pix": {"expires_at": [1]}},
            "clients": {},
            "numbers": {},
        },
        {"seconds": {"default": 1}, "days": {}, "limits": {}, "clients": {"pigeon": {}}, "numbers": {}},
        {
            "seconds": {"default": 1},
            "days": {},
            "limits": {},
            "clients": {"oxxo": {"ios": "fly"}},
            "numbers": {},
        },
    ],
)
def test_a_mistake_in_the_times_is_found_when_they_are_read(damage):
    with pytest.raises(CatalogError, match="next_actions"):
        build_actions(damage)


@pytest.mark.parametrize(
    ("kind", "options", "ends"),
    [
        ("ideal", {}, NOW + 86400),
        ("afterpay_clearpay", {}, NOW + 10800),
        ("pix", {"expires_after_seconds": 60}, NOW + 60),
        ("pix", {"expires_at": NOW + 7}, NOW + 7),
        ("konbini", {"expires_at": NOW + 7, "expires_after_days": 2}, NOW + 7),
        ("boleto", {}, int(datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC).timestamp())),
        (
            "boleto",
            {"expires_after_days": 0},
            int(datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC).timestamp()),
        ),
    ],
)
def test_how_long_a_customer_has(kind, options, ends):
    assert expires_at(kind, options, NOW) == ends


def test_numbers_are_made_up_anew_each_time():
    assert re.fullmatch(r"\d{32}", made_up("number"))
    assert made_up("number") != made_up("number")
    assert made_up("cashtag") is None


def test_what_the_customer_tells_somebody_is_grouped_by_whom():
    assert lines_of({"number": "1", "expires_at": 5, "hosted_voucher_url": "http://x"}) == [
        ("", "Number", "1")
    ]
    assert lines_of({"stores": {"lawson": {"payment_code": "2", "confirmation_number": None}}}) == [
        ("Lawson", "Payment code", "2")
    ]
    iban = {
        "account_holder_name": "Shop",
        "iban": "IE1",
        "bic": "B",
        "account_holder_address": {"city": "Dublin"},
    }
    transfer = {
        "reference": "R",
        "financial_addresses": [
            {"type": "iban", "supported_networks": ["sepa"], "iban": iban},
            {"type": "sort_code", "sort_code": {"sort_code": "1", "account_number": "2"}},
        ],
    }
    assert lines_of(transfer) == [
        ("", "Reference", "R"),
        ("IBAN", "Account holder", "Shop"),
        ("IBAN", "IBAN", "IE1"),
        ("IBAN", "BIC", "B"),
        ("Sort code", "Sort code", "1"),
        ("Sort code", "Account number", "2"),
    ]


def test_a_code_is_drawn_in_three_ways():
    assert qr_codes.svg("https://example.com/a").startswith(b"<?xml")
    assert qr_codes.png("https://example.com/a").startswith(b"\x89PNG\r\n")
    assert qr_codes.data_url("https://example.com/a").startswith("data:image/png;base64,")
    assert qr_codes.inline("https://example.com/a").startswith("<svg ")
