"""Receipts and mandates: their addresses answer, and only to whoever was given one."""

import pytest

from support.actions import confirmed, key_of
from support.connect import eventually
from support.payments import AGREED, pay


def path_of(server, address):
    assert address.startswith(f"{server.url}/")
    return address[len(server.url) :]


def charge_of(stripe, intent):
    return stripe.charges.retrieve(stripe.payment_intents.retrieve(intent.id).latest_charge)


def text_of(server, address):
    shown = server.request("GET", path_of(server, address))
    assert (shown.status, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return shown.body.decode()


def test_a_receipt_says_what_was_paid_and_what_was_given_back(server, stripe):
    charge = charge_of(stripe, pay(stripe, description="Two <b>tickets</b>"))
    shown = text_of(server, charge.receipt_url)
    for said in ("20.00 USD", "Visa •••• 4242", "Two &lt;b&gt;tickets&lt;/b&gt;", "Paid", charge.id):
        assert said in shown
    assert "Given back" not in shown
    stripe.refunds.create({"charge": charge.id, "amount": 500})
    shown = text_of(server, charge.receipt_url)
    assert "Given back" in shown
    assert "5.00 USD" in shown
    stripe.refunds.create({"charge": charge.id})
    assert "Refunded" in text_of(server, charge.receipt_url)


def test_a_hold_has_a_receipt_that_says_so(server, stripe):
    intent = pay(stripe, capture_method="manual")
    charge = charge_of(stripe, intent)
    assert "Reserved" in text_of(server, charge.receipt_url)
    stripe.payment_intents.capture(intent.id)
    again = charge_of(stripe, intent)
    assert again.receipt_url == charge.receipt_url
    assert "Paid" in text_of(server, charge.receipt_url)


def test_what_was_not_paid_has_no_receipt(server, stripe, name):
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]}
    )
    with pytest.raises(Exception, match="declined"):
        stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert charge_of(stripe, intent).receipt_url is None


def test_a_debit_has_its_receipt_once_it_has_settled(server, name):
    stripe = server.client(key_of(name, "sepa_debit")).v1
    intent = confirmed(stripe, "sepa_debit")
    eventually(
        lambda: stripe.payment_intents.retrieve(intent.id).status, until=lambda status: status == "succeeded"
    )
    charge = charge_of(stripe, intent)
    assert "SEPA Direct Debit •••• 3000" in text_of(server, charge.receipt_url)
    mandate = stripe.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
    details = mandate.payment_method_details.sepa_debit
    shown = text_of(server, details.url)
    for said in (details.reference, "Jenny Rosen", "•••• 3000", "20.00 EUR", "one payment"):
        assert said in shown


def test_a_mandate_for_many_payments_says_so(server, name):
    stripe = server.client(key_of(name, "bacs_debit")).v1
    intent = stripe.setup_intents.create(
        {
            "payment_method_types": ["bacs_debit"],
            "payment_method_data": {
                "type": "bacs_debit",
                "bacs_debit": {"account_number": "00012345", "sort_code": "108800"},
                "billing_details": {
                    "name": "Jenny Rosen",
                    "email": "jenny@example.com",
                    "address": {
                        "line1": "1 High Street",
                        "city": "London",
                        "postal_code": "N1",
                        "country": "GB",
                    },
                },
            },
            "mandate_data": AGREED,
            "confirm": True,
        }
    )
    mandate = stripe.mandates.retrieve(intent.mandate)
    shown = text_of(server, mandate.payment_method_details.bacs_debit.url)
    assert "any number of payments" in shown
    assert "00012345" not in shown


def test_nobody_guesses_an_address(server, stripe, name):
    address = charge_of(stripe, pay(stripe)).receipt_url
    path = path_of(server, address)
    other = server.client(f"sk_test_{name}other").v1
    elsewhere = charge_of(other, pay(other))
    token = path.rpartition("/")[2]
    for wrong in (
        path[:-1] + ("a" if path[-1] != "a" else "b"),
        path.replace("/test/", "/live/"),
        path.replace("/receipts/", "/mandates/"),
        path.rpartition("/")[0],
        path_of(server, elsewhere.receipt_url).rpartition("/")[0] + "/" + token,
        "/receipts/",
        "/mandates/acct_1/test/mandate_1/x",
    ):
        shown = server.request("GET", wrong)
        assert (shown.status, b"leads nowhere" in shown.body) == (404, True)
    assert server.request("POST", path).status == 404
    headers = server.request("GET", path).headers
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
