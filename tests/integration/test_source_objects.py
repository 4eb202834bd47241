"""The `src_…` objects: made of cards, charged, attached, detached, and seen by the newer API as one and the same card."""

import pytest
import stripe as sdk

from support.data import VISA, event_types, refused

OWNER = {
    "name": "Jenny Rosen",
    "email": "jenny@example.com",
    "address": {"line1": "1 Main St", "postal_code": "94107"},
}


@pytest.fixture
def made(stripe):
    """A source of a fresh token."""
    return stripe.sources.create({"type": "card", "token": "tok_visa"})


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({})


def test_a_source_to_the_letter(post, get, stripe):
    path = "/v1/sources"
    token = stripe.tokens.create({"card": VISA}).id
    form = {"type": "card", "token": token, "owner[email]": "jenny@example.com", "metadata[a]": "1"}
    made = post(path, form).json

    assert made == {
        "id": made["id"],
        "object": "source",
        "allow_redisplay": "unspecified",
        "amount": None,
        "card": {
            "address_line1_check": None,
            "address_zip_check": None,
            "brand": "Visa",
            "country": "US",
            "cvc_check": "unchecked",
            "dynamic_last4": None,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": made["card"]["fingerprint"],
            "funding": "credit",
            "last4": "4242",
            "name": None,
            "three_d_secure": "optional",
            "tokenization_method": None,
        },
        "client_secret": made["client_secret"],
        "created": made["created"],
        "currency": None,
        "flow": "none",
        "livemode": False,
        "metadata": {"a": "1"},
        "owner": {
            "address": None,
            "email": "jenny@example.com",
            "name": None,
            "phone": None,
            "verified_address": None,
            "verified_email": None,
            "verified_name": None,
            "verified_phone": None,
        },
        "statement_descriptor": None,
        "status": "chargeable",
        "type": "card",
        "usage": "reusable",
    }
    assert made["id"].startswith("src_")
    assert made["client_secret"].startswith("src_client_secret_")
    assert get(f"{path}/{made['id']}").json == made
    assert stripe.tokens.retrieve(token).used is True
    assert event_types(stripe) == []
    nothing = {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"{path}/{made['id']}/source_transactions",
    }
    assert get(nothing["url"]).json == nothing


def test_a_card_may_be_sent_along_and_what_a_token_says_goes_first(stripe, post):
    raw = {f"card[{name}]": value for name, value in VISA.items()}
    inline = post(
        "/v1/sources", {"type": "card", **raw, "currency": "EUR", "usage": "single_use", "amount": "100"}
    )
    assert (inline.status, inline.json["card"]["cvc_check"]) == (200, "unchecked")
    assert [inline.json[name] for name in ("amount", "currency", "usage")] == [100, "eur", "single_use"]

    token = stripe.tokens.create({"card": {**VISA, "name": "Token", "address_zip": "12345"}}).id
    source = stripe.sources.create({"type": "card", "token": token, "owner": OWNER})
    assert (source.owner.name, source.owner.email) == ("Token", "jenny@example.com")
    assert (source.owner.address.line1, source.owner.address.postal_code) == ("1 Main St", "12345")
    assert (source.card.address_line1_check, source.card.name) == ("unchecked", "Token")


