"""The onboarding page: it asks for what is due, writes all of it or nothing, and says what is wrong where it is wrong."""

import pytest

from strongroom.resources import onboarding
from strongroom.resources.accounts_access import controlled
from support.connect import COMPLETE, CUSTOM, INDIVIDUAL, events_of, eventually
from support.dashboard import Dashboard
from support.data import refused
from support.onboarding import REFRESH_URL, RETURN_URL, Visitor, link

EXPRESS = {**CUSTOM, "type": "express"}
BUSINESS = {"business_profile[mcc]": "5734", "business_profile[url]": "https://accessible.stripe.com"}
BANK = {"external_account[routing_number]": "110000000", "external_account[account_number]": "000123456789"}
TERMS = {"tos_acceptance": "true"}


def person(root, **changes):
    """What is asked of a person in the US, under the name they go by."""
    given = {
        "first_name": "Jenny",
        "last_name": "Rosen",
        "email": "jenny@example.com",
        "phone": "0000000000",
        "dob][day": "1",
        "dob][month": "1",
        "dob][year": "1902",
        "address][line1": "address_full_match",
        "address][city": "San Francisco",
        "address][state": "CA",
        "address][postal_code": "94107",
        "ssn_last_4": "2222",
        **changes,
    }
    return {f"{root}[{leaf}]": value for leaf, value in given.items()}


COMPANY = {
    "company[name]": "Rosen Books",
    "company[phone]": "0000000000",
    "company[tax_id]": "222222222",
    "company[address][line1]": "address_full_match",
    "company[address][city]": "San Francisco",
    "company[address][state]": "CA",
    "company[address][postal_code]": "94107",
}
REPRESENTATIVE = {
    **person("representative"),
    "representative[relationship][title]": "CEO",
    "representative[relationship][executive]": "true",
}
WHOLE = {**BUSINESS, **person("individual"), **BANK, **TERMS}


@pytest.fixture
def visitor(server):
    return Visitor(server)


@pytest.fixture
def individual(stripe, visitor):
    """An individual's account, whose holder is on the page."""
    account = stripe.accounts.create({**EXPRESS, "business_type": "individual"})
    assert visitor.follow(link(stripe, account))[0] == 303
    return account


# -- following a link -------------------------------------------------------------------------------------------------


def test_a_link_is_followed_once_and_then_leads_to_where_another_is_made(stripe, visitor):
    account = stripe.accounts.create(EXPRESS)
    url = link(stripe, account)

    status, where = visitor.follow(url)
    assert (status, "/connect/onboarding/" in where) == (303, True)
    assert visitor.look().status == 200
    page = visitor.path

    assert visitor.follow(url) == (303, REFRESH_URL)
    assert visitor.server.request("GET", page).status == 200
    assert visitor.follow(link(stripe, account))[1] != REFRESH_URL


@pytest.mark.parametrize("purpose", [onboarding.SETUP, onboarding.SESSION])
def test_what_has_ended_leads_to_where_another_is_made(server, name, stripe, purpose):
    account = stripe.accounts.create(EXPRESS)

    async def ended(call):
        whole = await controlled(call, account.id)
        ticket = onboarding.Ticket(purpose, call.now - 1, RETURN_URL, REFRESH_URL, nonce="link_1")
        return onboarding.link(whole.call, ticket)

    assert Visitor(server).follow(Dashboard(server, name)(ended)) == (303, REFRESH_URL)


@pytest.mark.parametrize(
    ("url", "code"),
    [("", "parameter_missing"), ("javascript:alert(1)", "url_invalid"), ("//evil.test", "url_invalid")],
)
@pytest.mark.parametrize("name", ["return_url", "refresh_url"])
def test_a_link_leads_to_web_addresses_alone(stripe, name, url, code):
    account = stripe.accounts.create(EXPRESS)
    with refused(code=code, param=name):
        link(stripe, account, **{name: url})


def test_in_live_mode_nobody_is_sent_anywhere_without_tls(live):
    account = live.accounts.create(EXPRESS)
    with refused(code="url_invalid", param="return_url", says="HTTPS"):
        link(live, account, return_url="http://platform.test/")


