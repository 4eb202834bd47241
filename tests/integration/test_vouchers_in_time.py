"""Vouchers and Pix that are paid, or run out, by themselves after the published three minutes of the account's clock."""

import pytest

from support.actions import answer, confirmed, key_of
from support.connect import eventually
from support.time import ADVANCE, DAY

KINDS = ["boleto", "konbini", "multibanco", "oxxo", "pix"]
MINUTES = 180
# No test is as slow as that, and none as fast as what is left of the three minutes.
NEARLY = 120
EXPIRED = "payment_intent_payment_attempt_expired"


@pytest.fixture
def key(name, kind):
    return key_of(name, kind)


@pytest.fixture
def stripe(server, key):
    return server.client(key).v1


@pytest.fixture
def pass_time(server, key):
    def move(seconds):
        reply = server.request("POST", ADVANCE, {"seconds": seconds}, key=key)
        assert reply.status == 200, reply.body

    return move


def settled(stripe, intent):
    done = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status not in {"requires_action", "processing"},
    )
    return done.status, done.last_payment_error and done.last_payment_error.code


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_has_an_ordinary_address_pays_after_three_minutes(stripe, pass_time, kind):
    intent = confirmed(stripe, kind)
    pass_time(NEARLY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    pass_time(MINUTES - NEARLY)
    assert settled(stripe, intent) == ("succeeded", None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_voucher_expires_after_three_minutes_whatever_its_options(stripe, pass_time, kind):
    options = {"expires_after_seconds": 9000} if kind == "pix" else {"expires_after_days": 2}
    options = {} if kind == "multibanco" else {"payment_method_options": {kind: options}}
    intent = confirmed(stripe, kind, email="expire_with_delay@example.com", **options)
    action = intent.next_action[intent.next_action.type]
    ends = getattr(action, "expires_after" if kind == "oxxo" else "expires_at")
    assert intent.created + MINUTES <= ends < intent.created + MINUTES + 30
    pass_time(NEARLY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    pass_time(MINUTES - NEARLY)
    assert settled(stripe, intent) == ("requires_payment_method", EXPIRED)


@pytest.mark.parametrize("kind", ["boleto"])
def test_one_that_expires_immediately_says_so(stripe, kind):
    intent = confirmed(stripe, kind, email="expire_immediately@example.com")
    ends = intent.next_action.boleto_display_details.expires_at
    assert intent.created <= ends < intent.created + 30
    assert settled(stripe, intent) == ("requires_payment_method", EXPIRED)


@pytest.mark.parametrize("kind", ["pix"])
def test_one_that_is_paid_by_itself_does_not_expire_before(stripe, pass_time, kind):
    intent = confirmed(stripe, kind, payment_method_options={"pix": {"expires_after_seconds": 60}})
    pass_time(NEARLY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    pass_time(MINUTES - NEARLY)
    assert settled(stripe, intent) == ("succeeded", None)


@pytest.mark.parametrize("kind", ["pix"])
def test_nobody_pays_for_a_holder_without_an_address(stripe, pass_time, kind):
    intent = confirmed(stripe, kind, email="")
    pass_time(MINUTES + NEARLY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"


@pytest.mark.parametrize("kind", ["oxxo"])
def test_a_page_that_was_answered_is_not_answered_again(server, stripe, pass_time, kind):
    intent = confirmed(stripe, kind)
    assert answer(server, intent, "expire").status == 303
    pass_time(DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert stripe.charges.list({"payment_intent": intent.id}).data == []


@pytest.mark.parametrize("kind", ["konbini"])
def test_a_payment_that_was_canceled_is_not_paid(stripe, pass_time, kind):
    intent = confirmed(stripe, kind)
    stripe.payment_intents.cancel(intent.id)
    pass_time(DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "canceled"
