"""Paying while the customer is away, with what they set up before."""

import pytest
import stripe as sdk

from support.data import refused
from support.payments import RETURN_URL, answer, pay

THREE_D_SECURE = "pm_card_threeDSecure2Required"


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
