"""Who controls an account, what may be written to it, and what it has by default."""

import pytest

from strongroom.domain import account_defaults as defaults
from strongroom.domain import account_rules as rules
from strongroom.domain.controllers import TYPES, Controller, check_capabilities_given, controller_of
from strongroom.errors import Forbidden, InvalidRequest

STANDARD, EXPRESS, CUSTOM = (TYPES[name] for name in ("standard", "express", "custom"))


def refused(call, *args, **kwargs):
    """Status, code and param of the refusal."""
    with pytest.raises((InvalidRequest, Forbidden)) as refusal:
        call(*args, **kwargs)
    return refusal.value.http_status, refusal.value.code, refusal.value.param


def in_parts(controller):
    return {
        "fees": {"payer": controller.payer},
        "losses": {"payments": controller.losses},
        "requirement_collection": controller.requirement_collection,
        "stripe_dashboard": {"type": controller.dashboard},
    }


# -- type and controller ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dashboard", "payer", "losses", "collection"),
    [
        ("standard", "full", "account", "stripe", "stripe"),
        ("express", "express", "application_express", "application", "stripe"),
        ("custom", "none", "application_custom", "application", "application"),
    ],
)
def test_a_type_and_its_controller_are_one(name, dashboard, payer, losses, collection):
    controller = controller_of(name, None)
    assert controller.type == name
    assert controller.as_document() == {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }
    assert controller_of(None, in_parts(controller)) == controller


@pytest.mark.parametrize("given", [None, {}, {"fees": {}}, {"fees": {"payer": "account"}}])
def test_without_a_word_the_account_is_a_standard_one(given):
    assert controller_of(None, given).type == "standard"


def test_any_other_combination_has_no_name_and_shows_its_payer_as_asked():
    controller = controller_of(None, {"fees": {"payer": "application"}})
    assert (controller.type, controller.fees_payer) == ("none", "application")


def test_type_and_controller_exclude_each_other():
    assert refused(controller_of, "custom", {}) == (400, "parameters_exclusive", "controller")


@pytest.mark.parametrize("dashboard", ["express", "full", "none"])
@pytest.mark.parametrize("losses", ["application", "stripe"])
@pytest.mark.parametrize("payer", ["account", "application"])
def test_a_platform_that_collects_takes_everything_upon_it(payer, losses, dashboard):
    given = in_parts(Controller(payer, losses, "application", dashboard))
    if (payer, losses, dashboard) == ("application", "application", "none"):
        assert controller_of(None, given).type == "custom"
        return
    expected = (
        "controller[stripe_dashboard][type]"
        if dashboard != "none"
        else "controller[losses][payments]"
        if losses != "application"
        else "controller[fees][payer]"
    )
    assert refused(controller_of, None, given) == (400, None, expected)


@pytest.mark.parametrize("dashboard", ["express", "full", "none"])
@pytest.mark.parametrize("losses", ["application", "stripe"])
@pytest.mark.parametrize("payer", ["account", "application"])
def test_where_stripe_collects_every_combination_can_be(payer, losses, dashboard):
    asked = Controller(payer, losses, "stripe", dashboard)
    assert controller_of(None, in_parts(asked)) == asked


def test_an_account_without_a_dashboard_requests_something():
    assert refused(check_capabilities_given, CUSTOM, None) == (400, "parameter_missing", "capabilities")
    assert refused(check_capabilities_given, CUSTOM, {}) == (400, "parameter_missing", "capabilities")
    check_capabilities_given(CUSTOM, {"transfers": {"requested": True}})
    check_capabilities_given(EXPRESS, None)


# -- country and capabilities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["UK", "CHE", "us", "", "XX"])
def test_what_is_no_country_is_unknown(country):
    assert refused(rules.check_country, country) == (400, None, "country")


@pytest.mark.parametrize(
    ("country", "agreement"), [("TR", "full"), ("KP", "full"), ("KP", "recipient"), ("AQ", "recipient")]
)
def test_a_country_without_accounts_is_unsupported(country, agreement):
    assert refused(rules.check_country, country, agreement) == (400, "country_unsupported", "country")


