"""The page behind an intent's `next_action`: what a customer does there, or who tests says they did.

    GET  /challenge/{account}/{mode}/{intent}/{token}           the page that the type of PaymentMethod has
    GET  /challenge/{account}/{mode}/{intent}/{token}/qr.svg    a QR code that leads to it; also `qr.png`
    POST /challenge/{account}/{mode}/{intent}/{token}           the answer; leads back to `return_url`

A test client needs one request: the POST, with `outcome=complete`, `outcome=fail` or `outcome=expire`, as far as they can
happen there. Small deposits are reported by `amounts[]=32&amounts[]=45` or `descriptor_code=SM11AA` as well. The token is
all the authority there is: only the intent's `next_action` shows it, no cookie is looked at, and it is good until the
customer has answered. An address that was answered, or is none of ours, is not there.
"""

import re
from typing import Final, NamedTuple

from strongroom import errors, ids
from strongroom.customer_pages import answers, asked
from strongroom.customer_pages.rendering import Page
from strongroom.house import House
from strongroom.http import phases, visitors
from strongroom.http.answer import Answer
from strongroom.http.request import Request
from strongroom.resources import challenges
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.next_actions import PREFIX as START
from strongroom.resources.next_actions import QR_PNG, QR_SVG
from strongroom.resources.tasks import Onward

PREFIX: Final = START
_PATH: Final = re.compile(
    r"(/challenge/(acct_[0-9A-Za-z]{1,64})/(test|live)/([a-z]{2,8}_[0-9A-Za-z]{1,64})/([0-9A-Za-z]{1,64}))"
    rf"(?:/({re.escape(QR_SVG)}|{re.escape(QR_PNG)}))?",
    re.ASCII,
)
# An SVG that is opened as a page runs nothing.
_HTML: Final = b"text/html; charset=utf-8"
_STILL: Final = (b"Content-Security-Policy", b"default-src 'none'; sandbox")


class Waiting(NamedTuple):
    """An intent that waits for whoever is on its page."""

    intent: Stored
    action: Document


async def page(request: Request, house: House) -> Answer:
    """Answer a request for the page."""
    request.request_id = ids.new("req")
    match = _PATH.fullmatch(request.path)
    request.route = f"{request.method} {PREFIX}"
    if match is None:
        return as_answer(asked.gone())
    path, account, mode, intent_id, token, picture = match.groups()
    whose = await acting_for(request, house, account, livemode=mode == "live")
    waiting = None if whose is None else await _waiting(whose.call(house), intent_id, token)
    if whose is None or waiting is None:
        return as_answer(asked.gone())
    url = house.settings.base_url + path
    if picture is not None:
        content, media_type = asked.picture(picture, url)
        return Answer(200, content, [_STILL], content_type=media_type)
    if request.method != "POST":
        return as_answer(await asked.ask(whose.call(house), *waiting, url))
    try:
        return await _answered(request, house, whose, waiting, token, url)
    except errors.ApiError as refusal:
        return as_answer(asked.busy(refusal.message, refusal.http_status))


async def _waiting(call: Call, intent_id: str, token: str) -> Waiting | None:
    intent = await challenges.find(call, intent_id)
    action = None if intent is None else challenges.waiting(intent, token)
    return None if intent is None or action is None else Waiting(intent, action)


# -- the answer -------------------------------------------------------------------------------------------------------


async def _answered(
    request: Request, house: House, whose: phases.Whose, waiting: Waiting, token: str, url: str
) -> Answer:
    """Go on as the customer has answered, and send them back. Of two answers at once one counts."""
    try:
        said = answers.said(request.body, waiting.action)
    except errors.InvalidRequest as refusal:
        again = await asked.ask(whose.call(house), *waiting, url, refusal=refusal.message, status=400)
        return as_answer(again)
    caller = whose.caller
    acting = whose._replace(caller=_acting(caller.account, caller.livemode, waiting.action["key_account"]))
    heard: list[answers.Heard | None] = []

    async def answer(call: Call) -> Onward | None:
        now = await _waiting(call, waiting.intent.id, token)
        heard[:] = [None if now is None else await answers.go_on(call, now.intent, said)]
        return heard[0] if isinstance(heard[0], Onward) else None

    await phases.perform(house, acting, answer)
    if heard == [None]:
        return as_answer(asked.gone())
    still = await _waiting(whose.call(house), waiting.intent.id, token)
    if still is not None:
        why = heard[0].error.message if isinstance(heard[0], Refusal) else asked.LATER
        return as_answer(await asked.ask(whose.call(house), *still, url, refusal=why, status=400))
    return await _sent_back(whose.call(house), waiting)


async def _sent_back(call: Call, waiting: Waiting) -> Answer:
    after = await challenges.find(call, waiting.intent.id)
    assert after is not None
    return_url = waiting.action["state"]["return_url"]
    if return_url is None:
        return as_answer(asked.done(after))
    return Answer(303, b"", [(b"Location", asked.way_back(after, return_url))], content_type=_HTML)


# -- who looks --------------------------------------------------------------------------------------------------------


async def acting_for(request: Request, house: House, account: str, *, livemode: bool) -> phases.Whose | None:
    """Return in whose name a page looks, or None if there is no such account: looking makes none."""
    keyring = await visitors.keyring_of(house, account, livemode=livemode)
    if keyring is None:
        return None
    origin = Origin(request.request_id, None, request.client_ip, request.path)
    return phases.Whose(_acting(account, livemode, account), origin, keyring)


def _acting(account: str, livemode: bool, key_account: str) -> Caller:
    return Caller(account, livemode, KeyKind.SECRET, key_account, masked_key="")


def as_answer(shown: Page) -> Answer:
    """Return a page as it is sent."""
    return Answer(shown.status, shown.body, shown.headers, content_type=_HTML)
