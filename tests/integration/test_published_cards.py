"""Every published test card, under each of its names, does what was published, wherever it is used.

The expectations are the published tables' and stand here, not in the catalogue; what the catalogue knows and no table
speaks of is good everywhere.
"""

import pytest
import stripe as sdk

from strongroom.catalog.cards import card_tables
from support.data import VISA, refused
from support.payments import NO_REDIRECTS, PAYMENT, answer, pay

OK, ASKS, AWAY = "ok", "asks", "authentication_required"

# The end of the name: what comes of a charge made alone, an intent paid with the customer there, an intent paid without,
# attaching, and setting up. A decline is named by its decline code.
PUBLISHED = """
chargeDeclined                       generic_decline        generic_decline        generic_decline        generic_decline        generic_decline
chargeDeclinedInsufficientFunds      insufficient_funds     insufficient_funds     insufficient_funds     insufficient_funds     insufficient_funds
chargeDeclinedLostCard               lost_card              lost_card              lost_card              lost_card              lost_card
chargeDeclinedStolenCard             stolen_card            stolen_card            stolen_card            stolen_card            stolen_card
chargeDeclinedExpiredCard            expired_card           expired_card           expired_card           expired_card           expired_card
chargeDeclinedIncorrectCvc           incorrect_cvc          incorrect_cvc          incorrect_cvc          incorrect_cvc          incorrect_cvc
chargeDeclinedProcessingError        processing_error       processing_error       processing_error       processing_error       processing_error
chargeDeclinedVelocityLimitExceeded  card_velocity_exceeded card_velocity_exceeded card_velocity_exceeded card_velocity_exceeded card_velocity_exceeded
chargeDeclinedFraudulent             fraudulent             fraudulent             fraudulent             ok                     fraudulent
chargeCustomerFail                   generic_decline        generic_decline        generic_decline        ok                     ok
chargeCustomerFailLostCard           lost_card              lost_card              lost_card              ok                     ok
chargeCustomerFailStolenCard         stolen_card            stolen_card            stolen_card            ok                     ok
radarBlock                           fraudulent             fraudulent             fraudulent             ok                     fraudulent
riskLevelHighest                     fraudulent             fraudulent             fraudulent             ok                     ok
authenticationRequiredOnSetup        authentication_required asks                  authentication_required ok                    asks
authenticationRequired               authentication_required asks                  authentication_required ok                    asks
authenticationRequiredSetupForOffSession ok                 asks                   ok                     ok                     asks
authenticationRequiredChargeDeclinedInsufficientFunds insufficient_funds asks      insufficient_funds     ok                     asks
threeDSecure2Required                authentication_required asks                  authentication_required ok                    asks
threeDSecureRequired                 authentication_required asks                  authentication_required ok                    asks
threeDSecureRequiredChargeDeclined   authentication_required asks                  authentication_required ok                    asks
threeDSecureRequiredProcessingError  authentication_required generic_decline       authentication_required ok                    generic_decline
"""
NUMBERS = """
4000008400000027  asks
4000582600000094  asks
4000582600000045  asks
4000582600000102  asks
4000582600000110  asks
4000000032200000  ok
4000000000001208  ok
4000000000003725  ok
"""
# The error's own code and the field it is about, where that is not `card_declined` and none.
CODES = {
    "expired_card": ("expired_card", "exp_month"),
    "incorrect_cvc": ("incorrect_cvc", "cvc"),
    "processing_error": ("processing_error", None),
    AWAY: (AWAY, None),
}
ADVICE = {
    "generic_decline": ("try_again_later", None, "01"),
    "insufficient_funds": ("try_again_later", "02", "51"),
    "lost_card": ("do_not_try_again", "01", "41"),
    "stolen_card": ("do_not_try_again", "01", "43"),
    "card_velocity_exceeded": ("try_again_later", "02", "61"),
    "expired_card": ("confirm_card_data", "03", "54"),
    "incorrect_cvc": ("confirm_card_data", "03", "N7"),
    "processing_error": ("try_again_later", None, "06"),
    "fraudulent": ("do_not_try_again", None, None),
    AWAY: (None, None, None),
}
# Nothing reaches the network for these, so that no charge is left.
STOPPED = {
    "threeDSecure2Required",
    "threeDSecureRequired",
    "threeDSecureRequiredChargeDeclined",
    "threeDSecureRequiredProcessingError",
}

