"""What a platform has saved, shared with an account connected to it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM, acting_on
from support.data import VISA, refused

DEBIT = {**VISA, "number": "4000056655665556"}


@pytest.fixture
def account(stripe):
    return stripe.accounts.create(CUSTOM)


def held(stripe, **card):
    """A customer of the platform with one older card."""
    token = stripe.tokens.create({"card": {**DEBIT, "address_zip": "94107", "name": "Jenny", **card}})
    return stripe.customers.create({"source": token.id})


def card_of(stripe, customer):
    """The platform's card as the older API shows it."""
    return stripe.customers.retrieve(customer.id, {"expand": ["sources"]}).sources.data[0]


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_customers_card_becomes_a_token_of_the_connected_account(stripe, account):
    customer = held(stripe, currency="usd")
    original = card_of(stripe, customer)
    for params in ({"customer": customer.id}, {"customer": customer.id, "card": original.id}):
        token = stripe.tokens.create(params, acting_on(account))
        card = token.card
        assert re.fullmatch(r"tok_\w{24}", token.id)
        assert card.id.startswith("card_")
        assert card.id != original.id
        same = (
            "fingerprint",
            "last4",
            "exp_month",
            "exp_year",
            "cvc_check",
            "address_zip_check",
            "name",
            "currency",
        )
        assert {key: card[key] for key in same} == {key: original[key] for key in same}
        assert (card.cvc_check, card.currency) == ("pass", "usd")
        assert stripe.tokens.retrieve(token.id, {}, acting_on(account)).to_dict() == token.to_dict()
        with refused(status=404, code="resource_missing", param="token"):
            stripe.tokens.retrieve(token.id)
    assert card_of(stripe, customer).to_dict() == original.to_dict()


def test_a_cloned_token_is_spent_on_the_account_once_and_on_nothing_of_the_platform(stripe, account):
    customer = held(stripe, currency="usd")
    token = stripe.tokens.create({"customer": customer.id}, acting_on(account))
    with refused(code="resource_missing", param="source"):
        stripe.customers.create({"source": token.id})

    payout = stripe.accounts.external_accounts.create(account.id, {"external_account": token.id})
    assert (payout.id, payout.fingerprint, payout.cvc_check) == (
        token.card.id,
        token.card.fingerprint,
        "pass",
    )
    with refused(code="token_already_used"):
        stripe.customers.create({"source": token.id}, acting_on(account))
    again = stripe.tokens.create({"customer": customer.id}, acting_on(account))
    theirs = stripe.customers.create({"source": again.id}, acting_on(account))
    (source,) = stripe.customers.retrieve(theirs.id, {"expand": ["sources"]}, acting_on(account)).sources.data
    assert (source.id, source.fingerprint, source.cvc_check) == (
        again.card.id,
        token.card.fingerprint,
        "pass",
    )


def test_a_clone_outlives_what_it_was_made_from(stripe, account):
    customer = held(stripe)
    token = stripe.tokens.create({"customer": customer.id}, acting_on(account))
    stripe.customers.delete(customer.id)

    assert stripe.customers.create({"source": token.id}, acting_on(account)).default_source == token.card.id


def test_a_card_is_cloned_with_its_own_customer_for_a_connected_account_by_a_server(
    stripe, browser, server, name, account
):
    customer, empty, gone = held(stripe), stripe.customers.create({}), held(stripe)
    stripe.customers.delete(gone.id)
    card = customer.default_source
    other = held(stripe).default_source
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    theirs = server.client(f"sk_test_{name}other").v1
    for params, code, param in (
        ({"card": card}, None, "card"),
        ({"customer": "cus_nope"}, "resource_missing", "customer"),
        ({"customer": gone.id}, "resource_missing", "customer"),
        ({"customer": held(theirs).id}, "resource_missing", "customer"),
        ({"customer": customer.id, "card": "card_nope"}, "resource_missing", "card"),
        ({"customer": customer.id, "card": other}, "resource_missing", "card"),
        ({"customer": customer.id, "card": method.id}, "resource_missing", "card"),
        ({"customer": empty.id}, "missing", "card"),
        ({"customer": customer.id, "pii": {"id_number": "1"}}, "parameters_exclusive", "pii"),
        ({"customer": customer.id, "card": VISA}, "parameters_exclusive", "card"),
        ({"customer": customer.id, "card": card, "pii": {"id_number": "1"}}, "parameters_exclusive", "pii"),
    ):
        with refused(code=code, param=param):
            stripe.tokens.create(params, acting_on(account))
    with refused(param="customer"):
        stripe.tokens.create({"customer": customer.id})
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.tokens.create({"customer": customer.id}, acting_on(account))
    with refused(sdk.PermissionError, status=403, code="account_invalid"):
        theirs.tokens.create({"customer": held(theirs).id}, acting_on(account))


