"""The acquirer of the sandbox: moves no money, and answers the same to the same, as the catalogue says.

It keeps its own account of what it was asked, in a ledger that outlives the process: asked again under the same reference,
it answers as it did, and `look_up` knows what it never got to say.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final, Protocol

from strongroom.catalog.behaviours import CHECKS, Behaviour, behaviour
from strongroom.catalog.disputes import DEBIT
from strongroom.catalog.method_pages import method_types, outcome_table
from strongroom.catalog.method_shapes import Outcome as Fate
from strongroom.connectors.base import (
    Authorization,
    Cancellation,
    Capture,
    Increment,
    Instrument,
    Outcome,
    Return,
    Verification,
)
from strongroom.domain.holds import granted, is_too_much_more
from strongroom.domain.intent_machine import Verdict

CARD: Final = "card"
REQUIRED: Final = "required"
OPTIONAL: Final = "optional"
FRICTIONLESS: Final = "frictionless"
AUTHENTICATION_REQUIRED: Final = "authentication_required"
VERSION: Final = "2.2.0"
# What a customer does in person elsewhere: they press a button on our page.
_ELSEWHERE: Final = frozenset(
    {"app_approval", "code_then_app", "qr", "redirect", "redirect_or_qr", "voucher", "external"}
)

Record = dict[str, Any]


class Ledger(Protocol):
    """Where the acquirer remembers. Each reference is written once."""

    async def find(self, reference: str) -> Record | None:
        """Return what was kept under a reference, or None."""
        ...

    async def keep(self, reference: str, record: Record) -> Record:
        """Keep `record` unless something was kept before, and return what is kept now, once it is durable."""
        ...


class Sandbox:
    """Answers for one account and mode."""

    def __init__(self, ledger: Ledger, now: Callable[[], int], settle_after: int) -> None:
        """Begin.

        Args:
            ledger: what it remembers.
            now: tells the time, in seconds since 1970.
            settle_after: how many seconds whatever takes days at a bank takes here.
        """
        self._ledger = ledger
        self._now = now
        self._settle_after = settle_after

    async def authorize(self, asked: Authorization) -> Outcome:
        """Take or hold an amount."""
        return await self._answer("authorize", asked, *self._authorized(asked))

    async def verify(self, asked: Verification) -> Outcome:
        """Say whether an instrument is good."""
        return await self._answer("verify", asked, verified(asked))

    async def increment(self, asked: Increment) -> Outcome:
        """Hold more, unless it is too much at once."""
        approved = Outcome(Verdict.APPROVED)
        is_too_much = is_too_much_more(asked.before, asked.amount)
        answer = _declined(approved, "generic_decline") if is_too_much else approved
        return await self._answer("increment", asked, answer)

    async def capture(self, asked: Capture) -> Outcome:
        """Take what is held."""
        verdict = Verdict.APPROVED if asked.final else Verdict.PARTLY_CAPTURED
        return await self._answer("capture", asked, Outcome(verdict))

    async def cancel(self, asked: Cancellation) -> Outcome:
        """Let go of what is held."""
        return await self._answer("cancel", asked, Outcome(Verdict.APPROVED))

    async def refund(self, asked: Return) -> Outcome:
        """Give back; what comes of it was decided by the card that was charged."""
        charged = await self._ledger.find(asked.authorization)
        behaves = _behaviour_of(charged) if charged is not None else behaviour(None)
        now, later = refunded(behaves, self._settle_after)
        return await self._answer("refund", asked, now, later)

    async def look_up(self, reference: str) -> Outcome | None:
        """Say what has become of a question by now."""
        record = await self._ledger.find(reference)
        return None if record is None else self._read(record)

    async def _answer(self, kind: str, asked: Any, outcome: Outcome, later: Outcome | None = None) -> Outcome:
        """Write the answer down, then give it; whoever asked first decides what it is."""
        record = {
            "kind": kind,
            "asked": asdict(asked),
            "at": self._now(),
            "outcome": asdict(outcome),
            "later": None if later is None else asdict(later),
        }
        return self._read(await self._ledger.keep(asked.reference, record))

    def _read(self, record: Record) -> Outcome:
        first = _outcome(record["outcome"])
        if record["later"] is None or first.changes_after is None:
            return first
        is_due = record["at"] + first.changes_after <= self._now()
        return _outcome(record["later"]) if is_due else first

    def _authorized(self, asked: Authorization) -> tuple[Outcome, Outcome | None]:
        """Return the answer, and what it becomes in time."""
        if asked.instrument.type == CARD:
            return authorized(asked), None
        answer = debited(asked, self._settle_after)
        if answer.verdict is not Verdict.PENDING:
            return answer, None
        fate = fate_of(asked.instrument)
        if fate.stays is not None:
            return replace(answer, changes_after=None), None
        return answer, replace(_end_of(fate), dispute=answer.dispute)


def _outcome(stored: Record) -> Outcome:
    """Return an answer as it was given: what was kept knows lists and texts alone."""
    lists = {"granted": tuple(stored.get("granted", ()))}
    return Outcome(**{**stored, **lists, "verdict": Verdict(stored["verdict"])})


def _behaviour_of(record: Record) -> Behaviour:
    instrument = record["asked"]["instrument"]
    return behaviour(instrument["behaviour"] if instrument["type"] == CARD else None)


# -- cards ------------------------------------------------------------------------------------------------------------


def authorized(asked: Authorization) -> Outcome:
    """Return what comes of charging a card: risk first, then the customer, then the issuer."""
    behaves = behaviour(asked.instrument.behaviour)
    answer = Outcome(
        Verdict.APPROVED if asked.capture else Verdict.AUTHORIZED,
        risk=behaves.risk,
        checks=checked(asked.instrument, behaves),
        available_at_once=behaves.balance == "available",
        dispute=behaves.dispute,
        granted=()
        if asked.capture or not behaves.flexible
        else granted(asked.asks, asked.instrument.network),
    )
    if behaves.blocked or behaves.risk == "highest":
        return replace(
            answer, verdict=Verdict.DECLINED, code="fraudulent", blocked=True, risk="highest", dispute=None
        )
    answer = _authenticated(asked, behaves, answer)
    if answer.verdict in {Verdict.CHALLENGED, Verdict.DECLINED}:
        return answer
    code = _issuer_says(asked, behaves, answer)
    return answer if code is None else _declined(answer, code)


def _declined(answer: Outcome, code: str, *, reached_network: bool = True) -> Outcome:
    return replace(answer, verdict=Verdict.DECLINED, code=code, reached_network=reached_network, dispute=None)


def _authenticated(asked: Authorization, behaves: Behaviour, answer: Outcome) -> Outcome:
    """Return the answer with what is known of the customer, or the challenge, or the refusal to go on without one."""
    if not asked.instrument.three_d_secure_supported:
        return answer
    if asked.authenticated:
        return replace(answer, three_d_secure=_three_d_secure("challenge", "05", "authenticated"))
    if asked.mail_or_telephone or not asked.customer_present:
        return _without_customer(asked, behaves, answer)
    return _with_customer(behaves, answer, is_asked_for=asked.three_d_secure != "automatic")


def _with_customer(behaves: Behaviour, answer: Outcome, *, is_asked_for: bool) -> Outcome:
    wanted = behaves.three_d_secure
    if wanted == REQUIRED or (wanted == OPTIONAL and is_asked_for):
        if behaves.authentication != "processing_error":
            return Outcome(Verdict.CHALLENGED, risk=answer.risk)
        broken = replace(answer, three_d_secure=_three_d_secure(None, None, "processing_error"))
        return _declined(broken, behaves.charge or "generic_decline")
    if wanted == FRICTIONLESS:
        return replace(answer, three_d_secure=_three_d_secure(FRICTIONLESS, "05", "authenticated"))
    if is_asked_for:
        return replace(answer, three_d_secure=_three_d_secure(None, "06", "attempt_acknowledged"))
    return answer


def _without_customer(asked: Authorization, behaves: Behaviour, answer: Outcome) -> Outcome:
    """Mail and telephone orders are out of the rules' reach for all but cards that always want their holder."""
    if asked.mail_or_telephone:
        return _declined(answer, AUTHENTICATION_REQUIRED) if behaves.off_session == "declined" else answer
    match behaves.off_session:
        case "stopped":
            return _declined(answer, AUTHENTICATION_REQUIRED, reached_network=False)
        case "declined":
            return _declined(answer, AUTHENTICATION_REQUIRED)
        case "declined_until_set_up" if not asked.set_up:
            return _declined(answer, AUTHENTICATION_REQUIRED)
    return answer


