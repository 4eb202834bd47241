"""The dashboard behind the edge: made when the first page is asked for, so that who never looks pays nothing for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from strongroom import errors, ids, limits
from strongroom.dashboard.arrival import PREFIX, SCOPE_KEY, Arrival
from strongroom.http import log_line
from strongroom.http.request import Request, check_size, from_scope

if TYPE_CHECKING:
    from strongroom.http.app import Application

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_INTERNAL: Final = 500
_PLAIN: Final = (b"content-type", b"text/plain; charset=utf-8")


def are_at(path: str) -> bool:
    """Whether a path is one of the dashboard's."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in {"", "/"}


class Pages:
    """The ASGI application of the dashboard, with the edge's bounds, log line and count around it."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show one page, whatever happens; a fault of ours is a plain 500, and the log says where it was."""
        started = time.perf_counter()
        request = from_scope(scope, self._application.house.settings)
        request.request_id = ids.new("req")
        arrival = scope[SCOPE_KEY] = _arrival(request, scope)
        status: list[int] = []

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        try:
            await self._show(request, scope, receive, send_and_note)
        except Exception as fault:  # noqa: BLE001 -- the edge of the house: a bug is a 500 without a word of the exception
            request.route = arrival.route
            log_line.write_fault(request, fault)
            if not status:
                await _say(
                    send_and_note, _INTERNAL, f"Something went wrong on our side ({request.request_id})."
                )
        request.route, request.account = arrival.route or "page", arrival.account
        self._application.note(request, status[0] if status else _INTERNAL, time.perf_counter() - started)

    async def _show(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_size(request, scope)
        except errors.ApiError as refusal:
            await _say(send, refusal.http_status, refusal.message)
            return
        if self._app is None:
            from strongroom.dashboard.app import create

            self._app = create(self._application.house)
        async with asyncio.timeout(limits.HANDLER_SECONDS_MAX):
            await self._app(scope, receive, send)


def _arrival(request: Request, scope: Scope) -> Arrival:
    forwarded = request.is_secure and request.headers.get(b"x-forwarded-proto") == b"https"
    over_tls = scope["scheme"] == "https" or forwarded
    return Arrival(request.request_id, request.client_ip, request.is_secure, over_tls)


async def _say(send: Send, status: int, sentence: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [_PLAIN]})
    await send({"type": "http.response.body", "body": sentence.encode()})
