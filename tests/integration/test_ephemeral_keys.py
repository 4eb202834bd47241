"""Ephemeral keys: one customer, one hour, what a phone does with how they pay, and nothing else."""

import re
import uuid

import pytest
import stripe as sdk

from strongroom.resources import registry
from support.connect import CUSTOM
from support.data import VISA, event_types, refused

registry.load()
OPERATIONS = sorted(registry.handlers().items())
OWN = sorted(key for key, handler in OPERATIONS if handler.own is not None)
VERSION = {"stripe_version": "2024-06-20"}
# What each operation is called with to be about a customer (c) and a PaymentMethod of theirs (m).
ABOUT = {
    "GET /v1/customers/{customer}": lambda c, m: {},
    "GET /v1/customers/{customer}/payment_methods": lambda c, m: {},
    "GET /v1/payment_methods": lambda c, m: {"customer": c},
    "POST /v1/elements/customers/{customer}/set_default_payment_method": lambda c, m: {"payment_method": m},
    "POST /v1/confirmation_tokens": lambda c, m: {"payment_method": m},
    "POST /v1/customers/{customer}": lambda c, m: {"invoice_settings[default_payment_method]": m},
    "POST /v1/payment_methods": lambda c, m: {"customer": c, "payment_method": m},
    "POST /v1/payment_methods/{payment_method}": lambda c, m: {"card[exp_year]": "2040"},
    "POST /v1/payment_methods/{payment_method}/attach": lambda c, m: {"customer": c},
    "POST /v1/payment_methods/{payment_method}/detach": lambda c, m: {},
}


class Phone:
    """A customer with a saved card, and the official client with an ephemeral key of theirs."""

    def __init__(self, server, stripe, **options):
        self.server = server
        self.customer = stripe.customers.create(
            {"email": "jenny@example.com", "metadata": {"vip": "yes"}, "description": "Owes us lunch"}
        ).id
        self.method = stripe.payment_methods.attach("pm_card_visa", {"customer": self.customer}).id
        self.key = stripe.ephemeral_keys.create({"customer": self.customer}, {**VERSION, **options})
        self.client = server.client(self.key.secret).v1

    def call(self, operation, params=None, **ids):
        method, path = operation.split()
        ids = {"customer": self.customer, "payment_method": self.method, **ids}
        path = re.sub(r"\{(.*?)\}", lambda name: ids.get(name[1], "nope_1"), path)
        return self.server.request(method, path, params, key=self.key.secret)


@pytest.fixture
def phone(server, stripe):
    return Phone(server, stripe)


@pytest.fixture
def other(server, stripe):
    return Phone(server, stripe)


@pytest.fixture(scope="module")
def bystander(server):
    """A phone that many tests may hold, since none of them gets anywhere with it."""
    return Phone(server, server.client("sk_test_bystander").v1)


def refusal(reply):
    error = reply.json.get("error", {})
    return reply.status, error.get("type"), error.get("code"), error.get("param")


NO = (403, "invalid_request_error", None, None)


# -- the key itself ---------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once(phone, stripe, post):
    key = phone.key.to_dict()
    assert key["id"].startswith("ephkey_")
    assert re.fullmatch(r"ek_test_[0-9A-Za-z]{38}", key.pop("secret"))
    assert key == {
        "id": key["id"],
        "object": "ephemeral_key",
        "associated_objects": [{"id": phone.customer, "type": "customer"}],
        "created": key["created"],
        "expires": key["created"] + 3600,
        "livemode": False,
    }
    assert stripe.ephemeral_keys.delete(key["id"]).to_dict() == key


def test_a_deleted_key_opens_nothing(phone, stripe):
    assert phone.client.customers.retrieve(phone.customer).id == phone.customer
    stripe.ephemeral_keys.delete(phone.key.id)
    with refused(sdk.AuthenticationError, status=401):
        phone.client.customers.retrieve(phone.customer)
    with refused(status=404, code="resource_missing", param="key"):
        stripe.ephemeral_keys.delete(phone.key.id)


