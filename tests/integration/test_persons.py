"""Persons of a connected account: who they are to it, who may write them, and what is told of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.connect import ADDRESS, COMPLETE, CUSTOM, INDIVIDUAL, acting_on, events_of, eventually
from support.data import refused
from support.documents import png, upload_as

COMPANY = {**CUSTOM, "business_type": "company", "company": {"name": "Rosen Books"}}
NOBODY = {"status": 404, "code": "resource_missing", "param": "person"}
MATCHING = {
    "first_name": "Jenny",
    "last_name": "Rosen",
    "email": "jenny@example.com",
    "phone": "0000000000",
    "address": ADDRESS,
    "dob": {"day": 1, "month": 1, "year": 1901},
    "ssn_last_4": "0000",
    "relationship": {"representative": True, "executive": True, "title": "CEO"},
}


@pytest.fixture
def company(stripe):
    """A company's account that its platform looks after."""
    return stripe.accounts.create(COMPANY)


@pytest.fixture
def persons(stripe, company):
    """The persons of that company, with the account already said."""

    class Persons:
        def __getattr__(self, verb):
            service = getattr(stripe.accounts.persons, verb)
            return lambda *rest: service(company.id, *rest)

    return Persons()


def events_about_persons(stripe, account):
    found = events_of(stripe, account, "person.created", "person.updated", "person.deleted")
    return [(event.type, event.data.object.id) for event in found]


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


# -- relationships ----------------------------------------------------------------------------------------------------


def test_more_than_a_whole_company_is_owned_by_nobody(persons):
    persons.create({"relationship": {"owner": True, "percent_ownership": 60}})
    with refused(param="relationship[percent_ownership]", says="exceed 100 percent"):
        persons.create({"relationship": {"owner": True, "percent_ownership": 50}})

    second = persons.create({"relationship": {"owner": True, "percent_ownership": 40}})
    with refused(param="relationship[percent_ownership]"):
        persons.update(second.id, {"relationship": {"percent_ownership": 40.5}})
    assert persons.retrieve(second.id).relationship.percent_ownership == 40.0


def test_a_share_stays_until_it_is_taken_back(persons):
    person = persons.create({"relationship": {"owner": True, "percent_ownership": 100}})
    assert person.relationship.percent_ownership == 100.0

    released = persons.update(person.id, {"relationship": {"owner": False}})
    assert (released.relationship.owner, released.relationship.percent_ownership) == (False, 100.0)
    zero = persons.update(person.id, {"relationship": {"percent_ownership": 0}}).relationship
    assert (zero.percent_ownership, type(zero.percent_ownership)) == (0.0, float)
    unset = persons.update(person.id, {"relationship": {"percent_ownership": ""}})
    assert unset.relationship.percent_ownership is None


def test_there_is_one_representative_and_the_next_takes_over(stripe, persons, company):
    first = persons.create({"relationship": {"representative": True}})
    second = persons.create({"relationship": {"representative": True}})

    assert second.relationship.representative is True
    assert persons.retrieve(first.id).relationship.representative is False
    (told,) = events_of(stripe, company, "person.updated")
    assert told.data.object.id == first.id
    assert told.data.previous_attributes["relationship"].to_dict() == {"representative": True}


def test_owners_are_provided_once_enough_is_owned_and_directors_never_are(stripe, persons, company):
    persons.create({"relationship": {"owner": True, "percent_ownership": 80, "director": True}})

    shown = stripe.accounts.retrieve(company.id).company
    assert (shown.owners_provided, shown.directors_provided) == (True, False)


def test_an_individual_is_one_person_written_through_either_door(stripe):
    account = stripe.accounts.create({**COMPLETE, "individual": {**INDIVIDUAL, "maiden_name": "Doe"}})
    (person,) = stripe.accounts.persons.list(account.id).data

    assert person.id == account.individual.id
    assert person.relationship.representative is True
    stripe.accounts.persons.update(account.id, person.id, {"maiden_name": "Roe"})
    stripe.accounts.update(account.id, {"individual": {"last_name": "Poe"}})
    assert stripe.accounts.retrieve(account.id).individual.maiden_name == "Roe"
    assert stripe.accounts.persons.retrieve(account.id, person.id).last_name == "Poe"


