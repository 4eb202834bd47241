"""PaymentMethods of every type: what is taken, what is shown, who can be attached, and what is refused by name."""

import itertools

import pytest
import stripe as sdk

from strongroom.catalog import method_types
from support.data import VISA, event_types, refused
from support.methods import ANY, DETAILS, EMPTY, JENNY, TYPES, params_of

PAGES = method_types()
SAVED_DIRECTLY = ["au_becs_debit", "nz_bank_account", "sepa_debit"]


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({})


def make(stripe, kind, **more):
    return stripe.payment_methods.create(params_of(kind, **more))


def count(stripe):
    return len(stripe.payment_methods.list({"limit": 100}).data)


# -- create -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
def test_a_payment_method_of_every_type_is_made_shown_and_says_nothing_else(stripe, kind):
    method = make(stripe, kind, metadata={"a": "b"})
    shown = DETAILS.get(kind, ({}, {}))[1]

    assert method.id.startswith("pm_")
    assert method.type == kind
    details = method.to_dict()[kind]
    assert {name: ANY if shown.get(name) == ANY else value for name, value in details.items()} == shown
    assert {name for name in method.to_dict() if name in {*TYPES, "card"}} == {kind}
    assert method.billing_details.name == "Jenny Rosen"
    assert (method.customer, method.allow_redisplay, method.metadata.to_dict()) == (
        None,
        "unspecified",
        {"a": "b"},
    )
    assert stripe.payment_methods.retrieve(method.id).to_dict() == method.to_dict()
    assert event_types(stripe) == []


def test_every_type_of_the_sdk_that_can_be_made_was_made():
    assert {*TYPES, "card"} == set(PAGES)


@pytest.mark.parametrize("kind", [*EMPTY, "card_present", "pix", "paypal"])
def test_a_hash_may_be_left_out_where_nothing_is_needed(stripe, kind):
    if kind == "card_present":
        with refused(param="type", says="Invalid type"):
            stripe.payment_methods.create({"type": kind})
    else:
        assert stripe.payment_methods.create({"type": kind, "billing_details": JENNY}).type == kind


@pytest.mark.parametrize(
    "kind", ["acss_debit", "au_becs_debit", "bacs_debit", "sepa_debit", "us_bank_account"]
)
def test_an_account_is_known_again_and_a_browser_does_not_learn_it(stripe, browser, kind):
    one, two = make(stripe, kind), make(stripe, kind)
    seen = make(browser, kind)

    assert one.id != two.id
    assert one[kind].fingerprint == two[kind].fingerprint
    assert "fingerprint" not in seen[kind].to_dict()
    assert "metadata" not in seen.to_dict()
    assert stripe.payment_methods.retrieve(seen.id)[kind].fingerprint == one[kind].fingerprint


def test_an_account_has_one_fingerprint_however_it_is_written(stripe):
    spaced = make(stripe, "sepa_debit", sepa_debit={"iban": "de89 3704 0044 0532 0130 00"})
    assert spaced.sepa_debit.fingerprint == make(stripe, "sepa_debit").sepa_debit.fingerprint
    assert spaced.sepa_debit.last4 == "3000"


def test_a_bank_account_is_the_same_account_in_a_token(stripe):
    bank = {
        "country": "US",
        "currency": "usd",
        "account_number": "000123456789",
        "routing_number": "110000000",
    }
    token = stripe.tokens.create({"bank_account": bank})
    assert make(stripe, "us_bank_account").us_bank_account.fingerprint == token.bank_account.fingerprint


@pytest.mark.parametrize(
    ("iban", "bank", "branch"),
    [
        ("FR1420041010050500013M02606", "20041", "01005"),
        ("GB82WEST12345698765432", "WEST", "123456"),
        ("ES0700120345030000067890", "0012", "0345"),
        ("NL39RABO0300065264", "RABO", ""),
        ("AT611904300234573201", "19043", ""),
    ],
)
def test_an_iban_says_bank_branch_and_country(stripe, iban, bank, branch):
    shown = make(stripe, "sepa_debit", sepa_debit={"iban": iban}).sepa_debit
    assert (shown.bank_code, shown.branch_code, shown.country, shown.last4) == (
        bank,
        branch,
        iban[:2],
        iban[-4:],
    )