def test_a_key_needs_the_version_of_the_client_it_is_for(stripe, post):
    customer = stripe.customers.create({}).id
    reply = post("/v1/ephemeral_keys", {"customer": customer})
    assert refusal(reply) == (400, "invalid_request_error", None, None)
    assert "Stripe-Version" in reply.error["message"]
    assert post("/v1/ephemeral_keys", {"customer": customer}, Stripe_Version="2020-08-27").status == 200
    reply = post("/v1/ephemeral_keys", {"customer": customer}, Stripe_Version="yesterday")
    assert reply.status == 400


def test_a_key_is_for_a_customer_who_is_there(stripe, live):
    with refused(code="parameter_missing", param="customer"):
        stripe.ephemeral_keys.create({}, VERSION)
    with refused(code="resource_missing", param="customer"):
        stripe.ephemeral_keys.create({"customer": "cus_nobody"}, VERSION)
    gone = stripe.customers.create({}).id
    stripe.customers.delete(gone)
    with refused(code="resource_missing", param="customer"):
        stripe.ephemeral_keys.create({"customer": gone}, VERSION)
    customer = stripe.customers.create({}).id
    with refused(code="parameters_exclusive", param="nonce"):
        stripe.ephemeral_keys.create({"customer": customer, "nonce": "ephnonce_1"}, VERSION)
    for missing in ("issuing_card", "verification_session"):
        with refused(sdk.APIError, status=501, code="strongroom_not_implemented", says=missing):
            stripe.ephemeral_keys.create({missing: "x_1"}, VERSION)


def test_a_key_ends_by_its_accounts_clock(phone, post):
    assert post("/v1/test_helpers/clock/advance", {"seconds": "3500"}).status == 200
    assert phone.client.customers.retrieve(phone.customer).id == phone.customer
    assert post("/v1/test_helpers/clock/advance", {"seconds": "101"}).status == 200
    with refused(sdk.AuthenticationError, status=401, code="api_key_expired"):
        phone.client.customers.retrieve(phone.customer)


def test_a_live_key_is_for_live_customers(live, stripe, server):
    customer = live.customers.create({}).id
    key = live.ephemeral_keys.create({"customer": customer}, VERSION)
    assert key.secret.startswith("ek_live_")
    assert server.client(key.secret).v1.customers.retrieve(customer).livemode is True


@pytest.mark.parametrize("key", ["ek_test_shop", "ek_test_" + "0" * 38, "ek_test_", "ek_live_shop"])
def test_a_key_that_nobody_made_opens_nothing_even_in_a_sandbox(get, key):
    assert get("/v1/customers/cus_1", key=key).status == 401


# -- what it may do ---------------------------------------------------------------------------------------------------


def test_a_phone_sees_its_customer_and_not_what_is_noted_of_them(phone):
    reply = phone.call("GET /v1/customers/{customer}")
    assert (reply.json["id"], reply.json["email"]) == (phone.customer, "jenny@example.com")
    assert not reply.json.keys() & {"metadata", "description", "balance", "invoice_prefix"}


def test_a_phone_lists_what_its_customer_has_saved(phone, other):
    for shown in (
        phone.client.payment_methods.list({"customer": phone.customer, "type": "card"}),
        phone.client.customers.payment_methods.list(phone.customer),
    ):
        (method,) = shown.data
        assert method.id == phone.method
        assert "metadata" not in method
        assert "fingerprint" not in method.card


def test_a_phone_saves_changes_and_removes_what_its_customer_pays_with(phone, stripe):
    made = phone.client.payment_methods.create({"type": "card", "card": VISA})
    attached = phone.client.payment_methods.attach(made.id, {"customer": phone.customer})
    assert attached.customer == phone.customer
    phone.client.payment_methods.update(
        made.id, {"card": {"exp_year": 2041}, "billing_details": {"name": "J"}}
    )
    assert stripe.payment_methods.retrieve(made.id).card.exp_year == 2041
    assert phone.client.payment_methods.detach(made.id).customer is None
    assert [one.id for one in stripe.customers.payment_methods.list(phone.customer).data] == [phone.method]
    assert event_types(stripe, made.id) == [
        "payment_method.attached", "payment_method.updated", "payment_method.detached",
    ]  # fmt: skip


