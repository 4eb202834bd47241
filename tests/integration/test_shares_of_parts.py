"""Payments that are taken in parts and shared: each part has a transfer and a fee of its own.

The rules are those of the documentation of multicapture: what the first capture says, every later one has to say, and a
refund takes shares back only with all that is left.
"""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.connect import acting_on
from support.connect_money import processing
from support.data import refused
from support.money import booked, connected, sums, told
from support.payments import PAYMENT

HELD = {
    **PAYMENT,
    "payment_method": "pm_card_bypassPending",
    "confirm": True,
    "capture_method": "manual",
    "payment_method_options": {"card": {"request_multicapture": "if_available"}},
}
FEE, AMOUNT = "application_fee_amount", "transfer_data[amount]"
INVALID = "charge_invalid_parameter"


@pytest.fixture
def account(stripe):
    return connected(stripe)


@pytest.fixture
def hold(stripe, account):
    """Hold 20.00 that are passed on."""

    def held(to=None, **params):
        destination = {"destination": account.id, **(to or {})}
        return stripe.payment_intents.create({**HELD, "transfer_data": destination, **params})

    return held


@pytest.fixture
def take(stripe):
    """Take a part of a hold; the rest stays held, unless it is said to be the last."""

    def taken(intent, amount, *, last=False, options=None, **params):
        sent = {"amount_to_capture": amount, "final_capture": last, "expand": ["latest_charge"], **params}
        return stripe.payment_intents.capture(intent.id, sent, options or {}).latest_charge

    return taken


def transfers(stripe):
    """What was passed on and came back, oldest first."""
    return [(one.amount, one.amount_reversed) for one in reversed(stripe.transfers.list().data)]


def fees(stripe):
    """What was kept and given back, oldest first."""
    return [(one.amount, one.amount_refunded) for one in reversed(stripe.application_fees.list().data)]


def agrees(server, *charges):
    """Whether `strongroom check` has nothing to say of charges and what was made of them."""
    found = server.command("check").stdout
    assert found.endswith("faults\n")
    named = [one.to_dict().get(name) for one in charges for name in ("id", "transfer", "application_fee")]
    return not any(name in found for name in named if name)


# -- captures ---------------------------------------------------------------------------------------------------------


def test_each_part_has_a_transfer_and_a_fee_of_its_own(server, stripe, account, hold, take):
    intent = hold()
    first = take(intent, 700, application_fee_amount=100)
    second = take(intent, 500, application_fee_amount=60)
    last = take(intent, 300, last=True, application_fee_amount=10)
    assert transfers(stripe) == [(700, 0), (500, 0), (300, 0)]
    assert fees(stripe) == [(100, 0), (60, 0), (10, 0)]
    received = [("payment", 600), ("payment", 440), ("payment", 290)]
    assert booked(stripe, account) == received
    assert sums(stripe, account) == (1330, 0)
    assert sums(stripe) == (170 - sum(map(processing, (700, 500, 300))), 0)
    for earlier, later in pairwise([first, second, last]):
        assert earlier.transfer != later.transfer
        assert earlier.application_fee != later.application_fee
    for charge in (first, second, last):
        transfer = stripe.transfers.retrieve(charge.transfer, {"expand": ["destination_payment"]})
        fee = stripe.application_fees.retrieve(charge.application_fee)
        assert transfer.source_transaction == fee.originating_transaction == intent.latest_charge
        assert transfer.destination_payment.application_fee == fee.id
    assert agrees(server, first, second, last)


def test_each_part_is_told_once(stripe, hold, take):
    intent = hold()
    take(intent, 700, application_fee_amount=100)
    take(intent, 500, application_fee_amount=0)
    take(intent, 0, last=True)
    names = [one for one in told(stripe) if one.startswith(("transfer", "application_fee", "charge.c"))]
    assert names == [
        "charge.captured",
        "transfer.created",
        "application_fee.created",
        "charge.captured",
        "transfer.created",
        "charge.captured",
    ]


