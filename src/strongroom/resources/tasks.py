"""What remains to be done: after a question to the acquirer, or after a time.

An operation that needs an answer from outside is cut in two. Its first half checks and stages all it intends, and returns
an `Onward`: the question, and the name of the half that goes on. Both are committed as a task before anybody is asked; the
second half runs with the answer, stages what came of it and ends the task, in one commit. If the process dies between the
two, the completer finds the task and does the rest: the question has its own reference, so asking again asks nothing new.

Something that happens by itself later, such as a refund that arrives, is a task without a question.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from strongroom import ids
from strongroom.connectors.base import Outcome
from strongroom.domain.intent_machine import Verdict
from strongroom.resources.acquiring import Question, as_document
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Refusal, Stored

LEASE_SECONDS: Final = 3
"""How long whoever asks is left alone before the completer asks as well. Both may: only one of them ends the task."""

ASK_AGAIN_SECONDS: Final = 60
"""How long whoever did not answer is left alone."""

Heard = Outcome | None
"""What was answered; None: there was no question."""

Continuation = Callable[[Call, Document, Heard], Awaitable["Document | Refusal | Onward | None"]]
"""Takes a call, the state the first half left, and the answer; returns what is answered to the request, if one waits.

What is done after a time, for which no request waits, may go on to ask somebody itself."""


class Half(NamedTuple):
    """The second half of an operation."""

    go_on: Continuation
    if_unknown: str | None
    """Who goes on when this half has written down that the answer is not known yet; None: it waits until there is one."""


_halves: dict[str, Half] = {}


def _view(task: Stored) -> Document:
    return task.doc


TASK: Final = Kind("task", "tasks", "task", "task", "task", _view)


@dataclass(frozen=True, slots=True)
class Onward:
    """What an operation returns that goes on once its question has been answered."""

    question: Question
    then: str
    """The name of the continuation."""
    state: Document
    """What the continuation needs to know, and cannot read."""


def continues(name: str, *, if_unknown: str | None = None) -> Callable[[Continuation], Continuation]:
    """Register the second half of an operation, or what is done after a time.

    Args:
        name: what tasks call it.
        if_unknown: the half that hears the answer once there is one, if this one can answer the request without.
    """

    def register(go_on: Continuation) -> Continuation:
        assert name not in _halves, name
        _halves[name] = Half(go_on, if_unknown)
        return go_on

    return register


def half(name: str) -> Half:
    """Return what was registered under a name."""
    return _halves[name]


def is_unknown(heard: Heard) -> bool:
    """Whether a question was asked and nothing explicit was heard."""
    return heard is not None and heard.verdict is Verdict.UNKNOWN


def stage(call: Call, onward: Onward, answer: Document | None) -> str:
    """Stage the task of an operation that goes on, and return its id.

    Args:
        call: the first half's.
        onward: the question and who goes on.
        answer: what whoever finishes it has to know to answer the request; None: no request waits.
    """
    doc = {
        "question": as_document(onward.question),
        "state": onward.state,
        "caller": msgspec.to_builtins(call.caller),
        "origin": msgspec.to_builtins(call.origin),
        "answer": answer,
    }
    return _insert(call, onward.question.reference, onward.then, doc, call.due_in(LEASE_SECONDS))


def ask_again(call: Call, task: Stored, then: str) -> None:
    """Stage that a task goes on to be asked about, by itself, and is then gone on with by `then`."""
    call.change(task, {**task.doc, "answer": None}, kind=then, due_at=call.due_in(ASK_AGAIN_SECONDS))


def later(call: Call, seconds: int, then: str, state: Document) -> None:
    """Stage that `then` is done `seconds` from now, by itself; its events name no request."""
    doc = {
        "question": None,
        "state": state,
        "caller": msgspec.to_builtins(call.caller),
        "origin": {"request_id": None, "idempotency_key": None, "client_ip": None, "path": ""},
        "answer": None,
    }
    _insert(call, ids.new(TASK.prefix), then, doc, call.due_in(seconds))


def _insert(call: Call, task_id: str, kind: str, doc: Document, due_at: int) -> str:
    call.insert_row(TASK.table, task_id, doc, created=call.now, kind=kind, due_at=due_at)
    return task_id
