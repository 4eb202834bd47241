"""How long a merchant may give a customer: what is out of range is refused, and changes nothing."""

import time

import pytest

from support.actions import JENNY, WHERE, key_of
from support.data import refused
from support.methods import params_of

DAYS, SECONDS, AT = "expires_after_days", "expires_after_seconds", "expires_at"
RANGES = [
    ("boleto", DAYS, 0, 60),
    ("konbini", DAYS, 1, 60),
    ("oxxo", DAYS, 1, 7),
    ("pix", SECONDS, 60, 1209600),
]


@pytest.fixture
def stripe(server, name, kind):
    return server.client(key_of(name, kind)).v1


def param(kind, option):
    return f"payment_method_options[{kind}][{option}]"


def options(kind, **said):
    return {"payment_method_options": {kind: said}}


def made(stripe, kind, **said):
    _, currency, amount = WHERE[kind]
    intent = {"amount": amount, "currency": currency, "payment_method_types": [kind]}
    return stripe.payment_intents.create({**intent, **options(kind, **said)})


def kept(intent, kind):
    return {
        name: value
        for name, value in intent.payment_method_options[kind].to_dict().items()
        if name.startswith("expires") and value is not None
    }


@pytest.mark.parametrize(("kind", "option", "least", "most"), RANGES)
def test_the_least_and_the_most_are_taken_and_nothing_beyond(stripe, kind, option, least, most):
    assert kept(made(stripe, kind, **{option: least}), kind) == {option: least}
    intent = made(stripe, kind, **{option: most})
    for wrong, says in (
        (least - 1, f"greater than or equal to {least}"),
        (most + 1, f"less than or equal to {most}"),
    ):
        with refused(code="parameter_invalid_integer", param=param(kind, option), says=says):
            made(stripe, kind, **{option: wrong})
        with refused(code="parameter_invalid_integer", param=param(kind, option), says=says):
            stripe.payment_intents.update(intent.id, options(kind, **{option: wrong}))
    assert kept(stripe.payment_intents.retrieve(intent.id), kind) == {option: most}
    assert len(stripe.payment_intents.list().data) == 2


@pytest.mark.parametrize("kind", ["konbini", "pix"])
@pytest.mark.parametrize("ahead", [-600, 0, 6000000])
def test_a_time_that_is_past_or_far_is_refused(stripe, kind, ahead):
    with refused(code="parameter_invalid_integer", param=param(kind, AT), says="from now"):
        made(stripe, kind, **{AT: int(time.time()) + ahead})
    assert stripe.payment_intents.list().data == []


@pytest.mark.parametrize(("kind", "other"), [("konbini", {DAYS: 2}), ("pix", {SECONDS: 600})])
def test_one_of_two_is_said_and_the_last_one_stays(stripe, kind, other):
    ends = int(time.time()) + 6000
    with refused(code="parameters_exclusive", param=param(kind, AT)):
        made(stripe, kind, **{AT: ends}, **other)
    intent = made(stripe, kind, **other)
    assert kept(intent, kind) == other
    assert kept(stripe.payment_intents.update(intent.id, options(kind, **{AT: ends})), kind) == {AT: ends}
    assert kept(stripe.payment_intents.update(intent.id, options(kind, **other)), kind) == other


@pytest.mark.parametrize("kind", ["konbini"])
def test_an_empty_text_is_no_time(stripe, kind):
    intent = made(stripe, kind, **{DAYS: 2})
    assert kept(stripe.payment_intents.update(intent.id, options(kind, **{DAYS: "", AT: ""})), kind) == {}


@pytest.mark.parametrize("kind", ["oxxo"])
def test_a_confirmation_is_refused_as_well(stripe, kind):
    intent = made(stripe, kind, **{DAYS: 2})
    data = params_of(kind, billing_details=JENNY)
    with refused(code="parameter_invalid_integer", param=param(kind, DAYS)):
        stripe.payment_intents.confirm(intent.id, {"payment_method_data": data, **options(kind, **{DAYS: 8})})
    token = stripe.test_helpers.confirmation_tokens.create({"payment_method_data": data})
    with refused(code="parameter_invalid_integer", param=param(kind, DAYS)):
        stripe.payment_intents.confirm(
            intent.id, {"confirmation_token": token.id, **options(kind, **{DAYS: 8})}
        )
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, kept(after, kind)) == ("requires_payment_method", {DAYS: 2})
