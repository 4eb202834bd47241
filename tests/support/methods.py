"""One PaymentMethod of every type the API can create: what is sent, and what its hash then shows."""

JENNY = {"name": "Jenny Rosen", "email": "jenny@example.com", "address": {"country": "US"}}

# type → (what is sent, what is shown; ANY where it is random)
ANY = "any"
DETAILS = {
    "acss_debit": (
        {"account_number": "000123456789", "institution_number": "000", "transit_number": "11000"},
        {
            "bank_name": "STRIPE TEST BANK",
            "fingerprint": ANY,
            "institution_number": "000",
            "last4": "6789",
            "transit_number": "11000",
        },
    ),
    "au_becs_debit": (
        {"account_number": "000123456", "bsb_number": "000-000"},
        {"bsb_number": "000000", "fingerprint": ANY, "last4": "3456"},
    ),
    "bacs_debit": (
        {"account_number": "00012345", "sort_code": "10-88-00"},
        {"fingerprint": ANY, "last4": "2345", "sort_code": "108800"},
    ),
    "bizum": ({}, {"buyer_id": None}),
    "blik": ({}, {"buyer_id": None}),
    "boleto": ({"tax_id": "000.000.000-00"}, {"tax_id": "000.000.000-00"}),
    "cashapp": ({}, {"buyer_id": None, "cashtag": None}),
    "custom": ({"type": "cpmt_1"}, {"display_name": None, "logo": None, "type": "cpmt_1"}),
    "eps": ({"bank": "bks_bank_ag"}, {"bank": "bks_bank_ag"}),
    "fpx": ({"bank": "cimb"}, {"account_holder_type": None, "bank": "cimb"}),
    "ideal": ({"bank": "ing"}, {"bank": "ing", "bic": "INGBNL2A"}),
    "klarna": (
        {"dob": {"day": 1, "month": 2, "year": 1990}},
        {"dob": {"day": 1, "month": 2, "year": 1990}},
    ),
    "kr_card": ({}, {"brand": None, "last4": None}),
    "link": ({}, {"email": None}),
    "naver_pay": ({}, {"buyer_id": None, "funding": "card"}),
    "nz_bank_account": (
        {"account_number": "0068389", "bank_code": "01", "branch_code": "0902", "suffix": "00"},
        {
            "account_holder_name": None,
            "bank_code": "01",
            "bank_name": "ANZ Bank New Zealand",
            "branch_code": "0902",
            "last4": "8389",
            "suffix": "00",
        },
    ),
    "p24": ({"bank": "blik"}, {"bank": "blik"}),
    "paypal": ({}, {"country": None, "payer_email": None, "payer_id": None}),
    "payto": (
        {"account_number": "000123456", "bsb_number": "000000"},
        {"bsb_number": "000000", "last4": "3456", "pay_id": None},
    ),
    "pix": ({}, {"fingerprint": None}),
    "sepa_debit": (
        {"iban": "DE89370400440532013000"},
        {
            "bank_code": "37040044",
            "branch_code": "",
            "country": "DE",
            "fingerprint": ANY,
            "generated_from": None,
            "last4": "3000",
        },
    ),
    "sofort": ({"country": "DE"}, {"country": "DE"}),
    "upi": ({"mandate_options": {"amount": 100, "amount_type": "maximum"}}, {"vpa": None}),
    "us_bank_account": (
        {
            "account_number": "000123456789",
            "routing_number": "110000000",
            "account_holder_type": "individual",
        },
        {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": ANY,
            "last4": "6789",
            "networks": {"preferred": "ach", "supported": ["ach", "us_domestic_wire"]},
            "routing_number": "110000000",
            "status_details": None,
        },
    ),
}

# Types whose hash is empty on the way in and on the way out.
EMPTY = [
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "alma",
    "amazon_pay",
    "bancontact",
    "billie",
    "crypto",
    "customer_balance",
    "giropay",
    "grabpay",
    "kakao_pay",
    "konbini",
    "mb_way",
    "mobilepay",
    "multibanco",
    "oxxo",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypay",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "satispay",
    "scalapay",
    "sequra",
    "sunbit",
    "swish",
    "twint",
    "wechat_pay",
    "zip",
]
TYPES = sorted({*DETAILS, *EMPTY})
"""Every type but card."""


def params_of(kind, **more):
    """What makes a PaymentMethod of a type."""
    details = DETAILS.get(kind, ({}, {}))[0]
    return {"type": kind, "billing_details": JENNY, **({kind: details} if details else {}), **more}