ROWS = {name: outcomes for name, *outcomes in map(str.split, PUBLISHED.strip().splitlines())}
GOOD = [OK] * 5
ENDS = ("visa_debit_", "visa_")
TOKENS = sorted(card_tables().tokens)
METHODS = sorted(card_tables().payment_methods)
UNNAMED = sorted(set(card_tables().test_cards) - {magic.number for magic in card_tables().tokens.values()})


def bare(name):
    """The end of a magic name by which it was published: without what says whose card it is."""
    end = name.removeprefix("tok_").removeprefix("pm_card_")
    return next((end.removeprefix(prefix) for prefix in ENDS if end.removeprefix(prefix) in ROWS), end)


def outcomes_of(name):
    return ROWS.get(bare(name), GOOD)


def outcome_of(do):
    """What came of it: `ok`, `asks`, or the decline code, whose error says all that was published of it."""
    made, error = tried(do)
    if error is None:
        return ASKS if getattr(made, "status", None) == "requires_action" else OK
    code = error["decline_code"]
    named = CODES.get(code, ("card_declined", None))
    said = [error.get(one) for one in ("advice_code", "network_advice_code", "network_decline_code")]
    assert (error["code"], error.get("param"), *said) == (*named, *ADVICE[code])
    return code


def tried(do):
    """What was made, or the refusal of a card."""
    try:
        return do(), None
    except sdk.CardError as refusal:
        return None, refusal.json_body["error"]


def attached(do):
    """As `outcome_of`, for attaching, where less is said: only what a charge would be declined for has a decline code."""
    _, error = tried(do)
    if error is None:
        return OK
    code = error.get("decline_code", error["code"])
    assert (error["code"], error.get("param") or None) == CODES.get(code, ("card_declined", None))
    return code


def test_every_row_is_in_the_catalogue():
    names = {bare(name) for name in (*TOKENS, *METHODS)}
    assert ROWS.keys() <= names


@pytest.mark.parametrize("card", TOKENS)
def test_a_token_is_charged_as_published(stripe, card):
    charge = outcomes_of(card)[0]
    made = {"amount": 2000, "currency": "usd", "source": card}
    assert outcome_of(lambda: stripe.charges.create(made)) == charge
    charges = stripe.charges.list().data
    assert [one.paid for one in charges] == ([] if bare(card) in STOPPED else [charge == OK])


@pytest.mark.parametrize("card", METHODS)
def test_a_payment_method_pays_and_is_kept_as_published(stripe, card):
    _, present, away, attach, setup = outcomes_of(card)
    customer = stripe.customers.create()
    seen = [
        outcome_of(lambda: pay(stripe, card)),
        outcome_of(lambda: pay(stripe, card, off_session=True)),
        attached(lambda: stripe.payment_methods.attach(card, {"customer": customer.id})),
        outcome_of(
            lambda: stripe.setup_intents.create({**NO_REDIRECTS, "payment_method": card, "confirm": True})
        ),
    ]
    assert seen == [present, away, attach, setup]


@pytest.mark.parametrize("card", METHODS)
def test_what_an_intent_is_left_as_says_what_came_of_it(stripe, card):
    present = outcomes_of(card)[1]
    outcome_of(lambda: pay(stripe, card))
    (intent,) = stripe.payment_intents.list().data
    status = {OK: "succeeded", ASKS: "requires_action"}.get(present, "requires_payment_method")
    assert intent.status == status
    if status == "requires_payment_method":
        assert (intent.payment_method, intent.last_payment_error.decline_code) == (None, present)
        assert intent.last_payment_error.charge == intent.latest_charge
    if status == "requires_action":
        assert (intent.latest_charge, stripe.charges.list().data) == (None, [])


@pytest.mark.parametrize("number", UNNAMED)
def test_a_number_without_a_name_pays_as_published(stripe, number):
    expected = dict(map(str.split, NUMBERS.strip().splitlines())).get(number, OK)
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": number}})
    assert outcome_of(lambda: pay(stripe, method.id)) == expected


# -- 3D Secure that is asked for ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["any", "challenge"])
@pytest.mark.parametrize(
    ("card", "outcome", "result"),
    [
        ("threeDSecureOptional", ASKS, None),
        ("threeDSecureOptionalProcessingError", "generic_decline", "processing_error"),
        ("visa", OK, "attempt_acknowledged"),
        ("amex_threeDSecureNotSupported", OK, None),
    ],
)
def test_3d_secure_can_be_asked_for(stripe, card, wanted, outcome, result):
    options = {"payment_method_options": {"card": {"request_three_d_secure": wanted}}}
    assert outcome_of(lambda: pay(stripe, f"pm_card_{card}", **options)) == outcome
    charges = stripe.charges.list().data
    three_d_secure = [one.payment_method_details.card.three_d_secure for one in charges]
    seen = [one and one.result for one in three_d_secure]
    assert seen == ([] if outcome == ASKS else [result])


