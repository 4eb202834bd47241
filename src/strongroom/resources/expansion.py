"""`expand[]`: ids in an answer replaced by the objects they name.

Paths were checked by type before the operation ran; here they are followed by value. All objects of one level are
loaded at once, and an object's own references stay ids unless the path goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from strongroom.contract import expandable, hide_from_publishable, renderer
from strongroom.resources import registry
from strongroom.resources.call import Call
from strongroom.resources.connections import CONNECTION
from strongroom.resources.kind import Document, Kind

Tree = dict[str, Any]

# What begins otherwise than most of its kind: payments that are not by card, and their refunds.
OTHER_PREFIXES: Final = {"py": "ch", "pyr": "re"}

# The objects of a platform that name others of a connected account, and where they say which account that is.
OF_CONNECTED: Final = {
    "account": "id",
    "application_fee": "account",
    "person": "account",
    "transfer": "destination",
}


@dataclass(slots=True)
class Reference:
    """An id somewhere in the answer, and where the object goes."""

    holder: Document
    field: str
    kind: Kind
    below: Tree
    home: Call
    """Acts on the account that the answer's object is of, where what it names may be as well."""


async def expand(call: Call, documents: list[Document], paths: Iterable[str]) -> None:
    """Replace, in rendered `documents`, what `paths` name. A null stays null."""
    tree = _tree(paths)
    if not tree:
        return
    references: list[Reference] = []
    for document in documents:
        await _include(call, document, tree)
        home = await _home(call, document)
        _collect(document["object"], "", document, tree, references, home)
    while references:
        references = await _resolve(call, references)


async def _home(call: Call, document: Document) -> Call:
    """Return a call that acts on the connected account that an object of its platform speaks of."""
    field = OF_CONNECTED.get(document.get("object", ""))
    account = None if field is None or document.get("deleted") else document[field]
    if not isinstance(account, str) or account == call.caller.account:
        return call
    connection = await call.find(CONNECTION, account)
    if connection is None or connection["ended_at"] is not None:
        return call
    return await call.on_account(account)


def _tree(paths: Iterable[str]) -> Tree:
    tree: Tree = {}
    for path in paths:
        node = tree
        for segment in filter(None, path.split(".")):
            node = node.setdefault(segment, {})
    return tree


async def _include(call: Call, document: Document, tree: Tree) -> None:
    """Fill the fields that are absent until they are asked for."""
    for field, below in tree.items():
        await _include_inside(call, document, field, below)
        if field in document or document.get("deleted"):
            continue
        fill = registry.include(document["object"], field)
        if fill is not None:
            call.check_may_read(document["object"])
            document.update(_allowed(call, document["object"], {field: await fill(call, document)}))


def _allowed(call: Call, type_name: str, filled: Document) -> Document:
    """Return what was filled in as the caller may see it: what is hidden from a client stays so when it is asked for."""
    if not call.caller.is_client:
        return filled
    return {field: _hidden(value) for field, value in hide_from_publishable(type_name, filled).items()}


def _hidden(value: Any) -> Any:
    if not isinstance(value, dict) or "object" not in value:
        return value
    if value["object"] == "list":
        return {**value, "data": [_hidden(item) for item in value["data"]]}
    return hide_from_publishable(value["object"], value)


async def _include_inside(call: Call, document: Document, field: str, below: Tree) -> None:
    """Fill what is absent from a hash of the object until it is asked for."""
    inside = document.get(field)
    if not isinstance(inside, dict) or "object" in inside:
        return
    for name in below:
        fill = registry.include(document["object"], f"{field}.{name}")
        if fill is not None and name not in inside:
            inside[name] = await fill(call, document)


def _collect(
    type_name: str, prefix: str, holder: Document, tree: Tree, found: list[Reference], home: Call
) -> None:
    """Find the ids that `tree` names in `holder`, which is a `type_name` or, below `prefix`, a hash inside one."""
    for field, below in tree.items():
        value = holder.get(field)
        path = f"{prefix}.{field}" if prefix else field
        if isinstance(value, str):
            kind = _kind_of(type_name, path, value)
            if kind is not None:
                found.append(Reference(holder, field, kind, below, home))
        elif isinstance(value, dict) and value.get("object") == "list":
            for item in value["data"]:
                _collect(item["object"], "", item, below.get("data", {}), found, home)
        elif isinstance(value, dict):
            nested_object = value.get("object")
            _collect(nested_object or type_name, "" if nested_object else path, value, below, found, home)


def _kind_of(type_name: str, path: str, object_id: str) -> Kind | None:
    """The resource an id belongs to: of the types the field may hold, the one with its prefix, or else the first kept."""
    kinds = [kind for name in expandable(type_name, path) if (kind := registry.kind(name)) is not None]
    prefix = object_id.rpartition("_")[0]
    prefix = OTHER_PREFIXES.get(prefix, prefix)
    return next((kind for kind in kinds if kind.prefix == prefix), kinds[0] if kinds else None)


async def _resolve(call: Call, references: list[Reference]) -> list[Reference]:
    """Put the objects in place and return the references that the paths name inside them."""
    deeper: list[Reference] = []
    for kind in {reference.kind for reference in references}:
        wanted = [reference for reference in references if reference.kind is kind]
        objects = await _load(call, kind, {reference.holder[reference.field] for reference in wanted})
        for reference in wanted:
            wanted_id = reference.holder[reference.field]
            shown = objects.get(wanted_id)
            if shown is None and reference.home is not call:
                shown = (await _load(reference.home, kind, {wanted_id})).get(wanted_id)
            if shown is None:
                continue
            reference.holder[reference.field] = own = dict(shown)
            await _include(call, own, reference.below)
            home = await _home(reference.home, own) if reference.below else call
            _collect(kind.type, "", own, reference.below, deeper, home)
    return deeper


async def _load(call: Call, kind: Kind, object_ids: set[str]) -> dict[str, Document]:
    call.check_may_read(kind.permission)
    found = {}
    stored = await call.find_many(kind, object_ids)
    for object_id, one in stored.items():
        document = kind.view(one)
        found[object_id] = document if document.get("deleted") else _shown(call, kind, document)
    return found


def _shown(call: Call, kind: Kind, document: Document) -> Document:
    shown = renderer(kind.type)(document)
    return hide_from_publishable(kind.type, shown) if call.caller.is_client else shown
