"""Sixty-four clients and one token, in every place that spends one: exactly one wins, and exactly one thing happens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.connect import BANK, COMPLETE, CUSTOM, INDIVIDUAL
from support.data import DECLINED, VISA

RACERS = 64
BANK_ACCOUNT = {key: value for key, value in BANK.items() if key != "object"}
DEBIT = {**VISA, "number": "4000056655665556", "currency": "usd"}
COMPANY = {**CUSTOM, "business_type": "company", "company": {"name": "Rosen Books"}}
PERSON = {"first_name": "Jenny", "id_number": "222222222"}
DATA = {"business_type": "individual", "individual": INDIVIDUAL, "tos_shown_and_accepted": True}
OUTSIDE = {
    key: value
    for key, value in COMPLETE.items()
    if key not in ("business_type", "individual", "tos_acceptance")
}


class World:
    """A platform's customer, connected company and person, and what has been made since."""

    def __init__(self, stripe):
        self.stripe = stripe
        self.customer = stripe.customers.create({})
        self.account = stripe.accounts.create(COMPANY)
        self.person = stripe.accounts.persons.create(
            self.account.id, {"relationship": {"representative": True}}
        )
        self.unsure = stripe.accounts.create(CUSTOM)
        self.before = self.counted()

    def counted(self):
        stripe, account = self.stripe, self.account.id
        persons = stripe.accounts.persons.list(account, {"limit": 100}).data
        return {
            "customers": len(stripe.customers.list({"limit": 100}).data),
            "sources": stripe.customers.retrieve(self.customer.id).default_source is not None,
            "methods": len(stripe.payment_methods.list({"limit": 100}).data),
            "payments": len(stripe.payment_intents.list({"limit": 100}).data),
            "setups": len(stripe.setup_intents.list({"limit": 100}).data),
            "accounts": len(stripe.accounts.list({"limit": 100}).data),
            "persons": len(persons),
            "numbers": sum(person.id_number_provided for person in persons),
            "payouts": len(stripe.accounts.external_accounts.list(account, {"limit": 100}).data),
            "updated": len(self.told("account.updated", self.unsure.id)),
            "renamed": len(self.told("person.updated", account)),
        }

    def told(self, kind, account):
        found = self.stripe.events.list({"limit": 100, "type": kind}, {"stripe_account": account})
        return found.data

    def happened(self):
        now = self.counted()
        return {name: now[name] - self.before[name] for name in now if now[name] != self.before[name]}


# What is raced for; how it is spent; and what has happened once, and no more than once, afterwards.
RACES = {
    "a customer": ({"card": VISA}, lambda w, t: ("customers", {"source": t}), {"customers": 1, "methods": 1}),
    "a customer's source": (
        {"card": VISA}, lambda w, t: (f"customers/{w.customer.id}", {"source": t}), {"sources": 1, "methods": 1},
    ),
    "a PaymentMethod": ({"card": VISA}, lambda w, t: ("payment_methods", {"type": "card", "card": {"token": t}}), {"methods": 1}),
    "a payment's method": (
        {"card": VISA},
        lambda w, t: ("payment_intents", {"amount": 500, "currency": "usd", "payment_method_data": {"type": "card", "card": {"token": t}}}),
        {"methods": 1, "payments": 1},
    ),
    "a setup's method": (
        {"card": VISA}, lambda w, t: ("setup_intents", {"payment_method_data": {"type": "card", "card": {"token": t}}}),
        {"methods": 1, "setups": 1},
    ),
    "an external account": (
        {"bank_account": BANK_ACCOUNT}, lambda w, t: (f"accounts/{w.account.id}/external_accounts", {"external_account": t}),
        {"payouts": 1},
    ),
    "a payout card": (
        {"card": DEBIT}, lambda w, t: (f"accounts/{w.account.id}/external_accounts", {"external_account": t}), {"payouts": 1},
    ),
    "a default external account": (
        {"bank_account": BANK_ACCOUNT}, lambda w, t: (f"accounts/{w.account.id}", {"external_account": t}), {"payouts": 1},
    ),
    "an account with a bank": (
        {"bank_account": BANK_ACCOUNT}, lambda w, t: ("accounts", {**CUSTOM, "external_account": t}), {"accounts": 1},
    ),
    "an account": ({"account": DATA}, lambda w, t: ("accounts", {**OUTSIDE, "account_token": t}), {"accounts": 1}),
    "an account's data": (
        {"account": DATA}, lambda w, t: (f"accounts/{w.unsure.id}", {"account_token": t}), {"updated": 1},
    ),
    "a person": (
        {"person": PERSON}, lambda w, t: (f"accounts/{w.account.id}/persons", {"person_token": t}), {"persons": 1, "numbers": 1},
    ),
    "a person's data": (
        {"person": PERSON}, lambda w, t: (f"accounts/{w.account.id}/persons/{w.person.id}", {"person_token": t}),
        {"numbers": 1, "renamed": 1},
    ),
    "a person's number": (
        {"pii": {"id_number": "222222222"}}, lambda w, t: (f"accounts/{w.account.id}/persons/{w.person.id}", {"id_number": t}),
        {"numbers": 1, "renamed": 1},
    ),
    "a new person's number": (
        {"pii": {"id_number": "222222222"}}, lambda w, t: (f"accounts/{w.account.id}/persons", {"id_number": t}),
        {"persons": 1, "numbers": 1},
    ),
    "an individual's number": (
        {"pii": {"id_number": "222222222"}},
        lambda w, t: ("accounts", {**CUSTOM, "business_type": "individual", "individual": {"id_number": t}}), {"accounts": 1},
    ),
    "a number inside a person token": (
        {"pii": {"id_number": "222222222"}}, lambda w, t: ("tokens", {"person": {"id_number": t}}), {},
    ),
    "a number inside an account token": (
        {"pii": {"id_number": "222222222"}}, lambda w, t: ("tokens", {"account": {"individual": {"id_number": t}}}), {},
    ),
}  # fmt: skip


