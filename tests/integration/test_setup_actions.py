"""What keeping each type of PaymentMethod asks of its customer, followed to each of its ends, in one request each."""

import pytest

from strongroom.catalog.customer_pages import customer_pages
from strongroom.catalog.eligibility import methods
from support.actions import JENNY, WHERE, answer, key_of, page_of
from support.data import event_types
from support.methods import params_of
from support.payments import AGREED, RETURN_URL

# Keeping one asks nothing.
NOTHING = {"au_becs_debit", "bacs_debit", "link", "nz_bank_account", "sepa_debit"}
# Another is kept in their place.
REPLACED = {"bancontact", "ideal"}
WITHOUT_MANDATE = {"bancontact", "boleto", "card", "ideal", "satispay"}
KEPT = sorted(name for name in WHERE if methods()[name].setup)
# What `next_action` of a type is; the others send their customer elsewhere, or have the merchant's page do so.
ACTIONS = {
    "acss_debit": "verify_with_microdeposits",
    "boleto": "use_stripe_sdk",
    "cashapp": "cashapp_handle_redirect_or_display_qr_code",
    "pix": "pix_display_qr_code",
    "upi": "upi_handle_redirect_or_display_qr_code",
    "us_bank_account": "verify_with_microdeposits",
}
CODES = {
    ("fail", "app"): "payment_method_customer_decline",
    ("fail", "deposits"): "payment_method_microdeposit_failed",
    ("expire", "deposits"): "payment_method_microdeposit_verification_timeout",
}
USUAL = {"fail": "setup_intent_authentication_failure", "expire": "setup_intent_setup_attempt_expired"}


@pytest.fixture
def keeping(server, name):
    """Return a function that gives the client of an account in the right country."""
    return lambda kind: server.client(key_of(name, kind)).v1


def confirmed(stripe, kind, **params):
    what = (
        {"payment_method": "pm_card_threeDSecure2Required"}
        if kind == "card"
        else {"payment_method_data": params_of(kind, billing_details=JENNY)}
    )
    return stripe.setup_intents.create(
        {
            "payment_method_types": [kind],
            "mandate_data": AGREED,
            "return_url": RETURN_URL,
            "confirm": True,
            **what,
            **params,
        }
    )


def told(stripe):
    return [one for one in event_types(stripe) if one.startswith(("setup_intent.", "payment_method."))]


@pytest.mark.parametrize("kind", [one for one in KEPT if one not in NOTHING])
def test_the_customer_does_it_and_it_is_kept(server, keeping, kind):
    stripe = keeping(kind)
    customer = stripe.customers.create().id
    intent = confirmed(stripe, kind, customer=customer)
    assert (intent.status, intent.mandate) == ("requires_action", None)
    assert intent.next_action.type in {ACTIONS.get(kind, "redirect_to_url"), "redirect_to_url"}
    reply = answer(server, intent, "complete")
    assert (reply.status, "redirect_status=succeeded" in reply.headers["Location"]) == (303, True)
    assert f"setup_intent_client_secret={intent.client_secret}" in reply.headers["Location"]

    done = stripe.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    assert (done.status, done.next_action, done.last_setup_error) == ("succeeded", None, None)
    assert (done.latest_attempt.status, done.latest_attempt.payment_method_details.type) == (
        "succeeded",
        kind,
    )
    owner = stripe.payment_methods.retrieve(done.payment_method).customer
    assert owner == (None if kind in REPLACED else customer)
    assert told(stripe) == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert stripe.charges.list().data == []
    assert (done.mandate is not None) == (kind not in WITHOUT_MANDATE)
    if done.mandate is not None:
        mandate = stripe.mandates.retrieve(done.mandate)
        assert (mandate.type, mandate.status, mandate.payment_method) == (
            "multi_use",
            "active",
            done.payment_method,
        )
        assert mandate.payment_method_details.type == kind


