"""What a `next_action` says that nobody has said before (next_actions.toml)."""

from functools import cache

import msgspec

from strongroom.catalog.method_pages import method_types
from strongroom.catalog.reading import Document, one_of, read, row

DEFAULT = "default"


class NextActions(msgspec.Struct, frozen=True):
    """How long customers have, and how made-up numbers look."""

    default_seconds: int
    seconds: dict[str, int]
    """By type of PaymentMethod."""
    days: dict[str, int]
    """The same, until the end of a day."""
    clients: dict[str, dict[str, str]]
    """Type of PaymentMethod → `client` of its options → type of `next_action`."""
    numbers: dict[str, str]
    """By field; `#` is a digit."""


def build(document: Document) -> NextActions:
    """Return what next_actions.toml says.

    Raises:
        CatalogError: a type nobody knows, or a time that is none.
    """
    tables = row(
        "next_actions", document, {"seconds": dict, "days": dict, "clients": dict, "numbers": dict}, {}
    )
    types = [*method_types()]
    for name in ("seconds", "days"):
        for type_name in tables[name].keys() - {DEFAULT}:
            one_of(f"next_actions: {name}", type_name, types)
        row(f"next_actions: {name}", tables[name], dict.fromkeys(tables[name], int), {})
    for type_name, by_client in tables["clients"].items():
        page = method_types()[one_of("next_actions: clients", type_name, types)]
        for action in by_client.values():
            one_of(f"next_actions: {type_name}", action, page.flow.next_actions)
    row("next_actions: numbers", tables["numbers"], dict.fromkeys(tables["numbers"], str), {})
    row("next_actions: seconds", tables["seconds"], {DEFAULT: int}, dict.fromkeys(types, int))
    seconds = {name: value for name, value in tables["seconds"].items() if name != DEFAULT}
    return NextActions(
        tables["seconds"][DEFAULT], seconds, tables["days"], tables["clients"], tables["numbers"]
    )


@cache
def next_actions() -> NextActions:
    """Return it, read and checked on first use."""
    return build(read("next_actions"))
