"""Refunds: what is given back, what fails on the way, and that it is never more than was taken."""

import threading

import pytest
import stripe as sdk

from support.connect import eventually
from support.data import event_types, refused


@pytest.fixture
def charge(stripe):
    return make(stripe)


def make(stripe, **params):
    return stripe.charges.create({"amount": 1000, "currency": "usd", "source": "tok_visa", **params})


def when(stripe, refund, status):
    """Wait until the refund has the status."""
    return eventually(lambda: stripe.refunds.retrieve(refund.id), until=lambda one: one.status == status)


def test_all_that_is_left_goes_back(stripe, charge):
    refund = stripe.refunds.create({"charge": charge.id, "expand": ["charge", "balance_transaction"]})

    assert (refund.amount, refund.currency, refund.status) == (1000, "usd", "succeeded")
    assert (refund.charge.amount_refunded, refund.charge.refunded) == (1000, True)
    assert (refund.balance_transaction.amount, refund.balance_transaction.fee) == (-1000, 0)
    assert (refund.balance_transaction.type, refund.balance_transaction.source) == ("refund", refund.id)
    assert refund.payment_method == charge.payment_method
    assert "livemode" not in refund
    assert refund.destination_details.card.to_dict() == {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    assert event_types(stripe) == ["charge.succeeded", "refund.created", "charge.refunded"]


def test_half_and_half_and_then_nothing_is_left(stripe, charge):
    halves = [stripe.refunds.create({"charge": charge.id, "amount": 500}) for _ in range(2)]
    with refused(code="charge_already_refunded"):
        stripe.refunds.create({"charge": charge.id, "amount": 1})
    listed = stripe.charges.retrieve(charge.id, {"expand": ["refunds"]}).refunds
    assert ([one.id for one in listed.data], listed.total_count) == ([half.id for half in halves[::-1]], 2)
    assert "refunds" not in stripe.charges.retrieve(charge.id)


def test_every_refund_is_counted(stripe, charge, get):
    for _ in range(12):
        stripe.refunds.create({"charge": charge.id, "amount": 1})
    listed = stripe.charges.retrieve(charge.id, {"expand": ["refunds"]}).refunds
    assert (len(listed.data), listed.has_more, listed.total_count) == (10, True, 12)
    assert len(get(f"/v1/charges/{charge.id}/refunds", {"limit": "100"}).json["data"]) == 12


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", None),
        ({"charge": "ch_nope"}, "resource_missing", "charge"),
        ({"payment_intent": "pi_nope"}, "resource_missing", "payment_intent"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": 1001}, None, "amount"),
    ],
)
def test_what_cannot_be_refunded_is_refused_by_name_and_moves_nothing(stripe, charge, params, code, param):
    with refused(code=code, param=param):
        stripe.refunds.create({"charge": charge.id, **params} if "amount" in params else params)
    assert stripe.refunds.list().data == []
    assert stripe.charges.retrieve(charge.id).amount_refunded == 0


def test_a_refusal_of_too_much_says_how_much_is_left(stripe, charge):
    with refused(param="amount", says="($20.00"):
        stripe.refunds.create({"charge": charge.id, "amount": 2000})


def test_a_failed_charge_has_nothing_to_give_back(stripe):
    with pytest.raises(sdk.CardError):
        make(stripe, source="tok_chargeDeclined")
    (failed,) = stripe.charges.list().data
    with refused(param="charge"):
        stripe.refunds.create({"charge": failed.id})


def test_a_hold_is_let_go_of_as_a_whole_and_no_balance_moves(stripe):
    hold = make(stripe, capture=False)
    with refused(param="amount"):
        stripe.refunds.create({"charge": hold.id, "amount": 1})
    refund = stripe.refunds.create({"charge": hold.id})

    assert (refund.status, refund.balance_transaction) == ("succeeded", None)
    assert refund.destination_details.card.to_dict() == {"type": "reversal"}
    after = stripe.charges.retrieve(hold.id)
    assert (after.captured, after.refunded, after.amount_refunded) == (False, True, 1000)
    with refused(code="charge_expired_for_capture"):
        stripe.charges.capture(hold.id)
    with refused(code="charge_already_refunded"):
        stripe.refunds.create({"charge": hold.id})
    assert stripe.balance_transactions.list().data == []