@pytest.mark.parametrize(("country", "agreement"), [("US", "full"), ("TR", "recipient"), ("FR", "recipient")])
def test_a_country_with_accounts_is_accepted(country, agreement):
    rules.check_country(country, agreement)


def test_the_currency_is_the_countrys():
    currencies = [rules.default_currency(country) for country in ("US", "FR", "GB", "JP", "CH")]
    assert currencies == ["usd", "eur", "gbp", "jpy", "chf"]


@pytest.mark.parametrize(
    ("newly", "requested", "is_refused"),
    [
        ({"transfers"}, {"transfers"}, True),
        ({"card_payments"}, {"card_payments"}, True),
        ({"card_payments", "transfers"}, {"card_payments", "transfers"}, False),
        ({"transfers"}, {"card_payments", "transfers"}, False),
        (set(), {"transfers"}, False),
        ({"card_issuing"}, {"card_issuing", "transfers"}, False),
    ],
)
def test_card_payments_and_transfers_are_requested_together(newly, requested, is_refused):
    if is_refused:
        found = refused(rules.check_capabilities, newly, requested, country="US", agreement="full")
        assert found == (400, None, "capabilities")
    else:
        rules.check_capabilities(newly, requested, country="US", agreement="full")


def test_recipients_have_transfers_alone():
    rules.check_capabilities({"transfers"}, {"transfers"}, country="TR", agreement="recipient")
    both = {"card_payments", "transfers"}
    found = refused(rules.check_capabilities, both, both, country="US", agreement="recipient")
    assert found == (400, None, "capabilities")


# -- who may write what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("business_type", "given", "param"),
    [
        (None, {"individual"}, "individual"),
        (None, {"company"}, "company"),
        (None, {"company", "individual"}, "individual"),
        ("company", {"individual"}, "individual"),
        ("non_profit", {"individual"}, "individual"),
        ("company", {"company"}, None),
        ("individual", {"company", "individual"}, None),
        (None, {"email"}, None),
    ],
)
def test_an_entity_goes_with_its_business_type(business_type, given, param):
    if param is None:
        rules.check_entity(business_type, given)
    else:
        assert refused(rules.check_entity, business_type, given) == (400, None, param)


@pytest.mark.parametrize("controller", [STANDARD, EXPRESS])
@pytest.mark.parametrize("name", ["business_type", "company", "individual", "tos_acceptance"])
def test_after_onboarding_has_begun_the_owner_says_who_they_are(controller, name):
    check = rules.check_platform_may_write
    refusal = (403, "oauth_not_supported", None)
    assert refused(check, controller, {name}, account="acct_1", is_onboarding=True) == refusal
    check(CUSTOM, {name}, account="acct_1", is_onboarding=True)
    if name == "tos_acceptance":
        assert refused(check, controller, {name}, account="acct_1", is_onboarding=False) == refusal
    else:
        check(controller, {name}, account="acct_1", is_onboarding=False)


def test_metadata_may_always_be_written():
    rules.check_platform_may_write(STANDARD, {"metadata"}, account="acct_1", is_onboarding=True)


def test_persons_are_the_owners_too():
    check = rules.check_platform_may_write_persons
    assert refused(check, EXPRESS, account="acct_1", is_onboarding=True)[0] == 403
    check(EXPRESS, account="acct_1", is_onboarding=False)


@pytest.mark.parametrize(
    ("platform", "controller", "given", "is_refused"),
    [
        ("FR", CUSTOM, {"individual"}, True),
        ("FR", CUSTOM, {"business_type"}, True),
        ("FR", CUSTOM, {"tos_acceptance"}, True),
        ("FR", CUSTOM, {"account_token", "email", "capabilities"}, False),
        ("FR", EXPRESS, {"individual"}, False),
        ("US", CUSTOM, {"individual"}, False),
    ],
)
def test_french_platforms_send_tokens(platform, controller, given, is_refused):
    check = rules.check_inline_allowed
    if is_refused:
        assert refused(check, controller, given, platform_country=platform) == (400, None, None)
    else:
        check(controller, given, platform_country=platform)


