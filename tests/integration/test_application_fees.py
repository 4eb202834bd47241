"""What a platform keeps of a connected account's payment: of its own (direct charges), and given back when it says so."""

import pytest
import stripe as sdk

from support.connect import acting_on, eventually
from support.data import refused
from support.money import booked, connected, sums, told
from support.payments import PAYMENT, pay

DIRECT = {"payment_method": "pm_card_bypassPending", "confirm": True, "capture_method": "automatic"}


@pytest.fixture
def account(stripe):
    return connected(stripe)


def paid(stripe, account, fee=123, **params):
    """A direct charge of 20.00 with a fee, and that fee."""
    intent = stripe.payment_intents.create(
        {**PAYMENT, **DIRECT, "application_fee_amount": fee, "expand": ["latest_charge"], **params},
        acting_on(account),
    )
    return intent, stripe.application_fees.retrieve(intent.latest_charge.application_fee)


def test_a_fee_of_a_direct_charge_is_the_platforms(stripe, account):
    before = len(told(stripe))
    intent, fee = paid(stripe, account)
    charge = intent.latest_charge
    assert (intent.application_fee_amount, charge.application_fee_amount) == (123, 123)
    assert fee.to_dict() | {"refunds": None} == {
        "id": charge.application_fee,
        "object": "application_fee",
        "account": account.id,
        "amount": 123,
        "amount_refunded": 0,
        "application": charge.application,
        "balance_transaction": fee.balance_transaction,
        "charge": charge.id,
        "created": fee.created,
        "currency": "usd",
        "fee_source": {"charge": charge.id, "type": "charge"},
        "livemode": False,
        "originating_transaction": None,
        "refunded": False,
        "refunds": None,
    }
    assert (fee.refunds.data, fee.refunds.url) == ([], f"/v1/application_fees/{fee.id}/refunds")
    kept = stripe.balance_transactions.retrieve(fee.balance_transaction)
    assert (kept.amount, kept.net, kept.type, kept.reporting_category, kept.source) == (
        123,
        123,
        "application_fee",
        "platform_earning",
        fee.id,
    )
    (taken,) = stripe.balance_transactions.list({}, acting_on(account)).data
    assert (taken.amount, taken.fee, taken.net) == (2000, 88 + 123, 2000 - 88 - 123)
    assert [(one.type, one.amount, one.application) for one in taken.fee_details] == [
        ("application_fee", 123, charge.application),
        ("stripe_fee", 88, None),
    ]
    assert (sums(stripe), sums(stripe, account)) == ((123, 0), (1789, 0))
    assert told(stripe)[before:] == ["application_fee.created"]
    (event,) = stripe.events.list({"type": "application_fee.created"}).data
    assert "account" not in event.to_dict()


def test_a_fee_waits_with_its_payment(stripe, account):
    paid(stripe, account, payment_method="pm_card_visa")
    assert (sums(stripe), sums(stripe, account)) == ((0, 123), (0, 1789))


def test_with_automatic_async_the_fee_comes_a_moment_later(stripe, account):
    intent = stripe.payment_intents.create(
        {**PAYMENT, **DIRECT, "application_fee_amount": 5, "capture_method": "automatic_async"},
        acting_on(account),
    )
    charge = stripe.charges.retrieve(intent.latest_charge, {}, acting_on(account))
    charge = eventually(
        lambda: stripe.charges.retrieve(charge.id, {}, acting_on(account)),
        until=lambda one: one.application_fee is not None,
    )
    assert stripe.application_fees.list({"charge": charge.id}).data[0].id == charge.application_fee
    (event,) = stripe.events.list({"type": "charge.updated"}, acting_on(account)).data
    assert event.data.previous_attributes.to_dict() == {
        "balance_transaction": None,
        "application_fee": None,
    }


