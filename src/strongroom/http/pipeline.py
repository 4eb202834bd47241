"""From a caller and a request to an answer: route, permission, parameters, idempotency, work, commit.

The order is Stripe's: the first check that fails decides the answer, and nothing before the work has any effect. A
commit that is rejected, because somebody changed what the operation had read, starts the operation over.
"""

import uuid
from typing import Any, Final

import msgspec

from strongroom import errors, limits
from strongroom.contract import Operation, contract
from strongroom.house import House
from strongroom.http import answer as answers
from strongroom.http import downloads, forms, idempotency, log_line, phases
from strongroom.http.answer import Answer
from strongroom.http.idempotency import Claim, StoredAnswer
from strongroom.http.phases import Whose
from strongroom.http.rendering import render
from strongroom.http.request import Request
from strongroom.resources import registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.kind import Attachment, Refusal
from strongroom.resources.registry import Handler
from strongroom.resources.tasks import Onward
from strongroom.store import Rejected
from strongroom.vault import Keyring
from strongroom.workers.catching_up import catch_up

# Refusals that say nothing about the request itself, so that the key stays free: 401 and 403 never get here.
_NOT_KEPT: Final = frozenset({403, 409, 429, 501, 503})

# Executed, with an answer that another try would not change.
_NOT_RETRIED: Final = frozenset({200, 402})


class Work(msgspec.Struct):
    """An operation that was found, allowed and typed, ready to run as often as its commit is rejected."""

    operation: Operation
    handler: Handler
    params: dict[str, Any]
    path_ids: dict[str, str]
    expand: list[str]
    caller: Caller
    origin: Origin
    keyring: Keyring


async def perform(
    request: Request, caller: Caller, house: House, in_flight: set[tuple[str, bool, str]]
) -> Answer:
    """Do what the request asks and return the answer, raising `errors.ApiError` for refusals before the work."""
    operation, path_ids = _route(request)
    handler = _guard(operation, caller)
    tree = forms.decode(request.query, b"" if request.method == "GET" else request.body)
    if request.file is not None:
        tree["file"] = request.file
    params = _params(operation, tree, house)
    keyring = await house.keyring(caller.account, caller.livemode)
    key = idempotency.key_of(request)
    work = Work(
        operation, handler, params, path_ids, params.pop("expand", []), caller, _origin(request, key), keyring
    )
    operation.check_expand(work.expand)
    _check_may_expand(operation, work.expand, caller)
    if request.method != "POST":
        return await _run(work, request, house, None)
    if key is None:
        answer = await _run(work, request, house, None)
        is_named = answer.idempotency_key is not None
        return answer if is_named else _executed(answer, str(uuid.uuid4()), request.request_id)
    claimed = idempotency.claim(key, request, tree, caller, keyring)
    slot = (caller.account, caller.livemode, claimed.row_id)
    if slot in in_flight:
        raise idempotency.in_use(key)
    in_flight.add(slot)
    try:
        return await _run(work, request, house, claimed)
    finally:
        in_flight.discard(slot)


def _route(request: Request) -> tuple[Operation, dict[str, str]]:
    found = contract().route(request.method, request.path)
    if found is None:
        raise errors.ParameterRefused(
            f"Unrecognized request URL ({errors.echo(request.method)}: {errors.echo(request.path)}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/.",
            status=404,
        )
    request.route = found[0].key
    return found


def _guard(operation: Operation, caller: Caller) -> Handler:
    """Check the kind of key and, for a restricted one, its permission: before existence, so that no id leaks."""
    handler = registry.handler(operation.key)
    if caller.kind is KeyKind.EPHEMERAL and (handler is None or handler.own is None):
        raise caller.out_of_reach()
    may_publishable = handler is not None and KeyKind.PUBLISHABLE in handler.allow
    if caller.kind is KeyKind.PUBLISHABLE and not may_publishable:
        raise errors.secret_key_required()
    if handler is None:
        raise errors.not_implemented(operation.key)
    verb = "read" if operation.key.startswith("GET ") else "write"
    if caller.kind is KeyKind.RESTRICTED and not caller.may(handler.permission, verb):
        raise caller.lacks(handler.permission, verb)
    return handler


def _check_may_expand(operation: Operation, paths: list[str], caller: Caller) -> None:
    """Refuse what the key may not read before anything is done: afterwards it would be too late to say so."""
    if not paths or caller.kind is KeyKind.SECRET:
        return
    for names in operation.references(paths):
        permissions = {kind.permission for name in names if (kind := registry.kind(name)) is not None}
        refusals = [refusal for one in sorted(permissions) if (refusal := _refusal(caller, one)) is not None]
        if refusals and len(refusals) == len(permissions):
            raise refusals[0]


def _refusal(caller: Caller, permission: str) -> errors.Forbidden | None:
    try:
        caller.check_may_read(permission)
    except errors.Forbidden as refusal:
        return refusal
    return None