def test_french_platforms_send_persons_as_tokens_too():
    persons = {"platform_country": "FR", "what": "persons"}
    assert refused(rules.check_inline_allowed, CUSTOM, {"first_name"}, **persons) == (400, None, None)
    rules.check_inline_allowed(CUSTOM, {"person_token", "relationship", "metadata"}, **persons)


@pytest.mark.parametrize("name", ["business_type", "company", "individual", "tos_acceptance"])
def test_an_account_token_stands_alone(name):
    exclusive = (400, "parameters_exclusive", name)
    assert refused(rules.check_account_token, {"account_token", "email", name}) == exclusive
    rules.check_account_token(
        {"account_token", "email", "country", "business_profile", "settings", "metadata"}
    )


def test_a_person_token_stands_alone():
    exclusive = (400, "parameters_exclusive", "first_name")
    assert refused(rules.check_person_token, {"person_token", "first_name", "last_name"}) == exclusive
    rules.check_person_token({"person_token", "relationship", "metadata", "documents", "expand"})


@pytest.mark.parametrize("accepted", [None, False])
def test_a_token_that_makes_an_account_has_accepted_the_terms(accepted):
    assert refused(rules.check_accepted_terms, are_accepted=accepted) == (400, None, "account_token")
    rules.check_accepted_terms(are_accepted=True)


def test_owners_are_declared_complete_only_where_that_is_asked_for():
    declared = {"ownership_declaration": {"date": 1}}
    assert refused(rules.check_ownership_declaration, declared, country="US") == (
        400,
        "ownership_declaration_not_allowed",
        "company[ownership_declaration]",
    )
    rules.check_ownership_declaration(declared, country="DE")
    rules.check_ownership_declaration({}, country="US")


# -- addresses and phones ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "code", "param"),
    [
        ({"country": "FR"}, "account_country_invalid_address", "company[address][country]"),
        ({"postal_code": "1234"}, "postal_code_invalid", "company[address][postal_code]"),
        ({"state": "Bavaria"}, "state_unsupported", "company[address][state]"),
    ],
)
def test_a_companys_address_is_in_its_country(address, code, param):
    assert refused(rules.check_company_address, address, country="US") == (400, code, param)


@pytest.mark.parametrize("state", ["CA", "California", "california", " ca "])
def test_a_state_is_named_in_any_way(state):
    address = {"country": "US", "state": state, "postal_code": "94103-1234", "line1": "x", "city": "y"}
    rules.check_company_address(address, country="US")


def test_addresses_elsewhere_are_taken_as_they_are():
    rules.check_address({"country": "TR", "postal_code": "?", "state": "?"}, country="US", param="address")
    rules.check_address({"country": "AQ", "postal_code": "?"}, country="US", param="address")
    found = refused(rules.check_address, {"country": "ZZ"}, country="US", param="individual[address]")
    assert found == (400, "country_code_invalid", "individual[address][country]")


@pytest.mark.parametrize(
    ("text", "country", "shown"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("+33 1 23 45 67 89", "US", "+33123456789"),
        ("01 23 45 67 89", "FR", "+33123456789"),
        ("0000000000", "US", "+10000000000"),
        ("0000000000", "FR", "+10000000000"),
        ("000-000-0000", "DE", "+10000000000"),
        ("+10000000000", "DE", "+10000000000"),
    ],
)
def test_a_phone_number_is_shown_in_one_form(text, country, shown):
    assert rules.phone_number(text, country=country, param="p") == shown


@pytest.mark.parametrize("text", ["", "12", "not a number", "+999123", "9" * 300, "\0"])
def test_what_is_no_phone_number_is_refused(text):
    found = refused(rules.phone_number, text, country="US", param="individual[phone]")
    assert found == (400, None, "individual[phone]")


# -- statement descriptors and defaults -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ABCD", "A" * 23, "12345", "AB<CD", "AB>CD", "AB'CD", 'AB"CD', "AB*CD", "AB\\CD"]
)
def test_a_descriptor_that_no_statement_can_show_is_refused(text):
    found = refused(rules.check_statement_descriptor, text)
    assert found == (400, None, "settings[payments][statement_descriptor]")


