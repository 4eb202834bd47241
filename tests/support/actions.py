"""What every type of PaymentMethod asks of its customer: an intent of each, and the address of its page."""

from support.methods import params_of
from support.payments import AGREED, RETURN_URL

# Type → the country of an account that can have it, a currency it takes and an amount.
WHERE = {
    "acss_debit": ("US", "usd", 2000),
    "affirm": ("US", "usd", 20000),
    "afterpay_clearpay": ("US", "usd", 2000),
    "alipay": ("SG", "sgd", 2000),
    "alma": ("FR", "eur", 20000),
    "amazon_pay": ("US", "usd", 2000),
    "au_becs_debit": ("AU", "aud", 2000),
    "bacs_debit": ("GB", "gbp", 2000),
    "bancontact": ("US", "eur", 2000),
    "billie": ("FR", "eur", 2000),
    "bizum": ("US", "eur", 2000),
    "blik": ("FR", "pln", 2000),
    "boleto": ("BR", "brl", 2000),
    "card": ("US", "usd", 2000),
    "cashapp": ("US", "usd", 2000),
    "crypto": ("US", "usd", 2000),
    "eps": ("US", "eur", 2000),
    "fpx": ("MY", "myr", 2000),
    "grabpay": ("SG", "sgd", 2000),
    "ideal": ("US", "eur", 2000),
    "kakao_pay": ("US", "krw", 2000),
    "klarna": ("US", "usd", 2000),
    "konbini": ("JP", "jpy", 2000),
    "kr_card": ("US", "krw", 2000),
    "link": ("US", "usd", 2000),
    "mb_way": ("US", "eur", 2000),
    "mobilepay": ("FR", "sek", 2000),
    "multibanco": ("US", "eur", 2000),
    "naver_pay": ("US", "krw", 2000),
    "nz_bank_account": ("NZ", "nzd", 2000),
    "oxxo": ("MX", "mxn", 2000),
    "p24": ("US", "pln", 2000),
    "pay_by_bank": ("GB", "gbp", 2000),
    "payco": ("US", "krw", 2000),
    "paynow": ("SG", "sgd", 2000),
    "paypal": ("FR", "nzd", 2000),
    "paypay": ("JP", "jpy", 2000),
    "payto": ("AU", "aud", 2000),
    "pix": ("US", "brl", 2000),
    "promptpay": ("TH", "thb", 2000),
    "revolut_pay": ("FR", "gbp", 2000),
    "samsung_pay": ("US", "krw", 2000),
    "satispay": ("IT", "eur", 2000),
    "scalapay": ("FR", "eur", 2000),
    "sepa_debit": ("US", "eur", 2000),
    "sequra": ("FR", "eur", 2000),
    "sunbit": ("US", "usd", 20000),
    "swish": ("FR", "sek", 2000),
    "twint": ("DE", "chf", 2000),
    "upi": ("US", "inr", 2000),
    "us_bank_account": ("US", "usd", 2000),
    "wechat_pay": ("US", "usd", 2000),
    "zip": ("US", "usd", 20000),
}
# What every confirmation says of a type.
SAID = {"blik": {"code": "777123"}}
JENNY = {
    "name": "Jenny Rosen",
    "email": "jenny@example.com",
    "phone": "+351911111119",
    "address": {
        "line1": "510 Townsend St",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94107",
        "country": "US",
    },
}


def key_of(name, kind):
    """The key of an account that can be paid with a type."""
    return f"sk_test_{name}_{WHERE[kind][0]}"


def confirmed(stripe, kind, *, email=JENNY["email"], phone=JENNY["phone"], **params):
    """An intent that was paid with a type, as far as that goes without its customer."""
    _, currency, amount = WHERE[kind]
    data = params_of(kind, billing_details={**JENNY, "email": email, "phone": phone})
    paying = (
        {"payment_method": "pm_card_threeDSecure2Required"}
        if kind == "card"
        else {"payment_method_data": data}
    )
    said = {"payment_method_options": {kind: SAID[kind]}} if kind in SAID else {}
    return stripe.payment_intents.create(
        {
            "amount": amount,
            "currency": currency,
            "payment_method_types": [kind],
            **said,
            "mandate_data": AGREED,
            "return_url": RETURN_URL,
            "confirm": True,
            **paying,
            **params,
        }
    )


def addresses_of(action):
    """Every address in a `next_action` but the merchant's own and those that hold what they show."""
    found = {}
    for name, value in action.items():
        if isinstance(value, dict):
            found |= addresses_of(value)
        elif isinstance(value, str) and value.startswith("http") and name != "return_url":
            found[name] = value
    return found


def page_of(intent):
    """The address of the page on which the customer answers, or None."""
    found = addresses_of(intent.next_action.to_dict())
    pages = {value for name, value in found.items() if not name.startswith("image_url")}
    assert len(pages) <= 1, pages
    return pages.pop() if pages else None


def answer(server, intent, outcome):
    """Answer for the customer, in one request, and return the reply."""
    return server.request("POST", page_of(intent)[len(server.url) :], {"outcome": outcome})
