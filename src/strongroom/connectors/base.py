"""What every acquirer is asked, and what it can answer.

Each question has a reference of our making. Whoever is asked the same reference twice answers the same and does nothing
more: that is what makes it safe to ask again after a crash. An answer that was not explicit is `UNKNOWN`, never a decline;
`look_up` says later what became of it.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from strongroom.domain.intent_machine import Verdict


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is paid with, as far as an acquirer of test mode needs to know it."""

    type: str
    """A type of PaymentMethod."""
    behaviour: str | None = None
    """What the catalogue says of a test card or test account; None: nothing."""
    cvc_given: bool = False
    zip_given: bool = False
    line1_given: bool = False
    network: str | None = None
    """Of a card, its brand."""
    three_d_secure_supported: bool = True
    verified: bool = True
    """Whether nobody has to show first that a bank account is theirs."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """Take an amount, or hold it."""

    reference: str
    instrument: Instrument
    amount: int
    """In minor units of `currency`."""
    currency: str
    capture: bool = True
    """Whether the money is taken at once, and not only held."""
    customer_present: bool = True
    """Whether somebody is there who could be asked something."""
    set_up: bool = False
    """Whether the instrument was authenticated for payments without the customer."""
    mail_or_telephone: bool = False
    three_d_secure: str = "automatic"
    """`automatic`, `any` or `challenge`."""
    authenticated: bool = False
    """Whether the customer has answered the challenge, or was authenticated by somebody else."""
    decline_on_cvc: bool = False
    decline_on_zip: bool = False
    asks: tuple[str, ...] = ()
    """What is to be possible with a hold, if it can be had (`domain.holds`)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Ask whether an instrument is good, and perhaps have its holder agree to later payments. No money moves."""

    reference: str
    instrument: Instrument
    off_session: bool = False
    """Whether it is to be charged without the customer later."""
    three_d_secure: str = "automatic"
    authenticated: bool = False


@dataclass(frozen=True, slots=True)
class Increment:
    """Hold more than is held."""

    reference: str
    authorization: str
    before: int
    """How much is held, in minor units."""
    amount: int
    """How much is to be held then."""


@dataclass(frozen=True, slots=True)
class Capture:
    """Take (a part of) what is held."""

    reference: str
    authorization: str
    amount: int
    final: bool = True
    """Whether the rest is let go of."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Let go of what is held."""

    reference: str
    authorization: str


@dataclass(frozen=True, slots=True)
class Return:
    """Give back (a part of) what was taken."""

    reference: str
    authorization: str
    amount: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was answered. Absent facts are None, not guessed."""

    verdict: Verdict
    code: str | None = None
    """Why not: the decline code of a card, the failure code of anything else."""
    reached_network: bool = True
    """Whether anybody outside the acquirer has been asked: what was not sent on leaves no charge."""
    blocked: bool = False
    """Whether it was stopped as too risky."""
    risk: str = "normal"
    """`normal`, `elevated` or `highest`."""
    checks: dict[str, str] = field(default_factory=dict)
    """By a PaymentMethod's name for the check; only of what was given."""
    three_d_secure: dict[str, Any] | None = None
    """How the customer was authenticated; None: nobody tried."""
    granted: tuple[str, ...] = ()
    """What is possible with the hold, of what was asked for."""
    available_at_once: bool = False
    """Whether the money can be paid out without waiting."""
    dispute: str | None = None
    """What the sandbox will have the customer's bank say about it."""
    changes_after: int | None = None
    """After how many seconds it may be worth asking again, for what is accepted and not yet certain."""


UNKNOWN = Outcome(Verdict.UNKNOWN)


class Acquirer(Protocol):
    """Whoever moves the money. Nothing here raises for a refusal: a refusal is an answer."""

    async def authorize(self, asked: Authorization) -> Outcome:
        """Take or hold an amount: approved, authorized, challenged, pending, declined or unknown."""
        ...

    async def verify(self, asked: Verification) -> Outcome:
        """Say whether an instrument is good: approved, challenged, pending, declined or unknown."""
        ...

    async def increment(self, asked: Increment) -> Outcome:
        """Hold more: approved, declined or unknown."""
        ...

    async def capture(self, asked: Capture) -> Outcome:
        """Take what is held: approved, partly captured, declined or unknown."""
        ...

    async def cancel(self, asked: Cancellation) -> Outcome:
        """Let go of what is held: approved or unknown."""
        ...

    async def refund(self, asked: Return) -> Outcome:
        """Give back: approved, pending, declined or unknown."""
        ...

    async def look_up(self, reference: str) -> Outcome | None:
        """Say what has become of a question by now; None: it was never heard of."""
        ...
