"""A company of which persons are part, and how tests reach them. Import the fixtures to have them."""

import pytest

from support.connect import ADDRESS, CUSTOM, events_of

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