def test_a_part_without_a_fee_leaves_the_charge_with_the_last_there_was(stripe, hold, take):
    intent = hold()
    first = take(intent, 700, application_fee_amount=100)
    second = take(intent, 500, last=True, application_fee_amount=0)
    assert first.application_fee == second.application_fee
    assert (transfers(stripe), fees(stripe)) == ([(700, 0), (500, 0)], [(100, 0)])


def test_a_direct_payment_has_a_fee_for_each_part(server, stripe, account, take):
    options = acting_on(account)
    intent = stripe.payment_intents.create(HELD, options)
    take(intent, 700, application_fee_amount=100, options=options)
    last = take(intent, 500, last=True, application_fee_amount=50, options=options)
    assert (fees(stripe), sums(stripe)) == ([(100, 0), (50, 0)], (150, 0))
    assert sums(stripe, account) == (1200 - 150 - processing(700) - processing(500), 0)
    stripe.refunds.create({"charge": last.id, "refund_application_fee": True}, options)
    assert (fees(stripe), sums(stripe)) == ([(100, 100), (50, 50)], (0, 0))
    assert agrees(server, last)


def test_a_part_passes_on_as_much_as_it_says(stripe, account, hold, take):
    intent = hold()
    take(intent, 700, transfer_data={"amount": 650})
    with refused(param=AMOUNT):
        take(intent, 500, transfer_data={"amount": 501})
    take(intent, 500, last=True, transfer_data={"amount": 20})
    assert (transfers(stripe), sums(stripe, account)) == ([(650, 0), (20, 0)], (670, 0))


def test_the_shares_of_a_part_wait_with_it(stripe, account, hold, take):
    """What comes back of them before it is there waits as well."""
    intent = hold(payment_method="pm_card_visa")
    take(intent, 700, application_fee_amount=100)
    charge = take(intent, 500, last=True, application_fee_amount=50)
    assert sums(stripe, account) == (0, 1050)
    assert sums(stripe) == (0, 150 - processing(700) - processing(500))
    stripe.refunds.create({"charge": charge.id, **BOTH})
    assert sums(stripe, account) == (0, 0)


def test_a_fee_is_at_most_the_part(stripe, account, hold, take):
    intent = hold()
    take(intent, 100, application_fee_amount=300)
    take(intent, 500, last=True, application_fee_amount=300)
    assert (fees(stripe), sums(stripe, account)) == ([(100, 0), (300, 0)], (200, 0))


@pytest.mark.parametrize(
    ("said", "param"),
    [({FEE: 100}, FEE), ({"transfer_data": {"amount": 100}}, AMOUNT)],
    ids=["fee", "amount"],
)
def test_what_a_capture_says_every_later_one_says(stripe, hold, take, said, param):
    intent = hold()
    take(intent, 700, **said)
    for last in (False, True):
        with refused(code="parameter_missing", param=param):
            take(intent, 500, last=last)
    assert stripe.payment_intents.retrieve(intent.id).amount_received == 700
    take(intent, 500, **said)
    take(intent, 0, last=True)
    assert len(transfers(stripe)) == 2


def test_a_fee_of_the_whole_payment_is_taken_once(stripe, account, hold, take):
    """Each part takes what the earlier ones left of it."""
    intent = hold(application_fee_amount=300)
    for amount, last in ((200, False), (700, False), (1100, True)):
        take(intent, amount, last=last)
    assert (transfers(stripe), fees(stripe)) == ([(200, 0), (700, 0), (1100, 0)], [(200, 0), (100, 0)])
    assert sums(stripe, account) == (1700, 0)


def test_an_amount_of_the_whole_payment_is_passed_on_once(stripe, account, hold, take):
    intent = hold(to={"amount": 900})
    for amount, last in ((700, False), (700, False), (600, True)):
        take(intent, amount, last=last)
    assert (transfers(stripe), sums(stripe, account)) == ([(700, 0), (200, 0)], (900, 0))


def test_what_a_capture_says_is_in_place_of_what_the_payment_said(stripe, hold, take):
    intent = hold(application_fee_amount=300)
    take(intent, 700, application_fee_amount=70)
    take(intent, 700, last=True, application_fee_amount=71)
    assert fees(stripe) == [(70, 0), (71, 0)]


