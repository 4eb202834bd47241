"""Answers, completed from the contract.

An operation gives the fields that mean something; here the rest becomes null, keys get their order (id, object, then
alphabetical), and what does not fit the contract is found before the caller finds it. Renderers are compiled when they
are first used. Each keeps a template for every set of optional fields it has met, so that a rendering is one merge.
"""

from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any, Final

from strongroom.contract.model import contract
from strongroom.contract.types import Fields, Type, head, named

Document = dict[str, Any]
Render = Callable[[Any], Any]

TEMPLATES_MAX: Final = 256
"""Per type. Which optional fields occur together is decided by our operations, of which there are few."""

_LIST: Final[Fields] = {
    "data": "any",
    "has_more": "bool",
    "object": "str",
    "total_count?": "int",
    "url": "str",
}
_SEARCH: Final[Fields] = {**_LIST, "next_page": ["null", "str"]}


class ContractBroken(Exception):
    """An answer that the contract does not allow: our fault, a 500. It names types and fields, never values."""


@cache
def renderer(type_name: str) -> Callable[[Document], Document]:
    """Return the function that completes a document of a type.

    Args:
        type_name: a resource or what an operation returns: `token`, `list:customer`, `search:customer`,
            `deleted:customer`, or alternatives told apart by their `object`, `bank_account|card`.

    Raises:
        ContractBroken: from the returned function, if a required field is missing or null or one is not declared; from here
            if there is no such type.
    """
    prefix, _, names = type_name.rpartition(":")
    if prefix == "deleted":
        return _alternatives({name: _stub(name) for name in names.split("|")}, type_name)
    one = _alternatives({name: _resource(name) for name in names.split("|")}, type_name)
    return one if not prefix else _page(one, type_name, _LIST if prefix == "list" else _SEARCH)


def _alternatives(renders: dict[str, Render], label: str) -> Render:
    if len(renders) == 1:
        return next(iter(renders.values()))

    def render(value: Any) -> Any:
        try:
            chosen = renders[value["object"]]
        except (KeyError, TypeError):
            raise ContractBroken(f"{label} has none of its objects") from None
        return chosen(value)

    return render


@cache
def _resource(name: str) -> Render:
    shape = contract().shapes.resources.get(name)
    if shape is None:
        raise ContractBroken(f"there is no resource {name}")
    living = _Hash(name, contract().shapes.hashes[shape[1:]]).render
    if name not in contract().stubs:
        return living
    stub = _stub(name)
    return lambda value: stub(value) if type(value) is dict and "deleted" in value else living(value)


@cache
def _stub(name: str) -> Render:
    if name not in contract().stubs:
        raise ContractBroken(f"a {name} is never deleted")
    fields = {"id": "str", "object": "str", "deleted": "bool", **contract().stubs[name]}
    return _Hash(f"deleted {name}", fields).render


def _page(one: Render, label: str, fields: Fields) -> Render:
    envelope = _Hash(label, fields).render

    def render(value: Any) -> Any:
        page = envelope(value)
        page["data"] = [one(item) for item in page["data"]]
        return page

    return render


class _Hash:
    """The renderer of one hash."""

    def __init__(self, label: str, fields: Fields) -> None:
        self.label = label
        self.kinds = {name: kind for name, kind, _ in named(fields)}
        self.order = sorted(self.kinds, key=lambda name: (name != "id", name != "object", name))
        self.optional = frozenset(name for name, _, absent in named(fields) if absent)
        self.children = {
            name: child for name, kind in self.kinds.items() if (child := _child(kind, f"{label}.{name}"))
        }
        self._variants: dict[frozenset[str], _Variant] = {}

    def render(self, value: Any) -> Document:
        """Return `value`, a hash, completed and in order."""
        if type(value) is not dict:
            raise ContractBroken(f"{self.label} must be a hash")
        given = self.optional.intersection(value)
        variant = self._variants.get(given) or self._variant(given)
        whole: Document = variant.template | value
        if len(whole) != len(variant.template):
            raise ContractBroken(f"{self.label} has no {sorted(set(map(str, value)) - set(self.order))}")
        if None in variant.required(whole):
            raise ContractBroken(
                f"{self.label} lacks {[name for name in variant.names if whole[name] is None]}"
            )
        for name, child in variant.children:
            inside = whole[name]
            if inside is not None:
                whole[name] = child(inside)
        for name in variant.unset_by_null:
            if whole[name] is None:
                del whole[name]
        return whole

    def _variant(self, given: frozenset[str]) -> "_Variant":
        if len(self._variants) >= TEMPLATES_MAX:
            self._variants.clear()
        variant = self._variants[given] = _Variant(self, given)
        return variant


