"""What a merchant says of a payment: line items that add up, references, hooks, and what a session of risk is called."""

import pytest

from support.data import refused
from support.payments import AGREED, PAYMENT, pay

TEA = {
    "product_name": "Tea",
    "quantity": 2,
    "unit_cost": 700,
    "product_code": "T-1",
    "unit_of_measure": "box",
}
CUP = {"product_name": "Cup", "quantity": 1, "unit_cost": 500, "discount_amount": 100}
SHIPPING = {"amount": 200, "to_postal_code": "94107"}
WHOLE = {"line_items": [TEA, CUP], "shipping": SHIPPING}
SHOWN = ["amount_details.line_items"]
MISMATCH = "amount_details_amount_mismatch"


def test_line_items_are_shown_when_they_are_asked_for(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "amount_details": WHOLE})
    assert intent.amount_details.to_dict() == {
        "shipping": {"amount": 200, "from_postal_code": None, "to_postal_code": "94107"},
        "tip": {},
    }
    inside = stripe.payment_intents.retrieve(intent.id, {"expand": SHOWN}).amount_details.line_items
    assert (inside.has_more, [one.product_name for one in inside.data]) == (False, ["Tea", "Cup"])
    listed = stripe.payment_intents.amount_details_line_items.list(intent.id, {"limit": 1})
    assert (listed.has_more, [one.id for one in listed.auto_paging_iter()]) == (
        True,
        [one.id for one in inside.data],
    )
    assert listed.data[0].to_dict() == {
        "discount_amount": None,
        "id": listed.data[0].id,
        "object": "payment_intent_amount_details_line_item",
        "payment_method_options": None,
        "product_code": "T-1",
        "product_name": "Tea",
        "quantity": 2,
        "tax": None,
        "unit_cost": 700,
        "unit_of_measure": "box",
    }
    before = {"ending_before": inside.data[1].id}
    assert [
        one.id for one in stripe.payment_intents.amount_details_line_items.list(intent.id, before).data
    ] == [inside.data[0].id]
    with refused(code="resource_missing", param="starting_after"):
        stripe.payment_intents.amount_details_line_items.list(intent.id, {"starting_after": "uli_x"})


def test_of_an_intent_without_any_the_list_is_empty(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "expand": SHOWN})
    assert intent.amount_details.line_items.data == []
    assert stripe.payment_intents.amount_details_line_items.list(intent.id).data == []


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"line_items": [TEA]}, MISMATCH),
        ({**WHOLE, "tax": {"total_tax_amount": 1}}, MISMATCH),
        (
            {"shipping": {"amount": 2001}},
            "amount_details_tax_shipping_discount_greater_than_amount",
        ),
    ],
)
def test_what_does_not_add_up_is_refused_or_said(stripe, details, code):
    with refused(code=code, param="amount_details"):
        stripe.payment_intents.create({**PAYMENT, "amount_details": details})
    assert stripe.payment_intents.list().data == []
    let = {**details, "enforce_arithmetic_validation": False}
    assert pay(stripe, amount_details=let).amount_details.error.code == code


@pytest.mark.parametrize(
    ("details", "code", "param"),
    [
        ({"line_items": [{**TEA, "quantity": 0}]}, "parameter_invalid_integer", "[line_items][0][quantity]"),
        (
            {"line_items": [CUP, {**TEA, "unit_cost": -1}]},
            "parameter_invalid_integer",
            "[line_items][1][unit_cost]",
        ),
        ({"line_items": [{**TEA, "product_code": "x" * 13}]}, None, "[line_items][0][product_code]"),
        ({"line_items": [{"product_name": "Tea"}]}, "parameter_missing", "[line_items][0][quantity]"),
        ({"line_items": [CUP], "discount_amount": 5}, "parameters_exclusive", "[discount_amount]"),
        ({"discount_amount": 0}, "parameter_invalid_integer", "[discount_amount]"),
        ({"shipping": {"amount": -1}}, "parameter_invalid_integer", "[shipping][amount]"),
        ({"tip": {"amount": 1}}, "parameter_unknown", "[tip]"),
    ],
)
def test_what_cannot_be_is_refused_whatever_the_amount(stripe, details, code, param):
    with refused(code=code, param=f"amount_details{param}"):
        stripe.payment_intents.create({**PAYMENT, "amount_details": details})
    assert stripe.payment_intents.list().data == []


def test_there_are_at_most_two_hundred(stripe):
    many = [{"product_name": "x", "quantity": 1, "unit_cost": 10}] * 200
    assert stripe.payment_intents.create({**PAYMENT, "amount_details": {"line_items": many}}).amount == 2000
    with refused(param="amount_details[line_items]"):
        stripe.payment_intents.create({**PAYMENT, "amount_details": {"line_items": many + many[:1]}})


