"""Every kind of token where another is wanted: refused by the parameter's name, and as good afterwards as before."""

import pytest

from support.connect import BANK, CUSTOM
from support.data import VISA, refused

KINDS = ("card", "bank_account", "pii", "account", "person", "cvc_update")


def make(stripe, kind):
    given = {
        "card": VISA,
        "bank_account": {key: value for key, value in BANK.items() if key != "object"},
        "pii": {"id_number": "222222222"},
        "account": {"business_type": "individual", "tos_shown_and_accepted": True},
        "person": {"first_name": "Jenny"},
        "cvc_update": {"cvc": "314"},
    }
    return stripe.tokens.create({kind: given[kind]})


@pytest.fixture
def account(stripe):
    return stripe.accounts.create({**CUSTOM, "business_type": "company"})


def destination(stripe, account, token):
    stripe.accounts.external_accounts.create(account.id, {"external_account": token})


def own_destination(stripe, account, token):
    stripe.accounts.update(account.id, {"external_account": token})


def charge(stripe, account, token):
    stripe.charges.create({"amount": 2000, "currency": "usd", "source": token})


def method(stripe, account, token):
    stripe.payment_methods.create({"type": "card", "card": {"token": token}})


def customer(stripe, account, token):
    stripe.customers.create({"source": token})


def source(stripe, account, token):
    stripe.customers.payment_sources.create(stripe.customers.create({}).id, {"source": token})


def new_account(stripe, account, token):
    stripe.accounts.create({**CUSTOM, "account_token": token})


def changed_account(stripe, account, token):
    stripe.accounts.update(account.id, {"account_token": token})


def new_person(stripe, account, token):
    stripe.accounts.persons.create(account.id, {"person_token": token})


def number(stripe, account, token):
    stripe.accounts.persons.create(account.id, {"id_number": token})


def code(stripe, account, token):
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]}
    )
    options = {"payment_method_options": {"card": {"cvc_token": token}}}
    stripe.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", **options})


# Where tokens are spent → the parameter, and the kinds it takes.
PLACES = {
    destination: ("external_account", {"card", "bank_account"}),
    own_destination: ("external_account", {"card", "bank_account"}),
    charge: ("source", {"card", "bank_account"}),
    method: ("card[token]", {"card"}),
    customer: ("source", {"card", "bank_account"}),
    source: ("source", {"card", "bank_account"}),
    new_account: ("account_token", {"account"}),
    changed_account: ("account_token", {"account"}),
    new_person: ("person_token", {"person"}),
    number: ("id_number", {"pii"}),
    code: ("payment_method_options[card][cvc_token]", {"cvc_update"}),
}
WRONG = [(place, kind) for place, (_, taken) in PLACES.items() for kind in KINDS if kind not in taken]


@pytest.mark.parametrize(("place", "kind"), WRONG, ids=lambda one: getattr(one, "__name__", one))
def test_a_token_of_another_kind_is_refused_and_stays_unused(stripe, account, place, kind):
    token = make(stripe, kind)

    # Any text is an id number until it looks like a PII token's id; the US has numbers of nine digits alone.
    is_number = place is number
    with refused(code="tax_id_invalid" if is_number else None, param=PLACES[place][0]):
        place(stripe, account, token.id)

    assert stripe.tokens.retrieve(token.id).used is False
    assert stripe.accounts.persons.list(account.id).data == []


def test_a_bank_account_is_charged_for_a_customer_alone(stripe):
    token = make(stripe, "bank_account")
    with refused(code="bank_account_unverified", param="source"):
        stripe.charges.create({"amount": 2000, "currency": "usd", "source": token.id})
    assert stripe.tokens.retrieve(token.id).used is False


def test_a_bank_account_set_up_for_the_account_itself_becomes_no_token(stripe):
    intent = stripe.setup_intents.create(
        {
            "attach_to_self": True,
            "payment_method_types": ["us_bank_account"],
            "payment_method": "pm_usBankAccount_success",
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
        }
    )
    assert intent.status == "succeeded"

    with refused(param="bank_account[payment_method]", says="attach_to_self"):
        stripe.tokens.create({"bank_account": {"payment_method": intent.payment_method}})