def test_a_phone_chooses_the_default(phone, stripe):
    phone.client.customers.update(
        phone.customer, {"invoice_settings": {"default_payment_method": phone.method}}
    )
    assert stripe.customers.retrieve(phone.customer).invoice_settings.default_payment_method == phone.method
    address = {"name": "Jenny", "address": {"line1": "1 Main St"}}
    phone.client.customers.update(phone.customer, {"shipping": address})
    assert stripe.customers.retrieve(phone.customer).shipping.name == "Jenny"


def test_a_phone_confirms_with_a_saved_card_through_a_token(phone, stripe):
    reply = phone.call("POST /v1/confirmation_tokens", {"payment_method": phone.method})
    assert reply.json["payment_method_preview"]["customer"] == phone.customer
    assert "fingerprint" not in reply.json["payment_method_preview"]["card"]
    intent = stripe.payment_intents.create(
        {"amount": 900, "currency": "usd", "customer": phone.customer, "payment_method_types": ["card"],
         "confirm": True, "confirmation_token": reply.json["id"]}
    )  # fmt: skip
    assert (intent.status, intent.payment_method) == ("succeeded", phone.method)


def test_expansion_shows_a_phone_its_customer_and_nothing_beyond(phone, stripe):
    shown = phone.call("GET /v1/payment_methods", {"customer": phone.customer, "expand[0]": "data.customer"})
    (method,) = shown.json["data"]
    assert method["customer"]["id"] == phone.customer
    assert "metadata" not in method["customer"]


# -- what it may not --------------------------------------------------------------------------------------------------


def test_the_operations_of_a_phone_are_these():
    """Adding one is a decision: whatever is here is within reach of whoever holds a phone."""
    assert sorted(ABOUT) == OWN


@pytest.mark.parametrize(("operation", "handler"), [one for one in OPERATIONS if one[1].own is None])
def test_every_other_operation_is_out_of_reach(bystander, operation, handler):
    reply = bystander.call(operation)
    assert refusal(reply) == NO
    assert "ephemeral" in reply.error["message"]


def test_what_nobody_answers_yet_is_out_of_reach_as_well(phone):
    assert refusal(phone.call("POST /v1/invoices")) == NO


@pytest.mark.parametrize("operation", OWN)
def test_nothing_of_another_customer_is_within_reach(phone, other, stripe, operation):
    before = stripe.payment_methods.retrieve(other.method).to_dict()
    seen = event_types(stripe)
    params = ABOUT[operation](other.customer, other.method)
    theirs = phone.call(operation, params, customer=other.customer, payment_method=other.method)
    nobodys = phone.call(
        operation, ABOUT[operation]("cus_x", "pm_x"), customer="cus_x", payment_method="pm_x"
    )
    assert refusal(theirs) == refusal(nobodys) == NO
    assert theirs.error["message"] == nobodys.error["message"]
    assert stripe.payment_methods.retrieve(other.method).to_dict() == before
    assert event_types(stripe) == seen


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("GET /v1/payment_methods", {}),
        ("POST /v1/customers/{customer}", {"email": "me@example.com"}),
        ("POST /v1/customers/{customer}", {"metadata[vip]": "no"}),
        ("POST /v1/customers/{customer}", {"balance": "-100000"}),
        ("POST /v1/customers/{customer}", {"source": "tok_visa"}),
        ("POST /v1/customers/{customer}", {"invoice_settings[footer]": "x"}),
        ("POST /v1/payment_methods", {"type": "card", "card[token]": "tok_visa", "metadata[a]": "b"}),
        ("POST /v1/payment_methods/{payment_method}", {"metadata[a]": "b"}),
        ("POST /v1/payment_methods/{payment_method}/attach", {}),
    ],
)
def test_nothing_else_of_its_own_customer_is_within_reach(phone, stripe, operation, params):
    before = stripe.customers.retrieve(phone.customer).to_dict()
    assert refusal(phone.call(operation, params)) == NO
    assert stripe.customers.retrieve(phone.customer).to_dict() == before


