"""The application: one coroutine from an ASGI scope to an answer, and the health routes beside `/v1`.

Everything that is not an answer of an operation is decided here: what a browser asks before it calls, who is calling,
what version was asked for, and what to say when something of ours breaks.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.house import House
from strongroom.http import answer as answers
from strongroom.http import challenge_pages, connect_pages, link_pages, log_line, oauth, paper_pages
from strongroom.http.answer import Answer
from strongroom.http.auth import authenticate
from strongroom.http.deadlines import Deadlines
from strongroom.http.log_line import LogLines
from strongroom.http.metrics import Metrics
from strongroom.http.pages import Pages
from strongroom.http.pipeline import perform
from strongroom.http.request import Receive, Request, Scope, check_size, from_scope, read_body
from strongroom.http.uploads import Uploads, check_form, is_upload

Send = Callable[[dict[str, Any]], Awaitable[None]]

_VERSION: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z_]{1,32})?")
_FORM_TYPE: Final = b"application/x-www-form-urlencoded"
_FORM_TYPES: Final = frozenset({"", _FORM_TYPE.decode()})
_UNAUTHORIZED: Final = 401


class Application:
    """Answers `/v1` and the health routes for one opened house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.metrics = Metrics()
        self.pages = Pages(self)
        self._log = LogLines()
        self._in_flight: set[tuple[str, bool, str]] = set()
        self._deadlines = Deadlines(limits.HANDLER_SECONDS_MAX)
        self._body_deadlines = Deadlines(limits.BODY_READ_SECONDS_MAX)
        self._uploads = Uploads()

    async def watch(self) -> None:
        """End requests, and bodies, that take too long, until cancelled. Runs beside the server."""
        await asyncio.gather(self._deadlines.enforce(), self._body_deadlines.enforce())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request as any ASGI server asks for it; ours asks for `answer` and writes that at once."""
        answer = await self.answer(scope, receive)
        headers = answer.asgi_headers(from_browser=comes_from_browser(scope))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """Do what one HTTP request asks, count it, log it, and return what goes back."""
        started = time.perf_counter()
        request = from_scope(scope, self.house.settings)
        answer = await self._answer(request, scope, receive)
        self.note(request, answer.status, time.perf_counter() - started)
        return answer

    def note(self, request: Request, status: int, seconds: float) -> None:
        """Count and log an answer that took `seconds`."""
        self.metrics.count(request.route, status, seconds)
        if self.house.settings.request_log:
            self._log.write(request, status, seconds)

    async def _answer(self, request: Request, scope: Scope, receive: Receive) -> Answer:
        if request.method == "OPTIONS":
            return answers.preflight()
        if not request.path.startswith("/v"):
            probe = _PROBES.get(request.path)
            if probe is not None:
                return await probe(self)
        task = self._deadlines.begin(scope.get("task"))
        try:
            check_size(request, scope)
            if not is_upload(request):
                request.body = await read_body(scope, receive, request, self._body_deadlines)
            return await self._authenticated(request, receive)
        except errors.ApiError as refusal:
            request.error_code = refusal.code
            return _finish(answers.of_error(refusal), request, refusal)
        except Exception as fault:  # noqa: BLE001 -- the edge of the house: a bug is a 500 without a word of the exception
            log_line.write_fault(request, fault)
            return _finish(answers.of_error(errors.Unavailable()), request, None)
        except asyncio.CancelledError:
            if self._deadlines.end(task):
                raise
            return _finish(answers.of_error(errors.Unavailable()), request, None)
        finally:
            self._deadlines.end(task)

    async def _authenticated(self, request: Request, receive: Receive) -> Answer:
        if (request.method, request.path) == ("POST", oauth.PATH):
            return await oauth.deauthorize(request, self.house)
        if request.path.startswith(connect_pages.PREFIX):
            return await connect_pages.page(request, self.house)
        if request.path.startswith(link_pages.PREFIX):
            return await link_pages.page(request, self.house)
        if request.path.startswith(challenge_pages.PREFIX):
            return await challenge_pages.page(request, self.house)
        if request.path.startswith(paper_pages.PREFIXES):
            return await paper_pages.page(request, self.house)
        caller = await authenticate(request, self.house)
        request.request_id = ids.new("req")
        request.account = caller.account
        _check_version(request)
        if is_upload(request):
            async with self._uploads.received(request, receive):
                answer = await perform(request, caller, self.house, self._in_flight)
        else:
            _check_content_type(request)
            answer = await perform(request, caller, self.house, self._in_flight)
        if caller.acts_for_another:
            answer.headers.append((b"Stripe-Account", caller.account.encode()))
        return _finish(answer, request, None)


def comes_from_browser(scope: Scope) -> bool:
    """Whether a request names the origin of the page that makes it."""
    return any(name == b"origin" for name, _ in scope["headers"])


def _finish(answer: Answer, request: Request, refusal: errors.ApiError | None) -> Answer:
    """Add the headers of an answer past authentication; a refusal of the key or its account has none."""
    if refusal is not None and (refusal.http_status == _UNAUTHORIZED or refusal.code == "account_invalid"):
        return answer
    request.request_id = request.request_id or ids.new("req")
    answer.idempotency_key = answer.idempotency_key or request.headers.get(b"idempotency-key") or None
    return answers.identify(answer, request.request_id)


def _check_version(request: Request) -> None:
    """Accept any well-formed version; we answer at ours, and `Stripe-Version` on the answer says so."""
    version = request.headers.get(b"stripe-version")
    if version and _VERSION.fullmatch(version) is None:
        raise errors.ParameterRefused(f"Invalid Stripe API version: {errors.echo(version.decode('latin-1'))}")


def _check_content_type(request: Request) -> None:
    check_form(request)
    if request.headers.get(b"content-type", b"") == _FORM_TYPE:
        return
    content_type = request.header(b"content-type").partition(";")[0].strip().lower()
    if content_type not in _FORM_TYPES and request.body:
        raise errors.ParameterRefused(
            "The v1 API takes parameters as a form (Content-Type: application/x-www-form-urlencoded), "
            f"not as {errors.echo(content_type)}."
        )


# -- for operators ----------------------------------------------------------------------------------------------------


async def _health(app: Application) -> Answer:
    """200 when it can serve: a read reaches the store."""
    why_not = await _why_not_ready(app)
    return Answer(200 if not why_not else 503, answers.encode({"ok": not why_not}))


async def _ready(app: Application) -> Answer:
    """The same, and why not."""
    why_not = await _why_not_ready(app)
    return Answer(200 if not why_not else 503, answers.encode({"ready": not why_not, "why_not": why_not}))


async def _why_not_ready(app: Application) -> list[str]:
    try:
        await app.house.store.scan("accounts", 0, 1)
    except Exception as fault:  # noqa: BLE001 -- whatever it is, the probe says which kind and no more
        return [f"the store does not answer: {type(fault).__name__}"]
    return []


async def _metrics(app: Application) -> Answer:
    return Answer(200, app.metrics.render(), content_type=b"text/plain; version=0.0.4")


_PROBES: Final = {"/healthz": _health, "/readyz": _ready, "/metrics": _metrics}
