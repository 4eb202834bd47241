"""What to say about a request that does not fit: one error, in Stripe's words, and nothing secret in it.

The validator says where something is wrong; what is wrong is read off the type and the value found there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

from strongroom import errors, limits
from strongroom.contract.compile import INTEGER, enum_values, indexes
from strongroom.contract.types import METADATA, Fields, Type, field_of, head, limits_of, named

UNKNOWN: Final = "extra_forbidden"
MISSING: Final = "missing"
KEY: Final = "[key]"
"""How pydantic says that the key of a map is wrong and not its value."""

Words = tuple[str, str | None]
"""The message and the code of a refusal."""

Location = Sequence[int | str]
Orders = dict[int, list[str]]

_METADATA_VALUE: Final = ["str", {"max": limits.METADATA_VALUE_LENGTH_MAX}]
_BRANCHING: Final = frozenset({"or", "clear"})


class Refusals:
    """Words the errors of one contract's validators."""

    def __init__(self, hashes: dict[str, Fields], enums: dict[str, list[str]]) -> None:
        self.hashes = hashes
        self.enums = enums

    def refusal(
        self, params: Type, found: Sequence[Mapping[str, Any]], tree: dict[str, Any]
    ) -> errors.ParameterRefused:
        """Return the error for what the validator found in `tree`: unknown names first, else the first in schema order."""
        orders: Orders = {}
        unknown = [self._at(params, one["loc"], tree, orders)[0] for one in found if one["type"] == UNKNOWN]
        if unknown:
            return errors.parameter_unknown(unknown)
        first = found[0]
        location, is_key = (first["loc"][:-2], True) if first["loc"][-1] == KEY else (first["loc"], False)
        path, kind, value = self._at(params, location, tree, orders)
        path = errors.echo(path)
        if first["type"] == MISSING:
            return errors.parameter_missing(path)
        return _bad_key(path, str(first["loc"][-2])) if is_key else self._wrong(path, kind, value)

    def _at(self, kind: Type, location: Location, value: Any, orders: Orders) -> tuple[str, Type, Any]:
        """Return the bracketed path, the type and the value at a location.

        The names of unions' branches are in the location and not in the path. The order of each list is worked out once,
        however many errors are in it.
        """
        names: list[str] = []
        for part in location:
            if head(kind) in _BRANCHING:
                kind = kind[1] if kind[0] == "clear" else kind[1:][int(part)]
                continue
            key = str(part)
            if head(kind) == "list":
                if id(value) not in orders:
                    orders[id(value)] = indexes(value) or []
                key = orders[id(value)][int(part)]
            kind = self._inside(kind, key)
            names.append(key)
            value = value.get(key) if isinstance(value, dict) else None
        return "".join(f"[{name}]" if depth else name for depth, name in enumerate(names)), kind, value

    def _inside(self, kind: Type, key: str) -> Type:
        if kind == METADATA:
            return _METADATA_VALUE
        return kind[1] if isinstance(kind, list) else field_of(self.hashes[kind[1:]], key)

    def _wrong(self, path: str, kind: Type, value: Any) -> errors.ParameterRefused:
        """Return the error for a value that is there and does not fit."""
        if value == "":
            return errors.parameter_empty(path)
        message, code = self._WORDS[head(kind)](self, path, kind, value)
        return errors.ParameterRefused(message, code=code, param=path)

    def _string(self, path: str, kind: Type, value: Any) -> Words:
        bounds = limits_of(kind)
        shown = ": " + self._shown(value)
        if "secret" in bounds:
            shown = ""
        if not isinstance(value, str):
            return f"Invalid string{shown}", None
        if kind is _METADATA_VALUE:
            return _metadata_too_long(
                "Metadata values", "value", limits.METADATA_VALUE_LENGTH_MAX, value
            ), None
        longest = bounds.get("max", limits.STRING_LENGTH_MAX)
        if len(value) > longest:
            return f"Invalid string{shown}; must be at most {longest} characters", None
        if value.isspace() and "email" not in bounds:
            message = f"You passed only whitespace for '{path}'. It must have at least one other character."
            return message, "parameter_invalid_string_blank"
        return f"Invalid email address{shown}", "email_invalid" if "email" in bounds else None

    def _integer(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        bounds = limits_of(kind)
        if not bounds or not isinstance(value, str) or not re.fullmatch(INTEGER, value):
            return f"Invalid integer: {self._shown(value)}", "parameter_invalid_integer"
        relation, bound = (
            ("greater", bounds["min"]) if int(value) < bounds["min"] else ("less", bounds["max"])
        )
        return f"This value must be {relation} than or equal to {bound}.", "parameter_invalid_integer"

    def _boolean(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        return f"Invalid boolean: {self._shown(value)}", None

    def _number(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        return f"Invalid decimal: {self._shown(value)}", None

    def _enum(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- what was sent is not repeated
        last = path.rpartition("[")[2].rstrip("]")
        leaf = path if last.isdecimal() else last
        return f"Invalid {leaf}: must be {_one_of(enum_values(kind, self.enums))}", None

    def _hash(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        return "Invalid object", None

    def _list(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        if indexes(value):
            return f"Invalid array: at most {limits.ARRAY_ITEMS_MAX} items can be passed", None
        return "Invalid array", None

    def _map(self, path: str, kind: Type, value: Any) -> Words:  # noqa: ARG002 -- all words have one form
        if isinstance(value, dict):
            return (
                f"Metadata can have up to {limits.METADATA_KEYS_MAX} keys, but you passed in {len(value)}.",
                None,
            )
        return "Invalid object", None

    def _union(self, path: str, kind: Type, value: Any) -> Words:
        """A hash was sent and no alternative takes one; the last speaks, which is the widest."""
        return self._WORDS[head(kind[-1])](self, path, kind[-1], value)

    def _shown(self, value: Any) -> str:
        """Return a value as it may be repeated to its sender; a hash as JSON, without what is secret anywhere in the API."""
        if isinstance(value, str):
            return errors.echo(value)
        text = ""
        for piece in _json(value, self._secret_names):
            text += piece
            if len(text) > limits.ECHO_LENGTH_MAX:
                break
        return errors.echo(text)

    @cached_property
    def _secret_names(self) -> frozenset[str]:
        return frozenset(
            name
            for fields in self.hashes.values()
            for name, kind, _ in named(fields)
            if "secret" in limits_of(kind)
        )

    _WORDS: ClassVar[dict[str, Callable[["Refusals", str, Type, Any], Words]]] = {
        "#": _hash,
        "str": _string,
        "int": _integer,
        "bool": _boolean,
        "float": _number,
        "decimal": _number,
        "enum": _enum,
        "enum-of": _enum,
        "list": _list,
        "map": _map,
        "or": _union,
    }


def _bad_key(path: str, key: str) -> errors.ParameterRefused:
    if "[" in key or "]" in key or not key:
        return errors.ParameterRefused(
            "Metadata keys cannot be empty and cannot contain square brackets.", param=path
        )
    message = _metadata_too_long("Metadata keys", "key", limits.METADATA_KEY_LENGTH_MAX, key)
    return errors.ParameterRefused(message, param=path)


def _metadata_too_long(what: str, noun: str, longest: int, text: str) -> str:
    return (
        f"{what} can have up to {longest} characters, but you passed in a {noun} that is {len(text)} characters. "
        f"Invalid {noun}: {errors.echo(text)}"
    )


def _one_of(values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    *most, last = values
    return f"one of {', '.join(most)}, or {last}" if len(most) > 1 else f"one of {most[0]} or {last}"


def _json(value: Any, secret_names: frozenset[str]) -> Iterator[str]:
    """Yield the pieces of compact JSON, so that whoever has seen enough can stop; iterative, as the tree may be deep."""
    waiting: list[Any] = [("text", value)]
    while waiting:
        form, item = waiting.pop()
        if form == "raw" or not isinstance(item, dict):
            yield item if form == "raw" else _quoted(str(item))
            continue
        waiting.append(("raw", "}"))
        for number, (key, inside) in reversed(list(enumerate(item.items()))):
            hidden = "***" if key in secret_names else inside
            waiting += [("text", hidden), ("raw", ("," if number else "") + _quoted(key) + ":")]
        yield "{"


def _quoted(text: str) -> str:
    """Return JSON text; more than is shown is cut off before it costs anything."""
    short = text[: limits.ECHO_LENGTH_MAX]
    return '"' + short.replace("\\", "\\\\").replace('"', '\\"') + '"'
