"""The contract as it is used: operations found by method and path, each compiled when it is first called."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec
from pydantic_core import SchemaValidator, ValidationError

from strongroom.contract import compile as compiler
from strongroom.contract.expand import Expansions
from strongroom.contract.refusals import Refusals
from strongroom.contract.types import Fields, Type

ID_LENGTH_MAX: Final = 255
"""Stripe's ids have at most 255 characters. Longer ones name nothing."""


class Operation:
    """One method and path of the API."""

    def __init__(self, key: str, params: str, returns: str, shapes: "Shapes") -> None:
        self.key = key
        """Such as `POST /v1/payment_methods/{payment_method}/attach`."""
        self.params = params
        """The type of its parameters, `#Name`."""
        self.returns = returns
        """Such as `token`, `list:customer`, `search:customer`, `deleted:customer`, `card|source`."""
        self._shapes = shapes

    def __repr__(self) -> str:
        return f"Operation({self.key!r})"

    @cached_property
    def _validator(self) -> SchemaValidator:
        return compiler.validator(
            self.params, self._shapes.hashes, self._shapes.enums, self.key.partition(" ")[0]
        )

    def validate(self, tree: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent as typed values, secret leaves wrapped in `Secret`.

        Args:
            tree: what the form decoder yields: strings, dictionaries, and arrays as dictionaries with decimal keys.

        Raises:
            errors.ParameterRefused: the first thing wrong: unknown names, then types and what is missing, in schema order.
        """
        try:
            typed: dict[str, Any] = self._validator.validate_python(tree)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
        else:
            return typed
        # Outside the except block, so that the refusal does not carry pydantic's exception and with it the input.
        raise self._shapes.refusals.refusal(self.params, found, tree)

    def check_expand(self, paths: list[str]) -> None:
        """Refuse what cannot be expanded in this operation's answer, whatever the values will be.

        Raises:
            errors.ParameterRefused: too many paths, one too deep, or one that leads nowhere.
        """
        self._shapes.expansions.check(self.returns, paths)

    def references(self, paths: list[str]) -> list[frozenset[str]]:
        """Return, for each reference that good `paths` lead through, the types of what may be in its place."""
        expansions = self._shapes.expansions
        return [names for path in paths for names in expansions.references(self.returns, path)]


@dataclass
class Shapes:
    """What the operations share: hashes, resources and enums by name, and what is derived from them."""

    hashes: dict[str, Fields]
    enums: dict[str, list[str]]
    resources: dict[str, Type]

    @cached_property
    def refusals(self) -> Refusals:
        """The words for what is wrong with a request."""
        return Refusals(self.hashes, self.enums)

    @cached_property
    def expansions(self) -> Expansions:
        """What can be expanded where."""
        return Expansions(self.hashes, self.resources)


@dataclass(slots=True)
class _Node:
    """A place in the tree of paths."""

    static: dict[str, "_Node"] = field(default_factory=dict)
    placeholder: "_Node | None" = None
    operations: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)
    """By method: the operation, and the names of the placeholders on the way to it."""


class Contract:
    """Everything the API promises, at one version."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.api_version: str = document["api_version"]
        self.shapes = Shapes(document["hashes"], document["enums"], document["resources"])
        self.stubs: dict[str, Fields] = document["stubs"]
        """By resource that can be deleted: what its stub says besides id, object and deleted."""
        self.publishable: dict[str, dict[str, Any]] = document["publishable"]
        self.operations = {
            key: Operation(key, params, returns, self.shapes)
            for key, (params, returns) in document["operations"].items()
        }
        self._root = _Node()
        for operation in self.operations.values():
            self._add(operation)

    @property
    def expansions(self) -> Expansions:
        """What can be expanded where."""
        return self.shapes.expansions

    def _add(self, operation: Operation) -> None:
        method, _, path = operation.key.partition(" ")
        node = self._root
        names = []
        for segment in path[1:].split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.placeholder = node.placeholder or _Node()
                node = node.placeholder
            else:
                node = node.static.setdefault(segment, _Node())
        node.operations[method] = (operation, tuple(names))

    def route(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation at a path and the ids in it by placeholder, or None if there is no such thing.

        Args:
            method: in capitals.
            path: as it was sent, percent-encoded, without the query.
        """
        node: _Node | None = self._root
        ids = []
        for segment in path.removeprefix("/").split("/"):
            assert node is not None
            known = node.static.get(segment)
            if known is None:
                known, decoded = node.placeholder, _id(segment)
                if known is None or decoded is None:
                    return None
                ids.append(decoded)
            node = known
        assert node is not None
        found = node.operations.get(method)
        return None if found is None else (found[0], dict(zip(found[1], ids, strict=True)))


def _id(segment: str) -> str | None:
    """Return a path segment's id, or None if it cannot be one. The SDKs write a space as `+`, and `+` as `%2B`."""
    if "%" in segment or "+" in segment:
        try:
            segment = unquote_plus(segment, errors="strict")
        except UnicodeDecodeError:
            return None
    return segment if 0 < len(segment) <= ID_LENGTH_MAX and "\0" not in segment else None


@cache
def contract() -> Contract:
    """Return the contract, loaded when it is first asked for."""
    newest = max(Path(__file__).parent.glob("20*.json"))
    return Contract(msgspec.json.decode(newest.read_bytes()))
