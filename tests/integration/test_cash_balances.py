"""Cash balances: money that customers send by bank transfer, and the payments it pays."""

import re

import pytest

from support.cash import BANK_TRANSFER, OPTIONS, ask, cash_of, fund, moves_of
from support.data import event_types, refused
from support.payments import PAYMENT

UNEXPECTED = "payment_intent_unexpected_state"
FUNDED = ["customer_cash_balance_transaction.created"]
MANUAL = {"cash_balance": {"settings": {"reconciliation_mode": "manual"}}}


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({}).id


def told(stripe):
    """The types of events since the customer was made, but those of what is in the balance a moment later."""
    return [one for one in event_types(stripe) if one not in {"customer.created", "charge.updated"}]


# -- money that arrives -----------------------------------------------------------------------------------------------


def test_money_that_nobody_waits_for_is_kept(stripe, customer):
    arrived = fund(stripe, customer, 5000, reference="Invoice 7").to_dict()
    assert arrived["id"].startswith("ccsbtxn_")
    assert arrived == {
        "id": arrived["id"],
        "object": "customer_cash_balance_transaction",
        "created": arrived["created"],
        "currency": "usd",
        "customer": customer,
        "customer_account": None,
        "ending_balance": 5000,
        "funded": {
            "bank_transfer": {
                "reference": "Invoice 7",
                "type": "us_bank_transfer",
                "us_bank_transfer": {"network": "ach", "sender_name": "Sample Business Inc"},
            }
        },
        "livemode": False,
        "net_amount": 5000,
        "type": "funded",
    }
    assert cash_of(stripe, customer) == {"usd": 5000}
    assert told(stripe) == [*FUNDED, "cash_balance.funds_available"]
    (event,) = stripe.events.list({"type": "cash_balance.funds_available"}).data
    assert event.data.object.to_dict() == stripe.customers.cash_balance.retrieve(customer).to_dict()
    shown = stripe.customers.retrieve(customer, {"expand": ["cash_balance"]})
    assert shown.cash_balance.available.to_dict() == {"usd": 5000}


def test_each_currency_is_held_for_itself(stripe, customer):
    fund(stripe, customer, 500, "eur")
    fund(stripe, customer, 700, "gbp")
    assert fund(stripe, customer, 100, "eur").ending_balance == 600
    assert cash_of(stripe, customer) == {"eur": 600, "gbp": 700}
    listed = stripe.customers.cash_balance_transactions.list(customer)
    assert [one.net_amount for one in listed.data] == [100, 700, 500]
    one = stripe.customers.cash_balance_transactions.retrieve(customer, listed.data[1].id)
    assert one.to_dict() == listed.data[1].to_dict()
    assert one.funded.bank_transfer.gb_bank_transfer.sort_code == "108800"


def test_money_is_sent_in_some_currencies_and_is_some(stripe, customer, live):
    with refused(param="currency"):
        fund(stripe, customer, 500, "cad")
    for amount in (0, -5):
        with refused(code="parameter_invalid_integer", param="amount"):
            fund(stripe, customer, amount)
    with refused(param="amount"):
        fund(stripe, customer, 10**12)
    with refused(status=404, code="resource_missing", param="customer"):
        fund(stripe, "cus_nobody", 500)
    with refused():
        fund(live, "cus_nobody", 500)
    assert cash_of(stripe, customer) == {}


def test_a_move_is_its_customers(stripe, customer):
    move = fund(stripe, customer, 500).id
    other = stripe.customers.create({}).id
    with refused(status=404, code="resource_missing", param="transaction"):
        stripe.customers.cash_balance_transactions.retrieve(other, move)
    assert stripe.customers.cash_balance_transactions.list(other).data == []


# -- payments ---------------------------------------------------------------------------------------------------------


