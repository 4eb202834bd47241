"""Persons of a connected account: who they are to it, who may write them, and what is told of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM, acting_on, events_of, eventually
from support.data import refused
from support.persons import COMPANY, MATCHING, NOBODY, company, events_about_persons, persons

__all__ = ["company", "persons"]


# -- create -----------------------------------------------------------------------------------------------------------


def test_an_empty_person_owes_what_its_role_asks_for(persons, company):
    person = persons.create({})

    assert person.id.startswith("person_")
    assert len(person.id) == len("person_") + 24
    assert person.to_dict() == {
        "id": person.id,
        "object": "person",
        "account": company.id,
        "additional_tos_acceptances": {"account": {"date": None, "ip": None, "user_agent": None}},
        "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
        "created": person.created,
        "dob": {"day": None, "month": None, "year": None},
        "email": None,
        "first_name": None,
        "future_requirements": person.future_requirements.to_dict(),
        "id_number_provided": False,
        "last_name": None,
        "metadata": {},
        "relationship": {
            "authorizer": False,
            "director": False,
            "executive": False,
            "legal_guardian": False,
            "owner": False,
            "percent_ownership": None,
            "representative": False,
            "title": None,
        },
        "requirements": person.requirements.to_dict(),
        "ssn_last_4_provided": False,
        "verification": {
            "additional_document": {"back": None, "details": None, "details_code": None, "front": None},
            "details": None,
            "details_code": None,
            "document": {"back": None, "details": None, "details_code": None, "front": None},
            "status": "unverified",
        },
    }
    assert persons.retrieve(person.id).to_dict() == person.to_dict()
    representative = persons.create({"relationship": {"representative": True}})
    assert "first_name" in representative.requirements.currently_due
    assert representative.verification.status == "unverified"


def test_numbers_are_told_by_flags_alone(persons):
    with_both = persons.create({"id_number": "222222222"})
    with_four = persons.create({"ssn_last_4": "0000"})

    assert (with_both.id_number_provided, with_both.ssn_last_4_provided) == (True, True)
    assert (with_four.id_number_provided, with_four.ssn_last_4_provided) == (False, True)
    assert "222222222" not in str(with_both)


def test_a_matching_person_waits_and_is_verified_later(stripe, persons, company):
    person = persons.create(MATCHING)

    assert person.verification.status == "pending"
    assert set(person.requirements.pending_verification) >= {"ssn_last_4"}
    assert person.phone == "+10000000000"
    settled = eventually(
        lambda: persons.retrieve(person.id), until=lambda seen: seen.verification.status != "pending"
    )
    assert settled.verification.status == "verified"
    assert settled.requirements.pending_verification == []
    told = events_of(stripe, company, "person.updated")[-1]
    assert told.data.previous_attributes["verification"].to_dict() == {"status": "pending"}
    assert told.data.object.to_dict() == settled.to_dict()


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"dob": {"day": 1}}, "parameter_missing", "dob[month]"),
        ({"dob": {"day": 31, "month": 2, "year": 1990}}, None, "dob"),
        ({"dob": {"day": 1, "month": 1, "year": 2020}}, None, "dob[year]"),
        ({"id_number": "12345678"}, "tax_id_invalid", "id_number"),
        ({"ssn_last_4": "12"}, None, "ssn_last_4"),
        ({"gender": "other"}, None, "gender"),
        ({"political_exposure": "perhaps"}, None, "political_exposure"),
        ({"nationality": "ZZ"}, "country_code_invalid", "nationality"),
        ({"phone": "12"}, None, "phone"),
        ({"email": "nobody"}, "email_invalid", "email"),
        ({"address": {"postal_code": "SW1A"}}, "postal_code_invalid", "address[postal_code]"),
        ({"address": {"state": "Bavaria"}}, "state_unsupported", "address[state]"),
        ({"verification": {"document": {"front": "file_nope"}}}, "resource_missing", "verification[document][front]"),
        ({"documents": {"passport": {"files": ["file_nope"]}}}, "resource_missing", "documents[passport][files][0]"),
        ({"relationship": {"percent_ownership": 101}}, None, "relationship[percent_ownership]"),
        ({"relationship": {"percent_ownership": -1}}, None, "relationship[percent_ownership]"),
        ({"person_token": "cpt_nope"}, "resource_missing", "person_token"),
        ({"person_token": "cpt_nope", "first_name": "A"}, "parameters_exclusive", "first_name"),
        ({"account_token": "ct_nope"}, "parameter_unknown", "account_token"),
    ],
)  # fmt: skip
def test_a_wrong_person_is_refused_by_leaf_and_nothing_changes(stripe, persons, company, given, code, param):
    person = persons.create({"first_name": "Jenny"})
    for write in (persons.create, lambda params: persons.update(person.id, params)):
        with refused(code=code, param=param):
            write(given)

    assert [one.to_dict() for one in persons.list({}).data] == [person.to_dict()]
    assert events_about_persons(stripe, company) == [("person.created", person.id)]


# -- update -----------------------------------------------------------------------------------------------------------


def test_an_update_merges_and_tells_exactly_what_was(stripe, persons, company):
    person = persons.create({
        "first_name": "Jenny", "metadata": {"a": "1", "b": "2"}, "full_name_aliases": ["J"],
        "address": {"city": "Springfield", "line1": "1 Main St"},
    })  # fmt: skip
    changed = persons.update(
        person.id,
        {"first_name": "Jen", "metadata": {"a": "", "c": "3"}, "address": {"city": "Shelbyville"}},
    )

    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert (changed.address.city, changed.address.line1) == ("Shelbyville", "1 Main St")
    created, updated = events_of(stripe, company, "person.created", "person.updated")
    assert created.account == updated.account == company.id
    assert created.data.object.to_dict() == person.to_dict()
    assert updated.data.object.to_dict() == changed.to_dict()
    assert updated.data.previous_attributes.to_dict() == {
        "address": {"city": "Springfield"},
        "first_name": "Jenny",
        "metadata": {"a": "1", "c": None},
    }
    assert stripe.events.list({"type": "person.*"}).data == []


def test_an_update_that_changes_nothing_tells_nothing(stripe, persons, company):
    person = persons.create({"first_name": "Jenny"})
    persons.update(person.id, {"first_name": "Jenny"})
    assert events_about_persons(stripe, company) == [("person.created", person.id)]


def test_what_can_be_unset_is(persons):
    person = persons.create({"dob": {"day": 1, "month": 1, "year": 1990}, "full_name_aliases": ["J", "Jen"],
                             "id_number": "222222222"})  # fmt: skip
    assert person.full_name_aliases == ["J", "Jen"]
    blank = persons.update(person.id, {"dob": "", "full_name_aliases": [""], "id_number": ""})

    assert blank.dob.to_dict() == {"day": None, "month": None, "year": None}
    assert blank.full_name_aliases == []
    assert (blank.id_number_provided, blank.ssn_last_4_provided) == (False, False)
    assert "full_name_aliases" not in persons.update(person.id, {"full_name_aliases": ""})


def test_the_account_is_told_when_its_requirements_change(stripe, persons, company):
    person = persons.create({"relationship": {"representative": True}})
    before = stripe.accounts.retrieve(company.id)
    assert f"{person.id}.first_name" in before.requirements.currently_due
    persons.update(person.id, {"first_name": "Jenny"})

    after = stripe.accounts.retrieve(company.id)
    assert f"{person.id}.first_name" not in after.requirements.currently_due
    event = events_of(stripe, company, "account.updated")[-1]
    assert event.data.object.to_dict() == after.to_dict()
    assert (
        event.data.previous_attributes["requirements"]["currently_due"] == before.requirements.currently_due
    )


def test_updates_at_once_are_done_or_refused_as_busy(persons, company, post):
    person = persons.create({})

    def write(number):
        reply = post(f"/v1/accounts/{company.id}/persons/{person.id}", {f"metadata[k{number}]": "v"})
        return number, reply.status, reply.json.get("error", {}).get("code")

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(write, range(16)))

    assert {answer[1:] for answer in answers} <= {(200, None), (429, "lock_timeout")}
    written = {f"k{number}" for number, status, _ in answers if status == 200}
    assert set(persons.retrieve(person.id).metadata.to_dict()) == written != set()


def test_shares_written_at_once_never_come_to_more_than_the_whole(persons, company, post):
    def add(_):
        given = {"relationship[owner]": "true", "relationship[percent_ownership]": "60"}
        return post(f"/v1/accounts/{company.id}/persons", given).status

    with ThreadPoolExecutor(8) as crowd:
        statuses = list(crowd.map(add, range(8)))

    assert statuses.count(200) == 1
    assert len(persons.list({}).data) == 1


# -- list -------------------------------------------------------------------------------------------------------------


def test_lists_are_newest_first_by_page_and_by_role(persons, get, company):
    roles = ("director", "executive", "owner", "authorizer", "legal_guardian", "representative")
    made = {role: persons.create({"relationship": {role: True}}).id for role in roles}
    both = persons.create({"relationship": {"director": True, "executive": True}}).id

    everybody = [both, *reversed(made.values())]
    assert [person.id for person in persons.list({}).data] == everybody
    assert set(get(f"/v1/accounts/{company.id}/persons").json) == {"object", "data", "has_more", "url"}
    page = persons.list({"limit": 2, "starting_after": everybody[1]})
    assert ([person.id for person in page.data], page.has_more) == (everybody[2:4], True)
    back = persons.list({"limit": 2, "ending_before": everybody[3]})
    assert [person.id for person in back.data] == everybody[1:3]
    for role, person in made.items():
        of_role = [one.id for one in persons.list({"relationship": {role: True}}).data]
        assert of_role == ([both, person] if role in ("director", "executive") else [person])
    assert [p.id for p in persons.list({"relationship": {"director": True, "executive": True}}).data] == [
        both
    ]
    with refused(code="resource_missing", param="starting_after"):
        persons.list({"starting_after": "person_nope"})
    with refused(code="parameter_unknown", param="relationship[title]"):
        persons.list({"relationship": {"title": "CEO"}})


def test_the_older_name_of_the_path_means_the_same(get, post, server, secret_key, company):
    path = f"/v1/accounts/{company.id}/people"
    person = post(path, {"first_name": "Jenny"}).json

    assert get(f"{path}/{person['id']}").json == person
    assert get(path).json["data"] == [person]
    assert post(f"{path}/{person['id']}", {"last_name": "Rosen"}).json["last_name"] == "Rosen"
    assert server.request("DELETE", f"{path}/{person['id']}", key=secret_key).json["deleted"] is True


# -- delete -----------------------------------------------------------------------------------------------------------


def test_a_deleted_person_is_gone_and_told(stripe, persons, company):
    persons.create({"relationship": {"representative": True}})
    person = persons.create(
        {"first_name": "Jenny", "id_number": "222222222", "relationship": {"owner": True}}
    )

    assert persons.delete(person.id).to_dict() == {"id": person.id, "object": "person", "deleted": True}
    for again in (persons.retrieve, persons.delete, lambda one: persons.update(one, {"first_name": "A"})):
        with refused(**NOBODY, says=f"No such person: '{person.id}'"):
            again(person.id)
    told = events_of(stripe, company, "person.deleted")
    assert [event.data.object.to_dict() for event in told] == [person.to_dict()]


def test_who_opened_the_account_and_its_only_verified_executive_stay(stripe, persons):
    opener = persons.create({"relationship": {"representative": True}})
    executive = persons.create({**MATCHING, "dob": {"day": 1, "month": 1, "year": 1902}, "ssn_last_4": "2222",
                                "relationship": {"executive": True}})  # fmt: skip
    assert executive.verification.status == "verified"
    persons.create({"relationship": {"representative": True}})

    for person in (opener, executive):
        with refused(param="person"):
            persons.delete(person.id)
    individual = stripe.accounts.create(COMPLETE)
    with refused(param="person"):
        stripe.accounts.persons.delete(individual.id, individual.individual.id)


# -- whose they are ---------------------------------------------------------------------------------------------------


def test_persons_of_another_account_are_missing_and_other_accounts_are_refused(
    stripe, server, name, persons, company
):
    other = stripe.accounts.create(COMPANY)
    person = stripe.accounts.persons.create(other.id, {})
    for again in (persons.retrieve, persons.delete, lambda one: persons.update(one, {})):
        with refused(**NOBODY):
            again(person.id)
    stranger = server.client(f"sk_test_{name}other").v1
    denied = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}
    for call in (
        lambda: stranger.accounts.persons.list(company.id),
        lambda: stranger.accounts.persons.create(company.id, {}),
        lambda: stranger.accounts.persons.retrieve(company.id, person.id),
        lambda: stranger.accounts.persons.update(company.id, person.id, {}),
        lambda: stranger.accounts.persons.delete(company.id, person.id),
        lambda: stripe.accounts.persons.list("acct_nope"),
    ):
        with refused(**denied):
            call()
    stripe.accounts.delete(other.id)
    with refused(**denied):
        stripe.accounts.persons.retrieve(other.id, person.id)


def test_the_header_of_the_account_itself_serves_as_well(stripe, company):
    person = stripe.accounts.persons.create(company.id, {"first_name": "Jenny"}, acting_on(company))

    assert stripe.accounts.persons.retrieve(company.id, person.id, {}, acting_on(company)).id == person.id
    other = stripe.accounts.create(COMPANY)
    with refused():
        stripe.accounts.persons.list(company.id, {}, acting_on(other))


def test_once_the_holder_was_sent_to_a_link_the_platform_sees_less_and_writes_nothing(stripe):
    account = stripe.accounts.create(
        {**CUSTOM, "type": "express", "business_type": "company", "company": {"name": "A"}}
    )
    person = stripe.accounts.persons.create(account.id, {**MATCHING, "metadata": {"a": "1"}})
    assert person.address.city == "San Francisco"
    stripe.account_links.create({
        "account": account.id, "type": "account_onboarding", "refresh_url": "https://a.test", "return_url": "https://b.test",
    })  # fmt: skip

    for shown in (
        stripe.accounts.persons.retrieve(account.id, person.id),
        *stripe.accounts.persons.list(account.id).data,
    ):
        assert (shown.first_name, shown.metadata.to_dict()) == ("Jenny", {"a": "1"})
        assert shown.to_dict().get("address") is None
        assert not {"phone", "registered_address"} & set(shown.to_dict())
    for write in (
        lambda: stripe.accounts.persons.create(account.id, {}),
        lambda: stripe.accounts.persons.update(account.id, person.id, {"first_name": "A"}),
        lambda: stripe.accounts.persons.delete(account.id, person.id),
    ):
        with refused(sdk.PermissionError, status=403, code="oauth_not_supported"):
            write()
    settled = eventually(lambda: events_of(stripe, account, "person.updated"), until=bool)[-1]
    assert settled.data.object.to_dict().get("address") is None


def test_what_verified_somebody_is_changed_by_whoever_collects_it(stripe):
    known = {**MATCHING, "dob": {"day": 1, "month": 1, "year": 1902}, "ssn_last_4": "2222"}
    express, custom = (
        stripe.accounts.create({**CUSTOM, "type": kind, "business_type": "company"})
        for kind in ("express", "custom")
    )
    theirs, ours = (stripe.accounts.persons.create(one.id, known) for one in (express, custom))
    assert [theirs.verification.status, ours.verification.status] == ["verified", "verified"]
    for leaf in ("first_name", "last_name", "dob", "ssn_last_4", "id_number"):
        with refused(sdk.PermissionError, status=403, code="oauth_not_supported", says=leaf):
            stripe.accounts.persons.update(express.id, theirs.id, {leaf: known.get(leaf, "222222222")})
    assert (
        stripe.accounts.persons.update(express.id, theirs.id, {"email": "a@example.com"}).email
        == "a@example.com"
    )

    wrong = stripe.accounts.persons.update(custom.id, ours.id, {"ssn_last_4": "1111"})
    failed = eventually(
        lambda: stripe.accounts.persons.retrieve(custom.id, wrong.id),
        until=lambda seen: bool(seen.requirements.errors),
    )
    assert failed.verification.status == "unverified"


def test_a_french_platform_gives_persons_as_tokens_alone(server, name):
    french = server.client(f"sk_test_{name}_FR").v1
    account = french.accounts.create(
        {"type": "custom", "country": "FR", "capabilities": CUSTOM["capabilities"]}
    )

    with refused(says="person tokens"):
        french.accounts.persons.create(account.id, {"first_name": "Jenny"})
    token = french.tokens.create({"person": {"first_name": "Jenny"}})
    person = french.accounts.persons.create(account.id, {"person_token": token.id, "metadata": {"a": "1"}})
    assert (person.first_name, person.metadata.to_dict()) == ("Jenny", {"a": "1"})
    with refused(says="person tokens"):
        french.accounts.persons.update(account.id, person.id, {"last_name": "Rosen"})
    assert french.accounts.persons.update(
        account.id, person.id, {"metadata": {"b": "2"}}
    ).metadata.to_dict() == {"a": "1", "b": "2"}
