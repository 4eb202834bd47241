"""Templates, and the headers of every page: escaped by default, one stylesheet inside the page, and no script at all."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from markupsafe import Markup

from strongroom.domain.return_urls import WEB

if TYPE_CHECKING:
    from jinja2 import Environment

Headers = list[tuple[bytes, bytes]]

# `form-action` is also asked where a form's answer leads on to: anywhere on the web, or one app.
_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action http: https:{}; "
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
def _digest() -> str:
    return base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()


def _policy(scheme: str | None) -> bytes:
    is_app = scheme is not None and scheme not in WEB
    return _POLICY.format(_digest(), f" {scheme}:" if is_app else "").encode()


def when(second: int) -> Markup:
    """Return a time as people read it; seconds since 1970, shown in UTC."""
    moment = datetime.fromtimestamp(second, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%-d %B %Y, %H:%M} UTC"
    )


@cache
def _environment() -> "Environment":
    # Loaded with the first page.
    from jinja2 import Environment, PackageLoader, StrictUndefined

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


def page(template: str, context: dict[str, Any], *, status: int = 200, leads_to: str | None = None) -> Page:
    """Return a page made from a template.

    Args:
        template: the file.
        context: what it says.
        status: of the HTTP answer.
        leads_to: the scheme of where its form's answer leads on to.
    """
    body = _environment().get_template(template).render(context)
    return Page(status, body.encode(), [(b"Content-Security-Policy", _policy(leads_to))])