def test_what_is_there_already_pays_at_once(stripe, customer):
    fund(stripe, customer, 5000)
    intent = ask(
        stripe, customer, 1000, capture_method="automatic", expand=["latest_charge.balance_transaction"]
    )
    assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", 1000, None)
    charge = intent.latest_charge
    assert charge.id.startswith("py_")
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert charge.payment_method_details.to_dict() == {"type": "customer_balance", "customer_balance": {}}
    assert charge.balance_transaction.amount == 1000
    assert cash_of(stripe, customer) == {"usd": 4000}
    assert moves_of(stripe, customer) == [("funded", 5000, 5000), ("applied_to_payment", -1000, 4000)]
    (applied, _) = stripe.customers.cash_balance_transactions.list(
        customer, {"expand": ["data.applied_to_payment.payment_intent"]}
    ).data
    assert applied.applied_to_payment.payment_intent.id == intent.id
    assert told(stripe)[2:] == [
        "payment_intent.created", *FUNDED, "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip


def test_a_payment_that_is_not_covered_waits_with_instructions(stripe, customer):
    intent = ask(stripe, customer, 1000)
    assert (intent.status, intent.amount_received, intent.latest_charge) == ("requires_action", 0, None)
    todo = intent.next_action.to_dict()
    assert todo["type"] == "display_bank_transfer_instructions"
    todo = todo["display_bank_transfer_instructions"]
    assert (todo["amount_remaining"], todo["currency"], todo["type"]) == (1000, "usd", "us_bank_transfer")
    assert [one["type"] for one in todo["financial_addresses"]] == ["aba", "swift"]
    assert re.fullmatch("[A-Z0-9]{12}", todo["reference"])
    assert todo["hosted_instructions_url"].startswith("http")
    assert told(stripe) == ["payment_intent.created", "payment_intent.requires_action"]


def test_a_payment_is_funded_in_parts(stripe, customer):
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 400)
    partly = stripe.payment_intents.retrieve(intent.id)
    assert (partly.status, partly.amount_received) == ("requires_action", 0)
    assert partly.next_action.display_bank_transfer_instructions.amount_remaining == 600
    assert cash_of(stripe, customer) == {}
    assert told(stripe)[2:] == [*FUNDED, *FUNDED, "payment_intent.partially_funded"]

    fund(stripe, customer, 700)
    paid = stripe.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 1000, None)
    assert cash_of(stripe, customer) == {"usd": 100}
    assert moves_of(stripe, customer) == [
        ("funded", 400, 400), ("applied_to_payment", -400, 0), ("funded", 700, 700), ("applied_to_payment", -600, 100),
    ]  # fmt: skip
    assert told(stripe)[5:] == [
        *FUNDED, *FUNDED, "charge.succeeded", "payment_intent.succeeded", "cash_balance.funds_available",
    ]  # fmt: skip
    assert len(stripe.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_confirmation_takes_what_is_there_and_waits_for_the_rest(stripe, customer):
    fund(stripe, customer, 300)
    intent = ask(stripe, customer, 1000)
    assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 700
    assert cash_of(stripe, customer) == {}
    assert told(stripe)[2:] == [
        "payment_intent.created", "payment_intent.requires_action", *FUNDED, "payment_intent.partially_funded",
    ]  # fmt: skip
    again = stripe.payment_intents.confirm(intent.id)
    assert again.next_action.display_bank_transfer_instructions.amount_remaining == 700


def test_money_goes_to_the_payment_it_names_then_to_one_of_its_sum_then_to_the_oldest(stripe, customer):
    first, second, third = [ask(stripe, customer, amount) for amount in (1000, 500, 800)]
    reference = third.next_action.display_bank_transfer_instructions.reference
    fund(stripe, customer, 200, reference=f"order 7 {reference} thanks")
    fund(stripe, customer, 500)
    fund(stripe, customer, 100)
    assert stripe.payment_intents.retrieve(second.id).status == "succeeded"
    left = [
        stripe.payment_intents.retrieve(
            one.id
        ).next_action.display_bank_transfer_instructions.amount_remaining
        for one in (first, third)
    ]
    assert left == [900, 600]
    fund(stripe, customer, 2000)
    assert {stripe.payment_intents.retrieve(one.id).status for one in (first, third)} == {"succeeded"}
    assert cash_of(stripe, customer) == {"usd": 500}


def test_money_of_another_currency_or_customer_pays_nothing(stripe, customer):
    intent = ask(stripe, customer)
    fund(stripe, customer, 1000, "eur")
    fund(stripe, stripe.customers.create({}).id, 1000)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_action"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({}, "[funding_type]"),
        ({"customer_balance": {"funding_type": "bank_transfer"}}, "[bank_transfer][type]"),
    ],
)
def test_a_payment_that_has_to_wait_says_how_the_money_is_sent(stripe, customer, options, param):
    name = f"payment_method_options[customer_balance]{param}"
    with refused(code="parameter_missing", param=name):
        ask(stripe, customer, payment_method_options=options)
    assert stripe.payment_intents.list().data == []
    fund(stripe, customer, 1000)
    assert ask(stripe, customer, payment_method_options=options).status == "succeeded"


