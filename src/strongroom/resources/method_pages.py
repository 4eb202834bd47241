"""The pages about PaymentMethod types, held against the contract: what a page takes and shows is what the API has.

Imported at start with the resources, so that a page that has come apart from the contract stops the start.
"""

from typing import Any, Final

from strongroom.catalog import CatalogError, MethodType, method_types
from strongroom.contract import contract
from strongroom.contract.types import Fields, Type, head, limits_of, named

TERMINAL_TYPES: Final = frozenset({"card_present", "interac_present"})
"""Types that only a card reader makes: they are shown, and never created through the API."""


def checked(pages: dict[str, MethodType]) -> dict[str, MethodType]:
    """Return the pages, each held against the contract.

    Raises:
        CatalogError: a type without a page, a page without a type, a field that only one side has, or a secret that
            only one side calls so.
    """
    hashes, enums = contract().shapes.hashes, contract().shapes.enums
    taken = hashes[contract().operations["POST /v1/payment_methods"].params[1:]]
    shown = hashes[contract().shapes.resources["payment_method"][1:]]
    creatable = set(_enum(taken["type?"], enums))
    if creatable != pages.keys():
        raise CatalogError(f"payment_method_types: not the API's types: {sorted(creatable ^ pages.keys())}")
    details = hashes[hashes[contract().shapes.resources["mandate"][1:]]["payment_method_details"][1:]]
    for page in pages.values():
        _check_mandate(page, hashes, details)
        if not page.own_rules:
            _check_taken(page, hashes[taken[f"{page.type}?"][1:]])
            _check_shown(page, hashes[shown[f"{page.type}?"][1:]])
    return pages


def _enum(kind: Type, enums: dict[str, list[str]]) -> list[str]:
    values: list[str] = enums[kind[1]] if kind[0] == "enum-of" else kind[1:]
    return values


def _check_taken(page: MethodType, fields: Fields) -> None:
    said = {one.name: (one.required, one.secret) for one in page.take}
    wanted = {name: (not absent, "secret" in limits_of(kind)) for name, kind, absent in named(fields)}
    _compare(page, "takes", said, wanted)


def _check_shown(page: MethodType, fields: Fields) -> None:
    """Every field is shown that is not optional; what the API requires is never derived from nothing."""
    must = {name for name, _, absent in named(fields) if not absent}
    may = {name for name, _, _ in named(fields)}
    said = {one.name for one in page.show}
    if not must <= said <= may:
        raise CatalogError(f"payment_method_types: {page.type} shows {sorted(said)}, the API {sorted(may)}")
    for name, kind, _ in named(fields):
        if head(kind) != "null" and any(one.name == name and one.source == "nothing" for one in page.show):
            raise CatalogError(
                f"payment_method_types: {page.type} shows nothing as {name}, which is never null"
            )


def _check_mandate(page: MethodType, hashes: dict[str, Fields], details: Fields) -> None:
    kind = details.get(f"{page.type}?")
    fields = {name for name, _, _ in named(hashes[kind[1:]])} if page.save.mandate and kind else set()
    if (page.save.mandate and kind is None) or not page.mandate.keys() <= fields:
        raise CatalogError(f"payment_method_types: a mandate of {page.type} is not the API's")


def _compare(page: MethodType, verb: str, said: dict[str, Any], wanted: dict[str, Any]) -> None:
    if said != wanted:
        different = sorted(name for name in said | wanted if said.get(name) != wanted.get(name))
        raise CatalogError(f"payment_method_types: {page.type} {verb} {different} otherwise than the API")


PAGES: Final = checked(method_types())
