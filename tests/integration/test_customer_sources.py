"""A customer's older sources: cards and bank accounts under three names, added, listed and changed beside PaymentMethods."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.data import DECLINED, VISA, event_types, refused
from support.sources import BANK, HOLDER, IBAN, bank_token, customer, sources

__all__ = ["customer", "sources"]


# -- create -----------------------------------------------------------------------------------------------------------


def test_a_first_card_becomes_the_default_and_a_second_does_not(stripe, sources, customer):
    token = stripe.tokens.create({"card": VISA})
    first = sources.create(customer.id, {"source": token.id, "metadata": {"a": "b"}})
    second = sources.create(customer.id, {"source": "tok_mastercard"})

    assert (first.object, first.id, first.customer, first.cvc_check) == (
        "card",
        token.card.id,
        customer.id,
        "pass",
    )
    assert first.metadata.to_dict() == {"a": "b"}
    assert second.brand == "MasterCard"
    assert stripe.customers.retrieve(customer.id).default_source == first.id
    assert event_types(stripe, first.id) == ["customer.source.created"]
    told = stripe.events.list({"type": "customer.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in told] == [{"default_source": None}]


def test_a_card_is_seen_by_both_apis(stripe, sources, customer):
    card = sources.create(customer.id, {"source": "tok_visa"})

    method = stripe.payment_methods.retrieve(card.id)
    assert (method.object, method.type, method.card.last4) == ("payment_method", "card", "4242")
    assert [one.id for one in stripe.customers.payment_methods.list(customer.id)] == [card.id]
    stripe.payment_methods.update(card.id, {"billing_details": {"name": "Jenny"}, "metadata": {"a": "b"}})
    again = sources.retrieve(customer.id, card.id)
    assert (again.name, again.metadata.to_dict()) == ("Jenny", {"a": "b"})
    sources.update(customer.id, card.id, {"address_zip": "94107"})
    assert stripe.payment_methods.retrieve(card.id).billing_details.address.postal_code == "94107"


def test_a_declined_card_leaves_nothing_but_a_used_token(stripe, sources, customer):
    token = stripe.tokens.create({"card": DECLINED})
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        sources.create(customer.id, {"source": token.id})

    assert sources.list(customer.id).data == []
    assert stripe.customers.retrieve(customer.id).default_source is None
    assert stripe.tokens.retrieve(token.id).used is True


def test_a_bank_account_keeps_the_tokens_id_and_waits_to_be_verified(stripe, sources, customer):
    token = bank_token(stripe)
    bank = sources.create(customer.id, {"source": token.id, "metadata": {"a": "b"}})

    assert bank.to_dict() == {
        "id": token.bank_account.id,
        "object": "bank_account",
        "account_holder_name": "Jenny Rosen",
        "account_holder_type": "individual",
        "account_type": None,
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "customer": customer.id,
        "fingerprint": token.bank_account.fingerprint,
        "last4": "6789",
        "metadata": {"a": "b"},
        "routing_number": "110000000",
        "status": "new",
    }
    assert stripe.tokens.retrieve(token.id).used is True
    assert stripe.customers.retrieve(customer.id).default_source == bank.id
    with refused(code="token_already_used", says=f"token more than once: {token.id}"):
        sources.create(stripe.customers.create({}).id, {"source": token.id})


@pytest.mark.parametrize("missing", list(HOLDER))
def test_a_bank_account_needs_its_holder(stripe, sources, customer, missing):
    token = bank_token(stripe, **{key: value for key, value in HOLDER.items() if key != missing})
    with refused(code="parameter_missing", param=missing):
        sources.create(customer.id, {"source": token.id})

    assert stripe.tokens.retrieve(token.id).used is False
    assert sources.list(customer.id).data == []


def test_the_same_bank_account_is_not_taken_twice_by_one_customer(stripe, sources, customer):
    sources.create(customer.id, {"source": bank_token(stripe).id})
    again = bank_token(stripe)
    with refused(code="bank_account_exists"):
        sources.create(customer.id, {"source": again.id})

    assert stripe.tokens.retrieve(again.id).used is False
    other = stripe.customers.create({"source": again.id})
    assert other.default_source == again.bank_account.id


def test_of_many_who_bring_one_bank_account_at_once_one_is_taken(stripe, server, secret_key, sources):
    customer = stripe.customers.create({"source": "tok_visa"})

    def bring(_):
        return server.request(
            "POST", f"/v1/customers/{customer.id}/sources", {"source": "btok_us_verified"}, key=secret_key
        )

    with ThreadPoolExecutor(8) as crowd:
        replies = list(crowd.map(bring, range(8)))
    outcomes = [reply.status if reply.status == 200 else reply.error["code"] for reply in replies]

    assert outcomes.count(200) == 1
    assert set(outcomes) <= {200, "bank_account_exists", "lock_timeout"}
    assert len(sources.list(customer.id, {"object": "bank_account"}).data) == 1


def test_a_bank_account_can_be_sent_along(post, stripe):
    inline = {f"source[{key}]": value for key, value in {"object": "bank_account", **IBAN, **HOLDER}.items()}
    created = post("/v1/customers", {**inline, "source[metadata][a]": "b", "expand[]": "default_source"}).json

    bank = created["default_source"]
    assert (bank["object"], bank["country"], bank["currency"]) == ("bank_account", "FR", "eur")
    assert (bank["last4"], bank["routing_number"], bank["status"]) == ("3000", "110000000", "new")
    assert bank["metadata"] == {"a": "b"}
    assert event_types(stripe, bank["id"]) == ["customer.source.created"]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"country": None}, "parameter_missing", "source[country]"),
        ({"account_number": None}, "parameter_missing", "source[account_number]"),
        ({"routing_number": "12345"}, "routing_number_invalid", "source[routing_number]"),
        ({"account_number": "123123123"}, "account_number_invalid", "source[account_number]"),
    ],
)
def test_a_wrong_bank_account_is_refused_by_field(post, stripe, change, code, param):
    inline = {"object": "bank_account", **BANK, **HOLDER, **change}
    reply = post(
        "/v1/customers", {f"source[{key}]": value for key, value in inline.items() if value is not None}
    )

    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, code, param)
    assert stripe.customers.list().data == []


def test_what_a_source_cannot_be_made_of(stripe, sources, customer):
    pii = stripe.tokens.create({"pii": {"id_number": "000000000"}})
    with refused(param="source"):
        sources.create(customer.id, {"source": pii.id})
    for unknown in ("tok_nope", "btok_nope"):
        with refused(code="resource_missing", param="source", says=f"No such token: '{unknown}'"):
            sources.create(customer.id, {"source": unknown})
    with refused(param="source", says="cannot use a PaymentMethod as a source"):
        sources.create(customer.id, {"source": "pm_card_visa"})
    with refused(code="parameter_missing", param="source"):
        sources.create(customer.id, {})
    assert stripe.tokens.retrieve(pii.id).used is False


def test_there_are_no_sources_of_a_customer_who_is_not_there(stripe, sources, customer):
    stripe.customers.delete(customer.id)
    for gone in (customer.id, "cus_nope"):
        for attempt in (
            lambda gone=gone: sources.create(gone, {"source": "tok_visa"}),
            lambda gone=gone: sources.list(gone),
            lambda gone=gone: sources.retrieve(gone, "card_x"),
            lambda gone=gone: sources.delete(gone, "card_x"),
        ):
            with refused(
                status=404, code="resource_missing", param="customer", says=f"No such customer: '{gone}'"
            ):
                attempt()


def test_magic_names_mean_nothing_in_live_mode(live):
    customer = live.customers.create({})
    for name in ("tok_visa", "btok_us_verified"):
        with refused(code="resource_missing", param="source"):
            live.customers.payment_sources.create(customer.id, {"source": name})


# -- list and retrieve ------------------------------------------------------------------------------------------------


def test_a_list_mixes_cards_and_bank_accounts_newest_first(stripe, sources, customer):
    made = [
        sources.create(customer.id, {"source": source}).id
        for source in ("tok_visa", "btok_us_verified", "tok_mastercard")
    ]
    stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    newest_first = made[::-1]

    envelope = sources.list(customer.id)
    assert [one.id for one in envelope.data] == newest_first
    assert (envelope.url, envelope.has_more) == (f"/v1/customers/{customer.id}/sources", False)
    assert [one.id for one in sources.list(customer.id, {"object": "card"}).data] == [made[2], made[0]]
    assert [one.id for one in sources.list(customer.id, {"object": "bank_account"}).data] == [made[1]]
    assert sources.list(customer.id, {"object": "source"}).data == []
    page = sources.list(customer.id, {"limit": 1, "starting_after": made[2]})
    assert ([one.id for one in page.data], page.has_more) == ([made[1]], True)
    assert [one.id for one in sources.list(customer.id, {"ending_before": made[1]}).data] == [made[2]]
    assert [one.id for one in page.auto_paging_iter()] == newest_first[1:]
    with refused(param="object"):
        sources.list(customer.id, {"object": "account"})
    with refused(code="resource_missing", param="starting_after", says="No such source: 'card_nope'"):
        sources.list(customer.id, {"starting_after": "card_nope"})
    asked = stripe.customers.retrieve(customer.id, {"expand": ["sources"]})
    assert [one.id for one in asked.sources.data] == newest_first


def test_the_older_names_hold_one_kind_each(get, post, server, secret_key, sources, customer):
    card = sources.create(customer.id, {"source": "tok_visa"})
    bank = sources.create(customer.id, {"source": "btok_us_verified"})
    path = f"/v1/customers/{customer.id}"

    assert [one["id"] for one in get(f"{path}/cards").json["data"]] == [card.id]
    assert [one["id"] for one in get(f"{path}/bank_accounts").json["data"]] == [bank.id]
    assert get(f"{path}/cards").json["url"] == f"{path}/cards"
    assert get(f"{path}/cards/{card.id}").json["id"] == card.id
    for folder, source in (("cards", bank), ("bank_accounts", card)):
        reply = get(f"{path}/{folder}/{source.id}")
        assert (reply.status, reply.error["code"], reply.error["param"]) == (404, "resource_missing", "id")
    refusal = post(f"{path}/cards", {"source": "btok_us_verified_noAccount"})
    assert (refusal.status, refusal.error["param"]) == (400, "source")
    assert post(f"{path}/cards", {"source": "tok_amex"}).json["object"] == "card"
    assert post(f"{path}/bank_accounts/{bank.id}", {"metadata[a]": "b"}).json["metadata"] == {"a": "b"}
    assert server.request("DELETE", f"{path}/bank_accounts/{bank.id}", key=secret_key).json["deleted"] is True


def test_a_source_is_found_under_its_own_customer_alone(stripe, sources, customer):
    other = stripe.customers.create({"source": "tok_visa"})
    method = stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    for not_here in (other.default_source, method.id, "card_nope"):
        with refused(status=404, code="resource_missing", param="id", says=f"No such source: '{not_here}'"):
            sources.retrieve(customer.id, not_here)


# -- update -----------------------------------------------------------------------------------------------------------


def test_an_update_of_a_card_changes_what_is_named_and_tells_it(stripe, sources, customer):
    card = sources.create(
        customer.id,
        {"source": stripe.tokens.create({"card": {**VISA, "name": "A"}}).id, "metadata": {"a": "1"}},
    )
    updated = sources.update(
        customer.id,
        card.id,
        {"name": "B", "exp_month": "11", "exp_year": "40", "address_line1": "1 Main", "metadata": {"b": "2"}},
    )

    assert (updated.name, updated.exp_month, updated.exp_year) == ("B", 11, 2040)
    assert (updated.address_line1, updated.address_line1_check) == ("1 Main", "unchecked")
    assert updated.metadata.to_dict() == {"a": "1", "b": "2"}
    told = stripe.events.list({"type": "customer.source.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in told] == [
        {
            "address_line1": None,
            "address_line1_check": None,
            "exp_month": 12,
            "exp_year": 2034,
            "metadata": {"b": None},
            "name": "A",
        }
    ]
    sources.update(customer.id, card.id, {"name": "B"})
    assert len(stripe.events.list({"type": "customer.source.updated"}).data) == 1
    cleared = sources.update(customer.id, card.id, {"name": "", "address_line1": "", "metadata": ""})
    assert (cleared.name, cleared.address_line1_check, cleared.metadata.to_dict()) == (None, None, {})


def test_an_update_of_a_bank_account_changes_its_holder(stripe, sources, customer):
    bank = sources.create(customer.id, {"source": bank_token(stripe).id})
    updated = sources.update(
        customer.id, bank.id, {"account_holder_name": "ACME", "account_holder_type": "company"}
    )

    assert (updated.account_holder_name, updated.account_holder_type) == ("ACME", "company")
    told = stripe.events.list({"type": "customer.source.updated"}).data[0].data
    assert told.previous_attributes.to_dict() == HOLDER
    with refused(code="parameter_invalid_empty", param="account_holder_name"):
        sources.update(customer.id, bank.id, {"account_holder_name": ""})


def test_a_card_has_no_account_holder_and_a_bank_account_no_expiry(stripe, sources, customer):
    card = sources.create(customer.id, {"source": "tok_visa"})
    bank = sources.create(customer.id, {"source": "btok_us_verified"})
    for source, params, param in (
        (card, {"account_holder_name": "A"}, "account_holder_name"),
        (bank, {"exp_month": "12"}, "exp_month"),
        (card, {"owner": {"name": "A"}}, "owner"),
        (card, {"number": "4242424242424242"}, "number"),
    ):
        with refused(code="parameter_unknown", param=param):
            sources.update(customer.id, source.id, params)
    with refused(sdk.CardError, status=402, code="invalid_expiry_month", param="exp_month"):
        sources.update(customer.id, card.id, {"exp_month": "13"})
    assert event_types(stripe, card.id) == ["customer.source.created"]
