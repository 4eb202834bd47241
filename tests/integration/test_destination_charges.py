"""Payments that are passed on to a connected account (`transfer_data`), wholly or less a fee, and what a refund takes back."""

import pytest
import stripe as sdk

from support.connect import CUSTOM, acting_on, eventually
from support.data import refused
from support.money import booked, connected, sums, told
from support.payments import AGREED, NO_REDIRECTS, PAYMENT

AT_ONCE = {
    **PAYMENT,
    "payment_method": "pm_card_bypassPending",
    "confirm": True,
    "capture_method": "automatic",
}
FEE = 88
"""What processing 20.00 costs."""


@pytest.fixture
def account(stripe):
    return connected(stripe)


def to(account, **more):
    return {"transfer_data": {"destination": account.id, **more}}


def paid(stripe, account, **params):
    """A payment of 20.00 that is passed on, and its charge."""
    intent = stripe.payment_intents.create({**AT_ONCE, **to(account), **params})
    return intent, stripe.charges.retrieve(intent.latest_charge)


def transfer_of(charge):
    """The field is there once the transfer is."""
    return charge.to_dict().get("transfer")


def test_a_payment_is_passed_on_whole(stripe, account):
    """Row 51: the group is made up."""
    before = len(told(stripe))
    intent, charge = paid(stripe, account)
    assert intent.transfer_data.to_dict() == {"destination": account.id}
    assert (intent.transfer_group, charge.transfer_group) == (f"group_{intent.id}",) * 2
    assert charge.transfer_data.to_dict() == {"amount": None, "destination": account.id}
    transfer = stripe.transfers.retrieve(charge.transfer)
    assert (transfer.amount, transfer.source_transaction, transfer.destination, transfer.transfer_group) == (
        2000,
        charge.id,
        account.id,
        f"group_{intent.id}",
    )
    payment = stripe.charges.retrieve(transfer.destination_payment, {}, acting_on(account))
    assert (payment.id[:3], payment.amount, payment.source_transfer) == ("py_", 2000, transfer.id)
    assert (payment.application_fee, payment.application_fee_amount) == (None, None)
    assert booked(stripe) == [("charge", 2000 - FEE), ("transfer", -2000)]
    assert booked(stripe, account) == [("payment", 2000)]
    assert (sums(stripe), sums(stripe, account)) == ((-FEE, 0), (2000, 0))
    assert told(stripe)[before:] == [
        "payment_intent.created",
        "charge.succeeded",
        "transfer.created",
        "payment_intent.succeeded",
    ]
    assert told(stripe, account)[-1] == "payment.created"
    assert stripe.application_fees.list().data == []


def test_a_fee_of_it_comes_back(stripe, account):
    """The whole is transferred, then the platform takes its fee of what arrived."""
    _, charge = paid(stripe, account, application_fee_amount=300)
    fee = stripe.application_fees.retrieve(charge.application_fee)
    transfer = stripe.transfers.retrieve(charge.transfer)
    assert (fee.amount, fee.account, fee.charge, fee.originating_transaction) == (
        300,
        account.id,
        transfer.destination_payment,
        charge.id,
    )
    payment = stripe.charges.retrieve(
        transfer.destination_payment, {"expand": ["balance_transaction"]}, acting_on(account)
    )
    assert (payment.application_fee, payment.application_fee_amount) == (fee.id, 300)
    arrived = payment.balance_transaction
    assert (arrived.amount, arrived.fee, arrived.net) == (2000, 300, 1700)
    assert [(one.type, one.amount) for one in arrived.fee_details] == [("application_fee", 300)]
    assert booked(stripe) == [("charge", 2000 - FEE), ("transfer", -2000), ("application_fee", 300)]
    assert (sums(stripe), sums(stripe, account)) == ((300 - FEE, 0), (1700, 0))
    assert told(stripe)[-4:] == [
        "charge.succeeded",
        "transfer.created",
        "application_fee.created",
        "payment_intent.succeeded",
    ]


