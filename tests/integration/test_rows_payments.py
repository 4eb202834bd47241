"""Payments, row by row of what a faithful implementation gets right: what the tests of each operation do not say already."""

import pytest
import stripe as sdk

from support.data import event_types, refused
from support.payments import AGREED, DEBIT, NO_REDIRECTS, PAYMENT, RETURN_URL, in_status, pay
from support.time import advance

__all__ = ["advance"]
UNEXPECTED = "payment_intent_unexpected_state"
THREE_D_SECURE = "pm_card_threeDSecure2Required"


# -- create -----------------------------------------------------------------------------------------------------------


def test_04_named_types_have_no_configuration(stripe):
    intent = stripe.payment_intents.create(
        {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}
    )
    assert (intent.automatic_payment_methods, intent.payment_method_configuration_details) == (None, None)


def test_06_a_refusal_for_want_of_a_return_url_leaves_the_intent(stripe):
    [configuration] = stripe.payment_method_configurations.list().data
    stripe.payment_method_configurations.update(
        configuration.id, {"ideal": {"display_preference": {"preference": "on"}}}
    )
    sent = {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    with refused(says="return_url") as caught:
        stripe.payment_intents.create(sent)
    inside = caught.value.json_body["error"]["payment_intent"]
    kept = stripe.payment_intents.retrieve(inside["id"])
    assert (kept.status, kept.latest_charge) == ("requires_confirmation", None)
    with refused(says="return_url"):
        stripe.payment_intents.create({**sent, "use_stripe_sdk": True})
    assert stripe.payment_intents.create({**sent, **NO_REDIRECTS}).status == "succeeded"
    assert stripe.payment_intents.confirm(kept.id, {"return_url": RETURN_URL}).status == "succeeded"


def test_08_nothing_is_confirmed_without_a_payment_method(stripe):
    with refused(code=UNEXPECTED, says="missing a payment method"):
        stripe.payment_intents.create({**PAYMENT, "confirm": True})
    assert stripe.payment_intents.list().data == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("return_url", RETURN_URL),
        ("off_session", True),
        ("mandate_data", AGREED),
        ("use_stripe_sdk", True),
        ("error_on_requires_action", True),
    ],
)
def test_09_10_what_only_goes_with_a_confirmation(stripe, name, value):
    with refused(code="payment_intent_invalid_parameter", param=name):
        stripe.payment_intents.create({**PAYMENT, name: value})


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("10.5", "usd", "parameter_invalid_integer"),
        ("abc", "usd", "parameter_invalid_integer"),
        (0, "usd", "parameter_invalid_integer"),
        (49, "usd", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (1499, "czk", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (1_000_000_000, "inr", "amount_too_large"),
        (1_000_000_000_000, "idr", "amount_too_large"),
        (1001, "kwd", None),
        (1050, "isk", None),
        (1050, "ugx", None),
    ],
)
def test_48_49_amounts_have_bounds_and_steps(post, stripe, amount, currency, code):
    reply = post("/v1/payment_intents", {"amount": amount, "currency": currency})
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, "amount")
    assert stripe.payment_intents.list().data == []


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (99_999_999, "usd"),
        (999_999_999, "inr"),
        (999_999_999_999, "idr"),
        (50, "JPY"),
        (1010, "kwd"),
        (1100, "isk"),
    ],
)
def test_amounts_at_their_bounds_are_charged(stripe, amount, currency):
    intent = stripe.payment_intents.create({"amount": amount, "currency": currency})
    assert (intent.amount, intent.currency) == (amount, currency.lower())


def test_an_unknown_currency_is_named_with_those_that_are_known(stripe):
    with refused(param="currency", says="Invalid currency: xxx"):
        stripe.payment_intents.create({"amount": 1000, "currency": "xxx"})


def test_57_a_type_that_does_not_take_the_currency(stripe):
    with refused(
        code="payment_intent_invalid_parameter",
        says="The currency provided (usd) is invalid for one or more payment method types",
        param="currency",
    ):
        stripe.payment_intents.create(
            {"amount": 1000, "currency": "usd", "payment_method_types": ["sepa_debit"]}
        )


