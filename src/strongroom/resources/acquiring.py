"""Who moves the money of an account, what is asked of them, and where the sandbox's acquirer remembers it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from strongroom import errors
from strongroom.connectors.base import (
    UNKNOWN,
    Acquirer,
    Authorization,
    Cancellation,
    Capture,
    Increment,
    Instrument,
    Outcome,
    Return,
    Verification,
)
from strongroom.connectors.sandbox import Record, Sandbox
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.store import Rejected, Row, WriteSet

RECORDS: Final = "acquirer_records"
CARD: Final = "card"

Question = Authorization | Verification | Increment | Capture | Cancellation | Return

_TYPES: Final[dict[str, type[Question]]] = {
    one.__name__: one for one in (Authorization, Verification, Increment, Capture, Cancellation, Return)
}


class SealedLedger:
    """The sandbox's ledger: rows of the account, committed one by one, before anything is answered."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def find(self, reference: str) -> Record | None:
        """Return what was kept under a reference, or None."""
        caller = self._call.caller
        row = await self._call.store.get(RECORDS, caller.account, caller.livemode, reference)
        return None if row is None else self._call.open(row).doc

    async def keep(self, reference: str, record: Record) -> Record:
        """Keep `record` unless something was kept before, and return what is kept now."""
        call = self._call
        sealed = call.keyring.seal_document(RECORDS, reference, msgspec.msgpack.encode(record))
        columns = {"created": call.now, "kind": record["kind"]}
        row = Row(RECORDS, call.caller.account, call.caller.livemode, reference, 0, 0, columns, sealed)
        try:
            await call.store.commit(WriteSet(inserts=[row]))
        except Rejected:
            return await self.find(reference) or record
        return record


def check_connected(call: Call) -> None:
    """Refuse to ask anybody about real money: only the sandbox has an acquirer, and it moves none.

    Raises:
        errors.Unavailable: 501.
    """
    if call.caller.livemode and not call.settings.sandbox:
        raise errors.not_implemented("payments in live mode without `--sandbox`: no acquirer is connected")


def acquirer_of(call: Call) -> Acquirer:
    """Return who moves the money of the account that `call` acts on."""
    return Sandbox(SealedLedger(call), lambda: call.now, call.settings.settle_after)


async def put(call: Call, question: Question) -> Outcome:
    """Ask. Whatever goes wrong on the way is no answer: it is unknown."""
    acquirer = acquirer_of(call)
    ask: dict[type[Question], Callable[[Any], Awaitable[Outcome]]] = {
        Authorization: acquirer.authorize,
        Verification: acquirer.verify,
        Increment: acquirer.increment,
        Capture: acquirer.capture,
        Cancellation: acquirer.cancel,
        Return: acquirer.refund,
    }
    try:
        return await ask[type(question)](question)
    except (OSError, TimeoutError):
        return UNKNOWN


async def put_again(call: Call, question: Question) -> Outcome:
    """Hear what was answered already; ask (under the same reference) what was never heard of."""
    known = await acquirer_of(call).look_up(question.reference)
    return await put(call, question) if known is None else known


def as_document(question: Question) -> Document:
    """Return a question as it is stored."""
    return {"type": type(question).__name__, **msgspec.to_builtins(question)}


def as_question(document: Document) -> Question:
    """Return a question that was stored."""
    asked = {name: value for name, value in document.items() if name != "type"}
    return msgspec.convert(asked, _TYPES[document["type"]])


def instrument_of(call: Call, method: Stored) -> Instrument:
    """Return a PaymentMethod as the acquirer sees it. The security code in memory is used up by the question."""
    private, kind = method.doc[PRIVATE], method.doc["type"]
    if kind != CARD:
        return Instrument(kind, private["behaviour"], verified=is_verified(method))
    code_known = call.use_code(method.id)
    address = method.doc["billing_details"]["address"]
    return Instrument(
        CARD,
        private["behaviour"],
        cvc_given=private["cvc_given"] and code_known,
        zip_given=private["zip_given"] or bool(address["postal_code"]),
        line1_given=bool(address["line1"]),
        three_d_secure_supported=method.doc[CARD]["three_d_secure_usage"]["supported"],
        network=method.doc[CARD]["brand"],
    )


async def declines_on(call: Call) -> Document:
    """Return on which failed checks the account wants cards declined, as an `Authorization` says it."""
    account = await call.find(ACCOUNT, call.caller.account)
    settings: Document = {} if account is None else account.doc.get("settings") or {}
    wished: Document = settings.get("card_payments", {}).get("decline_on") or {}
    return {
        "decline_on_cvc": wished.get("cvc_failure", False),
        "decline_on_zip": wished.get("avs_failure", False),
    }


def with_code(instrument: Instrument, *, given: bool) -> Instrument:
    """Return an instrument with a security code that came on its own."""
    return replace(instrument, cvc_given=given)


def is_verified(method: Stored) -> bool:
    """Whether nobody has to show first that a bank account is theirs."""
    private = method.doc[PRIVATE]
    is_shown = private.get("verified", private.get("status") == "verified")
    return PAGES[method["type"]].flow.confirmation != "microdeposit" or is_shown
