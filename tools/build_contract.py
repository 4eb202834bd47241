"""Write `src/strongroom/contract/<api-version>.json` from the installed `stripe` package.

The package's source is read, never imported: services give the operations, `params/**` their parameters, resource
modules the fields of what is answered. `optional_fields.json` adds which fields are left out when unset (Python's types
do not say), `overlay.toml` corrects what no SDK says. The result depends on these three and on nothing else.

A type is a string (`str int bool float decimal file any`), `#Name` (a hash of this file), `@name` (a resource), or a list:
`[enum, …]`, `[enum-of, Name]`, `[list, T]`, `[page, T]`, `[map, T]`, `[or, T…]`, `[clear, T]` (a parameter that an empty string
unsets), `[null, T]` (a field that is null when unset), `[expand, name…]`, or a scalar with its limits, `[str, {max: 512}]`.
A field whose name ends in `?` may be absent.
"""

import fnmatch
import hashlib
import json
import re
import tomllib
from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdk_source import DELETABLE, RESOURCES, ROOT, Hash, Operation, Type, hash_of, hashes_in, operations, walk

CONTRACT = Path(__file__).resolve().parent.parent / "src" / "strongroom" / "contract"
ENUM_SHARED_FROM = 60


# -- optional fields --------------------------------------------------------------------------------------------------


def resource(name: str, omitted: dict[str, list[str]]) -> Hash:
    """Return a resource's fields, those that are left out when unset marked as such."""
    scope = RESOURCES[name]
    shape = hash_of(scope.around[0], scope)
    for always in omitted["always"]:
        shape.fields[always] = without_null(shape.fields[always])
    if "deleted" not in omitted["absent"]:  # what only a deleted stub has
        shape.fields.pop("deleted", None)
    marked: set[str] = set()
    for holder, leaf, path in walk(shape):
        if path in omitted["absent"] or path in omitted["absent_or_null"]:
            marked.add(path)
            holder.absent.add(leaf)
            if path in omitted["absent"]:
                holder.fields[leaf] = without_null(holder.fields[leaf])
    if unknown := {*omitted["absent"], *omitted["absent_or_null"]} - marked:
        raise SystemExit(f"optional_fields.json: {name} has no {sorted(unknown)}")
    return shape


def without_null(kind: Type) -> Type:
    """Return the type of a field that is never null."""
    return kind[1] if isinstance(kind, list) and kind[0] == "null" else kind


# -- the overlay ------------------------------------------------------------------------------------------------------


def apply_overlay(
    rules: list[dict[str, Any]], shapes: dict[str, Hash], define: dict[str, dict[str, Type]]
) -> None:
    """Apply each rule to the shapes it names. A rule that finds nothing is an error, so that none outlives its reason."""
    for rule in rules:
        pattern = path_pattern(rule["at"])
        touched = False
        for key, shape in shapes.items():
            if any(fnmatch.fnmatchcase(key, glob) for glob in rule["on"]):
                for holder, leaf, path in list(walk(shape)):
                    if pattern.fullmatch(path):
                        touched = True
                        edit(holder, leaf, rule, define)
                if not rule["at"]:
                    touched = True
                    edit_hash(shape, rule, define)
        if not touched:
            raise SystemExit(f"overlay.toml: nothing matches {rule['on']} {rule['at']!r}")


def path_pattern(at: str) -> re.Pattern[str]:
    """Return a pattern over dotted paths: `*` is one segment or a part of it, `**` any number of segments."""
    segments = [re.escape(part).replace(r"\*", "[^.]*") for part in at.split(".")]
    return re.compile(r"\.".join(segments).replace(r"[^.]*[^.]*\.", r"(?:[^.]+\.)*"))


def edit(holder: Hash, leaf: str, rule: dict[str, Any], define: dict[str, dict[str, Type]]) -> None:
    """Change one field as a rule says."""
    kind = defined(rule["type"], define) if "type" in rule else holder.fields[leaf]
    if "limits" in rule:
        kind = limited(kind, rule["limits"])
    if "enum_also" in rule:
        kind = ["enum", *sorted({*kind[1:], *rule["enum_also"]})]
    if "expands" in rule:
        kind = ["include", kind]
    holder.fields[leaf] = kind
    for inside in hashes_in(kind):
        edit_hash(inside, rule, define)


