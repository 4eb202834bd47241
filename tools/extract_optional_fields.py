"""Write `src/strongroom/contract/optional_fields.json` from the type declarations of the official npm package.

    python tools/extract_optional_fields.py <unpacked stripe package>

Python's types say `Optional` both for a field that is null when unset and for one that is left out. TypeScript's say
which: `card?: Card` is left out, `client_ip: string | null` is null, `refunds?: … | null` may be either. Run it with the
npm package of the same API version whenever that changes; its result is committed, so that nothing else needs npm.
"""

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "src" / "strongroom" / "contract" / "optional_fields.json"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_OPENING = re.compile(r"(?:export )?(?:declare )?(interface|namespace) (\w+)(?: extends [\w, .]+)? \{$")
_FIELD = re.compile(r"'?([\w.]+)'?(\??): (.*)$", re.DOTALL)
_ALIAS = re.compile(r"(?:export )?type (\w+) = (.*)$", re.DOTALL)
_NAME = re.compile(r"'[^']*'|\b[A-Z_]\w*(?:\.\w+)*")
_IMPORT = re.compile(r"import \{([^}]*)\} from '([^']*)'")


@dataclass
class Block:
    """An interface or a namespace: its fields, what it declares inside, and where it stands."""

    name: str
    file: Path
    outer: "Block | None"
    fields: dict[str, tuple[bool, str]] = field(default_factory=dict)
    """(may be left out, type) by name."""
    interfaces: dict[str, "Block"] = field(default_factory=dict)
    namespaces: dict[str, "Block"] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)


def statements(text: str) -> list[str]:
    """Return the declarations line by line; one that spans lines (an inline hash) is one entry."""
    lines = [line.strip() for line in _COMMENT.sub("", text).splitlines()]
    found: list[str] = []
    buffer = ""
    for line in lines:
        if not buffer and (not line or _OPENING.match(line) or line == "}"):
            found += [line] if line else []
            continue
        buffer = f"{buffer} {line}".strip()
        if buffer.endswith(";") and buffer.count("{") == buffer.count("}"):
            found.append(buffer[:-1])
            buffer = ""
        elif buffer.endswith("}") and buffer.count("{") == buffer.count("}"):
            buffer = ""
    return found


def read(path: Path) -> Block:
    """Return a file's declarations as a namespace."""
    whole = block = Block("", path, None)
    for line in statements(path.read_text()):
        if opening := _OPENING.match(line):
            kind, name = opening.groups()
            inside = Block(name, path, block)
            (block.interfaces if kind == "interface" else block.namespaces)[name] = inside
            block = inside
        elif line == "}" and block.outer is not None:
            block = block.outer
        elif (alias := _ALIAS.match(line)) and not block.fields:
            block.aliases[alias[1]] = alias[2]
        elif block.outer is not None and (member := _FIELD.match(line)):
            block.fields[member[1]] = (member[2] == "?", member[3])
    return whole


class Package:
    """All declarations of the package, looked up as TypeScript does."""

    def __init__(self, root: Path) -> None:
        self.files = {path.resolve(): read(path) for path in sorted(root.rglob("*.d.ts"))}
        self.imports = {path: self._imports(path) for path in self.files}

    def _imports(self, path: Path) -> dict[str, Path]:
        found = {}
        for names, source in _IMPORT.findall(_COMMENT.sub("", path.read_text())):
            target = (path.parent / source.replace(".js", ".d.ts")).resolve()
            for name in names.split(","):
                found[name.split(" as ")[-1].strip()] = target
        return found

    def resolve(self, name: str, at: Block) -> "Block | str | None":
        """Return the interface a type's name stands for where it is used, or the text of an alias, or None."""
        *spaces, last = name.split(".")
        scope: Block | None = at
        while scope is not None:
            holder = self._descend(scope, spaces)
            if holder is not None and (last in holder.interfaces or last in holder.aliases):
                return holder.interfaces.get(last) or holder.aliases[last]
            scope = scope.outer
        target = self.files.get(self.imports[at.file].get(name, Path()))
        return None if target is None else target.interfaces.get(last)

    def _descend(self, scope: Block, spaces: list[str]) -> Block | None:
        for space in spaces:
            inside = scope.namespaces.get(space)
            if inside is None:
                return None
            scope = inside
        return scope

    def resources(self) -> dict[str, Block]:
        """Return the interface of every API object, not of its deleted stub, by its `object`."""
        found = {}
        for path, whole in self.files.items():
            if "resources" in path.parts and "V2" not in path.parts:
                for name, interface in whole.interfaces.items():
                    kind = interface.fields.get("object", (False, ""))[1]
                    if kind.startswith("'") and not name.startswith("Deleted"):
                        found[kind.strip("'")] = interface
        return found


def namespace_of(interface: Block) -> Block:
    """Return where the names in an interface are looked up first: the namespace around it."""
    assert interface.outer is not None
    return interface.outer


def optional_fields(package: Package, interface: Block, prefix: str = "") -> tuple[list[str], list[str]]:
    """Return the dotted paths left out when unset, and those that are left out or null."""
    absent: list[str] = []
    absent_or_null: list[str] = []
    for name, (optional, kind) in interface.fields.items():
        if kind == "void":
            continue
        path = prefix + name
        if optional:
            (absent_or_null if kind.endswith("| null") else absent).append(path)
        for inside in hashes_in(package, kind, namespace_of(interface)):
            inner = optional_fields(package, inside, f"{path}.")
            absent += inner[0]
            absent_or_null += inner[1]
    return absent, absent_or_null


def always_fields(interface: Block) -> list[str]:
    """Return what is never null of an object that can be deleted: in Python's types its stub makes all of it optional."""
    if interface.fields.get("deleted", (False, ""))[1] != "void":
        return []
    return sorted(
        name
        for name, (optional, kind) in interface.fields.items()
        if not optional and not kind.endswith("| null")
    )


def hashes_in(package: Package, kind: str, at: Block) -> list[Block]:
    """Return the plain hashes a type mentions; API objects of their own are somebody else's."""
    found: list[Block] = []
    for name in _NAME.findall(kind):
        meant = None if name.startswith("'") else package.resolve(name, at)
        if isinstance(meant, str):
            found += hashes_in(package, meant, at)
        elif meant is not None and "'" not in meant.fields.get("object", (False, ""))[1]:
            found.append(meant)
    return found


def main() -> None:
    """Read the package named on the command line and write the committed list."""
    package = Package(Path(sys.argv[1]) / "esm")
    result: dict[str, Any] = {}
    for name, interface in sorted(package.resources().items()):
        absent, absent_or_null = optional_fields(package, interface)
        result[name] = {
            "absent": sorted(set(absent)),
            "absent_or_null": sorted(set(absent_or_null) - set(absent)),
            "always": always_fields(interface),
        }
    lines = [f"{json.dumps(name)}:{json.dumps(result[name], separators=(',', ':'))}" for name in result]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{OUTPUT.name}: {len(result)} resources")


if __name__ == "__main__":
    main()
