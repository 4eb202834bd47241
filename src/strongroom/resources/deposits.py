"""Small deposits to bank accounts: that they are on their way, and what becomes of whoever waits for them in vain.

Nobody sends any in test mode. What somebody reports of them is judged in `verifying`.
"""

from typing import Final

from strongroom.catalog.method_pages import outcome_table
from strongroom.catalog.microdeposits import microdeposits
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.tasks import later

NOT_SENT: Final = "deposits.not_sent"
TIMED_OUT: Final = "deposits.timed_out"
DAY_SECONDS: Final = 86400


def send(call: Call, intent: str, method: Stored, token: str) -> None:
    """Stage that deposits are sent: they fail to arrive, or somebody has some days to report what they were.

    Args:
        call: the second half's.
        intent: which intent waits for them.
        method: the bank account.
        token: tells this waiting from a later one of the same intent.
    """
    state: Document = {"intent": intent, "token": token}
    fate = outcome_table().get(method.doc[PRIVATE]["behaviour"] or "")
    if fate is not None and fate.verification is not None:
        later(call, call.settings.settle_after, NOT_SENT, state)
    else:
        later(call, microdeposits().window_days * DAY_SECONDS, TIMED_OUT, state)


def time_out(call: Call, intent: str, token: str) -> None:
    """Stage that the days are over, as fast as what takes days at a bank happens here."""
    later(call, call.settings.settle_after, TIMED_OUT, {"intent": intent, "token": token})