def test_a_part_of_it_is_passed_on(stripe, account):
    _, charge = paid(stripe, account, **to(account, amount=1500))
    assert stripe.transfers.retrieve(charge.transfer).amount == 1500
    assert charge.transfer_data.amount == 1500
    assert (sums(stripe), sums(stripe, account)) == ((500 - FEE, 0), (1500, 0))
    with refused(param="amount", says="must not exceed the source amount"):
        stripe.transfers.create(
            {"amount": 501, "currency": "usd", "destination": account.id, "source_transaction": charge.id}
        )
    stripe.transfers.create(
        {"amount": 500, "currency": "usd", "destination": account.id, "source_transaction": charge.id}
    )
    assert sums(stripe, account) == (2000, 0)


def test_the_money_waits_on_both_sides(stripe, account):
    paid(stripe, account, payment_method="pm_card_visa", application_fee_amount=300)
    assert (sums(stripe), sums(stripe, account)) == ((0, 300 - FEE), (0, 1700))


def test_with_automatic_async_it_is_passed_on_a_moment_later(stripe, account):
    params = {**AT_ONCE, **to(account), "capture_method": "automatic_async", "application_fee_amount": 5}
    intent = stripe.payment_intents.create({**params, "expand": ["latest_charge.balance_transaction"]})
    charge = intent.latest_charge
    assert (charge.balance_transaction, transfer_of(charge), charge.application_fee) == (None, None, None)
    charge = eventually(
        lambda: stripe.charges.retrieve(charge.id), until=lambda one: one.balance_transaction is not None
    )
    assert stripe.transfers.retrieve(charge.transfer).amount == 2000
    assert (sums(stripe), sums(stripe, account)) == ((5 - FEE, 0), (1995, 0))
    (event,) = stripe.events.list({"type": "charge.updated"}).data
    assert event.data.previous_attributes.to_dict() == {
        "application_fee": None,
        "balance_transaction": None,
        "transfer": None,
    }
    assert told(stripe)[-3:] == ["charge.updated", "transfer.created", "application_fee.created"]


def test_what_the_transfer_and_the_payment_say(stripe, account):
    notes = {
        "description": "for June",
        "metadata": {"t": "1"},
        "payment_data": {"description": "from us", "metadata": {"p": "1"}},
    }
    intent = stripe.payment_intents.create({**PAYMENT, **to(account, **notes)})
    assert intent.transfer_data.to_dict() == {"destination": account.id, **notes}
    changed = stripe.payment_intents.update(
        intent.id,
        {"transfer_data": {"metadata": {"u": "2"}, "description": "", "payment_data": {"metadata": ""}}},
    )
    assert changed.transfer_data.to_dict() == {
        "destination": account.id,
        "metadata": {"t": "1", "u": "2"},
        "payment_data": {"description": "from us", "metadata": {}},
    }
    stripe.payment_intents.update(intent.id, {"capture_method": "automatic"})
    done = stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa"} | {"return_url": "https://a.example"}
    )
    charge = stripe.charges.retrieve(done.latest_charge, {"expand": ["transfer.destination_payment"]})
    assert charge.transfer.metadata.to_dict() == {"t": "1", "u": "2"}
    assert charge.transfer.destination_payment.description == "from us"


# -- held, declined, delayed ------------------------------------------------------------------------------------------


def test_a_held_payment_is_passed_on_when_it_is_captured(stripe, account):
    intent, charge = paid(stripe, account, capture_method="manual", application_fee_amount=900)
    assert (transfer_of(charge), charge.application_fee) == (None, None)
    assert (booked(stripe), booked(stripe, account)) == ([], [])
    stripe.payment_intents.capture(intent.id, {"amount_to_capture": 700})
    charge = stripe.charges.retrieve(charge.id)
    assert stripe.transfers.retrieve(charge.transfer).amount == 700
    assert stripe.application_fees.retrieve(charge.application_fee).amount == 700
    assert told(stripe)[-4:] == [
        "charge.captured",
        "transfer.created",
        "application_fee.created",
        "payment_intent.succeeded",
    ]