def _params(operation: Operation, tree: dict[str, Any], house: House) -> dict[str, Any]:
    if house.settings.clamp_list_limits and isinstance(tree.get("limit"), str):
        tree["limit"] = _clamped(tree["limit"])
    return operation.validate(tree)


def _clamped(text: str) -> str:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= limits.INTEGER_DIGITS_MAX):
        return text
    return str(min(max(int(text), 1), limits.PAGE_SIZE_MAX))


def _origin(request: Request, key: str | None) -> Origin:
    user_agent = request.header(b"user-agent") or None
    api_version = request.header(b"stripe-version") or None
    return Origin(request.request_id, key, request.client_ip, request.path, user_agent, api_version)


async def _run(work: Work, request: Request, house: House, claimed: Claim | None) -> Answer:
    """Run the operation until its write set is accepted, at most five times.

    The key is not looked up first: nearly every key is new, and whether it is, the commit decides anyway. A used one
    costs the operation's work, of which nothing is committed.
    """
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = Call(house, work.caller, work.origin, work.keyring)
        answer, is_kept = await _operate(work, call, request)
        if isinstance(answer, Onward):
            claimed = claimed or idempotency.fresh_claim(work.keyring)
            phases.stage(call, answer, claimed, work.expand)
        elif claimed is not None and not is_kept:
            return await _earlier(work, request, house, claimed) or answer
        elif claimed is not None:
            idempotency.keep(call, claimed, StoredAnswer(answer.status, answer.body, request.request_id))
        try:
            await call.keep_keyrings()
            await house.store.commit(call.writes)
        except Rejected as rejection:
            await call.abandon_keyrings()
            if claimed is not None and (rejection.table, rejection.id) == (idempotency.TABLE, claimed.row_id):
                replayed = await _earlier(work, request, house, claimed)
                if replayed is not None:
                    return replayed
            continue
        call.committed()
        await _before_the_answer(call, work, house)
        if isinstance(answer, Onward):
            answer = await _second_half(answer, call, claimed, request, house)
        return answer if claimed is None else _executed(answer, claimed.key, request.request_id)
    raise errors.lock_timeout()


async def _second_half(
    onward: Onward, call: Call, claimed: Claim | None, request: Request, house: House
) -> Answer:
    assert claimed is not None
    answer, request.error_code = await phases.go_on(house, call, onward, claimed)
    assert answer is not None
    return answer


async def _before_the_answer(call: Call, work: Work, house: House) -> None:
    """Do what a commit leaves to be done before anybody hears of it."""
    if call.moves_clock:
        await catch_up(house, call, phases.complete)
    for follow_up in call.follow_ups:
        await phases.follow(house, Whose(work.caller, work.origin, work.keyring), follow_up)


async def _earlier(work: Work, request: Request, house: House, claimed: Claim) -> Answer | None:
    """Return the answer kept under the key, as a replay, or None if the key is free."""
    earlier = await idempotency.earlier_answer(claimed, request, work.caller, work.keyring, house)
    return None if earlier is None else _replay(earlier, claimed.key)


async def _operate(work: Work, call: Call, request: Request) -> tuple[Answer | Onward, bool]:
    """Return the operation's answer, or how it goes on, and whether that is kept under the idempotency key."""
    try:
        if work.handler.own is not None and work.caller.kind is KeyKind.EPHEMERAL:
            await work.handler.own(call, work.params, work.path_ids)
        result = await work.handler.operate(call, work.params, **work.path_ids)
        if isinstance(result, Refusal):
            request.error_code = result.error.code
            if not result.keeps_all:
                call.keep_what_is_spent()
            return answers.of_error(result.error), True
        if isinstance(result, Attachment):
            return downloads.answer_of(result), False
        if isinstance(result, Onward):
            return result, True
        return Answer(200, await render(result, work.expand, call, request.path)), True
    except errors.ApiError as refusal:
        request.error_code = refusal.code
        call.discard()
        return answers.of_error(refusal), not (
            refusal.is_about_parameters or refusal.http_status in _NOT_KEPT
        )
    except Exception as fault:  # noqa: BLE001 -- the edge of the house: a bug is a 500 without a word of the exception
        call.discard()
        log_line.write_fault(request, fault)
        return answers.of_error(errors.Unavailable()), True


def _executed(answer: Answer, key: str, request_id: str) -> Answer:
    """Add what the answer of a POST that was executed carries."""
    answer.idempotency_key = key.encode("latin-1", "replace")
    answer.headers.append((b"Original-Request", request_id.encode()))
    if answer.should_retry is None and answer.status in _NOT_RETRIED:
        answer.should_retry = False
    return answer


def _replay(earlier: StoredAnswer, key: str) -> Answer:
    answer = _executed(Answer(earlier.status, earlier.body), key, earlier.request_id)
    answer.headers.append((b"Idempotent-Replayed", b"true"))
    return answer