def edit_hash(shape: Hash, rule: dict[str, Any], define: dict[str, dict[str, Type]]) -> None:
    """Add and order the fields of a hash as a rule says."""
    for name, kind in rule.get("add", {}).items():
        shape.fields[name.removesuffix("?")] = defined(kind, define)
        if name.endswith("?"):
            shape.absent.add(name.removesuffix("?"))
    first = rule.get("first", [])
    if "add" in rule or first:
        names = [*first, *(name for name in sorted(shape.fields) if name not in first)]
        shape.fields = {name: shape.fields[name] for name in names}


def defined(kind: Type, define: dict[str, dict[str, Type]]) -> Type:
    """Return a type of the overlay with the hashes it defines put in."""
    if isinstance(kind, str) and kind.startswith("#"):
        fields = {name: defined(inside, define) for name, inside in define[kind[1:]].items()}
        absent = {name.removesuffix("?") for name in fields if name.endswith("?")}
        return Hash(kind[1:], {name.removesuffix("?"): inside for name, inside in fields.items()}, absent)
    return [kind[0], *(defined(member, define) for member in kind[1:])] if isinstance(kind, list) else kind


def limited(kind: Type, limits: dict[str, Any]) -> Type:
    """Return the type with limits on its scalars."""
    if kind in ("str", "int"):
        kind = [kind, {}]
    if isinstance(kind, list) and kind[0] in ("str", "int"):
        return with_limits(kind[0], {**kind[1], **limits})
    if isinstance(kind, list) and kind[0] in ("clear", "or", "list", "null"):
        return [kind[0], *(limited(member, limits) for member in kind[1:])]
    return kind


def with_limits(scalar: str, limits: dict[str, Any]) -> Type:
    """Return a scalar with its limits; one that is false is as good as not there."""
    left = {name: limit for name, limit in sorted(limits.items()) if limit is not False}
    return [scalar, left] if left else scalar


# -- writing ----------------------------------------------------------------------------------------------------------


class Shared:
    """Hashes and long enums, each written once however often it is used."""

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}
        self.candidates: dict[str, set[str]] = defaultdict(set)

    def add(self, sigil: str, body: Any, name: str) -> str:
        """Keep `body` under its content, remembering one name it could have; return a reference to it."""
        reference = sigil + hashlib.sha256(json.dumps(body).encode()).hexdigest()
        self.bodies[reference] = body
        self.candidates[reference].add(name)
        return reference

    def hash(self, shape: Hash) -> str:
        """Add a hash and all it holds."""
        body = {
            name + "?" * (name in shape.absent): self.type(kind, f"{shape.name}.{name}")
            for name, kind in shape.fields.items()
        }
        return self.add("#", body, shape.name)

    def type(self, kind: Type, name: str) -> Type:
        """Return the type as it is written; `name` is what a long enum found here could be called."""
        if isinstance(kind, Hash):
            return self.hash(kind)
        if isinstance(kind, list) and kind[0] == "enum":
            long = len(json.dumps(kind)) > ENUM_SHARED_FROM
            return ["enum-of", self.add("$", kind[1:], name)] if long else kind
        return (
            [kind[0], *(self.type(member, name) for member in kind[1:])] if isinstance(kind, list) else kind
        )

    def best_name(self, reference: str) -> str:
        """Return the shortest name a content could have."""
        if not self.bodies[reference]:
            return "Empty"
        return min(self.candidates[reference], key=lambda one: (len(one), one))

    def names(self) -> dict[str, str]:
        """Return the name of each reference: the shortest of its candidates, numbered where two contents share one."""
        taken: set[str] = set()
        names = {}
        for reference in sorted(self.candidates, key=lambda one: (self.best_name(one), one)):
            name = base = self.best_name(reference)
            number = 1
            while reference[0] + name in taken:
                number += 1
                name = f"{base}.{number}"
            taken.add(reference[0] + name)
            names[reference] = name
        return names


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Return `value` with references by content replaced by references by name."""
    if isinstance(value, str) and value in names:
        return (value[0] if value[0] == "#" else "") + names[value]
    if isinstance(value, list):
        return [renamed(member, names) for member in value]
    return (
        {key: renamed(member, names) for key, member in value.items()} if isinstance(value, dict) else value
    )


def text_of(document: dict[str, Any]) -> str:
    """Return the JSON: sorted, compact, one entry to a line, so that a new version is a readable diff."""
    sections = []
    for section in sorted(document):
        value = document[section]
        if isinstance(value, dict):
            lines = [
                f"{json.dumps(key)}:{json.dumps(value[key], separators=(',', ':'))}" for key in sorted(value)
            ]
            sections.append(f"{json.dumps(section)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            sections.append(f"{json.dumps(section)}:{json.dumps(value, separators=(',', ':'))}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def build() -> tuple[str, str]:
    """Return the API version and the text of its contract."""
    overlay = tomllib.loads((CONTRACT / "overlay.toml").read_text())
    optional = json.loads((CONTRACT / "optional_fields.json").read_text())
    found = {**operations()}
    for rule in overlay["operations"]:
        found |= aliases(found, rule)
    define = overlay["define"]
    found |= {rule["key"]: own_operation(rule, define) for rule in overlay["own"]}
    resources = {name: resource(name, optional[name]) for name in RESOURCES if name in optional}
    resources |= {
        rule["object"]: own_hash(rule["name"], rule["fields"], define) for rule in overlay["own_resource"]
    }
    params = {key: operation.params for key, operation in found.items()}
    for shape in (*params.values(), *resources.values()):
        in_order(shape)
    apply_overlay(overlay["params"], params, define)
    apply_overlay(overlay["resource"], resources, define)
    return api_version(), text_of(document_of(found, params, resources, overlay))


def aliases(found: dict[str, Operation], rule: dict[str, Any]) -> dict[str, Operation]:
    """Return operations at another path that are like known ones: those at and below `like`, or with `alone` that one.

    With `returns` the copies answer with something else.
    """
    path, like = rule["path"], rule["like"]
    below = "" if rule.get("alone") else "(/.*)?"
    same = [
        one for one in found.values() if re.fullmatch(rf"{rule['methods']} {re.escape(like)}{below}", one.key)
    ]
    if not same:
        raise SystemExit(f"overlay.toml: nothing is like {like}")
    copies = [
        replace(
            one,
            key=one.key.replace(like, path),
            params=deepcopy(one.params),
            returns=rule.get("returns", one.returns),
        )
        for one in same
    ]
    return {one.key: one for one in copies if one.key not in found}


def own_operation(rule: dict[str, Any], define: dict[str, dict[str, Type]]) -> Operation:
    """Return an operation that is Strongroom's alone."""
    return Operation(rule["key"], own_hash(rule["name"], rule["params"], define), rule["returns"])


