"""PaymentMethods of type card: created without asking anybody, attached by asking the network, and their five states."""

import datetime

import pytest
import stripe as sdk

from support.data import DECLINED, VISA, event_types, refused

ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


@pytest.fixture
def make(stripe):
    def make(**params):
        return stripe.payment_methods.create({"type": "card", "card": VISA, **params})

    return make


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({})


def attach(stripe, method, customer):
    return stripe.payment_methods.attach(
        method if isinstance(method, str) else method.id, {"customer": customer.id}
    )


def test_a_new_payment_method_to_the_letter(make):
    method = make()

    assert method.id.startswith("pm_")
    assert method.to_dict() == {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {
            "brand": "visa",
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "unchecked",
            },
            "country": "US",
            "display_brand": "visa",
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": method.card.fingerprint,
            "funding": "credit",
            "generated_from": None,
            "last4": "4242",
            "networks": {"available": ["visa"], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": method.created,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def test_creating_is_silent(stripe, make):
    method = make()
    assert event_types(stripe, method.id) == []


def test_without_a_code_there_is_no_check(stripe):
    card = {key: value for key, value in VISA.items() if key != "cvc"}
    assert stripe.payment_methods.create({"type": "card", "card": card}).card.checks.cvc_check is None


def test_a_publishable_key_may_create_and_sees_less(browser):
    method = browser.payment_methods.create({"type": "card", "card": VISA})

    assert "metadata" not in method
    assert "fingerprint" not in method.card
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.payment_methods.retrieve(method.id)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"type": "card"}, "parameter_missing", "card"),
        ({"card": VISA}, "parameter_missing", "type"),
        ({"type": "bank_account"}, None, "type"),
        ({"type": "card_present"}, None, "type"),
        (
            {"type": "card", "card": {"number": "4242424242424242", "exp_year": "34"}},
            "parameter_missing",
            "card[exp_month]",
        ),
        ({"type": "card", "card": VISA, "emial": "x"}, "parameter_unknown", "emial"),
        ({"type": "card", "card": VISA, "allow_redisplay": "often"}, None, "allow_redisplay"),
        ({"type": "card", "card": VISA, "customer": "cus_x"}, None, "customer"),
        (
            {"type": "card", "card": VISA, "billing_details": {"email": "nobody"}},
            "email_invalid",
            "billing_details[email]",
        ),
        ({"type": "card", "card": {"token": "tok_nope"}}, "resource_missing", "card[token]"),
    ],
)
def test_a_wrong_request_is_refused_by_parameter(stripe, params, code, param):
    with refused(code=code, param=param):
        stripe.payment_methods.create(params)
    assert stripe.payment_methods.list().data == []


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": "no"}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": "95"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "99"}, "invalid_cvc", "cvc"),
        ({"number": "378282246310005"}, "invalid_cvc", "cvc"),
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
    ],
)
def test_a_wrong_card_is_a_card_error(stripe, change, code, param):
    with refused(sdk.CardError, status=402, code=code, param=param):
        stripe.payment_methods.create({"type": "card", "card": {**VISA, **change}})


def test_a_two_digit_year_and_the_current_month_are_good(stripe):
    today = datetime.datetime.now(tz=datetime.UTC)
    short = stripe.payment_methods.create({"type": "card", "card": {**VISA, "exp_year": "30"}})
    expiring = {**VISA, "exp_month": str(today.month), "exp_year": str(today.year)}

    assert short.card.exp_year == 2030
    assert stripe.payment_methods.create({"type": "card", "card": expiring}).card.exp_month == today.month


def test_a_token_gives_its_card_and_excludes_a_number(stripe):
    token = stripe.tokens.create({"card": {**VISA, "name": "Jenny", "address_zip": "94107"}})
    with refused(code="parameters_exclusive", param="card[number]"):
        stripe.payment_methods.create({"type": "card", "card": {"token": token.id, **VISA}})
    method = stripe.payment_methods.create(
        {"type": "card", "card": {"token": token.id}, "billing_details": {"name": "Jenny Rosen"}}
    )

    assert method.card.fingerprint == token.card.fingerprint
    assert method.billing_details.name == "Jenny Rosen"
    assert method.billing_details.address.postal_code == "94107"
    assert method.card.checks.to_dict() == {
        "address_line1_check": None,
        "address_postal_code_check": "unchecked",
        "cvc_check": "unchecked",
    }


