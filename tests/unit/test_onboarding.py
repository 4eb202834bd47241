"""What the onboarding page asks for: a field for everything that can be due, wherever an account is."""

import copy

import pytest

from strongroom.catalog import onboarding
from strongroom.catalog.accounts import account_tables
from strongroom.catalog.banks import bank_tables
from strongroom.catalog.reading import CatalogError, read
from strongroom.catalog.requirements import BUSINESS_TYPES
from strongroom.contract import contract
from strongroom.domain.onboarding import asked, missing
from strongroom.domain.requirements import assess
from strongroom.domain.verification import examine
from strongroom.resources.onboarding_forms import ACCOUNT_OPERATION, PERSON_OPERATION
from support.accounts import BOTH, LATER, NOW, bare, checks_of, facts

EVERYTHING = {**BOTH, "card_issuing": NOW, "treasury": NOW, "tax_reporting_us_1099_k": NOW}


def due(given):
    return assess(given).requirements["currently_due"]


@pytest.mark.parametrize("country", sorted(account_tables().countries))
@pytest.mark.parametrize("business_type", BUSINESS_TYPES)
@pytest.mark.parametrize("agreement", ["full", "recipient"])
def test_there_is_a_field_for_everything_that_is_due(country, business_type, agreement):
    tos = {"date": None, "ip": None, "service_agreement": agreement}
    given = bare(business_type=business_type, country=country, tos_acceptance=tos)
    given = facts(account=given.account, persons={}, requested=EVERYTHING, has_external_account=False)

    found = asked(due(given), given, livemode=False)

    has_banks = country in bank_tables().countries
    assert found.left == (() if has_banks else ("external_account",))
    assert {field.path for field in found.fields} >= {
        path for path in due(given) if not path.endswith((".date", ".ip"))
    } - set(found.left)


def test_every_field_is_a_parameter_of_the_api():
    hashes = contract().shapes.hashes
    for country in account_tables().countries:
        given = bare(business_type="company", country=country)
        for field in asked(due(given), given, livemode=False).fields:
            root, *rest = field.name.replace("]", "").split("[")
            persons = ("representative", "owners", "directors", "executives")
            path = rest if root in persons else [root, *rest]
            operation = PERSON_OPERATION if root in persons else ACCOUNT_OPERATION
            params = contract().operations[operation].params
            assert _leads_somewhere(hashes, params, path), field.name


def _leads_somewhere(hashes, kind, path):
    for name in path:
        while isinstance(kind, list) and kind[0] in ("clear", "or", "list", "null"):
            if kind[0] == "list" and name.isdigit():
                return True
            kind = kind[1]
        if isinstance(kind, str) and kind.startswith("#"):
            fields = hashes[kind[1:]]
            kind = fields.get(f"{name}?") or fields.get(name)
        else:
            return False
        if kind is None:
            return False
    return True


def test_the_type_of_business_is_asked_first():
    given = bare()
    found = asked(due(given), given, livemode=False)
    assert [field.name for field in found.fields] == [
        "business_type", "business_profile[mcc]", "business_profile[url]", "business_profile[product_description]",
    ]  # fmt: skip


def test_sections_and_fields_stand_in_their_order():
    given = bare(business_type="company", country="DE")
    found = asked(due(given), given, livemode=False)
    assert [section.key for section in found.sections] == [
        "account", "company", "representative", "owners", "directors", "executives", "external_account", "terms",
    ]  # fmt: skip
    owners = next(section for section in found.sections if section.key == "owners")
    assert [field.name for field in owners.fields][:3] == [
        "owners[first_name]", "owners[last_name]", "owners[email]",
    ]  # fmt: skip
    assert owners.fields[-1].name == "company[owners_provided]"


def test_a_person_who_is_there_is_called_by_name():
    given = facts(person={"email": None}, account={"business_type": "company"})
    (section,) = asked(due(given), given, livemode=False).sections
    assert (section.key, section.heading) == ("person_1", "Jenny Rosen")
    assert [field.name for field in section.fields] == ["person_1[email]"]


def test_documents_are_the_platforms_to_send_in_live_mode():
    path = "individual.verification.document"
    given = facts()
    assert asked([path], given, livemode=True).left == (path,)
    (field,) = asked([path], given, livemode=False).fields
    assert field.name == "individual[verification][document][front]"


def test_what_nobody_has_words_for_is_left_to_the_platform():
    assert asked(["individual.verification.proof_of_liveness"], facts(), livemode=False).left == (
        "individual.verification.proof_of_liveness",
    )


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({}, ["business_profile[url]"]),
        ({"business_profile[url]": " "}, ["business_profile[url]"]),
        ({"business_profile[url]": "https://a.test"}, []),
        ({"business_profile[product_description]": "Books"}, []),
    ],
)
def test_one_of_two_will_do(sent, names):
    given = facts()
    found = asked(["business_profile.url"], given, livemode=False)
    assert [name for name, _ in missing(found, sent, given=())] == names


OWNER = {"owners[first_name]": "A", "owners[last_name]": "B", "owners[email]": "a@b.test"}


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({}, ["company[owners_provided]"]),
        ({"company[owners_provided]": "true"}, []),
        (OWNER, []),
        ({"owners[first_name]": "A"}, ["owners[last_name]", "owners[email]"]),
    ],
)
def test_owners_are_named_or_there_are_none(sent, names):
    given = facts(account={"business_type": "company", "company": {"owners_provided": False}})
    paths = ["company.owners_provided", "owners.email", "owners.first_name", "owners.last_name"]
    found = asked(paths, given, livemode=False)
    assert [name for name, _ in missing(found, sent, given=())] == names


def test_what_was_given_before_may_stay_empty():
    found = asked(["individual.id_number"], facts(), livemode=False)
    assert list(missing(found, {}, given={"individual[id_number]"})) == []


def test_test_values_are_those_that_the_checks_know():
    """The hints name values that really come to what they say."""
    assert checks_of(LATER).keys() == {"dob", "id_number"}
    for field, value in (("id_number", "222222222"), ("ssn_last_4", "2222"), ("company.tax_id", "222222222")):
        check = examine(field, value, livemode=False, now=NOW)
        assert (check.outcome, check.when) == ("match", "at_once")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"kind": "text"}, "label is missing"),
        ({"label": "A", "kind": "poem"}, "there is no poem"),
        ({"label": "A", "kind": "choice"}, "options go with a choice"),
        ({"label": "A", "options": {"a": "b"}}, "options go with a choice"),
        ({"label": "A", "colour": "red"}, "colour"),
        ({"label": "A", "either": "nothing"}, "there is no nothing"),
    ],
)
def test_a_mistake_in_the_words_is_found(words, says):
    document = copy.deepcopy(read("onboarding"))
    document["accounts"]["new"] = words
    with pytest.raises(CatalogError, match=says):
        onboarding.build(document)
