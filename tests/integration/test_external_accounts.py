"""External accounts: from tokens of either account, one default per currency, and no number anywhere."""

import pytest
import stripe as sdk

from support.connect import BANK, COMPLETE, CUSTOM, acting_on, events_of
from support.data import refused

DEBIT = {"number": "4000056655665556", "exp_month": "12", "exp_year": "2034", "cvc": "314", "currency": "usd"}
EURO = {
    "object": "bank_account",
    "country": "DE",
    "currency": "eur",
    "account_number": "DE89370400440532013000",
}


@pytest.fixture
def account(stripe):
    return stripe.accounts.create(CUSTOM)


@pytest.fixture
def external(stripe, account):
    """The external accounts of the account, as the SDK reaches them."""

    def create(given, **more):
        return stripe.accounts.external_accounts.create(account.id, {"external_account": given, **more})

    return create


def bank_token(stripe, **options):
    bank = {key: value for key, value in BANK.items() if key != "object"}
    return stripe.tokens.create({"bank_account": bank}, options)


def test_a_bank_account_shows_its_last_four_and_is_the_default_of_its_currency(stripe, account, external):
    made = external(BANK, metadata={"a": "1"})

    assert made.to_dict() == {
        "id": made.id,
        "object": "bank_account",
        "account": account.id,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard", "instant"],
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": made.fingerprint,
        "future_requirements": {
            "currently_due": [],
            "errors": [],
            "past_due": [],
            "pending_verification": [],
        },
        "last4": "6789",
        "metadata": {"a": "1"},
        "requirements": {"currently_due": [], "errors": [], "past_due": [], "pending_verification": []},
        "routing_number": "110000000",
        "status": "new",
    }
    assert made.id.startswith("ba_")
    shown = stripe.accounts.retrieve(account.id)
    assert [one.to_dict() for one in shown.external_accounts.data] == [made.to_dict()]
    assert shown.external_accounts.total_count == 1
    assert "external_account" not in shown.requirements.currently_due
    events = events_of(stripe, account, "account.external_account.created", "account.updated")
    assert [event.type for event in events] == ["account.external_account.created", "account.updated"]
    assert events[0].data.object.to_dict() == made.to_dict()
    assert "external_account" in events[1].data.previous_attributes.requirements.currently_due


@pytest.mark.parametrize("owner", ["platform", "account"])
def test_a_token_of_the_platform_or_of_the_account_becomes_the_external_account_once(
    stripe, account, external, owner
):
    options = {} if owner == "platform" else acting_on(account)
    token = bank_token(stripe, **options)

    made = external(token.id)

    assert made.id == token.bank_account.id
    assert made.fingerprint == token.bank_account.fingerprint
    assert stripe.tokens.retrieve(token.id, {}, options).used is True
    with refused(code="token_already_used", says=f"token more than once: {token.id}"):
        external(token.id)


def test_under_the_header_too_the_platforms_token_is_taken(stripe, account):
    token = bank_token(stripe)

    made = stripe.accounts.external_accounts.create(
        account.id, {"external_account": token.id}, acting_on(account)
    )

    assert made.id == token.bank_account.id
    assert stripe.tokens.retrieve(token.id).used is True


def test_a_token_of_an_account_is_nobody_elses(stripe, account):
    token = stripe.tokens.create({"card": DEBIT}, acting_on(account))

    with refused(code="resource_missing", param="source"):
        stripe.customers.create({"source": token.id})
    other = stripe.accounts.create(CUSTOM)
    with refused(code="resource_missing", param="external_account"):
        stripe.accounts.external_accounts.create(other.id, {"external_account": token.id})
    assert stripe.tokens.retrieve(token.id, {}, acting_on(account)).used is False


def test_a_debit_card_keeps_the_id_it_had_in_its_token(stripe, account, external):
    token = stripe.tokens.create({"card": DEBIT})

    made = external(token.id)

    assert made.object == "card"
    assert made.id == token.card.id
    assert (made.account, made.currency, made.status) == (account.id, "usd", "new")
    assert (made.cvc_check, made.default_for_currency) == ("pass", True)
    assert made.available_payout_methods == ["standard", "instant"]


def test_a_card_token_without_a_currency_needs_one_beside_it(stripe, external):
    token = stripe.tokens.create({"card": {k: v for k, v in DEBIT.items() if k != "currency"}})

    with refused(param="external_account", says="currency"):
        external(token.id)
    assert external({"object": "card", "token": token.id, "currency": "usd"}).currency == "usd"


@pytest.mark.parametrize("token", ["tok_visa", "tok_mastercard_prepaid", "tok_visa_credit_au"])
def test_only_debit_cards_are_paid_out_to(external, token):
    with refused(code="invalid_card_type", param="external_account", says="debit card"):
        external({"object": "card", "token": token, "currency": "usd"})


def test_a_card_that_is_not_instant_says_so(external):
    card = {"object": "card", "currency": "usd"}

    slow = external({**card, "token": "tok_visa_debit_us_instantPayoutUnsupported"})
    fast = external({**card, "token": "tok_visa_debit_us_transferSuccess"})

    assert slow.available_payout_methods == ["standard"]
    assert fast.available_payout_methods == ["standard", "instant"]


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ("btok_nope", "resource_missing", "external_account"),
        ({**BANK, "routing_number": "12345"}, "routing_number_invalid", "external_account[routing_number]"),
        (
            {**BANK, "account_number": "123123123"},
            "account_number_invalid",
            "external_account[account_number]",
        ),
        (
            {"object": "bank_account", "country": "US"},
            "parameter_missing",
            "external_account[account_number]",
        ),
        ({"object": "bank_account"}, "parameter_missing", "external_account[country]"),
        ({"object": "card", "currency": "usd"}, "parameter_missing", "external_account[number]"),
    ],
)
def test_a_wrong_external_account_is_refused_and_leaves_nothing(
    stripe, account, external, given, code, param
):
    with refused(code=code, param=param):
        external(given)
    assert stripe.accounts.external_accounts.list(account.id).data == []


