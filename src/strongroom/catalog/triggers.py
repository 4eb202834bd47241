"""How each event can be made to happen: calls of the API, each of which may use the ids of what those before it made."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, read, row

METHODS: Final = ("post", "delete", "upload", "find")
VERBS: Final = {"delete": "DELETE", "find": "GET"}

_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


class Step(msgspec.Struct, frozen=True):
    """One call."""

    name: str
    """What later steps call what it made."""
    method: str
    path: str
    params: dict[str, str]
    account: str | None
    """The step that made the connected account it acts on, in braces."""
    uploads: bool
    finds: bool
    """Whether it looks in a list for what the steps before it have led to: the first that is there."""
    declines: bool
    """Whether it may be declined: then the refusal is what leads to the event."""

    @property
    def places(self) -> set[str]:
        """The steps it needs to have gone before."""
        return {
            name
            for text in (self.path, self.account or "", *self.params.values())
            for name in _PLACE.findall(text)
        }


class Trigger(msgspec.Struct, frozen=True):
    """The calls that lead to an event."""

    event: str
    steps: tuple[Step, ...]
    account: str | None
    """The step that made the connected account in which the event happens, in braces; None: in the caller's own."""


@cache
def trigger_table() -> dict[str, Trigger]:
    """Return every trigger by its event, read once.

    Raises:
        CatalogError: the data is wrong.
    """
    return build(read("triggers"))


def build(document: Document) -> dict[str, Trigger]:
    """Return the triggers in a document.

    Raises:
        CatalogError: a step is malformed, or needs something that no step before it makes.
    """
    table: dict[str, Trigger] = {}
    for event, given in document.items():
        columns = row(event, given, {"steps": list}, {"after": str, "in": str})
        before = table.get(columns["after"]) if "after" in columns else None
        if "after" in columns and before is None:
            raise CatalogError(f"{event}: there is no {columns['after']} before it")
        steps = (*(before.steps if before else ()), *_steps(event, columns["steps"]))
        account = columns.get("in", before.account if before else None) or None
        table[event] = _checked(Trigger(event, steps, account))
    return table


def _steps(event: str, given: list[object]) -> Iterator[Step]:
    for one in given:
        optional = {**dict.fromkeys(METHODS, str), "params": dict, "in": str, "declines": bool}
        columns = row(event, one, {"as": str}, optional)
        ways = [method for method in METHODS if method in columns]
        if len(ways) != 1:
            raise CatalogError(f"{event}: a step is one of {', '.join(METHODS)}")
        params = row(event, columns.get("params", {}), {}, dict.fromkeys(columns.get("params", {}), str))
        yield Step(
            columns["as"],
            VERBS.get(ways[0], "POST"),
            columns[ways[0]],
            params,
            columns.get("in"),
            ways == ["upload"],
            ways == ["find"],
            columns.get("declines", False),
        )


def _checked(trigger: Trigger) -> Trigger:
    made: set[str] = set()
    for step in trigger.steps:
        if missing := step.places - made:
            raise CatalogError(f"{trigger.event}: {min(missing)} is not made before it is used")
        made.add(step.name)
    if trigger.account and not set(_PLACE.findall(trigger.account)) <= made:
        raise CatalogError(f"{trigger.event}: no step makes {trigger.account}")
    return trigger
