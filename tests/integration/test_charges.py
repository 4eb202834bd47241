"""Charges made alone: what is taken, held, refused, and what is noted about it."""

import pytest
import stripe as sdk

from strongroom.catalog.behaviours import behaviour_table
from strongroom.catalog.cards import card_tables
from support.data import VISA, event_types, refused

DAY = 24 * 3600
CHARGE = {"amount": 2900, "currency": "usd", "source": "tok_visa"}


def charged(stripe, **params):
    return stripe.charges.create({**CHARGE, **params})


# -- what is taken ----------------------------------------------------------------------------------------------------


def test_a_charge_takes_the_money_and_says_what_it_cost(stripe):
    charge = charged(stripe, expand=["balance_transaction"], metadata={"order": "7"}, description="Seven")

    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (2900, 0, False)
    assert (charge.metadata.to_dict(), charge.description) == ({"order": "7"}, "Seven")
    money = charge.balance_transaction
    assert (money.amount, money.fee, money.net) == (2900, 114, 2786)
    assert (money.type, money.reporting_category, money.source) == ("charge", "charge", charge.id)
    assert (money.status, money.available_on % DAY) == ("pending", 0)
    assert DAY < money.available_on - money.created <= 2 * DAY
    assert [(one.amount, one.type) for one in money.fee_details] == [(114, "stripe_fee")]
    assert event_types(stripe) == ["charge.succeeded"]


def test_a_charge_shows_the_card_and_what_the_network_said(stripe):
    charge = charged(stripe)

    card = charge.payment_method_details.card
    assert (charge.payment_method_details.type, card.brand, card.last4, card.network) == (
        "card",
        "visa",
        "4242",
        "visa",
    )
    assert (card.amount_authorized, len(card.authorization_code)) == (2900, 6)
    assert (card.checks.cvc_check, card.three_d_secure, card.wallet) == ("pass", None, None)
    assert "capture_before" not in card
    assert charge.source.id == charge.payment_method
    assert charge.source.cvc_check == "pass"
    outcome = charge.outcome
    assert (outcome.type, outcome.network_status, outcome.risk_level) == (
        "authorized",
        "approved_by_network",
        "normal",
    )
    assert 0 <= outcome.risk_score < 65


def test_the_same_card_is_known_again_and_each_charge_has_a_card_of_its_own(stripe):
    first, second = charged(stripe), charged(stripe)
    fingerprints = {one.payment_method_details.card.fingerprint for one in (first, second)}
    assert len(fingerprints) == 1
    assert first.payment_method != second.payment_method


def test_a_customers_default_card_is_charged_as_often_as_one_likes(stripe):
    customer = stripe.customers.create({"source": "tok_mastercard"})
    once, twice = [
        stripe.charges.create({"amount": 1000, "currency": "eur", "customer": customer.id}) for _ in range(2)
    ]
    assert once.payment_method == twice.payment_method == customer.default_source
    assert once.customer == customer.id
    named = stripe.charges.create(
        {
            "amount": 1000,
            "currency": "EUR",
            "customer": customer.id,
            "source": customer.default_source,
        }
    )
    assert (named.payment_method, named.currency) == (customer.default_source, "eur")


def test_a_raw_card_can_be_the_source(post):
    inline = {f"source[{name}]": value for name, value in {"object": "card", **VISA}.items()}
    reply = post("/v1/charges", {"amount": "500", "currency": "usd", **inline})
    assert (reply.status, reply.json["payment_method_details"]["card"]["last4"]) == (200, "4242")


def test_a_charge_without_a_key_is_made_once_and_named(post, stripe):
    reply = post("/v1/charges", CHARGE)
    assert reply.status == 200
    assert len(reply.headers.get_all("Original-Request")) == 1
    assert len(reply.headers["Idempotency-Key"]) == 36
    assert len(stripe.charges.list().data) == 1


def test_the_same_key_charges_once(post, stripe):
    first, second = (
        post("/v1/charges", CHARGE, Idempotency_Key="k"),
        post("/v1/charges", CHARGE, Idempotency_Key="k"),
    )
    assert (second.body, second.headers["Idempotent-Replayed"]) == (first.body, "true")
    other = post("/v1/charges", {**CHARGE, "amount": "3000"}, Idempotency_Key="k")
    assert (other.status, other.error["type"]) == (400, "idempotency_error")
    assert len(stripe.charges.list().data) == 1


def test_money_of_a_card_that_need_not_wait_is_there_at_once(stripe):
    charged(stripe, source="tok_bypassPending", amount=5000)
    charged(stripe, currency="eur", amount=1000)

    balance = stripe.balance.retrieve()
    assert {one.currency: one.amount for one in balance.available} == {"usd": 5000 - 175, "eur": 0}
    assert {one.currency: one.amount for one in balance.pending} == {"usd": 0, "eur": 1000 - 59}


