"""Confirming PaymentIntents: paid, refused, asked of the customer, and never twice."""

import threading
from urllib.parse import urlencode

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import VISA, event_types, refused
from support.payments import AGREED, NO_REDIRECTS, PAYMENT, RETURN_URL, answer, page_of, pay

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
UNEXPECTED = "payment_intent_unexpected_state"
THREE_D_SECURE = "pm_card_threeDSecure2Required"


def charges_of(stripe, intent):
    return stripe.charges.list({"payment_intent": intent.id}).data


# -- paid -------------------------------------------------------------------------------------------------------------


def test_an_intent_is_paid_in_one_request(stripe):
    intent = pay(stripe, metadata={"order": "7"}, description="Seven")

    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 2000, 0)
    assert (intent.next_action, intent.last_payment_error) == (None, None)
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert (charge.payment_intent, charge.payment_method) == (intent.id, intent.payment_method)
    assert (charge.metadata.to_dict(), charge.description) == ({"order": "7"}, "Seven")
    assert charge.source is None
    assert event_types(stripe)[:3] == PAID


def test_the_balance_hears_of_an_asynchronous_capture_a_moment_later(stripe):
    intent = pay(stripe, expand=["latest_charge.balance_transaction"])
    assert intent.latest_charge.balance_transaction is None

    charge = eventually(
        lambda: stripe.charges.retrieve(intent.latest_charge.id), until=lambda one: one.balance_transaction
    )
    (told,) = stripe.events.list({"type": "charge.updated"}).data
    assert told.data.object["balance_transaction"] == charge.balance_transaction
    assert told.data.previous_attributes["balance_transaction"] is None


def test_the_balance_hears_of_an_automatic_capture_at_once(stripe):
    intent = pay(stripe, capture_method="automatic", expand=["latest_charge.balance_transaction"])
    assert intent.latest_charge.balance_transaction.amount == 2000
    assert event_types(stripe) == PAID


def test_an_expanded_charge_names_its_intent_whose_charge_is_an_id_again(stripe):
    intent = pay(stripe, expand=["latest_charge.payment_intent"])
    assert intent.latest_charge.payment_intent.latest_charge == intent.latest_charge.id


def test_an_intent_is_confirmed_with_what_the_confirmation_brings(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    confirmed = stripe.payment_intents.confirm(
        intent.id, {"payment_method_data": {"type": "card", "card": VISA}, "receipt_email": "a@b.co"}
    )
    assert (confirmed.status, confirmed.receipt_email) == ("succeeded", "a@b.co")


def test_any_currency_is_paid_in_its_own_units(stripe):
    assert pay(stripe, amount=50, currency="jpy").amount_received == 50
    with refused(code="amount_too_small", param="amount"):
        pay(stripe, amount=49, currency="jpy")


# -- refused by the issuer --------------------------------------------------------------------------------------------


def test_a_decline_leaves_the_intent_payable(stripe):
    """A decline is an answer about a card, not the end of the payment."""
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

    error = caught.value.json_body["error"]
    after = stripe.payment_intents.retrieve(intent.id)
    assert error["payment_intent"] == after.to_dict()
    assert (after.status, after.payment_method, after.amount_received) == ("requires_payment_method", None, 0)
    assert after.latest_charge == error["charge"]
    assert after.last_payment_error.payment_method.id == error["payment_method"]["id"]
    assert "payment_intent" not in after.last_payment_error
    (failed,) = charges_of(stripe, intent)
    assert (failed.status, failed.outcome.reason) == ("failed", "generic_decline")
    assert event_types(stripe) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]

    paid = stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert [one.status for one in charges_of(stripe, intent)] == ["succeeded", "failed"]


