"""Older names of an account's parameters, which clients of years ago still send.

bank_account                what is `external_account` today
requested_capabilities[]    what is `capabilities[…][requested]` today
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final

from strongroom import errors
from strongroom.catalog.accounts import account_tables
from strongroom.resources.call import Call
from strongroom.resources.kind import Document

BANK: Final = "bank_account"
EXTERNAL: Final = "external_account"
REQUESTED: Final = "requested_capabilities"
CAPABILITIES: Final = "capabilities"

Operate = Callable[..., Awaitable[Document]]


def older_names(operate: Operate) -> Operate:
    """Let an operation take the older names too; a refusal then names what was sent."""

    @functools.wraps(operate)
    async def with_older_names(call: Call, params: Document, **ids: Any) -> Document:
        try:
            return await operate(call, modern(params), **ids)
        except errors.InvalidRequest as refusal:
            param = refusal.param or ""
            if BANK in params and param.startswith(EXTERNAL):
                refusal.param = BANK + param.removeprefix(EXTERNAL)
            raise

    return with_older_names


def modern(params: Document) -> Document:
    """Return parameters under the names of today.

    Raises:
        errors.ParameterRefused: both names of one thing, or a capability that there is not.
    """
    given = {name: value for name, value in params.items() if name not in (BANK, REQUESTED)}
    for old, new in ((BANK, EXTERNAL), (REQUESTED, CAPABILITIES)):
        if old in params and new in params:
            raise errors.parameters_exclusive(new, old)
    if BANK in params:
        bank = params[BANK]
        given[EXTERNAL] = {**bank, "object": "bank_account"} if isinstance(bank, dict) else bank
    if REQUESTED in params:
        _check_known(params[REQUESTED])
        given[CAPABILITIES] = {name: {"requested": True} for name in params[REQUESTED]}
    return given


def _check_known(names: list[str]) -> None:
    for number, name in enumerate(names):
        if name not in account_tables().capabilities:
            raise errors.ParameterRefused(
                f"Invalid {REQUESTED}[{number}]: there is no such capability.", param=f"{REQUESTED}[{number}]"
            )