def test_an_account_without_charges_has_a_balance_of_nothing(stripe):
    balance = stripe.balance.retrieve()
    assert [(one.amount, one.currency) for one in (*balance.available, *balance.pending)] == [(0, "usd")] * 2


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"source": "tok_visa", "currency": "usd"}, "parameter_missing", "amount"),
        ({"source": "tok_visa", "amount": 100}, "parameter_missing", "currency"),
        ({"amount": 100, "currency": "usd"}, None, None),
        ({**CHARGE, "amount": 0}, "parameter_invalid_integer", "amount"),
        ({**CHARGE, "amount": "10.5"}, "parameter_invalid_integer", "amount"),
        ({**CHARGE, "amount": 49}, "amount_too_small", "amount"),
        ({**CHARGE, "amount": 100000000}, "amount_too_large", "amount"),
        ({**CHARGE, "currency": "jpy", "amount": 49}, "amount_too_small", "amount"),
        ({**CHARGE, "currency": "bhd", "amount": 1001}, None, "amount"),
        ({**CHARGE, "currency": "xyz"}, None, "currency"),
        ({**CHARGE, "source": "tok_nope"}, "resource_missing", "source"),
        ({**CHARGE, "source": "card_nope"}, None, "source"),
        ({**CHARGE, "source": "pm_card_visa"}, None, "source"),
        ({**CHARGE, "customer": "cus_nope"}, "resource_missing", "customer"),
        ({**CHARGE, "foo": 1}, "parameter_unknown", "foo"),
    ],
)
def test_what_cannot_be_charged_is_refused_by_name_and_leaves_nothing(stripe, params, code, param):
    with refused(code=code, param=param):
        stripe.charges.create(params)
    assert stripe.charges.list().data == stripe.events.list().data == []


def test_a_customers_card_must_be_the_customers(stripe):
    customer = stripe.customers.create()
    with refused(sdk.CardError, status=402, code="missing", param="card"):
        stripe.charges.create({"amount": 100, "currency": "usd", "customer": customer.id})
    with refused(code="missing", param="source"):
        stripe.charges.create({**CHARGE, "customer": customer.id})


def test_a_decline_is_a_charge_and_spends_its_token(stripe):
    token = stripe.tokens.create({"card": {**VISA, "number": "4000000000000002"}})
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="generic_decline") as caught:
        charged(stripe, source=token.id)

    error = caught.value.json_body["error"]
    (charge,) = stripe.charges.list().data
    assert error["charge"] == charge.id
    assert (error["advice_code"], error["network_decline_code"]) == ("try_again_later", "01")
    assert (charge.status, charge.paid, charge.captured, charge.amount_captured) == (
        "failed",
        False,
        False,
        0,
    )
    assert (charge.failure_code, charge.balance_transaction) == ("card_declined", None)
    assert (charge.outcome.type, charge.outcome.reason) == ("issuer_declined", "generic_decline")
    assert event_types(stripe) == ["charge.failed"]
    with refused(code="token_already_used"):
        charged(stripe, source=token.id)


def test_a_request_that_is_refused_does_not_spend_its_token(stripe):
    token = stripe.tokens.create({"card": VISA})
    with refused(code="amount_too_small", param="amount"):
        charged(stripe, source=token.id, amount=1)
    assert charged(stripe, source=token.id).paid


def test_a_decline_is_replayed_and_not_tried_again(post, stripe):
    declined = {**CHARGE, "source": "tok_chargeDeclined"}
    first, second = [post("/v1/charges", declined, Idempotency_Key="k") for _ in range(2)]
    assert (first.status, second.body) == (402, first.body)
    assert len(stripe.charges.list().data) == 1


# What becomes of a charge with nobody there to be asked: of every behaviour that has a name to use it by.
AUTHENTICATION = {"declined", "declined_until_set_up", "stopped"}
NAMES = {magic.behaviour: name for name, magic in reversed(card_tables().tokens.items())}


def expected(row):
    if row.blocked or row.risk == "highest":
        return "fraudulent"
    if row.off_session in AUTHENTICATION:
        return "authentication_required"
    return row.charge


USABLE = sorted(name for name in behaviour_table() if name in NAMES)


@pytest.mark.parametrize("name", [name for name in USABLE if expected(behaviour_table()[name]) is None])
def test_every_test_card_that_is_good_is_charged(stripe, name):
    charge = charged(stripe, source=NAMES[name])
    assert (charge.paid, charge.outcome.risk_level) == (True, behaviour_table()[name].risk)


@pytest.mark.parametrize("name", [name for name in USABLE if expected(behaviour_table()[name]) is not None])
def test_every_test_card_that_declines_does_so_as_published(stripe, name):
    row = behaviour_table()[name]
    with pytest.raises(sdk.CardError) as caught:
        charged(stripe, source=NAMES[name])
    error, charges = caught.value.json_body["error"], stripe.charges.list().data
    assert error["decline_code"] == expected(row)
    assert [one.status for one in charges] == ([] if row.off_session == "stopped" else ["failed"])
    assert error.get("charge") == (charges[0].id if charges else None)


def test_what_was_stopped_as_too_risky_never_reached_the_network(stripe):
    with refused(sdk.CardError, status=402, code="card_declined", decline_code="fraudulent"):
        charged(stripe, source="tok_radarBlock")
    outcome = stripe.charges.list().data[0].outcome
    assert (outcome.type, outcome.network_status, outcome.reason, outcome.risk_level) == (
        "blocked",
        "not_sent_to_network",
        "highest_risk_level",
        "highest",
    )