def test_a_decline_is_replayed_to_the_byte_and_not_tried_again(post, stripe):
    params = {
        "amount": "2000",
        "currency": "usd",
        "payment_method": "pm_card_chargeDeclined",
        "confirm": "true",
    }
    params["payment_method_types[]"] = "card"
    first, second = [post("/v1/payment_intents", params, Idempotency_Key="k") for _ in range(2)]
    assert (first.status, second.body) == (402, first.body)
    assert len(stripe.charges.list().data) == 1


def test_what_is_too_risky_is_a_failed_charge(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="fraudulent"):
        pay(stripe, "pm_card_radarBlock")
    assert stripe.charges.list().data[0].outcome.type == "blocked"


# -- refused by us ----------------------------------------------------------------------------------------------------


def test_there_is_nothing_to_confirm_without_a_payment_method(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    with refused(code=UNEXPECTED, says="missing a payment method") as caught:
        stripe.payment_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["id"] == intent.id
    with refused(code=UNEXPECTED, says="missing a payment method"):
        stripe.payment_intents.create({**PAYMENT, "confirm": True})


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
def test_what_was_confirmed_is_not_confirmed_again(stripe, capture_method):
    intent = pay(stripe, capture_method=capture_method)
    with refused(code=UNEXPECTED) as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert caught.value.json_body["error"]["payment_intent"]["status"] == intent.status
    assert len(charges_of(stripe, intent)) == 1


def test_what_was_given_up_is_not_confirmed(stripe):
    intent = stripe.payment_intents.create(PAYMENT)
    stripe.payment_intents.cancel(intent.id)
    with refused(code=UNEXPECTED, says="has been canceled"):
        stripe.payment_intents.confirm(intent.id)
    with refused(code=UNEXPECTED, says="payment_method could not be updated"):
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


def test_a_refusal_about_the_owner_holds_the_intent(stripe):
    owner, other = stripe.customers.create(), stripe.customers.create()
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": owner.id})
    intent = stripe.payment_intents.create({**PAYMENT, "customer": other.id})
    with refused(param="payment_method") as caught:
        stripe.payment_intents.confirm(intent.id, {"payment_method": method.id})
    assert caught.value.json_body["error"]["payment_intent"]["id"] == intent.id
    anonymous = stripe.payment_intents.create(PAYMENT)
    with refused(code="parameter_missing", param="source"):
        stripe.payment_intents.confirm(anonymous.id, {"payment_method": method.id})


def test_a_card_payment_has_no_statement_descriptor_but_a_suffix(stripe):
    with refused(param="statement_descriptor"):
        pay(stripe, statement_descriptor="SHOP")
    suffixed = pay(stripe, statement_descriptor_suffix="SHOP", expand=["latest_charge"])
    assert suffixed.latest_charge.statement_descriptor_suffix == "SHOP"


@pytest.mark.parametrize("url", ["nowhere", "https://", "/return", "https://a b.example"])
def test_a_return_url_is_an_absolute_address(stripe, url):
    with refused(code="url_invalid", param="return_url"):
        pay(stripe, return_url=url)


def test_where_the_customer_may_be_sent_elsewhere_they_come_back_somewhere(stripe):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["card", "ideal"],
            "payment_method_data": {"type": "ideal"},
        }
    )
    with refused() as caught:
        stripe.payment_intents.confirm(intent.id)
    assert caught.value.json_body["error"]["payment_intent"]["status"] == "requires_confirmation"
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    sent = stripe.payment_intents.confirm(intent.id, {"return_url": RETURN_URL})
    assert sent.next_action.redirect_to_url.return_url == RETURN_URL


# -- kept or used up --------------------------------------------------------------------------------------------------


def test_a_payment_method_nobody_keeps_pays_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    pay(stripe, method.id)
    with refused(says="may not be used again"):
        pay(stripe, method.id)
    with refused(says="may not be used again"):
        stripe.payment_methods.attach(method.id, {"customer": stripe.customers.create().id})