def test_a_customer_of_the_connected_account_is_no_customer_of_the_platform(stripe, account):
    theirs = stripe.customers.create({"source": "tok_visa"}, acting_on(account))
    with refused(code="resource_missing", param="customer"):
        stripe.tokens.create({"customer": theirs.id}, acting_on(account))


def test_a_bank_token_is_made_from_a_saved_payment_method_of_its_customer(stripe, account):
    customer = stripe.customers.create()
    method = stripe.payment_methods.create(
        {
            "type": "us_bank_account",
            "us_bank_account": {
                "account_number": "000111111116",
                "routing_number": "110000000",
                "account_holder_type": "individual",
            },
            "billing_details": {"name": "Jenny Rosen"},
        }
    )
    path = "bank_account[payment_method]"
    with refused(code="resource_missing", param=path):
        stripe.tokens.create({"bank_account": {"payment_method": method.id}, "customer": customer.id})

    token = stripe.tokens.create({"bank_account": {"payment_method": method.id}})

    shown = token.bank_account
    assert (token.type, shown.last4, shown.routing_number, shown.status) == (
        "bank_account",
        "1116",
        "110000000",
        "new",
    )
    assert (shown.account_holder_name, shown.fingerprint) == (
        "Jenny Rosen",
        method.us_bank_account.fingerprint,
    )
    destination = stripe.accounts.external_accounts.create(account.id, {"external_account": token.id})
    assert (destination.id, destination.last4) == (shown.id, "1116")
    with refused(says="previously used"):
        stripe.tokens.create({"bank_account": {"payment_method": method.id}})
    with refused(param=path, says="not of type us_bank_account"):
        stripe.tokens.create({"bank_account": {"payment_method": "pm_card_visa"}})


def saved_bank(stripe):
    """A customer with a verified bank account, and that account as a PaymentMethod."""
    bank = {"country": "US", "currency": "usd", "routing_number": "110000000", "account_number": "000123456789",
            "account_holder_name": "Jenny", "account_holder_type": "individual"}  # fmt: skip
    customer = stripe.customers.create({"source": stripe.tokens.create({"bank_account": bank}).id})
    stripe.customers.payment_sources.verify(customer.id, customer.default_source, {"amounts": [32, 45]})
    return customer, stripe.payment_methods.retrieve(customer.default_source)


def unsaved_bank(stripe):
    bank = {
        "account_number": "000111111116",
        "routing_number": "110000000",
        "account_holder_type": "individual",
    }
    return stripe.payment_methods.create(
        {"type": "us_bank_account", "us_bank_account": bank, "billing_details": {"name": "Jenny"}}
    )


def test_a_saved_bank_account_stays_and_its_customer_has_to_be_named(stripe):
    customer, method = saved_bank(stripe)
    bank = {"bank_account": {"payment_method": method.id}}
    for _ in range(2):
        assert stripe.tokens.create({**bank, "customer": customer.id}).bank_account.last4 == "6789"
    assert stripe.payment_methods.retrieve(method.id).to_dict() == method.to_dict()
    with refused(code="parameter_missing", param="customer"):
        stripe.tokens.create(bank)
    with refused(code="resource_missing", param="bank_account[payment_method]"):
        stripe.tokens.create({**bank, "customer": stripe.customers.create({}).id})
    with refused(code="parameters_exclusive", param="pii"):
        stripe.tokens.create({**bank, "pii": {"id_number": "1"}})


