"""Names that clients of years ago send for what accounts are given today."""

import pytest

from support.connect import BANK, CUSTOM
from support.data import refused

NUMBERS = {key: value for key, value in BANK.items() if key != "object"}
OLD = {"type": "custom", "country": "US", "requested_capabilities": ["card_payments", "transfers"]}


def test_an_account_is_made_with_the_older_names(stripe):
    account = stripe.accounts.create({**OLD, "bank_account": NUMBERS})

    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert [one.last4 for one in account.external_accounts.data] == ["6789"]


def test_a_token_may_stand_there_too(stripe):
    account = stripe.accounts.create(CUSTOM)
    token = stripe.tokens.create({"bank_account": NUMBERS})

    changed = stripe.accounts.update(account.id, {"bank_account": token.id})

    assert changed.external_accounts.data[0].id == token.bank_account.id
    assert stripe.tokens.retrieve(token.id).used is True


def test_requesting_more_leaves_what_was_requested(stripe):
    account = stripe.accounts.create(OLD)
    changed = stripe.accounts.update(account.id, {"requested_capabilities": ["klarna_payments"]})
    assert set(changed.capabilities.to_dict()) == {"card_payments", "klarna_payments", "transfers"}


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"bank_account": "btok_nope"}, "resource_missing", "bank_account"),
        ({"bank_account": "tok_visa"}, "invalid_card_type", "bank_account"),
        ({"bank_account": {**NUMBERS, "routing_number": "1"}}, "routing_number_invalid", "bank_account[routing_number]"),
        ({"bank_account": {"country": "US"}}, "parameter_missing", "bank_account[account_number]"),
        ({"bank_account": {**NUMBERS, "colour": "red"}}, "parameter_unknown", "bank_account[colour]"),
        ({"bank_account": NUMBERS, "external_account": "btok_us_verified"}, "parameters_exclusive", "bank_account"),
        ({"requested_capabilities": ["flying"]}, None, "requested_capabilities[0]"),
        ({"requested_capabilities": ["transfers"], "capabilities": {}}, "parameters_exclusive", "requested_capabilities"),
    ],
)  # fmt: skip
def test_a_refusal_names_what_was_sent(stripe, given, code, param):
    if "capabilities" in given:
        given = {**given, "capabilities": CUSTOM["capabilities"]}
    with refused(code=code, param=param):
        stripe.accounts.create({**OLD, **given})
    assert stripe.accounts.list().data == []


def test_the_older_path_means_the_same(get, post, server, secret_key, stripe):
    account = stripe.accounts.create(CUSTOM)
    path = f"/v1/accounts/{account.id}/bank_accounts"
    made = post(path, {"external_account": "btok_us_verified"}).json

    assert get(path).json["data"] == [made]
    assert get(f"{path}/{made['id']}").json == made
    changed = post(f"{path}/{made['id']}", {"metadata[a]": "1"}).json
    assert changed["metadata"] == {"a": "1"}
    stripe.accounts.external_accounts.create(
        account.id, {"external_account": "btok_us_verified", "default_for_currency": True}
    )
    gone = server.request("DELETE", f"{path}/{made['id']}", key=secret_key).json
    assert gone == {"id": made["id"], "object": "bank_account", "deleted": True}