def test_a_capture_may_say_another_part(stripe, account):
    intent, charge = paid(stripe, account, capture_method="manual", **to(account, amount=1800))
    with refused(param="transfer_data[amount]"):
        stripe.payment_intents.capture(
            intent.id, {"amount_to_capture": 1000, "transfer_data": {"amount": 1001}}
        )
    with refused(code="parameters_exclusive", param="transfer_data[amount]"):
        stripe.payment_intents.capture(intent.id, {"application_fee_amount": 5})
    done = stripe.payment_intents.capture(
        intent.id, {"amount_to_capture": 1000, "transfer_data": {"amount": 400}}
    )
    assert done.transfer_data.amount == 400
    charge = stripe.charges.retrieve(charge.id)
    assert (charge.transfer_data.amount, stripe.transfers.retrieve(charge.transfer).amount) == (400, 400)
    intent, charge = paid(stripe, account, capture_method="manual", **to(account, amount=1800))
    stripe.payment_intents.capture(intent.id, {"amount_to_capture": 1000})
    assert stripe.transfers.retrieve(stripe.charges.retrieve(charge.id).transfer).amount == 1000
    plain = stripe.payment_intents.create({**AT_ONCE, "capture_method": "manual"})
    with refused(param="transfer_data"):
        stripe.payment_intents.capture(plain.id, {"transfer_data": {"amount": 1}})


def test_an_increment_may_say_another_part(stripe, account):
    card = {"payment_method_options": {"card": {"request_incremental_authorization": "if_available"}}}
    intent, charge = paid(stripe, account, capture_method="manual", **to(account, amount=1800), **card)
    with refused(param="transfer_data[amount]"):
        stripe.payment_intents.increment_authorization(
            intent.id, {"amount": 2500, "transfer_data": {"amount": 2501}}
        )
    grown = stripe.payment_intents.increment_authorization(
        intent.id, {"amount": 2500, "transfer_data": {"amount": 2400}}
    )
    assert grown.transfer_data.amount == 2400
    assert stripe.charges.retrieve(charge.id).transfer_data.amount == 2400
    stripe.payment_intents.capture(intent.id)
    assert stripe.transfers.retrieve(stripe.charges.retrieve(charge.id).transfer).amount == 2400


def test_a_hold_that_is_let_go_of_is_passed_on_to_nobody(stripe, account):
    intent, _ = paid(stripe, account, capture_method="manual", application_fee_amount=900)
    stripe.payment_intents.cancel(intent.id)
    with pytest.raises(sdk.CardError):
        paid(stripe, account, payment_method="pm_card_chargeDeclined")
    assert (stripe.transfers.list().data, stripe.application_fees.list().data) == ([], [])
    assert (booked(stripe), booked(stripe, account)) == ([], [])


def debited(stripe, account, method):
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["us_bank_account"],
            "payment_method": method,
            "mandate_data": AGREED,
            "confirm": True,
            "application_fee_amount": 300,
            **to(account),
        }
    )
    assert intent.status == "processing"
    charge = stripe.charges.retrieve(intent.latest_charge)
    assert (charge.status, transfer_of(charge), charge.application_fee) == ("pending", None, None)
    return charge


def test_a_payment_that_a_bank_settles_is_passed_on_then(stripe, account):
    charge = debited(stripe, account, "pm_usBankAccount_success")
    charge = eventually(
        lambda: stripe.charges.retrieve(charge.id), until=lambda one: transfer_of(one) is not None
    )
    assert stripe.transfers.retrieve(charge.transfer).amount == 2000
    assert stripe.application_fees.retrieve(charge.application_fee).amount == 300
    assert (sums(stripe), sums(stripe, account)) == ((0, 300 - 16), (0, 1700))


