"""The tables of what accounts are, row by row: types, bank numbers, triggers, states, and what is refused with which words."""

import pytest
import stripe as sdk

from support.connect import BANK, COMPLETE, CUSTOM, INDIVIDUAL, LATER, acting_on, events_of, eventually
from support.data import VISA, refused

DENIED = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}
BOTH = CUSTOM["capabilities"]

# -- types and controllers --------------------------------------------------------------------------------------------

CONTROLLERS = {
    "standard": ("full", "account", "stripe", "stripe"),
    "express": ("express", "application_express", "application", "stripe"),
    "custom": ("none", "application_custom", "application", "application"),
}


def controller_of(account):
    seen = account.controller
    return (seen.stripe_dashboard.type, seen.fees.payer, seen.losses.payments, seen.requirement_collection)


@pytest.mark.parametrize("kind", sorted(CONTROLLERS))
def test_a_type_is_a_controller(stripe, kind):
    account = stripe.accounts.create({"type": kind, "capabilities": BOTH})
    assert controller_of(account) == CONTROLLERS[kind]
    assert (account.type, account.controller.type, account.controller.is_controller) == (
        kind,
        "application",
        True,
    )


@pytest.mark.parametrize(
    ("controller", "kind"),
    [
        ({}, "standard"),
        (
            {
                "stripe_dashboard": {"type": "none"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
            },
            "none",
        ),
        (
            {
                "stripe_dashboard": {"type": "full"},
                "fees": {"payer": "application"},
                "losses": {"payments": "stripe"},
            },
            "none",
        ),
    ],
)
def test_a_controller_that_is_no_type_has_none(stripe, controller, kind):
    given = {"controller": controller} if controller else {}
    assert stripe.accounts.create({**given, "capabilities": BOTH}).type == kind


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"type": "custom"}, "parameter_missing", "capabilities"),
        ({"type": "custom", "controller": {}, "capabilities": BOTH}, None, None),
        ({"country": "TR"}, "country_unsupported", "country"),
        ({"country": "UK"}, None, "country"),
        ({"country": "CHE"}, None, "country"),
        ({"type": "unknown"}, None, "type"),
        ({"email": "nobody"}, "email_invalid", "email"),
        ({"individual": {"first_name": "A"}}, None, "individual"),
        ({"company": {"name": "A"}}, None, "company"),
        ({"business_type": "company", "individual": {"first_name": "A"}}, None, "individual"),
        ({"settings": {"payments": {"statement_descriptor": "abcd"}}}, None, "settings[payments][statement_descriptor]"),
        ({"settings": {"payments": {"statement_descriptor": "a" * 23}}}, None, "settings[payments][statement_descriptor]"),
        ({"settings": {"payments": {"statement_descriptor": "12345"}}}, None, "settings[payments][statement_descriptor]"),
        ({"settings": {"payments": {"statement_descriptor": "abc<def"}}}, None, "settings[payments][statement_descriptor]"),
        (
            {"business_type": "company", "company": {"address": {"country": "FR"}}},
            "account_country_invalid_address", "company[address][country]",
        ),
        ({"business_type": "company", "company": {"tax_id": "12"}}, "tax_id_invalid", "company[tax_id]"),
        ({"business_type": "company", "company": {"name": "A" * 101}}, None, "company[name]"),
        ({"business_type": "individual", "individual": {"id_number": "12"}}, "tax_id_invalid", "individual[id_number]"),
        ({"business_type": "individual", "individual": {"ssn_last_4": "123"}}, None, "individual[ssn_last_4]"),
        ({"business_type": "individual", "individual": {"email": "nobody"}}, "email_invalid", "individual[email]"),
        ({"business_type": "individual", "individual": {"phone": "1"}}, None, "individual[phone]"),
        ({"business_type": "individual", "individual": {"dob": {"day": 1}}}, "parameter_missing", "individual[dob][month]"),
        ({"capabilities": {"transfers": {"requested": True}}}, None, "capabilities"),
        ({"capabilities": {"card_payments": {"requested": True}}}, None, "capabilities"),
        (
            {"tos_acceptance": {"service_agreement": "recipient"}, "type": "custom", "country": "FR", "capabilities": BOTH},
            None, "capabilities",
        ),
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused_by_name(stripe, given, code, param):
    if "controller" in given:
        code, param = "parameters_exclusive", "controller"
        given = {**given, "controller": {"stripe_dashboard": {"type": "none"}}}
    with refused(code=code, param=param):
        stripe.accounts.create(given)
    assert stripe.accounts.list().data == []