def test_an_update_link_is_for_accounts_whose_requirements_the_platform_collects(stripe):
    with refused(param="type"):
        link(stripe, stripe.accounts.create(EXPRESS), type="account_update")
    assert link(stripe, stripe.accounts.create(CUSTOM), type="account_update")


def test_a_link_collects_one_way_or_the_other(stripe):
    account = stripe.accounts.create(CUSTOM)
    with refused(code="parameters_exclusive", param="collect"):
        link(stripe, account, collect="currently_due", collection_options={"fields": "currently_due"})


# -- what is asked for ------------------------------------------------------------------------------------------------


def test_the_type_of_business_comes_first_for_the_rest_depends_on_it(stripe, visitor):
    account = stripe.accounts.create(EXPRESS)
    visitor.follow(link(stripe, account))

    first = visitor.look()
    assert set(first.values) == {
        "business_type", "business_profile[mcc]", "business_profile[url]", "business_profile[product_description]",
    }  # fmt: skip
    visitor.send({"business_type": "individual", **BUSINESS})

    then = visitor.look()
    assert "individual[first_name]" in then.values
    assert "business_type" not in then.values
    assert visitor.send(WHOLE) == RETURN_URL
    assert stripe.accounts.retrieve(account.id).charges_enabled is True


def test_an_individual_gives_everything_and_goes_back(stripe, visitor, individual):
    asked = visitor.look()
    assert set(asked.values) == {
        *WHOLE,
        "business_profile[product_description]",
        "external_account[account_holder_name]",
    }

    assert visitor.send(WHOLE) == RETURN_URL

    after = stripe.accounts.retrieve(individual.id)
    assert (after.details_submitted, after.charges_enabled, after.payouts_enabled) == (True, True, True)
    assert (after.requirements.currently_due, after.requirements.errors) == ([], [])
    assert (after.tos_acceptance.ip, after.tos_acceptance.user_agent) == ("127.0.0.1", "Browser/1")
    assert after.individual.first_name == "Jenny"
    assert after.external_accounts.data[0].last4 == "6789"
    types = [event.type for event in events_of(stripe, individual)]
    assert types == [
        "account.application.authorized",
        "person.created",
        "account.external_account.created",
        "capability.updated",
        "capability.updated",
        "account.updated",
    ]


def test_a_company_names_who_acts_for_it_and_who_owns_it(stripe, visitor):
    account = stripe.accounts.create({**EXPRESS, "business_type": "company"})
    visitor.follow(link(stripe, account))
    owner = {
        "owners[first_name]": "Joan",
        "owners[last_name]": "Doe",
        "owners[email]": "joan@example.com",
    }

    where = visitor.send({**BUSINESS, **COMPANY, **REPRESENTATIVE, **owner, **BANK, **TERMS})

    assert "/connect/onboarding/" in where
    again = visitor.look()
    assert set(again.values) == {*owner, "company[owners_provided]"}
    assert visitor.send({"company[owners_provided]": "true"}) == RETURN_URL
    after = stripe.accounts.retrieve(account.id)
    assert (after.requirements.currently_due, after.details_submitted) == ([], True)
    persons = {one.first_name: one for one in stripe.accounts.persons.list(account.id)}
    assert persons["Jenny"].relationship.representative is True
    assert (persons["Jenny"].relationship.title, persons["Jenny"].relationship.owner) == ("CEO", False)
    assert persons["Joan"].relationship.owner is True
    assert after.company.owners_provided is True


def test_a_representative_may_own_the_company_too(stripe, visitor):
    account = stripe.accounts.create({**EXPRESS, "business_type": "company"})
    visitor.follow(link(stripe, account))
    owns = {"representative[relationship][owner]": "true", "company[owners_provided]": "true"}

    assert visitor.send({**BUSINESS, **COMPANY, **REPRESENTATIVE, **owns, **BANK, **TERMS}) == RETURN_URL

    (only,) = stripe.accounts.persons.list(account.id).data
    assert only.relationship.owner is True