def test_a_test_name_of_a_bank_account_becomes_a_token_as_often_as_one_likes(stripe, server, account):
    name = {"bank_account": {"payment_method": "pm_usBankAccount_success"}}
    tokens = [stripe.tokens.create(name) for _ in range(2)]

    assert len({token.bank_account.id for token in tokens}) == 2
    assert [token.bank_account.last4 for token in tokens] == ["6789"] * 2
    stripe.accounts.external_accounts.create(account.id, {"external_account": tokens[0].id})
    assert server.command("check").stdout == "0 faults\n"


def test_of_many_that_want_a_token_of_one_unsaved_bank_account_one_gets_it(stripe, post):
    method = unsaved_bank(stripe)
    with ThreadPoolExecutor(64) as crowd:
        wanted = {"bank_account[payment_method]": method.id}
        replies = list(crowd.map(lambda _: post("/v1/tokens", wanted), range(64)))
    assert sorted(reply.status for reply in replies) == [200, *[400] * 63]


def test_a_bank_token_is_made_from_numbers_or_from_a_payment_method_and_not_from_both(post, publishable_key):
    path = "bank_account[payment_method]"
    for beside in ("account_number", "country", "currency"):
        error = post("/v1/tokens", {path: "pm_x", f"bank_account[{beside}]": "1"}).error
        assert (error["code"], error["param"]) == ("parameters_exclusive", path)
    for params in ({path: "pm_x"}, {path: "pm_x", "customer": "cus_x"}):
        reply = post("/v1/tokens", params)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "resource_missing", path)
        assert post("/v1/tokens", params, key=publishable_key).error["code"] == "secret_key_required"
    for field, value, code in (
        ("account_number", None, "parameter_missing"),
        ("country", "", "parameter_invalid_empty"),
    ):
        bank = {
            "country": "US",
            "account_number": "000123456789",
            "routing_number": "110000000",
            field: value,
        }
        sent = {f"bank_account[{key}]": text for key, text in bank.items() if text is not None}
        error = post("/v1/tokens", sent).error
        assert (error["code"], error["param"]) == (code, f"bank_account[{field}]")


# -- PaymentMethods ---------------------------------------------------------------------------------------------------


def saved(stripe):
    customer = stripe.customers.create({})
    method = stripe.payment_methods.create({
        "type": "card", "card": VISA, "billing_details": {"name": "Jenny", "email": "j@example.com"}, "metadata": {"a": "1"},
        "allow_redisplay": "always",
    })  # fmt: skip
    return customer, stripe.payment_methods.attach(method.id, {"customer": customer.id})


def test_a_saved_payment_method_is_copied_under_an_id_of_its_own_and_attached_to_nobody(stripe, account):
    customer, method = saved(stripe)
    shared = {"customer": customer.id, "payment_method": method.id}
    copies = [stripe.payment_methods.create(shared, acting_on(account)) for _ in range(2)]

    assert len({method.id, *(copy.id for copy in copies)}) == 3
    for copy in copies:
        assert (copy.customer, copy.metadata.to_dict(), copy.allow_redisplay) == (None, {}, "unspecified")
        for key in ("card", "billing_details", "type"):
            assert copy[key] == method[key]
        assert copy.card.checks.cvc_check == "pass"
        assert stripe.payment_methods.retrieve(copy.id, {}, acting_on(account)).to_dict() == copy.to_dict()
    assert stripe.payment_methods.retrieve(method.id).to_dict() == method.to_dict()
    noted = stripe.payment_methods.create(
        {**shared, "metadata": {"b": "2"}, "allow_redisplay": "limited"}, acting_on(account)
    )
    assert (noted.metadata.to_dict(), noted.allow_redisplay) == ({"b": "2"}, "limited")
    theirs = stripe.customers.create({}, acting_on(account))
    attached = stripe.payment_methods.attach(noted.id, {"customer": theirs.id}, acting_on(account))
    assert (attached.customer, attached.card.checks.cvc_check) == (theirs.id, "pass")


def test_one_that_was_never_saved_is_used_up_by_being_shared(stripe, account):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    copy = stripe.payment_methods.create({"payment_method": method.id}, acting_on(account))

    assert copy.card.fingerprint == method.card.fingerprint
    with refused(param="payment_method", says="shared with a connected account"):
        stripe.payment_methods.create({"payment_method": method.id}, acting_on(account))
    with refused(says="may not be used again"):
        stripe.payment_methods.attach(method.id, {"customer": stripe.customers.create({}).id})


