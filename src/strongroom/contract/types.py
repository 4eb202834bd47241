"""How the generated file writes types, and the few questions everybody asks about them.

A type is a string (`str int bool float decimal any`, `#Name` for a hash, `@name` for a resource) or a list whose head
says what it is: `[enum, …]`, `[enum-of, Name]`, `[list, T]`, `[page, T]`, `[map, T]`, `[or, T…]`, `[clear, T]`, `[null, T]`,
`[include, T]`, `[expand, name…]`, or a scalar with limits. A field whose name ends in `?` may be absent.
"""

from collections.abc import Iterator
from typing import Any

Type = Any
Fields = dict[str, Type]

METADATA = ["map", "str"]


def head(kind: Type) -> str:
    """Return what a type is: `str`, `list`, …, with `#` for a hash and `@` for a resource."""
    word: str = kind if isinstance(kind, str) else kind[0]
    return word[0] if word[0] in "#@" else word


def limits_of(kind: Type) -> dict[str, Any]:
    """Return a scalar's limits: `max` and `min`, `email`, `secret`."""
    return kind[1] if isinstance(kind, list) and isinstance(kind[1], dict) else {}


def field_of(fields: Fields, name: str) -> Type | None:
    """Return the type of a field by its plain name, or None if there is none."""
    return fields.get(name) or fields.get(f"{name}?")


def named(fields: Fields) -> Iterator[tuple[str, Type, bool]]:
    """Yield (name, type, may be absent) for every field."""
    for name, kind in fields.items():
        yield name.removesuffix("?"), kind, name.endswith("?")


def answer_type(returns: str) -> Type:
    """Return the type of an operation's answer from its short name: `token`, `list:customer`, `card|source`."""
    prefix, _, names = returns.rpartition(":")
    members = [f"@{name}" for name in names.split("|")]
    one = members[0] if len(members) == 1 else ["or", *members]
    return ["page", one] if prefix in {"list", "search"} else one
