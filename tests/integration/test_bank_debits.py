"""Bank debits: agreed to, and certain days later."""

from support.connect import eventually
from support.data import event_types, refused
from support.payments import AGREED

UNEXPECTED = "payment_intent_unexpected_state"


# -- bank debits --------------------------------------------------------------------------------------------------------


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
    assert event_types(stripe)[-3:] == ["charge.failed", "mandate.updated", "payment_intent.payment_failed"]


def test_nobody_is_debited_without_having_agreed(stripe):
    with refused(code="payment_intent_mandate_invalid", param="mandate"):
        debit(stripe, "pm_usBankAccount_success", mandate_data="")
    with refused(code="parameter_missing", param="mandate_data[customer_acceptance][online][ip_address]"):
        debit(stripe, "pm_usBankAccount_success", mandate_data={"customer_acceptance": {"type": "online"}})


def test_a_bank_debit_that_processes_for_ever_cannot_be_called_back(stripe):
    intent = debit(stripe, "pm_usBankAccount_processing")
    with refused(code=UNEXPECTED):
        stripe.payment_intents.cancel(intent.id)