def test_a_standard_account_takes_cards_once_it_is_onboarded(stripe, visitor):
    account = stripe.accounts.create({"type": "standard", "business_type": "individual"})
    visitor.follow(link(stripe, account))

    assert visitor.send(WHOLE) == RETURN_URL

    after = stripe.accounts.retrieve(account.id)
    assert after.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert after.charges_enabled is True


def test_what_the_link_collects_is_what_is_asked_for(stripe, visitor):
    account = stripe.accounts.create({**EXPRESS, "business_type": "individual"})
    for options, is_asked in (
        ({}, False),
        ({"collection_options": {"fields": "eventually_due"}}, False),
        ({"collection_options": {"fields": "currently_due", "future_requirements": "include"}}, False),
        ({"collection_options": {"fields": "eventually_due", "future_requirements": "include"}}, True),
        ({"collect": "eventually_due"}, False),
    ):
        visitor.follow(link(stripe, account, **options))
        assert ("individual[id_number]" in visitor.look().values) is is_asked


def test_nothing_is_asked_of_whoever_has_given_everything(stripe, visitor):
    visitor.follow(link(stripe, stripe.accounts.create(COMPLETE)))

    page = visitor.look()

    assert (page.title, page.values) == ("Nothing is missing", {})


def test_what_failed_a_check_is_asked_for_again_with_the_reason(stripe, visitor):
    wrong = {**COMPLETE, "individual": {**INDIVIDUAL, "id_number": "111111111"}}
    account = stripe.accounts.create(wrong)
    eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.requirements.errors)
    visitor.follow(link(stripe, account))

    page = visitor.look()
    assert set(page.values) == {"individual[id_number]"}
    assert "could not be verified" in page.text
    assert visitor.send({"individual[id_number]": "222222222"}) == RETURN_URL
    assert stripe.accounts.retrieve(account.id).charges_enabled is True


def test_a_document_is_one_of_the_test_documents(stripe, visitor):
    account = stripe.accounts.create({**COMPLETE, "external_account": {
        "object": "bank_account", "country": "US", "currency": "usd", "routing_number": "110000000",
        "account_number": "000999999992",
    }})  # fmt: skip
    eventually(lambda: stripe.accounts.retrieve(account.id), until=lambda one: one.requirements.errors)
    visitor.follow(link(stripe, account))
    name = "documents[bank_account_ownership_verification][files][0]"
    assert set(visitor.look().values) == {name}

    assert visitor.send({name: "file_relationship_document_success"}) == RETURN_URL

    done = eventually(
        lambda: stripe.accounts.retrieve(account.id),
        until=lambda one: not one.requirements.pending_verification,
    )
    assert done.payouts_enabled is True


# -- what is wrong ----------------------------------------------------------------------------------------------------


def test_what_is_left_empty_is_named_and_nothing_is_written(stripe, visitor, individual):
    before = stripe.accounts.retrieve(individual.id).to_dict()

    page = visitor.send({})

    assert (page.status, page.title) == (422, "Please check what you entered")
    optional = {"business_profile[product_description]", "external_account[account_holder_name]"}
    assert set(page.faults) == set(page.values) - optional
    assert page.faults["individual[first_name]"] == "This is needed."
    assert page.faults["tos_acceptance"] == "This has to be confirmed."
    assert stripe.accounts.retrieve(individual.id).to_dict() == before


def test_everything_that_is_wrong_is_said_at_once_where_it_is_wrong(stripe, visitor, individual):
    wrong = {
        "individual[phone]": "12",
        "individual[address][postal_code]": "x",
        "individual[email]": "nobody",
        "individual[dob][day]": "31",
        "individual[dob][month]": "2",
        "individual[ssn_last_4]": "12345",
        "external_account[routing_number]": "123",
    }

    page = visitor.send({**WHOLE, **wrong})

    assert page.status == 422
    assert set(page.faults) == set(wrong) - {"individual[dob][month]"}
    assert page.values["individual[first_name]"] == "Jenny"
    assert page.values["individual[phone]"] == "12"
    seen = stripe.accounts.retrieve(individual.id)
    assert "individual" not in seen
    assert (seen.external_accounts.total_count, seen.tos_acceptance.date) == (0, None)
    assert visitor.send(WHOLE) == RETURN_URL


