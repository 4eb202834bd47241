"""What can be done with a hold if it was asked for: holding more, and for longer."""

import pytest
import stripe as sdk

from strongroom import errors
from strongroom.connectors.base import UNKNOWN, Outcome
from strongroom.domain.intent_machine import Verdict
from strongroom.http import phases
from strongroom.resources import acquiring
from strongroom.workers.completer import complete_due
from support.data import event_types, refused
from support.halves import begun, rows, shown, types
from support.house import inside
from support.payments import PAYMENT, pay
from support.time import DAY, HOUR, advance

__all__ = ["advance", "inside"]
UNEXPECTED = "payment_intent_unexpected_state"
NOT_ELIGIBLE = "payment_intent_invalid_parameter"
FEATURES = ("extended_authorization", "incremental_authorization", "multicapture", "overcapture")
ALL = {f"request_{name}": "if_available" for name in FEATURES}


def hold(stripe, method="pm_card_visa", asks=ALL, **params):
    options = {"payment_method_options": {"card": asks}} if asks else {}
    return pay(stripe, method, capture_method="manual", expand=["latest_charge"], **options, **params)


def card_of(intent):
    return intent.latest_charge.payment_method_details.card


def statuses(intent):
    return [card_of(intent)[name].status for name in FEATURES]


# -- what there is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "asks", "told"),
    [
        ("pm_card_visa", ALL, ["enabled", "available", "available", "available"]),
        ("pm_card_jcb", ALL, ["disabled", "unavailable", "available", "unavailable"]),
        ("pm_card_visa", {}, ["disabled", "unavailable", "unavailable", "unavailable"]),
        (
            "pm_card_visa",
            {"request_multicapture": "if_available", "request_overcapture": "never"},
            ["disabled", "unavailable", "available", "unavailable"],
        ),
        (
            "pm_card_credit_disableEnterpriseCardFeatures",
            ALL,
            ["disabled", "unavailable", "unavailable", "unavailable"],
        ),
    ],
)
def test_a_charge_says_what_its_network_grants_of_what_was_asked(stripe, method, asks, told):
    assert statuses(hold(stripe, method, asks)) == told


def test_what_is_taken_at_once_needs_nothing_of_it(stripe):
    paid = pay(stripe, payment_method_options={"card": ALL}, expand=["latest_charge"])
    assert statuses(paid) == ["disabled", "unavailable", "unavailable", "unavailable"]


def test_what_was_asked_is_shown_again(stripe):
    assert ALL.items() <= hold(stripe).payment_method_options.card.to_dict().items()


def test_an_extended_hold_lasts_thirty_days(stripe, advance):
    intent = hold(stripe)
    made = intent.latest_charge.created
    assert card_of(intent).capture_before == made + 30 * DAY
    advance(to=made + 30 * DAY - HOUR)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_capture"
    advance(seconds=HOUR)
    assert stripe.payment_intents.retrieve(intent.id).status == "canceled"


# -- holding more -----------------------------------------------------------------------------------------------------


def test_more_is_held_and_taken(stripe):
    intent = hold(stripe)
    more = stripe.payment_intents.increment_authorization(
        intent.id,
        {"amount": 2500, "metadata": {"n": "2"}, "description": "And tea", "expand": ["latest_charge"]},
    )
    assert (more.status, more.amount, more.amount_capturable, more.amount_received) == (
        "requires_capture",
        2500,
        2500,
        0,
    )
    assert (more.metadata.to_dict(), more.description) == ({"n": "2"}, "And tea")
    charge = more.latest_charge
    assert (charge.id, charge.amount, card_of(more).amount_authorized) == (
        intent.latest_charge.id,
        2500,
        2500,
    )
    assert card_of(more).overcapture.maximum_amount_capturable == 2875
    assert card_of(more).capture_before == card_of(intent).capture_before
    assert event_types(stripe)[-2:] == ["payment_intent.amount_capturable_updated", "charge.updated"]
    (told,) = stripe.events.list({"type": "charge.updated"}).data
    assert told.data.previous_attributes["amount"] == 2000

    assert stripe.payment_intents.capture(intent.id).amount_received == 2500
    assert [one.amount for one in stripe.balance_transactions.list().data] == [2500]


def test_an_issuer_that_says_no_changes_nothing(stripe):
    intent = hold(stripe)
    before = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).to_dict()
    told = event_types(stripe)
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        stripe.payment_intents.increment_authorization(intent.id, {"amount": 60_000, "metadata": {"n": "2"}})
    assert caught.value.json_body["error"]["payment_intent"]["amount"] == 2000
    after = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).to_dict()
    assert (after, event_types(stripe)) == (before, told)
    assert stripe.payment_intents.increment_authorization(intent.id, {"amount": 52_000}).amount == 52_000


