"""Every published test account of bank debits comes to what was published: paid, refused, disputed, or for ever under way.

All of one account of ours are begun before any is waited for, since each takes its time.
"""

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import refused
from support.payments import AGREED

COUNTRIES = [
    "at",
    "be",
    "hr",
    "ee",
    "fi",
    "fr",
    "de",
    "gi",
    "ie",
    "li",
    "lt",
    "lu",
    "nl",
    "no",
    "pt",
    "es",
    "se",
    "ch",
    "gb",
]
PAID, DISPUTED, PROCESSING = "succeeded", "disputed", "processing"
# The end of the magic id: what comes of it, or the failure code.
AMERICAN = {
    "success": PAID,
    "accountClosed": "account_closed",
    "noAccount": "no_account",
    "insufficientFunds": "insufficient_funds",
    "debitNotAuthorized": "debit_not_authorized",
    "invalidCurrency": "invalid_currency",
    "dispute": DISPUTED,
    "processing": PROCESSING,
    "weeklyLimitExceeded": "charge_exceeds_weekly_limit",
}
SEPA = {
    "success": PAID,
    "successDelayed": PAID,
    "failed": "generic_could_not_process",
    "failedDelayed": "generic_could_not_process",
    "disputed": DISPUTED,
    "exceedsWeeklyVolumeLimit": "charge_exceeds_source_limit",
    "exceedsWeeklyTransactionLimit": "charge_exceeds_weekly_limit",
    "insufficientFunds": "insufficient_funds",
}
# Without a magic id: what is sent, by the number whose fate is known.
GERMAN = {
    "DE89370400440532013000": PAID,
    "DE08370400440532013003": PAID,
    "DE62370400440532013001": "generic_could_not_process",
    "DE78370400440532013004": "generic_could_not_process",
    "DE35370400440532013002": DISPUTED,
    "DE65370400440000343434": "charge_exceeds_source_limit",
    "DE27370400440000121212": "charge_exceeds_weekly_limit",
    "DE65370400440002222227": "insufficient_funds",
}
CANADIAN = {
    "000123456789": PAID,
    "900123456789": PAID,
    "000222222227": "insufficient_funds",
    "900222222227": "insufficient_funds",
}
JENNY = {"name": "Jenny Rosen", "email": "jenny@example.com"}


def debit(stripe, kind, currency, **params):
    return stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": currency,
            "payment_method_types": [kind],
            "confirm": True,
            "mandate_data": AGREED,
            **params,
        }
    )


def what_came_of(stripe, expected):
    """What each intent has come to, by its id, once all that will settle have."""
    forever = {intent for intent, outcome in expected.items() if outcome == PROCESSING}

    def look():
        return {
            intent.id: intent
            for intent in stripe.payment_intents.list({"limit": 100}).auto_paging_iter()
            if intent.id in expected
        }

    def settled(seen):
        return not [one for one in seen.values() if one.status == PROCESSING and one.id not in forever]

    intents = eventually(look, until=settled, seconds=60)
    disputed = {one for one, outcome in expected.items() if outcome == DISPUTED}
    found = eventually(
        lambda: {one.payment_intent for one in stripe.disputes.list({"limit": 100}).data},
        until=lambda seen: seen >= disputed,
        seconds=60,
    )
    return {
        one.id: one.last_payment_error.code
        if one.last_payment_error
        else DISPUTED
        if one.id in found
        else one.status
        for one in intents.values()
    }


def test_american_accounts(stripe):
    expected = {
        debit(stripe, "us_bank_account", "usd", payment_method=f"pm_usBankAccount_{end}").id: outcome
        for end, outcome in AMERICAN.items()
    }
    assert what_came_of(stripe, expected) == expected


@pytest.mark.parametrize("start", ["pm_", "pm_sepaDebit_"])
def test_european_accounts(stripe, start):
    expected = {
        debit(stripe, "sepa_debit", "eur", payment_method=f"{start}{end}_{country}").id: outcome
        for end, outcome in SEPA.items()
        for country in COUNTRIES
    }
    assert what_came_of(stripe, expected) == expected


def test_german_accounts_by_their_number(stripe):
    expected = {}
    for number, outcome in GERMAN.items():
        data = {"type": "sepa_debit", "sepa_debit": {"iban": number}, "billing_details": JENNY}
        expected[debit(stripe, "sepa_debit", "eur", payment_method_data=data).id] = outcome
    assert what_came_of(stripe, expected) == expected


def test_canadian_accounts_once_they_are_verified(stripe):
    expected = {}
    for number, outcome in CANADIAN.items():
        account = {"account_number": number, "institution_number": "000", "transit_number": "11000"}
        data = {"type": "acss_debit", "acss_debit": account, "billing_details": JENNY}
        options = {
            "acss_debit": {
                "mandate_options": {"payment_schedule": "sporadic", "transaction_type": "personal"}
            }
        }
        intent = debit(stripe, "acss_debit", "cad", payment_method_data=data, payment_method_options=options)
        assert intent.next_action.type == "verify_with_microdeposits"
        stripe.payment_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})
        expected[intent.id] = outcome
    assert what_came_of(stripe, expected) == expected


def test_an_account_that_is_too_risky_is_stopped(stripe):
    with refused(
        sdk.CardError, status=402, code="payment_method_provider_decline", decline_code="fraudulent"
    ):
        debit(stripe, "us_bank_account", "usd", payment_method="pm_usBankAccount_riskLevelHighest")
    (charge,) = stripe.charges.list().data
    assert (charge.status, charge.failure_code) == ("failed", "fraudulent")
    assert (charge.outcome.type, charge.outcome.network_status, charge.outcome.risk_level) == (
        "blocked",
        "not_sent_to_network",
        "highest",
    )
