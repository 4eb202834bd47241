"""PaymentMethods of type card and their customers, row by row: every magic id, every state, and the older sources."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from strongroom.catalog import cards
from support.data import VISA, event_types, refused

MAGIC = cards.card_tables().payment_methods
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
UNSAID = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}

# What validating a card says, by the behaviour that the catalogue gives it; every other card is taken.
DECLINES = {
    "generic_decline": ("card_declined", "", "generic_decline"),
    "insufficient_funds": ("card_declined", "", "insufficient_funds"),
    "lost_card": ("card_declined", "", "lost_card"),
    "stolen_card": ("card_declined", "", "stolen_card"),
    "card_velocity_exceeded": ("card_declined", "", "card_velocity_exceeded"),
    "expired_card": ("expired_card", "exp_month", None),
    "incorrect_cvc": ("incorrect_cvc", "cvc", None),
    "processing_error": ("processing_error", "", None),
}
# (line 1, postal code, security code): a check is made of what was given, and a magic id has no first line.
CHECKS = {
    "cvc_check_fails": (None, None, "fail"),
    "cvc_check_fails_risk_elevated": (None, None, "fail"),
    "postal_check_fails": (None, "fail", "pass"),
    "postal_check_fails_risk_elevated": (None, "fail", "pass"),
    "address_checks_fail": (None, "fail", "pass"),
    "address_checks_unavailable": (None, "unavailable", "pass"),
}


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({}).id


@pytest.fixture
def saved(stripe, customer):
    """A fresh visa, saved to `customer`."""
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    return stripe.payment_methods.attach(method.id, {"customer": customer})


# -- every published name ---------------------------------------------------------------------------------------------


def test_every_magic_id_is_attached_or_declined_as_published(stripe, customer):
    today = datetime.datetime.now(tz=datetime.UTC)
    minted, declined = set(), set()
    for name, magic in MAGIC.items():
        if magic.behaviour in DECLINES:
            code, param, decline_code = DECLINES[magic.behaviour]
            with refused(sdk.CardError, status=402, code=code, param=param, decline_code=decline_code):
                stripe.payment_methods.attach(name, {"customer": customer})
            declined.add(name)
            continue
        method = stripe.payment_methods.attach(name, {"customer": customer})
        card, facts = method.card, cards.card_facts(magic.number)
        shown = (card.brand, card.last4, card.country, card.funding, card.exp_month, card.exp_year)
        said = (facts.brand, magic.number[-4:], facts.country, facts.funding, today.month, today.year + 1)
        assert shown == said, name
        checks = (
            card.checks.address_line1_check,
            card.checks.address_postal_code_check,
            card.checks.cvc_check,
        )
        assert checks == CHECKS.get(magic.behaviour, (None, None, "pass")), name
        assert (method.customer, method.billing_details.to_dict()) == (customer, UNSAID), name
        minted.add(method.id)
    for reason in ("", "InsufficientFunds", "LostCard", "StolenCard", "VelocityLimitExceeded", "ExpiredCard",
                   "IncorrectCvc", "ProcessingError"):  # fmt: skip
        assert {f"pm_card_chargeDeclined{reason}", f"pm_card_visa_chargeDeclined{reason}"} <= declined
    assert len(minted) + len(declined) == len(MAGIC)
    listed = stripe.customers.payment_methods.list(customer, {"limit": 100}).auto_paging_iter()
    assert {method.id for method in listed} == minted


def test_looking_at_a_magic_id_mints_a_fresh_card_each_time(stripe):
    seen = [stripe.payment_methods.retrieve("pm_card_chargeDeclined") for _ in range(2)]

    assert seen[0].id != seen[1].id
    assert {(one.customer, one.card.last4, one.card.checks.cvc_check) for one in seen} == {
        (None, "0002", "unchecked")
    }
    assert stripe.events.list().data == []


@pytest.mark.parametrize(
    ("number", "brand", "display", "networks", "funding", "country"),
    [
        ("4242424242424242", "visa", "visa", ["visa"], "credit", "US"),
        ("4000056655665556", "visa", "visa", ["visa"], "debit", "US"),
        ("5555555555554444", "mastercard", "mastercard", ["mastercard"], "credit", "US"),
        ("2223003122003222", "mastercard", "mastercard", ["mastercard"], "credit", "US"),
        ("5105105105105100", "mastercard", "mastercard", ["mastercard"], "prepaid", "US"),
        ("378282246310005", "amex", "american_express", ["amex"], "credit", "US"),
        ("6011111111111117", "discover", "discover", ["discover"], "credit", "US"),
        ("6011981111111113", "discover", "discover", ["discover"], "debit", "US"),
        ("3056930009020004", "diners", "diners_club", ["diners"], "credit", "US"),
        ("36227206271667", "diners", "diners_club", ["diners"], "credit", "US"),
        ("3566002020360505", "jcb", "jcb", ["jcb"], "credit", "JP"),
        ("6200000000000005", "unionpay", "union_pay", ["unionpay"], "credit", "CN"),
        ("6205500000000000004", "unionpay", "union_pay", ["unionpay"], "credit", "CN"),
        ("4000002500001001", "visa", "visa", ["cartes_bancaires", "visa"], "credit", "FR"),
        ("5555552500001001", "mastercard", "mastercard", ["cartes_bancaires", "mastercard"], "credit", "FR"),
        ("4000050360000001", "visa", "visa", ["eftpos_au", "visa"], "debit", "AU"),
        ("4000003560000123", "visa", "visa", ["visa"], "credit", "IN"),
        ("4000000000000341", "visa", "visa", ["visa"], "credit", "US"),
    ],
)
def test_what_a_number_says_of_its_card(stripe, number, brand, display, networks, funding, country):
    card = {**VISA, "number": number, "cvc": "1234" if brand == "amex" else "123"}
    shown = stripe.payment_methods.create({"type": "card", "card": card}).card

    assert (shown.brand, shown.display_brand, shown.networks.available) == (brand, display, networks)
    assert (shown.funding, shown.country, shown.last4) == (funding, country, number[-4:])
    assert shown.three_d_secure_usage.supported is (brand != "amex")


# -- create -----------------------------------------------------------------------------------------------------------


def test_what_is_given_on_create_is_shown(stripe):
    given = {
        "billing_details": {
            "address": {
                "city": "Rome",
                "country": "IT",
                "line1": "1",
                "line2": "2",
                "postal_code": "3",
                "state": "4",
            },
            "email": "jenny@example.com",
            "name": "Jenny",
            "phone": "+1 555 ext 2",
            "tax_id": "000",
        },
        "metadata": {"order": "1"},
        "allow_redisplay": "limited",
        "radar_options": {"session": "rse_1"},
    }
    method = stripe.payment_methods.create({"type": "card", "card": VISA, **given})

    assert {key: method.to_dict()[key] for key in given} == given
    assert stripe.payment_methods.retrieve(method.id).to_dict() == method.to_dict()
    checks = method.card.checks
    assert (checks.address_line1_check, checks.address_postal_code_check) == ("unchecked", "unchecked")


def test_empty_billing_details_are_nulls(stripe):
    empty = {"address": "", "email": "", "name": "", "phone": ""}
    method = stripe.payment_methods.create({"type": "card", "card": VISA, "billing_details": empty})
    assert method.billing_details.to_dict() == UNSAID


@pytest.mark.parametrize(("preferred", "shown"), [("visa", "visa"), ("mastercard", "invalid_preference")])
def test_a_network_can_be_preferred_from_the_start(stripe, preferred, shown):
    card = {**VISA, "number": "4000002500001001", "networks": {"preferred": preferred}}
    made = stripe.payment_methods.create({"type": "card", "card": card}).card
    assert (made.networks.preferred, made.display_brand) == (shown, "visa")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"billing_details": {"planet": "x"}}, "parameter_unknown", "billing_details[planet]"),
        ({"billing_details": {"address": {"zip": "x"}}}, "parameter_unknown", "billing_details[address][zip]"),
        ({"card": {**VISA, "networks": {"preferred": "amex"}}}, None, "card[networks][preferred]"),
        ({"card": "tok_visa"}, None, "card"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"customer": "cus_x"}, None, "customer"),
        ({"payment_method": "pm_card_visa"}, None, "payment_method"),
        *(({"card": {"token": "tok_visa", leaf: VISA[leaf]}}, "parameters_exclusive", f"card[{leaf}]")
          for leaf in ("number", "exp_month", "exp_year", "cvc")),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_by_path_and_makes_nothing(stripe, params, code, param):
    with refused(code=code, param=param):
        stripe.payment_methods.create({"type": "card", "card": VISA, **params})
    assert stripe.payment_methods.list().data == []


def test_a_browser_is_shown_no_checks_no_fingerprint_and_no_metadata(browser, stripe):
    given = {"type": "card", "card": VISA, "billing_details": {"address": {"postal_code": "94107"}}}
    shown = browser.payment_methods.create({**given, "metadata": {"a": "1"}})
    whole = stripe.payment_methods.retrieve(shown.id)

    assert set(shown.card.checks.to_dict().values()) == {None}
    assert set(whole.to_dict()) - set(shown.to_dict()) == {"metadata"}
    assert set(whole.card.to_dict()) - set(shown.card.to_dict()) == {"fingerprint"}
    assert whole.card.checks.cvc_check == "unchecked"
    with refused(param="customer"):
        browser.payment_methods.create({**given, "customer": "cus_x"})


def test_one_key_makes_one_payment_method(stripe):
    params, options = {"type": "card", "card": VISA}, {"idempotency_key": "k1"}
    first, again = (stripe.payment_methods.create(params, options) for _ in range(2))

    assert (first.id, again.last_response.headers["Idempotent-Replayed"]) == (again.id, "true")
    with refused(sdk.IdempotencyError, status=400):
        stripe.payment_methods.create({**params, "metadata": {"a": "1"}}, options)
    assert [method.id for method in stripe.payment_methods.list().data] == [first.id]


# -- states -----------------------------------------------------------------------------------------------------------


def test_two_customers_race_for_one_payment_method_and_one_gets_it(stripe, post):
    method = stripe.payment_methods.create({"type": "card", "card": VISA}).id
    customers = [stripe.customers.create({}).id for _ in range(8)]
    with ThreadPoolExecutor(len(customers)) as crowd:
        replies = list(
            crowd.map(lambda one: post(f"/v1/payment_methods/{method}/attach", {"customer": one}), customers)
        )

    won = [customer for customer, reply in zip(customers, replies, strict=True) if reply.status == 200]
    assert len(won) == 1
    assert {reply.status for reply in replies} == {200, 400}
    assert stripe.payment_methods.retrieve(method).customer == won[0]
    assert event_types(stripe, method) == ["payment_method.attached"]


def test_detaching_changes_nothing_but_the_customer(stripe, saved):
    assert stripe.payment_methods.detach(saved.id).to_dict() == {**saved.to_dict(), "customer": None}


def test_an_orphan_is_kept_and_shown_and_can_be_detached_but_its_customer_holds_nothing(
    stripe, customer, saved
):
    stripe.customers.delete(customer)

    assert stripe.payment_methods.retrieve(saved.id).to_dict() == saved.to_dict()
    for call in (
        lambda: stripe.customers.payment_methods.list(customer),
        lambda: stripe.payment_methods.list({"customer": customer}),
        lambda: stripe.customers.payment_methods.retrieve(customer, saved.id),
    ):
        with refused(
            status=404, code="resource_missing", param="customer", says=f"No such customer: '{customer}'"
        ):
            call()
    assert stripe.payment_methods.detach(saved.id).customer is None


def test_every_card_of_the_account_is_in_its_list_whatever_its_state(stripe, saved):
    fresh = stripe.payment_methods.retrieve("pm_card_visa")
    stripe.payment_methods.detach(saved.id)
    assert [method.id for method in stripe.payment_methods.list().data] == [fresh.id, saved.id]


def test_a_payment_method_of_the_other_mode_is_missing_with_a_hint(stripe, live, saved, customer):
    says = "a similar object exists in test mode, but a live mode key"
    with refused(status=404, code="resource_missing", param="payment_method", says=says):
        live.payment_methods.retrieve(saved.id)
    with refused(status=404, code="resource_missing", param="customer", says=says):
        live.payment_methods.list({"customer": customer})


# -- update -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"billing_details": {"email": "nobody"}}, "email_invalid", "billing_details[email]"),
        ({"allow_redisplay": "often"}, None, "allow_redisplay"),
        ({"card": {"token": "tok_visa"}}, "parameter_unknown", "card[token]"),
        ({"card": {"networks": {"preferred": "amex"}}}, None, "card[networks][preferred]"),
        ({"metadata": {f"k{number}": "v" for number in range(51)}}, None, "metadata"),
        ({"foo": "1"}, "parameter_unknown", "foo"),
    ],
)
def test_a_wrong_update_is_refused_by_path_and_tells_nothing(stripe, saved, change, code, param):
    with refused(code=code, param=param):
        stripe.payment_methods.update(saved.id, change)
    assert stripe.payment_methods.retrieve(saved.id).to_dict() == saved.to_dict()
    assert event_types(stripe, saved.id) == ["payment_method.attached"]


def test_metadata_is_counted_after_the_merge(stripe, saved):
    stripe.payment_methods.update(saved.id, {"metadata": {f"k{number}": "v" for number in range(50)}})
    with refused(param="metadata", says="51 keys"):
        stripe.payment_methods.update(saved.id, {"metadata": {"one_more": "v"}})
    swapped = stripe.payment_methods.update(saved.id, {"metadata": {"one_more": "v", "k0": ""}})
    assert len(swapped.metadata.to_dict()) == 50


def test_half_an_expiry_is_judged_with_the_other_half(stripe, saved):
    today = datetime.datetime.now(tz=datetime.UTC)
    this_month = {"exp_month": today.month, "exp_year": today.year}
    assert stripe.payment_methods.update(saved.id, {"card": this_month}).card.exp_year == today.year
    for change, code, param in (
        ({"exp_year": today.year - 1}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": today.month - 1}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
    ):
        with refused(sdk.CardError, status=402, code=code, param=param):
            stripe.payment_methods.update(saved.id, {"card": change})
    kept = stripe.payment_methods.update(saved.id, {"card": {"exp_year": today.year + 1}}).card
    assert kept.exp_month == today.month


def test_allow_redisplay_can_change_and_be_filtered_by(stripe, customer, saved):
    stripe.payment_methods.update(saved.id, {"allow_redisplay": "always"})
    stripe.payment_methods.attach("pm_card_visa", {"customer": customer})

    def listed(value):
        page = stripe.customers.payment_methods.list(customer, {"allow_redisplay": value})
        return [method.id for method in page.data]

    assert listed("always") == [saved.id]
    assert listed("limited") == []
    assert len(listed("unspecified")) == 1
    told = stripe.events.list({"type": "payment_method.updated"}).data[0].data
    assert told.previous_attributes.to_dict() == {"allow_redisplay": "unspecified"}


# -- customers and their older sources --------------------------------------------------------------------------------


def test_a_default_payment_method_is_set_cleared_and_only_ones_own(stripe, customer, saved):
    def default(value):
        updated = stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": value}})
        return updated.invoice_settings.default_payment_method

    assert default(saved.id) == saved.id
    of_another = stripe.payment_methods.attach("pm_card_visa", {"customer": stripe.customers.create({}).id})
    for wrong in (of_another.id, "pm_nope"):
        with refused(code="resource_missing", param="invoice_settings[default_payment_method]"):
            default(wrong)
    assert default("") is None


def test_a_source_and_its_payment_method_are_one_card_seen_twice(stripe):
    customer = stripe.customers.create({"source": "tok_visa_cartesBancaires"})
    changes = {
        "billing_details": {"name": "Jenny", "address": {"postal_code": "94107"}},
        "card": {"exp_month": 5, "networks": {"preferred": "cartes_bancaires"}},
        "metadata": {"a": "1"},
    }
    stripe.payment_methods.update(customer.default_source, changes)
    card = stripe.customers.retrieve(customer.id, {"expand": ["default_source"]}).default_source

    assert (card.object, card.name, card.address_zip, card.exp_month) == ("card", "Jenny", "94107", 5)
    assert (card.networks.preferred, card.metadata.to_dict()) == ("cartes_bancaires", {"a": "1"})
    with refused(says="has already been attached"):
        stripe.payment_methods.attach(card.id, {"customer": stripe.customers.create({}).id})


def test_detaching_a_source_takes_it_from_the_customer(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    stripe.payment_methods.detach(customer.default_source)

    assert stripe.customers.retrieve(customer.id).default_source is None
    told = stripe.events.list({"type": "customer.updated"}).data[0].data
    assert told.previous_attributes.to_dict() == {"default_source": customer.default_source}


def test_a_replaced_source_is_gone_and_every_step_is_told(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    stripe.customers.update(customer.id, {"source": "tok_amex"})

    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.payment_methods.retrieve(customer.default_source)
    assert event_types(stripe) == ["customer.source.created", "customer.created", "customer.source.created",
                                   "customer.source.deleted", "customer.updated"]  # fmt: skip
    created = stripe.events.list({"type": "customer.source.created"}).data[0].data.object
    assert (created["object"], created["brand"], created["customer"]) == (
        "card",
        "American Express",
        customer.id,
    )


def test_the_sources_of_a_deleted_customer_are_gone(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    stripe.customers.delete(customer.id)
    with refused(status=404, code="resource_missing", param="payment_method"):
        stripe.payment_methods.retrieve(customer.default_source)


def test_a_source_may_be_a_whole_card_and_has_an_older_name(post):
    details = {f"source[{key}]": value for key, value in VISA.items()}
    whole = post("/v1/customers", {"source[object]": "card", **details, "expand[]": "default_source"})
    older = post("/v1/customers", {"card": "tok_visa", "expand[]": "default_source"})

    for reply in (whole, older):
        assert reply.json["default_source"]["last4"] == "4242"
        assert reply.json["default_source"]["cvc_check"] == "pass"
    assert post("/v1/customers", {"card": "tok_nope"}).error["param"] == "card"
