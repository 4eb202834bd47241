"""Templates: escaped by default, undefined names are faults, and a handful of functions they may call."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """A file that pages refer to, under an address that changes with it."""

    body: bytes
    type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """Return every static file by its name."""
    folder = files("strongroom.dashboard").joinpath("static")
    bodies = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    # One digest for all: modules import each other by relative names.
    digest = hashlib.sha256(b"".join(bodies[name] for name in sorted(bodies))).hexdigest()[:16]
    return {
        name: Asset(body, TYPES[name.rpartition(".")[2]], digest)
        for name, body in bodies.items()
        if name.rpartition(".")[2] in TYPES
    }


def static(name: str) -> str:
    """Return a static file's address."""
    return f"/dashboard/static/{assets()[name].digest}/{name}"


def when(second: int | None) -> Markup:
    """Return a time as people read it; seconds since 1970, shown in UTC."""
    if second is None:
        return Markup("–")
    moment = datetime.fromtimestamp(second, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%-d %b %Y, %H:%M} UTC"
    )


def words_of(name: str) -> str:
    """Return a name of the wire as people read it: `on_by_default` is `On by default`."""
    return name.replace("_", " ").capitalize()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("strongroom.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(when=when, words=words_of)
    environment.globals.update(static=static)
    return environment


def render(template: str, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(_environment().get_template(template).render(context), status_code=status)
