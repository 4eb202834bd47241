"""Disputes: what a customer's bank takes, what is said against it, and what becomes of the money."""

import io

import pytest

from support.connect import CUSTOM, acting_on, eventually
from support.data import event_types, refused
from support.disputes import AMOUNT, answered, charged, disputed, disputes_of, when
from support.documents import png
from support.payments import AGREED, PAYMENT
from support.time import DAY, advance

__all__ = ["advance"]

FEE = 1500


def uploaded(stripe, purpose):
    held = io.BytesIO(png())
    held.name = "receipt.png"
    return stripe.files.create({"purpose": purpose, "file": held}).id


def moved(stripe):
    """What the balance says, oldest first."""
    return [
        (one.type, one.reporting_category, one.amount, one.fee)
        for one in reversed(stripe.balance_transactions.list().data)
    ]


# -- how one begins ---------------------------------------------------------------------------------------------------


def test_a_dispute_takes_the_money_and_a_fee(stripe):
    charge = charged(stripe, "createDispute")
    assert not charge.disputed
    (dispute,) = disputes_of(stripe, charge)

    assert dispute.id.startswith("du_")
    assert (dispute.amount, dispute.currency, dispute.reason) == (AMOUNT, "usd", "fraudulent")
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert (dispute.charge, dispute.payment_intent) == (charge.id, None)
    assert dispute.payment_method_details.to_dict() == {
        "card": {
            "brand": "visa",
            "case_type": "chargeback",
            "network": "visa",
            "network_reason_code": "10.4",
        },
        "type": "card",
    }
    details = dispute.evidence_details
    assert (details.has_evidence, details.past_due, details.submission_count) == (False, False, 0)
    assert details.submission_method == "not_submitted"
    assert (details.due_by + 1) % DAY == 0
    assert 8 * DAY <= details.due_by - dispute.created < 9 * DAY
    (taken,) = dispute.balance_transactions
    assert taken.to_dict() == stripe.balance_transactions.retrieve(taken.id).to_dict()
    assert (taken.amount, taken.fee, taken.net) == (-AMOUNT, FEE, -AMOUNT - FEE)
    assert (taken.type, taken.reporting_category, taken.source) == ("adjustment", "dispute", dispute.id)
    assert taken.description == f"Chargeback withdrawal for {charge.id}"
    assert [(one.amount, one.description) for one in taken.fee_details] == [(FEE, "Dispute fee")]
    after = stripe.charges.retrieve(charge.id)
    assert (after.disputed, after.refunded, after.amount_refunded, after.paid) == (True, False, 0, True)
    assert after.dispute == dispute.id
    assert event_types(stripe) == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    (told,) = stripe.events.list({"type": "charge.dispute.created"}).data
    assert told.request.to_dict() == {"id": None, "idempotency_key": None}


# The ends of test cards' names, and what their disputes say: reason, status, kind of case, the network's code.
KINDS = [
    ("createDispute", "fraudulent", "needs_response", "chargeback", "10.4"),
    ("createDisputeProductNotReceived", "product_not_received", "needs_response", "chargeback", "13.1"),
    ("createDisputeInquiry", "fraudulent", "warning_needs_response", "inquiry", "10"),
    ("createCe3EligibleDispute", "fraudulent", "needs_response", "chargeback", "10.4"),
    ("createComplianceDispute", "noncompliant", "needs_response", "compliance", None),
    ("createMastercardComplianceDispute", "noncompliant", "needs_response", "compliance", None),
    ("createAutoRepresentmentEligibleDispute", "fraudulent", "needs_response", "chargeback", "10.4"),
    ("createRapidDisputeResolutionDispute", "fraudulent", "needs_response", "chargeback", "10.4"),
    ("createCe3BlockDispute", "fraudulent", "needs_response", "chargeback", "10.4"),
    ("createEthocaAlert", "fraudulent", "needs_response", "chargeback", "4837"),
]


def test_each_card_is_disputed_as_it_says(stripe):
    expected = {charged(stripe, kind).id: said for kind, *said in KINDS}
    disputes = eventually(
        lambda: stripe.disputes.list({"limit": 100}).data, until=lambda seen: len(seen) >= len(KINDS)
    )
    cards = {one.charge: one.payment_method_details.card for one in disputes}
    assert {
        one.charge: [
            one.reason,
            one.status,
            cards[one.charge].case_type,
            cards[one.charge].network_reason_code,
        ]
        for one in disputes
    } == expected


