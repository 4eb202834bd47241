"""Whose configuration decides what an intent can be: the fixtures of the tests about it, imported by name."""

import pytest

from strongroom.resources import parent_configurations as parents
from support.configurations import connected, default, prefer
from support.connect import acting_on
from support.dashboard import Dashboard

NO_TYPES = "No valid payment method types for this Payment Intent. Please ensure that you have activated payment methods"
CONFIGURATION = "payment_method_configuration"
INVALID = "The payment method type provided: {} is invalid. Please ensure the provided type is activated in your dashboard"
MISSING = {"code": "resource_missing", "param": CONFIGURATION, "says": "No such payment_method_configuration"}


@pytest.fixture
def intents(stripe):
    """The SDK's PaymentIntents."""
    return stripe.payment_intents


@pytest.fixture
def configurations(stripe):
    """The SDK's configurations."""
    return stripe.payment_method_configurations


@pytest.fixture
def dashboard(server, name):
    """The operations that only the dashboard has."""
    return Dashboard(server, name)


@pytest.fixture
def parent(dashboard):
    """The platform's parent configuration."""
    return dashboard(parents.list_all)[0].id


@pytest.fixture
def account(stripe):
    """A connected account that can have Klarna."""
    return connected(stripe, "klarna_payments")


@pytest.fixture
def world(server, name):
    """A platform in a country, its default configuration set to exactly these methods."""

    def make(country, *on):
        client = server.client(f"sk_test_{name}_{country}").v1
        first = default(client)
        values = {**dict.fromkeys(("card", "apple_pay", "google_pay"), "off"), **dict.fromkeys(on, "on")}
        client.payment_method_configurations.update(first.id, prefer(**values))
        return client

    return make


def child_of(configurations, account):
    """The child that the platform's parent has on a connected account."""
    return next(one for one in configurations.list({}, acting_on(account)).data if one.parent)


def usd(**params):
    """The parameters of an intent over 10.99 dollars."""
    return {"amount": 1099, "currency": "usd", **params}