def test_a_payment_that_a_bank_returns_is_passed_on_to_nobody(stripe, account):
    """What was never taken needs no reversal."""
    charge = debited(stripe, account, "pm_usBankAccount_insufficientFunds")
    charge = eventually(lambda: stripe.charges.retrieve(charge.id), until=lambda one: one.status == "failed")
    assert (transfer_of(charge), charge.application_fee) == (None, None)
    assert (stripe.transfers.list().data, stripe.application_fees.list().data) == ([], [])
    assert (booked(stripe), booked(stripe, account)) == ([], [])


# -- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"transfer_data": {"destination": "acct_1234567890abcdef"}}, "resource_missing", "transfer_data[destination]"),
        ({"transfer_data": {"amount": 5}}, "parameter_missing", "transfer_data[destination]"),
        ({"transfer_data": {"amount": 2001}}, None, "transfer_data[amount]"),
        ({"transfer_data": {"amount": -1}}, None, "transfer_data[amount]"),
        ({"transfer_data": {"amount": 5}, "application_fee_amount": 5}, "parameters_exclusive", "transfer_data[amount]"),
        ({"transfer_data": {}, "application_fee_amount": 2001}, None, "application_fee_amount"),
        ({"on_behalf_of": "acct_1234567890abcdef"}, "resource_missing", "on_behalf_of"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/payment_intents", "/v1/charges"])
def test_shares_that_cannot_be(post, stripe, account, path, params, code, param):
    data = dict(params.get("transfer_data", {}))
    if code != "parameter_missing" and "transfer_data" in params:
        data = {"destination": account.id, **data}
    flat = {"amount": "2000", "currency": "usd"}
    flat |= {f"transfer_data[{name}]": str(value) for name, value in data.items()}
    flat |= {name: str(value) for name, value in params.items() if name != "transfer_data"}
    flat |= {"source": "tok_visa"} if path == "/v1/charges" else {}
    reply = post(path, flat)
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert (stripe.charges.list().data, stripe.payment_intents.list().data) == ([], [])


def test_an_account_that_cannot_be_paid(stripe, account):
    unready = stripe.accounts.create(CUSTOM)
    for make in (
        lambda: stripe.payment_intents.create({**PAYMENT, **to(unready)}),
        lambda: stripe.charges.create(
            {"amount": 2000, "currency": "usd", "source": "tok_visa", **to(unready)}
        ),
    ):
        with refused(code="insufficient_capabilities_for_transfer", param="transfer_data[destination]"):
            make()
    own = stripe.accounts.retrieve_current()
    with refused(param="transfer_data[destination]"):
        stripe.payment_intents.create({**PAYMENT, **to(own)})


def test_an_account_that_was_let_go_of_is_paid_no_more(stripe, account):
    """Not when it is confirmed, not when it is captured; the money that is held stays where it is."""
    intent = stripe.payment_intents.create({**PAYMENT, **to(account)})
    held, charge = paid(stripe, account, capture_method="manual")
    stripe.accounts.delete(account.id)
    with refused(code="resource_missing", param="transfer_data[destination]"):
        stripe.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa", "return_url": "https://a.example"}
        )
    with refused(code="resource_missing", param="transfer_data[destination]"):
        stripe.payment_intents.capture(held.id)
    assert stripe.payment_intents.retrieve(held.id).status == "requires_capture"
    assert stripe.charges.retrieve(charge.id).captured is False


def test_a_group_is_not_replaced(stripe, account):
    """Row 53."""
    intent = stripe.payment_intents.create({**PAYMENT, **to(account), "transfer_group": "mine"})
    assert intent.transfer_group == "mine"
    with refused(param="transfer_group"):
        stripe.payment_intents.update(intent.id, {"transfer_group": "other"})


# -- on behalf of, and charges made alone -----------------------------------------------------------------------------


