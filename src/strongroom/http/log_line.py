"""One JSON line per request on standard error: an allow-list of fields, prepared before the work so that no way out forgets it.

The path appears as its route's template, never as sent, and neither query, body, headers nor exception texts appear
at all: a card number can stand in any of them.
"""

import asyncio
import contextlib
import os
import time
from typing import Any

import msgspec

from strongroom.http.request import Request

_encode = msgspec.json.Encoder().encode
_STDERR = 2


class LogLines:
    """Lines on their way out. Those of one turn of the loop leave together, which costs one system call instead of many."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, request: Request, status: int, seconds: float) -> None:
        """Write the line of a request that took `seconds`, at the end of this turn of the loop."""
        line: dict[str, Any] = {
            "at": time.time(),
            "request": request.request_id,
            "method": request.method if request.method.isalpha() and len(request.method) < 8 else "?",  # noqa: PLR2004 -- OPTIONS is the longest
            "route": request.route,
            "status": status,
            "ms": round(seconds * 1000, 3),
        }
        if request.account is not None:
            line["account"] = request.account
        if request.error_code is not None:
            line["code"] = request.error_code
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(_encode(line))

    def _flush(self) -> None:
        self._waiting.append(b"")
        _write(b"\n".join(self._waiting))
        self._waiting.clear()


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
    _write(_encode(line) + b"\n")


def _write(lines: bytes) -> None:
    """A standard error that nobody reads any more is no reason to fail a request."""
    with contextlib.suppress(OSError):
        os.write(_STDERR, lines)