def test_one_that_declined_was_not_used(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": "4000000000000002"}})
    for _ in range(2):
        with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline"):
            pay(stripe, method.id)


def test_setup_future_usage_keeps_it_for_the_customer(stripe):
    customer = stripe.customers.create()
    intent = pay(stripe, customer=customer.id, setup_future_usage="off_session")

    (kept,) = stripe.customers.payment_methods.list(customer.id).data
    assert (kept.id, kept.card.checks.cvc_check) == (intent.payment_method, "pass")
    assert event_types(stripe)[1:5] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_method.attached",
        "payment_intent.succeeded",
    ]
    assert pay(stripe, kept.id, customer=customer.id, off_session=True).status == "succeeded"


def test_without_a_customer_it_can_be_attached_afterwards(stripe):
    intent = pay(stripe, setup_future_usage="on_session")
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None
    customer = stripe.customers.create()
    assert (
        stripe.payment_methods.attach(intent.payment_method, {"customer": customer.id}).customer
        == customer.id
    )


def test_what_the_options_say_of_the_type_counts(stripe):
    customer = stripe.customers.create()
    options = {"payment_method_options": {"card": {"setup_future_usage": "none"}}}
    intent = pay(stripe, customer=customer.id, setup_future_usage="off_session", **options)
    assert stripe.payment_methods.retrieve(intent.payment_method).customer is None


def test_a_failure_keeps_nothing(stripe):
    customer = stripe.customers.create()
    with pytest.raises(sdk.CardError):
        pay(stripe, "pm_card_chargeDeclined", customer=customer.id, setup_future_usage="off_session")
    assert stripe.customers.payment_methods.list(customer.id).data == []


# -- 3D Secure --------------------------------------------------------------------------------------------------------


def test_a_card_that_wants_its_holder_is_charged_when_they_have_answered(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL
    assert charges_of(stripe, intent) == []

    reply = answer(server, intent, "complete")
    added = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }
    assert reply.status == 303
    assert reply.headers["Location"] == f"https://shop.example/return?cart=7&{urlencode(added)}#top"
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.next_action) == ("succeeded", None)
    done = paid.latest_charge.payment_method_details.card.three_d_secure
    assert (done.authentication_flow, done.result, done.electronic_commerce_indicator, done.version) == (
        "challenge",
        "authenticated",
        "05",
        "2.2.0",
    )
    assert event_types(stripe)[:4] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert answer(server, intent, "complete").status == 404


def test_a_customer_who_fails_leaves_no_charge(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    reply = answer(server, intent, "fail")
    assert "redirect_status=failed" in reply.headers["Location"]

    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.payment_method, after.latest_charge) == (
        "requires_payment_method",
        None,
        None,
    )
    error = after.last_payment_error
    assert (error.type, error.code) == ("invalid_request_error", "payment_intent_authentication_failure")
    assert error.payment_method.id == intent.payment_method
    assert charges_of(stripe, intent) == []
    assert event_types(stripe)[-1] == "payment_intent.payment_failed"


def test_a_decline_after_the_challenge_is_told_to_nobody_who_waits(stripe, server):
    intent = pay(stripe, "pm_card_threeDSecureRequiredChargeDeclined", return_url=RETURN_URL)
    reply = answer(server, intent, "complete")
    assert (reply.status, "redirect_status=failed" in reply.headers["Location"]) == (303, True)
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert [one.status for one in charges_of(stripe, intent)] == ["failed"]


def test_the_page_asks_and_answers_nobody_else(stripe, server):
    intent = pay(stripe, THREE_D_SECURE)
    assert intent.next_action.type == "use_stripe_sdk"
    path = page_of(intent)[len(server.url) :]
    shown = server.request("GET", path)
    assert (shown.status, b"Complete authentication" in shown.body) == (200, True)
    assert server.request("POST", path, {"outcome": "maybe"}).status == 400
    assert server.request("GET", path[:-1] + ("a" if path[-1] != "a" else "b")).status == 404
    assert server.request("GET", path.replace("/test/", "/live/")).status == 404
    assert server.request("GET", "/challenge/x").status == 404
    assert server.request("POST", path, {"outcome": "complete"}).status == 200
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"


