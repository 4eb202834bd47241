"""What persons are to their account: shares, representatives, and who may be there at all."""

from support.connect import COMPLETE, INDIVIDUAL, events_of
from support.data import refused
from support.persons import company, persons

__all__ = ["company", "persons"]


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
