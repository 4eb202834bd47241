"""What every type of PaymentMethod asks of its customer, followed to each of its ends, in one request each."""

import re

import pytest

from strongroom.catalog.customer_pages import customer_pages
from support.actions import WHERE, addresses_of, answer, confirmed, key_of, page_of
from support.connect import eventually
from support.data import event_types
from support.methods import TYPES

# What `next_action` of a type is; the others send their customer elsewhere.
ACTIONS = {
    "acss_debit": "verify_with_microdeposits",
    "alipay": "alipay_handle_redirect",
    "blik": "blik_authorize",
    "boleto": "boleto_display_details",
    "cashapp": "cashapp_handle_redirect_or_display_qr_code",
    "konbini": "konbini_display_details",
    "multibanco": "multibanco_display_details",
    "oxxo": "oxxo_display_details",
    "paynow": "paynow_display_qr_code",
    "pix": "pix_display_qr_code",
    "promptpay": "promptpay_display_qr_code",
    "swish": "swish_handle_redirect_or_display_qr_code",
    "upi": "upi_handle_redirect_or_display_qr_code",
    "us_bank_account": "verify_with_microdeposits",
    "wechat_pay": "wechat_pay_display_qr_code",
}
# Nobody has to do anything.
NOTHING = {"au_becs_debit", "bacs_debit", "link", "nz_bank_account", "sepa_debit"}
# Discontinued, waiting for a cash balance, or made by others.
ELSEWHERE = {"custom", "customer_balance", "giropay", "sofort"}
ASKED = sorted(WHERE.keys() - NOTHING)
# Certain only later.
DELAYED = {"acss_debit", "boleto", "konbini", "multibanco", "oxxo", "pay_by_bank", "payto", "us_bank_account"}
CODES = {
    "fail": {
        "app": "payment_method_customer_decline",
        "deposits": "payment_method_microdeposit_failed",
        "qr": "payment_intent_payment_attempt_failed",
    },
    "expire": {"deposits": "payment_method_microdeposit_verification_timeout"},
}
USUAL = {
    "fail": "payment_intent_authentication_failure",
    "expire": "payment_intent_payment_attempt_expired",
}


def test_every_type_is_looked_at():
    assert {*TYPES, "card"} == WHERE.keys() | ELSEWHERE


@pytest.fixture
def paying(server, name):
    """Return a function that gives the client of an account in the right country."""
    return lambda kind: server.client(key_of(name, kind)).v1


def after(stripe, intent):
    return eventually(
        lambda: stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}),
        until=lambda seen: seen.status != "processing",
    )


def told(stripe):
    return [one for one in event_types(stripe) if one.startswith(("charge.", "payment_intent."))]


@pytest.mark.parametrize("kind", ASKED)
def test_the_customer_does_it_and_it_is_paid(server, paying, kind):
    stripe = paying(kind)
    intent = confirmed(stripe, kind)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action.type == ACTIONS.get(kind, "redirect_to_url")
    if kind == "blik":
        assert addresses_of(intent.next_action.to_dict()) == {}
        eventually(
            lambda: stripe.payment_intents.retrieve(intent.id).status,
            until=lambda status: status != "requires_action",
        )
    else:
        reply = answer(server, intent, "complete")
        result = "pending" if kind in DELAYED else "succeeded"
        assert (reply.status, f"redirect_status={result}" in reply.headers["Location"]) == (303, True)
        assert answer(server, intent, "complete").status == 404
    paid = after(stripe, intent)
    amount = WHERE[kind][2]
    assert (paid.status, paid.next_action, paid.amount_received) == ("succeeded", None, amount)
    charge = paid.latest_charge
    assert (charge.status, charge.amount, charge.payment_method_details.type) == ("succeeded", amount, kind)
    assert charge.id.startswith("ch_" if kind == "card" else "py_")
    waited = ["payment_intent.processing", "charge.pending"] if kind in DELAYED else []
    assert [one for one in told(stripe) if one != "charge.updated"] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        *waited,
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize("outcome", ["fail", "expire"])
@pytest.mark.parametrize("kind", [one for one in ASKED if one != "blik"])
def test_the_customer_does_not_and_it_can_be_paid_otherwise(server, paying, kind, outcome):
    stripe = paying(kind)
    page = customer_pages().of_type(kind)
    intent = confirmed(stripe, kind)
    reply = answer(server, intent, outcome)
    if outcome not in page.endings:
        assert reply.status == 400
        assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
        return
    assert (reply.status, "redirect_status=failed" in reply.headers["Location"]) == (303, True)
    failed = stripe.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.next_action, failed.payment_method, failed.latest_charge) == (
        "requires_payment_method",
        None,
        None,
        None,
    )
    error = failed.last_payment_error
    assert (error.type, error.code) == (
        "invalid_request_error",
        CODES[outcome].get(page.name, USUAL[outcome]),
    )
    assert error.payment_method.id == intent.payment_method
    assert stripe.charges.list().data == []
    assert told(stripe) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize("kind", sorted(NOTHING))
def test_some_types_ask_nothing(paying, kind):
    stripe = paying(kind)
    intent = confirmed(stripe, kind)
    assert (intent.status, intent.next_action) == (
        "succeeded" if kind == "link" else "processing",
        None,
    )
    assert after(stripe, intent).status == "succeeded"


