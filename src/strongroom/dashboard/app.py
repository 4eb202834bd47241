"""The Starlette application: routes, the headers of every answer, and what a refusal looks like."""

import importlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from strongroom import errors
from strongroom.dashboard import rendering, routes
from strongroom.dashboard.arrival import PREFIX
from strongroom.house import House

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PAGES: Final = (
    "home",
    "keys",
    "audit",
    "people",
    "security",
    "methods",
    "parents",
    "accounts",
    "review",
    "webhooks",
    "events",
    "domains",
)

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # `no-referrer` would also blank the Origin of forms, and that is looked at. Nothing leaves this origin either way.
    "referrer-policy": "same-origin",
    "permissions-policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), usb=()"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NOT_FOUND: Final = 404


def create(house: House) -> App:
    """Return the application for an opened house. This imports every page."""
    for name in PAGES:
        importlib.import_module(f"strongroom.dashboard.pages_{name}")
    from strongroom.dashboard.pages_sign_in import stranger_routes

    app = Starlette(
        routes=[
            Route(PREFIX, _front_door),
            Route(f"{PREFIX}/", _front_door),
            Route(f"{PREFIX}/static/{{digest}}/{{name}}", _static),
            *stranger_routes(house),
            *routes.routes(house),
        ],
        exception_handlers={errors.ApiError: _refused, HTTPException: _no_page},
    )
    return _with_headers(app)


async def _front_door(_: Request) -> Response:
    return RedirectResponse(f"{PREFIX}/test", status_code=303)


async def _static(request: Request) -> Response:
    """A file under the address that changes with it may be kept for ever."""
    asset = rendering.assets().get(request.path_params["name"])
    if asset is None or asset.digest != request.path_params["digest"]:
        raise HTTPException(_NOT_FOUND)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(asset.body, media_type=asset.type, headers=headers)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, errors.ApiError)
    return rendering.render("refusal.html", {"message": refusal.message}, status=refusal.http_status)


async def _no_page(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    message = "There is no such page." if refusal.status_code == _NOT_FOUND else str(refusal.detail)
    return rendering.render("refusal.html", {"message": message}, status=refusal.status_code)


def _with_headers(app: App) -> App:
    """Return the application with the headers every answer has; what is not a static file is kept by nobody."""
    fixed = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *fixed]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, send_with_headers)

    return run
