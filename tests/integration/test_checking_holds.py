"""`strongroom check` compares what intents say they hold with what their charges do; each comparison has a planted fault."""

import pytest

from strongroom.http import phases
from strongroom.resources.cards import PRIVATE
from strongroom.resources.charging import CHARGE
from strongroom.resources.check import check
from strongroom.resources.payment_intents import PAYMENT_INTENT
from support.data import refused
from support.halves import begun, shown
from support.house import inside
from support.payments import in_status

__all__ = ["inside"]
HELD = {
    "amount": 2000,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "capture_method": "manual",
    "confirm": True,
}


async def held(within):
    call, onward, claimed = await begun(within, "POST /v1/payment_intents", HELD)
    return shown(await phases.go_on(within.house, call, onward, claimed))


FAULTS = {
    "was given up, and its charge still holds money": ("intent", {"status": "canceled"}),
    "can be captured, and its charge holds nothing": ("charge", {"released": True}),
    "can be captured by another sum than its charge holds": ("intent", {"amount_capturable": 1999}),
    "names a charge that is not there": ("intent", {"latest_charge": "ch_x"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hold_that_does_not_agree_is_found(inside, fault):
    what, planted = FAULTS[fault]

    async def scene(within):
        intent = await held(within)
        assert await check(within.house) == []

        async def plant(call):
            if what == "intent":
                stored = await call.find(PAYMENT_INTENT, intent["id"])
                call.change(stored, {**stored.doc, **planted})
            else:
                stored = await call.find(CHARGE, intent["latest_charge"])
                call.change(stored, {**stored.doc, PRIVATE: {**stored.doc[PRIVATE], **planted}})

        await within.do(plant)
        assert [one for one in await check(within.house) if fault in one] != []

    inside(scene)


def test_an_intent_that_was_given_up_before_anybody_was_asked_is_no_fault(inside):
    async def scene(within):
        made = await within.operate("POST /v1/payment_intents", {"amount": 2000, "currency": "usd"})
        await within.operate("POST /v1/payment_intents/{intent}/cancel", intent=made["id"])
        assert await check(within.house) == []

    inside(scene)


def test_39_a_hold_of_an_intent_is_let_go_of_by_the_intent_alone(stripe):
    intent = in_status(stripe, "requires_capture")
    with refused(param="charge", says=f"Cancel the PaymentIntent {intent.id} instead"):
        stripe.refunds.create({"charge": intent.latest_charge})
    assert stripe.payment_intents.capture(intent.id).amount_received == 2000
    assert [one.amount for one in stripe.balance_transactions.list().data] == [2000]