def test_a_pay_id_stands_for_an_account(stripe):
    shown = make(stripe, "payto", payto={"pay_id": "jenny@example.com"}).payto
    assert shown.to_dict() == {"bsb_number": None, "last4": None, "pay_id": "jenny@example.com"}


def test_a_bacs_account_may_come_later(stripe):
    empty = {"fingerprint": None, "last4": None, "sort_code": None}
    assert stripe.payment_methods.create({"type": "bacs_debit"}).bacs_debit.to_dict() == empty


@pytest.mark.parametrize("kind", ["apple_pay", "bank_account", "card_present", "interac_present", "nonsense"])
def test_a_type_that_cannot_be_made_is_refused(stripe, kind):
    with refused(param="type", says="must be one of"):
        stripe.payment_methods.create({"type": kind})


def test_the_type_is_needed_and_excludes_every_other_hash(stripe):
    with refused(code="parameter_missing", param="type"):
        stripe.payment_methods.create({"sepa_debit": {"iban": "DE89370400440532013000"}})
    with refused(param="ideal", says="the type of the PaymentMethod is sepa_debit"):
        make(stripe, "sepa_debit", ideal={"bank": "ing"})
    with refused(param="sepa_debit", says="the type of the PaymentMethod is card"):
        stripe.payment_methods.create({"type": "card", "card": VISA, "sepa_debit": DETAILS["sepa_debit"][0]})
    with refused(param="card", says="the type of the PaymentMethod is alipay"):
        stripe.payment_methods.create({"type": "alipay", "card": VISA})
    with refused(code="parameter_unknown", param="nonsense"):
        make(stripe, "alipay", nonsense={"a": "b"})
    assert count(stripe) == 0


MISSING = [
    *((kind, kind) for kind, page in PAGES.items() if page.needs_details),
    *(
        (kind, f"{kind}[{take.name}]")
        for kind, page in PAGES.items()
        for take in page.take
        if take.required and len(DETAILS[kind][0]) > 1
    ),
    ("us_bank_account", "us_bank_account[account_number]"),
    ("us_bank_account", "us_bank_account[routing_number]"),
    ("payto", "payto[bsb_number]"),
    ("bacs_debit", "bacs_debit[sort_code]"),
    ("bacs_debit", "bacs_debit[account_number]"),
]


@pytest.mark.parametrize(("kind", "param"), MISSING, ids="-".join)
def test_what_a_type_needs_is_missed_by_name_and_nothing_is_kept(stripe, kind, param):
    params = params_of(kind)
    if param == kind:
        del params[kind]
    else:
        field = param[len(kind) + 1 : -1]
        params[kind] = {name: value for name, value in params[kind].items() if name != field}
    with refused(code="parameter_missing", param=param):
        stripe.payment_methods.create(params)
    assert count(stripe) == 0


WRONG = [
    ("sepa_debit", {"iban": "DE89370400440532013001"}, "account_number_invalid"),
    ("sepa_debit", {"iban": "DE8937040044053201300"}, "account_number_invalid"),
    ("sepa_debit", {"iban": "TR330006100519786457841326"}, "account_number_invalid"),
    ("sepa_debit", {"iban": "nonsense"}, "account_number_invalid"),
    ("sepa_debit", {"iban": "DE8937040044053201300０"}, "account_number_invalid"),
    ("us_bank_account", {"routing_number": "110000001"}, "routing_number_invalid"),
    ("us_bank_account", {"routing_number": "11000000"}, "routing_number_invalid"),
    ("us_bank_account", {"account_number": "12x45"}, "account_number_invalid"),
    ("us_bank_account", {"account_number": "1" * 18}, "account_number_invalid"),
    ("acss_debit", {"institution_number": "00"}, "routing_number_invalid"),
    ("acss_debit", {"transit_number": "110001"}, "routing_number_invalid"),
    ("acss_debit", {"account_number": "123456"}, "account_number_invalid"),
    ("au_becs_debit", {"bsb_number": "00000"}, "routing_number_invalid"),
    ("au_becs_debit", {"account_number": "1234567890"}, "account_number_invalid"),
    ("bacs_debit", {"sort_code": "1088000"}, "routing_number_invalid"),
    ("bacs_debit", {"account_number": "1234567"}, "account_number_invalid"),
    ("nz_bank_account", {"account_number": "0068388"}, "account_number_invalid"),
    ("nz_bank_account", {"bank_code": "1"}, "routing_number_invalid"),
    ("boleto", {"tax_id": "000.000.000-01"}, "tax_id_invalid"),
    ("boleto", {"tax_id": "16.727.230/0001-98"}, "tax_id_invalid"),
    ("payto", {"bsb_number": "1"}, "routing_number_invalid"),
    ("klarna", {"dob": {"day": 31, "month": 2, "year": 1990}}, None),
    ("klarna", {"dob": {"day": 1, "month": 1, "year": 2990}}, None),
    ("ideal", {"bank": "nonsense"}, None),
    ("fpx", {"bank": "nonsense"}, None),
    ("sofort", {"country": "US"}, None),
    ("upi", {"mandate_options": {"amount": 0}}, None),
    ("p24", {"bank": "x" * 5001}, None),
    ("custom", {"type": "x" * 5001}, None),
]


