"""What is known of accounts agrees with the contract, and a mistake in it is found when it is read."""

import copy

import pytest

from strongroom.catalog import accounts, requirements, verification
from strongroom.catalog.banks import bank_tables
from strongroom.catalog.countries import country_table
from strongroom.catalog.reading import CatalogError, read
from strongroom.contract import contract
from strongroom.contract.types import field_of

HASHES = contract().shapes.hashes
ENUMS = contract().shapes.enums


def test_the_capabilities_are_those_of_the_contract():
    assert [f"{name}?" for name in accounts.account_tables().capabilities] == list(
        HASHES["Account.Capabilities"]
    )


def test_the_codes_are_those_of_the_contract():
    assert set(verification.verification_tables().reasons) <= set(ENUMS["Person.Requirements.Error.code"])


def test_every_reason_is_one_that_a_check_can_have():
    codes = {
        check.code
        for field in verification.verification_tables().fields.values()
        for check in (*field.values.values(), field.otherwise)
        if check is not None
    }
    by_age = {"invalid_dob_age_over_maximum", "invalid_dob_age_under_18"}
    assert set(verification.verification_tables().reasons) == (codes - {None}) | by_age


@pytest.mark.parametrize(
    ("subjects", "resource"),
    [
        (("account",), "Account"),
        (("company",), "Account.Company"),
        (("holder", "owners", "directors", "executives", "guardians", "anyone"), "Person"),
    ],
)
def test_what_is_owed_can_be_seen_to_be_there(subjects, resource):
    """Every leaf is a field of the object that shows it, or has a flag there; documents can be given, and are not shown."""
    shown = {
        "external_account": "external_accounts",
        "id_number": "id_number_provided",
        "tax_id": "tax_id_provided",
    }
    shown["ssn_last_4"] = "ssn_last_4_provided"
    written_only = {f"documents.{kind.rstrip('?')}.files" for kind in HASHES["AccountUpdateParamsDocuments"]}
    for rule in requirements.requirement_tables().rules:
        for subject in subjects:
            for written in rule.owed.get(subject, ()):
                for leaf in requirements.requirement_tables().leaves(written, "US"):
                    if leaf in written_only:
                        continue
                    assert field_of(HASHES[resource], shown.get(leaf, leaf).partition(".")[0]), leaf


def test_every_country_of_a_known_bank_has_accounts_in_its_currency():
    for country, bank in bank_tables().countries.items():
        assert accounts.account_tables().countries[country].currency in bank.currencies, country


def test_the_structures_without_owners_are_those_of_the_contract():
    rules = requirements.requirement_tables().rules
    structures = frozenset().union(*(rule.structures_not for rule in rules))
    assert structures
    assert structures <= set(ENUMS["Account.Company.structure"])


# -- mistakes ---------------------------------------------------------------------------------------------------------


def broken(name, change):
    document = copy.deepcopy(read(name))
    change(document)
    return document


def build_accounts(change, *, where="account_countries"):
    rows = {name: read(name) for name in ("account_countries", "capabilities")}
    rows[where] = broken(where, change)
    return accounts.build(rows["account_countries"], rows["capabilities"], country_table())


@pytest.mark.parametrize(
    ("where", "change", "says"),
    [
        ("account_countries", lambda d: d["full"].update(ZZ={"currency": "usd"}), "there is no ZZ"),
        ("account_countries", lambda d: d["full"].update(TR={"currency": "try"}), "in both sections"),
        ("account_countries", lambda d: d["full"]["US"].update(colour="red"), "colour"),
        ("account_countries", lambda d: d["full"]["US"].pop("currency"), "currency is missing"),
        ("account_countries", lambda d: d["full"]["US"].update(id_number="["), "no pattern"),
        ("account_countries", lambda d: d["ownership_declaration"].append("TR"), "there is no TR"),
        ("account_countries", lambda d: d["states"].update(ZZ={}), "there is no ZZ"),
        ("capabilities", lambda d: d["capabilities"].update(new="@nowhere"), "there is no @nowhere"),
        ("capabilities", lambda d: d["capabilities"].update(new=["TR"]), "there is no TR"),
        ("capabilities", lambda d: d["capabilities"].update(new=[]), "not a list of countries"),
        ("capabilities", lambda d: d["not_charging"].append("new"), "there is no new"),
    ],
)
def test_a_mistake_about_countries_is_found(where, change, says):
    with pytest.raises(CatalogError, match=says):
        build_accounts(change, where=where)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "owes nothing"),
        ({"colour": ["red"], "account": ["x"]}, "colour"),
        ({"countries": ["ZZ"], "account": ["x"]}, "there is no ZZ"),
        ({"countries": "@nowhere", "account": ["x"]}, "there is no nowhere"),
        ({"business_types": ["club"], "account": ["x"]}, "there is no club"),
        ({"agreements": ["verbal"], "account": ["x"]}, "there is no verbal"),
        ({"capabilities": ["flying"], "account": ["x"]}, "there is no flying"),
        ("no rule", "not a table"),
    ],
)
def test_a_mistake_in_a_rule_is_found(rule, says):
    document = broken("requirements", lambda d: d["rules"].append(rule))
    with pytest.raises(CatalogError, match=says):
        requirements.build(document, accounts.account_tables())


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ({"values": {"x": {"outcome": "perhaps"}}}, "there is no perhaps"),
        ({"values": {"x": {"outcome": "mismatch"}}}, "a code goes with a mismatch"),
        ({"values": {"x": {"outcome": "match", "code": "invalid_signator"}}}, "a code goes with a mismatch"),
        ({"values": {"x": {"outcome": "mismatch", "code": "new"}}}, "there is no new"),
        ({"values": {"x": {"outcome": "match", "when": "never"}}}, "there is no never"),
        ({"values": {"x": {"outcome": "match", "blocks": "doors"}}}, "there is no doors"),
        ({"form": "poem"}, "there is no poem"),
        ({"beaten_by": "nobody"}, "there is no nobody"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_about_checks_is_found(field, says):
    document = broken("verification", lambda d: d["fields"].update(new=field))
    with pytest.raises(CatalogError, match=says):
        verification.build(document)
