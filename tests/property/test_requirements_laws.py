"""Whatever an account is like: its lists are in order, doing what is due ends it, and no value is ever repeated."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.requirements import BUSINESS_TYPES, requirement_tables
from strongroom.catalog.verification import verification_tables
from strongroom.contract import contract
from strongroom.domain.facts import Facts
from strongroom.domain.requirements import assess
from strongroom.domain.verification import Check, examine
from support.accounts import ACCOUNT, COMPANY, NOW, PERSON, fill

CANARY = "canary"
NUMBER = 7654321
ROLES = ("director", "executive", "legal_guardian", "owner", "representative")
LEAVES = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "dob",
    "address",
    "id_number_provided",
    "ssn_last_4_provided",
    "nationality",
)
COMPANY_LEAVES = (
    "name",
    "phone",
    "address",
    "tax_id_provided",
    "owners_provided",
    "directors_provided",
    "executives_provided",
)
ACCOUNT_LEAVES = ("business_profile", "tos_acceptance", "company", "email")
PERSON_CHECKS = ("dob", "id_number", "ssn_last_4", "address.line1", "first_name", "verification.document")
COMPANY_CHECKS = ("company.tax_id", "company.name", "company.address.line1", "company.verification.document")
ACCOUNT_CHECKS = (
    "business_profile.url",
    "business_profile.product_description",
    "documents.company_license.files",
)
ENUMS = contract().shapes.enums


def without(document, names):
    """A copy that lacks some of its fields, every text and number in it a canary."""
    return {key: planted(value) for key, value in deepcopy(document).items() if key not in names}


def planted(value):
    if isinstance(value, dict):
        return {key: planted(inner) for key, inner in value.items()}
    if isinstance(value, str):
        return CANARY
    return NUMBER if type(value) is int else value


def outcomes(fields):
    """Any of the checks that values of these fields can come to."""
    return st.fixed_dictionaries({}, optional={field: st.sampled_from(checks(field)) for field in fields})


def checks(field):
    known = verification_tables().field(field)
    return [*known.values.values(), Check("pending", "later")]


@st.composite
def people(draw):
    roles = draw(st.sets(st.sampled_from(ROLES)))
    person = without(PERSON, draw(st.sets(st.sampled_from(LEAVES))))
    return {
        **person,
        "relationship": {**dict.fromkeys(ROLES, False), **dict.fromkeys(roles, True), "title": None},
    }


@st.composite
def any_facts(draw):
    country = draw(st.sampled_from(["US", "DE", "FR", "SG", "JP", "GI", "BR", "TR", "AE"]))
    account = without(ACCOUNT, draw(st.sets(st.sampled_from(ACCOUNT_LEAVES))))
    account |= {"country": country, "business_type": draw(st.sampled_from([None, *BUSINESS_TYPES]))}
    if draw(st.booleans()):
        account["company"] = without(COMPANY, draw(st.sets(st.sampled_from(COMPANY_LEAVES))))
    if draw(st.booleans()):
        account["tos_acceptance"] = {"date": None, "ip": None, "service_agreement": "recipient"}
    if draw(st.booleans()):
        account["email"] = f"{CANARY}+enforce_future_requirements@example.com"
    persons = {
        f"person_{number}": person for number, person in enumerate(draw(st.lists(people(), max_size=3)), 1)
    }
    checked = {person: draw(outcomes(PERSON_CHECKS)) for person in persons}
    checked |= {"company": draw(outcomes(COMPANY_CHECKS)), "account": draw(outcomes(ACCOUNT_CHECKS))}
    return Facts(
        account_id="acct_1",
        account=account,
        persons=persons,
        requested=dict.fromkeys(
            draw(st.sets(st.sampled_from(sorted(account_tables().capabilities)), max_size=4)), NOW
        ),
        has_external_account=draw(st.booleans()),
        checks=checked if draw(st.booleans()) else {},
        checked=draw(st.booleans()),
        rejected=draw(st.sampled_from([None, None, None, "fraud", "other"])),
    )


def hashes(assessment):
    """Every requirements hash there is."""
    yield from (assessment.requirements, assessment.future_requirements)
    for state in (*assessment.capabilities.values(), *assessment.persons.values()):
        yield from (state.requirements, state.future_requirements)


LISTS = ("currently_due", "eventually_due", "past_due", "pending_verification")


@given(any_facts())
@settings(max_examples=150)
def test_the_lists_are_sorted_and_each_holds_the_more_urgent_one(facts):
    for hash_ in hashes(assess(facts)):
        for name in LISTS:
            assert hash_[name] == sorted(set(hash_[name]))
        assert set(hash_["past_due"]) <= set(hash_["currently_due"]) <= set(hash_["eventually_due"])
        assert not set(hash_["pending_verification"]) & set(hash_["currently_due"])
        assert {error["requirement"] for error in hash_["errors"]} <= set(hash_["currently_due"])


@given(any_facts())
@settings(max_examples=100)
def test_asking_twice_answers_the_same_and_changes_nothing(facts):
    before = deepcopy(facts)
    assert assess(facts) == assess(facts)
    assert facts == before


@given(any_facts())
@settings(max_examples=150)
def test_what_was_filled_in_is_not_due_again_unless_a_check_failed(facts):
    requirements = assess(facts).requirements
    failed = {error["requirement"] for error in requirements["errors"]}
    for path in requirements["currently_due"]:
        if path not in failed:
            assert path not in assess(fill(facts, path)).requirements["currently_due"], path


@given(any_facts())
@settings(max_examples=100)
def test_doing_what_is_due_until_nothing_is_ends(facts):
    """Each new person may bring new things to give, but not without end; then the details are submitted."""
    for _ in range(200):
        assessment = assess(facts)
        failed = {error["requirement"] for error in assessment.requirements["errors"]}
        given = [path for path in assessment.requirements["currently_due"] if path not in failed]
        if not given:
            break
        facts = fill(facts, given[0])
    assert set(assessment.requirements["currently_due"]) == failed
    assert assessment.details_submitted is True or failed


@given(any_facts())
@settings(max_examples=150)
def test_a_persons_leaves_are_the_accounts_paths(facts):
    assessment = assess(facts)
    for name in LISTS:
        own = {
            facts.prefix(person) + leaf
            for person, state in assessment.persons.items()
            for leaf in state.requirements[name]
        }
        prefixes = tuple(facts.prefix(person) for person in facts.persons)
        assert own == {path for path in assessment.requirements[name] if path.startswith(prefixes)}


@given(any_facts())
@settings(max_examples=150)
def test_no_value_is_ever_repeated(facts):
    said = repr(assess(facts)) + repr(facts)
    assert CANARY not in said
    assert str(NUMBER) not in said


@given(any_facts())
@settings(max_examples=150)
def test_what_is_enabled_follows_from_what_is_active(facts):
    assessment = assess(facts)
    payouts_only = requirement_tables().payouts_only
    active = {name for name, state in assessment.capabilities.items() if state.status == "active"}
    assert assessment.charges_enabled == bool(active & account_tables().charging)
    assert assessment.charges_enabled or not assessment.payouts_enabled
    enabled = assessment.charges_enabled and assessment.payouts_enabled
    assert (assessment.requirements["disabled_reason"] is None) == enabled
    for name, state in assessment.capabilities.items():
        assert (state.requirements["disabled_reason"] is None) == (state.status in ("active", "unrequested"))
        assert not payouts_only & set(state.requirements["currently_due"])
        assert (state.status == "unrequested") == (name not in facts.requested)
        assert facts.account["country"] in account_tables().capabilities[name] or name not in active


@given(any_facts())
@settings(max_examples=200)
def test_the_words_are_those_of_the_contract(facts):
    assessment = assess(facts)
    account_reasons = {None, *ENUMS["Account.Requirements.disabled_reason"]}
    capability_reasons = {None, *ENUMS["Capability.Requirements.disabled_reason"]}
    assert assessment.requirements["disabled_reason"] in account_reasons
    for state in assessment.capabilities.values():
        assert state.requirements["disabled_reason"] in capability_reasons
    for state in assessment.persons.values():
        assert state.status in ("unverified", "pending", "verified")
        assert state.requirements.keys() == contract().shapes.hashes["Person.Requirements"].keys()
    assert assessment.requirements.keys() == contract().shapes.hashes["Account.Requirements"].keys()


@given(any_facts())
@settings(max_examples=200)
def test_once_settled_nothing_is_left_to_settle(facts):
    names = ("account_id", "account", "persons", "requested", "has_external_account", "checks", "rejected")
    settled = Facts(**{name: getattr(facts, name) for name in names}, checked=True)
    assert assess(settled).must_settle is False
    by_hand = {
        subject: {field: check.settled() for field, check in found.items()}
        for subject, found in facts.checks.items()
    }
    alike = Facts(**{**{name: getattr(facts, name) for name in names}, "checks": by_hand}, checked=False)
    assert assess(alike) == assess(settled)


FIELDS = sorted(verification_tables().fields)


@given(
    st.sampled_from(FIELDS), st.one_of(st.text(), st.sampled_from(["http://[", "0000-00-00"])), st.booleans()
)
def test_any_text_can_be_examined_and_nothing_of_it_is_kept(field, text, livemode):
    name = field.replace("*", "company_license")
    check = examine(name, text, livemode=livemode, now=NOW)
    known = verification_tables().fields[field]
    listed = {None, known.otherwise, *known.values.values(), Check("pending", "later")}
    assert check in listed or check.code.startswith("invalid_dob_age_")