@pytest.mark.parametrize(
    ("source", "code", "decline_code", "param"),
    [
        ("tok_chargeDeclinedExpiredCard", "expired_card", "expired_card", "exp_month"),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc", "cvc"),
        ("tok_chargeDeclinedProcessingError", "processing_error", "processing_error", None),
        ("tok_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", None),
    ],
)
def test_a_decline_about_one_field_names_it(stripe, source, code, decline_code, param):
    with refused(sdk.CardError, status=402, code=code, decline_code=decline_code, param=param):
        charged(stripe, source=source)


# -- what is noted ----------------------------------------------------------------------------------------------------


def test_an_update_changes_the_notes_and_tells(stripe):
    charge = charged(stripe, metadata={"a": "b"})
    customer = stripe.customers.create()
    told = stripe.charges.update(
        charge.id,
        {
            "description": "D",
            "metadata": {"a": "", "c": "d"},
            "customer": customer.id,
            "transfer_group": "G",
            "fraud_details": {"user_report": "safe"},
        },
    )
    assert (told.description, told.metadata.to_dict(), told.customer, told.transfer_group) == (
        "D",
        {"c": "d"},
        customer.id,
        "G",
    )
    assert told.fraud_details.to_dict() == {"user_report": "safe"}
    assert event_types(stripe, charge.id) == ["charge.succeeded", "charge.updated"]
    stripe.charges.update(charge.id, {"description": "D"})
    assert event_types(stripe, charge.id) == ["charge.succeeded", "charge.updated"]


@pytest.mark.parametrize("name", ["customer", "transfer_group"])
def test_what_is_said_once_stays_so(stripe, name):
    said = {"customer": stripe.customers.create().id, "transfer_group": "G"}
    other = {"customer": stripe.customers.create().id, "transfer_group": "H"}
    charge = charged(stripe)
    stripe.charges.update(charge.id, {name: said[name]})
    with refused(param=name):
        stripe.charges.update(charge.id, {name: other[name]})
    assert stripe.charges.retrieve(charge.id)[name] == said[name]


def test_charges_are_listed_newest_first_failed_ones_too(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    mine = stripe.charges.create({"amount": 100, "currency": "usd", "customer": customer.id})
    grouped = charged(stripe, transfer_group="G")
    with pytest.raises(sdk.CardError):
        charged(stripe, source="tok_chargeDeclined")

    listed = stripe.charges.list().data
    assert [one.status for one in listed] == ["failed", "succeeded", "succeeded"]
    assert [one.id for one in stripe.charges.list({"customer": customer.id}).data] == [mine.id]
    assert [one.id for one in stripe.charges.list({"transfer_group": "G"}).data] == [grouped.id]
    with refused(status=404, code="resource_missing", param="id"):
        stripe.charges.retrieve("ch_nope")


# -- holds ------------------------------------------------------------------------------------------------------------


def test_a_hold_can_be_captured_within_a_week(stripe):
    hold = charged(stripe, capture=False)
    assert (hold.paid, hold.captured, hold.amount_captured, hold.balance_transaction) == (
        True,
        False,
        0,
        None,
    )
    assert hold.payment_method_details.card.capture_before == hold.created + 7 * DAY

    taken = stripe.charges.capture(hold.id)
    assert (taken.captured, taken.amount_captured, taken.amount_refunded) == (True, 2900, 0)
    assert taken.balance_transaction is not None
    assert event_types(stripe) == ["charge.succeeded", "charge.captured"]
    with refused(code="charge_already_captured"):
        stripe.charges.capture(hold.id)


def test_a_part_of_a_hold_is_taken_and_the_rest_let_go_of(stripe):
    hold = charged(stripe, capture=False)
    part = stripe.charges.capture(hold.id, {"amount": 1000, "statement_descriptor_suffix": "PART"})
    assert (part.amount, part.amount_captured, part.amount_refunded, part.refunded) == (
        2900,
        1000,
        1900,
        False,
    )
    assert part.statement_descriptor_suffix == "PART"
    with refused(param="amount"):
        stripe.refunds.create({"charge": hold.id, "amount": 1001})
    assert stripe.refunds.create({"charge": hold.id}).amount == 1000


@pytest.mark.parametrize(("amount", "code"), [(0, "parameter_invalid_integer"), (2901, "amount_too_large")])
def test_no_more_than_is_held_can_be_captured(stripe, amount, code):
    hold = charged(stripe, capture=False)
    with refused(code=code, param="amount"):
        stripe.charges.capture(hold.id, {"amount": amount})
    assert not stripe.charges.retrieve(hold.id).captured


def test_a_failed_charge_cannot_be_captured(stripe):
    with pytest.raises(sdk.CardError):
        charged(stripe, source="tok_chargeDeclined", capture=False)
    (failed,) = stripe.charges.list().data
    with refused():
        stripe.charges.capture(failed.id)
