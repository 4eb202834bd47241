"""One JSON line per request on standard error: an allow-list of fields, prepared before the work so that no way out forgets it.

The path appears as its route's template, never as sent, and neither query, body, headers nor exception texts appear
at all: a card number can stand in any of them.
"""

import contextlib
import os
import time
from typing import Any

import msgspec

from strongroom.http.request import Request

_encode = msgspec.json.Encoder().encode
_STDERR = 2


def write(request: Request, status: int, started: float) -> None:
    """Write the line. `started` is `time.perf_counter()` at arrival."""
    line = {
        "at": time.time(),
        "request": request.request_id,
        "method": request.method if request.method.isalpha() and len(request.method) < 8 else "?",  # noqa: PLR2004 -- OPTIONS is the longest
        "route": request.route,
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 3),
    }
    if request.account is not None:
        line["account"] = request.account
    if request.error_code is not None:
        line["code"] = request.error_code
    _write(line)


def write_fault(request: Request, fault: BaseException) -> None:
    """Say that something of ours broke: the kind of exception and where, without its text or any local variable."""
    frames = []
    trace = fault.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")  # noqa: PTH119 -- a file's name is all that is wanted
        trace = trace.tb_next
    line = {
        "at": time.time(),
        "request": request.request_id,
        "route": request.route,
        "fault": type(fault).__name__,
        "where": frames,
    }
    _write(line)


def _write(line: dict[str, Any]) -> None:
    """A standard error that nobody reads any more is no reason to fail a request."""
    with contextlib.suppress(OSError):
        os.write(_STDERR, _encode(line) + b"\n")
