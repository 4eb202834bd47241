"""What the installed `stripe` package says: its operations, their parameters, and what is answered.

The source is read with `ast`, never imported: services give the operations, `params/**` their parameters, resource
modules the fields. Nothing here knows how the contract is written (`build_contract.py`).
"""

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SCALARS = {
    "str": "str",
    "int": "int",
    "bool": "bool",
    "float": "float",
    "Decimal": "decimal",
    "Any": "any",
    "object": "any",
    "UntypedStripeObject": "any",
    "StripeObject": "any",
}

Type = Any


@dataclass
class Hash:
    """A hash with named fields, from one class of the SDK."""

    name: str
    fields: dict[str, Type] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    """Fields that may be left out."""


@dataclass
class Scope:
    """Where a name in an annotation is looked up: the class it stands in, then its module (classes do not nest scopes)."""

    module: str
    around: list[ast.ClassDef]


# -- reading the package ----------------------------------------------------------------------------------------------


def package_root() -> Path:
    """Return the folder of the installed `stripe` package."""
    spec = importlib.util.find_spec("stripe")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the `stripe` package is not installed; run `make dev`")
    return Path(spec.submodule_search_locations[0])


ROOT = package_root()


@cache
def tree_of(module: str) -> ast.Module:
    """Return the parsed source of `stripe.…`."""
    path = ROOT.joinpath(*module.split(".")[1:])
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())


@cache
def imports_of(module: str) -> dict[str, tuple[str, str]]:
    """Return what each imported name of the module stands for, as (module, name)."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in imports_in(tree_of(module).body)
        if node.module
        for alias in node.names
    }


def imports_in(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """Yield the imports at the top of a module, with those that are for the type checker only."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If):
            yield from imports_in(node.body)


@cache
def classes_of(module: str) -> dict[str, ast.ClassDef]:
    """Return the module's classes by name."""
    return {node.name: node for node in tree_of(module).body if isinstance(node, ast.ClassDef)}


def modules(pattern: str) -> Iterator[str]:
    """Yield the dotted names of the package's modules whose file name matches, v2 left out, in order."""
    for path in sorted(ROOT.rglob(pattern)):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] not in ("v2", "params"):
            yield ".".join(("stripe", *parts))


def object_name(node: ast.ClassDef) -> str | None:
    """Return the `object` a resource class stands for."""
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and word(item.target) == "OBJECT_NAME":
            return str(item.value.value) if isinstance(item.value, ast.Constant) else None
    return None


def word(node: ast.expr) -> str:
    """Return the source of an expression, quickly for a name."""
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


# -- types ------------------------------------------------------------------------------------------------------------