def flat(params, prefix=""):
    for name, value in params.items():
        path = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            yield from flat(value, path)
        else:
            yield path, str(value).lower() if isinstance(value, bool) else value


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(RACERS) as pool:
        yield pool


def raced(crowd, post, path, params):
    """Send one request sixty-four times at once, and return what each was answered."""
    body = dict(flat(params))
    replies = list(crowd.map(lambda _: post(f"/v1/{path}", body), range(RACERS)))
    return sorted(reply.error.get("code", "") if reply.status != 200 else "won" for reply in replies)


@pytest.mark.parametrize("what", RACES)
def test_one_of_sixty_four_gets_it_and_it_happens_once(stripe, post, crowd, what):
    held, use, expected = RACES[what]
    world = World(stripe)
    token = stripe.tokens.create(held)

    assert raced(crowd, post, *use(world, token.id)) == [*["token_already_used"] * (RACERS - 1), "won"]
    assert world.happened() == expected
    assert stripe.tokens.retrieve(token.id).used is True


def test_of_accounts_and_persons_that_want_one_token_one_gets_it(stripe, post, crowd):
    """Different accounts share no row but the token's own."""
    accounts = [stripe.accounts.create(COMPANY).id for _ in range(8)]
    token = stripe.tokens.create({"person": PERSON}).id
    wanted = [accounts[number % len(accounts)] for number in range(RACERS)]
    replies = list(
        crowd.map(lambda account: post(f"/v1/accounts/{account}/persons", {"person_token": token}), wanted)
    )

    assert [reply.status for reply in replies].count(200) == 1
    refused = {reply.error["code"] for reply in replies if reply.status != 200}
    assert refused == {"token_already_used"}
    assert sum(len(stripe.accounts.persons.list(account).data) for account in accounts) == 1


def test_a_declined_card_is_spent_by_the_first_of_sixty_four(stripe, post, crowd):
    """The issuer's answer is the one effect: nobody gets a second one with the same token, and nobody gets a customer."""
    token = stripe.tokens.create({"card": DECLINED})
    answers = raced(crowd, post, "customers", {"source": token.id})

    assert answers == ["card_declined", *["token_already_used"] * (RACERS - 1)]
    assert stripe.customers.list().data == []
    assert stripe.tokens.retrieve(token.id).used is True


@pytest.mark.parametrize("what", RACES)
def test_a_request_that_is_refused_spends_nothing_and_leaves_nothing(stripe, post, what):
    held, use, _ = RACES[what]
    world = World(stripe)
    token = stripe.tokens.create(held)
    path, params = use(world, token.id)

    reply = post(f"/v1/{path}", dict(flat({**params, "nonsense": "x"})))
    assert (reply.status, reply.error["code"]) == (400, "parameter_unknown")
    assert stripe.tokens.retrieve(token.id).used is False
    assert world.happened() == {}
    assert post(f"/v1/{path}", dict(flat(params))).status == 200
