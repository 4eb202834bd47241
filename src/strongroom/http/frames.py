"""What our few pages share: one frame, one policy for the browser, and where a button may lead."""

import re
from typing import Final

from strongroom.http.answer import Answer

_WEB: Final = re.compile(r"https?://[^\s\"'<>\\]+", re.ASCII)
_POLICY: Final = (
    b"Content-Security-Policy",
    b"default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'",
)
_STYLE: Final = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"


def html(body: str, status: int = 200) -> Answer:
    """Return a page around `body`, which is HTML already."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Strongroom</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    return Answer(status, text.encode(), [_POLICY], content_type=b"text/html; charset=utf-8")


def redirect(url: str) -> Answer:
    """Return the way to another site; to anything that is no web address nobody is sent."""
    if _WEB.fullmatch(url) is None:
        return html("<h1>Done</h1><p>You can close this page.</p>")
    return Answer(303, b"", [(b"Location", url.encode())], content_type=b"text/html; charset=utf-8")
