"""Templates, and the headers of every page: escaped by default, one stylesheet inside the page, and no script at all."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

Headers = list[tuple[bytes, bytes]]

# `form-action` is also asked where a form's answer leads on to, and that is anywhere on the web.
_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action http: https:; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class Page(NamedTuple):
    """A page, ready to be sent."""

    status: int
    body: bytes
    headers: Headers


@cache
def stylesheet() -> str:
    """Return the one stylesheet."""
    return files("strongroom.customer_pages").joinpath("pages.css").read_text()


@cache
def _policy() -> bytes:
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    return _POLICY.format(digest).encode()


def when(second: int) -> Markup:
    """Return a time as people read it; seconds since 1970, shown in UTC."""
    moment = datetime.fromtimestamp(second, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%-d %B %Y, %H:%M} UTC"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("strongroom.customer_pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(when=when)
    environment.globals.update(stylesheet=Markup(stylesheet()))  # noqa: S704 -- our own file
    return environment


def page(template: str, context: dict[str, Any], *, status: int = 200) -> Page:
    """Return a page made from a template."""
    body = _environment().get_template(template).render(context)
    return Page(status, body.encode(), [(b"Content-Security-Policy", _policy())])
