"""The older paths below a charge, which SDKs no longer spell out and old clients still send."""

import pytest

from support.data import event_types
from support.disputes import charged, disputes_of, when
from support.payments import PAYMENT


@pytest.fixture
def charge(stripe):
    return charged(stripe, "visa")


def test_a_refund_below_its_charge_is_a_refund(post, stripe, charge):
    reply = post(f"/v1/charges/{charge.id}/refunds", {"amount": "2000", "reason": "duplicate"})
    assert (reply.status, reply.json["object"], reply.json["amount"]) == (200, "refund", 2000)
    assert stripe.refunds.retrieve(reply.json["id"]).to_dict() == reply.json
    assert event_types(stripe)[1:] == ["refund.created", "charge.refunded"]


def test_the_oldest_way_to_give_back_answers_with_the_charge(post, stripe, charge):
    part = post(f"/v1/charges/{charge.id}/refund", {"amount": "2000"})
    assert (part.json["object"], part.json["amount_refunded"]) == ("charge", 2000)
    whole = post(f"/v1/charges/{charge.id}/refund")
    assert (whole.json["id"], whole.json["refunded"]) == (charge.id, True)
    assert [one.amount for one in stripe.refunds.list({"charge": charge.id}).data] == [3000, 2000]
    again = post(f"/v1/charges/{charge.id}/refund")
    assert (again.status, again.error["code"]) == (400, "charge_already_refunded")


def test_it_lets_go_of_a_hold_too(post, stripe):
    hold = charged(stripe, "visa", capture=False)
    reply = post(f"/v1/charges/{hold.id}/refund")
    assert (reply.json["refunded"], reply.json["captured"]) == (True, False)
    assert stripe.balance_transactions.list().data == []


def test_under_one_key_it_is_given_back_once(post, stripe, charge):
    path = f"/v1/charges/{charge.id}/refund"
    first, second = [post(path, {"amount": "500"}, Idempotency_Key="k") for _ in range(2)]
    assert (first.status, second.body) == (200, first.body)
    assert len(stripe.refunds.list({"charge": charge.id}).data) == 1


@pytest.mark.parametrize("name", ["refund", "refunds"])
def test_what_is_below_a_charge_is_of_that_charge(post, stripe, charge, name):
    missing = post(f"/v1/charges/ch_nope/{name}")
    assert (missing.status, missing.error["code"], missing.error["param"]) == (
        404,
        "resource_missing",
        "charge",
    )
    paid = stripe.payment_intents.create({**PAYMENT, "payment_method": "pm_card_visa", "confirm": True})
    other = post(f"/v1/charges/{charge.id}/{name}", {"payment_intent": paid.id})
    assert (other.status, other.error["param"]) == (400, "charge")
    assert stripe.refunds.list().data == []


def test_a_dispute_is_found_answered_and_closed_below_its_charge(get, post, stripe):
    disputed = charged(stripe, "createDispute")
    (dispute,) = disputes_of(stripe, disputed)
    path = f"/v1/charges/{disputed.id}/dispute"
    assert get(path).json == dispute.to_dict()
    noted = post(path, {"evidence[customer_name]": "Jenny", "submit": "false"}).json
    assert (noted["id"], noted["evidence"]["customer_name"]) == (dispute.id, "Jenny")
    assert post(f"{path}/close").json["status"] == "lost"
    when(stripe, dispute, "lost")


def test_without_a_dispute_there_is_none(get, post, charge):
    path = f"/v1/charges/{charge.id}/dispute"
    for reply in (get(path), post(path), post(f"{path}/close")):
        assert (reply.status, reply.error["message"]) == (404, f"No dispute for charge: {charge.id}")
        assert "code" not in reply.error
    assert get("/v1/charges/ch_nope/dispute").error["param"] == "charge"


def test_a_charge_names_its_dispute(stripe, charge):
    assert charge.dispute is None
    disputed = charged(stripe, "createDispute")
    (dispute,) = disputes_of(stripe, disputed)
    shown = stripe.charges.retrieve(disputed.id, {"expand": ["dispute"]})
    assert shown.dispute.to_dict() == dispute.to_dict()