@pytest.mark.parametrize("name", ["country", "type", "controller"])
def test_what_an_account_is_is_no_parameter_of_an_update(stripe, post, name):
    account = stripe.accounts.create(CUSTOM)
    field = "controller[fees][payer]" if name == "controller" else name
    reply = post(f"/v1/accounts/{account.id}", {field: "FR"})
    assert (reply.status, reply.error["code"]) == (400, "parameter_unknown")


# -- what each state looks like ---------------------------------------------------------------------------------------


def state(account):
    return (
        account.capabilities.to_dict(),
        account.charges_enabled,
        account.payouts_enabled,
        account.details_submitted,
        account.requirements.disabled_reason,
    )


def both(status):
    return {"card_payments": status, "transfers": status}


def test_new_without_data(stripe):
    account = stripe.accounts.create(CUSTOM)
    assert state(account) == (both("inactive"), False, False, False, "requirements.past_due")
    due = account.requirements
    assert due.currently_due == due.past_due == due.eventually_due != []
    assert due.current_deadline is None


def test_new_with_all_data_and_checks_that_run_and_then_have_passed(stripe):
    account = stripe.accounts.create({**COMPLETE, "individual": LATER})
    assert state(account) == (both("pending"), False, False, True, "requirements.pending_verification")

    passed = eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.charges_enabled)

    assert state(passed) == (both("active"), True, True, True, None)
    types = {event.type for event in events_of(stripe, account)}
    assert {"account.updated", "capability.updated", "person.updated"} <= types


def test_all_passed_without_an_external_account(stripe):
    given = {key: value for key, value in COMPLETE.items() if key != "external_account"}
    account = stripe.accounts.create(given)
    assert state(account) == (both("active"), True, False, False, "requirements.past_due")


def test_a_recipient_is_paid_and_charges_nobody(stripe):
    account = stripe.accounts.create(
        {
            "type": "custom",
            "country": "GB",
            "business_type": "individual",
            "capabilities": {"transfers": {"requested": True}},
            "tos_acceptance": {"service_agreement": "recipient", "date": 1700000000, "ip": "8.8.8.8"},
            "individual": {
                "first_name": "Jenny",
                "last_name": "Rosen",
                "email": "jenny@example.com",
                "dob": {"day": 1, "month": 1, "year": 1902},
                "address": {"line1": "address_full_match", "city": "London", "postal_code": "EC1A 1BB"},
            },
            "external_account": {
                "object": "bank_account",
                "country": "GB",
                "currency": "gbp",
                "routing_number": "108800",
                "account_number": "00012345",
            },
        }
    )
    assert state(account) == ({"transfers": "active"}, True, True, True, None)
    assert account.tos_acceptance.service_agreement == "recipient"
    assert account.settings.payouts.schedule.delay_days == 0


def test_card_payments_taken_back_leave_the_account(stripe):
    account = stripe.accounts.create(COMPLETE)
    changed = stripe.accounts.update(account.id, {"capabilities": {"card_payments": {"requested": False}}})
    assert state(changed) == ({"transfers": "active"}, True, True, True, None)
    assert stripe.accounts.capabilities.retrieve(account.id, "card_payments").status == "unrequested"


@pytest.mark.parametrize("reason", ["fraud", "terms_of_service", "other"])
def test_a_rejected_account_does_nothing(stripe, reason):
    account = stripe.accounts.create(COMPLETE)
    rejected = stripe.accounts.reject(account.id, {"reason": reason})
    assert state(rejected) == (both("inactive"), False, False, True, f"rejected.platform_{reason}")
    with refused(param="reason"):
        stripe.accounts.reject(account.id, {"reason": "spam"})


# -- where money goes: the published numbers of each country ----------------------------------------------------------

