"""`customer.source.expiring`: told of older cards when their last month begins, once, and of nothing else."""

import datetime

import pytest

from support.data import VISA
from support.time import HOUR, advance

__all__ = ["advance"]
EXPIRING = "customer.source.expiring"


def month_begins(year, month):
    return int(datetime.datetime(year, month, 1, tzinfo=datetime.UTC).timestamp())


@pytest.fixture
def year():
    """Next year: far enough away, whatever the month."""
    return datetime.datetime.now(tz=datetime.UTC).year + 1


@pytest.fixture
def told(stripe):
    return lambda: [event.data.object["id"] for event in stripe.events.list({"type": EXPIRING}).data]


def token(stripe, year, month=12):
    return stripe.tokens.create({"card": {**VISA, "exp_year": str(year), "exp_month": str(month)}}).id


def test_a_card_is_told_of_when_its_last_month_begins_and_once(stripe, advance, told, year):
    customer = stripe.customers.create({"source": token(stripe, year)})
    advance(to=month_begins(year, 12) - HOUR)
    assert told() == []
    advance(seconds=HOUR)
    assert told() == [customer.default_source]
    advance(seconds=400 * 86_400)
    assert told() == [customer.default_source]

    (event,) = stripe.events.list({"type": EXPIRING}).data
    assert (event.data.object["object"], event.data.object["exp_month"]) == ("card", 12)
    assert (event.request.id, "previous_attributes" in event.data) == (None, False)


def test_a_source_object_is_told_of_however_it_was_attached(stripe, advance, told, year):
    made = [stripe.sources.create({"type": "card", "token": token(stripe, year)}).id for _ in range(3)]
    customer = stripe.customers.create({"source": made[0]})
    stripe.payment_methods.attach(made[1], {"customer": customer.id})
    advance(to=month_begins(year, 12))
    assert sorted(told()) == sorted(made[:2])


def test_a_renewed_card_has_another_last_month(stripe, advance, told, year):
    customer = stripe.customers.create({})
    sources = stripe.customers.payment_sources
    cards = [sources.create(customer.id, {"source": token(stripe, year, 11)}).id for _ in range(3)]
    sources.update(customer.id, cards[0], {"exp_month": "12"})
    stripe.payment_methods.update(cards[1], {"card": {"exp_month": 12}})
    advance(to=month_begins(year, 11))
    assert told() == [cards[2]]
    advance(to=month_begins(year, 12))
    assert sorted(told()) == sorted(cards)


def test_one_whose_date_went_there_and_back_is_told_of_once(stripe, advance, told, year):
    customer = stripe.customers.create({"source": token(stripe, year)})
    for month in ("11", "12"):
        stripe.customers.payment_sources.update(customer.id, customer.default_source, {"exp_month": month})
    advance(to=month_begins(year, 11))
    assert told() == []
    advance(to=month_begins(year, 12))
    assert told() == [customer.default_source]


def test_a_card_that_the_network_renewed_is_told_of_years_later(stripe, post, advance, told, year):
    card = stripe.customers.create({"source": token(stripe, year)}).default_source
    post(f"/v1/test_helpers/payment_methods/{card}/automatically_update")
    advance(to=month_begins(year, 12))
    assert told() == []
    advance(to=month_begins(year + 3, 12))
    assert told() == [card]


def test_what_is_gone_or_no_older_card_is_not_told_of(stripe, advance, told, year):
    customer = stripe.customers.create({"source": token(stripe, year)})
    sources = stripe.customers.payment_sources
    sources.delete(customer.id, customer.default_source)
    detached = sources.create(customer.id, {"source": token(stripe, year)}).id
    stripe.payment_methods.detach(detached)
    method = stripe.payment_methods.create({"type": "card", "card": {"token": token(stripe, year)}})
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    sources.create(customer.id, {"source": "btok_us_verified"})
    ended = stripe.customers.create({"source": token(stripe, year)})
    stripe.customers.delete(ended.id)
    advance(to=month_begins(year, 12))
    assert told() == []


def test_a_card_in_its_last_month_is_not_waited_for(stripe, advance, told, year):
    advance(to=month_begins(year, 12))
    stripe.customers.create({"source": token(stripe, year)})
    advance(seconds=60 * 86_400)
    assert told() == []
