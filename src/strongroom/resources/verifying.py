"""Showing that a bank account is one's own: what was seen of the small deposits to it, reported to the intent that waits.

    POST /v1/payment_intents/{intent}/verify_microdeposits    verify
    POST /v1/setup_intents/{intent}/verify_microdeposits      verify

Which amounts and codes are right is in the catalogue. The account is verified for good, whatever comes of the intent;
after too many wrong reports it never can be.
"""

from typing import Final

from strongroom import errors
from strongroom.catalog.customer_pages import customer_pages
from strongroom.catalog.microdeposits import microdeposits
from strongroom.connectors.base import Outcome
from strongroom.domain import microdeposits as rules
from strongroom.domain.microdeposits import Report, Verdict
from strongroom.resources import acquiring, attempts, challenges, deposits, payment_methods
from strongroom.resources import intent_parts as parts
from strongroom.resources.attempts import ACTION, GIVEN_UP
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.intent_parts import PAYMENT, SETUP, Words
from strongroom.resources.kind import Document, Kind, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.next_actions import VERIFY
from strongroom.resources.payment_intents import PAYMENT_INTENT
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import PUBLISHABLE_TOO, handles
from strongroom.resources.setup_intents import SETUP_INTENT
from strongroom.resources.tasks import Onward, continues

WRONG: Final = "wrong_reports"
"""How many wrong reports of each kind there were about an account."""
Answered = Onward | Refusal | Document


@handles(
    "POST /v1/payment_intents/{intent}/verify_microdeposits",
    permission=PAYMENT_INTENT.permission,
    allow=PUBLISHABLE_TOO,
)
async def verify_payment(call: Call, params: Document, *, intent: str) -> Answered:
    """Report the deposits that a payment waits for. A publishable key needs the client secret."""
    return await _verify(call, PAYMENT_INTENT, PAYMENT, intent, params)


@handles(
    "POST /v1/setup_intents/{intent}/verify_microdeposits",
    permission=SETUP_INTENT.permission,
    allow=PUBLISHABLE_TOO,
)
async def verify_setup(call: Call, params: Document, *, intent: str) -> Answered:
    """Report the deposits that keeping an account waits for. A publishable key needs the client secret."""
    return await _verify(call, SETUP_INTENT, SETUP, intent, params)


async def _verify(call: Call, kind: Kind, words: Words, intent: str, params: Document) -> Answered:
    stored = await call.load(kind, intent, param="intent", in_path=True)
    parts.check_may_see(call, words, stored, params)
    report = rules.report_of(params)
    method = await _waiting(call, kind, words, stored)
    return await report_seen(call, kind, stored, method, report)


async def _waiting(call: Call, kind: Kind, words: Words, intent: Stored) -> Stored:
    """Return the bank account that an intent waits to see verified.

    Raises:
        errors.InvalidRequest: it waits for nothing of the kind.
    """
    attempts.check_free(intent)
    method_id = intent.doc["payment_method"]
    method = None if method_id is None else await call.find(PAYMENT_METHOD, method_id)
    if method is not None and _can_be_verified(method) and acquiring.is_verified(method):
        raise attempts.holding(
            errors.InvalidRequest(
                "This bank account has already been verified.",
                code="payment_method_bank_account_already_verified",
            ),
            **{kind.type: attempts.shown(call, kind, intent)},
        )
    action = intent.doc[PRIVATE].get(ACTION)
    if method is None or action is None or action["type"] != VERIFY:
        raise attempts.holding(
            errors.InvalidRequest(
                f"This {words.name} cannot be actioned on because it has a status of {intent.doc['status']}. Only a "
                f'{words.name} with one of the following statuses may be actioned on: ["requires_action"].',
                code="intent_invalid_state",
            ),
            **{kind.type: attempts.shown(call, kind, intent)},
        )
    return method


def _can_be_verified(method: Stored) -> bool:
    return PAGES[method["type"]].flow.confirmation == "microdeposit"


async def reported(call: Call, intent: Stored, report: Report) -> Answered:
    """Go on with an intent on whose page deposits were reported."""
    kind = PAYMENT_INTENT if intent.doc["object"] == PAYMENT_INTENT.type else SETUP_INTENT
    words = PAYMENT if kind is PAYMENT_INTENT else SETUP
    return await report_seen(call, kind, intent, await _waiting(call, kind, words, intent), report)


async def report_seen(call: Call, kind: Kind, intent: Stored, method: Stored, report: Report) -> Answered:
    """Go on with an intent that waits for the report, or refuse it and count; no account has endless tries.

    Raises:
        errors.InvalidRequest: such accounts are not verified in this way.
    """
    takes = microdeposits().types[method["type"]].takes
    if report.kind not in takes:
        raise errors.ParameterRefused(
            f"PaymentMethods of type {method['type']} are verified with {' or '.join(takes)}.",
            param=report.kind,
        )
    wrong: Document = method.doc[PRIVATE].get(WRONG) or {}
    before = wrong.get(report.kind, 0)
    verdict = rules.judge(report, before, type_name=method["type"])
    if verdict is Verdict.RIGHT:
        payment_methods.mark_verified(call, method)
        return await challenges.go_on(call, intent, None)
    if verdict is Verdict.TIMED_OUT:
        deposits.time_out(call, intent.id, intent.doc[PRIVATE][ACTION]["token"])
        return kind.view(intent)
    is_final = rules.is_final(verdict, before, report.kind)
    counted = {WRONG: {**wrong, report.kind: before + 1}, GIVEN_UP: is_final}
    call.change(method, attempts.with_private(method.doc, **counted))
    if is_final:
        return await challenges.go_on(call, intent, rules.intent_refusal(Verdict.EXCEEDED))
    error = rules.intent_refusal(verdict, report.kind, rules.tries_left(report.kind, before))
    call.guard(intent)
    return Refusal(attempts.holding(error, **{kind.type: attempts.shown(call, kind, intent)}), keeps_all=True)


# -- what happens by itself -------------------------------------------------------------------------------------------


@continues(deposits.NOT_SENT)
async def not_sent(call: Call, state: Document, _: Outcome | None) -> None:
    """The deposits never arrived."""
    await _give_up(call, state, "deposits_failed")


@continues(deposits.TIMED_OUT)
async def timed_out(call: Call, state: Document, _: Outcome | None) -> None:
    """Nobody has reported them in time."""
    await _give_up(call, state, "deposits_timed_out")


async def _give_up(call: Call, state: Document, reason: str) -> None:
    """Fail the intent if it still waits for these deposits."""
    intent = await challenges.find(call, state["intent"])
    if intent is not None and challenges.waiting(intent, state["token"]) is not None:
        await challenges.go_on(
            call, intent, attempts.failure(intent.doc["object"], customer_pages().reasons[reason])
        )
