"""What a form of a page says, and how its intent goes on."""

from typing import Final
from urllib.parse import parse_qs

from strongroom import errors
from strongroom.domain.microdeposits import Report, report_of
from strongroom.resources import challenges, verifying
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.next_actions import VERIFY
from strongroom.resources.tasks import Onward

DIGITS_MAX: Final = 4
"""An amount of a small deposit has two."""
Heard = Document | Onward | Refusal


def said(body: bytes, action: Document) -> str | Report:
    """Return which of the page's endings a form names, or what it says was seen of small deposits.

    Raises:
        errors.InvalidRequest: neither.
    """
    sent = parse_qs(body.decode("utf-8", "replace"))
    outcome = sent.get("outcome", [""])[0]
    if outcome in challenges.page_of(action).endings:
        return outcome
    if outcome or action["type"] != VERIFY:
        raise errors.InvalidRequest("Choose one of the answers below.")
    amounts = [one for name, values in sent.items() if name.startswith("amounts[") for one in values]
    if not all(one.isascii() and one.isdigit() and len(one) <= DIGITS_MAX for one in amounts):
        raise errors.InvalidRequest("Each amount is a whole number of cents.")
    given: Document = {"amounts": [int(one) for one in amounts]} if amounts else {}
    if "descriptor_code" in sent:
        given["descriptor_code"] = sent["descriptor_code"][0]
    return report_of(given)


async def go_on(call: Call, intent: Stored, what: str | Report) -> Heard:
    """Go on with an intent as its customer has answered."""
    if not isinstance(what, Report):
        return await challenges.answer(call, intent, what)
    try:
        return await verifying.reported(call, intent, what)
    except errors.InvalidRequest as refusal:
        call.discard()
        return Refusal(refusal)