def test_an_intents_payment_is_disputed_too_and_each_leads_to_the_other(stripe):
    paid = stripe.payment_intents.create(
        {**PAYMENT, "amount": AMOUNT, "payment_method": "pm_card_createDispute", "confirm": True}
    )
    (dispute,) = eventually(
        lambda: stripe.disputes.list({"payment_intent": paid.id}).data, until=lambda seen: seen
    )
    whole = stripe.disputes.retrieve(dispute.id, {"expand": ["charge", "payment_intent.latest_charge"]})
    assert (whole.charge.id, whole.payment_intent.id) == (paid.latest_charge, paid.id)
    assert whole.payment_intent.latest_charge.disputed
    assert whole.payment_intent.status == "succeeded"
    (taken,) = dispute.balance_transactions
    shown = stripe.balance_transactions.retrieve(taken.id, {"expand": ["source"]})
    assert shown.source.id == dispute.id
    # The payment's own share of the balance is written a moment after it as well.
    assert {one[2] for one in moved(stripe)} == {AMOUNT, -AMOUNT}


def test_a_hold_is_disputed_once_it_is_taken(stripe):
    hold = charged(stripe, "createDispute", capture=False)
    stripe.charges.capture(hold.id, {"amount": 3000})
    (dispute,) = disputes_of(stripe, hold)
    assert dispute.amount == 3000
    assert [one[2] for one in moved(stripe)] == [3000, -3000]


def test_what_was_given_back_is_not_disputed(stripe):
    charge = charged(stripe, "createDispute")
    stripe.refunds.create({"charge": charge.id, "amount": 2000})
    (dispute,) = disputes_of(stripe, charge)
    assert dispute.amount == 3000


def test_a_charge_can_be_disputed_in_parts(stripe):
    charge = charged(stripe, "createMultipleDisputes", amount=5001)
    first, second = disputes_of(stripe, charge, many=2)
    assert (first.amount, second.amount) == (2501, 2500)
    stripe.disputes.close(first.id)
    answered(stripe, second, "winning_evidence")
    when(stripe, second, "won")
    assert [one[2] for one in moved(stripe)] == [5001, -2501, -2500, 2500]
    with refused(code="charge_disputed"):
        stripe.refunds.create({"charge": charge.id})


@pytest.mark.parametrize(
    ("method", "currency"), [("pm_usBankAccount_dispute", "usd"), ("pm_disputed_de", "eur")]
)
def test_a_debit_that_was_not_authorized_is_lost_at_once(stripe, method, currency):
    paid = stripe.payment_intents.create(
        {
            "amount": AMOUNT,
            "currency": currency,
            "payment_method_types": ["us_bank_account" if currency == "usd" else "sepa_debit"],
            "payment_method": method,
            "mandate_data": AGREED,
            "confirm": True,
        }
    )
    (dispute,) = eventually(
        lambda: stripe.disputes.list({"payment_intent": paid.id}).data, until=lambda seen: seen
    )
    assert (dispute.status, dispute.reason, dispute.evidence_details.due_by) == (
        "lost",
        "debit_not_authorized",
        None,
    )
    assert "payment_method_details" not in dispute
    assert stripe.payment_intents.retrieve(paid.id).status == "succeeded"
    assert event_types(stripe, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


# -- what is said against one -----------------------------------------------------------------------------------------


def test_evidence_is_noted_and_sent(stripe):
    dispute = disputed(stripe, "createDispute")
    noted = stripe.disputes.update(
        dispute.id,
        {
            "evidence": {"customer_name": "Jenny Rosen", "product_description": "A book"},
            "metadata": {"case": "7"},
            "submit": False,
        },
    )
    assert (noted.status, noted.evidence_details.has_evidence) == ("needs_response", True)
    assert (noted.evidence_details.submission_count, noted.metadata.to_dict()) == (0, {"case": "7"})
    changed = stripe.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Jane Rosen"}, "submit": False}
    )
    assert (changed.evidence.customer_name, changed.evidence.product_description) == ("Jane Rosen", "A book")

    sent = stripe.disputes.update(dispute.id, {"submit": True})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence_details.submission_method == "manual"
    updates = stripe.events.list({"type": "charge.dispute.updated"}).data
    assert len(updates) == 3
    assert updates[0].data.previous_attributes.to_dict() == {
        "evidence_details": {"submission_count": 0, "submission_method": "not_submitted"},
        "status": "needs_response",
    }