ECHOED = """
    US usd 110000000    000123456789                    110000000
    US usd 111000000    000123456789                    111000000
    US usd 122105155    000123456789                    122105155
    CA cad 11000-000    000123456789                    11000-000
    AU aud 110000       000123456                       11_0000
    GB gbp 108800       00012345                        108800
    GB gbp 23-14-70     00012345                        23-14-70
    FR eur -            FR89370400440532013000          110000000
    DE eur -            DE89370400440532013000          110000000
    CH chf -            CH9300762011623852957           110000000
    LI chf -            LI0508800636123378777           110000000
    NO nok -            NO9386011117947                 110000000
    SE sek -            SE3550000000054910000003        110000000
    RO ron -            RO49AAAA1B31007593840000        110000000
    GI gbp -            GI75NWBK000000007099453         11-00-00000
    NZ nzd -            1100000000000010                110000
    HK hkd 110-000      000123456                       110-000
    SG sgd 1100-000     000123456                       1100-000
    TH thb 999          000123456789                    999
    IN inr HDFC0004051  000123456789                    HDFC0004051
    KR krw SGSEKRSLXXX  000123456789                    SGSEKRSLXXX
    MY myr HBMBMYKL     000123456000                    TESTMYKLXXX
    ID idr 000          000123456789                    000
    PH php BCDEFGHI123  01567890123456789               BCDEFGHI123
    VN vnd 01101100     000123456789                    01101100
    AE aed -            AE070331234567890123456         110000000
    IL ils -            IL620108000000099999999         110000000
    SA sar RIBLSARIXXX  SA4420000001234567891234        RIBLSARIXXX
    QA qar AAAAQAQAXXX  QA87CITI123456789012345678901   AAAAQAQAXXX
    ZA zar FIRNZAJJ     000001234                       FIRNZAJJXXX
    NG ngn AAAANGLAXXX  1111111112                      AAAANGLAXXX
    KE kes BARCKENXMDR  000123456789                    BARCKENXMDR
    GH ghs 022112       000123456789                    022112
    TR try ADABTRIS     TR320010009999901234567890      ADABTRIS
    EG egp NBEGEGCX331  EG800002000156789012345180002   NBEGEGCX331
    AR ars -            0110000600000000000000          110000000
    PE pen -            99934500012345670024            999
    UY uyu 999          000123456789                    999
    CL clp 999          000123456789                    999
    CO cop 060          000123456789                    060
    JP jpy 1100000      0001234                         1100000
"""


@pytest.mark.parametrize("row", [line.split() for line in ECHOED.strip().splitlines()], ids=" ".join)
def test_a_published_bank_account_is_taken_and_its_routing_number_echoed(stripe, row):
    country, currency, routing, number, echoed = row
    sent = {} if routing == "-" else {"routing_number": routing}
    token = stripe.tokens.create(
        {"bank_account": {"country": country, "currency": currency, "account_number": number, **sent}}
    )
    shown = token.bank_account
    assert (shown.country, shown.currency, shown.last4) == (country, currency, number[-4:])
    assert shown.routing_number == echoed.replace("_", " ")
    assert shown.status == "new"


# -- triggers of verification -----------------------------------------------------------------------------------------


def settled(stripe, account):
    return eventually(
        lambda: stripe.accounts.retrieve(account.id),
        until=lambda one: not one.requirements.pending_verification,
    )


def codes(account):
    return {(error.requirement, error.code) for error in account.requirements.errors}


@pytest.mark.parametrize(
    ("changes", "requirement", "code"),
    [
        ({"dob": {"day": 2, "month": 2, "year": 1980}}, "individual.dob.day", "verification_failed_keyed_identity"),
        ({"id_number": "111111111"}, "individual.id_number", "verification_failed_id_number_match"),
        (
            {"address": {**INDIVIDUAL["address"], "line1": "address_no_match"}},
            "individual.address.line1", "verification_failed_address_match",
        ),
        (
            {"verification": {"document": {"front": "file_identity_document_failure"}}},
            "individual.verification.document", "verification_document_failed_test_mode",
        ),
    ],
)  # fmt: skip
def test_a_person_who_does_not_match_is_asked_again(stripe, changes, requirement, code):
    account = stripe.accounts.create({**COMPLETE, "individual": {**INDIVIDUAL, **changes}})
    failed = settled(stripe, account)
    assert (requirement, code) in codes(failed)
    assert failed.charges_enabled is False


def test_somebody_on_a_sanctions_list(stripe):
    individual = {**INDIVIDUAL, "dob": {"day": 1, "month": 1, "year": 1900}}
    account = stripe.accounts.create({**COMPLETE, "individual": individual})
    listed = settled(stripe, account)
    assert (listed.charges_enabled, listed.requirements.disabled_reason) == (False, "listed")


