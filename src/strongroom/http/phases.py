"""The second half of an operation that asks somebody outside: ask, then write down what was answered, with the answer.

The request does it right away; after a crash, or if the request takes too long, the completer does. Both may be at it at
once: the commit that ends the task decides, and the other gives the answer that is kept.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from strongroom import errors, limits
from strongroom.house import House
from strongroom.http import answer as answers
from strongroom.http import idempotency
from strongroom.http.answer import Answer
from strongroom.http.idempotency import Claim, StoredAnswer
from strongroom.http.rendering import render
from strongroom.resources import acquiring, tasks
from strongroom.resources.call import Call, FollowUp, Origin
from strongroom.resources.caller import Caller
from strongroom.resources.kind import Refusal, Stored
from strongroom.resources.tasks import TASK, Heard, Onward
from strongroom.store import Rejected, Row
from strongroom.vault import Keyring


class Finished(NamedTuple):
    """A task that was ended here: its answer if a request waits for one, and the code of a refusal, for the log."""

    answer: Answer | None
    error_code: str | None


class Whose(NamedTuple):
    """In whose name a task is done."""

    caller: Caller
    origin: Origin
    keyring: Keyring
    due_at: int | None = None
    """When it was to be done; None: now."""

    def call(self, house: House) -> Call:
        """Return a fresh call."""
        return Call(house, self.caller, self.origin, self.keyring, due_at=self.due_at)


Operate = Callable[[Call], Awaitable[Onward | None]]


async def perform(house: House, whose: Whose, operate: Operate) -> None:
    """Do an operation that no request of the API asks for, both halves, until its commits are accepted.

    Raises:
        errors.RateLimited: others keep changing what it is about.
    """
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = whose.call(house)
        onward = await operate(call)
        claimed = idempotency.fresh_claim(whose.keyring)
        if onward is not None:
            stage(call, onward, claimed, [])
        try:
            await house.store.commit(call.writes)
        except Rejected:
            continue
        call.committed()
        if onward is not None:
            await go_on(house, call, onward, claimed)
        return
    raise errors.lock_timeout()


def stage(call: Call, onward: Onward, claimed: Claim, expand: list[str]) -> None:
    """Stage the task, and that its key is in use until it is done.

    Raises:
        errors.Unavailable: nobody could be asked.
    """
    acquiring.check_connected(call)
    request_id = call.origin.request_id or ""
    idempotency.begin(call, claimed, request_id)
    tasks.stage(call, onward, {"expand": expand, "key": claimed.row_id, "request_id": request_id})


async def go_on(house: House, first: Call, onward: Onward, claimed: Claim) -> Finished:
    """Do the second half of an operation whose first half was committed.

    Raises:
        errors.NotAnsweredYet: nothing explicit was heard; the completer asks again.
        errors.RateLimited: others keep changing what it is about; the completer goes on.
    """
    whose = Whose(first.caller, first.origin, first.keyring)
    outcome = await acquiring.put(first, onward.question)
    finished = await _finish(house, whose, onward.question.reference, outcome)
    if finished is not None:
        return finished
    kept = await idempotency.finished(whose.call(house), claimed.row_id)
    if kept is None:
        raise errors.lock_timeout()
    return Finished(Answer(kept.status, kept.body), None)


async def complete(house: House, row: Row) -> Finished | None:
    """Do what a task is about; None: somebody else has done it.

    Raises:
        errors.NotAnsweredYet: still nothing explicit was heard.
        errors.RateLimited: others keep changing what it is about.
    """
    keyring = await house.keyring(row.account, row.livemode)
    doc = msgspec.msgpack.decode(keyring.open_document(row.table, row.id, row.doc))
    caller, origin = msgspec.convert(doc["caller"], Caller), msgspec.convert(doc["origin"], Origin)
    whose = Whose(caller, origin, keyring, row.columns["due_at"])
    outcome: Heard = None
    if doc["question"] is not None:
        question = acquiring.as_question(doc["question"])
        outcome = await acquiring.put_again(whose.call(house), question)
    return await _finish(house, whose, row.id, outcome)


async def _finish(house: House, whose: Whose, task_id: str, outcome: Heard) -> Finished | None:
    """Write down what came of it, as often as somebody else was faster; None if the task itself is gone."""
    for _ in range(limits.FINISH_ATTEMPTS_MAX):
        task = await whose.call(house).find(TASK, task_id)
        if task is None:
            return None
        if whose.due_at is not None:
            whose = await _as_due(house, whose, task)
        call = whose.call(house)
        half = tasks.half(task["kind"])
        is_unknown = tasks.is_unknown(outcome)
        if is_unknown and half.if_unknown is None:
            raise errors.NotAnsweredYet
        result = await half.go_on(call, task.doc["state"], outcome)
        if is_unknown and half.if_unknown is not None:
            tasks.ask_again(call, task, half.if_unknown)
        else:
            call.delete(task)
        if isinstance(result, Onward):
            finished = await _begin_anew(house, call, result)
            if finished is None:
                continue
            return finished
        answer = await _answered(call, task.doc["answer"], result)
        try:
            await house.store.commit(call.writes)
        except Rejected:
            continue
        call.committed()
        for follow_up in call.follow_ups:
            await follow(house, whose, follow_up)
        return Finished(answer, result.error.code if isinstance(result, Refusal) else None)
    raise errors.lock_timeout()


async def _begin_anew(house: House, call: Call, onward: Onward) -> Finished | None:
    """Do both halves of what a task goes on with that was done after a time; None: somebody else was faster."""
    claimed = idempotency.fresh_claim(call.keyring)
    stage(call, onward, claimed, [])
    try:
        await house.store.commit(call.writes)
    except Rejected:
        return None
    call.committed()
    return await go_on(house, call, onward, claimed)


async def follow(house: House, whose: Whose, follow_up: FollowUp) -> None:
    """Do what an operation left to be done after its commit. Whoever rejects it is done soon: it is tried until it is."""
    while True:
        call = whose.call(house)
        await follow_up(call)
        try:
            return await house.store.commit(call.writes)
        except Rejected:
            continue


async def _rendered(call: Call, result: Any, expand: list[str]) -> bytes:
    """Render what was done, which is done whatever can be shown of it: what cannot be expanded stays an id."""
    try:
        return await render(result, expand, call, call.origin.path)
    except errors.ApiError:
        return await render(result, [], call, call.origin.path)


async def _as_due(house: House, whose: Whose, task: Stored) -> Whose:
    """Return in whose name a task is done, at the time at which it was due: its account's clock may just have been moved."""
    await house.clocks.look(whose.caller.key_account, livemode=whose.caller.livemode)
    return whose._replace(due_at=task["due_at"])


async def _answered(call: Call, waiting: Any, result: Any) -> Answer | None:
    """Return the answer to the request that waits, and stage it under its key."""
    if waiting is None:
        return None
    if isinstance(result, Refusal):
        answer = answers.of_error(result.error)
    else:
        answer = Answer(200, await _rendered(call, result, waiting["expand"]))
    await idempotency.finish(
        call, waiting["key"], StoredAnswer(answer.status, answer.body, waiting["request_id"])
    )
    return answer
