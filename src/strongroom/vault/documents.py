"""Where uploaded documents are looked at. What comes out is what may be shown of one: its type."""

from strongroom.catalog.files import FilePurpose, FileType, file_tables
from strongroom.domain.files import check_file
from strongroom.secret import Secret

__all__ = ["take_document"]


def take_document(
    content: Secret[bytes], purpose: FilePurpose, *, filename: str | None, declared: str | None
) -> FileType:
    """Check a document as it was uploaded, and say what it is.

    Args:
        content: all of it.
        purpose: what it was uploaded for.
        filename: what the client calls it.
        declared: the media type the client gave it.

    Raises:
        ParameterRefused: the first thing that is wrong; `param` is `file`.
    """
    return check_file(content.reveal(), purpose, file_tables().types, filename=filename, declared=declared)
