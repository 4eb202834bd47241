"""Who a person may be to an account, what of it adds up, and who may leave."""

import pytest

from strongroom.domain import persons as rules
from strongroom.errors import InvalidRequest

SHARE = "relationship[percent_ownership]"


def refused(call, *args, **kwargs):
    with pytest.raises(InvalidRequest) as refusal:
        call(*args, **kwargs)
    return refusal.value.http_status, refusal.value.code, refusal.value.param


def test_a_share_stays_when_its_owner_no_longer_is_one():
    owner = rules.merged_relationship({}, {"owner": True, "percent_ownership": 100})
    assert (owner["owner"], owner["percent_ownership"]) == (True, 100.0)
    former = rules.merged_relationship(owner, {"owner": False})
    assert (former["owner"], former["percent_ownership"]) == (False, 100.0)


def test_nothing_is_not_zero():
    assert rules.merged_relationship({}, {})["percent_ownership"] is None
    zero = rules.merged_relationship({}, {"percent_ownership": 0})["percent_ownership"]
    assert (zero, type(zero)) == (0.0, float)
    assert (
        rules.merged_relationship({"percent_ownership": 5.0}, {"percent_ownership": ""})["percent_ownership"]
        is None
    )


def test_whoever_says_nothing_is_nobody():
    assert rules.merged_relationship({}, {}) == rules.NO_RELATIONSHIP


@pytest.mark.parametrize("share", [-0.1, 100.1, float("nan"), float("inf")])
def test_a_share_is_a_percentage(share):
    assert refused(rules.merged_relationship, {}, {"percent_ownership": share}) == (400, None, SHARE)


def test_nobody_owns_more_than_there_is():
    shares = {"a": {"percent_ownership": 60.0}, "b": {"percent_ownership": 50.0}}
    assert refused(rules.check_shares, shares) == (400, None, SHARE)
    rules.check_shares({"a": {"percent_ownership": 60.0}, "b": {"percent_ownership": 40.0}, "c": {}})
    rules.check_shares({key: {"percent_ownership": 33.3333333334} for key in "abc"})


def test_a_second_representative_takes_the_place_of_the_first():
    persons = {"a": {"representative": True}, "b": {"representative": True}, "c": {}}
    assert rules.who_steps_down("b", persons) == ("a",)
    assert rules.who_steps_down("c", persons) == ("a", "b")


@pytest.mark.parametrize(
    ("persons", "flags"),
    [
        ({}, set()),
        ({"a": {"owner": True, "percent_ownership": 75.0}}, set()),
        ({"a": {"owner": True, "percent_ownership": 75.1}}, {"owners_provided"}),
        ({"a": {"percent_ownership": 100.0}}, set()),
        ({"a": {"executive": True}}, {"executives_provided"}),
        ({"a": {"director": True}}, set()),
    ],
)
def test_some_flags_turn_true_by_themselves_and_directors_never(persons, flags):
    assert rules.provided_by_themselves(persons) == flags


@pytest.mark.parametrize("role", ["authorizer", "legal_guardian"])
def test_an_individual_may_have_guardians_and_authorizers(role):
    rules.check_may_join("individual", {role: True})


@pytest.mark.parametrize("relationship", [{}, {"owner": True}, {"representative": True}])
def test_an_individual_has_nobody_else(relationship):
    assert refused(rules.check_may_join, "individual", relationship) == (400, None, "relationship")
    rules.check_may_join("company", relationship)


def executive(status):
    return {"relationship": {"executive": True}, "verification": {"status": status}}


def test_whoever_opened_the_account_stays():
    persons = {"a": {}, "b": {}}
    assert refused(rules.check_may_leave, "a", opener="a", business_type="company", persons=persons)[0] == 400
    rules.check_may_leave("b", opener="a", business_type="company", persons=persons)


def test_an_individual_stays_with_the_account_whoever_opened_it():
    persons = {
        "a": {"relationship": {"representative": True}},
        "b": {"relationship": {"legal_guardian": True}},
    }
    assert (
        refused(rules.check_may_leave, "a", opener=None, business_type="individual", persons=persons)[0]
        == 400
    )
    rules.check_may_leave("b", opener="a", business_type="individual", persons=persons)


def test_the_only_verified_executive_stays():
    persons = {"a": executive("verified"), "b": executive("unverified")}
    leave = {"opener": None, "business_type": "company"}
    assert refused(rules.check_may_leave, "a", persons=persons, **leave)[0] == 400
    rules.check_may_leave("b", persons=persons, **leave)
    rules.check_may_leave("a", persons={**persons, "c": executive("verified")}, **leave)


def test_single_values_are_of_their_kind():
    rules.check_gender("female")
    rules.check_political_exposure("existing")
    rules.check_nationality("XX")
    rules.check_nationality("DE")
    assert refused(rules.check_gender, "other") == (400, None, "gender")
    assert refused(rules.check_political_exposure, "some") == (400, None, "political_exposure")
    assert refused(rules.check_nationality, "ZZ") == (400, "country_code_invalid", "nationality")
    assert refused(rules.check_nationality, "Germany")[1] == "country_code_invalid"


@pytest.mark.parametrize("business_type", [None, "company", "non_profit", "individual"])
@pytest.mark.parametrize(
    ("before", "after"), [(None, None), (None, "a"), ("a", "a"), ("a", "b"), ("a", None)]
)
def test_an_individual_stays_the_same_person_and_a_company_may_be_represented_by_another(
    business_type, before, after
):
    is_another = business_type == "individual" and before is not None and before != after
    if is_another:
        refusal = refused(rules.check_holder, business_type, before, after)
        assert refusal == (400, None, "relationship[representative]")
    else:
        rules.check_holder(business_type, before, after)