def parsed(node: ast.expr) -> ast.expr:
    """Return what a quoted annotation says."""
    return parsed_text(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else node


@cache
def parsed_text(text: str) -> ast.expr:
    """Return the expression in a string; the same few strings annotate most fields."""
    return ast.parse(text, mode="eval").body


def arguments(node: ast.Subscript) -> list[ast.expr]:
    """Return what stands between the brackets of `X[…]`."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the members of a union, however it is written."""
    node = parsed(node)
    if isinstance(node, ast.BinOp):
        yield from alternatives(node.left)
        yield from alternatives(node.right)
    elif isinstance(node, ast.Subscript) and word(node.value) == "Union":
        for argument in arguments(node):
            yield from alternatives(argument)
    else:
        yield node


def type_of(node: ast.expr, scope: Scope) -> Type:
    """Return the contract's type for an annotation."""
    literals: list[Any] = []
    others: list[Type] = []
    for member in alternatives(node):
        if isinstance(member, ast.Subscript) and word(member.value) == "Literal":
            literals += [value.value for value in arguments(member) if isinstance(value, ast.Constant)]
        elif (one := single_type(member, scope)) not in others:
            others.append(one)
    return with_literals(literals, joined(others))


def with_literals(literals: list[Any], others: list[Type]) -> Type:
    """Return the type of literals beside other types. `Literal['a']|str` is how this SDK writes a closed enum."""
    values = sorted(
        {value if isinstance(value, str) else json.dumps(value) for value in literals if value != ""}
    )
    if literals == [True]:
        others, values = ["bool"], []
    if values:
        others = [["enum", *values], *(other for other in others if other != "str")]
    whole = others[0] if len(others) == 1 else ["or", *others]
    return ["clear", whole] if "" in literals else whole


def joined(others: list[Type]) -> list[Type]:
    """Return the alternatives with hashes made one (they differ in an `object` of their own) and untyped maps dropped."""
    hashes = [other for other in others if isinstance(other, Hash)]
    if any(isinstance(other, list) and other[0] == "map" for other in others):
        others = [other for other in others if other != "any"]
    if len(hashes) > 1:
        others = [merged(hashes), *(other for other in others if not isinstance(other, Hash))]
    return others


def merged(hashes: list[Hash]) -> Hash:
    """Return one hash that takes what any of `hashes` takes; it demands what all of them demand."""
    whole = Hash(hashes[0].name + "Or" + hashes[1].name.removeprefix(commonprefix(hashes)))
    for one in hashes:
        for name, kind in one.fields.items():
            known = whole.fields.setdefault(name, kind)
            if isinstance(known, list) and known[0] == "enum" and known != kind:
                whole.fields[name] = ["enum", *sorted({*known[1:], *kind[1:]})]
    whole.absent = {
        name for name in whole.fields if any(name not in one.fields or name in one.absent for one in hashes)
    }
    return whole


def commonprefix(hashes: list[Hash]) -> str:
    """Return what the names of the first two hashes begin with, cut at a word."""
    first, second = hashes[0].name, hashes[1].name
    words = [word for word in re.findall("[A-Z][a-z0-9]*", first) if word in second]
    return "".join(words)


def single_type(node: ast.expr, scope: Scope) -> Type:  # noqa: PLR0911 -- one line for each of the SDK's generic types
    """Return the type of an annotation that is no union and no literal."""
    if not isinstance(node, ast.Subscript):
        return named_type(word(node), scope)
    first = arguments(node)[0]
    match word(node.value):
        case "Optional":
            return ["null", type_of(first, scope)]
        case "List":
            return ["list", type_of(first, scope)]
        case "ListObject":
            return ["page", type_of(first, scope)]
        case "Dict":
            return ["map", type_of(arguments(node)[1], scope)]
        case "UntypedStripeObject":
            return ["map", type_of(first, scope)]
        case "ExpandableField":
            inside = type_of(first, scope)
            if isinstance(inside, Hash):  # the rule of a charge's outcome: a hash that may be shown by its id
                return ["or", "str", inside]
            names = inside[1:] if isinstance(inside, list) else [inside]
            return ["expand", *sorted(name.removeprefix("@") for name in names)]
        case "NotRequired" | "Unpack":
            return type_of(first, scope)
    raise ValueError(ast.unparse(node))


def named_type(name: str, scope: Scope) -> Type:
    """Return the type a bare name stands for: a nested class, a scalar, or what the module imports or defines."""
    for item in scope.around[-1].body:
        if isinstance(item, ast.ClassDef) and item.name == name:
            return hash_of(item, Scope(scope.module, [*scope.around, item]))
    if name in SCALARS:
        return SCALARS[name]
    node, home = find_class(name, scope.module)
    resource = object_name(node)
    return f"@{resource}" if resource else hash_of(node, Scope(home, [node]))


def find_class(name: str, module: str) -> tuple[ast.ClassDef, str]:
    """Return a class by the name it has in `module`, and the module it lives in."""
    while name not in classes_of(module):
        module, name = imports_of(module)[name]
    return classes_of(module)[name], module


def hash_of(node: ast.ClassDef, scope: Scope) -> Hash:
    """Return the fields of a TypedDict or of a resource's class."""
    result = Hash(".".join(outer.name for outer in scope.around))
    for name, quoted in annotations_of(node, scope.module):
        annotation = parsed(quoted)
        result.fields[name] = type_of(annotation, scope)
        if isinstance(annotation, ast.Subscript) and word(annotation.value) == "NotRequired":
            result.absent.add(name)
    return result


def annotations_of(node: ast.ClassDef, module: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the fields of a class. Those called like a keyword of Python are in a base made by a call, or end in `_`."""
    bases = {ast.unparse(base) for base in node.bases}
    for item in tree_of(module).body:
        if (
            isinstance(item, ast.Assign)
            and isinstance(item.value, ast.Call)
            and ast.unparse(item.targets[0]) in bases
        ):
            table = item.value.args[1]
            assert isinstance(table, ast.Dict)
            yield from (
                (str(ast.literal_eval(key)), value)
                for key, value in zip(table.keys, table.values, strict=True)
                if key
            )
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and not is_private(item):
            yield item.target.id.removesuffix("_"), item.annotation


def is_private(item: ast.AnnAssign) -> bool:
    """Whether the line declares something about the class and no field."""
    is_class_variable = (
        isinstance(item.annotation, ast.Subscript) and word(item.annotation.value) == "ClassVar"
    )
    return is_class_variable or word(item.target).startswith("_")


# -- operations and resources -----------------------------------------------------------------------------------------


@dataclass
class Operation:
    """One method and path, with the classes that describe it."""

    key: str
    params: Hash
    returns: str


def operations() -> dict[str, Operation]:
    """Return every v1 operation by its key: those of the services, then what only resource classes still call."""
    found: dict[str, Operation] = {}
    shapes: set[str] = set()
    others = [module for module in modules("_*.py") if not module.endswith("_service")]
    for module in [*modules("*_service.py"), *others]:
        for owner in classes_of(module).values():
            for function in owner.body:
                if isinstance(function, ast.FunctionDef):
                    add_operations(found, shapes, function, Scope(module, [owner]))
    return found


def add_operations(
    found: dict[str, Operation], shapes: set[str], function: ast.FunctionDef, scope: Scope
) -> None:
    """Add the operations that a method of the SDK requests."""
    for method, path in requests_in(function):
        shape = method + re.sub(r"\{\w+\}", "{}", path)
        if shape in shapes or not path.startswith("/v1/"):
            continue
        shapes.add(shape)
        key = f"{method} {path}"
        found[key] = Operation(key, params_of(function, scope), returns_of(method, function, scope))


def requests_in(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield (method, path template) of the requests a method makes with a path that is spelled out."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
            method, path = node.args[:2]
            if (
                isinstance(path, ast.Call)
                and isinstance(path.func, ast.Attribute)
                and path.func.attr == "format"
            ):
                path = path.func.value
            if (
                isinstance(method, ast.Constant)
                and isinstance(path, ast.Constant)
                and "_request" in node.func.attr
            ):
                yield str(method.value).upper(), str(path.value)


def params_of(function: ast.FunctionDef, scope: Scope) -> Hash:
    """Return the class of a method's `params`."""
    for argument in (*function.args.args, *([function.args.kwarg] if function.args.kwarg else [])):
        if argument.arg == "params" and argument.annotation is not None:
            kind = type_of(argument.annotation, scope)
            inside = kind[1] if isinstance(kind, list) else kind
            assert isinstance(inside, Hash), ast.unparse(argument.annotation)
            return inside
    return Hash("NoParams")


def returns_of(method: str, function: ast.FunctionDef, scope: Scope) -> str:
    """Return what an operation answers: `token`, `list:customer`, `search:customer`, `deleted:customer`, `card|source`."""
    node = parsed(function.returns) if function.returns else ast.Name("Any")
    prefix = ""
    if isinstance(node, ast.Subscript) and word(node.value) in ("ListObject", "SearchResultObject"):
        prefix = "list:" if word(node.value) == "ListObject" else "search:"
        node = arguments(node)[0]
    names = sorted(resource_named(ast.unparse(member), scope.module) for member in alternatives(node))
    if method == "DELETE" and all(name in DELETABLE for name in names):
        prefix = "deleted:"
    return prefix + "|".join(names)


def resource_named(name: str, module: str) -> str:
    """Return the `object` behind a class's name, or `any`."""
    if name in SCALARS or (name not in classes_of(module) and name not in imports_of(module)):
        return "any"
    return object_name(find_class(name, module)[0]) or "any"


def resource_classes() -> dict[str, Scope]:
    """Return every resource's class by its `object`."""
    found: dict[str, Scope] = {}
    for module in modules("_*.py"):
        for node in classes_of(module).values():
            if name := object_name(node):
                found.setdefault(name, Scope(module, [node]))
    return found


RESOURCES = resource_classes()
DELETABLE = {
    name
    for name, scope in RESOURCES.items()
    for item in scope.around[0].body
    if isinstance(item, ast.AnnAssign)
    and word(item.target) == "deleted"
    and ast.unparse(item.annotation) == "Optional[Literal[True]]"
}


def walk(shape: Hash, prefix: str = "") -> Iterator[tuple[Hash, str, str]]:
    """Yield (hash, field, dotted path) of every field inside; lists, maps and unions do not show in the path."""
    for name in list(shape.fields):
        yield shape, name, prefix + name
        for inside in hashes_in(shape.fields.get(name)):
            yield from walk(inside, f"{prefix}{name}.")


def hashes_in(kind: Type) -> Iterator[Hash]:
    """Yield the hashes of a type, not of the hashes inside those."""
    if isinstance(kind, Hash):
        yield kind
    elif isinstance(kind, list):
        for member in kind[1:]:
            yield from hashes_in(member)