def test_of_many_that_share_one_unsaved_payment_method_one_gets_it(stripe, account, post):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    with ThreadPoolExecutor(64) as crowd:
        share = {"payment_method": method.id}
        replies = list(
            crowd.map(lambda _: post("/v1/payment_methods", share, Stripe_Account=account.id), range(64))
        )

    assert sorted(reply.status for reply in replies) == [200, *[400] * 63]
    assert len(stripe.payment_methods.list({}, acting_on(account)).data) == 1


def test_a_magic_payment_method_becomes_one_of_the_accounts_own(stripe, account):
    copy = stripe.payment_methods.create({"payment_method": "pm_card_visa"}, acting_on(account))
    assert (copy.card.last4, copy.customer) == ("4242", None)
    assert stripe.payment_methods.list({}).data == []


def test_a_payment_method_is_shared_with_its_own_customer_by_a_server(stripe, browser, server, name, account):
    customer, method = saved(stripe)
    other = stripe.customers.create({})
    unsaved = stripe.payment_methods.create({"type": "card", "card": VISA})
    detached = stripe.payment_methods.detach(saved(stripe)[1].id)
    foreign = server.client(f"sk_test_{name}other").v1.payment_methods.create({"type": "card", "card": VISA})
    for params, code, param in (
        ({"customer": customer.id}, None, "customer"),
        ({"payment_method": method.id}, "parameter_missing", "customer"),
        ({"payment_method": method.id, "customer": other.id}, "resource_missing", "payment_method"),
        ({"payment_method": method.id, "customer": "cus_nope"}, "resource_missing", "customer"),
        ({"payment_method": unsaved.id, "customer": customer.id}, "resource_missing", "payment_method"),
        ({"payment_method": detached.id}, None, "payment_method"),
        ({"payment_method": foreign.id}, "resource_missing", "payment_method"),
        ({"payment_method": "pm_nope"}, "resource_missing", "payment_method"),
        ({"payment_method": unsaved.id, "card": VISA}, "parameters_exclusive", "card"),
        (
            {"payment_method": unsaved.id, "billing_details": {"name": "A"}},
            "parameters_exclusive",
            "billing_details",
        ),
    ):
        with refused(code=code, param=param):
            stripe.payment_methods.create(params, acting_on(account))
    shared = {"customer": customer.id, "payment_method": method.id}
    with refused(param="payment_method", says="Stripe-Account"):
        stripe.payment_methods.create(shared)
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.payment_methods.create(shared, acting_on(account))
    assert stripe.payment_methods.list({}, acting_on(account)).data == []
    stripe.payment_methods.create({"payment_method": unsaved.id}, acting_on(account))


def test_a_copy_is_kept_by_the_accounts_keys_and_goes_with_nothing_of_the_platforms(stripe, server):
    account = stripe.accounts.create(COMPLETE)
    customer, method = saved(stripe)
    copy = stripe.payment_methods.create(
        {"customer": customer.id, "payment_method": method.id}, acting_on(account)
    )
    stripe.customers.delete(customer.id)

    theirs = stripe.customers.create({"payment_method": copy.id}, acting_on(account))
    assert stripe.payment_methods.retrieve(copy.id, {}, acting_on(account)).customer == theirs.id
    assert server.command("check").stdout == "0 faults\n"


def test_a_bank_account_is_shared_once_it_is_verified(stripe, account):
    unverified = unsaved_bank(stripe)
    with refused(code="bank_account_unverified"):
        stripe.payment_methods.create({"payment_method": unverified.id}, acting_on(account))
    customer, method = saved_bank(stripe)
    shared = {"customer": customer.id, "payment_method": method.id}
    copy = stripe.payment_methods.create(shared, acting_on(account))

    assert (copy.type, copy.customer, copy.us_bank_account.last4) == ("us_bank_account", None, "6789")
    assert copy.us_bank_account.fingerprint == method.us_bank_account.fingerprint
    theirs = stripe.customers.create({}, acting_on(account))
    attached = stripe.payment_methods.attach(copy.id, {"customer": theirs.id}, acting_on(account))
    assert attached.customer == theirs.id