def test_magic_tokens_make_different_payment_methods(stripe):
    one, two = (
        stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}) for _ in range(2)
    )
    assert one.id != two.id
    assert one.card.fingerprint == two.card.fingerprint


def test_attaching_asks_the_network_and_tells(stripe, make, customer):
    attached = attach(stripe, make(), customer)

    assert attached.customer == customer.id
    assert attached.card.checks.cvc_check == "pass"
    assert event_types(stripe, attached.id) == ["payment_method.attached"]
    assert stripe.customers.retrieve(customer.id).invoice_settings.default_payment_method is None


@pytest.mark.parametrize(
    ("number", "code", "decline_code", "param"),
    [
        ("4000000000000002", "card_declined", "generic_decline", ""),
        ("4000000000009995", "card_declined", "insufficient_funds", ""),
        ("4000000000009987", "card_declined", "lost_card", ""),
        ("4000000000009979", "card_declined", "stolen_card", ""),
        ("4000000000006975", "card_declined", "card_velocity_exceeded", ""),
        ("4000000000000069", "expired_card", None, "exp_month"),
        ("4000000000000127", "incorrect_cvc", None, "cvc"),
        ("4000000000000119", "processing_error", None, ""),
    ],
)
def test_a_declining_card_is_created_but_not_attached(stripe, customer, number, code, decline_code, param):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": number}})
    with refused(sdk.CardError, status=402, code=code, decline_code=decline_code, param=param):
        attach(stripe, method, customer)

    assert stripe.payment_methods.retrieve(method.id).customer is None
    assert event_types(stripe, method.id) == []


def test_a_code_that_was_not_given_cannot_be_wrong(stripe, customer):
    card = {**VISA, "number": "4000000000000127"}
    del card["cvc"]
    method = stripe.payment_methods.create({"type": "card", "card": card})

    assert attach(stripe, method, customer).customer == customer.id


@pytest.mark.parametrize(
    ("number", "checks"),
    [
        ("4000000000000101", ("pass", "pass", "fail")),
        ("4000000000000036", ("pass", "fail", "pass")),
        ("4000000000000028", ("fail", "pass", "pass")),
        ("4000000000000010", ("fail", "fail", "pass")),
        ("4000000000000044", ("unavailable", "unavailable", "pass")),
    ],
)
def test_the_checks_settle_when_the_card_is_attached(stripe, customer, number, checks):
    address = {"line1": "510 Townsend St", "postal_code": "94103"}
    method = stripe.payment_methods.create(
        {"type": "card", "card": {**VISA, "number": number}, "billing_details": {"address": address}}
    )
    settled = attach(stripe, method, customer).card.checks

    assert (settled.address_line1_check, settled.address_postal_code_check, settled.cvc_check) == checks


def test_a_card_that_is_no_test_card_is_refused_in_test_mode_when_the_network_is_asked(stripe, customer):
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "number": "4111111111111111"}})
    with refused(
        sdk.CardError, status=402, code="card_declined", decline_code="test_mode_live_card", param=""
    ):
        attach(stripe, method, customer)


def test_attaching_twice_to_one_customer_changes_nothing_and_to_another_is_refused(stripe, make, customer):
    method = attach(stripe, make(), customer)
    other = stripe.customers.create({})

    assert attach(stripe, method, customer).to_dict() == method.to_dict()
    with refused(says="has already been attached to a customer"):
        attach(stripe, method, other)
    assert event_types(stripe, method.id) == ["payment_method.attached"]


def test_attaching_names_what_is_missing(stripe, make):
    method = make()
    with refused(code="parameter_missing", param="customer"):
        stripe.payment_methods.attach(method.id, {})
    with refused(status=404, code="resource_missing", param="customer", says="No such customer: 'cus_nope'"):
        stripe.payment_methods.attach(method.id, {"customer": "cus_nope"})
    with refused(
        status=404, code="resource_missing", param="payment_method", says="No such PaymentMethod: 'pm_nope'"
    ):
        stripe.payment_methods.attach("pm_nope", {"customer": "cus_nope"})
    assert stripe.payment_methods.retrieve(method.id).customer is None