@pytest.mark.parametrize("text", ["A", "A" * 11, "12", "A*"])
def test_a_prefix_that_no_statement_can_show_is_refused(text):
    found = refused(rules.check_statement_descriptor_prefix, text)
    assert found == (400, None, "settings[card_payments][statement_descriptor_prefix]")


@pytest.mark.parametrize("text", ["ABCDE", "A" * 22, "1234A"])
def test_a_descriptor_of_five_to_twenty_two_characters_is_accepted(text):
    rules.check_statement_descriptor(text)


def settings(profile, *, country="US", agreement="full", controller=CUSTOM):
    return defaults.default_settings(profile, country=country, agreement=agreement, controller=controller)


def test_a_named_business_is_called_by_its_name():
    made = settings({"name": "Rocket Rides", "url": "https://www.rocket.example.com"})
    assert made["payments"]["statement_descriptor"] == "ROCKET RIDES"
    assert made["card_payments"]["statement_descriptor_prefix"] == "ROCKET RID"
    assert made["dashboard"] == {"display_name": "Rocket Rides", "timezone": "Etc/UTC"}


def test_a_business_without_a_name_is_called_by_its_website():
    made = settings({"name": None, "url": "https://www.rocket.com/rides"})
    assert made["payments"]["statement_descriptor"] == "ROCKET.COM"
    assert made["dashboard"]["display_name"] == "rocket"


@pytest.mark.parametrize("profile", [None, {}, {"name": "ABC"}, {"name": "12345678"}, {"url": "http://[x"}])
def test_what_makes_no_descriptor_makes_none(profile):
    assert settings(profile)["payments"]["statement_descriptor"] is None


def test_a_default_descriptor_can_be_shown():
    assert (
        defaults.default_descriptor({"name": '<Joe\'s> *"Very Long" Name of a Shop'})
        == "JOES VERY LONG NAME OF"
    )


@pytest.mark.parametrize(
    ("country", "agreement", "days"),
    [("US", "full", 2), ("CA", "full", 7), ("SG", "full", 7), ("TR", "recipient", 0), ("FR", "recipient", 0)],
)
def test_payouts_wait_as_long_as_the_country_says(country, agreement, days):
    made = settings(None, country=country, agreement=agreement)
    assert made["payouts"]["schedule"] == {"delay_days": days, "interval": "daily"}
    assert defaults.default_delay_days(country, agreement, "manual") == 1


@pytest.mark.parametrize(("controller", "debits"), [(CUSTOM, False), (EXPRESS, True), (STANDARD, True)])
def test_negative_balances_are_debited_except_of_custom_accounts(controller, debits):
    assert settings(None, controller=controller)["payouts"]["debit_negative_balances"] is debits


@pytest.mark.parametrize("stored", [None, "company", "individual"])
@pytest.mark.parametrize("told", [None, "company", "individual"])
@pytest.mark.parametrize("held", [(), ("company",), ("individual",), ("company", "individual")])
def test_an_account_token_is_for_such_a_business_as_the_account_is(stored, told, held):
    given = {**{name: {} for name in held}, **({} if told is None else {"business_type": told})}
    if None in (stored, told) or stored == told:
        rules.check_same_business(stored, given)
        return
    param = "individual" if "individual" in held else "company" if held else "business_type"
    assert refused(rules.check_same_business, stored, given) == (400, None, param)


@pytest.mark.parametrize("controller", [STANDARD, EXPRESS, CUSTOM])
@pytest.mark.parametrize("status", ["unverified", "pending", "verified"])
@pytest.mark.parametrize(
    "leaf", ["dob", "first_name", "id_number", "last_name", "ssn_last_4", "email", "metadata"]
)
def test_what_verified_somebody_is_for_whoever_collects_it(controller, status, leaf):
    stays = controller is not CUSTOM and status == "verified" and leaf not in ("email", "metadata")
    if stays:
        refusal = refused(rules.check_verified_stays, controller, status, {leaf: "x"}, account="acct_1")
        assert refusal == (403, "oauth_not_supported", None)
    else:
        rules.check_verified_stays(controller, status, {leaf: "x"}, account="acct_1")
