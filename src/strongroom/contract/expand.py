"""What can be expanded: checked by type before anything is looked up, whatever the values will be.

A path such as `data.latest_charge.balance_transaction` is walked through the types of an operation's answer. A segment
is good if it names a reference, something left out until it is expanded, a list, an object inside, or a hash that has one
of these in it. Where a field may hold several types, a path that is good for one of them is good.
"""

from functools import cache
from typing import Any, Final

from strongroom import errors, limits
from strongroom.contract.types import Fields, Type, answer_type, field_of, head

_OPAQUE: Final = frozenset({"list", "or", "null", "include"})


class ExpansionTooDeep(errors.ParameterRefused):
    """The one refusal with a code that has no page of documentation."""

    def body(self) -> dict[str, Any]:
        """Return the value of `error` on the wire."""
        return {key: value for key, value in super().body().items() if key != "doc_url"}


class Expansions:
    """Answers what can be expanded in which type."""

    def __init__(self, hashes: dict[str, Fields], resources: dict[str, Type]) -> None:
        self.hashes = hashes
        self.resources = resources
        self.leads_somewhere = cache(self._leads_somewhere)

    def check(self, returns: str, paths: list[str]) -> None:
        """Refuse the first of `paths` that does not lead anywhere in what `returns` names.

        Raises:
            errors.ParameterRefused: without a code, as Stripe's; too deep a path has one.
        """
        if len(paths) > limits.EXPAND_PATHS_MAX:
            message = f"You cannot expand more than {limits.EXPAND_PATHS_MAX} properties at once."
            raise errors.ParameterRefused(message, param="expand")
        for path in paths:
            self._check_one(returns, path)

    def _check_one(self, returns: str, path: str) -> None:
        segments = path.split(".")
        if len(segments) > limits.EXPAND_DEPTH_MAX:
            raise ExpansionTooDeep(
                f"You cannot expand more than {limits.EXPAND_DEPTH_MAX} levels of a property. Property: {errors.echo(path)}",
                code="property_expansion_max_depth",
            )
        # A deleted object is its stub: id, object, deleted.
        places = [] if returns.startswith("deleted:") else self.places(answer_type(returns))
        for depth, segment in enumerate(segments):
            places, good = self._step(places, segment)
            if not good:
                raise _cannot_expand(returns, path, ".".join(segments[: depth + 1]))

    def references(self, returns: str, path: str) -> list[frozenset[str]]:
        """Return, for each reference on a good path, the types of what may be in its place."""
        places = [] if returns.startswith("deleted:") else self.places(answer_type(returns))
        found = []
        for segment in path.split("."):
            kinds = [
                kind
                for place in places
                if head(place) != "page" and (kind := field_of(self.fields(place), segment)) is not None
            ]
            named = frozenset(name for kind in kinds for name in _references(kind))
            if named:
                found.append(named)
            places, _ = self._step(places, segment)
        return found

    def places(self, kind: Type) -> list[Type]:
        """Return what one is inside of after following a field of this type: hashes, resources, pages."""
        match head(kind):
            case "#" | "@" | "page":
                return [kind]
            case "expand":
                return [f"@{name}" for name in kind[1:]]
            case word if word in _OPAQUE:
                return [place for member in kind[1:] for place in self.places(member)]
        return []

    def fields(self, place: Type) -> Fields:
        """Return the fields of a hash or a resource; of a resource the contract does not know, none."""
        if head(place) == "@":
            place = self.resources.get(place[1:])
        return self.hashes[place[1:]] if place else {}

    def _step(self, places: list[Type], segment: str) -> tuple[list[Type], bool]:
        """Return where a segment leads from any of `places`, and whether it may be named at all."""
        led: list[Type] = []
        good = False
        for place in places:
            if head(place) == "page":
                led += self.places(place[1]) if segment == "data" else []
                good = good or segment in {"data", "total_count"}
            elif (kind := field_of(self.fields(place), segment)) is not None and self.may_name(kind):
                led += self.places(kind)
                good = True
        return led, good

    def may_name(self, kind: Type) -> bool:
        """Whether a field of this type may be a segment of a path."""
        match head(kind):
            case "expand" | "include" | "page" | "@":
                return True
            case "#":
                return self.leads_somewhere(kind)
            case "list" | "or" | "null":
                return any(self.may_name(member) for member in kind[1:])
        return False

    def _leads_somewhere(self, shape: str) -> bool:
        return any(self.may_name(kind) for kind in self.hashes[shape[1:]].values())

    def targets(self, type_name: str, field: str) -> tuple[str, ...]:
        """Return the types a reference in a (dotted) field points to; empty if it holds none."""
        kind: Type = f"@{type_name}"
        for segment in field.split("."):
            kinds = [
                field_of(self.fields(place), segment) for place in self.places(kind) if head(place) != "page"
            ]
            kind = next((one for one in kinds if one is not None), "any")
        return tuple(_references(kind))


def _references(kind: Type) -> list[str]:
    if head(kind) == "expand":
        return list(kind[1:])
    return [name for member in kind[1:] for name in _references(member)] if head(kind) in _OPAQUE else []


def _cannot_expand(returns: str, path: str, prefix: str) -> errors.ParameterRefused:
    message = f"This property cannot be expanded ({errors.echo(prefix)})."
    if returns.startswith(("list:", "search:")) and not path.startswith("data."):
        message += f" You may want to try expanding 'data.{errors.echo(path)}' instead."
    return errors.ParameterRefused(message)
