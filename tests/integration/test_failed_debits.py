"""What a failed debit leaves behind: a mandate that has ended, and a bank account that is blocked."""

import pytest

from strongroom.catalog import CatalogError
from strongroom.catalog.failures import build, failures
from strongroom.catalog.reading import read
from strongroom.contract import contract
from support.connect import eventually
from support.data import event_types, refused
from support.payments import AGREED

BECS = {"type": "au_becs_debit", "billing_details": {"name": "J", "email": "j@example.com"}}


def debited(stripe, method, kind="us_bank_account", currency="usd"):
    """What became of debiting a PaymentMethod: the charge, once it is known."""
    intent = stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": currency,
            "payment_method_types": [kind],
            "payment_method": method,
            "confirm": True,
            "mandate_data": AGREED,
        }
    )
    settled = eventually(
        lambda: stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}),
        until=lambda one: one.status != "processing",
    )
    return settled.latest_charge


@pytest.mark.parametrize(
    ("magic", "blocked", "mandate"),
    [
        (
            "accountClosed",
            {"network_code": "R02", "reason": "bank_account_closed"},
            "inactive",
        ),
        (
            "noAccount",
            {"network_code": "R03", "reason": "bank_account_invalid_details"},
            "inactive",
        ),
        (
            "debitNotAuthorized",
            {"network_code": "R10", "reason": "debit_not_authorized"},
            "inactive",
        ),
        ("insufficientFunds", None, "active"),
        ("success", None, "active"),
    ],
)
def test_what_blocks_an_american_bank_account(stripe, magic, blocked, mandate):
    charge = debited(stripe, f"pm_usBankAccount_{magic}")

    method = stripe.payment_methods.retrieve(charge.payment_method)
    details = method.us_bank_account.status_details
    assert (details and details.blocked.to_dict()) == blocked
    agreed = charge.payment_method_details.us_bank_account.mandate
    assert stripe.mandates.retrieve(agreed).status == mandate
    assert event_types(stripe).count("mandate.updated") == (mandate == "inactive")


def test_a_blocked_account_is_debited_and_set_up_no_more(stripe):
    """A customer's own, so that it is not simply used up."""
    customer = stripe.customers.create({})
    method = stripe.payment_methods.attach("pm_usBankAccount_accountClosed", {"customer": customer.id})
    saved = {"payment_method": method.id, "customer": customer.id, "mandate_data": AGREED, "confirm": True}
    payment = {"amount": 100, "currency": "usd", "payment_method_types": ["us_bank_account"], **saved}
    first = stripe.payment_intents.create(payment)
    eventually(
        lambda: stripe.payment_intents.retrieve(first.id).status, until=lambda status: status != "processing"
    )

    with refused(code="payment_method_bank_account_blocked"):
        stripe.payment_intents.create(payment)
    with refused(code="payment_method_bank_account_blocked"):
        stripe.setup_intents.create({"payment_method_types": ["us_bank_account"], **saved})
    assert stripe.payment_methods.retrieve(method.id).customer == customer.id


@pytest.mark.parametrize(
    ("number", "failure", "mandate"),
    [
        ("111111113", "account_closed", "inactive"),
        ("222222227", "refer_to_customer", "active"),
        ("333333335", "debit_not_authorized", "inactive"),
    ],
)
def test_a_mandate_ends_with_the_debit_that_its_account_refuses(server, name, number, failure, mandate):
    stripe = server.client(f"sk_test_{name}_AU").v1
    account = {"account_number": number, "bsb_number": "000000"}
    method = stripe.payment_methods.create({**BECS, "au_becs_debit": account})
    charge = debited(stripe, method.id, "au_becs_debit", "aud")

    assert charge.failure_code == failure
    agreed = charge.payment_method_details.au_becs_debit.mandate
    assert stripe.mandates.retrieve(agreed).status == mandate
    updates = stripe.events.list({"type": "mandate.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in updates] == (
        [{"status": "active"}] if mandate == "inactive" else []
    )


def test_every_block_is_one_the_api_can_show():
    enums = contract().shapes.enums
    for field in ("network_code", "reason"):
        known = set(enums[f"PaymentMethod.UsBankAccount.StatusDetails.Blocked.{field}"])
        assert {block[field] for block in failures().blocks.values()} <= known


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows["blocks"].update(bad_mood={"network_code": "R02", "reason": "x"}),
        lambda rows: rows["blocks"].update(no_account={"network_code": "R02"}),
        lambda rows: rows["messages"].pop("no_account"),
    ],
)
def test_a_mistake_about_failures_stops_the_start(change):
    rows = read("failure_codes")
    change(rows)
    with pytest.raises(CatalogError):
        build(rows, {"no_account"})
