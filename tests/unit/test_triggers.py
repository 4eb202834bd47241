"""What can happen here can be made to happen: event types in the source, and the ways that lead to them."""

import ast
from pathlib import Path

import pytest

from strongroom.catalog import triggers
from strongroom.catalog.reading import CatalogError
from strongroom.catalog.triggers import trigger_table
from strongroom.resources import registry
from strongroom.resources.events import permission_of
from strongroom.resources.keys import permissions
from support.events import known_types

SOURCE = Path(__file__).parents[2] / "src" / "strongroom"
PUT_TOGETHER = {
    *(f"person.{verb}" for verb in ("created", "updated", "deleted")),
    *(f"account.external_account.{verb}" for verb in ("created", "updated", "deleted")),
    *(f"charge.{status}" for status in ("succeeded", "failed", "pending")),
}
"""Types that the source makes of parts."""
NO_WAY = {
    "account.application.deauthorized": "with the connection the platform loses sight of the account's events",
}


def named(source):
    """Every text in the source that is a type of the contract, and every type that is emitted by its name."""
    found, emitted = set(), set()
    for path in [*source.glob("resources/*.py"), *source.glob("workers/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} & known_types()
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "emit"
            ):
                texts = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                emitted |= {text for text in texts if isinstance(text, str) and not text.endswith(".")}
    return found, emitted


def test_every_type_that_is_emitted_is_one_of_the_contract():
    _, emitted = named(SOURCE)
    assert {one for one in emitted if "." in one and one[0] != "."} <= known_types()
    assert known_types() >= PUT_TOGETHER


def test_every_type_that_can_happen_can_be_triggered():
    found, _ = named(SOURCE)
    assert (found | PUT_TOGETHER) - set(trigger_table()) == set(NO_WAY)
    assert set(trigger_table()) <= found | PUT_TOGETHER


def test_every_type_that_can_happen_takes_a_permission_of_its_own_kind():
    """None falls back to a name that is no permission: a restricted key could never be given it."""
    registry.load()
    happening, _ = named(SOURCE)
    assert {permission_of(one) for one in happening | PUT_TOGETHER} <= set(permissions())


def test_a_planted_type_is_seen(tmp_path):
    planted = tmp_path / "resources" / "planted.py"
    planted.parent.mkdir()
    planted.write_text('call.emit("customer.cretaed", KIND, row)\nTYPE = "payout.paid"\n')
    assert named(tmp_path) == ({"payout.paid"}, {"customer.cretaed"})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"a.b": {"steps": [{"as": "x"}]}}, "a step is one of"),
        ({"a.b": {"steps": [{"as": "x", "post": "/v1/{y}"}]}}, "y is not made before"),
        ({"a.b": {"steps": [{"as": "x", "post": "/v1", "params": {"a": 1}}]}}, "not of type str"),
        ({"a.b": {"steps": [], "after": "c.d"}}, "there is no c.d"),
        ({"a.b": {"steps": [], "in": "{x}"}}, "no step makes"),
        ({"a.b": {"steps": [], "how": "x"}}, "nobody knows what how means"),
    ],
)
def test_a_mistake_in_the_table_is_found(document, says):
    with pytest.raises(CatalogError, match=says):
        triggers.build(document)


def test_what_follows_another_event_may_happen_elsewhere():
    made = {"as": "x", "post": "/v1/accounts"}
    table = triggers.build(
        {
            "a.b": {"steps": [made], "in": "{x}"},
            "a.c": {"steps": [], "after": "a.b"},
            "a.d": {"steps": [], "after": "a.b", "in": ""},
        }
    )
    assert {event: one.account for event, one in table.items()} == {"a.b": "{x}", "a.c": "{x}", "a.d": None}
