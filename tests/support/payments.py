"""Payments that many tests begin with, and the customer who answers what they are asked."""

NO_REDIRECTS = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
PAYMENT = {"amount": 2000, "currency": "usd", **NO_REDIRECTS}
RETURN_URL = "https://shop.example/return?cart=7#top"
AGREED = {"customer_acceptance": {"type": "offline"}}


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
