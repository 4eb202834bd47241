"""The five states of a PaymentMethod and everything that can be done in each: the whole table."""

import itertools

import pytest

from strongroom import errors
from strongroom.domain import payment_methods as states
from strongroom.domain.payment_methods import (
    ABANDON,
    ACTIONS,
    ATTACH,
    ATTACHED,
    CONSUMED,
    DETACH,
    DETACHED,
    FRESH,
    ORPHANED,
    STATES,
    UPDATE,
    USE,
)

AFTER = {
    (ATTACH, FRESH): ATTACHED,
    (DETACH, ATTACHED): DETACHED,
    (DETACH, ORPHANED): DETACHED,
    (UPDATE, ATTACHED): ATTACHED,
    (UPDATE, ORPHANED): ORPHANED,
    (USE, FRESH): CONSUMED,
    (USE, ATTACHED): ATTACHED,
    (ABANDON, ATTACHED): ORPHANED,
}
SAID = {
    (ATTACH, ATTACHED): "already been attached to a customer",
    (ATTACH, ORPHANED): "already been attached to a customer",
    (ATTACH, CONSUMED): "may not be used again",
    (ATTACH, DETACHED): "may not be used again",
    (DETACH, FRESH): "detachment is impossible",
    (DETACH, CONSUMED): "detachment is impossible",
    (DETACH, DETACHED): "detachment is impossible",
    (UPDATE, FRESH): "save this PaymentMethod to a customer",
    (UPDATE, CONSUMED): "save this PaymentMethod to a customer",
    (UPDATE, DETACHED): "save this PaymentMethod to a customer",
    (USE, CONSUMED): "was previously used with a PaymentIntent without Customer attachment",
    (USE, DETACHED): "or was detached from a Customer",
    (USE, ORPHANED): "The customer of this PaymentMethod was deleted",
    (ABANDON, FRESH): "belongs to no customer",
    (ABANDON, CONSUMED): "belongs to no customer",
    (ABANDON, DETACHED): "belongs to no customer",
    (ABANDON, ORPHANED): "belongs to no customer",
}


@pytest.mark.parametrize(("action", "state"), list(itertools.product(ACTIONS, STATES)))
def test_every_action_in_every_state(action, state):
    if (action, state) in AFTER:
        assert states.after(action, state) == AFTER[action, state]
        return
    with pytest.raises(errors.InvalidRequest, match=SAID[action, state]) as refusal:
        states.after(action, state)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, None, None)


def test_nothing_leads_back_to_a_payment_method_that_can_be_attached():
    reachable = {FRESH}
    for _ in STATES:
        reachable |= {after for (_, state), after in AFTER.items() if state in reachable}
    assert reachable == set(STATES)
    assert FRESH not in AFTER.values()
    ended = {CONSUMED, DETACHED}
    assert not [pair for pair in AFTER if pair[1] in ended]


@pytest.mark.parametrize(
    ("owner", "customer", "says"),
    [
        (None, None, None),
        (None, "cus_1", None),
        ("cus_1", "cus_1", None),
        ("cus_1", None, "belongs to the Customer cus_1. Please include the Customer"),
        ("cus_1", "cus_2", "belongs to the Customer cus_1, and can not be used with the Customer cus_2"),
    ],
)
def test_a_saved_payment_method_is_its_customers_alone(owner, customer, says):
    if says is None:
        states.check_owner(owner, customer)
        return
    with pytest.raises(errors.InvalidRequest, match=says):
        states.check_owner(owner, customer)


@pytest.mark.parametrize(
    ("attach", "verified", "through_intent"),
    list(
        itertools.product(
            ["direct", "after_verification", "intent_only", "never"], [True, False], [True, False]
        )
    ),
)
def test_how_a_type_is_saved(attach, verified, through_intent):
    good = {"direct": True, "after_verification": verified, "intent_only": through_intent, "never": False}[
        attach
    ]
    if good:
        states.check_savable("x", attach, verified=verified, through_intent=through_intent)
    else:
        with pytest.raises(errors.InvalidRequest, match="type 'x'"):
            states.check_savable("x", attach, verified=verified, through_intent=through_intent)
