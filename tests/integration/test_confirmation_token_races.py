"""Sixty-four confirmations and one ConfirmationToken: one begins an attempt, and one thing happens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.data import VISA
from support.payments import NO_REDIRECTS, PAYMENT

RACERS = 64
CARD = {"payment_method_data": {"type": "card", "card": VISA}}
PAY = {"amount": 500, "currency": "usd", "payment_method_types[0]": "card", "confirm": "true"}
SET_UP = {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never", "confirm": "true"}  # fmt: skip


@pytest.fixture
def raced(post):
    """Send requests at once, and return what each was answered."""

    def race(paths, params):
        with ThreadPoolExecutor(RACERS) as crowd:
            replies = list(crowd.map(lambda path: post(path, params), paths))
        return sorted("won" if one.status == 200 else one.error["code"] for one in replies)

    return race


def counted(stripe):
    return {
        "methods": len(stripe.payment_methods.list({"limit": 100}).data),
        "payments": len(stripe.payment_intents.list({"limit": 100}).data),
        "charges": len(stripe.charges.list({"limit": 100}).data),
        "setups": len(stripe.setup_intents.list({"limit": 100}).data),
    }


@pytest.mark.parametrize(
    ("kind", "params", "happened"),
    [
        ("payment_intent", PAY, {"methods": 1, "payments": 1, "charges": 1, "setups": 0}),
        ("setup_intent", SET_UP, {"methods": 1, "payments": 0, "charges": 0, "setups": 1}),
    ],
)
def test_one_of_sixty_four_new_intents_gets_it(stripe, raced, kind, params, happened):
    token = stripe.test_helpers.confirmation_tokens.create(CARD).id
    answers = raced([f"/v1/{kind}s"] * RACERS, {**params, "confirmation_token": token})
    assert answers == [*[f"{kind}_invalid_parameter"] * (RACERS - 1), "won"]
    assert counted(stripe) == happened
    used = stripe.confirmation_tokens.retrieve(token).to_dict()
    (intent,) = stripe.payment_intents.list().data or stripe.setup_intents.list().data
    assert used[kind] == intent.id


def test_of_intents_that_want_one_token_one_is_paid(stripe, raced):
    """Different intents share no row but the token's own; those that were refused are as they were."""
    intents = [stripe.payment_intents.create(PAYMENT).id for _ in range(8)]
    token = stripe.test_helpers.confirmation_tokens.create(CARD).id
    paths = [f"/v1/payment_intents/{intents[number % 8]}/confirm" for number in range(RACERS)]
    answers = raced(paths, {"confirmation_token": token})
    assert answers.count("won") == 1
    assert set(answers) <= {
        "won",
        "payment_intent_invalid_parameter",
        "payment_intent_unexpected_state",
        "lock_timeout",
    }
    assert counted(stripe) == {"methods": 1, "payments": 8, "charges": 1, "setups": 0}
    states = sorted(intent.status for intent in stripe.payment_intents.list().data)
    assert states == [*["requires_payment_method"] * 7, "succeeded"]


def test_a_payment_and_a_setup_that_want_one_token(stripe, raced):
    payment, setup = stripe.payment_intents.create(PAYMENT).id, stripe.setup_intents.create(NO_REDIRECTS).id
    token = stripe.test_helpers.confirmation_tokens.create(CARD).id
    paths = [f"/v1/payment_intents/{payment}/confirm", f"/v1/setup_intents/{setup}/confirm"] * 8
    assert raced(paths, {"confirmation_token": token}).count("won") == 1
    used = stripe.confirmation_tokens.retrieve(token)
    assert [used.payment_intent, used.setup_intent] in ([payment, None], [None, setup])