def test_nothing_secret_is_shown_again(stripe, visitor, individual):
    secrets = {"individual[ssn_last_4]": "8675", "external_account[account_number]": "000111111116"}
    page = visitor.send({**WHOLE, **secrets, "individual[phone]": "12"})

    assert page.faults
    assert [page.values[name] for name in secrets] == ["", ""]
    assert not [secret for secret in secrets.values() if secret in page.text]


def test_a_website_or_what_is_sold_will_do(visitor, individual):
    sold = {"business_profile[mcc]": "5734", "business_profile[product_description]": "Second-hand books"}

    assert visitor.send({**person("individual"), **BANK, **TERMS, **sold}) == RETURN_URL


def test_nobody_named_and_nobody_left_out_is_a_contradiction(stripe, visitor):
    account = stripe.accounts.create({**EXPRESS, "business_type": "company"})
    visitor.follow(link(stripe, account))

    page = visitor.send({**BUSINESS, **COMPANY, **REPRESENTATIVE, **BANK, **TERMS})

    assert page.faults == {
        "company[owners_provided]": "Name somebody, or confirm that everybody has been named."
    }
    assert stripe.accounts.persons.list(account.id).data == []


def test_a_page_writes_what_it_asked_for_and_nothing_else(stripe, visitor, individual):
    more = {
        "capabilities[twint_payments][requested]": "true",
        "metadata[a]": "1",
        "settings[payouts][schedule][interval]": "manual",
        "individual[relationship][owner]": "true",
        "email": "other@example.com",
    }

    assert visitor.send({**WHOLE, **more}) == RETURN_URL

    after = stripe.accounts.retrieve(individual.id)
    assert set(after.capabilities.to_dict()) == {"card_payments", "transfers"}
    assert (after.metadata.to_dict(), after.email) == ({}, None)
    assert after.settings.payouts.schedule.interval == "daily"
    assert after.individual.relationship.owner is False


def test_a_page_of_another_account_does_not_open(stripe, visitor, individual):
    other = stripe.accounts.create({**EXPRESS, "business_type": "individual"})
    mine = visitor.path
    for wrong in (mine.replace(individual.id, other.id), mine[:-1], mine.replace("/test/", "/live/")):
        assert visitor.server.request("GET", wrong).status == 404
    stripe.accounts.delete(individual.id)
    assert visitor.look().status == 404


# -- changing what was given ------------------------------------------------------------------------------------------


def test_an_update_shows_what_was_given_and_changes_it(stripe, visitor):
    account = stripe.accounts.create(COMPLETE)
    visitor.follow(link(stripe, account, type="account_update"))

    page = visitor.look()
    assert page.values["individual[last_name]"] == "Rosen"
    assert page.values["individual[dob][year]"] == "1902"
    assert page.values["individual[ssn_last_4]"] == page.values["external_account[account_number]"] == ""
    assert "tos_acceptance" not in page.values
    changed = {**page.values, "individual[last_name]": "Doe", "business_profile[mcc]": "5942"}
    assert visitor.send(changed) == RETURN_URL

    after = stripe.accounts.retrieve(account.id)
    assert (after.individual.last_name, after.business_profile.mcc) == ("Doe", "5942")
    assert after.external_accounts.data[0].id == account.external_accounts.data[0].id
    assert (after.individual.ssn_last_4_provided, after.charges_enabled) == (True, True)


def test_an_update_may_replace_where_payouts_go(stripe, visitor):
    account = stripe.accounts.create(COMPLETE)
    visitor.follow(link(stripe, account, type="account_update"))

    bank = {
        "external_account[routing_number]": "111000000",
        "external_account[account_number]": "000111111116",
    }
    assert visitor.send({**visitor.look().values, **bank}) == RETURN_URL

    (only,) = stripe.accounts.retrieve(account.id).external_accounts.data
    assert (only.last4, only.routing_number) == ("1116", "111000000")
