"""Whatever tree is sent: typed values or one refusal, in linear time, and nothing secret in what is said."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from strongroom import errors
from strongroom.contract import contract
from strongroom.contract.refusals import Refusals
from strongroom.secret import Secret

KEYS = (
    "POST /v1/tokens",
    "POST /v1/customers",
    "POST /v1/payment_methods",
    "POST /v1/payment_intents",
    "GET /v1/customers",
)
CANARY = "canary"

words = st.sampled_from(
    ["card", "number", "cvc", "exp_month", "metadata", "name", "email", "0", "1", "00", "limit", "created", "gte", "source",
     "object", "amount", "currency", "payment_method_data", "type", "expand", "preferred_locales", "pii", "[key]", "", "shipping"]
)  # fmt: skip
texts = st.sampled_from(["", " ", "card", "true", "1", "-1", "9" * 30, "a@b", "[", "\ud7ff"]) | st.text(
    max_size=12
)
trees = st.recursive(
    texts, lambda inside: st.dictionaries(words | st.text(max_size=5), inside, max_size=5), max_leaves=25
)


@settings(max_examples=150, deadline=None)
@given(key=st.sampled_from(KEYS), tree=st.dictionaries(words | st.text(max_size=5), trees, max_size=6))
@example(key="POST /v1/customers", tree={"metadata": {"[key]": "x" * 501, "[": "y"}})
@example(key="POST /v1/customers", tree={"metadata": {"[key]": {"[key]": "x"}}})
@example(key="POST /v1/customers", tree={"tax_id_data": {"0": {"type": ""}, "00": "x", "1": {"[key]": ""}}})
def test_any_tree_is_typed_or_refused(key, tree):
    try:
        typed = contract().operations[key].validate(tree)
    except errors.ParameterRefused as error:
        json.dumps(error.body())
        assert error.http_status == 400  # noqa: PT017 -- either of two outcomes is right
    else:
        assert set(typed) == set(tree)


def shaped_like(kind, depth=4):
    """Trees of the right shape for a type of parameters, with a canary, whole or in pieces, wherever a secret goes."""
    shapes = contract().shapes
    if isinstance(kind, list) and kind[0] in ("or", "clear", "null"):
        return st.one_of([shaped_like(one, depth) for one in kind[1:]])
    if isinstance(kind, list) and kind[0] == "list":
        return st.dictionaries(st.sampled_from(["0", "5", "x"]), shaped_like(kind[1], depth), max_size=2)
    if isinstance(kind, list) and kind[0] == "enum":
        return st.sampled_from([*kind[1:], "no"])
    if isinstance(kind, list) and "secret" in kind[-1]:
        hidden = st.sampled_from([CANARY, CANARY * 1000])
        return hidden | st.dictionaries(st.sampled_from(["0", "x"]), hidden, min_size=1, max_size=2)
    if isinstance(kind, str) and kind.startswith("#") and depth:
        fields = {name.removesuffix("?"): inside for name, inside in shapes.hashes[kind[1:]].items()}
        optional = {name: shaped_like(inside, depth - 1) for name, inside in fields.items()}
        return st.fixed_dictionaries({}, optional=optional)
    return st.sampled_from(["", "1", "x"])


WITH_SECRETS = (
    "POST /v1/tokens",
    "POST /v1/accounts/{account}/external_accounts",
    "POST /v1/customers/{customer}/sources",
    "POST /v1/setup_intents/{intent}/confirm",
)


def says_canary(refusals, params, validator, tree):
    try:
        validator.validate_python(tree)
    except Exception as error:  # noqa: BLE001 -- pydantic's own class is not part of what is tested
        refused = refusals.refusal(params, error.errors(include_url=False, include_context=False), tree)
        return CANARY in json.dumps(refused.body()) + repr(refused)
    return False


@pytest.mark.parametrize("key", WITH_SECRETS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_was_sent_for_a_secret_is_in_no_refusal_and_typed_values_hide_it(key, data):
    operation = contract().operations[key]
    tree = data.draw(shaped_like(operation.params))
    try:
        typed = operation.validate(tree)
    except errors.ParameterRefused as error:
        assert CANARY not in json.dumps(error.body()) + repr(error)  # noqa: PT017 -- either outcome is right
    else:
        assert CANARY not in repr(typed)


def test_the_canary_is_heard_where_a_mark_is_lost():
    """Control: the same check, on a contract in which card numbers are plain text."""
    shapes = contract().shapes
    operation = contract().operations["POST /v1/tokens"]
    hashes = {name: dict(fields) for name, fields in shapes.hashes.items()}
    hashes["TokenCreateParamsCard"]["number"] = "str"
    tree = {"card": {"number": {"0": CANARY}}}
    blind = Refusals(hashes, shapes.enums)
    assert says_canary(blind, operation.params, operation._validator, tree)
    assert not says_canary(shapes.refusals, operation.params, operation._validator, tree)


def test_a_typed_secret_is_wrapped():
    typed = contract().operations["POST /v1/tokens"].validate({"pii": {"id_number": CANARY}})
    assert isinstance(typed["pii"]["id_number"], Secret)


def hostile(kind, size):
    """Trees that grow with `size` and are wrong everywhere."""
    if kind == "unknown names in list items":
        return "POST /v1/customers", {"tax_id_data": {str(n): {"foo": "x", "bar": "y"} for n in range(size)}}
    if kind == "unknown names":
        return "POST /v1/customers", {f"foo{n}": "x" for n in range(size)}
    if kind == "wide hash for a string":
        return "POST /v1/customers", {"name": {f"k{n}": "x" * 50 for n in range(size)}}
    if kind == "long text":
        return "POST /v1/payment_intents", {"amount": "1" * size * 100}
    deep: dict[str, object] | str = "x"
    for _ in range(size):
        deep = {"a": deep}
    return "POST /v1/customers", {"name": deep}


def seconds(kind, size, repeats=5):
    key, tree = hostile(kind, size)
    operation = contract().operations[key]
    best = float("inf")
    for _ in range(repeats):
        started = time.thread_time()
        with pytest.raises(errors.ParameterRefused):
            operation.validate(tree)
        best = min(best, time.thread_time() - started)
    return best


LINEAR_MAX = 10
"""Six times the size may take six times as long; quadratic would be 36."""


@pytest.mark.parametrize(
    "kind",
    [
        "unknown names in list items",
        "unknown names",
        "wide hash for a string",
        "long text",
        "deep hash for a string",
    ],
)
def test_a_hostile_tree_costs_time_in_proportion_to_its_size(kind):
    seconds(kind, 10)
    assert seconds(kind, 900) < LINEAR_MAX * max(seconds(kind, 150), 0.0005)


def test_a_list_sorted_anew_for_each_of_its_errors_would_be_noticed(monkeypatch):
    """Control of the test above."""
    original = Refusals._at
    monkeypatch.setattr(
        Refusals, "_at", lambda self, kind, location, value, _: original(self, kind, location, value, {})
    )
    kind = "unknown names in list items"
    assert seconds(kind, 900, repeats=1) > LINEAR_MAX * max(seconds(kind, 150, repeats=1), 0.0005)