URLS = {
    "disallowed": "invalid_url_denylisted",
    "geoblocked": "invalid_url_website_inaccessible_geoblocked",
    "inaccessible": "invalid_url_website_inaccessible",
    "mismatch": "invalid_url_website_business_information_mismatch",
    "missing": "invalid_url_website_incomplete",
    "passwordprotected": "invalid_url_website_inaccessible_password_protected",
    "problem": "invalid_url_website_other",
    "underconstruction": "invalid_url_website_incomplete_under_construction",
}


@pytest.mark.parametrize("host", sorted(URLS))
def test_a_website_that_will_not_do(stripe, host):
    profile = {**COMPLETE["business_profile"], "url": f"https://{host}.stripe.com"}
    account = stripe.accounts.create({**COMPLETE, "business_profile": profile})
    assert codes(settled(stripe, account)) == {("business_profile.url", URLS[host])}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"business_profile": {"name": "disallowed_dba"}},
         ("business_profile.name", "invalid_business_profile_name_denylisted")),
        ({"business_profile": {"name": "invalid_dba"}}, ("business_profile.name", "invalid_business_profile_name")),
        ({"business_profile": {"product_description": "require_url"}},
         ("business_profile.url", "invalid_url_web_presence_detected")),
        ({"settings": {"payments": {"statement_descriptor": "mismatch"}}},
         ("settings.payments.statement_descriptor", "invalid_statement_descriptor_business_mismatch")),
        ({"settings": {"payments": {"statement_descriptor": "disallowed"}}},
         ("settings.payments.statement_descriptor", "invalid_statement_descriptor_denylisted")),
        ({"settings": {"card_payments": {"statement_descriptor_prefix": "mismatch"}}},
         ("settings.card_payments.statement_descriptor_prefix", "invalid_statement_descriptor_prefix_mismatch")),
        ({"settings": {"card_payments": {"statement_descriptor_prefix": "disallowed"}}},
         ("settings.card_payments.statement_descriptor_prefix", "invalid_statement_descriptor_prefix_denylisted")),
    ],
)  # fmt: skip
def test_what_a_business_calls_itself_is_checked(stripe, given, error):
    account = stripe.accounts.create(COMPLETE)
    stripe.accounts.update(account.id, given)
    assert error in codes(settled(stripe, account))


def test_an_inactive_business_is_paused(stripe):
    profile = {**COMPLETE["business_profile"], "url": "https://inactivity.stripe.com"}
    account = stripe.accounts.create({**COMPLETE, "business_profile": profile})
    seen = stripe.accounts.capabilities.retrieve(account.id, "card_payments")
    assert (seen.status, seen.requirements.disabled_reason) == ("inactive", "paused.inactivity")


def test_future_requirements_are_enforced_on_request(stripe):
    given = {**COMPLETE, "individual": {**INDIVIDUAL, "ssn_last_4": "2222"}}
    del given["individual"]["id_number"]
    account = stripe.accounts.create(given)
    assert account.future_requirements.eventually_due == ["individual.id_number"]

    enforced = stripe.accounts.update(account.id, {"email": "a+enforce_future_requirements@example.com"})

    assert "individual.id_number" in enforced.requirements.currently_due
    assert enforced.future_requirements.eventually_due == []


# -- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "given", "flags"),
    [
        ("US", {"ssn_last_4": "0000"}, {"ssn_last_4_provided": True, "id_number_provided": False}),
        ("CA", {"id_number": "000000000"}, {"ssn_last_4_provided": True, "id_number_provided": True}),
        ("US", {"first_name": "A"}, {"ssn_last_4_provided": False, "id_number_provided": False}),
        ("DE", {"first_name": "A"}, {"id_number_provided": False}),
    ],
)
def test_numbers_are_flags_everywhere(stripe, country, given, flags):
    account = stripe.accounts.create(
        {**CUSTOM, "country": country, "business_type": "individual", "individual": given}
    )
    shown = account.individual.to_dict()
    assert {name: value for name, value in shown.items() if name.endswith("_provided")} == flags
    assert not {"id_number", "ssn_last_4"} & set(shown)


def test_a_standard_account_before_onboarding_says_little(stripe):
    account = stripe.accounts.create({"type": "standard"})
    shown = account.to_dict()
    assert not {"business_type", "company", "individual"} & set(shown)
    assert (shown["tos_acceptance"], shown["capabilities"]) == ({"date": None}, {})