def test_on_behalf_of_is_shown_and_copied(stripe, account):
    intent, charge = paid(stripe, account, on_behalf_of=account.id)
    assert (intent.on_behalf_of, charge.on_behalf_of) == (account.id, account.id)
    alone = stripe.charges.create(
        {"amount": 500, "currency": "usd", "source": "tok_visa", "on_behalf_of": account.id}
    )
    assert (alone.on_behalf_of, alone.transfer_data) == (account.id, None)


@pytest.mark.parametrize("older", [False, True])
def test_charges_are_passed_on_under_both_names(stripe, account, older):
    shares = (
        {"destination": {"account": account.id}, "application_fee": 300}
        if older
        else {**to(account), "application_fee_amount": 300}
    )
    charge = stripe.charges.create(
        {"amount": 2000, "currency": "usd", "source": "tok_bypassPending", **shares}
    )
    assert charge.transfer_group == f"group_{charge.id}"
    assert charge.transfer_data.destination == account.id
    assert stripe.transfers.retrieve(charge.transfer).transfer_group == charge.transfer_group
    assert (sums(stripe), sums(stripe, account)) == ((300 - FEE, 0), (1700, 0))


def test_two_names_of_one_thing_exclude_each_other(stripe, account):
    with refused(code="parameters_exclusive", param="transfer_data"):
        stripe.charges.create(
            {
                "amount": 2000,
                "currency": "usd",
                "source": "tok_visa",
                "destination": {"account": account.id},
                **to(account),
            }
        )


def test_a_held_charge_is_passed_on_when_it_is_captured(stripe, account):
    held = stripe.charges.create(
        {
            "amount": 2000,
            "currency": "usd",
            "source": "tok_bypassPending",
            "capture": False,
            **to(account, amount=900),
        }
    )
    done = stripe.charges.capture(held.id, {"amount": 1000, "transfer_data": {"amount": 800}})
    assert (done.transfer_data.amount, stripe.transfers.retrieve(done.transfer).amount) == (800, 800)


# -- refunds ----------------------------------------------------------------------------------------------------------


def test_a_refund_leaves_transfer_and_fee_where_they_are(stripe, account):
    intent, charge = paid(stripe, account, application_fee_amount=300)
    refund = stripe.refunds.create({"payment_intent": intent.id})
    assert refund.transfer_reversal is None
    assert stripe.transfers.retrieve(charge.transfer).amount_reversed == 0
    assert stripe.application_fees.retrieve(charge.application_fee).amount_refunded == 0
    assert (sums(stripe), sums(stripe, account)) == ((300 - FEE - 2000, 0), (1700, 0))


def test_a_refund_takes_its_part_of_the_transfer_back(stripe, account):
    intent, charge = paid(stripe, account, **to(account, amount=1500))
    refund = stripe.refunds.create({"payment_intent": intent.id, "amount": 500, "reverse_transfer": True})
    reversal = stripe.transfers.reversals.retrieve(charge.transfer, refund.transfer_reversal)
    assert (reversal.amount, reversal.source_refund) == (375, refund.id)
    returned = stripe.refunds.retrieve(reversal.destination_payment_refund, {}, acting_on(account))
    assert (returned.amount, returned.source_transfer_reversal) == (375, reversal.id)
    assert (sums(stripe), sums(stripe, account)) == ((500 - FEE - 500 + 375, 0), (1125, 0))
    assert told(stripe)[-3:] == ["transfer.reversed", "refund.created", "charge.refunded"]
    stripe.refunds.create({"charge": charge.id, "reverse_transfer": True})
    transfer = stripe.transfers.retrieve(charge.transfer)
    assert (transfer.amount_reversed, transfer.reversed) == (1500, True)
    assert (sums(stripe), sums(stripe, account)) == ((-FEE, 0), (0, 0))