@pytest.mark.parametrize("outcome", ["fail", "expire"])
@pytest.mark.parametrize("kind", [one for one in KEPT if one not in NOTHING])
def test_the_customer_does_not_and_nothing_is_kept(server, keeping, kind, outcome):
    stripe = keeping(kind)
    page = customer_pages().of_type(kind)
    customer = stripe.customers.create().id
    intent = confirmed(stripe, kind, customer=customer)
    reply = answer(server, intent, outcome)
    if outcome not in page.endings:
        assert reply.status == 400
        assert stripe.setup_intents.retrieve(intent.id).status == "requires_action"
        return
    assert "redirect_status=failed" in reply.headers["Location"]
    failed = stripe.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    code = CODES.get((outcome, page.name), USUAL[outcome])
    assert (failed.status, failed.payment_method, failed.next_action, failed.mandate) == (
        "requires_payment_method",
        None,
        None,
        None,
    )
    error = failed.last_setup_error
    assert (error.type, error.code, error.payment_method.id) == (
        "invalid_request_error",
        code,
        intent.payment_method,
    )
    attempt = failed.latest_attempt
    assert (attempt.status, attempt.setup_error.code) == ("failed", code)
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None
    assert told(stripe) == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "setup_intent.setup_failed",
    ]


@pytest.mark.parametrize("kind", sorted(NOTHING))
def test_some_types_ask_nothing(keeping, kind):
    stripe = keeping(kind)
    customer = stripe.customers.create().id
    done = confirmed(stripe, kind, customer=customer)
    assert (done.status, done.next_action) == ("succeeded", None)
    assert stripe.payment_methods.retrieve(done.payment_method).customer == customer
    mandate = stripe.mandates.retrieve(done.mandate)
    assert (mandate.type, mandate.payment_method) == ("multi_use", done.payment_method)


@pytest.mark.parametrize(
    ("params", "makes_one"),
    [
        ({"setup_future_usage": "off_session", "mandate_data": AGREED}, True),
        ({"setup_future_usage": "off_session"}, False),
        ({"mandate_data": AGREED}, False),
    ],
)
def test_a_wallet_that_is_kept_by_a_payment_has_the_mandate_that_was_agreed_to(
    server, keeping, params, makes_one
):
    stripe = keeping("pix")
    customer = stripe.customers.create().id
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "brl",
            "payment_method_types": ["pix"],
            "payment_method_data": {"type": "pix"},
            "customer": customer,
            "return_url": RETURN_URL,
            "confirm": True,
            **params,
        }
    )
    answer(server, intent, "complete")
    paid = stripe.payment_intents.retrieve(intent.id)
    assert paid.status == "succeeded"
    kept = stripe.payment_methods.retrieve(paid.payment_method)
    assert kept.customer == (customer if "setup_future_usage" in params else None)
    assert len(mandates_told(stripe, paid)) == makes_one


def mandates_told(stripe, intent):
    """The mandates that the charge of an intent names."""
    charge = stripe.charges.retrieve(intent.latest_charge)
    details = charge.payment_method_details.to_dict()["pix"]
    return [details["mandate"]] if details.get("mandate") else []


# -- the rows of SetupIntents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", ["on_session", "off_session"])
def test_the_usage_is_heeded(server, keeping, usage):
    stripe = keeping("card")
    customer = stripe.customers.create().id
    intent = stripe.setup_intents.create(
        {
            "payment_method_types": ["card"],
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "customer": customer,
            "usage": usage,
            "return_url": RETURN_URL,
            "confirm": True,
        }
    )
    answer(server, intent, "complete")
    done = stripe.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    assert (done.usage, done.latest_attempt.usage) == (usage, usage)


def test_an_intent_that_is_given_up_is_answered_by_nobody(server, keeping):
    stripe = keeping("card")
    intent = confirmed(stripe, "card")
    canceled = stripe.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.next_action, canceled.cancellation_reason) == (
        "canceled",
        None,
        "abandoned",
    )
    assert answer(server, intent, "complete").status == 404
    assert stripe.setup_intents.retrieve(intent.id).status == "canceled"
    assert told(stripe)[-1] == "setup_intent.canceled"


def test_a_second_confirmation_takes_the_first_page_away(server, keeping):
    stripe = keeping("card")
    first = confirmed(stripe, "card")
    second = stripe.setup_intents.confirm(
        first.id, {"payment_method": "pm_card_threeDSecure2Required", "return_url": RETURN_URL}
    )
    assert page_of(first) != page_of(second)
    assert answer(server, first, "complete").status == 404
    assert answer(server, second, "complete").status == 303
    assert [one.status for one in stripe.setup_attempts.list({"setup_intent": first.id}).data] == [
        "succeeded",
        "abandoned",
    ]