# -- what an action says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [one for one in ASKED if one != "blik"])
def test_every_address_in_an_action_answers(server, paying, kind):
    intent = confirmed(paying(kind), kind)
    for name, address in addresses_of(intent.next_action.to_dict()).items():
        assert address.startswith(server.url)
        shown = server.request("GET", address[len(server.url) :])
        media_type = {"image_url_png": "image/png", "image_url_svg": "image/svg+xml"}.get(
            name, "text/html; charset=utf-8"
        )
        assert (shown.status, shown.headers["Content-Type"]) == (200, media_type), name
        if name == "image_url_png":
            assert shown.body.startswith(b"\x89PNG")
        if name == "image_url_svg":
            assert b"<svg" in shown.body


@pytest.mark.parametrize(
    ("kind", "field", "form"),
    [
        ("boleto", "number", r"\d{32}"),
        ("oxxo", "number", r"\d{32}"),
        ("multibanco", "entity", r"\d{5}"),
        ("multibanco", "reference", r"\d{9}"),
    ],
)
def test_a_voucher_has_a_number(server, paying, kind, field, form):
    intent = confirmed(paying(kind), kind)
    value = intent.next_action[intent.next_action.type][field]
    assert re.fullmatch(form, value)
    page = server.request("GET", page_of(intent)[len(server.url) :]).body.decode()
    assert value in page


def test_each_shop_has_a_code_of_its_own(server, paying):
    intent = confirmed(paying("konbini"), "konbini")
    stores = intent.next_action.konbini_display_details.stores.to_dict()
    assert set(stores) == {"familymart", "lawson", "ministop", "seicomart"}
    page = server.request("GET", page_of(intent)[len(server.url) :]).body.decode()
    for codes in stores.values():
        assert codes["payment_code"] in page


DAY = 86400


@pytest.mark.parametrize(
    ("kind", "options", "field", "seconds"),
    [
        ("boleto", {}, "expires_at", (3 * DAY, 4 * DAY)),
        ("boleto", {"expires_after_days": 1}, "expires_at", (DAY, 2 * DAY)),
        ("boleto", {"expires_after_days": 0}, "expires_at", (0, DAY)),
        ("oxxo", {"expires_after_days": 7}, "expires_after", (7 * DAY, 8 * DAY)),
        ("pix", {"expires_after_seconds": 600}, "expires_at", (600, 601)),
        ("pix", {}, "expires_at", (14400, 14401)),
    ],
)
def test_how_long_the_customer_has(paying, kind, options, field, seconds):
    intent = confirmed(paying(kind), kind, payment_method_options={kind: options})
    ends = intent.next_action[intent.next_action.type][field]
    assert seconds[0] - 5 <= ends - intent.created <= seconds[1] + 5


@pytest.mark.parametrize("client", ["web", "ios", "android"])
def test_wechat_opens_where_its_client_is(server, paying, client):
    stripe = paying("wechat_pay")
    intent = confirmed(stripe, "wechat_pay", payment_method_options={"wechat_pay": {"client": client}})
    action = intent.next_action.to_dict()
    if client == "web":
        assert action["type"] == "wechat_pay_display_qr_code"
        assert action["wechat_pay_display_qr_code"]["image_data_url"].startswith("data:image/png;base64,")
        return
    assert action["type"] == f"wechat_pay_redirect_to_{client}_app"
    if client == "ios":
        assert list(action[action["type"]]) == ["native_url"]
        assert answer(server, intent, "complete").status == 303
    else:
        assert all(action[action["type"]].values())
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status != "requires_action",
    )
    assert done.status == "succeeded"


# -- by itself --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["boleto", "konbini", "multibanco", "oxxo", "pix"])
@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("succeed_immediately", "succeeded", None),
        ("expire_immediately", "requires_payment_method", "payment_intent_payment_attempt_expired"),
    ],
)
def test_the_holders_address_says_what_happens_by_itself(paying, kind, word, status, code):
    stripe = paying(kind)
    intent = confirmed(stripe, kind, email=f"jr.{word}@example.com")
    assert intent.status == "requires_action"
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status not in {"requires_action", "processing"},
    )
    error = done.last_payment_error
    assert (done.status, None if error is None else error.code) == (status, code)


@pytest.mark.parametrize(
    ("digit", "status", "code"),
    [
        (2, "succeeded", None),
        (3, "requires_payment_method", "payment_method_not_available"),
        (4, "requires_payment_method", "payment_method_provider_decline"),
        (5, "requires_payment_method", "payment_intent_payment_attempt_expired"),
        (6, "requires_payment_method", "payment_method_customer_decline"),
    ],
)
def test_the_holders_telephone_says_what_happens_by_itself(paying, digit, status, code):
    stripe = paying("mb_way")
    intent = confirmed(stripe, "mb_way", phone=f"+35191111111{digit}")
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status not in {"requires_action", "processing"},
    )
    error = done.last_payment_error
    assert (done.status, None if error is None else error.code) == (status, code)


def test_whoever_answers_first_is_heard(server, paying):
    stripe = paying("boleto")
    intent = confirmed(stripe, "boleto", email="expire_immediately@example.com")
    other = confirmed(stripe, "boleto", email="expire_immediately@example.com")
    assert answer(server, intent, "complete").status == 303
    eventually(
        lambda: stripe.payment_intents.retrieve(other.id).status,
        until=lambda status: status == "requires_payment_method",
    )
    assert after(stripe, intent).status == "succeeded"


def test_other_types_heed_no_address(server, paying):
    stripe = paying("ideal")
    intent = confirmed(stripe, "ideal", email="expire_immediately@example.com")
    voucher = confirmed(paying("multibanco"), "multibanco", email="expire_immediately@example.com")
    eventually(
        lambda: paying("multibanco").payment_intents.retrieve(voucher.id).status,
        until=lambda status: status == "requires_payment_method",
    )
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