@pytest.mark.parametrize(("kind", "wrong", "code"), WRONG)
def test_what_is_wrong_is_refused_by_name_is_not_repeated_and_not_kept(stripe, kind, wrong, code):
    (field, value), *_ = wrong.items()
    with refused(code=code, param=f"{kind}[{field}]") as caught:
        make(stripe, kind, **{kind: {**DETAILS[kind][0], **wrong}})
    assert not isinstance(value, str) or f" {value}" not in str(caught.value)
    assert count(stripe) == 0


def test_a_connected_account_is_honestly_not_there(post):
    account = {"us_bank_account[financial_connections_account]": "fca_1", "billing_details[name]": "J"}
    reply = post("/v1/payment_methods", {"type": "us_bank_account", **account})
    assert (reply.status, reply.error["code"]) == (501, "strongroom_not_implemented")


def test_what_excludes_each_other_is_refused_by_the_second(stripe):
    with refused(code="parameters_exclusive", param="payto[bsb_number]"):
        make(stripe, "payto", payto={**DETAILS["payto"][0], "pay_id": "a@example.com"})
    with refused(code="parameters_exclusive", param="us_bank_account[financial_connections_account]"):
        both = {**DETAILS["us_bank_account"][0], "financial_connections_account": "fca_1"}
        make(stripe, "us_bank_account", us_bank_account=both)


@pytest.mark.parametrize("pay_id", ["nonsense", "a@b", "+61 1", "51 824 753 557"])
def test_what_is_no_pay_id_is_refused(stripe, pay_id):
    with refused(param="payto[pay_id]", says="A PayID is"):
        make(stripe, "payto", payto={"pay_id": pay_id})


@pytest.mark.parametrize("pay_id", ["a@example.com", "+61412345678", "0412 345 678", "51 824 753 556"])
def test_what_is_a_pay_id_is_taken(stripe, pay_id):
    assert make(stripe, "payto", payto={"pay_id": pay_id}).payto.pay_id == pay_id


def test_published_test_numbers_are_for_test_mode(live):
    with refused(code="tax_id_invalid", param="boleto[tax_id]"):
        make(live, "boleto")
    valid = make(live, "boleto", boleto={"tax_id": "390.533.447-05"})
    assert (valid.livemode, valid.boleto.tax_id) == (True, "390.533.447-05")


def test_a_bank_is_named_where_it_is_known(stripe, live):
    named = {"institution_number": "003", "transit_number": "00001", "account_number": "1234567"}
    assert make(live, "acss_debit", acss_debit=named).acss_debit.bank_name == "ROYAL BANK OF CANADA"
    unknown = {**named, "institution_number": "999"}
    assert make(live, "acss_debit", acss_debit=unknown).acss_debit.bank_name is None
    routed = {"routing_number": "122105155", "account_number": "000123456789"}
    assert make(live, "us_bank_account", us_bank_account=routed).us_bank_account.bank_name == "US BANK NA"
    assert make(stripe, "us_bank_account", us_bank_account=routed).us_bank_account.bank_name == "US BANK NA"


# -- billing details --------------------------------------------------------------------------------------------------

NEEDED = [
    (kind, name) for kind, page in PAGES.items() for name in page.billing.create if page.billing.why is None
]