def test_a_fresh_payment_method_is_not_a_phones_until_it_is_saved(phone, stripe):
    fresh = stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    assert refusal(phone.call("POST /v1/payment_methods/{payment_method}", {}, payment_method=fresh)) == NO
    assert refusal(phone.call("POST /v1/payment_methods/{payment_method}/detach", payment_method=fresh)) == NO


def test_another_customers_card_is_not_attached_and_looks_like_none_at_all(phone, other, stripe):
    theirs, nobodys = (
        phone.call(
            "POST /v1/payment_methods/{payment_method}/attach",
            {"customer": phone.customer},
            payment_method=method,
        )
        for method in (other.method, "pm_nobodys")
    )
    assert refusal(theirs) == refusal(nobodys) == NO
    assert theirs.error["message"] == nobodys.error["message"]
    assert stripe.payment_methods.retrieve(other.method).customer == other.customer


@pytest.mark.parametrize("token", ["tok_visa", "btok_us_verified"])
def test_what_is_hidden_stays_hidden_when_it_is_expanded(phone, stripe, token):
    source = stripe.customers.payment_sources.create(phone.customer, {"source": token})
    stripe.customers.payment_sources.update(phone.customer, source.id, {"metadata": {"vip": "yes"}})
    stripe.customers.update(phone.customer, {"default_source": source.id})
    names = ["default_source", "sources", "invoice_credit_balance"]
    servers = stripe.customers.retrieve(phone.customer, {"expand": names}).to_dict()
    path = f"/v1/customers/{phone.customer}"
    asked = {f"expand[{place}]": name for place, name in enumerate(names)}
    phones = phone.server.request("GET", path, asked, key=phone.key.secret).json
    assert "invoice_credit_balance" in servers
    assert "invoice_credit_balance" not in phones
    for seen in (phones["default_source"], phones["sources"]["data"][0]):
        assert seen["id"] == source.id
        assert not seen.keys() & {"metadata", "fingerprint"}
    for seen in (servers["default_source"], servers["sources"]["data"][0]):
        assert seen["metadata"] == {"vip": "yes"}
        assert seen["fingerprint"]


def test_a_browser_and_a_phone_make_no_keys(phone, post, publishable_key):
    reply = post("/v1/ephemeral_keys", {"customer": phone.customer}, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")
    assert refusal(phone.call("POST /v1/ephemeral_keys", {"customer": phone.customer})) == NO


# -- other accounts, other keys ---------------------------------------------------------------------------------------


def test_a_key_is_of_the_account_it_was_made_in(server, stripe, get):
    account = stripe.accounts.create(CUSTOM).id
    on_account = {"stripe_account": account}
    customer = stripe.customers.create({}, on_account).id
    key = stripe.ephemeral_keys.create({"customer": customer}, {**VERSION, **on_account}).secret
    path = f"/v1/customers/{customer}"
    assert get(path, key=key).status == get(path, key=key, Stripe_Account=account).status == 200

    mine = Phone(server, stripe)
    path = f"/v1/customers/{mine.customer}"
    assert refusal(get(path, key=mine.key.secret, Stripe_Account=account)) == NO
    stripe.accounts.delete(account)
    reply = get(f"/v1/customers/{customer}", key=key)
    assert (reply.status, reply.error["code"]) == (403, "account_invalid")


def test_an_answer_kept_for_a_server_is_not_a_phones(phone, post):
    """Nor can a phone take a server's idempotency key away from it."""
    path, key = f"/v1/payment_methods/{phone.method}", str(uuid.uuid4())
    change = {"card[exp_year]": "2040"}
    servers = post(path, change, Idempotency_Key=key)
    phones = post(path, change, key=phone.key.secret, Idempotency_Key=key)
    assert "fingerprint" in servers.json["card"]
    assert "fingerprint" not in phones.json["card"]
    assert "Idempotent-Replayed" not in phones.headers
    assert (
        post(path, change, key=phone.key.secret, Idempotency_Key=key).headers["Idempotent-Replayed"] == "true"
    )

    key = str(uuid.uuid4())
    assert post(path, {"card[exp_year]": "2041"}, key=phone.key.secret, Idempotency_Key=key).status == 200
    assert post(path, {"metadata[a]": "b"}, Idempotency_Key=key).status == 200