def test_a_fee_is_named_by_what_it_was_taken_of(stripe, account):
    _, fee = paid(stripe, account)
    shown = stripe.application_fees.retrieve(
        fee.id, {"expand": ["account", "charge.balance_transaction", "balance_transaction"]}
    )
    assert (shown.account.id, shown.charge.balance_transaction.net) == (account.id, 1789)
    assert shown.balance_transaction.net == 123
    assert [one.id for one in stripe.application_fees.list({"charge": fee.charge})] == [fee.id]
    assert stripe.application_fees.list({"charge": "ch_none"}).data == []
    with refused(status=404, code="resource_missing", param="id"):
        stripe.application_fees.retrieve(fee.id, {}, acting_on(account))


@pytest.mark.parametrize("name", ["application_fee", "application_fee_amount"])
def test_charges_take_a_fee_under_both_its_names(stripe, account, name):
    charge = stripe.charges.create(
        {"amount": 2000, "currency": "usd", "source": "tok_bypassPending", name: 123}, acting_on(account)
    )
    assert (charge.application_fee_amount, charge.application_fee[:4]) == (123, "fee_")
    assert (sums(stripe), sums(stripe, account)) == ((123, 0), (1789, 0))


def test_a_held_payment_pays_its_fee_when_it_is_captured(stripe, account):
    intent = stripe.payment_intents.create(
        {**PAYMENT, **DIRECT, "capture_method": "manual", "application_fee_amount": 900}, acting_on(account)
    )
    assert (stripe.application_fees.list().data, sums(stripe)) == ([], (0, 0))
    stripe.payment_intents.capture(intent.id, {"amount_to_capture": 500}, acting_on(account))
    (fee,) = stripe.application_fees.list().data
    assert fee.amount == 500
    assert sums(stripe) == (500, 0)


def test_a_capture_may_say_another_fee(stripe, account):
    for params in ({"application_fee_amount": 900}, {}):
        held = stripe.payment_intents.create(
            {**PAYMENT, **DIRECT, "capture_method": "manual", **params}, acting_on(account)
        )
        with refused(param="application_fee_amount"):
            stripe.payment_intents.capture(held.id, {"application_fee_amount": 2001}, acting_on(account))
        done = stripe.payment_intents.capture(held.id, {"application_fee_amount": 7}, acting_on(account))
        assert done.application_fee_amount == 7
        charge = stripe.charges.retrieve(done.latest_charge, {}, acting_on(account))
        assert charge.application_fee_amount == 7
    held = stripe.charges.create(
        {"amount": 2000, "currency": "usd", "source": "tok_bypassPending", "capture": False},
        acting_on(account),
    )
    stripe.charges.capture(held.id, {"application_fee_amount": 8}, acting_on(account))
    assert [one.amount for one in stripe.application_fees.list()] == [8, 7, 7]
    assert sums(stripe) == (22, 0)


def test_an_increment_may_say_another_fee(stripe, account):
    card = {"payment_method_options": {"card": {"request_incremental_authorization": "if_available"}}}
    for params in ({}, {"application_fee_amount": 900}):
        held = stripe.payment_intents.create(
            {**PAYMENT, **DIRECT, "capture_method": "manual", **card, **params}, acting_on(account)
        )
        with refused(param="application_fee_amount"):
            stripe.payment_intents.increment_authorization(
                held.id, {"amount": 2500, "application_fee_amount": 2501}, acting_on(account)
            )
        grown = stripe.payment_intents.increment_authorization(
            held.id, {"amount": 2500, "application_fee_amount": 2200}, acting_on(account)
        )
        assert grown.application_fee_amount == 2200
        charge = stripe.charges.retrieve(held.latest_charge, {}, acting_on(account))
        assert (charge.amount, charge.application_fee_amount) == (2500, 2200)
        stripe.payment_intents.capture(held.id, {}, acting_on(account))
    assert [one.amount for one in stripe.application_fees.list()] == [2200, 2200]