@pytest.mark.parametrize(("kind", "name"), NEEDED, ids="-".join)
def test_billing_details_that_a_type_needs_are_missed_by_name(stripe, kind, name):
    given = {key: value for key, value in JENNY.items() if key != name}
    with refused(code="parameter_missing", param=f"billing_details[{name}]"):
        make(stripe, kind, billing_details=given)
    with refused(code="parameter_missing", param=f"billing_details[{name}]"):
        make(stripe, kind, billing_details={**JENNY, name: ""})
    assert count(stripe) == 0


def test_the_published_list_of_needs_is_the_pages():
    assert sorted(NEEDED) == [
        ("afterpay_clearpay", "email"),
        ("afterpay_clearpay", "name"),
        ("bancontact", "name"),
        ("eps", "name"),
        ("giropay", "name"),
        ("oxxo", "email"),
        ("oxxo", "name"),
        ("promptpay", "email"),
        ("us_bank_account", "name"),
    ]


def test_klarna_says_in_its_own_words_what_it_needs(stripe):
    with refused(param="billing_details[address][country]", says="to use Klarna"):
        stripe.payment_methods.create({"type": "klarna", "billing_details": {"email": "a@example.com"}})
    with refused(param="billing_details[email]", says="to use Klarna"):
        stripe.payment_methods.create({"type": "klarna", "billing_details": {"address": {"country": "DE"}}})


def test_billing_details_are_checked_whatever_the_type(stripe):
    for wrong, code, param in (
        ({"email": "nobody"}, "email_invalid", "billing_details[email]"),
        ({"address": {"country": "XX"}}, "country_code_invalid", "billing_details[address][country]"),
        ({"nonsense": "x"}, "parameter_unknown", "billing_details[nonsense]"),
        ({"name": "x" * 5001}, None, "billing_details[name]"),
    ):
        with refused(code=code, param=param):
            make(stripe, "alipay", billing_details=wrong)


def test_a_tax_id_is_shown_back(stripe):
    method = make(stripe, "pix", billing_details={**JENNY, "tax_id": "390.533.447-05"})
    assert method.billing_details.tax_id == "390.533.447-05"


# -- attach -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_attached_or_refused_as_its_page_says(stripe, customer, kind):
    method = make(stripe, kind)
    says = {
        "after_verification": "must be verified before they can be attached",
        "intent_only": f"type '{kind}' cannot be saved to customers directly",
        "never": f"type '{kind}' cannot be saved to customers.",
    }.get(PAGES[kind].save.attach)
    if says is None:
        attached = stripe.payment_methods.attach(method.id, {"customer": customer.id})
        assert attached.customer == customer.id
        assert event_types(stripe, method.id) == ["payment_method.attached"]
        listed = stripe.customers.payment_methods.list(customer.id, {"type": kind})
        assert [one.id for one in listed] == [method.id]
    else:
        with refused(says=says):
            stripe.payment_methods.attach(method.id, {"customer": customer.id})
        with refused(says=says):
            stripe.customers.create({"payment_method": method.id})
        assert stripe.payment_methods.retrieve(method.id).customer is None
        assert event_types(stripe, method.id) == []


def test_the_types_that_are_attached_directly():
    assert [kind for kind in TYPES if PAGES[kind].save.attach == "direct"] == SAVED_DIRECTLY


@pytest.mark.parametrize("kind", SAVED_DIRECTLY)
def test_a_saved_account_is_detached_for_good(stripe, customer, kind):
    method = make(stripe, kind)
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    detached = stripe.payment_methods.detach(method.id)

    assert detached.customer is None
    assert detached[kind].to_dict() == method[kind].to_dict()
    with refused(says="may not be used again"):
        stripe.payment_methods.attach(method.id, {"customer": customer.id})
    assert event_types(stripe, method.id) == ["payment_method.attached", "payment_method.detached"]


def test_an_orphan_keeps_its_account_and_forgets_its_person(stripe, customer):
    method = make(
        stripe,
        "nz_bank_account",
        nz_bank_account={**DETAILS["nz_bank_account"][0], "account_holder_name": "J"},
    )
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    stripe.customers.delete(customer.id)
    orphan = stripe.payment_methods.retrieve(method.id)

    assert orphan.customer == customer.id
    assert orphan.nz_bank_account.to_dict() == {**method.nz_bank_account.to_dict(), "account_holder_name": ""}
    assert orphan.billing_details.name is None