@pytest.mark.parametrize(
    ("params", "status", "code", "param"),
    [
        ({}, 400, "parameter_missing", "type"),
        ({"type": "card"}, 400, "parameter_missing", "card"),
        ({"type": "gold"}, 400, None, "type"),
        ({"type": "card", "token": "tok_nope"}, 400, "resource_missing", "token"),
        ({"type": "card", "card[token]": "tok_nope"}, 400, "resource_missing", "card[token]"),
        ({"type": "card", "token": "btok_us_verified"}, 400, None, "token"),
        ({"type": "card", "token": "tok_visa", "card[number]": "4242424242424242"}, 400, "parameters_exclusive", "card[number]"),
        ({"type": "card", "card[number]": "4242424242424241", "card[exp_month]": "1", "card[exp_year]": "2034"}, 402, "incorrect_number", "number"),
        ({"type": "card", "card[number]": "4242424242424242"}, 400, "parameter_missing", "card[exp_month]"),
        ({"type": "card", "token": "tok_visa", "flow": "redirect"}, 400, None, "flow"),
        ({"type": "card", "token": "tok_visa", "usage": "twice"}, 400, None, "usage"),
        ({"type": "card", "token": "tok_visa", "currency": "xxx"}, 400, None, "currency"),
        ({"type": "card", "token": "tok_visa", "amount": "0"}, 400, "parameter_invalid_integer", "amount"),
        ({"type": "card", "token": "tok_visa", "owner[email]": "jenny"}, 400, "email_invalid", "owner[email]"),
        ({"type": "card", "token": "tok_visa", "owner[address][country]": "ZZ"}, 400, "country_code_invalid", "owner[address][country]"),
        ({"type": "card", "token": "tok_visa", "colour": "red"}, 400, "parameter_unknown", "colour"),
        ({"type": "ideal"}, 501, "strongroom_not_implemented", None),
        ({"type": "three_d_secure"}, 501, "strongroom_not_implemented", None),
        ({"customer": "cus_x", "original_source": "src_x"}, 501, "strongroom_not_implemented", None),
    ],
)  # fmt: skip
def test_a_wrong_source_is_refused_by_parameter_and_not_made(post, get, params, status, code, param):
    reply = post("/v1/sources", params)
    assert (reply.status, reply.error.get("code"), reply.error.get("param")) == (status, code, param)
    assert get("/v1/payment_methods").json["data"] == []


def test_a_token_is_spent_on_one_source(stripe):
    token = stripe.tokens.create({"card": VISA}).id
    stripe.sources.create({"type": "card", "token": token})
    with refused(code="token_already_used"):
        stripe.sources.create({"type": "card", "token": token})


def test_a_browser_makes_a_source_and_sees_it_with_its_secret(server, publishable_key, browser, stripe):
    made = browser.sources.create({"type": "card", "token": "tok_visa", "metadata": {"a": "1"}})
    assert (made.metadata, "fingerprint" in made.card) == (None, False)
    path = f"/v1/sources/{made.id}"
    shown = server.request("GET", path, {"client_secret": made.client_secret}, key=publishable_key)
    assert (shown.status, shown.json["id"], shown.json["metadata"]) == (200, made.id, None)
    for params in ({}, {"client_secret": "src_client_secret_x"}):
        refusal = server.request("GET", path, params, key=publishable_key)
        assert (refusal.status, refusal.error["param"]) == (400, "client_secret")
    assert stripe.sources.retrieve(made.id).metadata.to_dict() == {"a": "1"}
    assert server.request("POST", path, {}, key=publishable_key).status == 403


def test_one_that_is_not_there_or_is_no_source_is_missing(server, secret_key, stripe, live, made):
    card = stripe.customers.create({"source": "tok_visa"}).default_source
    for name in ("src_nope", card):
        for method, rest in (("GET", ""), ("POST", ""), ("GET", "/source_transactions"), ("POST", "/verify")):
            params = {"values[0]": "1"} if rest == "/verify" else {}
            reply = server.request(method, f"/v1/sources/{name}{rest}", params, key=secret_key)
            assert (reply.status, reply.error["code"], reply.error["param"]) == (
                404,
                "resource_missing",
                "source",
            )
    with refused(
        status=404, code="resource_missing", param="source", says="similar object exists in test mode"
    ):
        live.sources.retrieve(made.id)
    with refused(says="cannot be verified"):
        stripe.sources.verify(made.id, {"values": ["1", "2"]})


def test_owner_and_metadata_change_and_nothing_else(stripe, made):
    changed = stripe.sources.update(made.id, {"owner": OWNER, "metadata": {"a": "1"}})
    assert (changed.owner.name, changed.owner.address.postal_code, changed.card.name) == (
        "Jenny Rosen",
        "94107",
        "Jenny Rosen",
    )
    again = stripe.sources.update(made.id, {"owner": {"address": {"city": "Springfield"}}, "metadata": ""})
    assert (again.owner.address.city, again.owner.address.line1, again.metadata.to_dict()) == (
        "Springfield",
        "1 Main St",
        {},
    )
    with refused(param="amount"):
        stripe.sources.update(made.id, {"amount": 100})
    with refused(code="parameter_unknown", param="card"):
        stripe.sources.update(made.id, {"card": {"exp_month": "1"}})
    assert event_types(stripe) == []


