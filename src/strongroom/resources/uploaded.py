"""A file as it arrived with a request, on its way from the edge to the vault."""

from dataclasses import dataclass, field

from strongroom.secret import Secret


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """The value of a parameter that is a file."""

    content: Secret[bytes] = field(repr=False)
    size: int
    sha256: str = field(repr=False)
    """In hexadecimal, to tell whether two requests are the same. It is kept nowhere: it would say what a document is."""
    filename: str | None
    """As the client calls it, without folders."""
    media_type: str | None
    """As the client calls it, without parameters."""
