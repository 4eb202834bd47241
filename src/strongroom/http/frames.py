"""What our few pages share: one frame, one policy for the browser, and where a button may lead."""

from typing import Final

from strongroom.http.answer import Answer
from strongroom.resources.onboarding import location

_POLICY: Final = (
    b"Content-Security-Policy",
    b"default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'; base-uri 'none'",
)
_STYLE: Final = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
_HEAD: Final = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
)


def html(body: str, status: int = 200, *, title: str = "Strongroom", style: str = "") -> Answer:
    """Return a page around `body`, which is HTML already, as `title` and `style` are what they are."""
    text = (
        f'<!doctype html><html lang="en"><head>{_HEAD}<title>{title}</title>'
        f"<style>{_STYLE}{style}</style></head><body>{body}</body></html>"
    )
    return Answer(status, text.encode(), [_POLICY], content_type=b"text/html; charset=utf-8")


def redirect(url: str) -> Answer:
    """Return the way to another site; to anything that is no web address nobody is sent."""
    where = location(url)
    if where is None:
        return html("<h1>Done</h1><p>You can close this page.</p>")
    return Answer(303, b"", [(b"Location", where)], content_type=b"text/html; charset=utf-8")
