"""QR codes that lead to a page, as pictures. Pure."""

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import segno

BORDER: Final = 4
"""How many modules of quiet zone ISO/IEC 18004 wants around a code."""
INLINE_BORDER: Final = 2
"""The rest is the page's own margin."""
PNG_SCALE: Final = 8


def _code(text: str) -> "segno.QRCode":
    # Loaded with the first code that is drawn.
    import segno

    return segno.make(text)


def svg(text: str) -> bytes:
    """Return a picture of the code for `text` as an SVG document."""
    out = io.BytesIO()
    _code(text).save(out, kind="svg", border=BORDER, light="#fff", scale=PNG_SCALE)
    return out.getvalue()


def png(text: str) -> bytes:
    """Return a picture of the code for `text` as a PNG."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", border=BORDER, scale=PNG_SCALE)
    return out.getvalue()


def inline(text: str) -> str:
    """Return the code for `text` as an element of a page, without a background: shapes, and no text of anybody's."""
    return _code(text).svg_inline(border=INLINE_BORDER, omitsize=True, svgclass="qr", lineclass=None)


def data_url(text: str) -> str:
    """Return a picture of the code for `text` as an address that holds it."""
    return _code(text).png_data_uri(border=BORDER, scale=PNG_SCALE)