# What comes of a payment without the customer once the card was set up with them.
SET_UP = [
    ("authenticationRequiredOnSetup", OK),
    ("authenticationRequired", AWAY),
    ("authenticationRequiredSetupForOffSession", OK),
    ("authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ("threeDSecure2Required", AWAY),
]


@pytest.mark.parametrize(("card", "outcome"), SET_UP)
def test_a_card_that_was_set_up_is_charged_without_its_holder_as_published(stripe, server, card, outcome):
    customer = stripe.customers.create()
    intent = stripe.setup_intents.create(
        {**NO_REDIRECTS, "payment_method": f"pm_card_{card}", "confirm": True, "customer": customer.id}
    )
    answer(server, intent, "complete")
    done = stripe.setup_intents.retrieve(intent.id)
    assert done.status == "succeeded"
    paid = {"customer": customer.id, "off_session": True}
    assert outcome_of(lambda: pay(stripe, done.payment_method, **paid)) == outcome


@pytest.mark.parametrize(
    ("card", "status", "decline_code"),
    [
        ("threeDSecure2Required", "succeeded", None),
        ("threeDSecureRequiredChargeDeclined", "requires_payment_method", "generic_decline"),
        (
            "authenticationRequiredChargeDeclinedInsufficientFunds",
            "requires_payment_method",
            "insufficient_funds",
        ),
    ],
)
def test_after_the_challenge_the_issuer_answers(stripe, server, card, status, decline_code):
    intent = pay(stripe, f"pm_card_{card}")
    answer(server, intent, "complete")
    after = stripe.payment_intents.retrieve(intent.id)
    error = after.last_payment_error
    assert (after.status, error and error.decline_code) == (status, decline_code)
    details = stripe.charges.retrieve(after.latest_charge).payment_method_details.card
    assert (details.three_d_secure.authentication_flow, details.three_d_secure.result) == (
        "challenge",
        "authenticated",
    )


# -- checks and risk ----------------------------------------------------------------------------------------------------


GIVEN = {"address": {"line1": "1 Main St", "postal_code": "94107", "country": "US"}}
CHECKS = [
    ("visa", "pass", "pass", "pass", "normal"),
    ("cvcCheckFail", "fail", "pass", "pass", "normal"),
    ("avsZipFail", "pass", "pass", "fail", "normal"),
    ("avsLine1Fail", "pass", "fail", "pass", "normal"),
    ("avsFail", "pass", "fail", "fail", "normal"),
    ("avsUnchecked", "pass", "unavailable", "unavailable", "normal"),
    ("cvcCheckFailElevatedRisk", "fail", "pass", "pass", "elevated"),
    ("avsZipFailElevatedRisk", "pass", "pass", "fail", "elevated"),
    ("riskLevelElevated", "pass", "pass", "pass", "elevated"),
]


@pytest.mark.parametrize(("card", "cvc", "line1", "postal", "risk"), CHECKS)
def test_failed_checks_are_shown_and_let_the_payment_through(stripe, card, cvc, line1, postal, risk):
    method = {"type": "card", "card": {"token": f"tok_{card}"}, "billing_details": GIVEN}
    paid = stripe.payment_intents.create(
        {**PAYMENT, "payment_method_data": method, "confirm": True, "expand": ["latest_charge"]}
    )
    checks = paid.latest_charge.payment_method_details.card.checks
    assert (checks.cvc_check, checks.address_line1_check, checks.address_postal_code_check) == (
        cvc,
        line1,
        postal,
    )
    assert (paid.status, paid.latest_charge.outcome.risk_level) == ("succeeded", risk)


@pytest.mark.parametrize(
    ("card", "setting", "code", "param"),
    [
        ("cvcCheckFail", "cvc_failure", "incorrect_cvc", "cvc"),
        ("avsZipFail", "avs_failure", "incorrect_zip", "address_zip"),
    ],
)
def test_an_account_may_decline_on_failed_checks(stripe, card, setting, code, param):
    account = stripe.accounts.create(
        {
            "type": "custom",
            "country": "US",
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            "settings": {"card_payments": {"decline_on": {setting: True}}},
        }
    )
    made = {"amount": 2000, "currency": "usd", "source": f"tok_{card}"}
    with refused(sdk.CardError, status=402, code=code, param=param, decline_code=code):
        stripe.charges.create(made, {"stripe_account": account.id})