@pytest.mark.parametrize(("country", "days"), [("US", 2), ("CA", 7), ("SG", 7)])
def test_settings_begin_as_seen_on_the_wire(stripe, country, days):
    custom = stripe.accounts.create({**CUSTOM, "country": country}).settings
    assert custom.card_payments.decline_on.to_dict() == {"avs_failure": False, "cvc_failure": False}
    assert custom.payouts.schedule.to_dict() == {"delay_days": days, "interval": "daily"}
    assert (custom.payouts.debit_negative_balances, custom.dashboard.timezone) == (False, "Etc/UTC")
    standard = stripe.accounts.create({"type": "standard", "country": country}).settings
    assert standard.payouts.debit_negative_balances is True


def test_descriptors_come_from_the_name_or_the_website(stripe):
    named = stripe.accounts.create({**CUSTOM, "business_profile": {"name": "Rosen Books & Co"}}).settings
    assert (named.payments.statement_descriptor, named.card_payments.statement_descriptor_prefix) == (
        "ROSEN BOOKS & CO",
        "ROSEN BOOK",
    )
    hosted = stripe.accounts.create({**CUSTOM, "business_profile": {"url": "https://www.rosen.test/a"}})
    assert hosted.settings.payments.statement_descriptor == "ROSEN.TEST"
    assert hosted.settings.dashboard.display_name == "rosen"


def test_manual_payouts_report_one_day(stripe):
    account = stripe.accounts.create(
        {**CUSTOM, "settings": {"payouts": {"schedule": {"interval": "manual"}}}}
    )
    assert account.settings.payouts.schedule.to_dict() == {"delay_days": 1, "interval": "manual"}


@pytest.mark.parametrize("name", ["twint_payments", "blik_payments"])
def test_a_capability_the_country_cannot_have_is_taken_and_inactive(stripe, name):
    account = stripe.accounts.create({**COMPLETE, "capabilities": {**BOTH, name: {"requested": True}}})
    seen = stripe.accounts.capabilities.retrieve(account.id, name)
    assert (seen.status, seen.requirements.disabled_reason) == ("inactive", "requirements.fields_needed")


# -- whose is what ----------------------------------------------------------------------------------------------------


def test_unknown_foreign_and_deleted_are_one_answer(stripe, server):
    foreign = server.client("sk_test_somebody_else_entirely").v1.accounts.create(CUSTOM).id
    deleted = stripe.accounts.create(CUSTOM).id
    stripe.accounts.delete(deleted)
    for account in ("acct_nope", foreign, deleted):
        for reach in (
            lambda one=account: stripe.accounts.retrieve(one),
            lambda one=account: stripe.accounts.update(one, {"metadata": {"a": "1"}}),
            lambda one=account: stripe.accounts.delete(one),
            lambda one=account: stripe.accounts.persons.list(one),
            lambda one=account: stripe.accounts.external_accounts.list(one),
            lambda one=account: stripe.accounts.capabilities.list(one),
            lambda one=account: stripe.tokens.create({"card": VISA}, acting_on(one)),
            lambda one=account: stripe.customers.list({}, acting_on(one)),
        ):
            with refused(**DENIED, says="does not have access to account"):
                reach()


def test_an_external_account_through_the_account_replaces_the_default(stripe):
    account = stripe.accounts.create({**CUSTOM, "external_account": BANK})
    first = account.external_accounts.data[0].id
    other = {**BANK, "account_number": "000111111116"}
    changed = stripe.accounts.update(account.id, {"external_account": other})
    assert [one.last4 for one in changed.external_accounts.data] == ["1116"]
    assert first not in {one.id for one in changed.external_accounts.data}
    assert [event.type for event in events_of(stripe, account) if "external" in event.type] == [
        "account.external_account.created", "account.external_account.deleted",
    ]  # fmt: skip


def test_a_token_of_the_connected_account_is_its_own(stripe):
    account = stripe.accounts.create(CUSTOM)
    bank = {key: value for key, value in BANK.items() if key != "object"}
    token = stripe.tokens.create({"bank_account": bank}, acting_on(account))
    with refused(code="resource_missing", param="source"):
        stripe.customers.create({"source": token.id})
    made = stripe.accounts.external_accounts.create(account.id, {"external_account": token.id})
    assert made.id == token.bank_account.id
