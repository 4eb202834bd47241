"""What somebody types into the onboarding page, the wrong and the right, is in no file and no page afterwards."""

import pytest

from support.connect import CUSTOM, events_of
from support.leaks import found_in
from support.onboarding import RETURN_URL, Visitor, link
from support.server import Server

SECRETS = {
    "individual[id_number]": "123450987",
    "external_account[account_number]": "000123456789",
    "individual[first_name]": "Cassandra-Canary",
    "individual[address][line1]": "19 Canary Row",
}
REST = {
    "business_profile[mcc]": "5734",
    "business_profile[url]": "https://accessible.stripe.com",
    "individual[last_name]": "Rosen",
    "individual[email]": "canary@example.com",
    "individual[phone]": "0000000000",
    "individual[dob][day]": "1",
    "individual[dob][month]": "1",
    "individual[dob][year]": "1902",
    "individual[address][city]": "San Francisco",
    "individual[address][state]": "CA",
    "individual[address][postal_code]": "94107",
    "individual[ssn_last_4]": "0987",
    "external_account[routing_number]": "110000000",
    "tos_acceptance": "true",
}
HIDDEN = ("individual[id_number]", "external_account[account_number]")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, database_for):
    return database_for(request.param)


def onboard(server):
    """Fill the page in wrongly, then rightly, and return what was answered on the way."""
    client = server.client("sk_test_canary").v1
    account = client.accounts.create({**CUSTOM, "business_type": "individual"})
    visitor = Visitor(server)
    options = {"fields": "eventually_due", "future_requirements": "include"}
    url = link(client, account, collection_options=options)
    visitor.follow(url)
    wrong = visitor.send({**REST, **SECRETS, "individual[address][postal_code]": "nowhere"})
    assert set(wrong.faults) == {"individual[address][postal_code]"}
    assert visitor.send({**REST, **SECRETS}) == RETURN_URL
    seen = client.accounts.retrieve(account.id)
    assert (seen.individual.id_number_provided, seen.external_accounts.total_count) == (True, 1)
    visitor.follow(link(client, account, type="account_update"))
    update = visitor.look().text
    events = [str(event.to_dict()) for event in events_of(client, account)]
    tickets = [url.rpartition("/")[2], visitor.path.rpartition("/")[2]]
    return tickets, [wrong.text, update, str(seen.to_dict()), *events]


def test_nothing_that_was_typed_is_in_any_file(tmp_path, database):
    with Server(tmp_path / "data", database) as server:
        tickets, answers = onboard(server)
        while_running = found_in(tmp_path, [*SECRETS.values(), *tickets])

    assert while_running == found_in(tmp_path, [*SECRETS.values(), *tickets]) == []
    for name in HIDDEN:
        assert not [one for one in answers if SECRETS[name] in one.replace("Test mode: 000123456789", "")]


def test_no_table_of_postgresql_holds_it(tmp_path, postgres):
    database = postgres.fresh_database()
    with Server(tmp_path / "data", database) as server:
        tickets, _ = onboard(server)
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "all.sql").write_bytes(postgres.dump(database))

    assert found_in(tmp_path, [*SECRETS.values(), *tickets]) == []
