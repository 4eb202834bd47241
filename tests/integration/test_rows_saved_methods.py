"""The five states of a PaymentMethod as its users meet them: everything that can be asked of each, and what is answered."""

import itertools

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused

STATES = ("fresh", "attached", "consumed", "detached", "orphaned")

USED_UP = "may not be used again"
SPENT = "was previously used with a PaymentIntent without Customer attachment"
TAKEN = "has already been attached to a customer"
UNSAVED = "You must save this PaymentMethod to a customer before you can update it"
NOT_HELD = "is not attached to a customer so detachment is impossible"
WITHOUT = "The customer of this PaymentMethod was deleted"

# Action and state → what is said; every pair that is not here goes well.
REFUSED = {
    ("attach", "attached"): TAKEN,
    ("attach", "consumed"): USED_UP,
    ("attach", "detached"): USED_UP,
    ("attach", "orphaned"): TAKEN,
    ("detach", "fresh"): NOT_HELD,
    ("detach", "consumed"): NOT_HELD,
    ("detach", "detached"): NOT_HELD,
    ("update", "fresh"): UNSAVED,
    ("update", "consumed"): UNSAVED,
    ("update", "detached"): UNSAVED,
    ("pay", "consumed"): SPENT,
    ("pay", "detached"): SPENT,
    ("pay", "orphaned"): WITHOUT,
    ("set up", "consumed"): SPENT,
    ("set up", "detached"): SPENT,
    ("set up", "orphaned"): WITHOUT,
    ("save as first", "attached"): TAKEN,
    ("save as first", "consumed"): USED_UP,
    ("save as first", "detached"): USED_UP,
    ("save as first", "orphaned"): TAKEN,
}
# What is told when it goes well.
TOLD = {
    ("attach", "fresh"): ["payment_method.attached"],
    ("save as first", "fresh"): ["payment_method.attached"],
    ("detach", "attached"): ["payment_method.detached"],
    ("detach", "orphaned"): ["payment_method.detached"],
    ("update", "attached"): ["payment_method.updated"],
    ("update", "orphaned"): ["payment_method.updated"],
}


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({}).id


def payment(method, customer=None, **more):
    named = {} if customer is None else {"customer": customer}
    sent = {"payment_method": method, "payment_method_types": ["card"], "confirm": True}
    return {"amount": 1000, "currency": "usd", **sent, **named, **more}


def brought_to(stripe, state, customer):
    """Return a PaymentMethod in a state; `customer` is whose it is or was."""
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    if state == "consumed":
        stripe.payment_intents.create(payment(method))
    if state in {"attached", "detached", "orphaned"}:
        stripe.payment_methods.attach(method, {"customer": customer})
    if state == "detached":
        stripe.payment_methods.detach(method)
    if state == "orphaned":
        stripe.customers.delete(customer)
    return method


def act(stripe, action, method, owner):
    """Do one thing with a PaymentMethod; `owner` is who holds it now."""
    if action == "attach":
        stripe.payment_methods.attach(method, {"customer": stripe.customers.create({}).id})
    elif action == "save as first":
        stripe.customers.create({"payment_method": method})
    elif action == "detach":
        stripe.payment_methods.detach(method)
    elif action == "update":
        stripe.payment_methods.update(method, {"metadata": {"a": "1"}})
    elif action == "pay":
        stripe.payment_intents.create(payment(method, owner))
    else:
        held = {} if owner is None else {"customer": owner}
        sent = {"payment_method": method, "payment_method_types": ["card"], "confirm": True}
        stripe.setup_intents.create({**sent, **held})


ACTIONS = ("attach", "save as first", "detach", "update", "pay", "set up")


@pytest.mark.parametrize(("action", "state"), list(itertools.product(ACTIONS, STATES)))
def test_every_action_in_every_state_is_done_or_refused_and_then_nothing_has_changed(
    stripe, customer, action, state
):
    method = brought_to(stripe, state, customer)
    before, told = stripe.payment_methods.retrieve(method).to_dict(), event_types(stripe, method)
    says = REFUSED.get((action, state))
    if says is not None:
        with refused(says=says):
            act(stripe, action, method, customer if state == "attached" else None)
        assert stripe.payment_methods.retrieve(method).to_dict() == before
        assert event_types(stripe, method) == told
        return
    act(stripe, action, method, customer if state == "attached" else None)
    assert event_types(stripe, method) == told + TOLD.get((action, state), [])


def test_the_table_holds_every_pair():
    pairs = set(itertools.product(ACTIONS, STATES))
    assert REFUSED.keys() <= pairs
    assert TOLD.keys() <= pairs - REFUSED.keys()
    assert len(pairs) == len(REFUSED) + 10


@pytest.mark.parametrize("state", STATES)
def test_deleting_the_customer_ends_what_is_attached_and_nothing_else(stripe, customer, state):
    method = brought_to(stripe, state, customer)
    before, told = stripe.payment_methods.retrieve(method).to_dict(), event_types(stripe, method)
    if state == "orphaned":
        with refused(status=404, code="resource_missing", param="id"):
            stripe.customers.delete(customer)
    else:
        stripe.customers.delete(customer)
    assert stripe.payment_methods.retrieve(method).to_dict() == before
    assert event_types(stripe, method) == told
    if state == "attached":
        with refused(says=WITHOUT):
            stripe.payment_intents.create(payment(method))