def test_of_many_answers_at_once_one_counts(stripe, server):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    threads = [
        threading.Thread(target=answer, args=(server, intent, word)) for word in ["complete", "fail"] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, len(charges_of(stripe, intent))) in {
        ("succeeded", 1),
        ("requires_payment_method", 0),
    }


def test_of_two_intents_that_wait_with_one_payment_method_one_is_paid(stripe, server):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": "4000000000003220"}})
    first, second = [pay(stripe, method.id, return_url=RETURN_URL) for _ in range(2)]
    assert "redirect_status=succeeded" in answer(server, first, "complete").headers["Location"]
    assert "redirect_status=failed" in answer(server, second, "complete").headers["Location"]
    assert charges_of(stripe, second) == []


def test_manually_confirmed_the_server_confirms_again_without_a_second_challenge(stripe, server):
    manual = {"payment_method_types": ["card"], "confirmation_method": "manual"}
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": THREE_D_SECURE,
            "confirm": True,
            "return_url": RETURN_URL,
            **manual,
        }
    )
    answer(server, intent, "complete")
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    assert charges_of(stripe, intent) == []
    assert stripe.payment_intents.confirm(intent.id).status == "succeeded"


def test_whoever_cannot_have_an_action_is_refused(stripe):
    with refused(
        sdk.CardError, status=402, code="authentication_required", decline_code="authentication_required"
    ) as caught:
        stripe.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": THREE_D_SECURE,
                "payment_method_types": ["card"],
                "confirm": True,
                "error_on_requires_action": True,
            }
        )
    inside = caught.value.json_body["error"]["payment_intent"]
    assert (inside["status"], inside["latest_charge"]) == ("requires_payment_method", None)


def test_what_a_configuration_chooses_may_redirect(stripe):
    [configuration] = stripe.payment_method_configurations.list().data
    stripe.payment_method_configurations.update(
        configuration.id, {"ideal": {"display_preference": {"preference": "on"}}}
    )
    sent = {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    with refused() as caught:
        stripe.payment_intents.create(sent)
    assert "return_url" in caught.value.user_message
    assert stripe.payment_intents.create({**sent, "off_session": True}).status == "succeeded"
    assert stripe.payment_intents.create({**sent, **NO_REDIRECTS}).status == "succeeded"


def test_whoever_cannot_have_an_action_names_the_types(stripe):
    with refused(code="payment_intent_invalid_parameter", param="error_on_requires_action"):
        pay(stripe, error_on_requires_action=True)
    assert stripe.payment_intents.list().data == []

    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    with refused(code="payment_intent_invalid_parameter", param="error_on_requires_action"):
        stripe.payment_intents.confirm(
            intent.id, {"error_on_requires_action": True, "return_url": RETURN_URL}
        )
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"
    assert stripe.payment_intents.confirm(intent.id, {"return_url": RETURN_URL}).status == "succeeded"


@pytest.mark.parametrize(
    ("wish", "status"),
    [("automatic", "succeeded"), ("any", "requires_action"), ("challenge", "requires_action")],
)
def test_a_merchant_may_ask_for_the_challenge(stripe, wish, status):
    options = {"payment_method_options": {"card": {"request_three_d_secure": wish}}}
    assert pay(stripe, "pm_card_threeDSecureOptional", **options).status == status


def test_an_authentication_done_elsewhere_is_enough(stripe):
    done = {
        "cryptogram": "AAAA",
        "transaction_id": "t",
        "version": "2.2.0",
        "electronic_commerce_indicator": "05",
    }
    options = {"payment_method_options": {"card": {"three_d_secure": done}}}
    assert pay(stripe, "pm_card_authenticationRequired", **options).status == "succeeded"


def test_an_update_of_what_is_paid_ends_the_customers_action_and_one_of_the_notes_does_not(stripe):
    intent = pay(stripe, THREE_D_SECURE, return_url=RETURN_URL)
    noted = stripe.payment_intents.update(intent.id, {"metadata": {"a": "b"}})
    assert (noted.status, noted.next_action.type) == ("requires_action", "redirect_to_url")
    changed = stripe.payment_intents.update(intent.id, {"amount": 2100})
    assert (changed.status, changed.next_action) == ("requires_confirmation", None)


# -- without the customer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "before", "after"),
    [
        ("pm_card_authenticationRequiredOnSetup", "authentication_required", None),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
        ("pm_card_authenticationRequiredSetupForOffSession", None, None),
        ("pm_card_threeDSecure2Required", "authentication_required", "authentication_required"),
        ("pm_card_visa", None, None),
    ],
)
def test_who_is_away_pays_with_what_was_set_up(stripe, server, method, before, after):
    def away(saved, customer):
        try:
            intent = pay(stripe, saved, customer=customer, off_session=True)
        except sdk.CardError as error:
            inside = error.json_body["error"]
            assert inside["payment_method"]["id"] == saved
            assert inside["payment_intent"]["payment_method"] is None
            return error.code
        return None if intent.status == "succeeded" else intent.status

    customer = stripe.customers.create()
    saved = stripe.payment_methods.attach(method, {"customer": customer.id})
    assert away(saved.id, customer.id) == before
    intent = pay(
        stripe, saved.id, customer=customer.id, setup_future_usage="off_session", return_url=RETURN_URL
    )
    if intent.status == "requires_action":
        answer(server, intent, "complete")
    assert away(saved.id, customer.id) == after