def own_hash(name: str, fields: dict[str, Type], define: dict[str, dict[str, Type]]) -> Hash:
    """Return a hash that no SDK has; a `?` at the end of a field's name says that it may be left out."""
    fields = {one: defined(kind, define) for one, kind in fields.items()}
    absent = {one.removesuffix("?") for one in fields if one.endswith("?")}
    return Hash(name, {one.removesuffix("?"): kind for one, kind in fields.items()}, absent)


def in_order(shape: Hash) -> None:
    """Put the fields of a hash and of all inside it in alphabetical order, which is the order of refusals."""
    for holder, _, _ in walk(shape):
        holder.fields = dict(sorted(holder.fields.items()))


def document_of(
    found: dict[str, Operation], params: dict[str, Hash], resources: dict[str, Hash], overlay: dict[str, Any]
) -> dict[str, Any]:
    """Return all that is written."""
    shared = Shared()
    written = {key: [shared.hash(shape), found[key].returns] for key, shape in sorted(params.items())}
    shapes = {name: shared.hash(shape) for name, shape in resources.items()}
    names = shared.names()
    by_sigil: dict[str, dict[str, Any]] = {"#": {}, "$": {}}
    for reference, name in names.items():
        by_sigil[reference[0]][name] = renamed(shared.bodies[reference], names)
    return {
        "api_version": api_version(),
        "enums": by_sigil["$"],
        "hashes": by_sigil["#"],
        "operations": {key: renamed(value, names) for key, value in written.items()},
        "publishable": {
            name: {k: v for k, v in rule.items() if k != "why"}
            for name, rule in overlay["publishable"].items()
        },
        "resources": renamed(shapes, names),
        "stubs": {name: overlay["stub"].get(name, {}) for name in sorted(DELETABLE & set(resources))},
    }


def api_version() -> str:
    """Return the version the package was generated for."""
    match = re.search(r'CURRENT = "([^"]+)"', (ROOT / "_api_version.py").read_text())
    assert match is not None
    return match.group(1)


def main() -> None:
    """Write the contract beside its overlay."""
    version, text = build()
    path = CONTRACT / f"{version}.json"
    path.write_text(text)
    print(f"{path.name}: {len(text) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