def test_beside_an_individual_are_guardians_and_authorizers_alone(stripe):
    account = stripe.accounts.create(COMPLETE)
    with refused(param="relationship"):
        stripe.accounts.persons.create(account.id, {"relationship": {"director": True}})
    guardian = stripe.accounts.persons.create(account.id, {"relationship": {"legal_guardian": True}})
    for write in (
        lambda: stripe.accounts.persons.update(
            account.id, guardian.id, {"relationship": {"representative": True}}
        ),
        lambda: stripe.accounts.persons.update(
            account.id, account.individual.id, {"relationship": {"representative": False}}
        ),
    ):
        with refused(param="relationship[representative]"):
            write()

    assert stripe.accounts.retrieve(account.id).individual.id == account.individual.id


def test_an_individual_that_becomes_a_company_stays_as_its_representative(stripe):
    account = stripe.accounts.create(COMPLETE)
    stripe.accounts.update(account.id, {"business_type": "company", "company": {"name": "Rosen"}})

    (person,) = stripe.accounts.persons.list(account.id).data
    assert person.id == account.individual.id
    assert (person.relationship.representative, person.relationship.percent_ownership) == (True, None)


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


# -- documents --------------------------------------------------------------------------------------------------------


def test_a_test_document_becomes_a_file_of_the_persons_own_and_satisfies(persons):
    given = {
        **MATCHING,
        "ssn_last_4": "1111",
        "verification": {"document": {"front": "file_identity_document_success"}},
    }
    person = persons.create(given)

    front = person.verification.document.front
    assert front.startswith("file_")
    assert front != "file_identity_document_success"
    other = persons.create({"verification": {"document": {"front": "file_identity_document_success"}}})
    assert other.verification.document.front != front
    settled = eventually(
        lambda: persons.retrieve(person.id), until=lambda seen: not seen.requirements.pending_verification
    )
    assert (settled.verification.status, settled.verification.document.front) == ("verified", front)


def test_a_failing_document_fails_again_under_its_own_id(persons):
    person = persons.create(
        {**MATCHING, "verification": {"document": {"front": "file_identity_document_failure"}}}
    )
    front = person.verification.document.front
    for _ in range(2):
        failed = eventually(
            lambda: persons.retrieve(person.id),
            until=lambda seen: seen.verification.document.details_code is not None,
        )
        assert failed.verification.document.details_code == "document_failed_test_mode"
        persons.update(person.id, {"verification": {"document": {"front": front}}})


def test_a_document_is_the_accounts_or_the_platforms_and_was_uploaded_for_this(
    stripe, persons, company, server, secret_key
):
    platforms = upload_as(server, secret_key, png())
    accounts = upload_as(server, secret_key, png(), account=company.id)
    logo = upload_as(server, secret_key, png(), purpose="business_logo")

    for file_id in (platforms, accounts):
        person = persons.create({"verification": {"document": {"front": file_id, "back": platforms}}})
        assert (person.verification.document.front, person.verification.document.back) == (file_id, platforms)
    with refused(param="verification[additional_document][back]", says="business_logo"):
        persons.create({"verification": {"additional_document": {"back": logo}}})
    emptied = persons.update(person.id, {"verification": {"document": {"back": ""}}})
    assert (emptied.verification.document.front, emptied.verification.document.back) == (accounts, None)


def test_a_document_can_be_expanded_wherever_it_is(stripe, persons, company, server, secret_key):
    platforms = upload_as(server, secret_key, png())
    accounts = upload_as(server, secret_key, png(), account=company.id)
    sides = {
        "document": {"front": platforms, "back": accounts},
        "additional_document": {"front": "file_identity_document_success"},
    }
    whole = {
        "expand": [
            "verification.document.front",
            "verification.document.back",
            "verification.additional_document.front",
        ]
    }
    person = persons.create({"verification": sides, **whole})

    for shown in (person, persons.retrieve(person.id, whole)):
        verification = shown.verification
        files = (
            verification.document.front,
            verification.document.back,
            verification.additional_document.front,
        )
        assert [file.object for file in files] == ["file"] * 3
        assert [file.id for file in files[:2]] == [platforms, accounts]
        assert [file.purpose for file in files] == ["identity_document"] * 3
    inside = stripe.accounts.persons.retrieve(
        company.id, person.id, {"expand": ["verification.document.back"]}, acting_on(company)
    )
    assert (inside.verification.document.back.id, inside.verification.document.front) == (accounts, platforms)


def test_other_documents_are_taken_and_never_shown(persons, server, secret_key):
    requirement = upload_as(server, secret_key, png(), purpose="account_requirement")
    person = persons.create({"documents": {"passport": {"files": [requirement]}, "visa": {"files": [""]}}})

    assert "documents" not in person
    assert requirement not in str(person)
    identity = upload_as(server, secret_key, png())
    with refused(param="documents[visa][files][0]", says="account_requirement"):
        persons.update(person.id, {"documents": {"visa": {"files": [identity]}}})


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
