"""Transfers and their reversals: money moves between two balances, in one commit, and never more than there is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import CUSTOM, acting_on
from support.data import refused
from support.money import booked, connected, funded, sums, told


@pytest.fixture
def account(stripe):
    return connected(stripe)


@pytest.fixture
def charge(stripe):
    """Leaves 97,070 available: 100,000 less its fee."""
    return funded(stripe)


def transfer(stripe, account, amount=1000, **params):
    return stripe.transfers.create({"amount": amount, "currency": "usd", "destination": account.id, **params})


def test_a_transfer_is_seen_from_both_sides(stripe, account, charge):
    made = transfer(stripe, account, 1234, description="June", metadata={"order": "7"}, transfer_group="G")
    assert made.to_dict() | {"reversals": None} == {
        "id": made.id,
        "object": "transfer",
        "amount": 1234,
        "amount_reversed": 0,
        "balance_transaction": made.balance_transaction,
        "created": made.created,
        "currency": "usd",
        "description": "June",
        "destination": account.id,
        "destination_payment": made.destination_payment,
        "livemode": False,
        "metadata": {"order": "7"},
        "reversals": None,
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": "G",
    }
    assert made.id.startswith("tr_")
    assert (made.reversals.data, made.reversals.has_more) == ([], False)
    assert made.reversals.url == f"/v1/transfers/{made.id}/reversals"
    assert stripe.transfers.retrieve(made.id).to_dict() == made.to_dict()

    payment = stripe.charges.retrieve(made.destination_payment, {}, acting_on(account))
    assert (payment.id[:3], payment.amount, payment.source_transfer) == ("py_", 1234, made.id)
    assert (payment.status, payment.paid, payment.captured, payment.refunded) == (
        "succeeded",
        True,
        True,
        False,
    )
    assert sums(stripe) == (97_070 - 1234, 0)
    assert sums(stripe, account) == (1234, 0)
    sent = stripe.balance_transactions.retrieve(made.balance_transaction)
    assert (sent.amount, sent.fee, sent.net, sent.type, sent.reporting_category, sent.source) == (
        -1234,
        0,
        -1234,
        "transfer",
        "transfer",
        made.id,
    )
    (got,) = stripe.balance_transactions.list({}, acting_on(account)).data
    assert (got.amount, got.type, got.reporting_category, got.source, got.id) == (
        1234,
        "payment",
        "charge",
        payment.id,
        payment.balance_transaction,
    )
    assert told(stripe)[-1] == "transfer.created"
    assert told(stripe, account)[-1] == "payment.created"


def test_a_transfer_names_what_is_on_the_other_side(stripe, account, charge):
    made = transfer(
        stripe,
        account,
        expand=["destination", "destination_payment.balance_transaction", "balance_transaction"],
    )
    assert made.destination.id == account.id
    assert made.destination_payment.balance_transaction.net == 1000
    assert made.balance_transaction.net == -1000
    again = stripe.transfers.retrieve(made.id, {"expand": ["destination_payment"]})
    assert again.destination_payment.id == made.destination_payment.id


def test_no_more_than_is_available_is_transferred(stripe, account, charge):
    with refused(code="balance_insufficient", says="$970.70"):
        transfer(stripe, account, 97_071)
    assert (sums(stripe), sums(stripe, account)) == ((97_070, 0), (0, 0))
    transfer(stripe, account, 97_070)
    with refused(code="balance_insufficient"):
        transfer(stripe, account, 1)
    with refused(code="balance_insufficient"):
        stripe.transfers.create({"amount": 1, "currency": "eur", "destination": account.id})
    assert booked(stripe, account) == [("payment", 97_070)]


def test_money_that_waits_is_not_available(stripe, account):
    stripe.charges.create({"amount": 5000, "currency": "usd", "source": "tok_visa"})
    with refused(code="balance_insufficient"):
        transfer(stripe, account, 1)


def test_many_at_once_do_not_overdraw(server, secret_key, stripe, account, charge):
    """Each takes a third of what is there; three can."""
    third = 97_070 // 3

    def once(_):
        try:
            server.client(secret_key).v1.transfers.create(
                {"amount": third, "currency": "usd", "destination": account.id}
            )
        except sdk.StripeError as refusal:
            return refusal.code
        return "made"

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(once, range(8)))
    assert seen.count("made") == 3
    assert set(seen) == {"made", "balance_insufficient"}
    assert (sums(stripe), sums(stripe, account)) == ((97_070 - 3 * third, 0), (3 * third, 0))


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": None}, "parameter_missing", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"currency": "xxx"}, None, "currency"),
        ({"destination": None}, "parameter_missing", "destination"),
        ({"destination": "acct_1234567890abcdef"}, "resource_missing", "destination"),
        ({"source_transaction": "ch_none"}, "resource_missing", "source_transaction"),
        ({"source_type": "gold"}, None, "source_type"),
        ({"application_fee_amount": 1}, "parameter_unknown", "application_fee_amount"),
    ],
)
def test_a_bad_transfer_moves_nothing(post, stripe, account, charge, params, code, param):
    whole = {"amount": "1000", "currency": "usd", "destination": account.id, **params}
    reply = post("/v1/transfers", {name: value for name, value in whole.items() if value is not None})
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert sums(stripe) == (97_070, 0)
    assert stripe.transfers.list().data == []


def test_only_accounts_that_can_receive_transfers_are_paid(stripe, account, charge, server, name):
    unready = stripe.accounts.create(CUSTOM)
    with refused(
        code="insufficient_capabilities_for_transfer",
        param="destination",
        says="at least one of the following capabilities",
    ):
        transfer(stripe, unready)
    stranger = connected(server.client(f"sk_test_{name}other").v1)
    with refused(code="resource_missing", param="destination", says="No such destination"):
        transfer(stripe, stranger)
    stripe.accounts.delete(account.id)
    with refused(code="resource_missing", param="destination"):
        transfer(stripe, account)
    assert sums(stripe) == (97_070, 0)


def test_nobody_transfers_to_themselves(stripe, charge):
    own = stripe.accounts.retrieve_current()
    with refused(param="destination"):
        transfer(stripe, own)


# -- of a charge ------------------------------------------------------------------------------------------------------


def test_the_money_of_a_charge_is_passed_on_before_it_is_available(stripe, account):
    """It waits on both sides, with the charge."""
    charge = stripe.charges.create({"amount": 5000, "currency": "usd", "source": "tok_visa"})
    made = transfer(stripe, account, 3000, source_transaction=charge.id)
    assert (made.source_transaction, made.transfer_group) == (charge.id, f"group_{charge.id}")
    assert stripe.charges.retrieve(charge.id).transfer_group == f"group_{charge.id}"
    assert sums(stripe) == (0, 5000 - 175 - 3000)
    assert sums(stripe, account) == (0, 3000)
    taken = stripe.balance_transactions.retrieve(charge.balance_transaction)
    moved = stripe.balance_transactions.retrieve(made.balance_transaction)
    assert (moved.status, moved.available_on) == ("pending", taken.available_on)
    with refused(param="amount", says="must not exceed the source amount"):
        transfer(stripe, account, 2001, source_transaction=charge.id)
    rest = stripe.transfers.create(
        {"currency": "usd", "destination": account.id, "source_transaction": charge.id}
    )
    assert (rest.amount, rest.transfer_group) == (2000, f"group_{charge.id}")
    with refused(param="amount"):
        transfer(stripe, account, 1, source_transaction=charge.id)
    stripe.transfers.reversals.create(made.id, {"amount": 100})
    transfer(stripe, account, 100, source_transaction=charge.id)
    assert sums(stripe, account) == (0, 5000)


def test_what_was_not_taken_is_not_passed_on(stripe, account):
    held = stripe.charges.create({"amount": 5000, "currency": "usd", "source": "tok_visa", "capture": False})
    with refused(param="source_transaction"):
        transfer(stripe, account, 1000, source_transaction=held.id)
    with pytest.raises(sdk.CardError) as declined:
        stripe.charges.create({"amount": 5000, "currency": "usd", "source": "tok_chargeDeclined"})
    with refused(param="source_transaction"):
        transfer(stripe, account, 1000, source_transaction=declined.value.json_body["error"]["charge"])
    stripe.charges.capture(held.id, {"amount": 2000})
    with refused(param="currency"):
        stripe.transfers.create(
            {"amount": 100, "currency": "eur", "destination": account.id, "source_transaction": held.id}
        )
    with refused(param="amount"):
        transfer(stripe, account, 2001, source_transaction=held.id)
    assert transfer(stripe, account, 2000, source_transaction=held.id).amount == 2000


def test_many_at_once_share_one_charge(server, secret_key, stripe, account, charge):
    def once(_):
        try:
            transfer(server.client(secret_key).v1, account, 40_000, source_transaction=charge.id)
        except sdk.InvalidRequestError:
            return "refused"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(once, range(4)))
    assert sorted(seen) == ["made", "made", "refused", "refused"]
    assert sums(stripe, account) == (80_000, 0)


def test_transfers_are_of_the_group_of_their_charge(stripe, account):
    charge = stripe.charges.create(
        {"amount": 5000, "currency": "usd", "source": "tok_visa", "transfer_group": "order_7"}
    )
    first = transfer(stripe, account, 100, source_transaction=charge.id)
    other = transfer(stripe, account, 200, source_transaction=charge.id, transfer_group="another")
    assert (first.transfer_group, other.transfer_group) == ("order_7", "another")
    assert [one.id for one in stripe.transfers.list({"transfer_group": "order_7"})] == [first.id]
    assert [one.id for one in stripe.transfers.list({"destination": account.id})] == [other.id, first.id]
    assert stripe.transfers.list({"destination": "acct_none"}).data == []


# -- reversals --------------------------------------------------------------------------------------------------------


def test_a_reversal_takes_back_on_both_sides(stripe, account, charge):
    made = transfer(stripe, account, 1000)
    reversal = stripe.transfers.reversals.create(made.id, {"amount": 400, "metadata": {"why": "late"}})
    assert reversal.to_dict() == {
        "id": reversal.id,
        "object": "transfer_reversal",
        "amount": 400,
        "balance_transaction": reversal.balance_transaction,
        "created": reversal.created,
        "currency": "usd",
        "destination_payment_refund": reversal.destination_payment_refund,
        "metadata": {"why": "late"},
        "source_refund": None,
        "transfer": made.id,
    }
    after = stripe.transfers.retrieve(made.id)
    assert (after.amount_reversed, after.reversed) == (400, False)
    assert [one.id for one in after.reversals.data] == [reversal.id]
    refund = stripe.refunds.retrieve(reversal.destination_payment_refund, {}, acting_on(account))
    assert (refund.id[:4], refund.amount, refund.source_transfer_reversal) == ("pyr_", 400, reversal.id)
    assert refund.charge == made.destination_payment
    payment = stripe.charges.retrieve(made.destination_payment, {}, acting_on(account))
    assert (payment.amount_refunded, payment.refunded) == (400, False)
    assert (sums(stripe), sums(stripe, account)) == ((96_470, 0), (600, 0))
    assert booked(stripe)[-2:] == [("transfer", -1000), ("transfer_refund", 400)]
    assert booked(stripe, account) == [("payment", 1000), ("payment_refund", -400)]
    assert told(stripe)[-2:] == ["transfer.created", "transfer.reversed"]

    with refused(param="amount", says="greater than unreversed amount"):
        stripe.transfers.reversals.create(made.id, {"amount": 601})
    rest = stripe.transfers.reversals.create(made.id)
    assert rest.amount == 600
    whole = stripe.transfers.retrieve(made.id)
    assert (whole.amount_reversed, whole.reversed) == (1000, True)
    assert stripe.charges.retrieve(made.destination_payment, {}, acting_on(account)).refunded
    with refused(says="already fully reversed"):
        stripe.transfers.reversals.create(made.id, {"amount": 1})
    assert (sums(stripe), sums(stripe, account)) == ((97_070, 0), (0, 0))
    assert [one.id for one in stripe.transfers.reversals.list(made.id)] == [rest.id, reversal.id]


@pytest.mark.parametrize("amount", [0, -1])
def test_a_reversal_takes_back_something(stripe, account, charge, amount):
    made = transfer(stripe, account)
    with refused(code="parameter_invalid_integer", param="amount"):
        stripe.transfers.reversals.create(made.id, {"amount": amount})
    assert sums(stripe, account) == (1000, 0)


def test_what_the_account_has_passed_on_cannot_be_taken_back(server, secret_key, stripe, account, charge):
    """Of a transfer that belongs to no payment: the account has to have the money."""
    made = transfer(stripe, account, 1000)
    other = transfer(stripe, account, 500)
    stripe.transfers.reversals.create(other.id)

    def once(_):
        try:
            return server.client(secret_key).v1.transfers.reversals.create(made.id, {"amount": 600}).amount
        except sdk.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == [0, 0, 0, 600]
    assert (sums(stripe), sums(stripe, account)) == ((96_670, 0), (400, 0))


def test_reversals_are_missing_under_another_transfer(stripe, account, charge):
    first, second = transfer(stripe, account), transfer(stripe, account)
    reversal = stripe.transfers.reversals.create(first.id, {"amount": 1})
    assert stripe.transfers.reversals.retrieve(first.id, reversal.id).amount == 1
    with refused(status=404, code="resource_missing", param="id"):
        stripe.transfers.reversals.retrieve(second.id, reversal.id)
    with refused(status=404, code="resource_missing", param="id"):
        stripe.transfers.reversals.create("tr_none", {"amount": 1})
    with refused(status=404, code="resource_missing", param="transfer"):
        stripe.transfers.retrieve("tr_none")


def test_notes_are_changed_and_told(stripe, account, charge):
    made = transfer(stripe, account)
    changed = stripe.transfers.update(made.id, {"metadata": {"a": "1"}, "description": "noted"})
    assert (changed.metadata.to_dict(), changed.description) == ({"a": "1"}, "noted")
    stripe.transfers.update(made.id, {"metadata": {"a": "1"}})
    reversal = stripe.transfers.reversals.create(made.id, {"amount": 1})
    stripe.transfers.reversals.update(made.id, reversal.id, {"metadata": {"b": "2"}})
    assert stripe.transfers.retrieve(made.id).reversals.data[0].metadata.to_dict() == {"b": "2"}
    assert told(stripe)[-4:] == [
        "transfer.created",
        "transfer.updated",
        "transfer.reversed",
        "transfer.updated",
    ]
    (event, *_) = stripe.events.list({"type": "transfer.updated"}).data[1:]
    assert event.data.previous_attributes.to_dict() == {"description": None, "metadata": {"a": None}}


def test_a_transfer_shows_its_ten_newest_reversals(stripe, account, charge):
    made = transfer(stripe, account)
    ids = [stripe.transfers.reversals.create(made.id, {"amount": 1}).id for _ in range(11)]
    shown = stripe.transfers.retrieve(made.id).reversals
    assert ([one.id for one in shown.data], shown.has_more) == (ids[:0:-1], True)
    assert [one.id for one in stripe.transfers.reversals.list(made.id, {"limit": 100})] == ids[::-1]


def test_transfers_are_the_platforms_alone(browser, stripe, account, charge):
    made = transfer(stripe, account)
    with refused(status=404, code="resource_missing", param="transfer"):
        stripe.transfers.retrieve(made.id, {}, acting_on(account))
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.transfers.list()


def test_an_account_sends_back_what_it_received(stripe, account, charge):
    made = transfer(stripe, account)
    params = {
        "charge": made.destination_payment,
        "amount": 400,
        "metadata": {"a": "1"},
        "reason": "duplicate",
    }
    refund = stripe.refunds.create(params, acting_on(account))
    assert (refund.id[:4], refund.amount, refund.reason, refund.metadata.to_dict()) == (
        "pyr_",
        400,
        "duplicate",
        {"a": "1"},
    )
    (reversal,) = stripe.transfers.retrieve(made.id).reversals.data
    assert (reversal.id, reversal.amount) == (refund.source_transfer_reversal, 400)
    assert (reversal.source_refund, reversal.destination_payment_refund) == (refund.id, refund.id)
    assert (sums(stripe), sums(stripe, account)) == ((96_470, 0), (600, 0))
    with refused(param="amount", says="greater than unrefunded"):
        stripe.refunds.create({**params, "amount": 601}, acting_on(account))
    for name in ("reverse_transfer", "refund_application_fee"):
        with refused(code="charge_invalid_parameter", param=name):
            stripe.refunds.create({"charge": made.destination_payment, name: True}, acting_on(account))
    stripe.refunds.create({"charge": made.destination_payment}, acting_on(account))
    with refused(code="charge_already_refunded"):
        stripe.refunds.create({"charge": made.destination_payment}, acting_on(account))
    assert stripe.transfers.retrieve(made.id).reversed is True
    assert sums(stripe, account) == (0, 0)


def test_what_an_account_received_is_a_charge_like_others(stripe, account, charge):
    made = transfer(stripe, account)
    changed = stripe.charges.update(
        made.destination_payment,
        {"metadata": {"a": "1"}, "description": "noted", "transfer_group": "G"},
        acting_on(account),
    )
    assert (changed.description, changed.transfer_group) == ("noted", "G")
    (found,) = stripe.charges.search({"query": "metadata['a']:'1'"}, acting_on(account)).data
    assert found.id == made.destination_payment
    (listed,) = stripe.charges.list({"limit": 1}, acting_on(account)).data
    assert listed.id == made.destination_payment
    with refused(code="charge_already_captured"):
        stripe.charges.capture(made.destination_payment, {}, acting_on(account))


def test_nothing_is_taken_back_of_an_account_that_was_let_go_of(stripe, account, charge):
    made = transfer(stripe, account)
    stripe.accounts.delete(account.id)
    with refused(code="resource_missing", param="destination"):
        stripe.transfers.reversals.create(made.id)
    assert stripe.transfers.retrieve(made.id).amount_reversed == 0
