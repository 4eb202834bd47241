"""Payments that many tests begin with, and the customer who answers what they are asked."""

NO_REDIRECTS = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
PAYMENT = {"amount": 2000, "currency": "usd", **NO_REDIRECTS}
RETURN_URL = "https://shop.example/return?cart=7#top"
AGREED = {"customer_acceptance": {"type": "offline"}}
DEBIT = {
    "amount": 2000,
    "currency": "usd",
    "payment_method_types": ["us_bank_account"],
    "payment_method": "pm_usBankAccount_success",
    "mandate_data": AGREED,
    "confirm": True,
}


def pay(stripe, method="pm_card_visa", **params):
    """Make an intent and confirm it in one request."""
    return stripe.payment_intents.create({**PAYMENT, "payment_method": method, "confirm": True, **params})


def answer(server, intent, outcome):
    """Answer for the customer, in one request, and return the reply."""
    return server.request("POST", page_of(intent)[len(server.url) :], {"outcome": outcome})


def page_of(intent):
    """The address of the page on which the customer answers."""
    action = intent.next_action
    if action.type == "redirect_to_url":
        return action.redirect_to_url.url
    return action.use_stripe_sdk["stripe_js"]


def in_status(stripe, status):
    """An intent in each of the statuses."""
    made = {
        "requires_payment_method": lambda: stripe.payment_intents.create(PAYMENT),
        "requires_confirmation": lambda: stripe.payment_intents.create(
            {**PAYMENT, "payment_method": "pm_card_visa"}
        ),
        "requires_action": lambda: pay(stripe, "pm_card_threeDSecure2Required", return_url=RETURN_URL),
        "processing": lambda: stripe.payment_intents.create(
            {**DEBIT, "payment_method": "pm_usBankAccount_processing"}
        ),
        "requires_capture": lambda: pay(stripe, capture_method="manual"),
        "succeeded": lambda: pay(stripe),
        "canceled": lambda: stripe.payment_intents.cancel(pay(stripe, capture_method="manual").id),
    }
    intent = made[status]()
    assert intent.status == status
    return intent
