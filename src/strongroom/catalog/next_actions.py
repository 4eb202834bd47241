"""What a `next_action` says that nobody has said before (next_actions.toml)."""

from functools import cache

import msgspec

from strongroom.catalog.method_pages import method_types
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

DEFAULT = "default"
AT = "expires_at"
TIMES = (AT, "expires_after_days", "expires_after_seconds")
"""The options that say how long a customer has."""


class NextActions(msgspec.Struct, frozen=True):
    """How long customers have, and how made-up numbers look."""

    default_seconds: int
    seconds: dict[str, int]
    """By type of PaymentMethod."""
    days: dict[str, int]
    """The same, until the end of a day."""
    limits: dict[str, dict[str, list[int]]]
    """Type of PaymentMethod → what its options may say of that → the least and the most."""
    clients: dict[str, dict[str, str]]
    """Type of PaymentMethod → `client` of its options → type of `next_action`."""
    numbers: dict[str, str]
    """By field; `#` is a digit."""


def build(document: Document) -> NextActions:
    """Return what next_actions.toml says.

    Raises:
        CatalogError: a type nobody knows, or a time that is none.
    """
    names = ("seconds", "days", "limits", "clients", "numbers")
    tables = row("next_actions", document, dict.fromkeys(names, dict), {})
    types = [*method_types()]
    for name in ("seconds", "days"):
        for type_name in tables[name].keys() - {DEFAULT}:
            one_of(f"next_actions: {name}", type_name, types)
        row(f"next_actions: {name}", tables[name], dict.fromkeys(tables[name], int), {})
    for type_name, limits in tables["limits"].items():
        where = f"next_actions: limits of {one_of('next_actions: limits', type_name, types)}"
        for name, limit in row(where, limits, {}, dict.fromkeys(TIMES, list)).items():
            if [type(bound) for bound in limit] != [int, int] or limit[0] > limit[1]:
                raise CatalogError(f"{where}: {name} has a least and a most")
    for type_name, by_client in tables["clients"].items():
        page = method_types()[one_of("next_actions: clients", type_name, types)]
        for action in by_client.values():
            one_of(f"next_actions: {type_name}", action, page.flow.next_actions)
    row("next_actions: numbers", tables["numbers"], dict.fromkeys(tables["numbers"], str), {})
    row("next_actions: seconds", tables["seconds"], {DEFAULT: int}, dict.fromkeys(types, int))
    seconds = {name: value for name, value in tables["seconds"].items() if name != DEFAULT}
    return NextActions(
        tables["seconds"][DEFAULT],
        seconds,
        tables["days"],
        tables["limits"],
        tables["clients"],
        tables["numbers"],
    )


@cache
def next_actions() -> NextActions:
    """Return it, read and checked on first use."""
    return build(read("next_actions"))