# -- update -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "us_bank_account"])
def test_no_other_type_has_details_that_can_be_updated(stripe, kind):
    with refused(code="parameter_unknown", param=kind):
        stripe.payment_methods.update("pm_nope", {kind: DETAILS.get(kind, ({}, {}))[0] or {"a": "b"}})


def test_what_all_types_have_can_be_updated(stripe, customer):
    method = make(stripe, "sepa_debit")
    stripe.payment_methods.attach(method.id, {"customer": customer.id})
    updated = stripe.payment_methods.update(
        method.id,
        {"billing_details": {"name": "", "tax_id": "1"}, "metadata": {"a": "1"}, "allow_redisplay": "always"},
    )

    assert (updated.billing_details.name, updated.billing_details.tax_id) == (None, "1")
    assert (updated.metadata.to_dict(), updated.allow_redisplay) == ({"a": "1"}, "always")
    told = stripe.events.list({"type": "payment_method.updated"}).data[0].data.previous_attributes.to_dict()
    assert told == {
        "allow_redisplay": "unspecified",
        "billing_details": {"name": "Jenny Rosen", "tax_id": None},
        "metadata": {"a": None},
    }
    with refused(code="payment_method_invalid_parameter", param="card"):
        stripe.payment_methods.update(method.id, {"card": {"exp_month": 1}})


# -- magic ids --------------------------------------------------------------------------------------------------------

MAGIC = [(kind, name) for kind, page in PAGES.items() for name in page.sandbox.magic]


def test_every_magic_account_mints_a_fresh_payment_method(stripe, live):
    for kind, name in MAGIC:
        method = stripe.payment_methods.retrieve(name)
        assert (method.type, method.billing_details.name) == (kind, "Jenny Rosen")
        assert method[kind].last4 == PAGES[kind].sandbox.magic[name][0][-4:]
        assert stripe.payment_methods.retrieve(method.id).id == method.id != name
    with refused(status=404, code="resource_missing", param="payment_method"):
        live.payment_methods.retrieve(name)
    assert len(MAGIC) == 19 * 8 * 2 + 11  # SEPA by country, each in two spellings; US


def test_a_magic_account_is_attached_under_its_own_id(stripe, customer):
    attached = stripe.payment_methods.attach("pm_success_de", {"customer": customer.id})
    assert attached.id != "pm_success_de"
    assert attached.sepa_debit.country == "DE"
    assert stripe.payment_methods.attach("pm_usBankAccount_success", {"customer": customer.id}).customer
    with refused(says="must be verified before"):
        stripe.payment_methods.attach("pm_usBankAccount_failMicrodeposits", {"customer": customer.id})


# -- lists ------------------------------------------------------------------------------------------------------------


def test_lists_filter_by_type_and_leave_custom_ones_out_unless_asked(stripe, customer):
    made = [make(stripe, kind).id for kind in ("custom", "alipay", "sepa_debit")]
    stripe.payment_methods.attach(made[2], {"customer": customer.id})

    def listed(**params):
        return [method.id for method in stripe.payment_methods.list(params)]

    assert listed() == [made[2], made[1]]
    assert listed(type="custom") == [made[0]]
    assert listed(type="alipay") == [made[1]]
    assert listed(customer=customer.id) == [made[2]]
    assert listed(customer=customer.id, type="alipay") == []
    assert listed(allow_redisplay="unspecified", limit=1) == [made[2]]
    assert listed(starting_after=made[2]) == [made[1]]
    assert listed(ending_before=made[1]) == [made[2]]
    with refused(param="type", says="must be one of"):
        listed(type="card_present")
    got = stripe.customers.payment_methods.retrieve(customer.id, made[2])
    assert got.id == made[2]


@pytest.mark.parametrize(("one", "two"), list(itertools.pairwise(SAVED_DIRECTLY)))
def test_one_idempotency_key_makes_one(stripe, post, one, two):
    twice = [stripe.payment_methods.create(params_of(one), {"idempotency_key": "k"}) for _ in range(2)]
    assert twice[0].id == twice[1].id
    with refused(sdk.IdempotencyError):
        stripe.payment_methods.create(params_of(two), {"idempotency_key": "k"})
    assert count(stripe) == 1