@pytest.mark.parametrize(
    ("params", "code", "says"),
    [
        ({"application_fee_amount": 10}, None, "Stripe-Account"),
        ({"application_fee_amount": 2001}, None, "less than or equal"),
        ({"application_fee_amount": -1}, None, "non-negative"),
    ],
)
def test_a_fee_that_nobody_would_pay(stripe, params, code, says):
    """Row 50: a plain payment of the platform has nobody to take a fee of."""
    with refused(code=code, param="application_fee_amount", says=says):
        pay(stripe, **params)
    with refused(code=code, param="application_fee_amount", says=says):
        stripe.charges.create({"amount": 2000, "currency": "usd", "source": "tok_visa", **params})
    assert stripe.charges.list().data == []


def test_a_fee_is_no_more_than_the_payment(stripe, account):
    with refused(param="application_fee_amount"):
        paid(stripe, account, 2001)
    paid(stripe, account, 2000)
    assert (sums(stripe), sums(stripe, account)) == ((2000, 0), (-88, 0))


def test_a_payment_that_is_declined_pays_no_fee(stripe, account):
    with pytest.raises(sdk.CardError):
        paid(stripe, account, payment_method="pm_card_chargeDeclined")
    assert stripe.application_fees.list().data == []


def test_a_browser_confirms_what_a_platform_takes_a_fee_of(stripe, server, publishable_key, account):
    """Nothing of the fee is the browser's to say, and nothing of it is in its way."""
    intent = stripe.payment_intents.create(
        {**PAYMENT, "application_fee_amount": 9, "capture_method": "automatic"}, acting_on(account)
    )
    browser = server.client(publishable_key).v1
    browser.payment_intents.confirm(
        intent.id,
        {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"},
        acting_on(account),
    )
    assert [one.amount for one in stripe.application_fees.list()] == [9]


# -- given back -------------------------------------------------------------------------------------------------------


def test_a_fee_is_given_back(stripe, account):
    _, fee = paid(stripe, account)
    refund = stripe.application_fees.refunds.create(fee.id, {"amount": 23, "metadata": {"a": "1"}})
    assert refund.to_dict() == {
        "id": refund.id,
        "object": "fee_refund",
        "amount": 23,
        "balance_transaction": refund.balance_transaction,
        "created": refund.created,
        "currency": "usd",
        "fee": fee.id,
        "metadata": {"a": "1"},
    }
    after = stripe.application_fees.retrieve(fee.id)
    assert (after.amount_refunded, after.refunded, after.refunds.data[0].id) == (23, False, refund.id)
    assert (sums(stripe), sums(stripe, account)) == ((100, 0), (1812, 0))
    assert booked(stripe) == [("application_fee", 123), ("application_fee_refund", -23)]
    assert booked(stripe, account) == [("charge", 1789), ("application_fee_refund", 23)]
    with refused(param="amount", says="greater than unrefunded"):
        stripe.application_fees.refunds.create(fee.id, {"amount": 101})
    rest = stripe.application_fees.refunds.create(fee.id)
    assert rest.amount == 100
    assert stripe.application_fees.retrieve(fee.id).refunded is True
    with refused(says="already been refunded"):
        stripe.application_fees.refunds.create(fee.id)
    assert [one.id for one in stripe.application_fees.refunds.list(fee.id)] == [rest.id, refund.id]
    assert (sums(stripe), sums(stripe, account)) == ((0, 0), (1912, 0))
    assert told(stripe)[-3:] == ["application_fee.created", *["application_fee.refunded"] * 2]


@pytest.mark.parametrize("amount", [0, -3])
def test_what_is_given_back_of_a_fee_is_something(stripe, account, amount):
    _, fee = paid(stripe, account)
    with refused(code="parameter_invalid_integer", param="amount"):
        stripe.application_fees.refunds.create(fee.id, {"amount": amount})


def test_notes_of_a_fees_refund_are_changed_and_told(stripe, account):
    _, fee = paid(stripe, account)
    _, other = paid(stripe, account)
    refund = stripe.application_fees.refunds.create(fee.id, {"amount": 1})
    changed = stripe.application_fees.refunds.update(fee.id, refund.id, {"metadata": {"b": "2"}})
    assert changed.metadata.to_dict() == {"b": "2"}
    assert stripe.application_fees.retrieve(fee.id).refunds.data[0].metadata.to_dict() == {"b": "2"}
    assert stripe.application_fees.refunds.retrieve(fee.id, refund.id).id == refund.id
    (event,) = stripe.events.list({"type": "application_fee.refund.updated"}).data
    assert (event.data.object.id, event.data.previous_attributes.to_dict()) == (
        refund.id,
        {"metadata": {"b": None}},
    )
    with refused(status=404, code="resource_missing", param="id"):
        stripe.application_fees.refunds.retrieve(other.id, refund.id)
    with refused(status=404, code="resource_missing", param="fee"):
        stripe.application_fees.refunds.retrieve("fee_none", refund.id)


def test_a_refund_leaves_the_fee_unless_it_says_so(stripe, account):
    intent, fee = paid(stripe, account)
    stripe.refunds.create({"payment_intent": intent.id, "amount": 500}, acting_on(account))
    assert stripe.application_fees.retrieve(fee.id).amount_refunded == 0
    stripe.refunds.create(
        {"payment_intent": intent.id, "amount": 500, "refund_application_fee": True}, acting_on(account)
    )
    # A quarter of 123 is 30.75.
    assert stripe.application_fees.retrieve(fee.id).amount_refunded == 31
    stripe.refunds.create({"payment_intent": intent.id, "refund_application_fee": True}, acting_on(account))
    # Half of 123 is 61.5; the first quarter stays with the platform, as nobody asked for it.
    assert stripe.application_fees.retrieve(fee.id).amount_refunded == 31 + 62
    assert (sums(stripe), sums(stripe, account)) == ((30, 0), (1789 - 2000 + 93, 0))


def test_refunds_that_take_all_of_it_take_the_whole_fee(stripe, account):
    intent, fee = paid(stripe, account, 100)
    for amount in (667, 667, 666):
        stripe.refunds.create(
            {"payment_intent": intent.id, "amount": amount, "refund_application_fee": True},
            acting_on(account),
        )
    after = stripe.application_fees.retrieve(fee.id)
    assert (after.amount_refunded, after.refunded) == (100, True)
    assert [one.amount for one in after.refunds.data] == [34, 33, 33]
    assert (sums(stripe), sums(stripe, account)) == ((0, 0), (-88, 0))


def test_a_refund_before_the_balance_heard_of_the_payment_gives_the_fee_back_too(stripe, account):
    intent = stripe.payment_intents.create(
        {**PAYMENT, **DIRECT, "application_fee_amount": 40, "capture_method": "automatic_async"},
        acting_on(account),
    )
    stripe.refunds.create({"payment_intent": intent.id, "refund_application_fee": True}, acting_on(account))
    (fee,) = stripe.application_fees.list().data
    assert fee.refunded is True
    assert (sums(stripe), sums(stripe, account)) == ((0, 0), (-88, 0))


def test_only_who_took_a_fee_gives_it_back(stripe, account):
    intent = stripe.payment_intents.create({**PAYMENT, **DIRECT}, acting_on(account))
    with refused(code="charge_invalid_parameter", param="refund_application_fee"):
        stripe.refunds.create(
            {"payment_intent": intent.id, "refund_application_fee": True}, acting_on(account)
        )
    with refused(code="charge_invalid_parameter", param="reverse_transfer"):
        stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True}, acting_on(account))
    assert stripe.refunds.list({}, acting_on(account)).data == []


def test_nothing_is_given_back_to_an_account_that_was_let_go_of(stripe, account):
    _, fee = paid(stripe, account)
    stripe.accounts.delete(account.id)
    with refused(says="not connected any more"):
        stripe.application_fees.refunds.create(fee.id)