def test_files_are_evidence(stripe):
    dispute = disputed(stripe, "createDispute")
    files = {purpose: uploaded(stripe, purpose) for purpose in ("dispute_evidence", "identity_document")}
    sent = stripe.disputes.update(
        dispute.id, {"evidence": {"receipt": files["dispute_evidence"]}, "expand": ["evidence.receipt"]}
    )
    assert (sent.evidence.receipt.purpose, sent.status) == ("dispute_evidence", "under_review")
    for wrong, code in (("file_nope", "resource_missing"), (files["identity_document"], None)):
        with refused(code=code, param="evidence[refund_policy]"):
            stripe.disputes.update(dispute.id, {"evidence": {"refund_policy": wrong}})
    assert stripe.disputes.retrieve(dispute.id).evidence.refund_policy is None


def test_nothing_to_send_is_not_sent(stripe):
    dispute = disputed(stripe, "createDispute")
    with refused(param="evidence"):
        stripe.disputes.update(dispute.id, {"submit": True})
    stripe.disputes.update(dispute.id, {"metadata": {"a": "b"}})
    assert stripe.disputes.retrieve(dispute.id).status == "needs_response"


@pytest.mark.parametrize(
    ("evidence", "param"),
    [
        ({"uncategorized_text": "x" * 20_001}, "evidence[uncategorized_text]"),
        ({"appeal": {"card": {"reason_for_filing": "x"}}}, "evidence[appeal]"),
    ],
)
def test_what_cannot_be_evidence_is_refused_and_changes_nothing(stripe, evidence, param):
    dispute = disputed(stripe, "createDispute")
    with refused(param=param):
        stripe.disputes.update(dispute.id, {"evidence": evidence})
    assert stripe.disputes.retrieve(dispute.id).to_dict() == dispute.to_dict()


def test_all_evidence_together_has_an_end(stripe):
    dispute = disputed(stripe, "createDispute")
    names = [
        "access_activity_log",
        "billing_address",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "product_description",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "uncategorized_text",
    ]
    with refused(param="evidence"):
        stripe.disputes.update(dispute.id, {"evidence": dict.fromkeys(names, "x" * 20_000)})


def test_compelling_evidence_qualifies_once_nothing_is_missing(stripe):
    earlier = [charged(stripe, "visa").id for _ in range(2)]
    dispute = disputed(stripe, "createCe3EligibleDispute")
    assert dispute.enhanced_eligibility_types == ["visa_compelling_evidence_3"]
    eligibility = dispute.evidence_details.enhanced_eligibility.visa_compelling_evidence_3
    assert (eligibility.status, len(eligibility.required_actions)) == ("requires_action", 5)

    known = {"customer_purchase_ip": "198.51.100.7", "customer_account_id": "jenny"}
    given = {
        "disputed_transaction": {
            **known,
            "product_description": "A book",
            "merchandise_or_services": "merchandise",
        },
        "prior_undisputed_transactions": [
            {"charge": charge, "product_description": "Another book", **known} for charge in earlier
        ],
    }
    params = {"evidence": {"enhanced_evidence": {"visa_compelling_evidence_3": given}}, "submit": False}
    noted = stripe.disputes.update(dispute.id, params)
    eligibility = noted.evidence_details.enhanced_eligibility.visa_compelling_evidence_3
    assert (eligibility.status, eligibility.required_actions) == ("qualified", [])
    told = noted.evidence.enhanced_evidence.visa_compelling_evidence_3
    assert [one.charge for one in told.prior_undisputed_transactions] == earlier
    given["prior_undisputed_transactions"][1]["charge"] = "ch_nope"
    with refused(
        code="resource_missing",
        param="evidence[enhanced_evidence][visa_compelling_evidence_3][prior_undisputed_transactions][1][charge]",
    ):
        stripe.disputes.update(dispute.id, params)