def test_an_amount_that_changes_has_to_add_up_again(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "amount_details": WHOLE})
    with refused(code=MISMATCH, param="amount_details"):
        stripe.payment_intents.update(intent.id, {"amount": 2100})
    assert stripe.payment_intents.retrieve(intent.id).amount == 2000
    more = {"amount": 2100, "amount_details": {"shipping": {**SHIPPING, "amount": 300}}}
    assert stripe.payment_intents.update(intent.id, more).amount_details.shipping.amount == 300
    none = stripe.payment_intents.update(
        intent.id, {"amount": 500, "amount_details": {"line_items": "", "shipping": ""}}
    )
    assert none.amount_details.to_dict() == {"tip": {}}


def test_a_capture_says_what_it_is_made_of(stripe):
    intent = pay(stripe, capture_method="manual", amount_details=WHOLE)
    half = {
        "amount_to_capture": 700,
        "amount_details": {"line_items": [{**TEA, "quantity": 1}], "shipping": ""},
    }
    with refused(code=MISMATCH, param="amount_details"):
        stripe.payment_intents.capture(intent.id, {**half, "amount_to_capture": 800})
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert (
        stripe.payment_intents.capture(intent.id, {**half, "expand": SHOWN})
        .amount_details.line_items.data[0]
        .quantity
        == 1
    )


def test_references_and_hooks_are_echoed_until_they_are_cleared(stripe):
    hooks = {"inputs": {"tax": {"calculation": "taxcalc_1"}}}
    intent = stripe.payment_intents.create(
        {**PAYMENT, "payment_details": {"order_reference": "o-7"}, "hooks": hooks}
    )
    assert intent.payment_details.to_dict() == {"customer_reference": None, "order_reference": "o-7"}
    assert intent.hooks.to_dict() == hooks
    both = stripe.payment_intents.update(intent.id, {"payment_details": {"customer_reference": "c"}})
    assert both.payment_details.to_dict() == {"customer_reference": "c", "order_reference": "o-7"}
    cleared = stripe.payment_intents.update(
        intent.id, {"payment_details": "", "hooks": {"inputs": {"tax": {"calculation": ""}}}}
    )
    assert {"payment_details", "hooks"}.isdisjoint(cleared.to_dict())
    said = stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "payment_details": {"order_reference": "o-8"}}
    )
    assert (said.status, said.payment_details.order_reference) == ("succeeded", "o-8")


def test_a_session_of_the_risk_engine_is_on_the_charge(stripe):
    session = {"session": "rse_123"}
    charge = pay(stripe, radar_options=session, expand=["latest_charge"]).latest_charge
    assert charge.radar_options.to_dict() == session
    with refused(code="payment_intent_invalid_parameter", param="radar_options"):
        stripe.payment_intents.create({**PAYMENT, "radar_options": session})


def test_a_browser_sees_no_references(stripe, browser):
    intent = stripe.payment_intents.create({**PAYMENT, "payment_details": {"order_reference": "o"}})
    seen = browser.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})
    assert {"payment_details", "hooks"}.isdisjoint(seen.to_dict())


# -- SetupIntents -----------------------------------------------------------------------------------------------------


def test_a_setup_for_one_payment_leaves_a_mandate_for_one(stripe):
    debit = {"payment_method_types": ["us_bank_account"], "payment_method": "pm_usBankAccount_success"}
    once = {"single_use": {"amount": 900, "currency": "USD"}, "confirm": True, "mandate_data": AGREED}
    intent = stripe.setup_intents.create({**debit, **once, "expand": ["single_use_mandate"]})
    assert (intent.status, intent.mandate) == ("succeeded", None)
    mandate = intent.single_use_mandate
    assert (mandate.type, mandate.single_use.to_dict()) == ("single_use", {"amount": 900, "currency": "usd"})
    with refused(code="parameter_invalid_integer", param="single_use[amount]"):
        stripe.setup_intents.create({**debit, "single_use": {"amount": 0, "currency": "usd"}})
    with refused(param="single_use[currency]"):
        stripe.setup_intents.create({**debit, "single_use": {"amount": 1, "currency": "xxx"}})


def test_where_the_money_is_to_flow_is_said_of_the_attempt_too(stripe):
    ways = ["inbound", "outbound"]
    intent = stripe.setup_intents.create(
        {
            "attach_to_self": True,
            "flow_directions": ways,
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )
    assert (intent.status, intent.flow_directions, intent.attach_to_self) == ("succeeded", ways, True)
    (attempt,) = stripe.setup_attempts.list({"setup_intent": intent.id}).data
    assert attempt.flow_directions == ways
    assert [one.id for one in stripe.setup_intents.list({"attach_to_self": True}).data] == [intent.id]
    with refused(param="flow_directions[0]"):
        stripe.setup_intents.create({"flow_directions": ["sideways"]})