def test_detaching_is_for_good(stripe, make, customer):
    method = attach(stripe, make(), customer)
    detached = stripe.payment_methods.detach(method.id)

    assert detached.customer is None
    newest = stripe.events.list({"type": "payment_method.detached"}).data[0]
    assert newest.data.previous_attributes.to_dict() == {"customer": customer.id}
    assert newest.data.object["customer"] is None
    assert stripe.payment_methods.retrieve(method.id).customer is None
    assert stripe.customers.payment_methods.list(customer.id).data == []
    with refused(says="is not attached to a customer so detachment is impossible"):
        stripe.payment_methods.detach(method.id)
    with refused(says="may not be used again"):
        attach(stripe, method, customer)
    with refused(says="save this PaymentMethod to a customer"):
        stripe.payment_methods.update(method.id, {"metadata": {"a": "b"}})


def test_detaching_the_default_clears_it(stripe, make, customer):
    method = attach(stripe, make(), customer)
    stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    stripe.payment_methods.detach(method.id)

    assert stripe.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
    told = stripe.events.list({"type": "customer.updated"}).data[0]
    assert told.data.previous_attributes.to_dict() == {
        "invoice_settings": {"default_payment_method": method.id}
    }


def test_only_a_saved_payment_method_can_be_updated(stripe, make):
    with refused(says="save this PaymentMethod to a customer"):
        stripe.payment_methods.update(make().id, {"metadata": {"a": "1"}})


def test_metadata_merges_key_by_key(stripe, make, customer):
    method = attach(stripe, make(), customer)
    for step in ({"a": "1"}, {"b": "2"}, {"a": ""}):
        updated = stripe.payment_methods.update(method.id, {"metadata": step})
    assert updated.metadata.to_dict() == {"b": "2"}
    assert stripe.payment_methods.update(method.id, {"metadata": ""}).metadata.to_dict() == {}


def test_billing_details_change_leaf_by_leaf(stripe, make, customer):
    method = attach(
        stripe,
        make(billing_details={"name": "Jenny", "phone": "1", "address": {"city": "Rome", "line1": "x"}}),
        customer,
    )
    updated = stripe.payment_methods.update(
        method.id, {"billing_details": {"name": "", "address": {"city": "Oslo"}}}
    )

    assert updated.billing_details.name is None
    assert updated.billing_details.phone == "1"
    assert (updated.billing_details.address.city, updated.billing_details.address.line1) == ("Oslo", "x")
    cleared = stripe.payment_methods.update(method.id, {"billing_details": {"address": ""}})
    assert cleared.billing_details.address.to_dict() == ADDRESS


