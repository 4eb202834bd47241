"""Laws of eligibility: what can be said about any ask whatever."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.eligibility import methods
from strongroom.domain.charges import Shape
from strongroom.domain.configurations import Base, Choice, choose
from strongroom.domain.eligibility import Ask, offered_types, types_of, verdicts

ALL = methods()
CAPABILITIES = sorted(account_tables().capabilities)
COUNTRIES = sorted(account_tables().capabilities["card_payments"])
CURRENCIES = ["usd", "eur", "gbp", "jpy", "krw", "pln", "mxn", "brl", "sek"]
STATUSES = st.sampled_from(["active", "inactive", "pending", "unrequested"])


def choices_of(values):
    return {name: Choice(value == "on", None, value, value) for name, value in values.items()}


asks = st.builds(
    Ask,
    country=st.sampled_from(COUNTRIES),
    capabilities=st.dictionaries(st.sampled_from(CAPABILITIES), STATUSES),
    choices=st.none()
    | st.dictionaries(st.sampled_from(sorted(ALL)), st.sampled_from(["on", "off"])).map(choices_of),
    platform_capabilities=st.none() | st.just({}),
    is_setup=st.booleans(),
    currency=st.none() | st.sampled_from(CURRENCIES),
    amount=st.none() | st.integers(min_value=1, max_value=10**8),
    setup_future_usage=st.sampled_from([None, "on_session", "off_session"]),
    capture_method=st.sampled_from(["automatic", "manual"]),
    redirects=st.booleans(),
    excluded=st.sets(st.sampled_from(sorted(ALL)), max_size=3).map(frozenset),
    shape=st.sampled_from(list(Shape)),
    is_on_behalf=st.booleans(),
    has_customer=st.booleans(),
)


def offered(asked):
    return {name for name, one in verdicts(ALL.values(), asked).items() if one.is_offered}


@given(asks)
def test_stopping_at_the_first_reason_offers_the_same_types(asked):
    assert offered_types(asked) == types_of(verdicts(ALL.values(), asked))


@given(asks)
def test_every_method_has_a_verdict_and_every_refusal_a_reason(asked):
    decided = verdicts(ALL.values(), asked)

    assert set(decided) == set(ALL)
    for one in decided.values():
        assert one.is_offered == (one.reasons == ())
        assert len({reason.code for reason in one.reasons}) == len(one.reasons)
        assert all("{" not in reason.words and "None" not in reason.words for reason in one.reasons)


@given(asks)
def test_types_are_real_types_each_once_and_card_first(asked):
    types = types_of(verdicts(ALL.values(), asked))

    assert len(set(types)) == len(types)
    assert all(ALL[name].rides_on is None for name in types)
    assert "card" not in types[1:]
    assert types[1:] == sorted(types[1:])


@given(asks, st.sampled_from(sorted(name for name, one in ALL.items() if one.is_excludable)))
def test_excluding_takes_away_that_type_and_nothing_else(asked, name):
    fewer = replace(asked, excluded=asked.excluded | {name})

    assert types_of(verdicts(ALL.values(), fewer)) == [
        one for one in types_of(verdicts(ALL.values(), asked)) if one != name
    ]


@given(asks)
def test_asking_for_more_never_offers_more(asked):
    loose = replace(
        asked, redirects=True, capture_method="automatic", setup_future_usage=None, excluded=frozenset()
    )

    assert offered(asked) <= offered(loose)


@given(asks)
def test_a_configuration_only_ever_takes_away(asked):
    assert offered(asked) <= offered(replace(asked, choices=None))


@given(asks, st.sampled_from(CAPABILITIES))
def test_a_capability_that_becomes_active_never_takes_anything_away(asked, name):
    more = replace(asked, capabilities={**asked.capabilities, name: "active"})

    assert offered(asked) <= offered(more)


@given(
    st.sampled_from(["none", "on", "off"]),
    st.sampled_from(["on", "off"]),
    st.sampled_from([None, True, False]),
    STATUSES,
)
def test_a_preference_is_always_kept_and_available_means_on_and_able(preference, value, overridable, status):
    choice = choose(preference, Base(value, overridable), status)

    assert (choice.preference, choice.overridable) == (preference, overridable)
    assert choice.value in {"on", "off"}
    assert choice.available == (choice.value == "on" and status == "active")
