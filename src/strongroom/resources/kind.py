"""What every resource is made of: its kind, and one stored object with its opened document."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from strongroom.errors import ApiError
from strongroom.store import Row

Document = dict[str, Any]


class Stored:
    """One object: the row as it was read and the document inside, opened.

    Operations never change a `Stored`; they hand a new document or new columns to `Call.change`.
    """

    __slots__ = ("doc", "row")

    def __init__(self, row: Row, doc: Document) -> None:
        self.row = row
        self.doc = doc

    @property
    def id(self) -> str:
        """The object's id."""
        return self.row.id

    def __getitem__(self, column: str) -> Any:
        """Return a column's value: what is looked up, constrained or guarded, and not part of the document."""
        return self.row.columns[column]


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource, as the rest of the house needs to know it."""

    type: str
    """`object` on the wire, and its type in the contract."""
    table: str
    prefix: str
    noun: str
    """What "No such …" calls it."""
    permission: str
    """What a restricted key needs to read one, as in `rak_<permission>_read`."""
    view: Callable[[Stored], Document]
    """The fields that mean something; rendering adds the rest."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list, newest first."""

    items: list[Document]
    has_more: bool
    url: str | None = None
    """The list's own path; None: the path of the request."""
    count: Callable[[], Awaitable[int]] | None = None
    """Counts the whole list, as far as `limits.COUNTED_MAX`; None: the items are all there are."""

    async def total(self) -> int:
        """Return how many there are on all pages together."""
        return len(self.items) if self.count is None else await self.count()

    def envelope(self, data: list[Document], path: str) -> Document:
        """Return the list around its rendered items, for a request to `path`."""
        return {"object": "list", "data": data, "has_more": self.has_more, "url": self.url or path}


@dataclass(frozen=True, slots=True)
class Found(Listing):
    """A page of what a search found, newest first."""

    next_page: str | None = None
    """Where the search goes on; None if it is finished."""

    def envelope(self, data: list[Document], path: str) -> Document:
        """Return the search result around its rendered items, for a request to `path`."""
        whole = {"data": data, "has_more": self.has_more, "next_page": self.next_page, "url": path}
        return {"object": "search_result", **whole}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error but whose effects stay: the issuer declined, and the token is spent all the same."""

    error: ApiError
    keeps_all: bool = False
    """Whether everything that was staged stays, and not only what was spent."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An answer that is a stored file: bytes to be saved, never shown."""

    content: bytes
    media_type: str
    filename: str