@pytest.mark.parametrize("state", ["consumed", "detached", "orphaned", "attached"])
def test_nothing_leads_back(stripe, customer, state):
    """Whatever else is tried, a PaymentMethod that is not fresh is never attached to somebody else."""
    method = brought_to(stripe, state, customer)
    for action in ACTIONS:
        if (action, state) not in REFUSED and action != "detach":
            act(stripe, action, method, customer if state == "attached" else None)
    with refused(says="attached to a customer" if state in {"attached", "orphaned"} else USED_UP):
        stripe.payment_methods.attach(method, {"customer": stripe.customers.create({}).id})


# -- rows of their own ------------------------------------------------------------------------------------------------


def test_18_a_card_that_fails_later_is_attached_and_then_declined(stripe, customer):
    method = stripe.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    assert method.customer == customer
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
        stripe.payment_intents.create(payment(method.id, customer))
    assert stripe.payment_methods.retrieve(method.id).customer == customer


def test_38_one_that_paid_without_a_customer_is_used_up(stripe, customer):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    assert stripe.payment_intents.create(payment(method)).status == "succeeded"
    with refused(says=USED_UP):
        stripe.payment_methods.attach(method, {"customer": customer})


@pytest.mark.parametrize("usage", ["off_session", "on_session"])
def test_39_a_payment_that_keeps_its_card_attaches_it(stripe, customer, usage):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    intent = stripe.payment_intents.create(payment(method, customer, setup_future_usage=usage))
    assert intent.status == "succeeded"
    assert stripe.payment_methods.retrieve(method).customer == customer
    assert event_types(stripe, method) == ["payment_method.attached"]
    assert stripe.payment_intents.create(payment(method, customer)).status == "succeeded"


def test_40_a_payment_of_a_customer_does_not_attach_by_itself(stripe, customer):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    assert stripe.payment_intents.create(payment(method, customer)).status == "succeeded"
    assert stripe.payment_methods.retrieve(method).customer is None
    assert stripe.customers.payment_methods.list(customer).data == []
    with refused(says=SPENT):
        stripe.payment_intents.create(payment(method, customer))


def test_41_a_saved_one_pays_with_its_customer_alone(stripe, customer):
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    with refused(code="parameter_missing", param="source", says=f"belongs to the Customer {customer}"):
        stripe.payment_intents.create(payment(method))
    other = stripe.customers.create({}).id
    with refused(param="payment_method", says=f"does not belong to the Customer you supplied {other}"):
        stripe.payment_intents.create(payment(method, other))


def test_a_decline_does_not_use_it_up(stripe, customer):
    """Nor does a card that was declined when it was to be attached: it stays fresh."""
    method = stripe.payment_methods.create(
        {"type": "card", "card": {**VISA, "number": "4000000000000002"}}
    ).id
    for _ in range(2):
        with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
            stripe.payment_intents.create(payment(method))
        with refused(
            sdk.CardError, status=402, code="card_declined", decline_code="generic_decline", param=""
        ):
            stripe.payment_methods.attach(method, {"customer": customer})
    assert event_types(stripe, method) == []


def test_a_setup_without_a_customer_leaves_it_fresh(stripe, customer):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    intent = stripe.setup_intents.create(
        {"payment_method": method, "payment_method_types": ["card"], "confirm": True}
    )
    assert (intent.status, stripe.payment_methods.retrieve(method).customer) == ("succeeded", None)
    assert stripe.payment_methods.attach(method, {"customer": customer}).customer == customer


def test_a_setup_of_a_customer_attaches_it(stripe, customer):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    sent = {"payment_method": method, "payment_method_types": ["card"], "confirm": True}
    stripe.setup_intents.create({**sent, "customer": customer})
    assert stripe.payment_methods.retrieve(method).customer == customer
    assert event_types(stripe, method) == ["payment_method.attached"]


def test_a_default_that_is_detached_changes_no_open_intent_until_it_is_used(stripe, customer):
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    waiting = {name: value for name, value in payment(method, customer).items() if name != "confirm"}
    intent = stripe.payment_intents.create(waiting)
    stripe.payment_methods.detach(method)
    assert stripe.payment_intents.retrieve(intent.id).payment_method == method
    with refused(says=SPENT):
        stripe.payment_intents.confirm(intent.id)


def test_the_same_card_may_be_saved_many_times(stripe, customer):
    ids = {stripe.payment_methods.attach("pm_card_visa", {"customer": customer}).id for _ in range(3)}
    listed = stripe.customers.payment_methods.list(customer).data
    assert ({one.id for one in listed}, len({one.card.fingerprint for one in listed})) == (ids, 1)
    assert stripe.customers.retrieve(customer).default_source is None


def test_deleting_a_source_can_be_asked_to_expand_and_leaves_the_stub(server, secret_key, stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    path = f"/v1/customers/{customer.id}/sources/{customer.default_source}"
    bogus = server.request("DELETE", path, {"expand[]": "bogus"}, key=secret_key)
    assert (bogus.status, "cannot be expanded (bogus)" in bogus.error["message"]) == (400, True)
    assert stripe.customers.retrieve(customer.id).default_source == customer.default_source
    gone = server.request("DELETE", path, {"expand[]": "customer"}, key=secret_key)
    assert gone.json == {"id": customer.default_source, "object": "card", "deleted": True}