@pytest.mark.parametrize("text", ["x" * 23, "a<b", "a>b", "a\\b", "a'b", 'a"b', "a*b"])
@pytest.mark.parametrize("name", ["statement_descriptor", "statement_descriptor_suffix"])
def test_56_what_a_statement_cannot_say(stripe, name, text):
    with pytest.raises(sdk.InvalidRequestError) as caught:
        stripe.payment_intents.create({**PAYMENT, name: text})
    assert (caught.value.http_status, caught.value.param) == (400, name)


def test_56_a_card_payment_takes_a_suffix_only(stripe):
    with refused(param="statement_descriptor"):
        pay(stripe, statement_descriptor="Shop")
    charge = pay(stripe, statement_descriptor_suffix="Shop", expand=["latest_charge"]).latest_charge
    assert (charge.statement_descriptor, charge.statement_descriptor_suffix) == (None, "Shop")


# -- declines ---------------------------------------------------------------------------------------------------------


def test_11_12_a_decline_and_then_a_card_that_is_good(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        pay(stripe, "pm_card_chargeDeclined")
    error = caught.value.json_body["error"]
    intent = stripe.payment_intents.retrieve(error["payment_intent"]["id"])
    assert (intent.status, intent.payment_method, intent.amount_received, intent.latest_charge) == (
        "requires_payment_method",
        None,
        0,
        error["charge"],
    )
    remembered = intent.last_payment_error.to_dict()
    assert {"payment_intent", "request_log_url"}.isdisjoint(remembered)
    assert remembered["payment_method"]["id"] == error["payment_method"]["id"]
    assert None not in {
        value for name, value in error.items() if name not in {"payment_intent", "payment_method"}
    }

    paid = stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = stripe.charges.list({"payment_intent": intent.id}).data
    assert [(one.id == paid.latest_charge, one.status) for one in charges] == [
        (True, "succeeded"),
        (False, "failed"),
    ]


def test_any_update_forgets_the_last_error(stripe):
    with pytest.raises(sdk.CardError) as caught:
        pay(stripe, "pm_card_chargeDeclined")
    intent = caught.value.json_body["error"]["payment_intent"]["id"]
    assert stripe.payment_intents.update(intent, {"description": "Again"}).last_payment_error is None


def test_30_31_a_card_that_wants_its_holder_while_nobody_is_there(stripe):
    for params in (
        {"off_session": True},
        {
            "error_on_requires_action": True,
            "automatic_payment_methods": None,
            "payment_method_types": ["card"],
        },
    ):
        sent = {name: value for name, value in {**PAYMENT, **params}.items() if value is not None}
        with refused(
            sdk.CardError, status=402, code="authentication_required", decline_code="authentication_required"
        ) as caught:
            stripe.payment_intents.create({**sent, "payment_method": THREE_D_SECURE, "confirm": True})
        error = caught.value.json_body["error"]
        assert error["payment_method"]["type"] == "card"
        assert (error["payment_intent"]["payment_method"], error["payment_intent"]["latest_charge"]) == (
            None,
            None,
        )


def test_34_a_card_nobody_keeps_pays_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    pay(stripe, method.id)
    with refused(says="may not be used again"):
        pay(stripe, method.id)


# -- refunds ----------------------------------------------------------------------------------------------------------


def test_36_37_38_39_40_41_refunds_add_up(stripe):
    intent = pay(stripe)
    half = stripe.refunds.create(
        {"payment_intent": intent.id, "charge": intent.latest_charge, "amount": 1000}
    )
    assert "livemode" not in half.to_dict()
    assert half.payment_method == intent.payment_method
    with refused(param="amount", says="($15.00) is greater than unrefunded amount on charge ($10.00)"):
        stripe.refunds.create({"charge": intent.latest_charge, "amount": 1500})
    stripe.refunds.create({"charge": intent.latest_charge})
    with refused(code="charge_already_refunded"):
        stripe.refunds.create({"charge": intent.latest_charge, "amount": 1})
    with refused(param="charge"):
        stripe.refunds.create({"payment_intent": intent.id, "charge": pay(stripe).latest_charge})
    with refused(says="Cancel the PaymentIntent"):
        stripe.refunds.create({"payment_intent": in_status(stripe, "requires_capture").id})
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert ("refunds" in charge.to_dict(), charge.refunded) == (False, True)
    shown = stripe.charges.retrieve(charge.id, {"expand": ["refunds"]}).refunds
    assert (shown.total_count, [one.amount for one in shown.data]) == (2, [1000, 1000])


# -- bank debits ------------------------------------------------------------------------------------------------------


def test_42_a_sepa_debit_waits_for_the_bank(stripe):
    sepa = {
        "currency": "eur",
        "payment_method_types": ["sepa_debit"],
        "payment_method": "pm_sepaDebit_successDelayed_de",
    }
    intent = stripe.payment_intents.create({**DEBIT, **sepa, "expand": ["latest_charge"]})
    charge = intent.latest_charge
    assert (charge.id[:3], charge.status, charge.paid, charge.captured) == ("py_", "pending", False, True)
    assert (intent.status, intent.amount_received, charge.receipt_url) == ("processing", 0, None)


# -- SetupIntents -----------------------------------------------------------------------------------------------------


def test_43_a_card_is_set_up_for_its_customer(stripe):
    customer = stripe.customers.create()
    intent = stripe.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "payment_method_types": ["card"],
            "expand": ["payment_method"],
        }
    )
    assert (intent.status, intent.mandate, intent.single_use_mandate) == ("succeeded", None, None)
    assert (intent.payment_method.customer, intent.payment_method.card.checks.cvc_check) == (
        customer.id,
        "pass",
    )
    assert stripe.charges.list().data == []
    assert event_types(stripe)[1:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


def test_44_a_decline_of_a_setup_has_an_attempt_and_no_charge(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        stripe.setup_intents.create(
            {"payment_method": "pm_card_chargeDeclined", "confirm": True, "payment_method_types": ["card"]}
        )
    error = caught.value.json_body["error"]
    assert "charge" not in error
    intent = stripe.setup_intents.retrieve(error["setup_intent"]["id"])
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    (attempt,) = stripe.setup_attempts.list({"setup_intent": intent.id}).data
    assert (intent.latest_attempt, attempt.status) == (attempt.id, "failed")


def test_46_a_card_has_no_deposits_to_report(stripe):
    intent = stripe.setup_intents.create({"payment_method": "pm_card_visa", "payment_method_types": ["card"]})
    with refused(code="intent_invalid_state", says='["requires_action"]'):
        stripe.setup_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})


