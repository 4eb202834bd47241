"""Bank transfers that many tests begin with."""

BANK_TRANSFER = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
OPTIONS = {"customer_balance": BANK_TRANSFER}


def ask(stripe, customer, amount=1000, **params):
    """Make an intent that is paid from the customer's cash balance, and confirm it."""
    return stripe.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "customer": customer,
            "payment_method_types": ["customer_balance"],
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": OPTIONS,
            "confirm": True,
            **params,
        }
    )


def fund(stripe, customer, amount, currency="usd", **params):
    """Have a bank transfer of the customer arrive."""
    return stripe.test_helpers.customers.fund_cash_balance(
        customer, {"amount": amount, "currency": currency, **params}
    )


def cash_of(stripe, customer):
    """What the customer holds, by currency."""
    available = stripe.customers.cash_balance.retrieve(customer).available
    return {} if available is None else available.to_dict()


def moves_of(stripe, customer):
    """The moves of the customer's cash, oldest first: type, amount, and what was there then."""
    moves = reversed(stripe.customers.cash_balance_transactions.list(customer, {"limit": 100}).data)
    return [(move.type, move.net_amount, move.ending_balance) for move in moves]
