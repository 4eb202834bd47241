"""What nobody does in time: what a customer was asked ends, and the intent can be paid otherwise."""

import pytest

from strongroom.catalog.next_actions import next_actions
from support.actions import WHERE, answer, confirmed, key_of
from support.data import event_types
from support.payments import RETURN_URL, pay
from support.time import ADVANCE, DAY, HOUR, advance

__all__ = ["advance"]
THREE_D_SECURE = "pm_card_threeDSecure2Required"
# Nobody has to do anything; or it is done by itself; or small deposits have a time of their own.
NOTHING = {"au_becs_debit", "bacs_debit", "link", "nz_bank_account", "sepa_debit"}
OTHERWISE = {"acss_debit", "blik", "us_bank_account"}
ASKED = sorted(WHERE.keys() - NOTHING - OTHERWISE)


@pytest.fixture
def whose(server, name):
    """Return a function that gives the key of an account in the right country."""
    return lambda kind: key_of(name, kind)


@pytest.fixture
def pass_time(server):
    def move(key, **by):
        reply = server.request("POST", ADVANCE, by, key=key)
        assert reply.status == 200, reply.body
        return reply.json["now"]

    return move


def ends_of(kind, created):
    """When an action of a type ends: after its seconds, or at the end of a day."""
    rules = next_actions()
    if kind not in rules.days:
        return created + rules.seconds.get(kind, rules.default_seconds)
    return (created // DAY + rules.days[kind] + 1) * DAY - 1


@pytest.mark.parametrize("kind", ASKED)
def test_what_nobody_does_in_time_fails_the_attempt(server, whose, pass_time, kind):
    key = whose(kind)
    stripe = server.client(key).v1
    intent = confirmed(stripe, kind, email="fill_never@example.com")
    ends = ends_of(kind, intent.created)
    pass_time(key, to=ends - 30)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    pass_time(key, seconds=HOUR)
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.payment_method, after.next_action, after.latest_charge) == (
        "requires_payment_method",
        None,
        None,
        None,
    )
    error = after.last_payment_error
    assert (error.code, error.payment_method.id) == (
        "payment_intent_payment_attempt_expired",
        intent.payment_method,
    )
    (failed,) = stripe.events.list({"type": "payment_intent.payment_failed"}).data
    # Counted from when the customer was asked, a moment after the intent was made.
    assert ends <= failed.created < ends + HOUR // 2
    assert failed.request.id is None
    assert answer(server, intent, "complete").status == 404


def test_who_has_answered_is_not_expired(stripe, server, advance):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    answer(server, intent, "complete")
    advance(seconds=30 * DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    assert "payment_intent.payment_failed" not in event_types(stripe)


def test_an_action_that_was_given_up_takes_no_later_one_with_it(stripe, advance):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    advance(seconds=DAY - HOUR)
    again = stripe.payment_intents.confirm(
        intent.id, {"payment_method": THREE_D_SECURE, "return_url": RETURN_URL}
    )
    advance(seconds=2 * HOUR)
    assert stripe.payment_intents.retrieve(intent.id).next_action == again.next_action
    advance(seconds=DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert event_types(stripe).count("payment_intent.payment_failed") == 1


def test_a_voucher_is_good_as_long_as_the_merchant_says(server, whose, pass_time):
    key = whose("boleto")
    stripe = server.client(key).v1
    options = {"payment_method_options": {"boleto": {"expires_after_days": 9}}}
    intent = confirmed(stripe, "boleto", email="fill_never@example.com", **options)
    pass_time(key, seconds=8 * DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    pass_time(key, seconds=2 * DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"


# -- SetupIntents -----------------------------------------------------------------------------------------------------


def set_up(stripe):
    return stripe.setup_intents.create(
        {"payment_method": THREE_D_SECURE, "payment_method_types": ["card"], "confirm": True}
    )


def attempts_of(stripe, intent):
    return [one.status for one in stripe.setup_attempts.list({"setup_intent": intent.id}).data]


def test_a_setup_nobody_authenticates_fails(stripe, advance):
    intent = set_up(stripe)
    assert (intent.status, attempts_of(stripe, intent)) == ("requires_action", ["requires_action"])
    advance(seconds=DAY)
    after = stripe.setup_intents.retrieve(intent.id)
    assert (after.status, after.payment_method, after.next_action) == ("requires_payment_method", None, None)
    assert after.last_setup_error.code == "setup_intent_setup_attempt_expired"
    assert attempts_of(stripe, intent) == ["failed"]
    assert event_types(stripe)[-1] == "setup_intent.setup_failed"


def test_an_attempt_that_is_given_up_is_abandoned(stripe):
    canceled, updated, confirmed_again = [set_up(stripe) for _ in range(3)]
    stripe.setup_intents.cancel(canceled.id)
    stripe.setup_intents.update(updated.id, {"payment_method": "pm_card_visa"})
    stripe.setup_intents.confirm(confirmed_again.id, {"payment_method": "pm_card_visa"})
    assert attempts_of(stripe, canceled) == ["abandoned"]
    assert attempts_of(stripe, updated) == ["abandoned"]
    assert attempts_of(stripe, confirmed_again) == ["succeeded", "abandoned"]