# -- refunds ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def taken(hold, take):
    """The charge of 20.00 that was taken and passed on in two parts, each less a fee."""
    intent = hold()
    take(intent, 700, application_fee_amount=100)
    return take(intent, 1300, last=True, application_fee_amount=200)


BOTH = {"reverse_transfer": True, "refund_application_fee": True}


def test_a_refund_of_all_takes_all_shares_back(server, stripe, account, taken):
    refund = stripe.refunds.create({"charge": taken.id, **BOTH})
    assert transfers(stripe) == [(700, 700), (1300, 1300)]
    assert fees(stripe) == [(100, 100), (200, 200)]
    newest = stripe.transfers.retrieve(taken.transfer).reversals.data[0]
    assert (refund.transfer_reversal, newest.source_refund) == (newest.id, refund.id)
    assert sums(stripe) == (-processing(700) - processing(1300), 0)
    assert sums(stripe, account) == (0, 0)
    assert agrees(server, taken)


@pytest.mark.parametrize("param", BOTH)
def test_a_refund_of_less_takes_no_shares_back(stripe, taken, param):
    before = sums(stripe)
    with refused(code=INVALID, param=param, says="captured more than once"):
        stripe.refunds.create({"charge": taken.id, "amount": 1999, param: True})
    assert (sums(stripe), stripe.charges.retrieve(taken.id).amount_refunded) == (before, 0)


def test_all_that_is_left_takes_its_part_of_each_share(server, stripe, taken):
    stripe.refunds.create({"charge": taken.id, "amount": 500})
    stripe.refunds.create({"charge": taken.id, **BOTH})
    assert transfers(stripe) == [(700, 525), (1300, 975)]
    assert fees(stripe) == [(100, 75), (200, 150)]
    assert agrees(server, taken)


def test_shares_taken_back_by_hand_are_not_taken_back_by_refunds(stripe, taken):
    stripe.transfers.reversals.create(taken.transfer, {"amount": 1})
    with refused(code=INVALID, param="reverse_transfer", says="already"):
        stripe.refunds.create({"charge": taken.id, "reverse_transfer": True})
    stripe.application_fees.refunds.create(taken.application_fee, {"amount": 1})
    with refused(code=INVALID, param="refund_application_fee", says="already"):
        stripe.refunds.create({"charge": taken.id, "refund_application_fee": True})
    assert stripe.refunds.create({"charge": taken.id}).amount == 2000
    assert (transfers(stripe), fees(stripe)) == ([(700, 0), (1300, 1)], [(100, 0), (200, 1)])


def test_a_hold_taken_once_and_released_gives_its_shares_back(server, stripe, account, hold, take):
    intent = hold()
    charge = take(intent, 700, application_fee_amount=100)
    take(intent, 0, last=True)
    assert (transfers(stripe), fees(stripe)) == ([(700, 0)], [(100, 0)])
    stripe.refunds.create({"charge": charge.id, **BOTH})
    assert (transfers(stripe), sums(stripe, account)) == ([(700, 700)], (0, 0))
    assert agrees(server, charge)


# -- sums -------------------------------------------------------------------------------------------------------------

PARTS = st.lists(st.tuples(st.integers(50, 5000), st.integers(0, 6000)), min_size=2, max_size=4)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=PARTS, is_refunded=st.booleans())
def test_nothing_is_made_or_lost(stripe, account, take, parts, is_refunded):
    before, received = sum(sums(stripe)), sum(sums(stripe, account))
    whole = sum(amount for amount, _ in parts)
    destination = {"transfer_data": {"destination": account.id}}
    intent = stripe.payment_intents.create({**HELD, "amount": max(whole, 6000), **destination})
    for at, (amount, fee) in enumerate(parts, 1):
        charge = take(intent, amount, last=at == len(parts), application_fee_amount=fee)
    kept, cost = sum(min(one) for one in parts), sum(processing(amount) for amount, _ in parts)
    if is_refunded:
        stripe.refunds.create(
            {"charge": charge.id, **BOTH} if kept else {"charge": charge.id, "reverse_transfer": True}
        )
        kept = whole = 0
    assert sum(sums(stripe)) - before == kept - cost
    assert sum(sums(stripe, account)) - received == whole - kept