def test_a_token_of_another_kind_is_refused_and_stays_unused(stripe, external):
    pii = stripe.tokens.create({"pii": {"id_number": "000000000"}})

    with refused(param="external_account"):
        external(pii.id)
    assert stripe.tokens.retrieve(pii.id).used is False


def test_magic_bank_tokens_work_as_often_as_one_likes(external):
    assert external("btok_us_verified").id != external("btok_us_verified").id


# -- one default per currency -----------------------------------------------------------------------------------------


def defaults(stripe, account):
    held = stripe.accounts.external_accounts.list(account.id).data
    return {one.id: one.default_for_currency for one in held}


def test_each_currency_has_one_default(stripe, account, external):
    first, second, euro = external(BANK), external(BANK), external(EURO)

    assert defaults(stripe, account) == {first.id: True, second.id: False, euro.id: True}

    stripe.accounts.external_accounts.update(account.id, second.id, {"default_for_currency": True})

    assert defaults(stripe, account) == {first.id: False, second.id: True, euro.id: True}
    third = external(BANK, default_for_currency=True)
    assert [key for key, is_default in defaults(stripe, account).items() if is_default] == [third.id, euro.id]


def test_through_the_account_a_new_one_replaces_the_default_of_its_currency(stripe, account, external):
    old, euro = external(BANK), external(EURO)

    changed = stripe.accounts.update(account.id, {"external_account": "btok_us_verified"})

    held = [one.id for one in changed.external_accounts.data]
    assert len(held) == 2
    assert old.id not in held
    assert euro.id in held
    with refused(status=404, code="resource_missing", param="id"):
        stripe.accounts.external_accounts.retrieve(account.id, old.id)
    deleted = events_of(stripe, account, "account.external_account.deleted")
    assert [event.data.object.id for event in deleted] == [old.id]


def test_the_default_with_siblings_and_the_last_one_stay(stripe, account, external):
    first = external(BANK)
    with refused(param="id"):
        stripe.accounts.external_accounts.delete(account.id, first.id)
    second = external(BANK)

    with refused(param="id"):
        stripe.accounts.external_accounts.delete(account.id, first.id)
    gone = stripe.accounts.external_accounts.delete(account.id, second.id)

    assert gone.to_dict() == {"id": second.id, "object": "bank_account", "deleted": True}
    assert list(defaults(stripe, account)) == [first.id]


def test_with_manual_payouts_even_the_last_one_may_go(stripe, account, external):
    stripe.accounts.update(account.id, {"settings": {"payouts": {"schedule": {"interval": "manual"}}}})
    only = external(BANK)

    assert stripe.accounts.external_accounts.delete(account.id, only.id).deleted is True
    assert stripe.accounts.retrieve(account.id).external_accounts.total_count == 0


# -- update, list -----------------------------------------------------------------------------------------------------


def test_an_update_changes_what_may_change_and_tells_what_was(stripe, account, external):
    bank, card = external(BANK), external({**DEBIT, "object": "card"})

    bank = stripe.accounts.external_accounts.update(
        account.id, bank.id, {"account_holder_name": "Jenny", "metadata": {"a": "1"}}
    )
    card = stripe.accounts.external_accounts.update(
        account.id, card.id, {"exp_month": "11", "address_zip": "94107"}
    )

    assert (bank.account_holder_name, bank.metadata.to_dict()) == ("Jenny", {"a": "1"})
    assert (card.exp_month, card.exp_year, card.address_zip) == (11, 2034, "94107")
    first, _ = events_of(stripe, account, "account.external_account.updated")
    assert first.data.previous_attributes.to_dict() == {"account_holder_name": None, "metadata": {"a": None}}
    with refused(code="parameter_unknown", param="exp_month"):
        stripe.accounts.external_accounts.update(account.id, bank.id, {"exp_month": "1"})


def test_the_list_tells_bank_accounts_from_cards(stripe, account, external):
    bank, card = external(BANK), external({**DEBIT, "object": "card"})

    def ids(**params):
        return [one.id for one in stripe.accounts.external_accounts.list(account.id, params).data]

    assert ids() == [card.id, bank.id]
    assert ids(object="bank_account") == [bank.id]
    assert ids(object="card") == [card.id]
    assert ids(starting_after=card.id) == [bank.id]


def test_external_accounts_of_a_foreign_account_are_refused(server, name, account, external):
    made = external(BANK)
    other = server.client(f"sk_test_{name}other").v1.accounts.external_accounts

    for attempt in (
        lambda: other.list(account.id),
        lambda: other.retrieve(account.id, made.id),
        lambda: other.delete(account.id, made.id),
        lambda: other.create(account.id, {"external_account": BANK}),
    ):
        with refused(sdk.PermissionError, status=403, code="account_invalid"):
            attempt()


def test_one_bank_account_has_one_fingerprint_across_a_platforms_accounts(stripe, external):
    other = stripe.accounts.create({**COMPLETE})

    assert external(BANK).fingerprint == other.external_accounts.data[0].fingerprint