def test_59_a_hold_for_which_it_was_not_asked_stays_as_it_is(stripe):
    for intent in (hold(stripe, asks={}), hold(stripe, "pm_card_jcb")):
        with refused(code=NOT_ELIGIBLE):
            stripe.payment_intents.increment_authorization(intent.id, {"amount": 2500})
        assert stripe.payment_intents.retrieve(intent.id).amount == 2000


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 2000}, None, "amount"),
        ({"amount": 1999}, None, "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({}, "parameter_missing", "amount"),
        ({"amount": 2500, "statement_descriptor": "<x>"}, None, "statement_descriptor"),
    ],
)
def test_only_a_greater_amount_can_be_held(stripe, post, params, code, param):
    intent = hold(stripe)
    reply = post(f"/v1/payment_intents/{intent.id}/increment_authorization", params)
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert stripe.payment_intents.retrieve(intent.id).amount_capturable == 2000


def test_only_what_is_held_can_grow(stripe):
    for intent in (stripe.payment_intents.create(PAYMENT), pay(stripe)):
        with refused(code=UNEXPECTED):
            stripe.payment_intents.increment_authorization(intent.id, {"amount": 2500})
    with refused(status=404, code="resource_missing", param="intent"):
        stripe.payment_intents.increment_authorization("pi_x", {"amount": 2500})


def test_ten_times_are_enough_refused_ones_counted(stripe):
    intent = hold(stripe)
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
        stripe.payment_intents.increment_authorization(intent.id, {"amount": 90_000})
    for more in range(9):
        stripe.payment_intents.increment_authorization(intent.id, {"amount": 2001 + more})
    with refused(code=NOT_ELIGIBLE, says="at most 10 times"):
        stripe.payment_intents.increment_authorization(intent.id, {"amount": 5000})


def test_line_items_have_to_add_up_to_the_new_amount(stripe):
    def tea(cost):
        return {"line_items": [{"product_name": "Tea", "quantity": 1, "unit_cost": cost}]}

    intent = hold(stripe, amount_details=tea(2000))
    with refused(code="amount_details_amount_mismatch", param="amount_details"):
        stripe.payment_intents.increment_authorization(intent.id, {"amount": 2500})
    more = {"amount": 2500, "amount_details": tea(2500), "expand": ["amount_details.line_items"]}
    grown = stripe.payment_intents.increment_authorization(intent.id, more)
    assert grown.amount_details.line_items.data[0].unit_cost == 2500


# -- an issuer that says nothing --------------------------------------------------------------------------------------


HELD = {
    "amount": 2000,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "payment_method_options": {"card": ALL},
    "capture_method": "manual",
    "confirm": True,
}
INCREMENT = "POST /v1/payment_intents/{intent}/increment_authorization"


@pytest.mark.parametrize(("says", "amount"), [("approved", 2500), ("declined", 2000)])
def test_an_issuer_that_says_nothing_is_asked_again(inside, monkeypatch, says, amount):
    async def scene(within):
        call, onward, claimed = await begun(within, "POST /v1/payment_intents", HELD)
        intent = shown(await phases.go_on(within.house, call, onward, claimed))
        path = {"intent": intent["id"]}
        real, silent = acquiring.put_again, acquiring.put

        async def nothing(*_):
            return UNKNOWN

        monkeypatch.setattr(acquiring, "put", nothing)
        monkeypatch.setattr(acquiring, "put_again", nothing)
        call, onward, claimed = await begun(within, INCREMENT, {"amount": 2500}, **path)
        with pytest.raises(errors.NotAnsweredYet):
            await phases.go_on(within.house, call, onward, claimed)
        with pytest.raises(errors.RateLimited):
            await begun(within, INCREMENT, {"amount": 2600}, **path)
        before = await types(within)
        within.house.clock.advance(60)
        await complete_due(within.house, phases.complete)
        assert await types(within) == before

        async def answer(*_):
            return Outcome(Verdict(says), code=None if says == "approved" else "generic_decline")

        monkeypatch.setattr(acquiring, "put_again", answer)
        within.house.clock.advance(60)
        await complete_due(within.house, phases.complete)
        after = await within.operate("GET /v1/payment_intents/{intent}", **path)
        assert (after["amount"], after["amount_capturable"]) == (amount, amount)
        monkeypatch.setattr(acquiring, "put", silent)
        monkeypatch.setattr(acquiring, "put_again", real)
        assert len(await rows(within, "charges")) == 1

    inside(scene)