def _issuer_says(asked: Authorization, behaves: Behaviour, answer: Outcome) -> str | None:
    """Return the decline code, or None. A merchant may have asked to decline on failed checks."""
    if behaves.charge is not None and (behaves.needs is None or asked.instrument.cvc_given):
        return behaves.charge
    if asked.decline_on_cvc and answer.checks.get(CHECKS["cvc"]) == "fail":
        return "incorrect_cvc"
    if asked.decline_on_zip and answer.checks.get(CHECKS["postal"]) == "fail":
        return "incorrect_zip"
    return None


def _three_d_secure(flow: str | None, indicator: str | None, result: str) -> Record:
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "result": result,
        "result_reason": "protocol_error" if result == "processing_error" else None,
        "version": VERSION,
    }


def checked(instrument: Instrument, behaves: Behaviour) -> dict[str, str]:
    """Return the result of each check of what was given."""
    given = {
        "cvc": instrument.cvc_given,
        "line1": instrument.line1_given,
        "postal": instrument.zip_given,
    }
    return {
        CHECKS[what]: behaves.checks.get(CHECKS[what], "pass") for what, is_given in given.items() if is_given
    }


def verified(asked: Verification) -> Outcome:
    """Return whether an instrument can be kept. Of a card its holder is asked if the card always wants that."""
    instrument = asked.instrument
    if instrument.type != CARD:
        return _set_up(asked)
    behaves = behaviour(instrument.behaviour)
    answer = Outcome(Verdict.APPROVED, risk=behaves.risk, checks=checked(instrument, behaves))
    if behaves.blocked:
        return replace(answer, verdict=Verdict.DECLINED, code="fraudulent", blocked=True)
    probe = Authorization(
        asked.reference,
        instrument,
        0,
        "usd",
        three_d_secure=asked.three_d_secure,
        authenticated=asked.authenticated,
    )
    answer = _authenticated(probe, behaves, answer)
    if answer.verdict is not Verdict.APPROVED:
        return answer
    declines = behaves.attach is not None and (behaves.needs is None or instrument.cvc_given)
    return _declined(answer, behaves.attach) if declines and behaves.attach else answer