def test_47_attempts_are_those_of_an_intent(get):
    reply = get("/v1/setup_attempts")
    assert (reply.status, reply.error["code"], reply.error["param"]) == (
        400,
        "parameter_missing",
        "setup_intent",
    )


def test_58_a_card_that_declines_is_not_attached(stripe):
    customer = stripe.customers.create()
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline", param=""):
        stripe.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    assert stripe.customers.payment_methods.list(customer.id).data == []


# -- whose ------------------------------------------------------------------------------------------------------------


def test_a_browser_of_another_account_finds_nothing(stripe, server, name):
    intent = stripe.payment_intents.create(PAYMENT)
    other = server.client(f"pk_test_{name}other").v1
    with refused(status=404, code="resource_missing", param="intent"):
        other.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})


def test_a_bad_id_is_missing_under_the_name_of_its_place(stripe):
    for call in (
        stripe.payment_intents.retrieve,
        stripe.payment_intents.confirm,
        stripe.payment_intents.capture,
        stripe.payment_intents.cancel,
    ):
        with refused(
            status=404, code="resource_missing", param="intent", says="No such payment_intent: 'pi_x'"
        ):
            call("pi_x")


def test_60_what_was_just_made_is_found(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "metadata": {"order": "7"}})
    found = stripe.payment_intents.search(
        {"query": "metadata['order']:'7' AND status:'requires_payment_method'"}
    )
    assert [one.id for one in found.data] == [intent.id]


@pytest.mark.parametrize("address", ["nope", "a@", "@b.example", "a b@c.example"])
def test_a_receipt_goes_to_an_address(stripe, address):
    with refused(code="email_invalid", param="receipt_email"):
        stripe.payment_intents.create({**PAYMENT, "receipt_email": address})
    intent = stripe.payment_intents.create({**PAYMENT, "receipt_email": "a@shop.example"})
    assert stripe.payment_intents.update(intent.id, {"receipt_email": ""}).receipt_email is None