# -- charged ----------------------------------------------------------------------------------------------------------


def test_one_that_nobody_has_is_charged_once(stripe, made):
    charge = stripe.charges.create({"amount": 1000, "currency": "usd", "source": made.id})
    assert (charge.paid, charge.source.id, charge.source.object) == (True, made.id, "source")
    assert stripe.sources.retrieve(made.id).status == "consumed"
    with refused(says="may not be used again"):
        stripe.charges.create({"amount": 1000, "currency": "usd", "source": made.id})
    with refused(code="resource_missing", param="source"):
        stripe.charges.create({"amount": 1000, "currency": "usd", "source": "src_nope"})


def test_one_that_is_attached_is_charged_many_times_with_its_customer(stripe, made, customer):
    stripe.customers.payment_sources.create(customer.id, {"source": made.id})
    for _ in range(2):
        charge = stripe.charges.create({"amount": 1000, "currency": "usd", "customer": customer.id})
        assert (charge.paid, charge.source.id) == (True, made.id)
    with refused(says=f"belongs to the Customer {customer.id}"):
        stripe.charges.create({"amount": 1000, "currency": "usd", "source": made.id})
    assert stripe.sources.retrieve(made.id).status == "chargeable"


def test_an_intent_is_paid_with_a_source(stripe, made):
    intent = stripe.payment_intents.create(
        {
            "amount": 1000,
            "currency": "usd",
            "payment_method": made.id,
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )
    assert (intent.status, intent.payment_method) == ("succeeded", made.id)
    assert stripe.sources.retrieve(made.id).status == "consumed"


# -- of a customer ----------------------------------------------------------------------------------------------------


def test_the_first_becomes_the_default_is_told_and_stays_the_same_card(stripe, made, customer):
    attached = stripe.customers.payment_sources.create(
        customer.id, {"source": made.id, "metadata": {"a": "1"}}
    )

    assert (attached.id, attached.customer, attached.status) == (made.id, customer.id, "chargeable")
    assert (attached.card.cvc_check, attached.metadata.to_dict()) == ("pass", {"a": "1"})
    assert stripe.customers.retrieve(customer.id, {"expand": ["default_source"]}).default_source.id == made.id
    assert event_types(stripe) == ["customer.created", "customer.source.created", "customer.updated"]
    (listed,) = stripe.customers.payment_sources.list(customer.id, {"object": "source"}).data
    assert (listed.id, listed.object) == (made.id, "source")
    assert stripe.customers.payment_sources.list(customer.id, {"object": "card"}).data == []
    assert stripe.customers.payment_sources.retrieve(customer.id, made.id).id == made.id
    (method,) = stripe.customers.payment_methods.list(customer.id).data
    assert (method.id, method.object, method.type, method.card.last4) == (
        made.id,
        "payment_method",
        "card",
        "4242",
    )
    assert method.card.fingerprint == made.card.fingerprint


@pytest.mark.parametrize("name", ["source", "card"])
def test_a_customer_may_come_with_one(post, stripe, made, name):
    customer = post("/v1/customers", {name: made.id}).json
    assert customer["default_source"] == made.id
    assert stripe.sources.retrieve(made.id).customer == customer["id"]


def test_a_change_of_an_attached_one_is_told_on_either_path(stripe, made, customer):
    stripe.customers.payment_sources.create(customer.id, {"source": made.id})
    stripe.sources.update(made.id, {"owner": {"name": "Jenny"}})
    stripe.customers.payment_sources.update(customer.id, made.id, {"owner": {"name": "Rosen"}})
    stripe.payment_methods.update(made.id, {"card": {"exp_year": 2040}})

    later, first = stripe.events.list({"type": "customer.source.updated"}).data
    assert first.data.previous_attributes.to_dict() == {"card": {"name": None}, "owner": {"name": None}}
    assert later.data.previous_attributes.to_dict() == {"card": {"name": "Jenny"}, "owner": {"name": "Jenny"}}
    assert stripe.sources.retrieve(made.id).card.exp_year == 2040
    with refused(code="parameter_unknown", param="exp_month"):
        stripe.customers.payment_sources.update(customer.id, made.id, {"exp_month": "1"})
    card = stripe.customers.payment_sources.create(customer.id, {"source": "tok_visa"})
    with refused(code="parameter_unknown", param="owner"):
        stripe.customers.payment_sources.update(customer.id, card.id, {"owner": {"name": "J"}})


def test_a_detached_one_is_shown_consumed_and_is_nobodys_for_good(stripe, made, customer):
    stripe.customers.payment_sources.create(customer.id, {"source": made.id})
    gone = stripe.customers.payment_sources.delete(customer.id, made.id)

    assert (gone.id, gone.object, gone.status, "customer" in gone) == (made.id, "source", "consumed", False)
    assert stripe.customers.retrieve(customer.id).default_source is None
    assert event_types(stripe)[-2:] == ["customer.source.deleted", "customer.updated"]
    assert stripe.sources.retrieve(made.id).status == "consumed"
    with refused(param="source", says="may not be used again"):
        stripe.customers.payment_sources.create(customer.id, {"source": made.id})
    with refused(status=404, code="resource_missing", param="id"):
        stripe.customers.payment_sources.delete(customer.id, made.id)


def test_one_detached_as_a_payment_method_is_consumed_as_well(stripe, made, customer):
    stripe.customers.payment_sources.create(customer.id, {"source": made.id})
    stripe.payment_methods.detach(made.id)
    assert stripe.sources.retrieve(made.id).status == "consumed"
    assert stripe.customers.payment_sources.list(customer.id).data == []
    assert stripe.customers.retrieve(customer.id).default_source is None


def test_one_that_was_replaced_or_outlived_its_customer_is_consumed(stripe, made):
    customer = stripe.customers.create({"source": made.id})
    second = stripe.sources.create({"type": "card", "token": "tok_mastercard", "owner": OWNER})
    stripe.customers.update(customer.id, {"source": second.id})
    assert stripe.sources.retrieve(made.id).status == "consumed"
    stripe.customers.delete(customer.id)
    left = stripe.sources.retrieve(second.id)
    assert (left.status, "customer" in left) == ("consumed", False)
    assert set(left.owner.to_dict().values()) == {None}
    assert left.card.name is None


def test_what_cannot_be_attached(stripe, made, customer):
    sources = stripe.customers.payment_sources
    with refused(code="resource_missing", param="source"):
        sources.create(customer.id, {"source": "src_nope"})
    once = stripe.sources.create({"type": "card", "token": "tok_visa", "usage": "single_use"})
    with refused(param="source", says="single use"):
        sources.create(customer.id, {"source": once.id})
    sources.create(customer.id, {"source": made.id})
    for other in (customer.id, stripe.customers.create({}).id):
        with refused(param="source", says="already been attached"):
            sources.create(other, {"source": made.id})


def test_the_oldest_names_take_no_sources(post, customer, made):
    reply = post(f"/v1/customers/{customer.id}/cards", {"source": made.id})
    assert (reply.status, reply.error["param"]) == (400, "source")


def test_a_declined_one_stays_as_it_is(stripe, customer):
    declined = stripe.sources.create({"type": "card", "token": "tok_chargeDeclined"})
    attach = {"source": declined.id}
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        stripe.customers.payment_sources.create(customer.id, attach)
    left = stripe.sources.retrieve(declined.id)
    assert (left.status, "customer" in left) == ("chargeable", False)
    assert event_types(stripe) == ["customer.created"]


def test_a_restricted_key_needs_the_permission(server, secret_key, made):
    """In a sandbox restricted keys may do everything; that the operations have a permission of their own is in the table."""
    from strongroom.resources import registry

    registry.load()
    own = [one.permission for key, one in registry.handlers().items() if "/v1/sources" in key]
    assert own == ["source"] * 5