def test_the_kind_of_transfer_is_the_currencys(stripe, customer):
    with refused(param="payment_method_options[customer_balance][bank_transfer][type]"):
        wrong = {**BANK_TRANSFER, "bank_transfer": {"type": "gb_bank_transfer"}}
        ask(stripe, customer, payment_method_options={"customer_balance": wrong})


def test_whoever_cannot_wait_is_refused_and_nothing_is_taken(stripe, customer):
    fund(stripe, customer, 300)
    with refused(code="payment_intent_action_required"):
        ask(stripe, customer, error_on_requires_action=True)
    assert cash_of(stripe, customer) == {"usd": 300}
    assert stripe.payment_intents.list().data == []


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_with_manual_reconciliation_money_waits_to_be_applied(stripe):
    customer = stripe.customers.create(MANUAL).id
    fund(stripe, customer, 1500)
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 500)
    assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 1000
    assert cash_of(stripe, customer) == {"usd": 2000}
    available = stripe.events.list({"type": "cash_balance.funds_available"}).data
    assert [one.data.object.available.usd for one in available] == [2000, 1500]

    partly = stripe.payment_intents.apply_customer_balance(intent.id, {"amount": 400, "currency": "USD"})
    assert partly.next_action.display_bank_transfer_instructions.amount_remaining == 600
    paid = stripe.payment_intents.apply_customer_balance(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    assert cash_of(stripe, customer) == {"usd": 1000}


def test_what_cannot_be_applied(stripe):
    customer = stripe.customers.create(MANUAL).id
    fund(stripe, customer, 600)
    intent = ask(stripe, customer, 1000)
    apply = stripe.payment_intents.apply_customer_balance
    with refused(code="balance_insufficient", param="amount"):
        apply(intent.id)
    with refused(code="amount_too_large", param="amount"):
        apply(intent.id, {"amount": 1001})
    with refused(code="parameter_invalid_integer", param="amount"):
        apply(intent.id, {"amount": 0})
    with refused(param="currency"):
        apply(intent.id, {"currency": "eur"})
    with refused(status=404, code="resource_missing", param="intent"):
        apply("pi_nobody")
    paid = apply(ask(stripe, customer, 600).id)
    for wrong in (stripe.payment_intents.create(PAYMENT), paid):
        with refused(code=UNEXPECTED) as caught:
            apply(wrong.id)
        assert caught.value.json_body["error"]["payment_intent"]["id"] == wrong.id
    assert cash_of(stripe, customer) == {}


def test_a_browser_applies_nothing(stripe, customer, post, publishable_key):
    intent = ask(stripe, customer)
    reply = post(f"/v1/payment_intents/{intent.id}/apply_customer_balance", {}, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


# -- given up, given back ---------------------------------------------------------------------------------------------


def test_what_a_payment_was_given_goes_back_when_it_is_given_up(stripe, customer):
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 400)
    assert stripe.payment_intents.cancel(intent.id).status == "canceled"
    assert cash_of(stripe, customer) == {"usd": 400}
    assert moves_of(stripe, customer)[-1] == ("unapplied_from_payment", 400, 400)
    fund(stripe, customer, 600)
    assert stripe.payment_intents.retrieve(intent.id).status == "canceled"


@pytest.mark.parametrize("change", [{"amount": 300}, {"payment_method": ""}])
def test_what_a_payment_was_given_goes_back_when_it_becomes_another(stripe, customer, change):
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 400)
    changed = stripe.payment_intents.update(intent.id, change)
    assert changed.status in {"requires_confirmation", "requires_payment_method"}
    assert cash_of(stripe, customer) == {"usd": 400}


def test_what_a_payment_was_given_goes_back_when_it_is_paid_otherwise(stripe, customer):
    intent = ask(stripe, customer, 1000, payment_method_types=["card", "customer_balance"])
    fund(stripe, customer, 400)
    paid = stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    assert cash_of(stripe, customer) == {"usd": 400}


def test_a_refund_goes_into_the_cash_balance(stripe, customer):
    fund(stripe, customer, 1000)
    intent = ask(stripe, customer, 1000)
    refund = stripe.refunds.create({"payment_intent": intent.id, "amount": 300})
    assert (refund.status, refund.destination_details.type) == ("succeeded", "customer_cash_balance")
    assert cash_of(stripe, customer) == {"usd": 300}
    (move, *_) = stripe.customers.cash_balance_transactions.list(customer).data
    assert move.refunded_from_payment.refund == refund.id
    stripe.refunds.create({"payment_intent": intent.id})
    assert cash_of(stripe, customer) == {"usd": 1000}