# -- everything else --------------------------------------------------------------------------------------------------


def fate_of(instrument: Instrument) -> Fate:
    """Return what the catalogue says comes of a test account."""
    return outcome_table().get(instrument.behaviour or "", Fate())


def _set_up(asked: Verification) -> Outcome:
    if _wants_customer(asked.instrument) and not asked.authenticated:
        return Outcome(Verdict.CHALLENGED)
    fate = fate_of(asked.instrument)
    return Outcome(Verdict.DECLINED, code=fate.fails) if fate.setup is not None else Outcome(Verdict.APPROVED)


def debited(asked: Authorization, settle_after: int) -> Outcome:
    """Return the first answer about a payment that is not by card."""
    if _wants_customer(asked.instrument) and not asked.authenticated:
        return Outcome(Verdict.CHALLENGED)
    offer = method_types()[asked.instrument.type].offer
    fate = fate_of(asked.instrument)
    if fate.blocked:
        return Outcome(Verdict.DECLINED, code=fate.fails, blocked=True, risk="highest")
    dispute = DEBIT if fate.disputed else None
    if offer is not None and offer.delayed:
        return Outcome(Verdict.PENDING, dispute=dispute, changes_after=settle_after)
    if fate.fails is not None:
        return Outcome(Verdict.DECLINED, code=fate.fails)
    return Outcome(Verdict.APPROVED if asked.capture else Verdict.AUTHORIZED, dispute=dispute)


def _end_of(fate: Fate) -> Outcome:
    if fate.fails is not None:
        return Outcome(Verdict.DECLINED, code=fate.fails)
    return Outcome(Verdict.APPROVED)


def _wants_customer(instrument: Instrument) -> bool:
    """Whether its holder has something to do first: elsewhere, or to show that the account is theirs."""
    return not instrument.verified or method_types()[instrument.type].flow.confirmation in _ELSEWHERE


# -- refunds ----------------------------------------------------------------------------------------------------------


def refunded(behaves: Behaviour, settle_after: int) -> tuple[Outcome, Outcome | None]:
    """Return what is said of a refund at first, and what it comes to."""
    done = Outcome(Verdict.APPROVED)
    match behaves.refund:
        case "pending":
            return Outcome(Verdict.PENDING, changes_after=settle_after), done
        case "fails":
            failed = Outcome(Verdict.DECLINED, code="expired_or_canceled_card")
            return replace(done, changes_after=settle_after), failed
    return done, None