def test_a_card_stopped_before_the_network_leaves_no_charge(stripe):
    for method, charges in ((THREE_D_SECURE, 0), ("pm_card_authenticationRequired", 1)):
        before = len(stripe.charges.list().data)
        with refused(
            sdk.CardError, status=402, code="authentication_required", decline_code="authentication_required"
        ):
            pay(stripe, method, off_session=True)
        assert len(stripe.charges.list().data) - before == charges


# -- bank debits ------------------------------------------------------------------------------------------------------


def debit(stripe, method, **params):
    kind = "sepa_debit" if "sepa" in method else "us_bank_account"
    currency = "eur" if kind == "sepa_debit" else "usd"
    return stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": currency,
            "payment_method_types": [kind],
            "payment_method": method,
            "confirm": True,
            "mandate_data": AGREED,
            **params,
        }
    )


def test_a_bank_debit_is_certain_later(stripe):
    intent = debit(stripe, "pm_usBankAccount_success", expand=["latest_charge"])
    charge = intent.latest_charge
    assert (intent.status, intent.amount_received, intent.processing) == ("processing", 0, None)
    assert (charge.id[:3], charge.status, charge.paid, charge.captured) == ("py_", "pending", False, True)
    assert charge.balance_transaction is None

    paid = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id), until=lambda one: one.status == "succeeded"
    )
    assert paid.amount_received == 2000
    assert event_types(stripe)[:5] == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.pending",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_a_bank_debit_that_fails_leaves_the_intent_payable(stripe):
    intent = debit(stripe, "pm_usBankAccount_noAccount")
    failed = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id), until=lambda one: one.status != "processing"
    )
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert (failed.last_payment_error.code, failed.last_payment_error.type) == (
        "no_account",
        "invalid_request_error",
    )
    assert event_types(stripe)[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_nobody_is_debited_without_having_agreed(stripe):
    with refused(code="payment_intent_mandate_invalid", param="mandate"):
        debit(stripe, "pm_usBankAccount_success", mandate_data="")
    with refused(code="parameter_missing", param="mandate_data[customer_acceptance][online][ip_address]"):
        debit(stripe, "pm_usBankAccount_success", mandate_data={"customer_acceptance": {"type": "online"}})


def test_a_bank_debit_that_processes_for_ever_cannot_be_called_back(stripe):
    intent = debit(stripe, "pm_usBankAccount_processing")
    with refused(code=UNEXPECTED):
        stripe.payment_intents.cancel(intent.id)


# -- elsewhere --------------------------------------------------------------------------------------------------------


def test_who_pays_elsewhere_is_sent_there_and_comes_back(stripe, server):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "payment_method_types": ["ideal"],
            "payment_method_data": {"type": "ideal"},
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )
    assert intent.status == "requires_action"
    answer(server, intent, "complete")
    paid = stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.latest_charge.payment_method_details.type) == ("succeeded", "ideal")
    assert paid.latest_charge.id.startswith("py_")