def test_a_refund_may_take_its_time(stripe):
    charge = make(stripe, source="tok_pendingRefund")
    refund = stripe.refunds.create({"charge": charge.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    done = when(stripe, refund, "succeeded")
    assert "pending_reason" not in done
    assert event_types(stripe, refund.id) == ["refund.created", "refund.updated", "charge.refund.updated"]
    assert stripe.charges.retrieve(charge.id).refunded


def test_a_refund_that_fails_later_takes_the_money_back(stripe):
    charge = make(stripe, source="tok_refundFail")
    refund = stripe.refunds.create({"charge": charge.id, "amount": 400})
    assert refund.status == "succeeded"

    failed = when(stripe, refund, "failed")
    assert failed.failure_reason == "expired_or_canceled_card"
    after = stripe.charges.retrieve(charge.id)
    assert (after.amount_refunded, after.refunded) == (0, False)
    moved = {one.id: (one.type, one.amount) for one in stripe.balance_transactions.list().data}
    assert moved[failed.failure_balance_transaction] == ("refund_failure", 400)
    assert sum(amount for _, amount in moved.values()) == 1000
    assert event_types(stripe, refund.id) == ["refund.created", "refund.failed", "charge.refund.updated"]
    (told,) = stripe.events.list({"type": "refund.failed"}).data
    assert told.request.to_dict() == {"id": None, "idempotency_key": None}
    assert stripe.refunds.create({"charge": charge.id}).amount == 1000


def test_the_notes_of_a_refund_change_and_nothing_else(stripe, charge):
    refund = stripe.refunds.create(
        {"charge": charge.id, "reason": "duplicate", "metadata": {"a": "b"}, "instructions_email": "a@b.co"}
    )
    assert (refund.reason, refund.instructions_email) == ("duplicate", "a@b.co")
    changed = stripe.refunds.update(refund.id, {"metadata": {"c": "d"}})
    assert changed.metadata.to_dict() == {"a": "b", "c": "d"}
    assert event_types(stripe, refund.id) == ["refund.created", "refund.updated"]
    stripe.refunds.update(refund.id, {"metadata": {"c": "d"}})
    assert event_types(stripe, refund.id) == ["refund.created", "refund.updated"]


def test_a_refund_of_a_card_does_not_wait_for_anybody(stripe, charge):
    refund = stripe.refunds.create({"charge": charge.id})
    with refused(says="requires_action"):
        stripe.refunds.cancel(refund.id)
    with refused(says="requires_action"):
        stripe.test_helpers.refunds.expire(refund.id)


def test_refunds_are_found_by_id_and_by_charge(stripe, charge, get):
    refund = stripe.refunds.create({"charge": charge.id})
    other = make(stripe)
    stripe.refunds.create({"charge": other.id})
    assert [one.id for one in stripe.refunds.list({"charge": charge.id}).data] == [refund.id]
    assert get(f"/v1/charges/{charge.id}/refunds/{refund.id}").json["id"] == refund.id
    with refused(status=404, code="resource_missing", param="id"):
        stripe.refunds.retrieve("re_nope")
    for path, param in (
        (f"/v1/charges/{other.id}/refunds/{refund.id}", "refund"),
        ("/v1/charges/ch_nope/refunds", "charge"),
    ):
        missing = get(path)
        assert (missing.status, missing.error["code"], missing.error["param"]) == (
            404,
            "resource_missing",
            param,
        )


def test_at_once_no_more_goes_back_than_was_taken(stripe, charge):
    """Of many that ask at once each is answered, or told to ask again; the sum is never more than the charge."""
    given, refusals = [], []

    def ask():
        try:
            given.append(stripe.refunds.create({"charge": charge.id, "amount": 300}))
        except (sdk.RateLimitError, sdk.InvalidRequestError) as error:
            refused_with = error.json_body["error"]
            refusals.append(refused_with.get("code") or refused_with["param"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refusals) <= {"lock_timeout", "amount"}
    assert 1 <= len(given) <= 3
    assert stripe.charges.retrieve(charge.id).amount_refunded == 300 * len(given)
