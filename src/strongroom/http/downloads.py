"""A stored file as an answer: always something to save, never something to show."""

from urllib.parse import quote

from strongroom.http.answer import Answer
from strongroom.resources.kind import Attachment

# Whatever a browser makes of it, it runs nothing and fetches nothing. `nosniff` is on every answer.
_INERT = (b"Content-Security-Policy", b"default-src 'none'; sandbox")


def answer_of(attachment: Attachment) -> Answer:
    """Return the bytes with their type, to be saved under their name."""
    disposition = (b"Content-Disposition", _disposition(attachment.filename))
    return Answer(
        200, attachment.content, [disposition, _INERT], content_type=attachment.media_type.encode("ascii")
    )


def _disposition(filename: str) -> bytes:
    """Return the header with the name twice: for everybody in plain ASCII, and as it is for who can read that."""
    plain = "".join(
        char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in filename
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}".encode("ascii")