@pytest.mark.parametrize(
    ("kind", "enhanced"),
    [
        ("createComplianceDispute", "visa_compliance"),
        ("createMastercardComplianceDispute", "mastercard_compliance"),
    ],
)
def test_the_fee_of_a_compliance_dispute_is_acknowledged(stripe, kind, enhanced):
    dispute = disputed(stripe, kind)
    assert dispute.enhanced_eligibility_types == [enhanced]
    wanted = {enhanced: {"status": "requires_fee_acknowledgement"}}
    assert dispute.evidence_details.enhanced_eligibility.to_dict() == wanted
    sent = stripe.disputes.update(
        dispute.id, {"evidence": {"enhanced_evidence": {enhanced: {"fee_acknowledged": True}}}}
    )
    assert sent.evidence_details.enhanced_eligibility.to_dict() == {enhanced: {"status": "fee_acknowledged"}}
    assert sent.status == "under_review"


# -- what the bank makes of it ----------------------------------------------------------------------------------------


def test_what_is_won_comes_back_without_the_fee(stripe):
    dispute = disputed(stripe, "createDispute")
    assert answered(stripe, dispute, "winning_evidence").status == "under_review"
    won = when(stripe, dispute, "won")

    assert won.is_charge_refundable
    assert [one.amount for one in won.balance_transactions] == [-AMOUNT, AMOUNT]
    assert moved(stripe)[1:] == [
        ("adjustment", "dispute", -AMOUNT, FEE),
        ("adjustment", "dispute_reversal", AMOUNT, 0),
    ]
    assert event_types(stripe, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    assert stripe.charges.retrieve(dispute.charge).disputed
    assert stripe.refunds.create({"charge": dispute.charge}).amount == AMOUNT


def test_what_is_lost_stays_away(stripe):
    dispute = disputed(stripe, "createDisputeProductNotReceived")
    answered(stripe, dispute, "losing_evidence")
    lost = when(stripe, dispute, "lost")
    assert (lost.is_charge_refundable, len(lost.balance_transactions)) == (False, 1)
    assert event_types(stripe, dispute.id)[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]
    with refused(code="charge_disputed", says="has been charged back"):
        stripe.refunds.create({"charge": dispute.charge})


@pytest.mark.parametrize("text", ["winning_evidence", "losing_evidence"])
def test_an_inquiry_is_closed_and_never_takes_money(stripe, text):
    dispute = disputed(stripe, "createDisputeInquiry")
    assert (dispute.balance_transactions, dispute.is_charge_refundable) == ([], True)
    assert answered(stripe, dispute, text).status == "warning_under_review"
    when(stripe, dispute, "warning_closed")
    assert len(moved(stripe)) == 1
    assert event_types(stripe, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]


def test_an_inquiry_can_become_a_chargeback_of_what_is_left(stripe):
    dispute = disputed(stripe, "createDisputeInquiry")
    stripe.refunds.create({"charge": dispute.charge, "amount": 2000})
    answered(stripe, dispute, "escalate_inquiry_evidence")
    escalated = when(stripe, dispute, "needs_response")

    assert (escalated.amount, escalated.is_charge_refundable) == (3000, False)
    assert escalated.payment_method_details.card.case_type == "chargeback"
    assert [one.amount for one in escalated.balance_transactions] == [-3000]
    assert event_types(stripe, dispute.id) == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]
    answered(stripe, dispute, "winning_evidence")
    assert [one.amount for one in when(stripe, dispute, "won").balance_transactions] == [-3000, 3000]


def test_an_inquiry_ends_when_all_is_given_back(stripe):
    dispute = disputed(stripe, "createDisputeInquiry")
    stripe.refunds.create({"charge": dispute.charge})
    when(stripe, dispute, "warning_closed")


def test_a_dispute_is_accepted_once_and_for_all(stripe):
    dispute = disputed(stripe, "createDispute")
    closed = stripe.disputes.close(dispute.id)
    assert (closed.status, len(closed.balance_transactions)) == ("lost", 1)
    assert event_types(stripe, dispute.id)[-1] == "charge.dispute.closed"
    for say in (stripe.disputes.close, lambda one: answered(stripe, dispute, "winning_evidence")):
        with refused(says="This dispute is already closed"):
            say(dispute.id)
    assert stripe.disputes.retrieve(dispute.id).to_dict() == closed.to_dict()