def test_a_refund_takes_everything_back(stripe, account):
    intent, charge = paid(stripe, account, application_fee_amount=300)
    for amount in (667, 667, 666):
        stripe.refunds.create(
            {
                "payment_intent": intent.id,
                "amount": amount,
                "reverse_transfer": True,
                "refund_application_fee": True,
            }
        )
    assert stripe.transfers.retrieve(charge.transfer).reversed is True
    fee = stripe.application_fees.retrieve(charge.application_fee)
    assert (fee.refunded, [one.amount for one in fee.refunds.data]) == (True, [100, 100, 100])
    assert (sums(stripe), sums(stripe, account)) == ((-FEE, 0), (0, 0))


def test_what_the_account_no_longer_has_is_taken_back_all_the_same(stripe, account):
    """Of a payment: the account's balance falls below zero."""
    intent, _ = paid(stripe, account, application_fee_amount=2000)
    assert sums(stripe, account) == (0, 0)
    stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    assert (sums(stripe), sums(stripe, account)) == ((2000 - FEE, 0), (-2000, 0))


def test_what_was_taken_back_already_is_not_taken_twice(stripe, account):
    intent, charge = paid(stripe, account)
    stripe.transfers.reversals.create(charge.transfer, {"amount": 1900})
    refund = stripe.refunds.create({"payment_intent": intent.id, "amount": 500, "reverse_transfer": True})
    reversal = stripe.transfers.reversals.retrieve(charge.transfer, refund.transfer_reversal)
    assert reversal.amount == 100
    with refused(code="charge_invalid_parameter", param="reverse_transfer", says="fully reversed"):
        stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    stripe.refunds.create({"payment_intent": intent.id})
    assert sums(stripe, account) == (0, 0)


def test_a_reversal_gives_its_part_of_the_fee_back(stripe, account):
    _, charge = paid(stripe, account, application_fee_amount=300)
    stripe.transfers.reversals.create(charge.transfer, {"amount": 500, "refund_application_fee": True})
    assert stripe.application_fees.retrieve(charge.application_fee).amount_refunded == 75
    stripe.transfers.reversals.create(charge.transfer, {"refund_application_fee": True})
    assert stripe.application_fees.retrieve(charge.application_fee).refunded is True
    _, plain = paid(stripe, account)
    with refused(param="refund_application_fee"):
        stripe.transfers.reversals.create(plain.transfer, {"refund_application_fee": True})


def test_a_refund_right_after_an_asynchronous_payment_takes_it_back(stripe, account):
    intent = stripe.payment_intents.create({**AT_ONCE, **to(account), "capture_method": "automatic_async"})
    refund = stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    assert refund.transfer_reversal.startswith("trr_")
    assert (sums(stripe), sums(stripe, account)) == ((-FEE, 0), (0, 0))


def test_a_refund_of_a_hold_has_nothing_to_take_back(stripe, account):
    held = stripe.charges.create(
        {"amount": 2000, "currency": "usd", "source": "tok_visa", "capture": False, **to(account)}
    )
    refund = stripe.refunds.create({"charge": held.id, "reverse_transfer": True})
    assert refund.transfer_reversal is None
    assert booked(stripe) == []


def test_a_refund_that_fails_later_leaves_what_it_took_back(stripe, account):
    """The platform has the customer's money again, and what it took back of the transfer."""
    intent, charge = paid(stripe, account, payment_method="pm_card_refundFail")
    refund = stripe.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    eventually(lambda: stripe.refunds.retrieve(refund.id), until=lambda one: one.status == "failed")
    assert stripe.transfers.retrieve(charge.transfer).reversed is True
    assert sum(sums(stripe)) == 2000 - FEE


def test_row_54_and_55_expanding_right_after_an_asynchronous_payment(stripe):
    intent = stripe.payment_intents.create(
        {
            **AT_ONCE,
            **NO_REDIRECTS,
            "capture_method": "automatic_async",
            "expand": ["latest_charge.balance_transaction", "latest_charge.payment_intent"],
        }
    )
    assert intent.latest_charge.balance_transaction is None
    assert intent.latest_charge.payment_intent.latest_charge == intent.latest_charge.id