def test_an_update_tells_only_what_changed_and_nothing_if_nothing_did(stripe, make, customer):
    method = attach(stripe, make(), customer)
    stripe.payment_methods.update(method.id, {"card": {"exp_month": 11}})
    stripe.payment_methods.update(method.id, {"card": {"exp_month": 11}})

    told = stripe.events.list({"type": "payment_method.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in told] == [{"card": {"exp_month": 12}}]
    with refused(sdk.CardError, status=402, code="invalid_expiry_year", param="exp_year"):
        stripe.payment_methods.update(method.id, {"card": {"exp_year": 2019}})


def test_what_identifies_the_card_cannot_be_updated(stripe, make, customer):
    method = attach(stripe, make(), customer)
    for params, param in (
        ({"card": {"number": "4242424242424242"}}, "card[number]"),
        ({"card": {"cvc": "123"}}, "card[cvc]"),
        ({"type": "card"}, "type"),
        ({"customer": customer.id}, "customer"),
        ({"sepa_debit": {"iban": "x"}}, "sepa_debit"),
    ):
        with refused(code="parameter_unknown", param=param):
            stripe.payment_methods.update(method.id, params)
    with refused(code="payment_method_invalid_parameter", param="us_bank_account"):
        stripe.payment_methods.update(method.id, {"us_bank_account": {"account_type": "savings"}})


def test_the_preferred_network_is_the_customers_choice(stripe, customer):
    both = attach(stripe, "pm_card_visa_cartesBancaires", customer)
    plain = attach(stripe, "pm_card_visa", customer)
    choose = {"card": {"networks": {"preferred": "cartes_bancaires"}}}

    assert both.card.networks.available == ["cartes_bancaires", "visa"]
    chosen = stripe.payment_methods.update(both.id, choose).card
    assert (chosen.networks.preferred, chosen.display_brand) == ("cartes_bancaires", "cartes_bancaires")
    invalid = stripe.payment_methods.update(plain.id, choose).card
    assert (invalid.networks.preferred, invalid.display_brand) == ("invalid_preference", "visa")
    cleared = stripe.payment_methods.update(both.id, {"card": {"networks": {"preferred": ""}}}).card
    assert (cleared.networks.preferred, cleared.display_brand) == (None, "visa")


def test_magic_ids_mint_a_fresh_one_each_time(stripe, live, customer):
    first, second = attach(stripe, "pm_card_visa", customer), attach(stripe, "pm_card_visa", customer)

    assert first.id != second.id
    assert "pm_card_visa" not in {first.id, second.id}
    assert first.card.fingerprint == second.card.fingerprint
    assert [method.id for method in stripe.customers.payment_methods.list(customer.id)] == [
        second.id,
        first.id,
    ]
    seen = stripe.payment_methods.retrieve("pm_card_visa")
    assert stripe.payment_methods.retrieve(seen.id).id == seen.id
    with refused(status=404, code="resource_missing", param="payment_method"):
        live.payment_methods.retrieve("pm_card_visa")
    with refused(says="is not attached to a customer"):
        stripe.payment_methods.detach("pm_card_visa")


def test_lists_are_newest_first_filtered_and_paged(stripe, customer):
    ids = [attach(stripe, "pm_card_visa", customer).id for _ in range(3)]
    newest_first = ids[::-1]

    def listed(**params):
        page = stripe.customers.payment_methods.list(customer.id, params)
        return [method.id for method in page.data], page.has_more

    assert listed() == (newest_first, False)
    assert listed(type="card", limit=1) == (newest_first[:1], True)
    assert listed(starting_after=newest_first[0], limit=1) == (newest_first[1:2], True)
    assert listed(starting_after=newest_first[-1]) == ([], False)
    assert listed(ending_before=newest_first[-1]) == (newest_first[:2], False)
    assert listed(ending_before=newest_first[-1], limit=1) == (newest_first[1:2], True)
    assert listed(allow_redisplay="always") == ([], False)
    assert listed(type="sepa_debit") == ([], False)
    by_filter = stripe.payment_methods.list({"customer": customer.id, "expand": ["data.customer"]})
    assert [method.customer.id for method in by_filter.data] == [customer.id] * 3
    assert [
        method.id
        for method in stripe.customers.payment_methods.list(customer.id, {"limit": 1}).auto_paging_iter()
    ] == newest_first


@pytest.mark.parametrize("limit", ["0", "101", "-1"])
def test_a_page_size_out_of_range_is_refused(stripe, customer, limit):
    with refused(code="parameter_invalid_integer", param="limit"):
        stripe.customers.payment_methods.list(customer.id, {"limit": limit})


def test_cursors_are_checked_before_each_other(stripe, customer):
    known = attach(stripe, "pm_card_visa", customer).id
    with refused(says="Received both starting_after and ending_before"):
        stripe.payment_methods.list({"starting_after": known, "ending_before": known})
    with refused(code="resource_missing", param="starting_after"):
        stripe.payment_methods.list({"starting_after": "pm_nope", "ending_before": known})


def test_a_customers_payment_method_is_only_found_where_it_belongs(stripe, customer):
    method = attach(stripe, "pm_card_visa", customer)
    other = stripe.customers.create({})

    assert stripe.customers.payment_methods.retrieve(customer.id, method.id).id == method.id
    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.customers.payment_methods.retrieve(other.id, method.id)
    with refused(status=404, code="resource_missing", param="customer"):
        stripe.customers.payment_methods.list("cus_nope")


def test_a_payment_method_of_a_declined_number_spends_nobodys_time(stripe):
    assert stripe.payment_methods.create({"type": "card", "card": DECLINED}).card.last4 == "0002"
