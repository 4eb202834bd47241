"""From the contract's types to validators, by pydantic-core.

The wire is text: leaves are strings, arrays are dictionaries with decimal keys, and an empty string means something
else for every kind of value. A validator types what is right and only says where something is not; the words are found
afterwards by `refusals`, which reads the same types.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from pydantic_core import SchemaValidator, core_schema

from strongroom import limits
from strongroom.contract.types import METADATA, Fields, Type, head, limits_of, named
from strongroom.secret import Secret

INTEGER: Final = f"^-?[0-9]{{1,{limits.INTEGER_DIGITS_MAX}}}$"
DECIMAL: Final = rf"^-?[0-9]{{1,{limits.INTEGER_DIGITS_MAX}}}(\.[0-9]{{1,{limits.INTEGER_DIGITS_MAX}}})?$"
EMAIL: Final = r"^[^@\s]+@[^@\s]+$"
METADATA_KEY: Final = rf"^[^\[\]]{{1,{limits.METADATA_KEY_LENGTH_MAX}}}$"
# In pydantic's regular expressions `$` is the end of the text, and a digit is written out so that it is an ASCII one.

_INDEX = re.compile(f"[0-9]{{1,{len(str(limits.ARRAY_INDEX_MAX))}}}", re.ASCII)

_CONFIG = core_schema.CoreConfig(hide_input_in_errors=True)

Schema = core_schema.CoreSchema


def validator(
    params: Type, hashes: dict[str, Fields], enums: dict[str, list[str]], method: str
) -> SchemaValidator:
    """Return the validator of an operation's parameters.

    Args:
        params: the type of its parameters, a hash.
        hashes: all hashes by name.
        enums: all shared enums by name.
        method: on POST an empty optional string unsets, in a query it is refused.
    """
    return SchemaValidator(_Compiler(hashes, enums, unsets=method == "POST").schema(params), _CONFIG)


def indexes(value: Any) -> list[str] | None:
    """Return the keys of an array in order, gaps left out, or None if `value` is no array of the wire."""
    if not isinstance(value, dict) or not all(_INDEX.fullmatch(key) for key in value):
        return None
    return sorted(value, key=int)


def _discriminator(alternatives: list[Type], enums: dict[str, list[str]]) -> Callable[[Any], int | None]:
    """Return what says which alternative of a union a value is meant to be, by its form and by nothing else."""
    numbered = list(enumerate(alternatives))
    hashes = [index for index, kind in numbered if head(kind) in _HASH_LIKE]
    words = {
        word: index for index, kind in numbered if head(kind) in _ENUM for word in enum_values(kind, enums)
    }
    texts = [index for index, kind in numbered if head(kind) not in _HASH_LIKE | _ENUM]
    of_hash = hashes[0] if hashes else None
    of_text = texts[0] if texts else next(iter(words.values()), None)
    return lambda value: of_hash if type(value) is dict else words.get(value, of_text)


_HASH_LIKE: Final = frozenset({"#", "list", "map"})
_ENUM: Final = frozenset({"enum", "enum-of"})


def enum_values(kind: Type, enums: dict[str, list[str]]) -> list[str]:
    """Return what an enum admits."""
    values: list[str] = enums[kind[1]] if kind[0] == "enum-of" else kind[1:]
    return values


class _Compiler:
    """Makes one operation's schema. Hashes that occur twice are built once."""

    def __init__(self, hashes: dict[str, Fields], enums: dict[str, list[str]], *, unsets: bool) -> None:
        self.hashes = hashes
        self.enums = enums
        self.unsets = unsets
        self._built: dict[str, Schema] = {}

    def schema(self, kind: Type, *, required: bool = False) -> Schema:
        """Return the schema of a type."""
        build: Callable[[Type, bool], Schema] = getattr(self, "_" + _BUILDERS[head(kind)])
        return build(kind, required)

    def _hash(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- an empty hash cannot be sent
        if kind not in self._built:
            fields = {
                name: core_schema.typed_dict_field(
                    self.schema(inside, required=not absent), required=not absent
                )
                for name, inside, absent in named(self.hashes[kind[1:]])
            }
            self._built[kind] = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        return self._built[kind]

    def _string(self, kind: Type, required: bool) -> Schema:
        bounds = limits_of(kind)
        pattern = EMAIL if "email" in bounds else r"\S" if required else None
        can_be_empty = self.unsets and not required
        schema: Schema = core_schema.str_schema(
            max_length=bounds.get("max", limits.STRING_LENGTH_MAX),
            min_length=None if can_be_empty else 1,
            pattern=f"^$|{pattern}" if can_be_empty and pattern else pattern,
        )
        return (
            core_schema.no_info_after_validator_function(_wrapped, schema) if "secret" in bounds else schema
        )

    def _integer(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- empty is no integer anyway
        bounds = limits_of(kind)
        typed = core_schema.int_schema(ge=bounds.get("min"), le=bounds.get("max"))
        return core_schema.chain_schema([core_schema.str_schema(pattern=INTEGER), typed])

    def _boolean(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- one form
        return core_schema.chain_schema(
            [core_schema.literal_schema(["true", "false"]), core_schema.bool_schema()]
        )

    def _number(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- empty is no number anyway
        text = core_schema.str_schema(pattern=DECIMAL)
        return text if kind == "decimal" else core_schema.chain_schema([text, core_schema.float_schema()])

    def _anything(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- a file's bytes, or an untyped map
        return core_schema.any_schema()

    def _enum(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- empty is none of the values
        return core_schema.literal_schema(list(enum_values(kind, self.enums)))

    def _list(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- an empty list cannot be sent
        items = core_schema.list_schema(
            self.schema(kind[1], required=True), max_length=limits.ARRAY_ITEMS_MAX
        )
        return core_schema.no_info_before_validator_function(_as_list, items)

    def _map(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- an empty map cannot be sent
        if kind != METADATA:
            return core_schema.dict_schema(core_schema.str_schema(), self.schema(kind[1]))
        return core_schema.dict_schema(
            core_schema.str_schema(pattern=METADATA_KEY),
            core_schema.str_schema(max_length=limits.METADATA_VALUE_LENGTH_MAX),
            max_length=limits.METADATA_KEYS_MAX,
        )

    def _clearable(self, kind: Type, required: bool) -> Schema:  # noqa: ARG002 -- empty is what makes it clearable
        choices = {"": core_schema.literal_schema([""]), "set": self.schema(kind[1], required=True)}
        return core_schema.tagged_union_schema(choices, discriminator=_emptiness)

    def _union(self, kind: Type, required: bool) -> Schema:
        choices = {index: self.schema(one, required=required) for index, one in enumerate(kind[1:])}
        return core_schema.tagged_union_schema(choices, discriminator=_discriminator(kind[1:], self.enums))


_BUILDERS: Final = {
    "#": "hash",
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
    "decimal": "number",
    "any": "anything",
    "enum": "enum",
    "enum-of": "enum",
    "list": "list",
    "map": "map",
    "clear": "clearable",
    "or": "union",
}


def _wrapped(value: str) -> Secret[str] | str:
    """An empty string says that something is not given, which is no secret."""
    return Secret(value) if value else value


def _emptiness(value: Any) -> str:
    return "" if value == "" else "set"


def _as_list(value: Any) -> Any:
    keys = indexes(value)
    return value if keys is None else [value[key] for key in keys]