@pytest.mark.parametrize(
    ("kind", "status"), [("createDispute", "lost"), ("createDisputeInquiry", "warning_closed")]
)
def test_what_nobody_answers_in_time_is_decided(stripe, advance, kind, status):
    dispute = disputed(stripe, kind)
    advance(to=dispute.evidence_details.due_by)
    assert stripe.disputes.retrieve(dispute.id).status == dispute.status
    advance(seconds=1)
    late = when(stripe, dispute, status)
    assert (late.evidence_details.past_due, len(late.balance_transactions)) == (True, status == "lost")
    assert event_types(stripe, dispute.id)[-1] == "charge.dispute.closed"


def test_what_was_answered_is_not_overdue(stripe, advance):
    dispute = disputed(stripe, "createDispute")
    answered(stripe, dispute, "whatever")
    advance(to=dispute.evidence_details.due_by + 1)
    later = disputed(stripe, "createDispute")
    assert stripe.disputes.retrieve(dispute.id).status == "under_review"
    assert not stripe.disputes.retrieve(dispute.id).evidence_details.past_due
    assert later.created > dispute.evidence_details.due_by


@pytest.mark.parametrize("kind", ["createDisputeInquiry", "createDispute"])
def test_what_is_not_waiting_for_the_merchant_cannot_be_accepted(stripe, kind):
    dispute = disputed(stripe, kind)
    status = answered(stripe, dispute, "whatever").status
    with refused(says=status):
        stripe.disputes.close(dispute.id)
    assert stripe.disputes.retrieve(dispute.id).status == status


# -- finding one ------------------------------------------------------------------------------------------------------


def test_disputes_are_found_by_charge_and_by_intent(stripe):
    mine, other = disputed(stripe, "createDispute"), disputed(stripe, "createDisputeInquiry")
    assert [one.id for one in stripe.disputes.list().data] == [other.id, mine.id]
    assert [one.id for one in stripe.disputes.list({"charge": mine.charge}).data] == [mine.id]
    assert stripe.disputes.list({"payment_intent": "pi_nope"}).data == []
    assert [one.id for one in stripe.charges.search({"query": "disputed:'true'"}).data] == [
        other.charge,
        mine.charge,
    ]
    with refused(status=404, code="resource_missing", param="dispute"):
        stripe.disputes.retrieve("du_nope")


def test_nobody_else_sees_a_dispute(stripe, server):
    dispute = disputed(stripe, "createDispute")
    stranger = server.client("sk_test_stranger").v1
    for do in (stranger.disputes.retrieve, stranger.disputes.close):
        with refused(status=404, code="resource_missing", param="dispute"):
            do(dispute.id)
    assert stranger.disputes.list().data == []


# -- early fraud warnings ---------------------------------------------------------------------------------------------


def test_an_issuer_warns_before_anybody_disputes(stripe):
    charge = charged(stripe, "createIssuerFraudRecord")
    (warning,) = eventually(
        lambda: stripe.radar.early_fraud_warnings.list({"charge": charge.id}).data, until=lambda seen: seen
    )
    assert warning.id.startswith("issfr_")
    assert (warning.actionable, warning.fraud_type) == (True, "unauthorized_use_of_card")
    assert "payment_intent" not in warning
    assert stripe.disputes.list().data == []
    assert not stripe.charges.retrieve(charge.id).disputed
    whole = stripe.radar.early_fraud_warnings.retrieve(warning.id, {"expand": ["charge"]})
    assert whole.charge.id == charge.id

    stripe.refunds.create({"charge": charge.id, "reason": "fraudulent"})
    eventually(
        lambda: stripe.radar.early_fraud_warnings.retrieve(warning.id), until=lambda one: not one.actionable
    )
    assert event_types(stripe, warning.id) == [
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    ]
    with refused(status=404, code="resource_missing", param="early_fraud_warning"):
        stripe.radar.early_fraud_warnings.retrieve("issfr_nope")


def test_a_dispute_of_a_direct_charge_is_the_accounts(stripe):
    account = stripe.accounts.create(CUSTOM)
    acting = acting_on(account)
    charge = stripe.charges.create(
        {"amount": AMOUNT, "currency": "usd", "source": "tok_createDispute"}, acting
    )
    (dispute,) = eventually(
        lambda: stripe.disputes.list({"charge": charge.id}, acting).data, until=lambda seen: seen
    )
    assert stripe.disputes.list().data == []
    (told,) = stripe.events.list({"type": "charge.dispute.created"}, acting).data
    assert (told.account, told.data.object["id"]) == (account.id, dispute.id)
