"""The search language: what is written is what is meant, and what is meant is what is found."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strongroom.domain.search import Clause, FieldKind, Query, parse
from strongroom.errors import ParameterRefused

FIELDS = {
    "created": FieldKind.NUMERIC,
    "email": FieldKind.STRING,
    "status": FieldKind.TOKEN,
    "card.last4": FieldKind.TOKEN,
    "metadata": FieldKind.METADATA,
}

texts = st.text(max_size=8)
numbers = st.integers(-(10**18) + 1, 10**18 - 1)
clauses = st.one_of(
    st.builds(Clause, st.just("created"), st.sampled_from([":", ">", "<", ">=", "<="]), numbers),
    st.builds(Clause, st.just("email"), st.just("~"), st.text(min_size=3, max_size=8)),
    st.builds(Clause, st.sampled_from(["email", "status", "card.last4"]), st.just(":"), texts),
    st.builds(Clause, st.just("metadata"), st.just(":"), texts | st.none(), texts),
    st.builds(Clause, st.sampled_from(["created", "email", "status"]), st.just(":"), st.none()),
)
clauses = st.builds(
    lambda clause, negated: Clause(clause.field, clause.op, clause.value, clause.key, negated),
    clauses,
    st.booleans(),
)
queries = st.lists(clauses, min_size=1, max_size=10).flatmap(
    lambda some: st.booleans().map(lambda is_any: Query(tuple(some), is_any=is_any and len(some) > 1))
)
objects = st.fixed_dictionaries(
    {
        "created": numbers | st.none(),
        "email": texts | st.none(),
        "status": texts | st.none(),
        "card.last4": texts | st.none(),
        "metadata": st.dictionaries(texts, texts, max_size=3),
    }
)


def quoted(text, mark='"'):
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def written(query, mark='"', joiner=None):
    def one(clause):
        key = "" if clause.key is None else f"[{quoted(clause.key, mark)}]"
        value = (
            "null"
            if clause.value is None
            else quoted(clause.value, mark)
            if isinstance(clause.value, str)
            else str(clause.value)
        )
        return f"{'-' if clause.negated else ''}{clause.field}{key}{clause.op}{value}"

    return (joiner or (" OR " if query.is_any else " AND ")).join(map(one, query.clauses))


@given(queries, st.sampled_from("\"'"))
def test_what_is_written_is_what_is_read(query, mark):
    assert parse(written(query, mark), FIELDS) == query


@given(queries, st.sampled_from([" ", "  ", " and ", "\n"]))
def test_a_space_joins_as_and_does(query, joiner):
    if not query.is_any:
        assert parse(written(query, joiner=joiner), FIELDS) == query


@given(queries, objects)
def test_a_query_is_the_sum_of_its_conditions(query, values):
    one_by_one = [Query((clause,)).matches(values) for clause in query.clauses]
    assert query.matches(values) is (any(one_by_one) if query.is_any else all(one_by_one))


@given(clauses, objects)
def test_a_negated_condition_holds_exactly_where_the_other_does_not(clause, values):
    opposite = Clause(clause.field, clause.op, clause.value, clause.key, not clause.negated)
    assert clause.holds(values) is not opposite.holds(values)


@given(queries, objects)
def test_what_narrows_a_search_holds_for_everything_it_finds(query, values):
    """Otherwise looking only where a column says so would miss something."""
    if query.matches(values):
        assert all(clause.holds(values) for field in FIELDS for clause in query.needed(field))


@given(texts, texts)
def test_a_text_is_compared_regardless_of_case(text, other):
    values = {"email": text}
    assert Clause("email", ":", other).holds(values) is (text.casefold() == other.casefold())
    assert Clause("email", "~", other).holds(values) is (other.casefold() in text.casefold())


@given(st.text())
@example('email:"a" OR email:"b" AND email:"c"')
@example('email:"' + '\\"' * 2_000)
@example('metadata["' * 500)
@example("-" * 5_000)
def test_any_text_is_a_query_or_is_refused_in_one_way(text):
    try:
        read = parse(text, FIELDS)
    except ParameterRefused as refusal:
        read = (refusal.http_status, refusal.code, refusal.param)
    assert isinstance(read, Query) or read == (400, None, "query")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "could not read"),
        ("email", "could not read"),
        ('email:"a', "could not read"),
        ('email : "a"', "could not read"),
        ("email:a@b.c", "quotes"),
        ('email~"ab"', "at least 3"),
        ('status~"abc"', "cannot be asked"),
        ('email>"a"', "cannot be asked"),
        ('created~"123"', "cannot be asked"),
        ('created>"soon"', "not a number"),
        ("created>1.5", "not a number"),
        ("created>1000000000000000000", "not a number"),
        ("created>null", "goes with null"),
        ('iban:"a"', "no field `iban`"),
        ('metadata:"a"', "by key"),
        ('email["a"]:"b"', "by key"),
        ('email:"a"status:"b"', "no space"),
        ('email:"a" AND', "could not read"),
        ('email:"a" OR ', "could not read"),
        ('email:"a" AND status:"b" OR created>1', "AND and OR"),
        ('email:"a" status:"b" OR created>1', "AND and OR"),
        ("(created>1)", "could not read"),
        (" ".join(["created>1"] * 11), "At most 10"),
    ],
)
def test_what_is_no_query_is_told_why(text, why):
    with pytest.raises(ParameterRefused, match="The search query is not valid") as refusal:
        parse(text, FIELDS)
    assert why in refusal.value.message
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, None, "query")