def test_the_money_of_a_deleted_customer_is_not_lost(stripe, customer):
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 400)
    stripe.customers.delete(customer)
    assert stripe.customers.retrieve(customer).to_dict() == {
        "id": customer,
        "object": "customer",
        "deleted": True,
    }
    assert stripe.payment_intents.cancel(intent.id).status == "canceled"
    with refused(status=404, code="resource_missing", param="customer"):
        fund(stripe, customer, 1)
    told_of = stripe.events.list({"type": "customer_cash_balance_transaction.created"}).data[0]
    assert told_of.data.object.type == "unapplied_from_payment"


# -- on the customer's page -------------------------------------------------------------------------------------------


def test_a_customer_sends_the_rest_on_their_page(stripe, customer, server):
    intent = ask(stripe, customer, 1000)
    fund(stripe, customer, 400)
    url = intent.next_action.display_bank_transfer_instructions.hosted_instructions_url
    path = url[len(server.url) :]
    assert server.request("GET", path).status == 200
    assert server.request("POST", path, {"outcome": "complete"}).status < 400
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    assert moves_of(stripe, customer)[2:] == [("funded", 600, 600), ("applied_to_payment", -600, 0)]
    assert server.request("GET", path).status == 404


# -- where to send it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "kind", "country", "addresses"),
    [
        ("gbp", {"type": "gb_bank_transfer"}, "GB", ["sort_code"]),
        ("jpy", {"type": "jp_bank_transfer"}, "JP", ["zengin"]),
        ("mxn", {"type": "mx_bank_transfer"}, "MX", ["spei"]),
        ("usd", {"type": "us_bank_transfer"}, "US", ["aba", "swift"]),
        *[
            ("eur", {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": country}}, country, ["iban"])
            for country in ("BE", "DE", "ES", "FR", "IE", "NL")
        ],
    ],
)
def test_funding_instructions_are_the_customers_own(stripe, customer, currency, kind, country, addresses):
    params = {"currency": currency, "funding_type": "bank_transfer", "bank_transfer": kind}
    shown = stripe.customers.funding_instructions.create(customer, params).to_dict()
    assert {name: value for name, value in shown.items() if name != "bank_transfer"} == {
        "object": "funding_instructions", "currency": currency, "funding_type": "bank_transfer", "livemode": False,
    }  # fmt: skip
    transfer = shown["bank_transfer"]
    assert (transfer["type"], transfer["country"]) == (kind["type"], country)
    assert [one["type"] for one in transfer["financial_addresses"]] == addresses
    assert "#" not in str(transfer)
    if currency == "eur":
        number = transfer["financial_addresses"][0]["iban"]["iban"]
        moved = number[4:] + number[:4]
        assert int("".join(str(int(one, 36)) for one in moved)) % 97 == 1

    assert stripe.customers.funding_instructions.create(customer, params).to_dict() == shown
    other = stripe.customers.create({}).id
    assert stripe.customers.funding_instructions.create(other, params).to_dict() != shown


def test_instructions_that_cannot_be_given(stripe, customer):
    def instructions(currency, **transfer):
        params = {"currency": currency, "funding_type": "bank_transfer", "bank_transfer": transfer}
        return stripe.customers.funding_instructions.create(customer, params)

    with refused(param="bank_transfer[type]"):
        instructions("usd", type="gb_bank_transfer")
    with refused(code="parameter_missing", param="bank_transfer[eu_bank_transfer]"):
        instructions("eur", type="eu_bank_transfer")
    with refused(param="bank_transfer[eu_bank_transfer][country]"):
        instructions("eur", type="eu_bank_transfer", eu_bank_transfer={"country": "US"})
    with refused(param="currency"):
        instructions("cad", type="us_bank_transfer")
    only = instructions("gbp", type="gb_bank_transfer", requested_address_types=["iban"])
    assert only.bank_transfer.financial_addresses == []
    with refused(status=404, code="resource_missing", param="customer"):
        stripe.customers.funding_instructions.create(
            "cus_nobody",
            {
                "currency": "usd",
                "funding_type": "bank_transfer",
                "bank_transfer": {"type": "us_bank_transfer"},
            },
        )


def test_without_a_customer_there_is_no_cash_balance(stripe):
    with refused(code="parameter_missing", param="customer"):
        stripe.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "payment_method_types": ["customer_balance"],
                "payment_method_options": OPTIONS,
            }
        )
