"""Top-ups: money that comes from the account's own bank, or does not, and a token that is spent on asking."""

import pytest
import stripe as sdk

from support.connect import BANK, COMPLETE, eventually
from support.data import event_types, refused
from support.server import Server

FIELDS = {"bank_account": {key: value for key, value in BANK.items() if key != "object"}}
HUNDRED = {"amount": 10_000, "currency": "usd"}

OUTCOMES = {
    "btok_us_verified": None,
    "btok_us_verified_noAccount": "no_account",
    "btok_us_verified_accountClosed": "account_closed",
    "btok_us_verified_insufficientFunds": "insufficient_funds",
    "btok_us_verified_debitNotAuthorized": "debit_not_authorized",
    "btok_us_verified_invalidCurrency": "invalid_currency",
}


def answered(stripe, topup):
    return eventually(lambda: stripe.topups.retrieve(topup.id), until=lambda one: one.status != "pending")


def available(stripe):
    return {one.currency: one.amount for one in stripe.balance.retrieve().available}


def test_a_top_up_waits_for_the_bank_and_then_is_in_the_balance(stripe, server):
    token = stripe.tokens.create(FIELDS)
    given = {
        "description": "Rent",
        "metadata": {"a": "1"},
        "statement_descriptor": "Top-up",
        "transfer_group": "G",
    }

    topup = stripe.topups.create({**HUNDRED, **given, "source": token.id})

    shown = topup.to_dict()
    source = shown.pop("source")
    assert shown == {
        "id": topup.id,
        "object": "topup",
        "amount": 10_000,
        "balance_transaction": None,
        "created": topup.created,
        "currency": "usd",
        "description": "Rent",
        "expected_availability_date": topup.expected_availability_date,
        "failure_code": None,
        "failure_message": None,
        "initiated_by": "user",
        "livemode": False,
        "metadata": {"a": "1"},
        "statement_descriptor": "Top-up",
        "status": "pending",
        "transfer_group": "G",
    }
    assert topup.id.startswith("tu_")
    assert (source["type"], source["ach_debit"]["last4"], source["ach_debit"]["fingerprint"]) == (
        "ach_debit",
        "6789",
        token.bank_account.fingerprint,
    )
    assert "000123456789" not in str(shown | source)
    assert (stripe.tokens.retrieve(token.id).used, available(stripe).get("usd", 0)) == (True, 0)

    done = answered(stripe, topup)

    assert (done.status, available(stripe)["usd"]) == ("succeeded", 10_000)
    booked = stripe.balance_transactions.retrieve(done.balance_transaction)
    assert (booked.type, booked.amount, booked.fee, booked.net, booked.source, booked.status) == (
        "topup",
        10_000,
        0,
        10_000,
        topup.id,
        "available",
    )
    assert event_types(stripe, topup.id) == ["topup.created", "topup.succeeded"]
    assert server.command("check").stdout == "0 faults\n"


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_magic_bank_token_says_what_comes_of_it_and_never_runs_out(stripe, name):
    code = OUTCOMES[name]
    for _ in range(2):
        done = answered(stripe, stripe.topups.create({**HUNDRED, "source": name}))
        assert (done.status, done.failure_code) == ("succeeded" if code is None else "failed", code)
        assert bool(done.failure_message) is (code is not None)
        assert (done.balance_transaction is None) is (code is not None)
    assert available(stripe).get("usd", 0) == (20_000 if code is None else 0)


def test_the_published_number_of_a_token_says_it_too(stripe, server):
    bank = {**FIELDS["bank_account"], "account_number": "000222222227"}
    token = stripe.tokens.create({"bank_account": bank})

    failed = answered(stripe, stripe.topups.create({**HUNDRED, "source": token.id}))

    assert (failed.status, failed.failure_code) == ("failed", "insufficient_funds")
    assert event_types(stripe, failed.id) == ["topup.created", "topup.failed"]
    assert server.command("check").stdout == "0 faults\n"


def test_without_a_source_it_is_the_accounts_own_bank(stripe):
    done = answered(stripe, stripe.topups.create(HUNDRED))
    assert (done.status, done.source) == ("succeeded", None)


