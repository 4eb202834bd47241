"""Bank accounts that somebody has to show to be theirs: intents wait for the small deposits to be reported."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import event_types, refused
from support.payments import AGREED
from support.time import DAY, advance

__all__ = ["advance"]

US = {
    "type": "us_bank_account",
    "us_bank_account": {
        "account_number": "000123456789",
        "routing_number": "110000000",
        "account_holder_type": "individual",
    },
    "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
}
CANADA = {
    "type": "acss_debit",
    "acss_debit": {
        "account_number": "000123456789",
        "institution_number": "000",
        "transit_number": "11000",
    },
    "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
}
RAILS = {"us_bank_account": (US, "usd"), "acss_debit": (CANADA, "cad")}
CODE = "payment_method_microdeposit_verification_{}"


def with_number(data, number):
    kind = data["type"]
    return {**data, kind: {**data[kind], "account_number": number}}


def pay(stripe, data=US, currency="usd", **params):
    return stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": currency,
            "payment_method_types": [data["type"]],
            "payment_method_data": data,
            "mandate_data": AGREED,
            "confirm": True,
            **params,
        }
    )


def set_up(stripe, data=US, **params):
    return stripe.setup_intents.create(
        {
            "payment_method_types": [data["type"]],
            "payment_method_data": data,
            "mandate_data": AGREED,
            "confirm": True,
            **params,
        }
    )


def settled(stripe, intent):
    return eventually(
        lambda: stripe.payment_intents.retrieve(intent.id),
        until=lambda seen: seen.status not in {"processing", "requires_action"},
    )


def of_intent(stripe):
    return [
        one
        for one in event_types(stripe)
        if one.startswith(("payment_intent", "setup_intent", "payment_method"))
    ]


# -- the deposits are reported ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rail", "sent", "report"),
    [
        ("us_bank_account", "descriptor_code", {"descriptor_code": "SM11AA"}),
        ("us_bank_account", "descriptor_code", {"descriptor_code": "sm11aa"}),
        ("us_bank_account", "descriptor_code", {"amounts": [32, 45]}),
        ("acss_debit", "amounts", {"amounts": [45, 32]}),
    ],
)
def test_a_payment_waits_for_the_deposits_and_then_goes_on(server, stripe, rail, sent, report):
    data, currency = RAILS[rail]
    waiting = pay(stripe, data, currency)
    action = waiting.next_action
    assert (waiting.status, action.type, waiting.latest_charge) == (
        "requires_action",
        "verify_with_microdeposits",
        None,
    )
    assert set(action.to_dict()) == {"type", "verify_with_microdeposits"}
    details = action.verify_with_microdeposits
    assert details.microdeposit_type == sent
    assert details.arrival_date > waiting.created
    assert details.hosted_verification_url.startswith(server.url)

    verified = stripe.payment_intents.verify_microdeposits(waiting.id, report)
    assert (verified.status, verified.next_action) == ("processing", None)
    done = settled(stripe, waiting)
    assert (done.status, done.amount_received) == ("succeeded", 2000)
    charge = stripe.charges.retrieve(done.latest_charge)
    mandate = stripe.mandates.retrieve(charge.payment_method_details[rail]["mandate"])
    assert (mandate.status, mandate.payment_method) == ("active", waiting.payment_method)
    assert of_intent(stripe) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize("rail", RAILS)
def test_an_account_that_was_set_up_is_verified_for_good(stripe, rail):
    data, currency = RAILS[rail]
    customer = stripe.customers.create().id
    waiting = set_up(stripe, data, customer=customer)
    assert (waiting.status, waiting.mandate) == ("requires_action", None)
    assert stripe.payment_methods.retrieve(waiting.payment_method).customer is None

    done = stripe.setup_intents.verify_microdeposits(
        waiting.id, {"amounts": [32, 45]}, {"idempotency_key": "once"}
    )
    assert (done.status, done.next_action) == ("succeeded", None)
    assert stripe.mandates.retrieve(done.mandate).type == "multi_use"
    assert stripe.payment_methods.retrieve(done.payment_method).customer == customer
    (attempt,) = stripe.setup_attempts.list({"setup_intent": done.id}).data
    assert attempt.status == "succeeded"
    assert of_intent(stripe) == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    paid = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": currency,
            "payment_method_types": [rail],
            "payment_method": done.payment_method,
            "customer": customer,
            "mandate": done.mandate,
            "off_session": True,
            "confirm": True,
        }
    )
    assert paid.status == "processing"
    again = stripe.setup_intents.verify_microdeposits(
        waiting.id, {"amounts": [32, 45]}, {"idempotency_key": "once"}
    )
    assert again.to_dict() == done.to_dict()


def test_a_browser_reports_with_the_intents_secret(stripe, browser):
    waiting = set_up(stripe)
    with refused(code="parameter_missing", param="client_secret"):
        browser.setup_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM11AA"})
    done = browser.setup_intents.verify_microdeposits(
        waiting.id, {"descriptor_code": "SM11AA", "client_secret": waiting.client_secret}
    )
    assert done.status == "succeeded"
    assert not hasattr(done, "mandate")
    paying = pay(stripe)
    processing = browser.payment_intents.verify_microdeposits(
        paying.id, {"descriptor_code": "SM11AA", "client_secret": paying.client_secret}
    )
    assert processing.status == "processing"
    assert not hasattr(processing, "latest_charge")


def test_a_payment_confirmed_by_hand_comes_back_to_be_confirmed(stripe):
    waiting = pay(stripe, confirmation_method="manual")
    verified = stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [32, 45]})
    assert (verified.status, verified.next_action) == ("requires_confirmation", None)
    assert stripe.payment_intents.confirm(waiting.id, {"mandate_data": AGREED}).status == "processing"


def test_an_account_whose_payments_fail_is_verified_all_the_same(stripe):
    waiting = pay(stripe, with_number(US, "000222222227"))
    stripe.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM11AA"})
    failed = settled(stripe, waiting)
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        "insufficient_funds",
    )


# -- wrong reports ----------------------------------------------------------------------------------------------------


def test_wrong_amounts_are_counted_and_the_third_is_the_last(stripe):
    waiting = pay(stripe)
    for left in ("2 verification attempts", "1 verification attempt"):
        with refused(code=CODE.format("amounts_mismatch")) as caught:
            stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [1, 2]})
        assert f"You have {left} remaining." in str(caught.value)
        assert caught.value.json_body["error"]["payment_intent"]["status"] == "requires_action"
        assert stripe.payment_intents.retrieve(waiting.id).to_dict() == waiting.to_dict()

    with refused(code=CODE.format("attempts_exceeded")) as caught:
        stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [1, 2]})
    after = stripe.payment_intents.retrieve(waiting.id)
    assert caught.value.json_body["error"]["payment_intent"] == after.to_dict()
    error = after.last_payment_error
    assert (after.status, after.next_action, after.payment_method) == ("requires_payment_method", None, None)
    assert (error.code, error.type, error.payment_method.id) == (
        CODE.format("attempts_exceeded"),
        "invalid_request_error",
        waiting.payment_method,
    )
    assert of_intent(stripe) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]
    with refused(code="intent_invalid_state"):
        stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [32, 45]})
    with refused(code=CODE.format("attempts_exceeded")):
        stripe.payment_intents.confirm(
            waiting.id, {"payment_method": waiting.payment_method, "mandate_data": AGREED}
        )


def test_codes_have_ten_tries_of_their_own(stripe):
    waiting = set_up(stripe)
    with refused(code=CODE.format("amounts_mismatch")):
        stripe.setup_intents.verify_microdeposits(waiting.id, {"amounts": [1, 2]})
    for left in range(9, 0, -1):
        with refused(code=CODE.format("descriptor_code_mismatch")) as caught:
            stripe.setup_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM00ZZ"})
        assert f"You have {left} " in str(caught.value)
    assert stripe.setup_intents.retrieve(waiting.id).status == "requires_action"
    with refused(code=CODE.format("attempts_exceeded")):
        stripe.setup_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM00ZZ"})
    failed = stripe.setup_intents.retrieve(waiting.id)
    assert (failed.status, failed.last_setup_error.code) == (
        "requires_payment_method",
        CODE.format("attempts_exceeded"),
    )
    (attempt,) = stripe.setup_attempts.list({"setup_intent": waiting.id}).data
    assert (attempt.status, attempt.setup_error.code) == ("failed", CODE.format("attempts_exceeded"))
    assert of_intent(stripe)[-1] == "setup_intent.setup_failed"


@pytest.mark.parametrize(
    ("rail", "report"),
    [
        ("us_bank_account", {"amounts": [11, 10]}),
        ("us_bank_account", {"descriptor_code": "SM33CC"}),
        ("acss_debit", {"amounts": [10, 11]}),
    ],
)
def test_published_reports_exceed_the_tries_at_once(stripe, rail, report):
    waiting = pay(stripe, *RAILS[rail])
    with refused(code=CODE.format("attempts_exceeded")):
        stripe.payment_intents.verify_microdeposits(waiting.id, report)
    assert stripe.payment_intents.retrieve(waiting.id).status == "requires_payment_method"


@pytest.mark.parametrize("report", [{"amounts": [40, 41]}, {"descriptor_code": "SM44DD"}])
def test_the_time_runs_out_afterwards(stripe, report):
    paying, keeping = pay(stripe), set_up(stripe)
    assert stripe.payment_intents.verify_microdeposits(paying.id, report).status == "requires_action"
    assert stripe.setup_intents.verify_microdeposits(keeping.id, report).status == "requires_action"
    failed = settled(stripe, paying)
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        CODE.format("timeout"),
    )
    lost = eventually(
        lambda: stripe.setup_intents.retrieve(keeping.id), until=lambda seen: seen.status != "requires_action"
    )
    assert (lost.status, lost.last_setup_error.code) == ("requires_payment_method", CODE.format("timeout"))
    assert {"payment_intent.payment_failed", "setup_intent.setup_failed"} < set(of_intent(stripe))
    again = stripe.payment_intents.confirm(
        paying.id, {"payment_method": paying.payment_method, "mandate_data": AGREED}
    )
    assert again.next_action.type == "verify_with_microdeposits"


def test_canadian_amounts_of_another_rail_are_only_wrong(stripe):
    waiting = pay(stripe, CANADA, "cad")
    with refused(code=CODE.format("amounts_mismatch")):
        stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [40, 41]})
    with refused(param="descriptor_code"):
        stripe.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM11AA"})


@pytest.mark.parametrize("rail", RAILS)
def test_deposits_that_cannot_be_sent_fail_by_themselves(stripe, rail):
    data, currency = RAILS[rail]
    waiting = pay(stripe, with_number(data, "000666666661"), currency)
    assert waiting.status == "requires_action"
    failed = settled(stripe, waiting)
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        "payment_method_microdeposit_failed",
    )


def test_the_magic_account_whose_deposits_fail_is_not_verified_before(stripe):
    waiting = set_up_with(stripe, "pm_usBankAccount_failMicrodeposits")
    assert waiting.status == "requires_action"
    failed = eventually(
        lambda: stripe.setup_intents.retrieve(waiting.id), until=lambda seen: seen.status != "requires_action"
    )
    assert failed.last_setup_error.code == "payment_method_microdeposit_failed"


def test_after_ten_days_it_is_too_late(stripe, advance):
    paying, keeping = pay(stripe), set_up(stripe, CANADA)
    advance(seconds=10 * DAY - 60)
    assert stripe.payment_intents.retrieve(paying.id).status == "requires_action"
    assert stripe.setup_intents.retrieve(keeping.id).status == "requires_action"
    advance(seconds=120)
    failed, lost = stripe.payment_intents.retrieve(paying.id), stripe.setup_intents.retrieve(keeping.id)
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        CODE.format("timeout"),
    )
    assert (lost.status, lost.last_setup_error.code) == ("requires_payment_method", CODE.format("timeout"))
    with refused(code="intent_invalid_state"):
        stripe.payment_intents.verify_microdeposits(paying.id, {"amounts": [32, 45]})


def test_of_many_right_reports_at_once_one_pays(stripe):
    waiting = pay(stripe)

    def report(_):
        try:
            return stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [32, 45]}).status
        except sdk.StripeError as refusal:
            return refusal.json_body["error"]["code"]

    with ThreadPoolExecutor(8) as crowd:
        said = list(crowd.map(report, range(8)))
    assert said.count("processing") == 1
    assert set(said) <= {
        "processing",
        "lock_timeout",
        "payment_method_bank_account_already_verified",
        "intent_invalid_state",
    }
    settled(stripe, waiting)
    assert len(stripe.charges.list({"payment_intent": waiting.id}).data) == 1


# -- what cannot be reported ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"amounts": [32]}, {"code": CODE.format("amounts_invalid"), "param": "amounts"}),
        ({"amounts": [32, 45, 1]}, {"code": CODE.format("amounts_invalid"), "param": "amounts"}),
        ({}, {"code": "parameter_missing", "param": "amounts"}),
        (
            {"amounts": [32, 45], "descriptor_code": "SM11AA"},
            {"code": "parameters_exclusive", "param": "descriptor_code"},
        ),
        ({"amounts": ["x", 45]}, {"code": "parameter_invalid_integer", "param": "amounts[0]"}),
    ],
)
def test_a_report_is_two_amounts_or_a_code(stripe, report, says):
    waiting = pay(stripe)
    with refused(**says):
        stripe.payment_intents.verify_microdeposits(waiting.id, report)
    assert (
        stripe.payment_intents.verify_microdeposits(waiting.id, {"amounts": [32, 45]}).status == "processing"
    )


def test_who_waits_for_nothing_has_nothing_to_report(stripe):
    card = stripe.setup_intents.create(
        {"payment_method_types": ["card"], "payment_method": "pm_card_visa", "confirm": True}
    )
    with refused(code="intent_invalid_state") as caught:
        stripe.setup_intents.verify_microdeposits(card.id, {"amounts": [32, 45]})
    assert str(caught.value).endswith(
        "This SetupIntent cannot be actioned on because it has a status of succeeded. Only a SetupIntent with one of "
        'the following statuses may be actioned on: ["requires_action"].'
    )
    assert caught.value.json_body["error"]["setup_intent"]["id"] == card.id
    fresh = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method_types": ["us_bank_account"]}
    )
    with refused(code="intent_invalid_state"):
        stripe.payment_intents.verify_microdeposits(fresh.id, {"amounts": [32, 45]})
    with refused(status=404, code="resource_missing", param="intent"):
        stripe.payment_intents.verify_microdeposits("pi_nobody", {"amounts": [32, 45]})


def test_what_is_verified_is_not_verified_again(stripe):
    first = set_up(stripe)
    second = set_up_with(stripe, first.payment_method)
    assert second.status == "requires_action"
    stripe.setup_intents.verify_microdeposits(first.id, {"amounts": [32, 45]})
    for intent in (first, second):
        with refused(code="payment_method_bank_account_already_verified"):
            stripe.setup_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})
    assert stripe.setup_intents.confirm(second.id, {"mandate_data": AGREED}).status == "succeeded"


def set_up_with(stripe, method):
    return stripe.setup_intents.create(
        {
            "payment_method_types": ["us_bank_account"],
            "payment_method": method,
            "mandate_data": AGREED,
            "confirm": True,
        }
    )


def test_a_canceled_intent_is_left_alone_when_its_deposits_fail(stripe):
    waiting = pay(stripe, with_number(US, "000666666661"))
    stripe.payment_intents.cancel(waiting.id)
    other = pay(stripe, with_number(US, "000666666661"))
    settled(stripe, other)
    assert stripe.payment_intents.retrieve(waiting.id).status == "canceled"


# -- how it is to be verified -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["automatic", "microdeposits"])
def test_the_way_of_verifying_is_kept_and_an_account_that_is_verified_needs_none(stripe, way):
    options = {"us_bank_account": {"verification_method": way}}
    waiting = pay(stripe, payment_method_options=options)
    assert waiting.payment_method_options.us_bank_account.verification_method == way
    assert waiting.status == "requires_action"
    paid = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method": "pm_usBankAccount_success",
            "payment_method_options": options,
            "mandate_data": AGREED,
            "confirm": True,
        }
    )
    assert paid.status == "processing"


def test_instant_verification_is_not_there_yet(stripe):
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented"):
        pay(stripe, payment_method_options={"us_bank_account": {"verification_method": "instant"}})
    assert stripe.payment_intents.list().data == []


def test_who_cannot_have_the_customer_do_anything_is_told(stripe):
    with refused(status=400, code="payment_intent_action_required"):
        pay(stripe, error_on_requires_action=True)
