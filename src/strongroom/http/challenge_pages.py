"""The page behind an intent's `next_action`: somebody says how the customer's authentication went.

    GET  /challenge/{account}/{mode}/{intent}/{token}    two buttons
    POST the same, outcome=complete or outcome=fail       the answer; leads back to `return_url`

A test client needs one request: the POST. An address that was answered, or is none of ours, is not there.
"""

import re
from html import escape
from typing import Final
from urllib.parse import parse_qs

from strongroom import ids
from strongroom.house import House
from strongroom.http import phases
from strongroom.http.answer import Answer
from strongroom.http.frames import html, redirect
from strongroom.http.request import Request
from strongroom.resources import challenges
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.kind import Stored
from strongroom.resources.next_actions import PREFIX as START
from strongroom.resources.tasks import Onward
from strongroom.vault import AccountShredded, SealBroken

PREFIX: Final = START
_PATH: Final = re.compile(
    r"/challenge/(acct_[0-9A-Za-z]{1,64})/(test|live)/([a-z]{2,8}_[0-9A-Za-z]{1,64})/([0-9A-Za-z]{1,64})",
    re.ASCII,
)
_OUTCOMES: Final = {"complete": True, "fail": False}


async def page(request: Request, house: House) -> Answer:
    """Answer a request for the page."""
    request.request_id = ids.new("req")
    match = _PATH.fullmatch(request.path)
    request.route = f"{request.method} {PREFIX}"
    if match is None:
        return _not_found()
    account, mode, intent_id, token = match.groups()
    whose = await _whose(request, house, account, livemode=mode == "live")
    intent = None if whose is None else await challenges.find(whose.call(house), intent_id)
    action = None if intent is None else challenges.waiting(intent, token)
    if whose is None or intent is None or action is None:
        return _not_found()
    if request.method != "POST":
        return html(_question(intent))
    outcome = parse_qs(request.body.decode("utf-8", "replace")).get("outcome", [""])[0]
    if outcome not in _OUTCOMES:
        return html(_question(intent), 400)
    acting = whose._replace(caller=_acting(account, whose.caller.livemode, action["key_account"]))
    return await _answered(house, acting, intent_id, token, passed=_OUTCOMES[outcome])


async def _answered(house: House, whose: phases.Whose, intent_id: str, token: str, *, passed: bool) -> Answer:
    """Go on as the customer has answered, and send them back. Of two answers at once one counts."""
    return_urls: list[str | None] = []

    async def answer(call: Call) -> Onward | None:
        intent = await challenges.find(call, intent_id)
        action = None if intent is None else challenges.waiting(intent, token)
        if intent is None or action is None:
            return None
        return_urls[:] = [action["state"]["return_url"]]
        return await challenges.answer(call, intent, passed=passed)

    await phases.perform(house, whose, answer)
    after = await challenges.find(whose.call(house), intent_id)
    if not return_urls or after is None:
        return _not_found()
    if return_urls[0] is None:
        return html("<h1>Done</h1><p>You can close this page.</p>")
    return redirect(challenges.comes_back_to(after, return_urls[0]))


async def _whose(request: Request, house: House, account: str, *, livemode: bool) -> phases.Whose | None:
    """Return in whose name the page looks, or None if there is no such account: looking makes none."""
    if not await house.key_store.account_keys(account, livemode):
        return None
    try:
        keyring = await house.keyring(account, livemode)
    except (AccountShredded, SealBroken):
        return None
    origin = Origin(request.request_id, None, request.client_ip, request.path)
    return phases.Whose(_acting(account, livemode, account), origin, keyring)


def _acting(account: str, livemode: bool, key_account: str) -> Caller:
    return Caller(account, livemode, KeyKind.SECRET, key_account, masked_key="")


def _question(intent: Stored) -> str:
    return (
        f"<h1>Authenticate a test payment</h1><p>{escape(intent.id)} waits for its customer. What do they do?</p>"
        '<form method="post"><button name="outcome" value="complete">Complete authentication</button> '
        '<button name="outcome" value="fail">Fail authentication</button></form>'
    )


def _not_found() -> Answer:
    return html("<h1>This link leads nowhere</h1><p>It was answered already, or never was.</p>", 404)