class _Variant:
    """What a renderer knows about one set of optional fields that came together."""

    def __init__(self, shape: _Hash, given: frozenset[str]) -> None:
        present = [name for name in shape.order if name in given or name not in shape.optional]
        self.template: Document = dict.fromkeys(present)
        self.names = [name for name in present if name not in given and not _nullable(shape.kinds[name])]
        self.required = _getter(self.names)
        children = [(name, _child(shape.kinds[name], f"{shape.label}.{name}")) for name in present]
        self.children = [(name, child) for name, child in children if child is not None]
        self.unset_by_null = [name for name in present if name in given and not _nullable(shape.kinds[name])]


def _getter(names: list[str]) -> Callable[[Document], tuple[Any, ...]]:
    """Return what reads several fields at once, as a tuple even of one."""
    return itemgetter(names[0], *names) if names else lambda _: ()


def _nullable(kind: Type) -> bool:
    kind = kind[1] if head(kind) == "include" else kind
    return kind == "any" or head(kind) == "null"


def _child(kind: Type, label: str) -> Render | None:  # noqa: PLR0911 -- one line for each kind of type
    """Return what renders the value of a field, or None if it is taken as it is."""
    match head(kind):
        case "null" | "include":
            return _child(kind[1], label)
        case "#":
            return _shape(kind[1:])
        case "@":
            return _late(lambda: _resource(kind[1:]))
        case "expand" | "or":
            return _reference(kind, label)
        case "list":
            return _each(_child(kind[1], label))
        case "page":
            return _late(lambda: _page(_child(kind[1], label) or _as_it_is, label, _LIST))
        case "map":
            inside = _child(kind[1], label)
            return (
                None if inside is None else lambda value: {key: inside(item) for key, item in value.items()}
            )
    return None


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _shape(name: str) -> Render:
    return _Hash(name, contract().shapes.hashes[name]).render


def _late(make: Callable[[], Render]) -> Render:
    """Return a renderer that is compiled when it is first needed: resources refer to each other in circles."""
    made: list[Render] = []

    def render(value: Any) -> Any:
        if not made:
            made.append(make())
        return made[0](value)

    return render


def _each(one: Render | None) -> Render | None:
    return None if one is None else lambda value: [one(item) for item in value]


def _reference(kind: Type, label: str) -> Render | None:
    """An id stays; what was expanded is rendered as what its `object` says it is. A union of scalars stays as well."""
    if kind[0] == "expand":
        names = kind[1:]
    else:
        names = [member[1:] for member in kind[1:] if head(member) == "@"]
        shapes = [member for member in kind[1:] if head(member) == "#"]
        if shapes:
            whole = _shape(shapes[0][1:])
            return lambda value: whole(value) if type(value) is dict else value
    if not names:
        return None
    expanded = _late(lambda: _alternatives({name: _resource(name) for name in names}, label))
    return lambda value: value if type(value) is str else expanded(value)


# -- what a browser may see -------------------------------------------------------------------------------------------


def hide_from_publishable(type_name: str, rendered: Document) -> Document:
    """Return a rendered document without what a publishable key may not see. `rendered` itself stays as it is."""
    rule = contract().publishable.get(type_name)
    if rule is None:
        return rendered
    shown = rendered
    for path in rule.get("omit", ()):
        shown = _without(shown, path.split("."))
    for path in rule.get("null", ()):
        shown = _nulled(shown, path.split("."))
    for path, inner in rule.get("inside", {}).items():
        shown = _hidden_inside(shown, path.split("."), inner)
    return shown


def _hidden_inside(value: Any, path: list[str], type_name: str) -> Any:
    """Hide what is at the end of a path, which may be one object or a list of them."""
    if isinstance(value, list):
        return [_hidden_inside(item, path, type_name) for item in value]
    if not isinstance(value, dict):
        return value
    if not path:
        return hide_from_publishable(type_name, value)
    field, *rest = path
    return {**value, field: _hidden_inside(value[field], rest, type_name)} if field in value else value


def _without(document: Document, path: list[str]) -> Document:
    field, *rest = path
    if not rest:
        return {key: value for key, value in document.items() if key != field}
    inside = document.get(field)
    return {**document, field: _without(inside, rest)} if isinstance(inside, dict) else document


def _nulled(document: Document, path: list[str]) -> Document:
    field, *rest = path
    inside = document.get(field)
    if not rest:
        return {**document, field: None} if field in document else document
    return {**document, field: _nulled(inside, rest)} if isinstance(inside, dict) else document
