r"""The search language: `email:"a@b.c" AND -metadata["order"]:null`, read and applied. Pure.

    query  = clause (joiner clause)*        joiner = white space, AND, or OR; a query has AND or OR, not both
    clause = [-] field op value             field  = name, or metadata["key"]
    op     = :  ~  >  <  >=  <=             value  = "text" or 'text' (\ before a quote), a number, or null

`:` is equality regardless of case, `~` a part of a text of at least three characters, the rest compare numbers. A clause
about something that is not there holds only if it is `:null` or negated.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from strongroom.errors import ParameterRefused, echo

CLAUSES_MAX: Final = 10
PART_LENGTH_MIN: Final = 3
PARAM: Final = "query"

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_CLAUSE: Final = re.compile(
    rf"""(?P<negated>-)?(?P<field>[a-z_][a-z0-9_.]*)(?:\[(?P<key>{_QUOTED})\])?"""
    rf"""(?P<op>>=|<=|[:~<>])(?P<value>{_QUOTED}|[^\s"']+)""",
    re.ASCII | re.DOTALL,
)
_JOINER: Final = re.compile(r"\s+(?:(AND|OR)\s+)?", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class FieldKind(StrEnum):
    """What a field can be asked."""

    NUMERIC = "numeric"
    STRING = "string"
    """Equal, or a part of it."""
    TOKEN = "token"  # noqa: S105 -- a kind of field
    """Equal alone."""
    METADATA = "metadata"
    """A token under each key."""


Fields = Mapping[str, FieldKind]
Values = Mapping[str, Any]


class Clause(msgspec.Struct, frozen=True):
    """One condition."""

    field: str
    op: str
    value: str | int | None
    """Text as it was written; None for `null`."""
    key: str | None = None
    negated: bool = False

    def holds(self, values: Values) -> bool:
        """Whether the condition is true of an object, of which `values` are the fields."""
        found = values.get(self.field)
        if self.key is not None:
            found = (found or {}).get(self.key)
        return self._says(found) is not self.negated

    def _says(self, found: Any) -> bool:
        if self.value is None or found is None:
            return self.value is None and found is None
        if isinstance(self.value, int):
            return _COMPARE[self.op](found, self.value)
        wanted, text = self.value.casefold(), str(found).casefold()
        return wanted in text if self.op == "~" else wanted == text


_COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    ":": lambda found, wanted: found == wanted,
    ">": lambda found, wanted: found > wanted,
    "<": lambda found, wanted: found < wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<=": lambda found, wanted: found <= wanted,
}


class Query(msgspec.Struct, frozen=True):
    """A whole query."""

    clauses: tuple[Clause, ...]
    is_any: bool = False
    """Whether one condition is enough (OR)."""

    def matches(self, values: Values) -> bool:
        """Whether an object is looked for, of which `values` are the fields."""
        enough = any if self.is_any else all
        return enough(clause.holds(values) for clause in self.clauses)

    def needed(self, field: str) -> tuple[Clause, ...]:
        """Return the conditions on `field` without which nothing matches: those that can narrow where to look."""
        if self.is_any and len(self.clauses) > 1:
            return ()
        return tuple(
            clause
            for clause in self.clauses
            if clause.field == field and not clause.negated and clause.value is not None
        )


def parse(text: str, fields: Fields) -> Query:
    """Return the query that `text` says.

    Args:
        text: what was sent as `query`.
        fields: what can be asked of this kind of object.

    Raises:
        ParameterRefused: 400 without a code, `param` is `query`.
    """
    text = text.strip()
    clauses, joiners, at = [], set(), 0
    while True:
        match = _CLAUSE.match(text, at)
        if match is None:
            raise _refused(f"We could not read it from here: {echo(text[at:])}")
        clauses.append(_clause(match, fields))
        at = match.end()
        if at == len(text):
            break
        joiner = _JOINER.match(text, at)
        if joiner is None:
            raise _refused(f"There is no space before {echo(text[at:])}")
        joiners.add((joiner[1] or "AND").upper())
        at = joiner.end()
    if len(joiners) > 1:
        raise _refused("AND and OR cannot be used in one query.")
    if len(clauses) > CLAUSES_MAX:
        raise _refused(f"At most {CLAUSES_MAX} conditions can be used in one query.")
    return Query(tuple(clauses), is_any=joiners == {"OR"})


def _refused(why: str) -> ParameterRefused:
    return ParameterRefused(f"The search query is not valid. {why}", param=PARAM)


def _clause(match: re.Match[str], fields: Fields) -> Clause:
    name, key, op, value = match["field"], match["key"], match["op"], match["value"]
    kind = fields.get(name)
    if kind is None:
        raise _refused(f"There is no field `{echo(name)}` to search by. There are {', '.join(fields)}.")
    if (kind is FieldKind.METADATA) != (key is not None):
        raise _refused('Metadata, and nothing else, is searched by key: metadata["key"]:"value".')
    if op not in _OPERATORS[kind]:
        raise _refused(f"The field `{name}` cannot be asked with `{op}`.")
    typed = _value(kind, op, value)
    return Clause(name, op, typed, None if key is None else _unquoted(key), bool(match["negated"]))


_OPERATORS: Final = {
    FieldKind.NUMERIC: frozenset(_COMPARE),
    FieldKind.STRING: frozenset({":", "~"}),
    FieldKind.TOKEN: frozenset({":"}),
    FieldKind.METADATA: frozenset({":"}),
}


def _value(kind: FieldKind, op: str, written: str) -> str | int | None:
    if written == "null":
        if op != ":":
            raise _refused("Only `:` goes with null.")
        return None
    is_quoted = written[0] in "\"'"
    text = _unquoted(written) if is_quoted else written
    if kind is FieldKind.NUMERIC:
        if _NUMBER.fullmatch(text) is None:
            raise _refused(f"{echo(text)} is not a number.")
        return int(text)
    if not is_quoted:
        raise _refused(f"Texts stand in quotes: {echo(text)}")
    if op == "~" and len(text) < PART_LENGTH_MIN:
        raise _refused(f"A part of a text has at least {PART_LENGTH_MIN} characters.")
    return text


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])