def test_a_token_is_spent_once_and_not_by_a_refusal(stripe):
    token = stripe.tokens.create(FIELDS).id
    for given, code, param in (
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": "eur"}, None, "currency"),
    ):
        with refused(code=code, param=param):
            stripe.topups.create({**HUNDRED, "source": token, **given})
    assert (stripe.tokens.retrieve(token).used, stripe.topups.list().data) == (False, [])

    stripe.topups.create({**HUNDRED, "source": token})

    with refused(code="token_already_used", says=token):
        stripe.topups.create({**HUNDRED, "source": token})
    assert len(stripe.topups.list().data) == 1


@pytest.mark.parametrize(
    ("source", "code"), [("tok_visa", None), ("btok_nope", "resource_missing"), ("ba_1", "resource_missing")]
)
def test_a_source_that_is_no_bank_account_is_refused(stripe, source, code):
    with refused(code=code, param="source"):
        stripe.topups.create({**HUNDRED, "source": source})


def test_what_a_top_up_needs_is_named(post):
    for given, param in (({"currency": "usd"}, "amount"), ({"amount": "1"}, "currency")):
        error = post("/v1/topups", given).error
        assert (error["code"], error["param"]) == ("parameter_missing", param)
    error = post("/v1/topups", {"amount": "1", "currency": "usd", "payment_method": "pm_x"}).error
    assert error["code"] == "strongroom_not_implemented"


@pytest.fixture
def slow(tmp_path_factory, engine, request):
    """A client of a server whose banks take a minute."""
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    options = ("--sandbox", "--settle-after", "60")
    with Server(tmp_path_factory.mktemp("slow") / "data", database, options=options) as running:
        yield running.client("sk_test_slow").v1


def test_one_that_waits_is_canceled_and_nothing_comes_of_it(slow):
    topup = slow.topups.create({**HUNDRED, "source": slow.tokens.create(FIELDS).id})

    canceled = slow.topups.cancel(topup.id)

    assert (canceled.status, canceled.balance_transaction) == ("canceled", None)
    assert event_types(slow, topup.id) == ["topup.created", "topup.canceled"]
    with refused(says="canceled"):
        slow.topups.cancel(topup.id)


def test_one_that_was_answered_is_not_canceled(stripe):
    done = answered(stripe, stripe.topups.create(HUNDRED))
    with refused(says="succeeded"):
        stripe.topups.cancel(done.id)
    assert stripe.topups.retrieve(done.id).status == "succeeded"


def test_description_and_metadata_change_without_an_event(stripe):
    topup = answered(stripe, stripe.topups.create({**HUNDRED, "metadata": {"a": "1"}}))
    before = event_types(stripe, topup.id)

    changed = stripe.topups.update(topup.id, {"description": "New", "metadata": {"a": "", "b": "2"}})

    assert (changed.description, changed.metadata.to_dict()) == ("New", {"b": "2"})
    assert event_types(stripe, topup.id) == before


def test_lists_are_newest_first_by_status_and_amount(stripe):
    made = [stripe.topups.create({"amount": amount, "currency": "usd"}) for amount in (100, 200, 300)]
    failed = stripe.topups.create({**HUNDRED, "source": "btok_us_verified_noAccount"})
    for one in (*made, failed):
        answered(stripe, one)

    def listed(**params):
        return [one.id for one in stripe.topups.list(params).data]

    first, second, third = (one.id for one in made)
    assert listed() == [failed.id, third, second, first]
    assert listed(status="failed") == [failed.id]
    assert listed(amount=200) == [second]
    assert listed(amount={"gte": 200, "lt": 10_000}) == [third, second]
    assert listed(limit=1, starting_after=third) == [second]


def test_top_ups_are_the_accounts_and_modes_own(stripe, live, browser):
    topup = stripe.topups.create(HUNDRED)
    with refused(status=404, code="resource_missing", param="topup"):
        live.topups.retrieve(topup.id)
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.topups.create(HUNDRED)
    with refused(code="resource_missing", param="source"):
        live.topups.create({**HUNDRED, "source": "btok_us_verified"})


def test_money_brought_in_is_passed_on(stripe):
    """What top-ups are for: a platform pays accounts from what it brought in."""
    account = stripe.accounts.create(COMPLETE)
    answered(stripe, stripe.topups.create(HUNDRED))

    stripe.transfers.create({"amount": 4_000, "currency": "usd", "destination": account.id})

    assert available(stripe)["usd"] == 6_000