# -- publishable keys -------------------------------------------------------------------------------------------------


def test_a_browser_confirms_with_the_client_secret_and_sees_its_part(stripe, browser, post, publishable_key):
    intent = stripe.payment_intents.create({**PAYMENT, "metadata": {"a": "b"}})
    path = f"/v1/payment_intents/{intent.id}/confirm"
    secret = {"client_secret": intent.client_secret}

    missing = post(path, {"payment_method": "pm_card_visa"}, key=publishable_key)
    assert (missing.status, missing.error["param"]) == (400, "client_secret")
    other = post(path, {"client_secret": "pi_x_secret_y"}, key=publishable_key)
    assert (other.status, other.error["param"]) == (400, "client_secret")
    declined = post(path, {"payment_method": "pm_card_chargeDeclined", **secret}, key=publishable_key)
    assert declined.status == 402
    assert {"metadata", "customer", "latest_charge"}.isdisjoint(declined.error["payment_intent"])
    assert "fingerprint" not in declined.error["payment_method"]["card"]
    paid = post(path, {"payment_method": "pm_card_visa", **secret}, key=publishable_key)
    assert paid.json["status"] == "succeeded"
    assert {"metadata", "customer", "latest_charge"}.isdisjoint(paid.json)


def test_a_browser_confirms_nothing_that_the_server_confirms_itself(stripe, post, publishable_key):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["card"],
            "confirmation_method": "manual",
        }
    )
    reply = post(
        f"/v1/payment_intents/{intent.id}/confirm",
        {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"},
        key=publishable_key,
    )
    assert (reply.status, reply.error["code"]) == (400, "payment_intent_invalid_parameter")


# -- at once ----------------------------------------------------------------------------------------------------------


def test_confirmed_many_times_at_once_it_is_charged_once(stripe):
    intent = stripe.payment_intents.create({**PAYMENT, "payment_method": "pm_card_visa"})
    seen = []

    def confirm():
        try:
            seen.append(stripe.payment_intents.confirm(intent.id).status)
        except sdk.StripeError as error:
            seen.append(error.json_body["error"]["code"])

    threads = [threading.Thread(target=confirm) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count("succeeded") == 1
    assert set(seen) <= {"succeeded", "lock_timeout", UNEXPECTED}
    assert len(charges_of(stripe, intent)) == 1


def test_two_intents_cannot_use_up_one_payment_method_at_once(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    seen = []

    def use():
        try:
            seen.append(pay(stripe, method.id).status)
        except sdk.StripeError as error:
            seen.append(error.http_status)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count("succeeded") == 1
    assert len(stripe.charges.list().data) == 1


# -- not there yet ----------------------------------------------------------------------------------------------------


def test_what_is_not_there_yet_is_not_answered_as_if_it_were(stripe, post):
    account = {"type": "us_bank_account", "billing_details": {"name": "J"}}
    account["us_bank_account"] = {
        "account_number": "000123456789",
        "routing_number": "110000000",
        "account_holder_type": "individual",
    }
    method = stripe.payment_methods.create(account)
    with refused(sdk.APIError, status=501, code="strongroom_not_implemented"):
        debit(stripe, method.id)
